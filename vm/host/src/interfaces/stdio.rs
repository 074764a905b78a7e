//! The standard streams, with the one buffer that they need.

use super::streams;
use osvm_plugin_sdk::abi::PrimitiveError;
use std::io;

/// Bytes of standard output that are kept before they are written.
const BUFFER: usize = 8 << 10;

/// What a stream or a descriptor is connected to, by the numbers of the interface.
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
    /// Reads from standard input what is there, waiting for the first byte. What a terminal shall show before is written out.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, PrimitiveError> {
        if !self.output.is_empty() && is_terminal(0) {
            self.flush()?;
        }
        streams::input(into).map_err(number)
    }

    /// Writes to standard output (1) or error (2).
    pub(super) fn write(&mut self, stream: usize, bytes: &[u8]) -> Result<(), PrimitiveError> {
        if stream == 2 {
            return streams::output(2, bytes).map_err(number);
        }
        if self.output.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        if bytes.len() >= BUFFER {
            return streams::output(1, bytes).map_err(number);
        }
        self.output.extend_from_slice(bytes);
        let terminal = *self.terminal.get_or_insert_with(|| is_terminal(1));
        if terminal && bytes.contains(&b'\n') { self.flush() } else { Ok(()) }
    }

    /// Writes out what is buffered; it is gone also if that fails.
    pub(super) fn flush(&mut self) -> Result<(), PrimitiveError> {
        if self.output.is_empty() {
            return Ok(());
        }
        let written = streams::output(1, &self.output);
        self.output.clear();
        written.map_err(number)
    }
}

fn is_terminal(stream: usize) -> bool {
    streams::kind(stream).is_ok_and(|kind| kind == Kind::Terminal)
}

/// An error of the system by its number; EIO for one that has none.
fn number(error: io::Error) -> PrimitiveError {
    PrimitiveError::OperatingSystem(error.raw_os_error().unwrap_or(5))
}
