//! Who runs the VM.

use osvm_core::error::VmError;
use osvm_core::vm::{Outcome, Vm};
use std::time::Duration;

/// What a session needs of whoever runs the VM.
pub trait Driver {
    /// The VM.
    fn vm(&mut self) -> &mut Vm;

    /// Lets the VM run for some milliseconds, or until it has nothing to do.
    fn run(&mut self) -> Result<Outcome, VmError>;

    /// Waits until something happens that concerns the VM, until a time (UTC microseconds since 1901) or for at most `limit`.
    fn wait(&mut self, until: Option<u64>, limit: Option<Duration>);

    /// Whether the user has asked, since this was asked last, for what runs to end.
    fn interrupted(&mut self) -> bool {
        false
    }
}
