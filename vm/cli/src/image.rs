//! Opening an image file: the one place that knows how the reader is called.

use crate::failure::Failure;
use osvm_core::heap::HeapConfig;
use osvm_core::image::{self, LoadedImage};
use osvm_host::{MappedFile, MmapRegion};
use std::io;
use std::path::Path;

/// Loads an image into a heap that can grow to `max_heap` bytes.
pub fn load(path: &Path, max_heap: u64) -> Result<LoadedImage, Failure> {
    let bad = |why: &dyn std::fmt::Display| Failure::bad_input(path.display(), why);
    let file = MappedFile::open(path).map_err(|error| bad(&plain(&error)))?;
    let config = HeapConfig::default();
    let region = MmapRegion::new(max_heap.saturating_add(config.new_space_bytes()), None).map_err(|error| bad(&plain(&error)))?;
    image::load(&file, Box::new(region), config).map_err(|error| bad(&error))
}

/// The system's words without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}
