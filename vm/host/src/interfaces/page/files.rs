//! The interface `files` in a page.

use super::arguments::Arguments;
use super::{Answer, HostCall, Memory};
use crate::config::Grants;
use osvm_plugin_sdk::abi::PrimitiveError;

/// A plugin's files.
#[derive(Debug)]
pub(crate) struct Files;

impl Files {
    pub(super) fn new(_grants: &Grants) -> Files {
        Files
    }

    pub(super) fn close_all(&mut self) {}
}

pub(super) fn answer(_function: u32, _a: Arguments<'_>, _memory: &mut dyn Memory, _cx: &mut HostCall<'_, '_>) -> Answer {
    Err(PrimitiveError::Unsupported)
}
