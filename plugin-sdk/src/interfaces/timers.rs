//! `timers`: calls of the hook `timer` later.

use super::{Host, done, number};
use crate::PrimitiveError;
use crate::host::timers as host;
use std::time::Duration;

/// Calls of the hook `timer` later, between two primitives.
#[derive(Clone, Copy)]
pub struct Timers<'a> {
    pub(super) host: Host<'a>,
}

/// A timer that runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Timer(u32);

impl Timers<'_> {
    /// Calls the hook `timer` with this token once, after a time.
    pub fn after(self, time: Duration, token: i64) -> Result<Timer, PrimitiveError> {
        self.start(time, token, false)
    }

    /// Calls the hook `timer` with this token again and again, each time after this time.
    pub fn every(self, time: Duration, token: i64) -> Result<Timer, PrimitiveError> {
        self.start(time, token, true)
    }

    fn start(self, time: Duration, token: i64, repeat: bool) -> Result<Timer, PrimitiveError> {
        let micros = i64::try_from(time.as_micros()).map_err(|_| PrimitiveError::BadArgument)?;
        number(host::start(self.host, micros, token, u32::from(repeat))).map(Timer)
    }

    /// Stops a timer.
    pub fn cancel(self, timer: Timer) -> Result<(), PrimitiveError> {
        done(host::cancel(self.host, timer.0))
    }
}
