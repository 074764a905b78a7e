//! `osvm config`: looks at configurations, without running anything.

mod check;
mod show;

use crate::args::ConfigCommand;
use crate::failure::Failure;

/// Does what the command line says.
pub fn run(command: &ConfigCommand) -> Result<i32, Failure> {
    match command {
        ConfigCommand::Check(args) => check::run(args),
        ConfigCommand::Show(args) => show::run(args),
    }
}
