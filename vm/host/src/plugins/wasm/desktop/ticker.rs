//! What makes deadlines pass: a thread that advances the epoch of every engine while calls run, and sleeps when none do.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use wasmtime::{Engine, EngineWeak};

/// The length of an epoch.
pub(super) const TICK: Duration = Duration::from_millis(10);
/// How often a sleeping ticker looks by itself, if the call that should wake it came just when it fell asleep.
const NAP: Duration = Duration::from_secs(1);

/// The thread, from the first engine on.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// Grows when a call begins and when it ends: odd while one runs.
    calls: AtomicU64,
    /// Calls come one after the other, and are not counted.
    calls_on: AtomicBool,
    asleep: AtomicBool,
    ended: AtomicBool,
    engines: Mutex<Vec<EngineWeak>>,
}

impl Ticker {
    pub(super) fn new() -> Ticker {
        Ticker { shared: Arc::default(), thread: None }
    }

    /// Advances the epochs of this engine too. Without a thread no deadline would ever pass, so its lack is an error.
    pub(super) fn add(&mut self, engine: &Engine) -> std::io::Result<()> {
        self.shared.engines.lock().unwrap_or_else(PoisonError::into_inner).push(engine.weak());
        if self.thread.is_none() {
            let shared = Arc::clone(&self.shared);
            self.thread = Some(thread::Builder::new().name("osvm-epochs".into()).spawn(move || shared.tick())?);
        }
        Ok(())
    }

    /// A call begins.
    #[inline(always)]
    pub(super) fn call_begins(&self) {
        self.count();
        if self.shared.asleep.load(Ordering::Relaxed) {
            self.wake();
        }
    }

    /// The call has ended.
    #[inline(always)]
    pub(super) fn call_ended(&self) {
        self.count();
    }

    /// Many calls begin, which are not told one by one. Others may be made between them.
    pub(super) fn calls_begin(&self) {
        self.shared.calls_on.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// They have ended.
    pub(super) fn calls_ended(&self) {
        self.shared.calls_on.store(false, Ordering::Relaxed);
    }

    #[inline(always)]
    fn count(&self) {
        // One thread calls: no other writes this.
        let calls = &self.shared.calls;
        calls.store(calls.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    #[cold]
    fn wake(&self) {
        self.shared.asleep.store(false, Ordering::Relaxed);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // The thread has nothing that could panic.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn tick(&self) {
        let mut seen = 0;
        while !self.ended.load(Ordering::Relaxed) {
            thread::park_timeout(if self.asleep.load(Ordering::Relaxed) { NAP } else { TICK });
            let calls = self.calls.load(Ordering::Relaxed);
            for engine in self.engines.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                if let Some(engine) = engine.upgrade() {
                    engine.increment_epoch();
                }
            }
            let are_on = self.calls_on.load(Ordering::Relaxed);
            self.asleep.store(calls == seen && calls.is_multiple_of(2) && !are_on, Ordering::Relaxed);
            seen = calls;
        }
    }
}
