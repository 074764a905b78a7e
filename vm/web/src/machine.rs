//! A VM that is run in turns, between which the page has its own.

use crate::platform::{self, Events};
use crate::world;
use osvm_compiler::evaluate::{Begun, Driver, EvalError, Session, Turn, report};
use osvm_core::error::VmError;
use osvm_core::platform::Event;
use osvm_core::vm::{Outcome, Vm};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// A VM and what happens around it.
pub struct Machine {
    vm: Vm,
    events: Rc<RefCell<Events>>,
    /// How long a turn takes, in microseconds.
    turn: u64,
}

impl Machine {
    /// A machine for a VM whose platform takes its events from `events`.
    pub fn new(vm: Vm, events: Rc<RefCell<Events>>) -> Machine {
        Machine { vm, events, turn: 0 }
    }

    /// In how many milliseconds the VM wants to run again that had nothing to do until then; at once if that has passed.
    fn pause(until: u64) -> f64 {
        until.saturating_sub(platform::now()) as f64 / 1000.0
    }
}

impl Driver for Machine {
    fn vm(&mut self) -> &mut Vm {
        &mut self.vm
    }

    fn run(&mut self) -> Result<Outcome, VmError> {
        let end = world::monotonic_microseconds() + self.turn;
        loop {
            self.vm.plugins.between_primitives();
            let outcome = self.vm.run(1)?;
            if outcome != Outcome::BudgetUsed || world::monotonic_microseconds() >= end {
                return Ok(outcome);
            }
        }
    }

    /// A page must not be held up: who waits looks again.
    fn wait(&mut self, _until: Option<u64>, _limit: Option<Duration>) {}

    fn interrupted(&mut self) -> bool {
        self.events.borrow_mut().take_interrupt()
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
    Machine(Machine),
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
            machine.events.borrow_mut().push(event);
        }
    }

    /// Lets the VM run for so many milliseconds, or until it has nothing to do.
    pub fn step(&mut self, milliseconds: f64) -> Step {
        let Some(machine) = self.machine() else { return Step::Failed("the VM has ended".into()) };
        machine.turn = (milliseconds * 1000.0) as u64;
        let step = match self {
            Runner::Session(session, evaluating @ Some(_)) => match session.turn(&evaluating.as_ref().expect("it was just matched").begun) {
                Turn::Busy => Step::Running,
                Turn::Idle { until } => Step::Idle(until.map(Machine::pause)),
                Turn::Over(result) => {
                    let source = evaluating.take().expect("it was just matched").source;
                    session.driver().events.borrow_mut().keep_interrupts(false);
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
            },
            _ => match self.machine().expect("it was there").run() {
                Ok(Outcome::BudgetUsed) => Step::Running,
                Ok(Outcome::Idle { until }) => Step::Idle(until.map(Machine::pause)),
                Ok(Outcome::Quit(status)) => Step::Quit(status),
                Err(error) => Step::Failed(error.to_string()),
            },
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
            match Session::of_started(machine, None, |options| options) {
                Ok(session) => *self = Runner::Session(Box::new(session), None),
                Err(error) => return refused(&error.to_string()),
            }
        }
        let Runner::Session(session, evaluating) = self else { return refused("the VM has ended") };
        if evaluating.is_some() {
            return refused("another expression is being evaluated");
        }
        session.driver().events.borrow_mut().keep_interrupts(true);
        match session.begin("expression", source) {
            Ok(begun) => {
                *evaluating = Some(Evaluating { source: source.into(), begun });
                Ok(())
            }
            Err(error) => {
                session.driver().events.borrow_mut().keep_interrupts(false);
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
