//! Wasm plugins in a page: compiled and run by the browser's engine, behind the JavaScript host.
//!
//! A module is changed before it is compiled (`rewrite`), since nothing interrupts what runs in the same thread. The VM and the plugin reach each other by
//! two more modules (`adapter`), so that JavaScript has no part in a call but to catch what it throws.

mod fault;
mod host;
mod instance;
mod linear;
mod running;

use super::module::{self, Module};
use super::rewrite::{self, Budget, QUANTUM};
use super::shape::INITIALIZE;
use super::{Broken, Export, adapter, read_module, shape};
use crate::config::{Limits, PluginConfig};
use crate::interfaces::{HostCall, Memory};
use crate::plugins::Modules;
use crate::plugins::plan::Slots;
use crate::plugins::quick::Quickly;
use crate::plugins::refusal::Fault;
use crate::plugins::residence::Lodger;
use crate::plugins::results::ResultSlots;
use instance::Instance;
use osvm_core::oop::Oop;
use osvm_plugin_sdk::abi::{Description, exports};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

thread_local! {
    /// The JavaScript host has the functions that plugins import.
    static PREPARED: Cell<bool> = const { Cell::new(false) };
}

/// What all plugins of a VM have in common.
pub(in crate::plugins) struct Engines {
    fuel: Option<u64>,
}

impl Engines {
    /// With `fuel`, each call has that much of it, a unit for about one instruction. The browser keeps compiled code by itself.
    pub(in crate::plugins) fn new(_cache: Option<PathBuf>, fuel: Option<u64>) -> Engines {
        Engines { fuel }
    }

    #[allow(unsafe_code)]
    fn compile(&self, bytes: &[u8], exports: &[Export], limits: &Limits) -> Result<Compiled, Fault> {
        if !PREPARED.replace(true) {
            let imports = adapter::imports(running::parameters());
            // SAFETY: the host reads these bytes.
            unsafe { host::imports_set(imports.as_ptr(), imports.len()) };
        }
        let stack = i32::try_from(limits.stack).unwrap_or(i32::MAX);
        let budget = Budget { stack, memory: limits.memory, table: u64::from(limits.table) };
        let keep = |name: &str| {
            [exports::MEMORY, exports::RESULTS, exports::ARENA, INITIALIZE].contains(&name) || exports_of(exports, name)
        };
        let changed = rewrite::rewrite(bytes, budget, keep).map_err(|unfit| module::invalid(&unfit.0))?;
        let steps = self.fuel.map_or(QUANTUM, |fuel| i32::try_from(fuel).unwrap_or(QUANTUM));
        let calls = adapter::calls(exports, steps, stack);
        let count = exports.len() as u32;
        // SAFETY: the host reads these bytes.
        let number = unsafe { host::module_new(changed.as_ptr(), changed.len(), calls.as_ptr(), calls.len(), count) };
        if number < 0 {
            return Err(engine_fault());
        }
        Ok(Compiled { number, exports: count })
    }
}

fn exports_of(exports: &[Export], name: &str) -> bool {
    exports.iter().any(|export| export.name == name)
}

/// What the engine has against a module.
fn engine_fault() -> Fault {
    host::fault_take();
    module::invalid(&fault::text(0))
}

/// A module in the hands of the JavaScript host.
struct Compiled {
    number: i32,
    /// How many exports are called.
    exports: u32,
}

impl Drop for Compiled {
    fn drop(&mut self) {
        host::module_drop(self.number);
    }
}

/// The instance of a plugin as quick calls use it: there is none.
#[derive(Clone)]
pub(in crate::plugins) enum QuickInstance {}

impl QuickInstance {
    /// Is never called.
    pub(in crate::plugins) fn call(&self, _index: usize, _arguments: impl Iterator<Item = Oop>, _modules: &mut Modules) -> Quickly {
        match *self {}
    }

    /// Is never called.
    pub(in crate::plugins) fn is_habitable(&self) -> bool {
        match *self {}
    }

    /// Is never called.
    pub(in crate::plugins) fn reside(&self, _lodger: &mut Lodger<'_, '_>) -> bool {
        match *self {}
    }
}

/// A module that was checked and compiled, and its instance while it has one.
pub(in crate::plugins) struct WasmPlugin {
    module: Compiled,
    instance: Option<Instance>,
    deadline: Duration,
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
        #[allow(unsafe_code)]
        // SAFETY: the host reads these bytes.
        let is_valid = unsafe { host::module_check(bytes.as_ptr(), bytes.len()) } == 0;
        let module = Module::read(&bytes)?;
        // What no plugin may have is told in words of its own, also where the engine does not know it.
        shape::check(&module, &description)?;
        if !is_valid {
            return Err(engine_fault());
        }
        shape::within(&module, &config.limits, name)?;
        let module = engines.compile(&bytes, &Export::all(&description), &config.limits)?;
        Ok((WasmPlugin { module, instance: None, deadline: config.limits.deadline }, description))
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
        let instance = match &mut self.instance {
            Some(instance) => instance,
            None => self.instance.insert(Instance::new(&self.module, self.deadline, engines.fuel)?),
        };
        let answer = instance.call(index, slots, results, cx);
        if answer.is_err() {
            self.instance = None;
        }
        answer
    }

    /// There is no quick way: what a call costs here is JavaScript's.
    pub(in crate::plugins) fn quick(&self, _engines: &Engines) -> Option<QuickInstance> {
        None
    }

    /// True while there is an instance: before the first call there is none, and none after one that broke.
    pub(in crate::plugins) fn is_running(&self) -> bool {
        self.instance.is_some()
    }

    /// Throws the instance away.
    pub(in crate::plugins) fn stop(&mut self) {
        self.instance = None;
    }

    /// The memory of the instance, to read results from.
    pub(in crate::plugins) fn memory(&mut self) -> Option<impl Memory> {
        self.instance.as_ref().map(Instance::linear)
    }
}
