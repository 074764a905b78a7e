//! `osvm completions`: a completion script for a shell.

use crate::args::Cli;
use crate::failure::Failure;
use clap::CommandFactory;
use clap_complete::Shell;

/// Prints the script.
pub fn run(shell: Shell) -> Result<i32, Failure> {
    clap_complete::generate(shell, &mut Cli::command(), "osvm", &mut std::io::stdout());
    Ok(0)
}
