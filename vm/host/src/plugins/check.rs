//! The checks of a plugin alone, for commands that look at one.

use super::module::{Loaded, place, unreadable};
use super::refusal::{Fault, Refusal};
use super::wasm::{self, Engines};
use super::{PluginOptions, checks, files, native};
use crate::config::{PluginConfig, Source};
use osvm_plugin_sdk::abi::{Description, description_section};

/// Loads a plugin as a VM does that has this configuration of the module `name`, and forgets it again.
///
/// No code of a wasm module runs. The initialisers of a native library do, as always when one is loaded.
pub fn check(name: &str, config: &PluginConfig, options: &PluginOptions) -> Result<Description, Box<Refusal>> {
    let mut engines = Engines::new(options.cache.clone(), options.fuel);
    Loaded::load(name, config, 0, 0, &mut engines).map(|loaded| loaded.description)
}

/// What a plugin's file says of itself, whatever module it serves. A refusal names it by its file.
pub fn describe(source: &Source) -> Result<Description, Box<Refusal>> {
    let (path, described) = match source {
        Source::Wasm(path) => (path, files::read(path).map_err(|error| unreadable(&error)).and_then(of_wasm)),
        Source::Native(path) => (path, native::load(path).map(|(_, description)| description)),
        Source::Builtin => {
            let fault = Fault::new("a plugin that is built in has no file", "name the file of a plugin");
            return Err(Box::new(fault.found("a plugin that is linked in").expected("a file").of("of no file", place(source))));
        }
    };
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    described.map_err(|fault| Box::new(fault.of(&name, place(source))))
}

fn of_wasm(bytes: Vec<u8>) -> Result<Description, Fault> {
    checks::description(description_section(&bytes).map_err(|error| wasm::no_section(error, &bytes))?)
}

/// A file as what it is, by how it begins and by its name: a library of this system, or else a wasm module.
#[cfg(not(target_family = "wasm"))]
pub fn source_of(path: &std::path::Path) -> Source {
    use std::io::Read;
    let mut start = [0; 4];
    // What cannot be read is told by whoever loads it.
    let wasm = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"\0asm";
    let library = path.extension().is_some_and(|extension| extension == std::env::consts::DLL_EXTENSION);
    let path = path.to_path_buf();
    if library && !wasm { Source::Native(path) } else { Source::Wasm(path) }
}
