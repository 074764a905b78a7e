//! A running image in which expressions are evaluated.

use super::agent::{Agent, Task, field};
use super::driver::Driver;
use super::error::{EvalError, StartError};
use super::image::options_for;
use super::names::{SessionEnvironment, SessionLinker, missing_symbols, session_variable};
use super::run::user_priority;
use super::stack::Stack;
use super::unit::Units;
use crate::codegen::{CompiledCode, Options, compile_expression};
use crate::diagnostic::{Diagnostic, Severity};
use crate::install::{Linker, install_method, string};
use crate::world::{ClassEnvironment, World, class_binding};
use osvm_core::oop::Oop;
use osvm_core::vm::{Handle, Vm};
use std::collections::HashMap;
use std::time::Duration;

/// How images of all systems save themselves; in the one that goes on running it answers false.
pub const SAVE: &str = "Smalltalk snapshot: true andQuit: false";

/// An answer.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// What it says to `printString`.
    pub text: String,
    /// What the compiler has to say about the expression.
    pub warnings: Vec<Diagnostic>,
}

/// An image that has started, and the variables of the expressions that were evaluated in it.
pub struct Session<D: Driver> {
    pub(super) driver: D,
    pub(super) agent: Agent,
    pub(super) options: Options,
    pub(super) units: Units,
    /// Variables that expressions declared: names and associations.
    variables: Vec<(String, Handle)>,
    /// The last evaluation.
    pub(super) evaluation: Option<Handle>,
    /// How long an expression may take.
    pub time_limit: Option<Duration>,
}

impl<D: Driver> Session<D> {
    /// Lets the image start up, until it has nothing more to do or quits.
    pub fn start(driver: D) -> Result<Session<D>, StartError> {
        Session::start_with(driver, None, |options| options)
    }

    /// The same, at most for `limit`, which is then the limit of expressions too, and with other options for the compiler than those that
    /// fit the image.
    pub fn start_with(
        mut driver: D,
        limit: Option<Duration>,
        change: impl FnOnce(Options) -> Options,
    ) -> Result<Session<D>, StartError> {
        super::run::start_up(&mut driver, limit)?;
        Session::of_started(driver, limit, change).map_err(|(_, error)| error)
    }

    /// A session in an image that has started up; the driver comes back if nothing can be evaluated there.
    pub fn of_started(
        mut driver: D,
        limit: Option<Duration>,
        change: impl FnOnce(Options) -> Options,
    ) -> Result<Session<D>, (D, StartError)> {
        match prepare(driver.vm(), change) {
            Ok((agent, options)) => {
                let units = Units::default();
                Ok(Session { driver, agent, options, units, variables: Vec::new(), evaluation: None, time_limit: limit })
            }
            Err(error) => Err((driver, error)),
        }
    }

    /// Who runs the VM.
    pub fn driver(&mut self) -> &mut D {
        &mut self.driver
    }

    /// Gives back who runs the VM.
    pub fn into_driver(self) -> D {
        self.driver
    }

    /// How expressions are compiled.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Names of the variables that expressions declared.
    pub fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|(name, _)| name.as_str())
    }

    /// The object that the last expression answered; the reference is good until the next one is evaluated.
    pub fn value(&mut self) -> Option<Oop> {
        let vm = self.driver.vm();
        let evaluation = vm.held(self.evaluation.as_ref()?);
        Some(vm.heap.follow(vm.heap.fetch(evaluation, field::VALUE)))
    }

    /// Evaluates statements, and answers what the last one does or what is returned with `^`. Places in stacks and diagnostics call the
    /// source by `name`.
    pub fn evaluate(&mut self, name: &str, source: &str) -> Result<Evaluation, EvalError> {
        let (method, warnings) = self.compile(name, source)?;
        let text = self.run_method(method)?;
        Ok(Evaluation { text, warnings })
    }

    /// Lets the image save itself as a file. Saved with it is the process that does so, which ends when the file is started.
    pub fn save(&mut self, path: &str) -> Result<(), EvalError> {
        let before = self.driver.vm().platform.image_name();
        self.driver.vm().platform.set_image_name(path.into());
        let result = self.evaluate("saving", SAVE);
        self.driver.vm().platform.set_image_name(before);
        match result?.text.as_str() {
            "false" => Ok(()),
            other => Err(EvalError::Unsupported(format!("{SAVE} answered {other}, not false"))),
        }
    }

    /// The method of an expression, good until the next run.
    pub(super) fn compile(&mut self, name: &str, source: &str) -> Result<(Oop, Vec<Diagnostic>), EvalError> {
        let world = World::read(&self.driver.vm().heap);
        if let Some(compiled) = self.compile_in(&world, name, source, true)? {
            return Ok(compiled);
        }
        // The image has made symbols, and objects may have moved.
        let world = World::read(&self.driver.vm().heap);
        Ok(self.compile_in(&world, name, source, false)?.expect("symbols are not asked for again"))
    }

    /// Compiles and installs; `None` if symbols were `missing`, which the image has been asked for.
    fn compile_in(
        &mut self,
        world: &World,
        name: &str,
        source: &str,
        missing: bool,
    ) -> Result<Option<(Oop, Vec<Diagnostic>)>, EvalError> {
        let vm = self.driver.vm();
        let class = vm.heap.class_of(vm.heap.nil());
        let inner = world.environment(&vm.heap, class);
        let known: Vec<String> = self.variables.iter().map(|(name, _)| name.clone()).collect();
        let environment = SessionEnvironment::new(&inner, known);
        let compilation = compile_expression(source, &environment, &self.options);
        let Some(code) = compilation.code else {
            let errors = compilation.diagnostics.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
            return Err(EvalError::Syntax(errors.collect()));
        };
        if missing && self.intern(world, &code)? {
            return Ok(None);
        }
        let declared = environment.into_variables();
        self.declare(world, &declared[self.variables.len()..])?;
        let method = self.install(world, &inner, &code)?;
        self.units.add(self.driver.vm(), name, source, code, method);
        Ok(Some((method, compilation.diagnostics)))
    }

    /// Makes associations for new variables.
    fn declare(&mut self, world: &World, names: &[String]) -> Result<(), EvalError> {
        let vm = self.driver.vm();
        for name in names {
            let nil = vm.heap.nil();
            let association = world.make_association(&mut vm.heap, name, nil)?;
            self.variables.push((name.clone(), vm.hold(association)));
        }
        Ok(())
    }

    fn install(&mut self, world: &World, inner: &ClassEnvironment<'_>, code: &CompiledCode) -> Result<Oop, EvalError> {
        let vm = self.driver.vm();
        let associations: Vec<Oop> = self.variables.iter().map(|(_, handle)| vm.held(handle)).collect();
        let class = vm.heap.class_of(vm.heap.nil());
        let class_binding = match class_binding(world, &vm.heap, class) {
            Some(binding) => binding,
            None => world.make_association(&mut vm.heap, "UndefinedObject", class)?,
        };
        let variable = |id| session_variable(&associations, inner, id);
        let mut linker = SessionLinker { world, variable, class_binding, symbols: HashMap::new() };
        Ok(install_method(&mut vm.heap, code, &mut linker)?)
    }

    /// Asks the image for the symbols that some code needs and that it does not have; false if there are none, or if it makes no symbols.
    fn intern(&mut self, world: &World, code: &CompiledCode) -> Result<bool, EvalError> {
        let mut missing = Vec::new();
        let vm = self.driver.vm();
        missing_symbols(&vm.heap, world, &code.literals, &mut missing);
        let Some(method) = self.agent.method(vm, Task::Intern).filter(|_| !missing.is_empty()) else { return Ok(false) };
        let nil = vm.heap.nil();
        let mut linker = SessionLinker { world, variable: |_| nil, class_binding: nil, symbols: HashMap::new() };
        let linker: &mut dyn Linker = &mut linker;
        let strings: Result<Vec<Oop>, _> = missing.iter().map(|text| string(&mut vm.heap, text, linker)).collect();
        let strings = vm.heap.array(&strings?)?;
        let priority = user_priority(vm);
        self.run_service(method, strings, priority)?;
        Ok(true)
    }

    /// The stack of the last evaluation's process, from where `cause` was signalled.
    pub(super) fn stack(&mut self, evaluation: Oop, cause: Option<Oop>) -> Stack {
        let vm = self.driver.vm();
        let process = vm.heap.follow(vm.heap.fetch(evaluation, field::PROCESS));
        Stack::of(vm, process, evaluation, cause, &self.units)
    }
}

/// What evaluates in an image, and how the compiler compiles for it.
fn prepare(vm: &mut Vm, change: impl FnOnce(Options) -> Options) -> Result<(Agent, Options), StartError> {
    let world = World::read(&vm.heap);
    if world.symbol(&vm.heap, "printString").is_none() {
        return Err(StartError::unsupported("it has no symbol #printString, by which answers are shown"));
    }
    let options = change(options_for(&vm.heap, &world));
    Ok((Agent::new(vm, &world, &options)?, options))
}
