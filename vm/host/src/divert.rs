//! Standard output led to standard error for a while: what an image says by itself while it starts is not what a command was asked for.

use rustix::fd::OwnedFd;
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stdout, stderr, stdout};
use std::io;

/// While this is there, whatever is written to standard output goes to standard error.
#[derive(Debug)]
pub struct Diverted {
    stdout: OwnedFd,
}

impl Diverted {
    /// Leads standard output to standard error.
    pub fn to_stderr() -> io::Result<Diverted> {
        let kept = fcntl_dupfd_cloexec(stdout(), 3)?;
        dup2_stdout(stderr())?;
        Ok(Diverted { stdout: kept })
    }
}

impl Drop for Diverted {
    fn drop(&mut self) {
        // It was standard output before; only a system without descriptors could refuse it.
        let _ = dup2_stdout(&self.stdout);
    }
}
