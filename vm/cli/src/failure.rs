//! How the command ends when something is wrong.

use osvm_compiler::evaluate::StartError as SessionError;
use osvm_core::error::VmError;
use osvm_host::config::ConfigError;
use osvm_host::{LoadError, Refusal, StartError};
use osvm_plugin_build::BuildError;
use std::fmt::Display;

/// Exit status for input that cannot be used: the command line, the image file.
pub const BAD_INPUT: u8 = 2;
/// Exit status for Smalltalk code that failed.
pub const FAILED: u8 = 1;
/// Exit status for the user's interrupt, as shells report it.
pub const INTERRUPTED: u8 = 130;
/// Exit status for source that does not compile.
const UNBUILT: u8 = 1;
/// Exit status for a plugin that the checks refuse.
const REFUSED: u8 = 1;
/// Exit status for a VM that had to stop while it ran (`EX_SOFTWARE` of `sysexits.h`).
pub const STOPPED: u8 = 70;

/// A line or more for the user, and the exit status.
#[derive(Debug)]
pub struct Failure {
    /// The text, without the last line feed.
    pub message: String,
    /// The exit status.
    pub status: u8,
}

impl Failure {
    /// Something that the user named is wrong.
    pub fn bad_input(what: impl Display, why: impl Display) -> Failure {
        Failure { message: format!("{what}: {why}"), status: BAD_INPUT }
    }

    /// The configuration cannot be used.
    pub fn config(error: ConfigError) -> Failure {
        Failure { message: error.to_string(), status: BAD_INPUT }
    }

    /// A plugin could not be built.
    pub fn unbuilt(error: &BuildError) -> Failure {
        Failure { message: error.to_string(), status: UNBUILT }
    }

    /// Packages have so many errors, so that the image `what` is not written.
    pub fn incomplete(errors: usize, what: impl Display) -> Failure {
        let errors = if errors == 1 { "1 error".to_string() } else { format!("{errors} errors") };
        let message =
            format!("{errors}; {what} is not written\n  help: correct the sources, or load what is right with --keep-going");
        Failure { message, status: UNBUILT }
    }

    /// An initialiser has failed, so that the image `what` is not written.
    pub fn uninitialized(name: impl Display, what: impl Display) -> Failure {
        let message =
            format!("{name} has failed; {what} is not written\n  help: correct it, or load with --keep-going or --no-initialize");
        Failure { message, status: UNBUILT }
    }

    /// The image quits when it starts, so that the image `what` is not written.
    pub fn quits_at_start(what: impl Display) -> Failure {
        let message = format!(
            "the image quits when it starts, so that nothing can be initialised in it; {what} is not written\n  help: load into the image as it is after that start, or load with --no-initialize"
        );
        Failure { message, status: UNBUILT }
    }

    /// There are no tests to run.
    pub fn no_tests(pattern: Option<&osvm_core::TraceFilter>) -> Failure {
        let message = match pattern {
            Some(_) => {
                "no test of the image is called so\n  help: name a class, a selector, or both as Class>>selector; * stands for any text"
            }
            None => "the image has no tests\n  help: load them, as in `osvm test --load SUnit-Core --load My-Tests`",
        };
        let message = message.to_string();
        Failure { message, status: UNBUILT }
    }

    /// A plugin is not loaded.
    pub fn refused(refusal: Box<Refusal>) -> Failure {
        Failure { message: refusal.to_string(), status: REFUSED }
    }

    /// The image file cannot be used.
    pub fn load(error: LoadError) -> Failure {
        Failure { message: error.to_string(), status: BAD_INPUT }
    }

    /// Nothing can be evaluated in the image.
    pub fn no_session(image: impl Display, error: &SessionError) -> Failure {
        let status = match error {
            SessionError::Vm(_) => STOPPED,
            SessionError::Unsupported(_) => BAD_INPUT,
            SessionError::TimedOut => FAILED,
            SessionError::Interrupted => INTERRUPTED,
        };
        Failure { message: format!("{image}: {error}"), status }
    }

    /// The image did not start.
    pub fn start(error: StartError) -> Failure {
        Failure { message: error.to_string(), status: BAD_INPUT }
    }

    /// The VM that ran the image `what` had to stop, in these circumstances.
    pub fn stopped(what: impl Display, error: &VmError, circumstances: &[String]) -> Failure {
        let lines: String = circumstances.iter().map(|line| format!("\n  {line}")).collect();
        Failure { message: format!("{what}: {error}{lines}"), status: STOPPED }
    }
}
