//! `osvm man`: the manual page.

use crate::args::Cli;
use crate::failure::Failure;
use clap::CommandFactory;

/// Prints the page as troff.
pub fn run() -> Result<i32, Failure> {
    clap_mangen::Man::new(Cli::command())
        .render(&mut std::io::stdout())
        .map(|()| 0)
        .map_err(|error| Failure::bad_input("standard output", error))
}
