//! The `osvm` command. What each sub-command does is in `commands`; this file reads the command line and reports errors.

#![forbid(unsafe_code)]

mod args;
mod commands;
mod desktop;
mod failure;
mod image;
mod logging;
mod report;
mod services;

use args::{Cli, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    osvm_host::end_on_closed_pipes();
    let cli = Cli::parse();
    logging::start();
    let result = match cli.command {
        None => commands::run::run(&cli.run),
        Some(Command::Run(args)) => commands::run::run(&args),
        Some(Command::Bootstrap(args)) => commands::bootstrap::run(&args),
        Some(Command::Eval(args)) => commands::eval::run(&args),
        Some(Command::Repl(args)) => commands::repl::run(&args),
        Some(Command::Info(args)) => commands::info::run(&args),
        Some(Command::Disasm(args)) => commands::disasm::run(&args),
        Some(Command::Stack(args)) => commands::stack::run(&args),
        Some(Command::Load(args)) => commands::load::run(&args),
        Some(Command::Test(args)) => commands::test::run(&args),
        Some(Command::Serve(args)) => commands::serve::run(&args),
        Some(Command::Config(command)) => commands::config::run(&command),
        Some(Command::Plugin(command)) => commands::plugin::run(&command),
        Some(Command::Completions { shell }) => commands::completions::run(shell),
        Some(Command::Man) => commands::man::run(),
    };
    match result {
        // An image may quit with any number; the system keeps its low byte.
        Ok(status) => ExitCode::from(status as u8),
        Err(Failure { message, status }) => {
            eprintln!("osvm: {message}");
            ExitCode::from(status)
        }
    }
}
