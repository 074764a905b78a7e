//! The standard streams of the process, by their numbers: input 0, output 1, error 2. `page/streams.rs` has the same for a page.

use super::stdio::Kind;
use rustix::fs::{FileType, fstat};
use rustix::io::{Errno, read, write};
use rustix::stdio::{stderr, stdin, stdout};
use std::io::{self, SeekFrom};
use std::os::fd::BorrowedFd;

/// The descriptor of a stream.
pub(super) fn descriptor(stream: usize) -> io::Result<BorrowedFd<'static>> {
    match stream {
        0 => Ok(stdin()),
        1 => Ok(stdout()),
        2 => Ok(stderr()),
        _ => Err(Errno::BADF.into()),
    }
}

/// What a stream is connected to.
pub(super) fn kind(stream: usize) -> io::Result<Kind> {
    let descriptor = descriptor(stream)?;
    if rustix::termios::isatty(descriptor) {
        return Ok(Kind::Terminal);
    }
    let about = fstat(descriptor)?;
    Ok(if FileType::from_raw_mode(about.st_mode) == FileType::Fifo { Kind::Pipe } else { Kind::File })
}

/// Reads from standard input what is there, waiting for the first byte.
pub(super) fn input(into: &mut [u8]) -> io::Result<usize> {
    loop {
        match read(stdin(), &mut *into) {
            Err(Errno::INTR) => {}
            other => return Ok(other?),
        }
    }
}

/// Writes all to standard output or error.
pub(super) fn output(stream: usize, mut bytes: &[u8]) -> io::Result<()> {
    let descriptor = descriptor(stream)?;
    while !bytes.is_empty() {
        match write(descriptor, bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Moves in a stream that has positions.
pub(super) fn seek(stream: usize, to: SeekFrom) -> io::Result<u64> {
    let to = match to {
        SeekFrom::Start(at) => rustix::fs::SeekFrom::Start(at),
        SeekFrom::Current(by) => rustix::fs::SeekFrom::Current(by),
        SeekFrom::End(by) => rustix::fs::SeekFrom::End(by),
    };
    Ok(rustix::fs::seek(descriptor(stream)?, to)?)
}

/// Cuts or extends the file that a stream is connected to.
pub(super) fn set_len(stream: usize, len: u64) -> io::Result<()> {
    Ok(rustix::fs::ftruncate(descriptor(stream)?, len)?)
}

/// Makes durable what was written.
pub(super) fn sync(stream: usize) -> io::Result<()> {
    Ok(rustix::fs::fsync(descriptor(stream)?)?)
}
