//! Wasm plugins: core modules, compiled and run by an engine.
//!
//! On the desktop that is wasmtime. In a page it is the browser's own, behind the JavaScript host. The folders `desktop` and `page` have the same
//! types, so that nothing outside of this folder knows which it is.

#[cfg(any(target_family = "wasm", test))]
mod adapter;
mod arena;
#[cfg(not(target_family = "wasm"))]
mod desktop;
mod module;
#[cfg(target_family = "wasm")]
mod page;
#[cfg(any(target_family = "wasm", test))]
mod rewrite;
mod shape;

use super::module::unreadable;
use super::refusal::Fault;
use super::{checks, files};
use crate::config::PluginConfig;
#[cfg(not(target_family = "wasm"))]
pub(super) use desktop::{Engines, QuickInstance, WasmPlugin};
use osvm_plugin_sdk::abi::{Description, Hook, PrimitiveError, SectionError, Signature, WasmType, description_section};
#[cfg(target_family = "wasm")]
pub(super) use page::{Engines, QuickInstance, WasmPlugin};
use std::path::Path;

/// Why a call, and with it the instance, came to an end.
#[derive(Debug)]
pub(super) struct Broken {
    /// What the image sees.
    pub(super) error: PrimitiveError,
    /// What happened.
    pub(super) reason: String,
    /// Where, if that is known.
    pub(super) backtrace: Option<String>,
}

impl Broken {
    /// In a box, so that a call that works does not move its size about.
    pub(super) fn new(error: PrimitiveError, reason: impl Into<String>) -> Box<Broken> {
        Box::new(Broken { error, reason: reason.into(), backtrace: None })
    }

    /// The plugin does not do what its form demands.
    fn contradiction(reason: impl Into<String>) -> Box<Broken> {
        Broken::new(PrimitiveError::Internal, reason)
    }
}

/// An export that is called: a primitive or a hook.
pub(super) struct Export {
    pub(super) name: String,
    pub(super) params: Box<[WasmType]>,
    /// How many result slots are looked at: those of the signature, and the one that a failure has.
    pub(super) results: usize,
}

impl Export {
    fn primitive(name: &str, signature: &Signature) -> Export {
        let results = signature.result_slots().len().max(1);
        Export { name: name.into(), params: signature.wasm_params().collect(), results }
    }

    fn hook(hook: Hook) -> Export {
        let params: Box<[WasmType]> = if hook == Hook::Timer { Box::new([WasmType::I64]) } else { Box::new([]) };
        Export { name: hook.export().into(), params, results: 1 }
    }

    /// Those of the primitives and then of the hooks of a description.
    fn all(description: &Description) -> Vec<Export> {
        let primitives = description.primitives.iter().map(|p| Export::primitive(&p.name, &p.signature));
        primitives.chain(description.hooks.iter().map(|hook| Export::hook(*hook))).collect()
    }
}

/// The bytes of a module's file, and its description, checked against the configuration of the module `name`.
fn read_module(name: &str, path: &Path, config: &PluginConfig) -> Result<(Vec<u8>, Description), Fault> {
    let bytes = files::read(path).map_err(|error| unreadable(&error))?;
    let description = checks::description(description_section(&bytes).map_err(|error| no_section(error, &bytes))?)?;
    checks::configuration(name, &description, config)?;
    Ok((bytes, description))
}

pub(super) fn no_section(error: SectionError, bytes: &[u8]) -> Fault {
    let help = match error {
        SectionError::NotWasm => "name a wasm module, or write `native = ...` for a native library",
        SectionError::Component => "build the crate for wasm32-unknown-unknown, which makes a core module (`osvm plugin build`)",
        _ => "build it with osvm-plugin-sdk and its feature `export` (`osvm plugin build`)",
    };
    let found = match error {
        SectionError::NotWasm if bytes.is_empty() => "an empty file".into(),
        SectionError::NotWasm => format!("a file that begins with `{}`", bytes[..bytes.len().min(8)].escape_ascii()),
        SectionError::Component => "a component".into(),
        SectionError::Version(version) => format!("wasm of version {version}"),
        SectionError::Damaged(at) => format!("a section at byte {at} that has no end"),
        SectionError::Missing => "no section `osvm.plugin`".into(),
        SectionError::Several => "more than one section `osvm.plugin`".into(),
    };
    Fault::new(error.to_string(), help).found(found).expected("a core module of wasm, with one section `osvm.plugin`")
}

/// The type of a module's function, as messages show it.
fn type_text(params: impl IntoIterator<Item = String>, results: impl IntoIterator<Item = String>) -> String {
    let list = |types: Vec<String>| format!("({})", types.join(", "));
    format!("{} -> {}", list(params.into_iter().collect()), list(results.into_iter().collect()))
}
