//! `random`: numbers that cannot be guessed.

use super::{Host, done};
use crate::PrimitiveError;
use crate::host::random as host;

/// Numbers that cannot be guessed.
#[derive(Clone, Copy)]
pub struct Random<'a> {
    pub(super) host: Host<'a>,
}

impl Random<'_> {
    /// Fills with random bytes.
    pub fn fill(self, into: &mut [u8]) -> Result<(), PrimitiveError> {
        done(host::fill(self.host, into))
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(self) -> Result<[u8; N], PrimitiveError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}
