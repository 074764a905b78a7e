//! One module of the configuration: not loaded yet, refused, or loaded in one of three forms.

use super::builtin;
use super::native;
use super::plan::Plan;
use super::quick::{Callee, Quick};
use super::refusal::{Fault, Refusal};
use super::resources::Resources;
use super::results::{self, NoResult};
use super::table::{Process, Table, TablePlugin};
use super::wasm::{Broken, Engines, WasmPlugin};
use super::{Workspace, checks};
use crate::config::{PluginConfig, Source};
use crate::interfaces::{CallObjects, HostCall, Open, Shared};
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_plugin_sdk::abi::native::PluginTable;
use osvm_plugin_sdk::abi::{Description, Hook, PrimitiveError, STATUS_VALUES};
use std::cell::RefCell;
use std::io;
use std::rc::Rc;

/// A plugin that was loaded.
pub(super) struct Loaded {
    pub(super) description: Description,
    plans: Vec<Plan>,
    form: Form,
    resources: Resources,
    pub(super) open: Open,
    name: String,
}

enum Form {
    Table { table: Table, plugin: TableInstance },
    Wasm(Box<WasmPlugin>),
}

/// The instance of a plugin with a table, while it has one: quick calls share it.
pub(super) type TableInstance = Rc<RefCell<Option<TablePlugin>>>;

/// A file that cannot be read.
pub(super) fn unreadable(error: &io::Error) -> Fault {
    let help = match error.kind() {
        io::ErrorKind::NotFound => {
            "put the file there, or name it where it is; `cargo xtask plugins` builds those that come with osvm"
        }
        _ => "make the file readable for the user who runs osvm",
    };
    let found = match error.kind() {
        io::ErrorKind::NotFound => "no file".into(),
        _ => error.to_string(),
    };
    Fault::new(format!("the file cannot be read: {error}"), help).found(found).expected("a file with a plugin")
}

/// Where a plugin's code is, for people.
pub(super) fn place(source: &Source) -> String {
    match source {
        Source::Wasm(path) | Source::Native(path) => path.display().to_string(),
        Source::Builtin => "built in".into(),
    }
}

/// The tables that are linked in.
pub(super) fn builtin_tables() -> impl Iterator<Item = Result<(Table, Description), Fault>> {
    #[allow(unsafe_code)]
    // SAFETY: the plugins are linked in, and the SDK made their tables.
    builtin::TABLES.iter().map(|table| unsafe { Table::read(*table) })
}

/// The table of the builtin plugin of this name.
fn builtin_table(name: &str) -> Result<(Table, Description), Fault> {
    let mut names = Vec::new();
    for found in builtin_tables() {
        let (table, description) = found?;
        if description.module == name {
            return Ok((table, description));
        }
        names.push(description.module);
    }
    let help = "configure it by `module = \"FILE.wasm\"` or `native = \"FILE.so\"`";
    Err(Fault::new("no plugin of this name is linked into this osvm", help)
        .found(name)
        .expected(format!("one of {}", names.join(", "))))
}

impl Loaded {
    /// Loads a plugin as its configuration says. None of a wasm plugin's code runs.
    pub(super) fn load(
        name: &str,
        config: &PluginConfig,
        number: u32,
        session: u64,
        engines: &mut Engines,
    ) -> Result<Loaded, Box<Refusal>> {
        let loaded = match &config.source {
            Source::Wasm(path) => WasmPlugin::load(name, path, config, engines)
                .map(|(plugin, description)| (Form::Wasm(Box::new(plugin)), description)),
            Source::Native(path) => native::load(path).and_then(|(table, description)| of_table(name, config, table, description)),
            Source::Builtin => builtin_table(name).and_then(|(table, description)| of_table(name, config, table, description)),
        };
        let (form, description) = loaded.map_err(|fault| Box::new(fault.of(name, place(&config.source))))?;
        tracing::debug!(plugin = name, version = description.version, from = place(&config.source), "plugin loaded");
        Ok(Loaded::new(name, config, form, description, Resources::new(session, number)))
    }

    /// A plugin whose table is linked into a test.
    pub(super) fn linked(
        config: &PluginConfig,
        table: &'static PluginTable,
        number: u32,
        session: u64,
    ) -> Result<Loaded, Box<Refusal>> {
        #[allow(unsafe_code)]
        // SAFETY: the table is linked in, and the SDK made it.
        let read = unsafe { Table::read(table) };
        let (table, description) = read.map_err(|fault| Box::new(fault.of("of the test", "linked in")))?;
        let name = description.module.clone();
        checks::configuration(&name, &description, config).map_err(|fault| Box::new(fault.of(&name, "linked in")))?;
        Ok(Loaded::new(
            &name,
            config,
            Form::Table { table, plugin: TableInstance::default() },
            description,
            Resources::new(session, number),
        ))
    }

    fn new(name: &str, config: &PluginConfig, form: Form, description: Description, resources: Resources) -> Loaded {
        let plans = description.primitives.iter().map(|primitive| Plan::new(&primitive.signature)).collect();
        let open = Open::new(name, config, &description.imports);
        Loaded { description, plans, form, resources, open, name: name.into() }
    }

    /// Calls a primitive.
    #[inline]
    pub(super) fn call(
        &mut self,
        index: usize,
        objects: &mut CallObjects<'_>,
        shared: &mut Shared,
        workspace: &mut Workspace,
        engines: &Engines,
    ) -> Result<Oop, PrimError> {
        if !self.is_running() {
            self.start(shared, workspace, engines);
        }
        let Some(plan) = self.plans.get(index) else { return Err(PrimError::NOT_FOUND) };
        if !plan.numbers(objects.operands(), objects.heap, &mut workspace.slots) {
            plan.arguments(objects, &self.resources, &mut workspace.slots)?;
        }
        let answers_int = plan.answers_int;
        let mut cx = HostCall { objects: Some(objects), open: &mut self.open, shared };
        let outcome = self.form.call(index, workspace, &mut cx, engines);
        match outcome {
            Ok(STATUS_VALUES) if answers_int && objects.closed().is_empty() => {
                objects.heap.integer(workspace.results[0].cast_signed())
            }
            outcome => self.finish(index, outcome, objects, workspace),
        }
    }

    /// The quick way to call the primitive of this index, if it has one; the plugin is that of the module `number`.
    pub(super) fn quick(&self, number: usize, index: usize, engines: &Engines) -> Option<Quick> {
        let params = self.plans[index].integers()?;
        match &self.form {
            Form::Table { plugin, .. } => Quick::new(number, index, params, Callee::Table(Rc::clone(plugin))),
            Form::Wasm(plugin) => Quick::new(number, index, params, Callee::Wasm(plugin.quick(engines)?)),
        }
    }

    /// What a call answers whose plugin has come back, or has broken.
    #[inline(never)]
    pub(super) fn finish(
        &mut self,
        index: usize,
        outcome: Result<i32, Box<Broken>>,
        objects: &mut CallObjects<'_>,
        workspace: &Workspace,
    ) -> Result<Oop, PrimError> {
        for &number in objects.closed() {
            self.resources.close(number);
        }
        let status = match outcome {
            Ok(status) => status,
            Err(broken) => return Err(self.broke(&self.description.primitives[index].name.clone(), &broken)),
        };
        let ty = &self.description.primitives[index].signature.result;
        let result = match &mut self.form {
            Form::Table { .. } => results::result(ty, status, &workspace.results, &Process, objects, &mut self.resources),
            Form::Wasm(plugin) => match plugin.memory() {
                Some(memory) => results::result(ty, status, &workspace.results, &memory, objects, &mut self.resources),
                None => Err(NoResult::Failed(PrimitiveError::Internal)),
            },
        };
        result.map_err(|no_result| self.no_result(index, no_result))
    }

    #[cold]
    fn no_result(&self, index: usize, no_result: NoResult) -> PrimError {
        let (plugin, primitive) = (self.name.as_str(), self.description.primitives[index].name.as_str());
        match no_result {
            NoResult::Failed(error) => {
                tracing::trace!(plugin, primitive, %error, "primitive failed");
                failure(error)
            }
            NoResult::Contradiction(what) => {
                tracing::error!(plugin, primitive, "the plugin contradicts its signature: {what}");
                PrimError::NAMED_INTERNAL
            }
        }
    }

    /// Tells of a call that broke the instance, with which its resources die.
    #[cold]
    fn broke(&mut self, function: &str, broken: &Broken) -> PrimError {
        let plugin = self.name.as_str();
        let backtrace = broken.backtrace.as_ref().map(|text| format!("\n{}", text.trim_end())).unwrap_or_default();
        tracing::error!(plugin, primitive = function, "the plugin broke: {}{backtrace}", broken.reason);
        self.resources.close_all();
        self.open.close_all();
        failure(broken.error)
    }

    /// Throws the instance away, which broke.
    pub(super) fn drop_instance(&mut self) {
        match &mut self.form {
            Form::Table { plugin, .. } => *plugin.borrow_mut() = None,
            Form::Wasm(plugin) => plugin.stop(),
        }
    }

    fn is_running(&self) -> bool {
        match &self.form {
            Form::Table { plugin, .. } => plugin.borrow().is_some(),
            Form::Wasm(plugin) => plugin.is_running(),
        }
    }

    /// Before the first primitive of an instance.
    #[cold]
    fn start(&mut self, shared: &mut Shared, workspace: &mut Workspace, engines: &Engines) {
        if let Form::Table { table, plugin } = &mut self.form {
            *plugin.borrow_mut() = TablePlugin::new(*table);
        }
        self.hook(Hook::Start, 0, shared, workspace, engines);
    }

    /// Calls a hook, if the plugin has it. A failure is told to the log alone.
    pub(super) fn hook(&mut self, hook: Hook, token: i64, shared: &mut Shared, workspace: &mut Workspace, engines: &Engines) {
        let Some(place) = self.description.hooks.iter().position(|&other| other == hook) else { return };
        if hook != Hook::Start && !self.is_running() {
            // Nothing ran that could be told.
            return;
        }
        let slots: &[u64] = if hook == Hook::Timer { &[token.cast_unsigned()] } else { &[] };
        workspace.slots.set(slots);
        let mut cx = HostCall { objects: None, open: &mut self.open, shared };
        let status = match self.form.call(self.description.primitives.len() + place, workspace, &mut cx, engines) {
            Ok(status) => status,
            Err(broken) => {
                self.broke(hook.name(), &broken);
                return;
            }
        };
        if status != STATUS_VALUES {
            tracing::warn!(plugin = self.name, hook = hook.name(), status, "the hook failed");
        }
    }

    /// Calls the hook of every timer that has run out; when the next one will, in microseconds of the monotonic clock.
    pub(super) fn run_timers(
        &mut self,
        now: u64,
        shared: &mut Shared,
        workspace: &mut Workspace,
        engines: &Engines,
    ) -> Option<u64> {
        while let Some(token) = self.open.due_timer(now) {
            self.hook(Hook::Timer, token, shared, workspace, engines);
        }
        self.open.next_timer()
    }

    /// Shows every object that the plugin holds.
    pub(super) fn visit_held(&mut self, visit: &mut dyn FnMut(&mut Oop)) {
        self.open.visit_held(visit);
    }

    /// Ends the instance: its resources die.
    pub(super) fn stop(&mut self, shared: &mut Shared, workspace: &mut Workspace, engines: &Engines) {
        self.hook(Hook::Quit, 0, shared, workspace, engines);
        self.drop_instance();
        self.resources.close_all();
        self.open.close_all();
    }
}

fn of_table(name: &str, config: &PluginConfig, table: Table, description: Description) -> Result<(Form, Description), Fault> {
    checks::configuration(name, &description, config)?;
    Ok((Form::Table { table, plugin: TableInstance::default() }, description))
}

impl Form {
    #[inline(always)]
    fn call(
        &mut self,
        index: usize,
        workspace: &mut Workspace,
        cx: &mut HostCall<'_, '_>,
        engines: &Engines,
    ) -> Result<i32, Box<Broken>> {
        let Workspace { slots, results } = workspace;
        match self {
            Form::Table { plugin, .. } => match plugin.borrow().as_ref() {
                Some(plugin) => {
                    TablePlugin::lend(slots, cx);
                    Ok(plugin.call(index, slots.values(), results, cx))
                }
                None => Err(Broken::new(PrimitiveError::Internal, "its state cannot be made")),
            },
            Form::Wasm(plugin) => plugin.call(index, slots, results, cx, engines),
        }
    }
}

/// A plugin's failure as the image's.
fn failure(error: PrimitiveError) -> PrimError {
    match error {
        PrimitiveError::Failed => PrimError::GENERIC,
        PrimitiveError::BadReceiver => PrimError::BAD_RECEIVER,
        PrimitiveError::BadArgument => PrimError::BAD_ARGUMENT,
        PrimitiveError::BadIndex => PrimError::BAD_INDEX,
        PrimitiveError::BadNumArgs => PrimError::BAD_NUM_ARGS,
        PrimitiveError::Inappropriate => PrimError::INAPPROPRIATE,
        PrimitiveError::Unsupported => PrimError::UNSUPPORTED,
        PrimitiveError::NoModification => PrimError::NO_MODIFICATION,
        PrimitiveError::NoMemory => PrimError::NO_MEMORY,
        PrimitiveError::NoPluginMemory => PrimError::NO_C_MEMORY,
        PrimitiveError::NotFound => PrimError::NOT_FOUND,
        PrimitiveError::LimitExceeded => PrimError::LIMIT_EXCEEDED,
        PrimitiveError::Internal => PrimError::NAMED_INTERNAL,
        PrimitiveError::OperatingSystem(number) => PrimError::system(number),
    }
}
