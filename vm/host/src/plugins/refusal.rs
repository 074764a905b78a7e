//! Why a plugin is not loaded, in words that say what to do.

use std::fmt;

/// A plugin that was not loaded, with the difference that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The module, as the configuration names it.
    pub plugin: String,
    /// Where its code is from.
    pub file: String,
    /// What is wrong.
    pub problem: String,
    /// The primitive, hook or import that it is about, if it is about one.
    pub function: Option<String>,
    /// What there is.
    pub found: Option<String>,
    /// What there should be.
    pub expected: Option<String>,
    /// What to do.
    pub help: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the plugin {} ({}) is refused: {}", self.plugin, self.file, self.problem)?;
        let mut line = |what: &str, text: &Option<String>| match text {
            Some(text) => write!(f, "\n  {what}: {text}"),
            None => Ok(()),
        };
        line("function", &self.function)?;
        line("found", &self.found)?;
        line("expected", &self.expected)?;
        write!(f, "\n  help: {}", self.help)
    }
}

impl std::error::Error for Refusal {}

/// What is wrong with a plugin, before it is known which one it is.
#[derive(Debug)]
pub(super) struct Fault {
    problem: String,
    function: Option<String>,
    found: Option<String>,
    expected: Option<String>,
    help: String,
}

impl Fault {
    pub(super) fn new(problem: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault { problem: problem.into(), function: None, found: None, expected: None, help: help.into() }
    }

    pub(super) fn function(mut self, name: impl Into<String>) -> Fault {
        self.function = Some(name.into());
        self
    }

    pub(super) fn found(mut self, text: impl Into<String>) -> Fault {
        self.found = Some(text.into());
        self
    }

    pub(super) fn expected(mut self, text: impl Into<String>) -> Fault {
        self.expected = Some(text.into());
        self
    }

    pub(super) fn of(self, plugin: &str, file: impl fmt::Display) -> Refusal {
        Refusal {
            plugin: plugin.into(),
            file: file.to_string(),
            problem: self.problem,
            function: self.function,
            found: self.found,
            expected: self.expected,
            help: self.help,
        }
    }
}
