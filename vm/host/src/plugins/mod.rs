//! Named primitives from plugins: each a wasm module, a native library or built in, as the configuration says.
//!
//! docs/plugin-abi.md is the specification of the boundary. A module is loaded when the image first asks for one of its primitives, and
//! compared with its description and the configuration before anything of it runs; an instance is made at the first call.

mod builtin;
pub mod check;
mod checks;
#[cfg_attr(target_family = "wasm", path = "page/files.rs")]
mod files;
mod module;
#[cfg_attr(target_family = "wasm", path = "page/native.rs")]
mod native;
mod own;
mod plan;
mod quick;
mod refusal;
mod residence;
mod resources;
mod results;
mod table;
mod wasm;
#[cfg_attr(target_family = "wasm", path = "page/watch.rs")]
mod watch;

use crate::config::{Config, PluginConfig, Source};
use crate::interfaces::{CallObjects, Rights, Scratch, Shared};
use crate::signals::EventSender;
use module::{Loaded, place};
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_core::plugin::{Call, Direct, NamedPrimitive, NotFound, PluginHost, Residence};
use osvm_plugin_sdk::abi::native::PluginTable;
use osvm_plugin_sdk::abi::{Description, Hook};
use own::OwnPrimitive;
use plan::Slots;
use quick::{Pending, Quick};
pub use refusal::Refusal;
use results::ResultSlots;
use std::collections::HashSet;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;
use wasm::Engines;
use watch::Watcher;

/// How plugins are loaded, besides what the configuration says.
#[derive(Clone, Debug, Default)]
pub struct PluginOptions {
    /// The folder in which compiled wasm modules are kept; without one they are compiled at every start.
    pub cache: Option<PathBuf>,
    /// So much fuel for each call of a wasm plugin, a unit for about one instruction: a limit that is the same on every machine.
    pub fuel: Option<u64>,
    /// Look at the files of plugins, and load again what has changed.
    pub watch: bool,
    /// Named primitives besides those of plugins. Of a configuration only `enabled = false` of their modules holds for them.
    pub services: &'static [Service],
}

impl PluginOptions {
    /// Compiled modules in the user's folder for caches: `$XDG_CACHE_HOME/osvm`, or `.cache/osvm` in the home.
    #[cfg(not(target_family = "wasm"))]
    pub fn of_user() -> PluginOptions {
        let folder = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
        let folder = folder.or_else(|| Some(std::env::home_dir()?.join(".cache")));
        PluginOptions { cache: folder.map(|folder| folder.join("osvm")), ..PluginOptions::default() }
    }
}

/// A named primitive that the program around a VM serves itself, with the whole heap in its hands, as no plugin has it.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// Its module.
    pub module: &'static str,
    /// Its function.
    pub function: &'static str,
    /// What it does.
    pub call: fn(&mut Call<'_>) -> Result<Oop, PrimError>,
}

/// What the plugins that are linked in say of themselves.
pub fn builtin_plugins() -> Vec<Description> {
    module::builtin_tables().filter_map(Result::ok).map(|(_, description)| description).collect()
}

/// The VM's own named primitives that need the world, which have no module: name and signature.
pub fn own_primitives() -> impl Iterator<Item = (&'static str, &'static str)> {
    own::OWN.iter().map(|&(_, name, signature)| (name, signature))
}

/// What calls use and leave: kept, so that nothing is allocated.
#[derive(Default)]
struct Workspace {
    slots: Slots,
    results: ResultSlots,
}

/// A module of the configuration.
struct Module {
    name: String,
    config: PluginConfig,
    /// The table of a plugin that is linked into a test.
    linked: Option<&'static PluginTable>,
    state: State,
}

impl Module {
    /// Its plugin, if it is loaded.
    fn loaded(&mut self) -> Option<&mut Loaded> {
        match &mut self.state {
            State::Loaded(loaded) => Some(loaded),
            State::Unloaded | State::Refused => None,
        }
    }
}

enum State {
    Unloaded,
    /// The log has said why.
    Refused,
    Loaded(Box<Loaded>),
}

/// What a [`NamedPrimitive`] stands for.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    Primitive {
        module: usize,
        index: usize,
    },
    Own(OwnPrimitive),
    /// The one of this index.
    Service(usize),
}

/// A [`NamedPrimitive`]: what it stands for, and the quick way to call it, if it has one.
struct Resolved {
    target: Target,
    quick: Option<Quick>,
}

/// The modules of the configuration, and what calls of them use.
struct Modules {
    list: Vec<Module>,
    shared: Shared,
    engines: Engines,
    workspace: Workspace,
    scratch: Scratch,
    pending: Pending,
}

/// The plugins of a VM.
pub struct Plugins {
    modules: Modules,
    /// The file of the configuration, for messages.
    configured_in: String,
    services: &'static [Service],
    resolved: Vec<Resolved>,
    /// How the last direct call ended, if it did not with an object.
    ended: Option<thread::Result<PrimError>>,
    session: u64,
    generation: u32,
    loading_disabled: bool,
    watcher: Option<Watcher>,
    /// Modules and functions that were asked for in vain, to be told once.
    missing: HashSet<String>,
}

impl Plugins {
    /// The plugins of a VM that runs this image and takes its events from that queue, as a configuration says. None is loaded yet.
    pub fn of_image(config: &Config, options: PluginOptions, image: &Path, events: EventSender, rights: Rights) -> Plugins {
        Plugins::new(config, options, Shared::new(image, events, rights))
    }

    /// The plugins of a configuration. None is loaded yet.
    pub(crate) fn new(config: &Config, options: PluginOptions, shared: Shared) -> Plugins {
        let module = |(name, config): (&String, &PluginConfig)| Module {
            name: name.clone(),
            config: config.clone(),
            linked: None,
            state: State::Unloaded,
        };
        Plugins {
            modules: Modules {
                list: config.plugins.iter().map(module).collect(),
                shared,
                engines: Engines::new(options.cache, options.fuel),
                workspace: Workspace::default(),
                scratch: Scratch::default(),
                pending: Pending::default(),
            },
            configured_in: config.path.as_ref().map_or("the built-in configuration".into(), |path| path.display().to_string()),
            services: options.services,
            resolved: Vec::new(),
            ended: None,
            session: resources::session(),
            generation: 0,
            loading_disabled: false,
            watcher: options.watch.then(|| Watcher::new(config)),
            missing: HashSet::new(),
        }
    }

    /// Adds a plugin whose table is linked into a test.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn link(&mut self, config: &PluginConfig, table: &'static PluginTable) -> Result<Description, Box<Refusal>> {
        let loaded = Loaded::linked(config, table, self.modules.list.len() as u32, self.session)?;
        let description = loaded.description.clone();
        let name = description.module.clone();
        let state = State::Loaded(Box::new(loaded));
        self.modules.list.push(Module { name, config: config.clone(), linked: Some(table), state });
        Ok(description)
    }

    /// Calls a hook of a module, if it is loaded and has it. A failure is told to the log alone.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn hook(&mut self, name: &str, hook: Hook, token: i64) {
        for module in self.modules.list.iter_mut().filter(|module| module.name == name) {
            if let State::Loaded(loaded) = &mut module.state {
                loaded.hook(hook, token, &mut self.modules.shared, &mut self.modules.workspace, &self.modules.engines);
            }
        }
    }

    fn target(&mut self, module: &str, function: &str) -> Result<Target, NotFound> {
        if module.is_empty() {
            return OwnPrimitive::named(function).map(Target::Own).ok_or(NotFound::Function);
        }
        let number = self.modules.list.iter().position(|m| m.name == module);
        if let Some(index) = self.services.iter().position(|s| s.module == module && s.function == function) {
            let is_disabled = number.is_some_and(|number| !self.modules.list[number].config.enabled);
            return if is_disabled { Err(NotFound::Module) } else { Ok(Target::Service(index)) };
        }
        let number = number.ok_or(NotFound::Module)?;
        let index = self.loaded(number)?.description.find(function).ok_or(NotFound::Function)?.0;
        Ok(Target::Primitive { module: number, index })
    }

    /// The loaded plugin of a module, which is loaded now if it was not.
    fn loaded(&mut self, number: usize) -> Result<&mut Loaded, NotFound> {
        let module = &mut self.modules.list[number];
        if matches!(module.state, State::Unloaded) && module.config.enabled && !self.loading_disabled {
            let (config, place) = (&module.config, number as u32);
            let loaded = match module.linked {
                Some(table) => Loaded::linked(config, table, place, self.session),
                None => Loaded::load(&module.name, config, place, self.session, &mut self.modules.engines),
            };
            module.state = match loaded {
                Ok(loaded) => State::Loaded(Box::new(loaded)),
                Err(refusal) => {
                    tracing::error!("{refusal}");
                    State::Refused
                }
            };
        }
        match &mut module.state {
            State::Loaded(loaded) => Ok(loaded),
            State::Unloaded | State::Refused => Err(NotFound::Module),
        }
    }

    /// Says once that something is missing, and why. Functions without a module are the VM's own business.
    fn tell_missing(&mut self, module: &str, function: &str, what: NotFound) {
        if module.is_empty() {
            return;
        }
        let known = self.modules.list.iter().find(|m| m.name == module);
        match (what, known) {
            (NotFound::Function, _) if self.missing.insert(format!("{module}.{function}")) => {
                tracing::warn!(module, function, "the image asks for a function that the module does not have");
            }
            (NotFound::Module, Some(Module { state: State::Refused, .. })) => {}
            (NotFound::Module, known) if self.missing.insert(module.to_string()) => {
                let file = &self.configured_in;
                let (why, help) = match known {
                    Some(known) if !known.config.enabled => (
                        format!("that is disabled by {file}"),
                        format!("take `enabled = false` out of [plugins.{module}] to have it"),
                    ),
                    Some(_) => ("after it gave up loading modules".into(), "start it again to have it".into()),
                    None => (format!("that is not in {file}"), "`osvm plugin add FILE` adds one that you have as a file".into()),
                };
                tracing::warn!(
                    module,
                    function,
                    "the image asks for a module {why}; its primitives fail with #'not found'; {help}"
                );
            }
            _ => {}
        }
    }

    /// Forgets what was resolved: its methods ask again.
    fn forget(&mut self) {
        self.resolved.clear();
        self.generation += 1;
    }

    /// Ends a plugin. Whoever calls this forgets what was resolved, unless all is over.
    fn stop(&mut self, number: usize) {
        let state = std::mem::replace(&mut self.modules.list[number].state, State::Unloaded);
        if let State::Loaded(mut loaded) = state {
            loaded.stop(&mut self.modules.shared, &mut self.modules.workspace, &self.modules.engines);
        }
    }

    /// Takes plugins whose files have changed out, to be loaded again when they are next asked for.
    #[cold]
    fn reload(&mut self) {
        for name in self.watcher.as_ref().map(Watcher::changed).unwrap_or_default() {
            let Some(number) = self.modules.list.iter().position(|m| m.name == name) else { continue };
            let module = &self.modules.list[number];
            if let Source::Native(_) = module.config.source {
                tracing::warn!(
                    plugin = name,
                    "the library has changed; a native plugin is never unloaded: start osvm again to use the new one"
                );
                continue;
            }
            tracing::info!(
                plugin = name,
                from = place(&module.config.source),
                "the plugin has changed and is loaded again; what it had open is closed"
            );
            self.stop(number);
            // Also if it was refused before: its primitives are asked for again.
            self.forget();
            self.missing.retain(|missing| !missing.starts_with(&format!("{name}.")));
        }
    }

    /// The quick way to call a primitive, if it has one.
    fn quick(&mut self, target: Target) -> Option<Quick> {
        match target {
            Target::Primitive { module, index } => self.modules.list[module].loaded()?.quick(module, index, &self.modules.engines),
            Target::Own(_) | Target::Service(_) => None,
        }
    }

    #[inline(never)]
    fn run(&mut self, target: Target, call: &mut Call<'_>) -> Result<Oop, PrimError> {
        self.modules.pending.forget();
        match target {
            Target::Primitive { module, index } => {
                let Modules { list, shared, engines, workspace, scratch, .. } = &mut self.modules;
                let State::Loaded(loaded) = &mut list[module].state else { return Err(PrimError::NOT_FOUND) };
                let mut objects = CallObjects::new(call.heap, call.operands, scratch);
                loaded.call(index, &mut objects, shared, workspace, engines)
            }
            Target::Own(OwnPrimitive::DisableModuleLoading) => {
                self.loading_disabled = true;
                Ok(call.operands.receiver())
            }
            Target::Service(index) => (self.services[index].call)(call),
            Target::Own(OwnPrimitive::CurrentWorkingDirectory) => own::current_working_directory(call),
        }
    }
}

impl PluginHost for Plugins {
    fn resolve(&mut self, module: &str, function: &str) -> Result<NamedPrimitive, NotFound> {
        let target = self.target(module, function).inspect_err(|&what| self.tell_missing(module, function, what))?;
        let known = self.resolved.iter().position(|known| known.target == target);
        let number = known.unwrap_or_else(|| {
            let quick = self.quick(target);
            self.resolved.push(Resolved { target, quick });
            self.resolved.len() - 1
        });
        Ok(NamedPrimitive(number as u32))
    }

    fn call(&mut self, primitive: NamedPrimitive, call: &mut Call<'_>) -> Result<Oop, PrimError> {
        let Some(resolved) = self.resolved.get(primitive.0 as usize) else { return Err(PrimError::NOT_FOUND) };
        if let Some(quick) = &resolved.quick {
            if let Some(ended) = self.ended.take() {
                return Err(ended.unwrap_or_else(|panic| resume_unwind(panic)));
            }
            if call.operands.arg_count() == quick.params
                && let Some(answer) = quick.call(&mut self.modules, call.heap, call.operands)
            {
                return answer;
            }
        }
        self.run(resolved.target, call)
    }

    fn direct_call(&self, primitive: NamedPrimitive, args: usize) -> Option<Direct> {
        self.resolved.get(primitive.0 as usize)?.quick.as_ref()?.direct(args)
    }

    fn residence(&mut self) -> Option<Residence> {
        self.where_to_reside()
    }

    fn generation(&self) -> u32 {
        self.generation
    }

    fn unload(&mut self, name: &str) -> bool {
        match self.modules.list.iter().position(|m| m.name == name && matches!(m.state, State::Loaded(_))) {
            Some(number) => {
                self.stop(number);
                self.forget();
                true
            }
            None => false,
        }
    }

    fn builtin_module(&self, index: usize) -> Option<String> {
        let mut builtin = self.modules.list.iter().filter(|m| m.config.enabled && m.config.source == Source::Builtin);
        builtin.nth(index.checked_sub(1)?).map(|m| m.name.clone())
    }

    fn loaded_module(&self, index: usize) -> Option<String> {
        let mut loaded = self.modules.list.iter().filter(|m| matches!(m.state, State::Loaded(_)));
        loaded.nth(index.checked_sub(1)?).map(|m| m.name.clone())
    }

    fn between_primitives(&mut self) -> Option<u64> {
        if self.watcher.as_ref().is_some_and(Watcher::has_changes) {
            self.reload();
        }
        let now = self.modules.shared.monotonic_micros();
        let mut next: Option<u64> = None;
        for module in &mut self.modules.list {
            if let State::Loaded(loaded) = &mut module.state
                && let Some(time) =
                    loaded.run_timers(now, &mut self.modules.shared, &mut self.modules.workspace, &self.modules.engines)
            {
                next = Some(next.map_or(time, |other| other.min(time)));
            }
        }
        next.map(|time| time.saturating_sub(now))
    }

    fn visit_held(&mut self, visit: &mut dyn FnMut(&mut Oop)) {
        for module in &mut self.modules.list {
            if let State::Loaded(loaded) = &mut module.state {
                loaded.visit_held(visit);
            }
        }
    }

    fn flush(&mut self) {
        self.modules.shared.flush();
    }

    fn snapshot(&mut self) {
        for module in &mut self.modules.list {
            if let State::Loaded(loaded) = &mut module.state {
                loaded.hook(Hook::Snapshot, 0, &mut self.modules.shared, &mut self.modules.workspace, &self.modules.engines);
            }
        }
    }

    fn shutdown(&mut self) {
        for number in 0..self.modules.list.len() {
            self.stop(number);
        }
        self.modules.shared.flush();
    }
}
