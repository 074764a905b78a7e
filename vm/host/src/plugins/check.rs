//! The checks of a plugin alone, for commands that look at one.

use super::module::{Loaded, place, unreadable};
use super::refusal::{Fault, Refusal};
use super::wasm::{self, Engines};
use super::{PluginOptions, checks, native};
use crate::config::{PluginConfig, Source};
use osvm_plugin_sdk::abi::{Description, description_section};

/// Loads a plugin as a VM does that has this configuration of the module `name`, and forgets it again.
///
/// No code of a wasm module runs. The initialisers of a native library do, as always when one is loaded.
pub fn check(name: &str, config: &PluginConfig, options: &PluginOptions) -> Result<Description, Box<Refusal>> {
    let mut engines = Engines::new(options.cache.clone(), options.fuel);
    Loaded::load(name, config, 0, 0, &mut engines).map(|loaded| loaded.description)
}

/// What a plugin's file says of itself, whatever it serves. The refusal, if there is one, calls it `name`.
pub fn describe(name: &str, source: &Source) -> Result<Description, Box<Refusal>> {
    let described = match source {
        Source::Wasm(path) => std::fs::read(path)
            .map_err(|error| unreadable(&error))
            .and_then(|bytes| checks::description(description_section(&bytes).map_err(wasm::no_section)?)),
        Source::Native(path) => native::load(path).map(|(_, description)| description),
        Source::Builtin => super::builtin_plugins()
            .into_iter()
            .find(|description| description.module == name)
            .ok_or_else(|| Fault::new("no plugin of this name is linked into this osvm", "name the file of a plugin")),
    };
    described.map_err(|fault| Box::new(fault.of(name, place(source))))
}
