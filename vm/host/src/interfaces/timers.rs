//! The interface `timers`.

use super::Answer;
use super::arguments::Arguments;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::timers as op;

/// The most timers of a plugin.
const MOST: usize = 256;
/// The shortest time between two calls of the hook by one timer, in microseconds.
const SHORTEST: u64 = 1_000;
/// The longest time, in microseconds: a hundred years.
const LONGEST: u64 = 100 * 366 * 86_400 * 1_000_000;

/// The timers that a plugin has started.
#[derive(Debug, Default)]
pub(crate) struct TimerTable {
    timers: Vec<Timer>,
    last: u32,
}

#[derive(Debug)]
struct Timer {
    number: u32,
    due: u64,
    period: Option<u64>,
    token: i64,
}

impl TimerTable {
    pub(super) fn answer(&mut self, function: u32, a: Arguments<'_>, now: u64) -> Answer {
        match function {
            op::start => {
                let micros = u64::try_from(a.i64(0)).map_err(|_| PrimitiveError::BadArgument)?.min(LONGEST);
                if self.timers.len() >= MOST {
                    return Err(PrimitiveError::LimitExceeded);
                }
                self.last = self.last.wrapping_add(1);
                let period = (a.u32(2) != 0).then_some(micros.max(SHORTEST));
                self.timers.push(Timer { number: self.last, due: now + micros, period, token: a.i64(1) });
                Ok(u64::from(self.last))
            }
            op::cancel => {
                let place = self.timers.iter().position(|timer| timer.number == a.u32(0)).ok_or(PrimitiveError::NotFound)?;
                self.timers.swap_remove(place);
                Ok(0)
            }
            _ => Err(PrimitiveError::Unsupported),
        }
    }

    /// Takes the timer that ran out first: its token. One that repeats runs out again a period after now if it is late.
    pub(super) fn due(&mut self, now: u64) -> Option<i64> {
        let (place, first) = self.timers.iter_mut().enumerate().min_by_key(|(_, timer)| timer.due)?;
        if first.due > now {
            return None;
        }
        let token = first.token;
        match first.period {
            Some(period) => first.due = (first.due + period).max(now + 1),
            None => drop(self.timers.swap_remove(place)),
        }
        Some(token)
    }

    /// When the next one runs out.
    pub(super) fn next(&self) -> Option<u64> {
        self.timers.iter().map(|timer| timer.due).min()
    }
}
