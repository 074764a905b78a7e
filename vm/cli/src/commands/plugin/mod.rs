//! `osvm plugin`: makes, builds, checks, calls and looks at plugins.

mod add;
mod bench;
mod build;
mod call;
mod check;
mod file;
mod inspect;
mod list;
mod literal;
mod new;
mod target;

use crate::args::PluginCommand;
use crate::failure::Failure;

/// Does what the command line says.
pub fn run(command: &PluginCommand) -> Result<i32, Failure> {
    match command {
        PluginCommand::New(args) => new::run(args),
        PluginCommand::Build(args) => build::run(args),
        PluginCommand::Inspect(args) => inspect::run(args),
        PluginCommand::Check(args) => check::run(args),
        PluginCommand::Call(args) => call::run(args),
        PluginCommand::Bench(args) => bench::run(args),
        PluginCommand::List(args) => list::run(args),
        PluginCommand::Add(args) => add::run(args),
    }
}
