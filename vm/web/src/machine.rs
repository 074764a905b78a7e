//! A VM that is run in turns, between which the page has its own.

use crate::listing;
use crate::platform::{self, Interrupts};
use osvm_compiler::evaluate::Driver;
use osvm_core::error::VmError;
use osvm_core::platform::Event;
use osvm_core::vm::{Outcome, Vm};
use osvm_host::config::Config;
use osvm_host::{EventSender, Instant};
use serde_json::Value;
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
    pub fn pause(&self, until: Option<u64>) -> Option<f64> {
        let image = until.map(|until| until.saturating_sub(platform::now()));
        [image, self.wanted].into_iter().flatten().min().map(|microseconds| microseconds as f64 / 1000.0)
    }

    /// Its plugins, for people.
    pub fn plugins(&self) -> Value {
        listing::plugins(&self.config, &*self.vm.plugins)
    }

    /// From now on, or no longer, interrupts are for the expression that is evaluated.
    pub fn keep_interrupts(&self, keep: bool) {
        self.interrupts.kept.set(keep);
        self.interrupts.pending.set(false);
    }

    /// Runs for a turn.
    pub fn step(&mut self) -> Step {
        match self.run() {
            Ok(Outcome::BudgetUsed) => Step::Running,
            Ok(Outcome::Idle { until }) => Step::Idle(self.pause(until)),
            Ok(Outcome::Quit(status)) => Step::Quit(status),
            Err(error) => Step::Failed(error.to_string()),
        }
    }

    /// From now on a turn takes so many milliseconds.
    pub fn set_turn(&mut self, milliseconds: f64) {
        self.turn = Duration::from_secs_f64((milliseconds / 1000.0).clamp(0.0, 3600.0));
    }

    /// Tells the VM of something that happened.
    pub fn send(&self, event: Event) {
        self.events.send(event);
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
