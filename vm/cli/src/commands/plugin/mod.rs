//! `osvm plugin`: makes, builds and looks at plugins.

mod add;
mod build;
mod file;
mod inspect;
mod new;

use crate::args::PluginCommand;
use crate::failure::Failure;

/// Does what the command line says.
pub fn run(command: &PluginCommand) -> Result<i32, Failure> {
    match command {
        PluginCommand::New(args) => new::run(args),
        PluginCommand::Build(args) => build::run(args),
        PluginCommand::Inspect(args) => inspect::run(args),
        PluginCommand::Add(args) => add::run(args),
    }
}
