//! A machine, and the expressions that are evaluated in it one after the other.

use crate::machine::{Machine, Step};
use osvm_compiler::evaluate::{Begun, Driver, EvalError, Evaluation, Session, Turn, report};
use osvm_core::platform::Event;
use osvm_core::vm::Vm;
use serde_json::{Value, json};

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
        self.machine().map(Driver::vm)
    }

    /// Tells the VM of something that happened.
    pub fn event(&mut self, event: Event) {
        if let Some(machine) = self.machine() {
            machine.send(event);
        }
    }

    /// Lets the VM run for so many milliseconds, or until it has nothing to do.
    pub fn step(&mut self, milliseconds: f64) -> Step {
        let Some(machine) = self.machine() else { return Step::Failed("the VM has ended".into()) };
        machine.set_turn(milliseconds);
        let step = match self {
            Runner::Machine(machine) => machine.step(),
            Runner::Session(session, None) => session.driver().step(),
            Runner::Session(session, Some(evaluating)) => match session.turn(&evaluating.begun) {
                Turn::Busy => Step::Running,
                Turn::Idle { until } => Step::Idle(session.driver().pause(until)),
                Turn::Over(result) => self.end(&result),
            },
            Runner::Over => unreachable!("there is a machine"),
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

    /// What an evaluation is that has come to its end.
    fn end(&mut self, result: &Result<Evaluation, EvalError>) -> Step {
        let Runner::Session(session, evaluating) = self else { unreachable!("something is being evaluated") };
        let source = evaluating.take().map(|evaluating| evaluating.source).unwrap_or_default();
        session.driver().keep_interrupts(false);
        match result {
            Err(EvalError::Quit(status)) => Step::Quit(*status),
            Err(error @ EvalError::Vm(..)) => Step::Failed(report::text("expression", &source, error).trim_end().into()),
            _ => Step::Evaluated(evaluated(&source, result)),
        }
    }

    /// Begins to evaluate statements; steps go on with it. What is wrong with them is the result at once.
    pub fn begin(&mut self, source: &str) -> Result<(), Value> {
        self.open_session()?;
        let Runner::Session(session, evaluating) = self else { return Err(refused("the VM has ended")) };
        if evaluating.is_some() {
            return Err(refused("another expression is being evaluated"));
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

    /// Makes a session of a machine; an image in which nothing can be evaluated goes on as it was.
    fn open_session(&mut self) -> Result<(), Value> {
        let machine = match std::mem::replace(self, Runner::Over) {
            Runner::Machine(machine) => machine,
            other => {
                *self = other;
                return Ok(());
            }
        };
        match Session::of_started(*machine, None, |options| options) {
            Ok(session) => {
                *self = Runner::Session(Box::new(session), None);
                Ok(())
            }
            Err((machine, error)) => {
                *self = Runner::Machine(Box::new(machine));
                Err(refused(&error.to_string()))
            }
        }
    }
}

/// The result of what is not evaluated at all.
fn refused(message: &str) -> Value {
    json!({ "error": { "kind": "unsupported", "message": message }, "text": format!("{message}\n") })
}

/// A result as [`report::json`], with the text that people are shown.
fn evaluated(source: &str, result: &Result<Evaluation, EvalError>) -> Value {
    let mut value = report::json(source, result);
    if let Err(error) = result {
        value["text"] = report::text("expression", source, error).into();
    }
    value
}
