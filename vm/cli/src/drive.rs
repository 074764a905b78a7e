//! Running a VM to its end: the one place that knows how the interpreter is driven.

use osvm_core::error::VmError;
use osvm_core::vm::{Outcome, Vm};
use osvm_host::{DesktopPlatform, Events};
use std::cell::RefCell;
use std::time::Duration;

/// How often the VM looks for events before it comes back to see whether the user wants it to end.
const BUDGET: u64 = 100;

/// Runs until the image quits, and answers its exit status. While the image has nothing to do this sleeps.
pub fn to_the_end(vm: &mut Vm, events: &RefCell<Events>) -> Result<i32, VmError> {
    loop {
        match vm.run(BUDGET)? {
            Outcome::Quit(status) => return Ok(status),
            Outcome::BudgetUsed => {}
            Outcome::Idle { until } => {
                let limit = until.map(|time| Duration::from_micros(time.saturating_sub(DesktopPlatform::now())));
                events.borrow_mut().wait(limit);
            }
        }
        if let Some(status) = events.borrow().exit_status() {
            return Ok(status);
        }
    }
}
