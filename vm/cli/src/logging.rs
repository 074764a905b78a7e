//! The VM's own log, on standard error: warnings, or what `RUST_LOG` asks for.

use std::io::{self, IsTerminal};
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// Starts the log. `RUST_LOG` is a list of `target=level`, such as `osvm_host=debug` or just `debug`.
pub fn start() {
    let (filter, problem) = match std::env::var("RUST_LOG") {
        Ok(text) => match text.parse::<Targets>() {
            Ok(filter) => (filter, None),
            Err(error) => (Targets::new().with_default(Level::WARN), Some(error)),
        },
        Err(_) => (Targets::new().with_default(Level::WARN), None),
    };
    let format = tracing_subscriber::fmt::layer().with_writer(io::stderr).without_time().with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry().with(format.with_filter(filter)).init();
    if let Some(error) = problem {
        tracing::warn!(%error, "RUST_LOG cannot be read");
    }
}
