//! The standard streams in a page, which the JavaScript host gives and takes: input 0, output 1, error 2.

use super::stdio::Kind;
use std::io::{self, SeekFrom};

#[allow(unsafe_code)]
mod js {
    #[link(wasm_import_module = "osvm_world")]
    unsafe extern "C" {
        /// Takes bytes of standard output (1) or error (2).
        pub unsafe fn output(stream: u32, address: *const u8, len: usize);
        /// Stores bytes of standard input, as many as are there and fit, and answers how many; 0 at its end; minus the number of an error, which is 11 if
        /// nothing is there yet.
        pub unsafe fn input(address: *mut u8, len: usize) -> i32;
        /// What a stream is connected to, by the numbers of the interface `files`.
        pub safe fn stream_kind(stream: u32) -> i32;
    }
}

/// An error of the operating system that has no such thing here.
fn no<T>(number: i32) -> io::Result<T> {
    Err(io::Error::from_raw_os_error(number))
}

/// Bad file number.
const EBADF: i32 = 9;
/// Invalid argument.
const EINVAL: i32 = 22;
/// It has no positions.
const ESPIPE: i32 = 29;

/// What a stream is connected to.
pub(super) fn kind(stream: usize) -> io::Result<Kind> {
    match js::stream_kind(stream as u32) {
        1 => Ok(Kind::Terminal),
        2 => Ok(Kind::Pipe),
        3 => Ok(Kind::File),
        _ => no(EBADF),
    }
}

/// Reads from standard input what is there. A page cannot wait: where nothing is there yet, that is an error.
#[allow(unsafe_code)]
pub(super) fn input(into: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the host writes to this room and to nothing else.
    let read = unsafe { js::input(into.as_mut_ptr(), into.len()) };
    usize::try_from(read).or_else(|_| no(-read))
}

/// Writes to standard output or error.
#[allow(unsafe_code)]
pub(super) fn output(stream: usize, bytes: &[u8]) -> io::Result<()> {
    // SAFETY: the host reads these bytes and no others.
    unsafe { js::output(stream as u32, bytes.as_ptr(), bytes.len()) };
    Ok(())
}

/// Streams of a page have no positions.
pub(super) fn seek(_stream: usize, _to: SeekFrom) -> io::Result<u64> {
    no(ESPIPE)
}

/// They have no length either.
pub(super) fn set_len(_stream: usize, _len: u64) -> io::Result<()> {
    no(EINVAL)
}

/// What was written is with the host.
pub(super) fn sync(_stream: usize) -> io::Result<()> {
    Ok(())
}
