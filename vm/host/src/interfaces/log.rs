//! The interface `log`: lines of plugins in the VM's log, within a budget.

use super::arguments::Arguments;
use super::{Answer, Memory};
use crate::world::Instant;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::log as op;
use std::time::Duration;

/// Lines that may come at once, and how many more in a second.
const BURST: u32 = 200;
const PER_SECOND: u32 = 100;
/// Bytes of a line; the rest is cut.
const LONGEST: usize = 4 << 10;

/// A plugin's way to the log.
#[derive(Debug)]
pub(crate) struct LogBudget {
    plugin: String,
    left: u32,
    refilled: Instant,
    /// Lines that were dropped since the last that was not.
    dropped: u64,
}

impl LogBudget {
    pub(super) fn new(plugin: &str) -> LogBudget {
        LogBudget { plugin: plugin.into(), left: BURST, refilled: Instant::now(), dropped: 0 }
    }

    pub(super) fn answer(&mut self, function: u32, a: Arguments<'_>, memory: &mut dyn Memory) -> Answer {
        if function != op::write {
            return Err(PrimitiveError::Unsupported);
        }
        let text = a.data(1, memory)?;
        if a.u32(0) > 4 {
            return Err(PrimitiveError::BadArgument);
        }
        if self.spend(Instant::now()) {
            let plugin = self.plugin.as_str();
            if self.dropped > 0 {
                tracing::warn!(plugin, "{} lines of the plugin were dropped", self.dropped);
                self.dropped = 0;
            }
            write(plugin, a.u32(0), &line(text));
        } else {
            if self.dropped == 0 {
                tracing::warn!(plugin = self.plugin, "the plugin writes too much to the log: lines are dropped");
            }
            self.dropped += 1;
        }
        Ok(0)
    }

    /// True if another line may be written.
    fn spend(&mut self, now: Instant) -> bool {
        let earned = now.duration_since(self.refilled).as_millis() * u128::from(PER_SECOND) / 1000;
        if earned > 0 {
            self.left = self.left.saturating_add(u32::try_from(earned).unwrap_or(u32::MAX)).min(BURST);
            self.refilled += Duration::from_millis((earned * 1000 / u128::from(PER_SECOND)) as u64);
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

/// The text of a line: what controls terminals is escaped, and what is too long is cut.
fn line(text: &[u8]) -> String {
    let cut = text.len() > LONGEST;
    let text = String::from_utf8_lossy(&text[..text.len().min(LONGEST)]);
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // What follows cannot pass for a line of the log's own.
            '\n' => line.push_str("\n  "),
            '\t' => line.push(c),
            c if c.is_control() => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
    if cut {
        line.push_str(" [...]");
    }
    line
}

fn write(plugin: &str, level: u32, text: &str) {
    match level {
        0 => tracing::error!(plugin, "{text}"),
        1 => tracing::warn!(plugin, "{text}"),
        2 => tracing::info!(plugin, "{text}"),
        3 => tracing::debug!(plugin, "{text}"),
        _ => tracing::trace!(plugin, "{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_stopped_and_a_trickle_is_not() {
        let mut log = LogBudget::new("X");
        let start = log.refilled;
        assert_eq!((0..1000).filter(|_| log.spend(start)).count(), BURST as usize);
        assert_eq!((0..1000).filter(|i| log.spend(start + Duration::from_millis(10 * i))).count(), 999);
        assert_eq!((0..1000).filter(|_| log.spend(start + Duration::from_secs(60))).count(), BURST as usize);
    }

    #[test]
    fn lines_are_harmless() {
        assert_eq!(line(b"a\x1B[2Jb\tc"), "a\\u{1b}[2Jb\tc");
        assert_eq!(line(b"a\nERROR b"), "a\n  ERROR b");
        assert_eq!(line(b"\xFF"), "\u{FFFD}");
        assert_eq!(line(&[b'x'; 5000]).len(), LONGEST + 6);
    }
}
