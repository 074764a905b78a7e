//! Wasm plugins in a page: compiled and run by the browser's engine, behind the JavaScript host.

use super::Broken;
use crate::config::PluginConfig;
use crate::interfaces::{HostCall, Memory};
use crate::plugins::plan::Slots;
use crate::plugins::refusal::Fault;
use crate::plugins::results::ResultSlots;
use osvm_plugin_sdk::abi::{Description, PrimitiveError};
use std::path::{Path, PathBuf};

/// What all plugins of a VM have in common.
pub(in crate::plugins) struct Engines;

impl Engines {
    pub(in crate::plugins) fn new(_cache: Option<PathBuf>, _fuel: Option<u64>) -> Engines {
        Engines
    }
}

/// A module that was checked.
pub(in crate::plugins) struct WasmPlugin;

impl WasmPlugin {
    pub(in crate::plugins) fn load(
        _name: &str,
        _path: &Path,
        _config: &PluginConfig,
        _engines: &mut Engines,
    ) -> Result<(WasmPlugin, Description), Fault> {
        Err(Fault::new("wasm plugins do not run here yet", "use an osvm of the desktop"))
    }

    pub(in crate::plugins) fn call(
        &mut self,
        _index: usize,
        _slots: &mut Slots,
        _results: &mut ResultSlots,
        _cx: &mut HostCall<'_, '_>,
        _engines: &Engines,
    ) -> Result<i32, Box<Broken>> {
        Err(Broken::new(PrimitiveError::Internal, "wasm plugins do not run here yet"))
    }

    pub(in crate::plugins) fn is_running(&self) -> bool {
        false
    }

    pub(in crate::plugins) fn stop(&mut self) {}

    pub(in crate::plugins) fn memory(&mut self) -> Option<impl Memory + use<>> {
        None::<crate::plugins::table::Process>
    }
}
