//! `log`: the log of the VM.

use super::Host;
use crate::host::log as host;

/// How much a line of the log matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Something does not work.
    Error,
    /// Something may not work as it is meant to.
    Warning,
    /// What people want to know.
    Info,
    /// What those want to know who look for a mistake.
    Debug,
    /// Everything.
    Trace,
}

/// The log of the VM. Nothing here fails: where the log was not granted, or the plugin writes too much, lines are dropped.
#[derive(Clone, Copy)]
pub struct Log<'a> {
    pub(super) host: Host<'a>,
}

impl Log<'_> {
    /// A line of any level.
    pub fn write(self, level: Level, text: &str) {
        // A line that nobody reads is no reason for a primitive to fail.
        let _ = host::write(self.host, level as u32, text.as_bytes());
    }

    /// A line of level [`Level::Error`].
    pub fn error(self, text: &str) {
        self.write(Level::Error, text);
    }

    /// A line of level [`Level::Warning`].
    pub fn warn(self, text: &str) {
        self.write(Level::Warning, text);
    }

    /// A line of level [`Level::Info`].
    pub fn info(self, text: &str) {
        self.write(Level::Info, text);
    }

    /// A line of level [`Level::Debug`].
    pub fn debug(self, text: &str) {
        self.write(Level::Debug, text);
    }

    /// A line of level [`Level::Trace`].
    pub fn trace(self, text: &str) {
        self.write(Level::Trace, text);
    }
}
