//! What plugins may reach of the world: files and the console.

mod disk;
mod stdio;

pub(crate) use disk::Disk;
use osvm_plugin_sdk::classic::{Console, Files, PrimitiveError, World};

/// Everything, granted.
#[derive(Default)]
pub(crate) struct HostWorld {
    disk: Disk,
}

impl HostWorld {
    /// Writes out what is buffered of standard output. There is nobody to tell of an error at the end.
    pub(crate) fn flush(&mut self) {
        let _ = self.disk.stdio.flush();
    }
}

impl World for HostWorld {
    fn files(&mut self) -> Result<&mut dyn Files, PrimitiveError> {
        Ok(&mut self.disk)
    }

    fn console(&mut self) -> Result<&mut dyn Console, PrimitiveError> {
        Ok(&mut self.disk.stdio)
    }
}
