//! Wasm plugins: core modules, compiled and run by wasmtime.

mod cache;
mod engine;
mod imports;
mod instance;
mod shape;
mod ticker;

use super::checks;
use super::module::unreadable;
use super::plan::Slots;
use super::refusal::Fault;
use super::results::ResultSlots;
use crate::config::PluginConfig;
use crate::interfaces::{HostCall, Memory};
pub(super) use engine::Engines;
pub(super) use instance::Broken;
use instance::{Guest, Instance};
use osvm_plugin_sdk::abi::{Description, SectionError, Signature, WasmType, description_section};
use std::path::Path;
use wasmtime::{Engine, InstancePre};

/// A module that was checked and compiled, and its instance while it has one.
pub(super) struct WasmPlugin {
    engine: Engine,
    module: InstancePre<Guest>,
    limits: crate::config::Limits,
    /// The exports of the primitives and then of the hooks, with the types of their parameters.
    exports: Vec<Export>,
    instance: Option<Box<Instance>>,
}

struct Export {
    name: String,
    params: Box<[WasmType]>,
}

impl Export {
    fn primitive(name: &str, signature: &Signature) -> Export {
        Export { name: name.into(), params: signature.wasm_params().collect() }
    }
}

impl WasmPlugin {
    /// Reads a module, checks it against its description and the configuration of the module `name`, and compiles it. None of its
    /// code runs.
    pub(super) fn load(
        name: &str,
        path: &Path,
        config: &PluginConfig,
        engines: &mut Engines,
    ) -> Result<(WasmPlugin, Description), Fault> {
        let bytes = std::fs::read(path).map_err(|error| unreadable(&error))?;
        let description = checks::description(description_section(&bytes).map_err(no_section)?)?;
        checks::configuration(name, &description, config)?;
        let engine = engines.get(config.limits.stack).map_err(no_engine)?;
        let module = engines.compile(&engine, name, &bytes).map_err(|error| {
            Fault::new("the wasm module is not valid, or uses what osvm does not allow", checks::REBUILD).found(reason(&error))
        })?;
        shape::check(&module, &description)?;
        let module = imports::link(&engine, &module)?;
        let hooks = description.hooks.iter().map(|hook| Export {
            name: hook.export().into(),
            params: if *hook == osvm_plugin_sdk::abi::Hook::Timer { Box::new([WasmType::I64]) } else { Box::new([]) },
        });
        let exports = description.primitives.iter().map(|p| Export::primitive(&p.name, &p.signature)).chain(hooks).collect();
        Ok((WasmPlugin { engine, module, limits: config.limits.clone(), exports, instance: None }, description))
    }

    /// Calls the primitive or hook of this index. An instance that breaks is thrown away; the next call makes a new one.
    #[inline]
    pub(super) fn call(
        &mut self,
        index: usize,
        slots: &mut Slots,
        results: &mut ResultSlots,
        cx: &mut HostCall<'_, '_>,
        engines: &Engines,
    ) -> Result<i32, Broken> {
        engines.ticker.call_begins();
        let answer = self.call_within_limits(index, slots, results, cx, engines);
        engines.ticker.call_ended();
        if answer.is_err() {
            self.instance = None;
        }
        answer
    }

    #[inline]
    fn call_within_limits(
        &mut self,
        index: usize,
        slots: &mut Slots,
        results: &mut ResultSlots,
        cx: &mut HostCall<'_, '_>,
        engines: &Engines,
    ) -> Result<i32, Broken> {
        let epochs = Engines::epochs(self.limits.deadline);
        let instance = match &mut self.instance {
            Some(instance) => instance,
            None => {
                let instance = Instance::new(&self.engine, &self.module, &self.limits, &self.exports, epochs, engines.fuel())?;
                self.instance.insert(Box::new(instance))
            }
        };
        instance.call(index, &self.exports[index].params, slots, results, cx, epochs, engines.fuel())
    }

    /// True while there is an instance: before the first call there is none, and none after one that broke.
    pub(super) fn is_running(&self) -> bool {
        self.instance.is_some()
    }

    /// Throws the instance away.
    pub(super) fn stop(&mut self) {
        self.instance = None;
    }

    /// The memory of the instance, to read results from.
    pub(super) fn memory(&mut self) -> Option<impl Memory> {
        self.instance.as_mut().map(|instance| instance.linear())
    }
}

pub(super) fn no_section(error: SectionError) -> Fault {
    let help = match error {
        SectionError::NotWasm => "name a wasm module, or write `native = ...` for a native library",
        SectionError::Component => "build the crate for wasm32-unknown-unknown, which makes a core module (`osvm plugin build`)",
        _ => "build it with osvm-plugin-sdk and its feature `export` (`osvm plugin build`)",
    };
    Fault::new(error.to_string(), help)
}

fn no_engine(error: wasmtime::Error) -> Fault {
    Fault::new(
        "the wasm engine cannot be set up with these limits",
        "try another `limits.stack`, or configure the plugin as `native` or `builtin`",
    )
    .found(reason(&error))
}

/// An error of the engine in one line, with what caused it.
fn reason(error: &wasmtime::Error) -> String {
    let text: Vec<String> = error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
    text.join(": ")
}

/// The type of a module's function, as messages show it.
fn type_text(params: impl IntoIterator<Item = String>, results: impl IntoIterator<Item = String>) -> String {
    let list = |types: Vec<String>| format!("({})", types.join(", "));
    format!("{} -> {}", list(params.into_iter().collect()), list(results.into_iter().collect()))
}
