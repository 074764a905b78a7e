//! Work beside the VM in a page, where files are in memory and there is nothing to wait for: it is done at once.

use std::io;

/// Work that is done.
#[derive(Debug)]
pub(super) struct Background<T>(Option<io::Result<T>>);

impl<T> Background<T> {
    /// Does it, and calls `done`.
    pub(super) fn start(work: impl FnOnce() -> io::Result<T>, done: impl FnOnce()) -> io::Result<Background<T>> {
        let result = work();
        done();
        Ok(Background(Some(result)))
    }

    /// What came of it, once.
    pub(super) fn result(&mut self) -> Option<io::Result<T>> {
        self.0.take()
    }
}
