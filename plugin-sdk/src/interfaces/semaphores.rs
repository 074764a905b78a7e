//! `semaphores`: external semaphores of the image.

use super::{Host, done};
use crate::PrimitiveError;
use crate::host::semaphores as host;

/// External semaphores of the image, by their index from 1, which the image gives as an argument.
#[derive(Clone, Copy)]
pub struct Semaphores<'a> {
    pub(super) host: Host<'a>,
}

impl Semaphores<'_> {
    /// Signals a semaphore; what waits for it goes on after the call.
    pub fn signal(self, index: u32) -> Result<(), PrimitiveError> {
        done(host::signal(self.host, index))
    }
}
