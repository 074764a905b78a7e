//! Work beside the VM, in a thread. `page/background.rs` has the same for a page.

use std::io;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;

/// Work that goes on or is done.
#[derive(Debug)]
pub(super) struct Background<T>(Receiver<io::Result<T>>);

impl<T: Send + 'static> Background<T> {
    /// Begins it. When it is done, and its result can be taken, `done` is called in its thread.
    pub(super) fn start(
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
        done: impl FnOnce() + Send + 'static,
    ) -> io::Result<Background<T>> {
        let (sender, receiver) = mpsc::channel();
        thread::Builder::new().name("osvm-file".into()).spawn(move || {
            // Nobody takes the result of a plugin that is gone.
            let _ = sender.send(work());
            done();
        })?;
        Ok(Background(receiver))
    }

    /// What came of it, once; none while it goes on.
    pub(super) fn result(&mut self) -> Option<io::Result<T>> {
        match self.0.try_recv() {
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(io::Error::other("the thread is gone"))),
            Ok(done) => Some(done),
        }
    }
}
