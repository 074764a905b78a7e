//! Looking at the files of plugins, for `--watch-plugins`.

use crate::config::{Config, Source};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

/// How often the files are looked at.
const PERIOD: Duration = Duration::from_millis(200);

/// A thread that looks at files, and says which have changed.
pub(super) struct Watcher {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    any: AtomicBool,
    ended: AtomicBool,
    changed: Mutex<Vec<String>>,
}

struct Watched {
    name: String,
    path: PathBuf,
    /// That of what is loaded, or will be.
    known: Stamp,
    /// That of the last look: a file that is being written has another one at the next.
    seen: Stamp,
}

/// What tells one content of a file from another without reading it; none where there is no file.
type Stamp = Option<(SystemTime, u64)>;

fn stamp(path: &Path) -> Stamp {
    let about = fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

impl Watcher {
    /// Looks at the files of all plugins that a configuration enables.
    pub(super) fn new(config: &Config) -> Watcher {
        let files = config.plugins.iter().filter(|(_, plugin)| plugin.enabled).filter_map(|(name, plugin)| match &plugin.source {
            Source::Wasm(path) | Source::Native(path) => {
                let stamp = stamp(path);
                Some(Watched { name: name.clone(), path: path.clone(), known: stamp, seen: stamp })
            }
            Source::Builtin => None,
        });
        let mut files: Vec<Watched> = files.collect();
        let shared = Arc::new(Shared::default());
        let watching = Arc::clone(&shared);
        let thread = thread::Builder::new().name("osvm-watch".into()).spawn(move || {
            while !watching.ended.load(Ordering::Relaxed) {
                thread::sleep(PERIOD);
                watching.look(&mut files);
            }
        });
        if let Err(error) = thread {
            tracing::warn!(%error, "plugins are not watched: no thread can be started");
        }
        Watcher { shared }
    }

    /// True if something has changed since [`Watcher::changed`] was asked.
    #[inline]
    pub(super) fn has_changes(&self) -> bool {
        self.shared.any.load(Ordering::Relaxed)
    }

    /// The plugins whose files have changed.
    pub(super) fn changed(&self) -> Vec<String> {
        let mut changed = self.shared.changed.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.any.store(false, Ordering::Relaxed);
        std::mem::take(&mut *changed)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn look(&self, files: &mut [Watched]) {
        for file in files {
            let now = stamp(&file.path);
            let settled = now == std::mem::replace(&mut file.seen, now);
            // While a file is being replaced there may be none for a moment.
            if !settled || now.is_none() || now == file.known {
                continue;
            }
            file.known = now;
            self.changed.lock().unwrap_or_else(PoisonError::into_inner).push(file.name.clone());
            self.any.store(true, Ordering::Relaxed);
        }
    }
}
