//! `osvm stack`: the processes that a saved image holds, without running it.

use crate::args::StackArgs;
use crate::failure::Failure;
use osvm_core::plugin::NoPlugins;
use osvm_core::vm::{Options, Vm};
use osvm_host::{DesktopPlatform, Events, PlatformOptions};
use std::cell::RefCell;
use std::rc::Rc;

/// Room for the few objects that looking makes.
const ROOM: u64 = 1 << 30;

/// Prints each process with its stack.
pub fn run(args: &StackArgs) -> Result<i32, Failure> {
    let image = osvm_host::load_image(&args.image, ROOM).map_err(Failure::load)?;
    let events = Events::new().map_err(|error| Failure::bad_input("events", error))?;
    let options = PlatformOptions { image: args.image.clone(), ..PlatformOptions::default() };
    let platform = DesktopPlatform::new(options, Rc::new(RefCell::new(events)));
    let mut vm = Vm::new(image, Box::new(platform), Box::new(NoPlugins), Options::default())
        .map_err(|error| Failure::vm(args.image.display(), error))?;
    print!("{}", vm.all_stacks());
    Ok(0)
}
