//! A VM that is run in turns, between which the page has its own.

use crate::listing;
use crate::platform::{self, Interrupts};
use osvm_compiler::evaluate::{Begun, Driver, EvalError, Session, Turn, report};
use osvm_core::error::VmError;
use osvm_core::platform::Event;
use osvm_core::vm::{Outcome, Vm};
use osvm_host::config::Config;
use osvm_host::{EventSender, Instant};
use serde_json::{Value, json};
use std::rc::Rc;
use std::time::Duration;

/// A VM and what happens around it.
pub struct Machine {
    vm: Vm,
    events: EventSender,
    interrupts: Rc<Interrupts>,
    config: Config,
    /// How long a turn takes.
    turn: Duration,
    /// In how many microseconds plugins want to be called again.
    wanted: Option<u64>,
}

impl Machine {
    /// A machine for a VM that gets its events from `events`.
    pub fn new(vm: Vm, events: EventSender, interrupts: Rc<Interrupts>, config: Config) -> Machine {
        Machine { vm, events, interrupts, config, turn: Duration::ZERO, wanted: None }
    }

    /// In how many milliseconds the VM or a plugin wants to run again that had nothing to do until then; at once if that has passed.
    fn pause(&self, until: Option<u64>) -> Option<f64> {
        let image = until.map(|until| until.saturating_sub(platform::now()));
        [image, self.wanted].into_iter().flatten().min().map(|microseconds| microseconds as f64 / 1000.0)
    }

    /// Its plugins, for people.
    pub fn plugins(&self) -> Value {
        listing::plugins(&self.config, &*self.vm.plugins)
    }

    /// From now on, or no longer, interrupts are for the expression that is evaluated.
    fn keep_interrupts(&self, keep: bool) {
        self.interrupts.kept.set(keep);
        self.interrupts.pending.set(false);
    }
}

impl Machine {
    fn step(&mut self) -> Step {
        match self.run() {
            Ok(Outcome::BudgetUsed) => Step::Running,
            Ok(Outcome::Idle { until }) => Step::Idle(self.pause(until)),
            Ok(Outcome::Quit(status)) => Step::Quit(status),
            Err(error) => Step::Failed(error.to_string()),
        }
    }
}

impl Driver for Machine {
    fn vm(&mut self) -> &mut Vm {
        &mut self.vm
    }

    fn run(&mut self) -> Result<Outcome, VmError> {
        let start = Instant::now();
        loop {
            self.wanted = self.vm.plugins.between_primitives();
            let outcome = self.vm.run(1)?;
            if outcome != Outcome::BudgetUsed || self.interrupts.pending.get() || start.elapsed() >= self.turn {
                return Ok(outcome);
            }
        }
    }

    /// A page must not be held up: who waits looks again.
    fn wait(&mut self, _until: Option<u64>, _limit: Option<Duration>) {}

    fn interrupted(&mut self) -> bool {
        self.interrupts.pending.take()
    }
}

/// What a step has come to.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// There is more to do.
    Running,
    /// There is nothing to do for so many milliseconds, or until an event.
    Idle(Option<f64>),
    /// The image has quit with this status.
    Quit(i32),
    /// The VM had to stop.
    Failed(String),
    /// What was evaluated is over, with this result.
    Evaluated(Value),
}

/// A machine, and the session of expressions that are evaluated in it from the first one on.
pub enum Runner {
    /// Nothing was evaluated so far.
    Machine(Box<Machine>),
    /// An expression was.
    Session(Box<Session<Machine>>, Option<Evaluating>),
    /// Nothing more can be run.
    Over,
}

/// An expression that is being evaluated.
pub struct Evaluating {
    source: String,
    begun: Begun,
}

impl Runner {
    /// The machine, while there is one.
    pub fn machine(&mut self) -> Option<&mut Machine> {
        match self {
            Runner::Machine(machine) => Some(machine),
            Runner::Session(session, _) => Some(session.driver()),
            Runner::Over => None,
        }
    }

    /// The VM, while there is one.
    pub fn vm(&mut self) -> Option<&mut Vm> {
        self.machine().map(|machine| &mut machine.vm)
    }

    /// Tells the VM of something that happened.
    pub fn event(&mut self, event: Event) {
        if let Some(machine) = self.machine() {
            machine.events.send(event);
        }
    }

    /// Lets the VM run for so many milliseconds, or until it has nothing to do.
    pub fn step(&mut self, milliseconds: f64) -> Step {
        let Some(machine) = self.machine() else { return Step::Failed("the VM has ended".into()) };
        machine.turn = Duration::from_micros((milliseconds * 1000.0) as u64);
        let step = match self {
            Runner::Session(session, evaluating @ Some(_)) => {
                match session.turn(&evaluating.as_ref().expect("it was just matched").begun) {
                    Turn::Busy => Step::Running,
                    Turn::Idle { until } => Step::Idle(session.driver().pause(until)),
                    Turn::Over(result) => {
                        let source = evaluating.take().expect("it was just matched").source;
                        session.driver().keep_interrupts(false);
                        let quit = match &result {
                            Err(EvalError::Quit(status)) => Some(*status),
                            _ => None,
                        };
                        let value = evaluated(&source, &result);
                        match quit {
                            Some(status) => Step::Quit(status),
                            None => Step::Evaluated(value),
                        }
                    }
                }
            }
            _ => self.machine().map_or(Step::Running, Machine::step),
        };
        if let Some(vm) = self.vm() {
            vm.plugins.flush();
            if matches!(step, Step::Quit(_) | Step::Failed(_)) {
                vm.plugins.shutdown();
                *self = Runner::Over;
            }
        }
        step
    }

    /// Begins to evaluate statements; steps go on with it. What is wrong with them is the result at once.
    pub fn begin(&mut self, source: &str) -> Result<(), Value> {
        let refused = |message: &str| Err(json!({ "error": { "kind": "unsupported", "message": message } }));
        if let Runner::Machine(_) = self {
            let Runner::Machine(machine) = std::mem::replace(self, Runner::Over) else { unreachable!("it was just matched") };
            match Session::of_started(*machine, None, |options| options) {
                Ok(session) => *self = Runner::Session(Box::new(session), None),
                Err(error) => return refused(&error.to_string()),
            }
        }
        let Runner::Session(session, evaluating) = self else { return refused("the VM has ended") };
        if evaluating.is_some() {
            return refused("another expression is being evaluated");
        }
        session.driver().keep_interrupts(true);
        match session.begin("expression", source) {
            Ok(begun) => {
                *evaluating = Some(Evaluating { source: source.into(), begun });
                Ok(())
            }
            Err(error) => {
                session.driver().keep_interrupts(false);
                Err(evaluated(source, &Err(error)))
            }
        }
    }
}

/// A result as [`report::json`], with the text that people are shown.
fn evaluated(source: &str, result: &Result<osvm_compiler::evaluate::Evaluation, EvalError>) -> Value {
    let mut value = report::json(source, result);
    if let Err(error) = result {
        value["text"] = report::text("expression", source, error).into();
    }
    value
}
