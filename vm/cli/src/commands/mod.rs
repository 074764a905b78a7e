//! The sub-commands, one file each.

pub mod bootstrap;
pub mod completions;
pub mod config;
pub mod disasm;
pub mod eval;
pub mod info;
pub mod load;
pub mod man;
pub mod plugin;
pub mod repl;
pub mod run;
pub mod serve;
pub mod stack;
pub mod test;
