//! `environment`: the environment variables that were granted.

use super::{Host, found, whole};
use crate::PrimitiveError;
use crate::host::environment as host;

/// The environment variables that were granted. Names and values are bytes as the operating system has them.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    pub(super) host: Host<'a>,
}

impl Environment<'_> {
    /// The value of a variable; nothing if it is not set or not granted.
    pub fn get(self, name: &[u8]) -> Result<Option<Vec<u8>>, PrimitiveError> {
        found(whole(|room| host::get(self.host, name, room)))
    }

    /// The names of all variables that are set and granted.
    pub fn names(self) -> Result<Vec<Vec<u8>>, PrimitiveError> {
        let names = whole(|room| host::list(self.host, room))?;
        Ok(names.split_inclusive(|&byte| byte == 0).map(|name| name.strip_suffix(&[0]).unwrap_or(name).to_vec()).collect())
    }
}
