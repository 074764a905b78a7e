//! `osvm stack`: the processes that a saved image holds, without running it.

use crate::args::StackArgs;
use crate::failure::Failure;
use osvm_host::{Machine, MachineOptions};

/// Prints each process with its stack.
pub fn run(args: &StackArgs) -> Result<i32, Failure> {
    let mut machine = Machine::start(MachineOptions::new(&args.image)).map_err(Failure::start)?;
    print!("{}", machine.vm.all_stacks());
    Ok(0)
}
