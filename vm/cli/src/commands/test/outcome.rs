//! How tests ended.

use super::suite::{FAILURE, SKIP, Test};
use crate::report;
use osvm_compiler::evaluate::{EvalError, Evaluation, Stack};
use std::fmt;
use std::time::Duration;

/// Exit status when tests failed.
const FAILED: i32 = 1;
/// Exit status when the user interrupted.
const INTERRUPTED: i32 = 130;

/// How a test ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// As it should.
    Passed,
    /// It failed, as its class says it will.
    ExpectedFailure,
    /// It passed, and its class says that it will fail.
    UnexpectedPass,
    /// It says that it is not for here, with the reason.
    Skipped(String),
    /// What it asserts is not so: the message, and the stack.
    Failed(String, String),
    /// Something else went wrong.
    Error(String, String),
    /// It took too long.
    TimedOut(String, String),
    /// The user interrupted it.
    Interrupted,
}

/// A test that was run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub time: Duration,
}

/// A line of text.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The part of a stack that the test is about: below the frames of the signal that became an error, down to where the test was run.
fn of_test(mut stack: Stack) -> String {
    let signal = |name: &str| {
        name.contains("(Exception)>>signal")
            || name.contains("(Exception class)>>signal")
            || name.contains("(Exception)>>sunitSignalWith")
    };
    if let Some(last) = stack.lines.iter().rposition(|line| signal(&line.name)) {
        stack.lines.drain(..=last);
    }
    if let Some(end) = stack.lines.iter().position(|line| line.name.ends_with("(TestCase)>>performTest")) {
        stack.lines.truncate(end);
        stack.left_out = 0;
    }
    stack.to_string()
}

impl Outcome {
    /// What an evaluation says of its test.
    pub fn of(test: &Test, result: Result<Evaluation, EvalError>, limit: Option<Duration>) -> Outcome {
        let error = match result {
            Ok(_) if test.fails => return Outcome::UnexpectedPass,
            Ok(_) => return Outcome::Passed,
            Err(error) => error,
        };
        let message = match &error {
            EvalError::Syntax(_) => report::text(&test.to_string(), &test.source(), &error),
            EvalError::Quit(status) => format!("the image quit with status {status}"),
            other => other.to_string(),
        };
        let message = one_line(&report::lines(&message));
        let behind = |mark: &str| message.split_once(mark).map(|(_, behind)| behind.to_string());
        let stack = error.stack().map(|stack| of_test(stack.clone())).unwrap_or_default();
        match &error {
            EvalError::Interrupted(_) => return Outcome::Interrupted,
            EvalError::Failed(_) if behind(SKIP).is_some() => return Outcome::Skipped(behind(SKIP).unwrap_or_default()),
            _ if test.fails => return Outcome::ExpectedFailure,
            _ => {}
        }
        match &error {
            EvalError::Failed(_) if behind(FAILURE).is_some() => Outcome::Failed(behind(FAILURE).unwrap_or_default(), stack),
            EvalError::TimedOut(_) => {
                let seconds = limit.map_or(0.0, |limit| limit.as_secs_f64());
                Outcome::TimedOut(format!("not over after {seconds} seconds"), stack)
            }
            _ => Outcome::Error(message, stack),
        }
    }

    /// A word for it, of five letters at most.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Passed => "pass",
            Outcome::ExpectedFailure | Outcome::UnexpectedPass | Outcome::Failed(..) => "FAIL",
            Outcome::Skipped(_) => "skip",
            Outcome::Error(..) => "ERROR",
            Outcome::TimedOut(..) => "TIME",
            Outcome::Interrupted => "END",
        }
    }

    /// What is to be told of it: a message, and below it the stack.
    pub fn text(&self) -> String {
        match self {
            Outcome::Failed(message, stack) | Outcome::Error(message, stack) | Outcome::TimedOut(message, stack) => {
                format!("{message}\n{stack}")
            }
            Outcome::UnexpectedPass => "it passed, and its class says that it fails\n".into(),
            Outcome::Interrupted => "interrupted\n".into(),
            Outcome::Skipped(why) => format!("{why}\n"),
            Outcome::Passed | Outcome::ExpectedFailure => String::new(),
        }
    }
}

/// Counts of how tests ended.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Summary {
    /// All that ran.
    pub run: usize,
    /// As they should, expected failures among them.
    pub passed: usize,
    /// Assertions that do not hold, and passes that are not expected.
    pub failed: usize,
    /// What else went wrong.
    pub errors: usize,
    /// Those that took too long.
    pub timed_out: usize,
    /// Those that are not for here.
    pub skipped: usize,
    /// The user ended the run.
    pub interrupted: bool,
    /// How long all took.
    pub time: Duration,
}

impl Summary {
    pub fn of(results: &[(Test, Ran)], time: Duration) -> Summary {
        let mut summary = Summary { run: results.len(), time, ..Summary::default() };
        for (_, ran) in results {
            match ran.outcome {
                Outcome::Passed | Outcome::ExpectedFailure => summary.passed += 1,
                Outcome::UnexpectedPass | Outcome::Failed(..) => summary.failed += 1,
                Outcome::Error(..) => summary.errors += 1,
                Outcome::TimedOut(..) => summary.timed_out += 1,
                Outcome::Skipped(_) => summary.skipped += 1,
                Outcome::Interrupted => summary.interrupted = true,
            }
        }
        summary
    }

    /// The exit status.
    pub fn status(&self) -> i32 {
        match self.failed + self.errors + self.timed_out {
            _ if self.interrupted => INTERRUPTED,
            0 => 0,
            _ => FAILED,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { run, passed, failed, errors, timed_out, skipped, interrupted, time } = self;
        let seconds = time.as_secs_f64();
        write!(f, "{run} run: {passed} passed, {failed} failed, {errors} errors, {timed_out} timed out, {skipped} skipped")?;
        write!(f, " in {seconds:.1} s{}", if *interrupted { "; interrupted" } else { "" })
    }
}
