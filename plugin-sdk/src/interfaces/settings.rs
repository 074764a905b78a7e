//! `settings`: the plugin's own settings from `vm.toml`.

use super::{Host, found, text, whole};
use crate::PrimitiveError;
use crate::host::settings as host;

/// The plugin's own settings from `vm.toml`.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    pub(super) host: Host<'a>,
}

impl Settings<'_> {
    /// The value of a setting as text; nothing if it is not set.
    pub fn get(self, key: &str) -> Result<Option<String>, PrimitiveError> {
        found(whole(|room| host::get(self.host, key.as_bytes(), room)))?.map(text).transpose()
    }
}
