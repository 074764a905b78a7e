//! The log, as text to be looked at.

use std::cell::RefCell;
use std::io::{self, Write};
use tracing_subscriber::fmt::MakeWriter;

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Log;

    fn make_writer(&self) -> Log {
        Log
    }
}

/// Logs to here from now on.
pub fn start() {
    let log = tracing_subscriber::fmt().with_writer(Log).with_ansi(false).without_time().with_target(false);
    // Each configuration starts it.
    let _ = log.with_max_level(tracing::Level::WARN).try_init();
}

/// What has been logged since this was called last.
pub fn take() -> String {
    LOG.with_borrow_mut(|log| String::from_utf8_lossy(&std::mem::take(log)).into_owned())
}
