//! Running: an image until it has started, an expression until it has an answer.

use super::agent::{Task, field};
use super::driver::Driver;
use super::error::{EvalError, Failure, StartError};
use super::session::{Evaluation, Session};
use super::stack::Stack;
use crate::diagnostic::Diagnostic;
use crate::text::text;
use osvm_core::error::VmError;
use osvm_core::oop::Oop;
use osvm_core::vm::{Handle, Outcome, Vm};
use std::time::Duration;

/// What a process that ends another has more.
const ABOVE: i64 = 1;
/// While an image starts it may wait for so long, in all, for delays that are as short as this.
const START_UP_WAIT: u64 = 500_000;
/// How long the end of a process may take, and the unwinding of its stack.
const END_LIMIT: Duration = Duration::from_secs(2);

/// The field of a process that has its priority.
const PROCESS_PRIORITY: usize = 2;

/// Phases of an evaluation, as its class says.
mod phase {
    pub const FAILED: i64 = 2;
    pub const UNWINDING: i64 = 3;
}

/// Runs an image until it has nothing more to do, or quits.
pub(super) fn start_up(driver: &mut impl Driver, limit: Option<Duration>) -> Result<(), StartError> {
    let start = driver.vm().platform.utc_microseconds();
    let deadline = Deadline::after(driver.vm(), limit);
    loop {
        match driver.run()? {
            Outcome::BudgetUsed => {}
            Outcome::Quit(_) => return Ok(()),
            Outcome::Idle { until } => match until {
                Some(until) if until.saturating_sub(start) < START_UP_WAIT => driver.wait(Some(until), None),
                _ => return Ok(()),
            },
        }
        if driver.interrupted() {
            return Err(StartError::Interrupted);
        }
        if deadline.left(driver.vm()) == Some(Duration::ZERO) {
            return Err(StartError::TimedOut);
        }
    }
}

/// A time at which something must be over.
#[derive(Clone, Copy, Debug)]
struct Deadline(Option<u64>);

impl Deadline {
    fn after(vm: &mut Vm, limit: Option<Duration>) -> Deadline {
        let now = vm.platform.monotonic_microseconds();
        Deadline(limit.map(|limit| now.saturating_add(u64::try_from(limit.as_micros()).unwrap_or(u64::MAX))))
    }

    /// What is left; `None` without a limit.
    fn left(self, vm: &mut Vm) -> Option<Duration> {
        let now = vm.platform.monotonic_microseconds();
        self.0.map(|end| Duration::from_micros(end.saturating_sub(now)))
    }
}

/// What a turn of an evaluation has come to.
#[derive(Debug)]
pub enum Turn {
    /// It is over.
    Over(Result<Evaluation, EvalError>),
    /// It goes on.
    Busy,
    /// The VM has nothing to do until this time (UTC microseconds since 1901) or an event.
    Idle {
        /// When the next delay ends, if one is pending.
        until: Option<u64>,
    },
}

/// An evaluation that has begun.
#[derive(Debug)]
pub struct Begun {
    warnings: Vec<Diagnostic>,
    deadline: Deadline,
}

/// What a turn of waiting has come to.
enum Step {
    Over(End),
    Busy,
    Idle { until: Option<u64>, left: Option<Duration> },
}

/// How waiting for an evaluation ended.
enum End {
    /// What was waited for is there.
    There,
    TimedOut,
    Interrupted,
    /// The process has ended without it, or is suspended and nothing else runs.
    Ended,
    Quit(i32),
    Vm(VmError),
}

impl<D: Driver> Session<D> {
    /// Begins to evaluate statements ([`Session::evaluate`]), for who has more to do than to wait: [`Session::turn`] goes on.
    pub fn begin(&mut self, name: &str, source: &str) -> Result<Begun, EvalError> {
        let (method, warnings) = self.compile(name, source)?;
        self.start_method(method)?;
        let deadline = Deadline::after(self.driver.vm(), self.time_limit);
        Ok(Begun { warnings, deadline })
    }

    /// Lets the VM run for one turn of its driver's, while the last evaluation is not over.
    pub fn turn(&mut self, begun: &Begun) -> Turn {
        match self.step(begun.deadline, true, has_result) {
            Step::Over(end) => Turn::Over(self.result(end).map(|text| Evaluation { text, warnings: begun.warnings.clone() })),
            Step::Busy => Turn::Busy,
            Step::Idle { until, .. } => Turn::Idle { until },
        }
    }

    /// Runs the method of an expression in a process of its own, and answers the text of what it answers.
    pub(super) fn run_method(&mut self, method: Oop) -> Result<String, EvalError> {
        self.start_method(method)?;
        let end = self.wait_until(self.time_limit, true, has_result);
        self.result(end)
    }

    /// Makes a process for the method of an expression.
    fn start_method(&mut self, method: Oop) -> Result<(), EvalError> {
        let vm = self.driver.vm();
        let evaluation = self.agent.instance(vm)?;
        vm.heap.store(evaluation, field::METHOD, method);
        let begin = self.agent.method(vm, Task::Evaluate).expect("every image can run methods");
        let priority = user_priority(vm);
        self.spawn(begin, evaluation, priority)?;
        let handle = self.driver.vm().hold(evaluation);
        if let Some(last) = self.evaluation.replace(handle) {
            self.driver.vm().release(last);
        }
        Ok(())
    }

    /// What the last evaluation has come to.
    fn result(&mut self, end: End) -> Result<String, EvalError> {
        let evaluation = self.evaluation_oop();
        match end {
            End::There if phase_of(self.driver.vm(), evaluation) == phase::FAILED => self.failure(),
            End::There => self.answer(),
            End::TimedOut => {
                let stack = self.abandon();
                Err(EvalError::TimedOut(stack))
            }
            End::Interrupted => {
                let stack = self.abandon();
                Err(EvalError::Interrupted(stack))
            }
            End::Ended => Err(EvalError::Terminated),
            End::Quit(status) => Err(EvalError::Quit(status)),
            End::Vm(error) => {
                let stack = self.stack(evaluation, None);
                Err(EvalError::Vm(error, stack))
            }
        }
    }

    fn answer(&mut self) -> Result<String, EvalError> {
        let evaluation = self.evaluation_oop();
        let vm = self.driver.vm();
        let answer = vm.heap.follow(vm.heap.fetch(evaluation, field::TEXT));
        Ok(text(&vm.heap, answer).unwrap_or_else(|| vm.describe(answer)))
    }

    /// The error that nobody handled; its stack is unwound.
    fn failure(&mut self) -> Result<String, EvalError> {
        let evaluation = self.evaluation_oop();
        let vm = self.driver.vm();
        let cause = vm.heap.follow(vm.heap.fetch(evaluation, field::CAUSE));
        let class = vm.heap.class_name(vm.heap.class_of(cause));
        let message = text(&vm.heap, vm.heap.follow(vm.heap.fetch(evaluation, field::MESSAGE))).unwrap_or_default();
        let message = match message {
            message if message.starts_with(&class) => message,
            message if message.is_empty() => class.clone(),
            message => format!("{class}: {message}"),
        };
        let stack = self.stack(evaluation, Some(cause));
        self.driver.vm().heap.store(evaluation, field::PHASE, Oop::from_small_int(phase::UNWINDING));
        match self.wait_until(Some(END_LIMIT), true, is_over) {
            End::Quit(status) => return Err(EvalError::Quit(status)),
            End::Vm(error) => return Err(EvalError::Vm(error, stack)),
            End::TimedOut | End::Interrupted => drop(self.abandon()),
            End::There | End::Ended => {}
        }
        Err(EvalError::Failed(Failure { class, message, stack }))
    }

    /// Ends the last evaluation's process, and answers the stack that it had.
    fn abandon(&mut self) -> Stack {
        let evaluation = self.evaluation_oop();
        let stack = self.stack(evaluation, None);
        let vm = self.driver.vm();
        let process = vm.heap.follow(vm.heap.fetch(evaluation, field::PROCESS));
        let method = self.agent.method(vm, Task::Terminate).expect("every image can suspend processes");
        // What cannot be ended is left as it is: it has been reported.
        let priority = vm.heap.fetch(process, PROCESS_PRIORITY).as_small_int().unwrap_or(1);
        let _ = self.run_service(method, process, priority + ABOVE);
        stack
    }

    /// Runs a method of the agent's with a `value`, until it is over.
    pub(super) fn run_service(&mut self, method: Oop, value: Oop, priority: i64) -> Result<(), EvalError> {
        let vm = self.driver.vm();
        let service = self.agent.instance(vm)?;
        vm.heap.store(service, field::VALUE, value);
        self.spawn(method, service, priority)?;
        let handle = self.driver.vm().hold(service);
        let evaluation = self.evaluation.replace(handle);
        let end = self.wait_until(Some(END_LIMIT), false, is_over);
        let handle = std::mem::replace(&mut self.evaluation, evaluation);
        handle.into_iter().for_each(|handle| self.driver.vm().release(handle));
        match end {
            End::Quit(status) => Err(EvalError::Quit(status)),
            End::Vm(error) => Err(EvalError::Vm(error, Stack::default())),
            _ => Ok(()),
        }
    }

    /// Lets other processes run, until they have nothing to do or for at most `limit`.
    pub fn settle(&mut self, limit: Duration) -> Result<(), EvalError> {
        let deadline = Deadline::after(self.driver.vm(), Some(limit));
        while deadline.left(self.driver.vm()) != Some(Duration::ZERO) {
            match self.driver.run() {
                Ok(Outcome::BudgetUsed) => {}
                Ok(Outcome::Idle { .. }) => return Ok(()),
                Ok(Outcome::Quit(status)) => return Err(EvalError::Quit(status)),
                Err(error) => return Err(EvalError::Vm(error, Stack::default())),
            }
        }
        Ok(())
    }

    fn spawn(&mut self, method: Oop, evaluation: Oop, priority: i64) -> Result<(), EvalError> {
        let vm = self.driver.vm();
        let process = vm.spawn(method, evaluation, priority).map_err(|error| EvalError::Vm(error, Stack::default()))?;
        vm.heap.store(evaluation, field::PROCESS, process);
        Ok(())
    }

    fn evaluation_oop(&mut self) -> Oop {
        let handle: &Handle = self.evaluation.as_ref().expect("something was evaluated");
        self.driver.vm().held(handle)
    }

    /// Runs until something holds of the evaluation, or something else ends the waiting.
    fn wait_until(&mut self, limit: Option<Duration>, interruptible: bool, holds: fn(&Vm, Oop) -> bool) -> End {
        let deadline = Deadline::after(self.driver.vm(), limit);
        loop {
            match self.step(deadline, interruptible, holds) {
                Step::Over(end) => return end,
                Step::Busy => {}
                Step::Idle { until, left } => self.driver.wait(until, left),
            }
        }
    }

    /// One turn of waiting.
    fn step(&mut self, deadline: Deadline, interruptible: bool, holds: fn(&Vm, Oop) -> bool) -> Step {
        let outcome = match self.driver.run() {
            Ok(outcome) => outcome,
            Err(error) => return Step::Over(End::Vm(error)),
        };
        let evaluation = self.evaluation_oop();
        let vm = self.driver.vm();
        if holds(vm, evaluation) {
            return Step::Over(End::There);
        }
        if let Outcome::Quit(status) = outcome {
            return Step::Over(End::Quit(status));
        }
        let process = vm.heap.follow(vm.heap.fetch(evaluation, field::PROCESS));
        let nothing_comes = matches!(outcome, Outcome::Idle { until: None });
        if is_over(vm, evaluation) || vm.has_ended(process) || nothing_comes && vm.is_suspended(process) {
            return Step::Over(End::Ended);
        }
        let left = deadline.left(vm);
        if left == Some(Duration::ZERO) {
            return Step::Over(End::TimedOut);
        }
        if interruptible && self.driver.interrupted() {
            return Step::Over(End::Interrupted);
        }
        match outcome {
            Outcome::Idle { until } => Step::Idle { until, left },
            _ => Step::Busy,
        }
    }
}

/// The priority of processes that evaluate.
pub(super) fn user_priority(vm: &mut Vm) -> i64 {
    vm.highest_priority() / 2
}

fn phase_of(vm: &Vm, evaluation: Oop) -> i64 {
    vm.heap.fetch(evaluation, field::PHASE).as_small_int().unwrap_or(0)
}

fn has_result(vm: &Vm, evaluation: Oop) -> bool {
    phase_of(vm, evaluation) != 0
}

fn is_over(vm: &Vm, evaluation: Oop) -> bool {
    vm.heap.follow(vm.heap.fetch(evaluation, field::OVER)) == vm.heap.true_()
}
