//! The standard streams of the process, with the one buffer that they need.

use osvm_plugin_sdk::abi::PrimitiveError;
use rustix::fs::{FileType, fstat};
use rustix::io::{Errno, read, write};
use rustix::stdio::{stderr, stdin, stdout};
use std::os::fd::BorrowedFd;

/// Bytes of standard output that are kept before they are written.
const BUFFER: usize = 8 << 10;

/// What a descriptor is connected to, by the numbers of the interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Terminal = 1,
    Pipe = 2,
    File = 3,
}

/// Standard input, output and error. Output is buffered: to the end of a line on a terminal, to the end of the buffer
/// elsewhere.
#[derive(Default)]
pub(super) struct Stdio {
    output: Vec<u8>,
    /// Standard output is a terminal, once that is known.
    terminal: Option<bool>,
}

impl Stdio {
    /// The descriptor of stream 0, 1 or 2.
    pub(super) fn descriptor(number: usize) -> Option<BorrowedFd<'static>> {
        Some(match number {
            0 => stdin(),
            1 => stdout(),
            2 => stderr(),
            _ => return None,
        })
    }

    /// What a descriptor is connected to.
    pub(super) fn kind(fd: BorrowedFd<'_>) -> Result<Kind, PrimitiveError> {
        if rustix::termios::isatty(fd) {
            return Ok(Kind::Terminal);
        }
        let about = fstat(fd).map_err(os_error)?;
        Ok(if FileType::from_raw_mode(about.st_mode) == FileType::Fifo { Kind::Pipe } else { Kind::File })
    }

    /// Reads from standard input what is there, waiting for the first byte. What a terminal shall show before is written out.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, PrimitiveError> {
        if !self.output.is_empty() && Stdio::kind(stdin()) == Ok(Kind::Terminal) {
            self.flush()?;
        }
        loop {
            match read(stdin(), &mut *into) {
                Err(Errno::INTR) => {}
                other => return other.map_err(os_error),
            }
        }
    }

    /// Writes to standard output (1) or error (2).
    pub(super) fn write(&mut self, number: usize, bytes: &[u8]) -> Result<(), PrimitiveError> {
        if number == 2 {
            return write_all(stderr(), bytes);
        }
        if self.output.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        if bytes.len() >= BUFFER {
            return write_all(stdout(), bytes);
        }
        self.output.extend_from_slice(bytes);
        let terminal = *self.terminal.get_or_insert_with(|| rustix::termios::isatty(stdout()));
        if terminal && bytes.contains(&b'\n') { self.flush() } else { Ok(()) }
    }

    /// Writes out what is buffered; it is gone also if that fails.
    pub(super) fn flush(&mut self) -> Result<(), PrimitiveError> {
        if self.output.is_empty() {
            return Ok(());
        }
        let written = write_all(stdout(), &self.output);
        self.output.clear();
        written
    }
}

fn write_all(fd: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), PrimitiveError> {
    while !bytes.is_empty() {
        match write(fd, bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(os_error(error)),
        }
    }
    Ok(())
}

pub(super) fn os_error(error: Errno) -> PrimitiveError {
    PrimitiveError::OperatingSystem(error.raw_os_error())
}
