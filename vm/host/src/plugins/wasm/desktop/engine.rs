//! Engines: what compiles and runs wasm. Plugins with the same limit of the stack share one.

use super::cache::Entry;
use super::ticker::{TICK, Ticker};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};
use wasmtime::{Config, Engine, Module};

/// A plugin that takes longer to compile is said to be compiling.
const PATIENCE: Duration = Duration::from_secs(1);

/// The engines of a VM.
pub(in crate::plugins) struct Engines {
    by_stack: BTreeMap<u64, Engine>,
    pub(super) ticker: Ticker,
    cache: Option<PathBuf>,
    /// The log has said that nothing can be kept there.
    told: Cell<bool>,
    fuel: Option<u64>,
}

impl Engines {
    /// None yet. With `fuel`, each call has that much of it, a unit for about one instruction.
    pub(in crate::plugins) fn new(cache: Option<PathBuf>, fuel: Option<u64>) -> Engines {
        Engines { by_stack: BTreeMap::new(), ticker: Ticker::new(), cache, told: Cell::new(false), fuel }
    }

    /// Fuel for a call, if it is limited.
    pub(super) fn fuel(&self) -> Option<u64> {
        self.fuel
    }

    /// How many epochs a time takes. The current one may be about to end.
    pub(super) fn epochs(time: Duration) -> u64 {
        time.as_nanos().div_ceil(TICK.as_nanos()).try_into().unwrap_or(u64::MAX / 2) + 1
    }

    /// The engine whose plugins have so many bytes of stack.
    pub(super) fn get(&mut self, stack: u64) -> wasmtime::Result<Engine> {
        if let Some(engine) = self.by_stack.get(&stack) {
            return Ok(engine.clone());
        }
        let mut config = Config::new();
        config.epoch_interruption(true).consume_fuel(self.fuel.is_some());
        config.max_wasm_stack(usize::try_from(stack)?);
        // Plugins have little data, which is copied faster than a file in memory is made of it; and the engine unwinds by itself.
        config.memory_init_cow(false).native_unwind_info(false);
        let engine = Engine::new(&config)?;
        self.ticker.add(&engine)?;
        self.by_stack.insert(stack, engine.clone());
        Ok(engine)
    }

    /// Compiles a module, or finds it compiled.
    pub(super) fn compile(&self, engine: &Engine, plugin: &str, bytes: &[u8]) -> wasmtime::Result<Module> {
        let entry = self.cache.as_deref().map(|folder| Entry::new(folder, engine, bytes));
        if let Some(code) = entry.as_ref().and_then(Entry::read) {
            #[allow(unsafe_code)]
            // SAFETY: the code is what this version wrote for this module and such an engine, into a folder that only
            // the user can write to, and it is whole.
            match unsafe { Module::deserialize(engine, code) } {
                Ok(module) => return Ok(module),
                Err(error) => tracing::debug!(plugin, %error, "compiled code is not for this engine"),
            }
        }
        let start = Instant::now();
        let module = with_progress(plugin, bytes.len(), || Module::from_binary(engine, bytes))?;
        tracing::debug!(plugin, milliseconds = start.elapsed().as_millis() as u64, "compiled");
        if let Some((entry, folder)) = entry.zip(self.cache.as_deref())
            && let Err(error) = entry.write(&module.serialize()?)
            && !self.told.replace(true)
        {
            let folder = folder.display();
            tracing::warn!(%folder, %error, "compiled code cannot be kept: plugins are compiled at every start; make the folder the user's own");
        }
        Ok(module)
    }
}

/// Says what takes so long, if it does.
fn with_progress<T>(plugin: &str, size: usize, work: impl FnOnce() -> T) -> T {
    let (done, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        // Without a thread there is only nobody to say it.
        let _ = thread::Builder::new().spawn_scoped(scope, move || {
            if wait.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                eprintln!("osvm: compiling the plugin {plugin} ({} KiB), for this time and the next ones", size.div_ceil(1024));
            }
        });
        let result = work();
        drop(done);
        result
    })
}
