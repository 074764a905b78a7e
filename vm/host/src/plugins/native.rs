//! Native libraries: found by libloading, and never unloaded.

use super::refusal::Fault;
use super::table::Table;
use libloading::Library;
use osvm_plugin_sdk::abi::Description;
use osvm_plugin_sdk::abi::native::{PluginTable, SYMBOL};
use std::mem::ManuallyDrop;
use std::path::Path;

/// Loads a library and reads its table.
///
/// Its initialisers run, as for every library: a native plugin has all rights of the VM, and whoever configures it trusts it.
#[allow(unsafe_code)]
pub(super) fn load(path: &Path) -> Result<(Table, Description), Fault> {
    if let Err(error) = std::fs::metadata(path) {
        return Err(super::module::unreadable(&error));
    }
    // Without a slash the system would look in its own folders.
    let path = std::path::absolute(path).map_err(|error| super::module::unreadable(&error))?;
    // SAFETY: the configuration names this file as a library to be trusted.
    let library = unsafe { Library::new(&path) }.map_err(|error| {
        Fault::new(
            "the system cannot load it as a library",
            "name a library of this machine's kind, or configure a wasm module by `module = ...`",
        )
        .found(error.to_string())
    })?;
    // What is in it is used until the process ends.
    let library = ManuallyDrop::new(library);
    // SAFETY: only the address of the symbol is taken; what is there is checked before it is used as a table.
    let symbol = unsafe { library.get::<*const PluginTable>(SYMBOL).ok().map(|symbol| *symbol) };
    let table = symbol.ok_or_else(|| {
        let help = "make the library with osvm-plugin-sdk and its feature `export` (`osvm plugin build`)";
        Fault::new(format!("the library has no symbol `{SYMBOL}`, so it is no plugin"), help)
    })?;
    // SAFETY: as above.
    unsafe { Table::read(table) }
}
