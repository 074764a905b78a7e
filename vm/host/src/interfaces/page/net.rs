//! The interface `net` in a page.

use super::arguments::Arguments;
use super::{Answer, HostCall, Memory};
use crate::config::Names;
use osvm_plugin_sdk::abi::PrimitiveError;

/// A plugin's sockets.
#[derive(Debug)]
pub(crate) struct Sockets;

impl Sockets {
    pub(super) fn new(_granted: Names) -> Sockets {
        Sockets
    }

    pub(super) fn close_all(&mut self) {}
}

pub(super) fn answer(_function: u32, _a: Arguments<'_>, _memory: &mut dyn Memory, _cx: &mut HostCall<'_, '_>) -> Answer {
    Err(PrimitiveError::Unsupported)
}
