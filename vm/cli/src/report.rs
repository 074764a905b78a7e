//! Answers and errors of evaluations, and what they mean for the exit status.

use crate::desktop::Desktop;
use crate::failure::{BAD_INPUT, FAILED, INTERRUPTED, STOPPED};
pub use osvm_compiler::evaluate::report::{json, lines, text};
use osvm_compiler::evaluate::{EvalError, Session};

/// The exit status that an error stands for.
pub fn status(error: &EvalError, session: &mut Session<Desktop>) -> i32 {
    match error {
        EvalError::Failed(_) | EvalError::TimedOut(_) | EvalError::Terminated => FAILED.into(),
        EvalError::Syntax(_) | EvalError::Unsupported(_) => BAD_INPUT.into(),
        EvalError::Interrupted(_) => session.driver().exit_status().unwrap_or(INTERRUPTED.into()),
        EvalError::Quit(status) => *status,
        EvalError::Vm(..) => STOPPED.into(),
    }
}

/// Whether nothing can be evaluated after it.
pub fn ends(error: &EvalError) -> bool {
    matches!(error, EvalError::Quit(_) | EvalError::Vm(..))
}
