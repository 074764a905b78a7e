//! `security`: what the image may still do.

use super::{Host, done, whole};
use crate::PrimitiveError;
use crate::host::security as host;

/// What the image may still do; it can only give up. All plugins share it.
#[derive(Clone, Copy)]
pub struct Security<'a> {
    pub(super) host: Host<'a>,
}

/// Something that the image may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Right {
    /// Reach files everywhere that was granted.
    Files,
    /// Be saved.
    ImageWrite,
    /// Open connections.
    Sockets,
    /// Read environment variables.
    Environment,
}

/// A directory of the user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UserDirectory {
    /// For what untrusted code must not reach.
    Secure,
    /// For what untrusted code may reach.
    Untrusted,
}

impl Security<'_> {
    /// True if the image may.
    pub fn allowed(self, right: Right) -> Result<bool, PrimitiveError> {
        Ok(host::allowed(self.host, right as u32)? != 0)
    }

    /// Gives a right up for the rest of the session.
    pub fn give_up(self, right: Right) -> Result<(), PrimitiveError> {
        done(host::give_up(self.host, right as u32))
    }

    /// The path of a user directory.
    pub fn directory(self, which: UserDirectory) -> Result<Vec<u8>, PrimitiveError> {
        whole(|room| host::directory(self.host, which as u32, room))
    }
}
