//! `console`: the person who runs the VM.

use super::{Host, done};
use crate::PrimitiveError;
use crate::host::console as host;

/// The person who runs the VM. Text is bytes, printed as they are with a line feed after them.
#[derive(Clone, Copy)]
pub struct Console<'a> {
    pub(super) host: Host<'a>,
}

impl Console<'_> {
    /// Prints a line on standard output.
    pub fn print(self, text: &[u8]) -> Result<(), PrimitiveError> {
        done(host::print(self.host, 1, text))
    }

    /// Prints a line on standard error.
    pub fn print_error(self, text: &[u8]) -> Result<(), PrimitiveError> {
        done(host::print(self.host, 2, text))
    }
}
