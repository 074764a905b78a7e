//! A bar on a terminal, for what takes long.

use osvm_compiler::load::{Progress, Step};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

/// What takes longer has a bar.
const PATIENCE: Duration = Duration::from_secs(1);
/// It is drawn again so often.
const OFTEN: Duration = Duration::from_millis(50);
const WIDTH: usize = 30;

/// A bar on standard error.
pub struct Bar {
    start: Instant,
    shown: Option<Instant>,
    terminal: bool,
}

impl Bar {
    /// A bar that is not shown yet.
    pub fn new() -> Bar {
        Bar { start: Instant::now(), shown: None, terminal: io::stderr().is_terminal() }
    }

    /// Shows how far it is.
    pub fn show(&mut self, progress: Progress) {
        let early = self.start.elapsed() < PATIENCE || self.shown.is_some_and(|last| last.elapsed() < OFTEN);
        if !self.terminal || early {
            return;
        }
        self.shown = Some(Instant::now());
        eprint!("\r{}", line(progress));
    }

    /// Takes it away.
    pub fn clear(&mut self) {
        if self.shown.take().is_some() {
            eprint!("\r\x1b[K");
        }
    }
}

fn line(progress: Progress) -> String {
    let what = match progress.step {
        Step::Classes => "classes",
        Step::Compiling => "compiling",
        Step::Installing => "installing",
    };
    let full = WIDTH * progress.done.min(progress.of) / progress.of.max(1);
    format!("{what:<10} [{}{}] {} of {}", "#".repeat(full), " ".repeat(WIDTH - full), progress.done, progress.of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_grows() {
        let at = |done| line(Progress { step: Step::Compiling, done, of: 60 });
        assert_eq!(at(0), "compiling  [                              ] 0 of 60");
        assert_eq!(at(30), "compiling  [###############               ] 30 of 60");
        assert_eq!(at(60), "compiling  [##############################] 60 of 60");
    }
}
