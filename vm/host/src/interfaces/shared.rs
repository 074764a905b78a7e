//! What all plugins of a VM share.

use super::security::Rights;
use super::stdio::Stdio;
use crate::signals::EventSender;
use crate::world::{Instant, LocalTime};
use std::path::{Path, PathBuf};

/// The world as far as it is one for all plugins: standard streams, the queue of events, rights, clocks.
pub(crate) struct Shared {
    pub(super) stdio: Stdio,
    pub(super) events: EventSender,
    pub(super) rights: Rights,
    pub(super) local_time: LocalTime,
    /// The folder of the image.
    pub(super) image_dir: PathBuf,
    started: Instant,
}

impl Shared {
    /// That of a VM which runs this image.
    pub(crate) fn new(image: &Path, events: EventSender, rights: Rights) -> Shared {
        let image = std::path::absolute(image).unwrap_or_else(|_| image.to_path_buf());
        Shared {
            stdio: Stdio::default(),
            events,
            rights,
            local_time: LocalTime::default(),
            image_dir: image.parent().map_or_else(|| PathBuf::from("/"), Path::to_path_buf),
            started: Instant::now(),
        }
    }

    /// Microseconds since the VM started.
    pub(crate) fn monotonic_micros(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    /// Writes out what is buffered of standard output. There is nobody to tell of an error at the end.
    pub(crate) fn flush(&mut self) {
        let _ = self.stdio.flush();
    }
}
