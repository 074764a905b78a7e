//! Wasm plugins on the desktop: compiled and run by wasmtime.

mod cache;
mod engine;
mod imports;
mod instance;
mod quick;
mod residence;
mod ticker;

use super::module::{self, Module};
use super::{Broken, Export, read_module, shape};
use crate::config::{Limits, PluginConfig};
use crate::interfaces::{HostCall, Memory};
use crate::plugins::plan::Slots;
use crate::plugins::refusal::Fault;
use crate::plugins::results::ResultSlots;
pub(in crate::plugins) use engine::Engines;
use instance::{Guest, Instance};
use osvm_plugin_sdk::abi::Description;
pub(in crate::plugins) use quick::QuickInstance;
use std::cell::RefMut;
use std::path::Path;
use wasmtime::{Engine, InstancePre};

/// A module that was checked and compiled, and its instance while it has one.
pub(in crate::plugins) struct WasmPlugin {
    engine: Engine,
    module: InstancePre<Guest>,
    limits: Limits,
    /// The exports of the primitives and then of the hooks, with the types of their parameters.
    exports: Vec<Export>,
    instance: QuickInstance,
    /// The time for a call, in epochs.
    epochs: u64,
}

impl WasmPlugin {
    /// Reads a module, checks it against its description and the configuration of the module `name`, and compiles it. None of its
    /// code runs.
    pub(in crate::plugins) fn load(
        name: &str,
        path: &Path,
        config: &PluginConfig,
        engines: &mut Engines,
    ) -> Result<(WasmPlugin, Description), Fault> {
        let (bytes, description) = read_module(name, path, config)?;
        let engine = engines.get(config.limits.stack).map_err(no_engine)?;
        let compiled = engines.compile(&engine, name, &bytes).map_err(|error| module::invalid(&reason(&error)))?;
        let module = Module::read(&bytes)?;
        shape::check(&module, &description)?;
        shape::within(&module, &config.limits, name)?;
        let module = imports::link(&engine, &compiled)?;
        let exports = Export::all(&description);
        let epochs = Engines::epochs(config.limits.deadline);
        Ok((
            WasmPlugin { engine, module, limits: config.limits.clone(), exports, instance: QuickInstance::default(), epochs },
            description,
        ))
    }

    /// Calls the primitive or hook of this index. An instance that breaks is thrown away; the next call makes a new one.
    #[inline]
    pub(in crate::plugins) fn call(
        &mut self,
        index: usize,
        slots: &mut Slots,
        results: &mut ResultSlots,
        cx: &mut HostCall<'_, '_>,
        engines: &Engines,
    ) -> Result<i32, Box<Broken>> {
        engines.ticker.call_begins();
        let answer = self.in_instance(engines, |instance| instance.call(index, slots, results, cx, engines.fuel()));
        engines.ticker.call_ended();
        if answer.is_err() {
            self.stop();
        }
        answer
    }

    /// Does something in the instance, which is made if there is none.
    #[inline]
    fn in_instance<R>(
        &self,
        engines: &Engines,
        run: impl FnOnce(&mut Instance) -> Result<R, Box<Broken>>,
    ) -> Result<R, Box<Broken>> {
        let mut place = self.instance.place();
        let instance = match &mut *place {
            Some(instance) => instance,
            None => {
                place.insert(Instance::new(&self.engine, &self.module, &self.limits, &self.exports, self.epochs, engines.fuel())?)
            }
        };
        run(instance)
    }

    /// The instance as quick calls use it.
    pub(in crate::plugins) fn quick(&self, engines: &Engines) -> Option<QuickInstance> {
        // Fuel is for tests, which have time.
        engines.fuel().is_none().then(|| self.instance.clone())
    }

    /// True while there is an instance: before the first call there is none, and none after one that broke.
    pub(in crate::plugins) fn is_running(&self) -> bool {
        self.instance.place().is_some()
    }

    /// Throws the instance away.
    pub(in crate::plugins) fn stop(&mut self) {
        *self.instance.place() = None;
    }

    /// The memory of the instance, to read results from.
    pub(in crate::plugins) fn memory(&mut self) -> Option<impl Memory> {
        RefMut::filter_map(self.instance.place(), Option::as_mut).ok().map(instance::Between)
    }
}

fn no_engine(error: wasmtime::Error) -> Fault {
    Fault::new(
        "the wasm engine cannot be set up with these limits",
        "try another `limits.stack`, or configure the plugin as `native` or `builtin`",
    )
    .found(reason(&error))
    .expected("limits that the engine takes")
}

/// An error of the engine in one line, with what caused it.
fn reason(error: &wasmtime::Error) -> String {
    let text: Vec<String> = error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
    text.join(": ")
}
