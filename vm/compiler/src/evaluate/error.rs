//! Why an image cannot evaluate, and how an evaluation ends that does not answer.

use super::stack::Stack;
use crate::diagnostic::Diagnostic;
use crate::install::InstallError;
use osvm_core::error::{PrimError, VmError};
use std::fmt;

/// Why a session did not start.
#[derive(Debug)]
pub enum StartError {
    /// The VM had to stop while the image started.
    Vm(VmError),
    /// The image was still busy when the time was over.
    TimedOut,
    /// The user did not want to wait for it.
    Interrupted,
    /// The image lacks something without which nothing can be evaluated in it.
    Unsupported(String),
}

impl StartError {
    pub(super) fn unsupported(what: impl Into<String>) -> StartError {
        StartError::Unsupported(what.into())
    }
}

impl From<VmError> for StartError {
    fn from(error: VmError) -> StartError {
        StartError::Vm(error)
    }
}

impl From<PrimError> for StartError {
    fn from(_: PrimError) -> StartError {
        StartError::unsupported("there is no memory for an evaluation")
    }
}

impl From<InstallError> for StartError {
    fn from(error: InstallError) -> StartError {
        StartError::Unsupported(error.to_string())
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Vm(error) => error.fmt(f),
            StartError::TimedOut => f.write_str("the image is still busy with starting when the time is over"),
            StartError::Interrupted => f.write_str("interrupted while the image was starting"),
            StartError::Unsupported(what) => write!(f, "expressions cannot be evaluated in this image: {what}"),
        }
    }
}

impl std::error::Error for StartError {}

/// An error of the Smalltalk code that nobody handled.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The exception's class.
    pub class: String,
    /// What it says of itself, its class included.
    pub message: String,
    /// Where it was signalled.
    pub stack: Stack,
}

/// Why an expression has no answer.
#[derive(Debug)]
pub enum EvalError {
    /// It is no expression, or names something that is not declared.
    Syntax(Vec<Diagnostic>),
    /// Nobody handled an error.
    Failed(Failure),
    /// The time was over.
    TimedOut(Stack),
    /// The user interrupted it.
    Interrupted(Stack),
    /// Its process was terminated, or suspended for ever.
    Terminated,
    /// The image quit with this exit status.
    Quit(i32),
    /// The VM had to stop; nothing more can be evaluated.
    Vm(VmError, Stack),
    /// The image lacks something that the expression needs.
    Unsupported(String),
}

impl EvalError {
    /// The stack, if there is one to look at.
    pub fn stack(&self) -> Option<&Stack> {
        match self {
            EvalError::Failed(Failure { stack, .. })
            | EvalError::TimedOut(stack)
            | EvalError::Interrupted(stack)
            | EvalError::Vm(_, stack) => Some(stack),
            _ => None,
        }
    }
}

impl From<PrimError> for EvalError {
    fn from(_: PrimError) -> EvalError {
        EvalError::Unsupported("there is no memory for the evaluation".into())
    }
}

impl From<InstallError> for EvalError {
    fn from(error: InstallError) -> EvalError {
        EvalError::Unsupported(error.to_string())
    }
}

impl From<StartError> for EvalError {
    fn from(error: StartError) -> EvalError {
        match error {
            StartError::Vm(error) => EvalError::Vm(error, Stack::default()),
            StartError::TimedOut => EvalError::TimedOut(Stack::default()),
            StartError::Interrupted => EvalError::Interrupted(Stack::default()),
            StartError::Unsupported(what) => EvalError::Unsupported(what),
        }
    }
}

/// In one line; of source that does not compile the first error, and without stacks.
impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvalError::Syntax(diagnostics) => f.write_str(diagnostics.first().map_or("a syntax error", |first| &first.message)),
            EvalError::Failed(failure) => f.write_str(&failure.message),
            EvalError::TimedOut(_) => f.write_str("the time is over"),
            EvalError::Interrupted(_) => f.write_str("interrupted"),
            EvalError::Terminated => f.write_str("the expression's process was terminated, or suspended and nothing resumes it"),
            EvalError::Quit(status) => write!(f, "the image quit with {status}"),
            EvalError::Vm(error, _) => error.fmt(f),
            EvalError::Unsupported(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for EvalError {}
