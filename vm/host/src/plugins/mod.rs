//! Named primitives from plugins: finding them, converting what goes in and comes out by their signatures, calling them.

mod convert;
mod objects;
mod resources;
mod vm_module;

use crate::world::HostWorld;
use objects::CallObjects;
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_core::plugin::{Call, NamedPrimitive, NotFound, PluginHost};
use osvm_plugin_sdk::abi::Signature;
use osvm_plugin_sdk::classic::{Arg, Call as PluginCall, Plugin, PrimitiveError};
use resources::Resources;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A host with every plugin that is built in.
pub fn plugins() -> Plugins {
    Plugins::new(&[
        vm_module::plugin,
        osvm_plugin_console::plugin,
        osvm_plugin_file::plugin,
        osvm_plugin_large_integers::plugin,
        osvm_plugin_misc::plugin,
    ])
}

/// A function of the VM's own that belongs to the host itself.
const DISABLE_LOADING: (&str, &str) = ("", "primitiveDisableModuleLoading");

/// A plugin that is built in.
struct Module {
    /// Makes it anew after it was unloaded.
    make: fn() -> Box<dyn Plugin>,
    plugin: Box<dyn Plugin>,
    resources: Resources,
    loaded: bool,
}

/// What a [`NamedPrimitive`] stands for.
struct Resolved {
    target: Target,
    signature: Signature,
}

#[derive(Clone, Copy, PartialEq)]
enum Target {
    Primitive { module: usize, index: usize },
    DisableLoading,
}

/// The plugins of a VM.
pub struct Plugins {
    modules: Vec<Module>,
    resolved: Vec<Resolved>,
    world: HostWorld,
    generation: u32,
    loading_disabled: bool,
    /// Modules and functions that were asked for in vain, to be told once.
    missing: HashSet<String>,
    /// Room for a call's arguments, objects and closed resources, kept to save the allocations.
    args: Vec<Arg>,
    made: Vec<Oop>,
    closed: Vec<u32>,
}

impl Plugins {
    /// A host with these plugins.
    pub fn new(plugins: &[fn() -> Box<dyn Plugin>]) -> Plugins {
        let session = resources::session();
        let module = |(i, make): (usize, &fn() -> Box<dyn Plugin>)| Module {
            make: *make,
            plugin: make(),
            resources: Resources::new(session, i as u32),
            loaded: false,
        };
        Plugins {
            modules: plugins.iter().enumerate().map(module).collect(),
            resolved: Vec::new(),
            world: HostWorld::default(),
            generation: 0,
            loading_disabled: false,
            missing: HashSet::new(),
            args: Vec::new(),
            made: Vec::new(),
            closed: Vec::new(),
        }
    }

    /// The modules with their functions and signatures.
    pub fn signatures(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        self.modules
            .iter()
            .flat_map(|m| (0..).map_while(|i| m.plugin.primitive(i)).map(|(name, signature)| (m.plugin.name(), name, signature)))
    }

    fn target(&mut self, module: &str, function: &str) -> Result<(Target, &'static str), NotFound> {
        if (module, function) == DISABLE_LOADING {
            return Ok((Target::DisableLoading, "() -> self"));
        }
        let number = self.modules.iter().position(|m| m.plugin.name() == module).ok_or(NotFound::Module)?;
        let found = &mut self.modules[number];
        if !found.loaded && self.loading_disabled && !module.is_empty() {
            return Err(NotFound::Module);
        }
        let index = found.plugin.find(function).ok_or(NotFound::Function)?;
        if !found.loaded {
            found.loaded = true;
            tracing::debug!(module, "module loaded");
        }
        let (_, signature) = found.plugin.primitive(index).ok_or(NotFound::Function)?;
        Ok((Target::Primitive { module: number, index }, signature))
    }

    /// Says once that something is missing. Functions without a module are the VM's own business.
    fn tell_missing(&mut self, module: &str, function: &str, what: NotFound) {
        if module.is_empty() {
            return;
        }
        match what {
            NotFound::Module if self.missing.insert(module.to_string()) => tracing::warn!(
                module,
                function,
                "the image asks for a module that is not here; its primitives fail with #'not found'"
            ),
            NotFound::Function if self.missing.insert(format!("{module}.{function}")) => {
                tracing::warn!(module, function, "the image asks for a function that the module does not have");
            }
            _ => {}
        }
    }

    fn run(&mut self, module: usize, index: usize, resolved: usize, call: &mut Call<'_>) -> Result<Oop, PrimError> {
        let signature = &self.resolved[resolved].signature;
        let module = &mut self.modules[module];
        self.args.clear();
        self.made.clear();
        self.closed.clear();
        convert::arguments(signature, call, &module.resources, &mut self.args)?;
        let mut objects = CallObjects { heap: call.heap, receiver: call.receiver, args: call.args, made: &mut self.made };
        let mut plugin_call = PluginCall::new(&self.args, &mut self.closed, &mut objects, &mut self.world);
        let outcome = catch_unwind(AssertUnwindSafe(|| module.plugin.call(index, &mut plugin_call)));
        for &number in &self.closed {
            module.resources.close(number);
        }
        let name = || module.plugin.primitive(index).map_or("", |(name, _)| name);
        match outcome {
            Ok(Ok(value)) => match convert::result(&signature.result, value, &mut objects, &mut module.resources) {
                Err(PrimitiveError::Internal) => {
                    let (module, function) = (module.plugin.name(), name());
                    tracing::error!(module, function, "the plugin answered something else than its signature says");
                    Err(PrimError::NamedInternal)
                }
                other => other.map_err(convert::error),
            },
            Ok(Err(error)) => {
                tracing::trace!(module = module.plugin.name(), function = name(), %error, "primitive failed");
                Err(convert::error(error))
            }
            Err(_) => {
                tracing::error!(module = module.plugin.name(), function = name(), "the plugin panicked");
                Err(PrimError::NamedInternal)
            }
        }
    }
}

impl PluginHost for Plugins {
    fn resolve(&mut self, module: &str, function: &str) -> Result<NamedPrimitive, NotFound> {
        let (target, signature) = match self.target(module, function) {
            Ok(found) => found,
            Err(what) => {
                self.tell_missing(module, function, what);
                return Err(what);
            }
        };
        if let Some(known) = self.resolved.iter().position(|r| r.target == target) {
            return Ok(NamedPrimitive(known as u32));
        }
        match signature.parse() {
            Ok(signature) => {
                self.resolved.push(Resolved { target, signature });
                Ok(NamedPrimitive((self.resolved.len() - 1) as u32))
            }
            Err(error) => {
                tracing::error!(module, function, %error, "the plugin's signature cannot be read");
                Err(NotFound::Function)
            }
        }
    }

    fn call(&mut self, primitive: NamedPrimitive, call: &mut Call<'_>) -> Result<Oop, PrimError> {
        let number = primitive.0 as usize;
        match self.resolved.get(number).ok_or(PrimError::NotFound)?.target {
            Target::Primitive { module, index } => self.run(module, index, number, call),
            Target::DisableLoading => {
                self.loading_disabled = true;
                Ok(call.receiver)
            }
        }
    }

    fn generation(&self) -> u32 {
        self.generation
    }

    fn unload(&mut self, name: &str) -> bool {
        let Some(module) = self.modules.iter_mut().find(|m| m.loaded && !name.is_empty() && m.plugin.name() == name) else {
            return false;
        };
        module.plugin.shutdown(&mut self.world);
        module.plugin = (module.make)();
        module.resources.close_all();
        module.loaded = false;
        self.generation += 1;
        true
    }

    fn builtin_module(&self, index: usize) -> Option<String> {
        let mut names = self.modules.iter().map(|m| m.plugin.name()).filter(|name| !name.is_empty());
        names.nth(index.checked_sub(1)?).map(str::to_string)
    }

    fn loaded_module(&self, index: usize) -> Option<String> {
        let mut names = self.modules.iter().filter(|m| m.loaded).map(|m| m.plugin.name()).filter(|name| !name.is_empty());
        names.nth(index.checked_sub(1)?).map(str::to_string)
    }

    fn shutdown(&mut self) {
        for module in self.modules.iter_mut().filter(|m| m.loaded) {
            module.plugin.shutdown(&mut self.world);
        }
        self.world.flush();
    }
}
