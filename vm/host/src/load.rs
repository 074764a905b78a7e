//! From the path of an image file to its objects.

use crate::mmap::{ImageFile, MmapRegion};
use osvm_core::heap::{HeapConfig, Region};
use osvm_core::image::{self, ImageError, ImageSource, LoadedImage};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why an image file could not be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// The file could not be opened, or there is no memory for it.
    System {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file is no image that this VM runs.
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        error: ImageError,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::System { path, error } => {
                // The system's words without its number.
                let text = error.to_string();
                write!(f, "{}: {}", path.display(), text.split(" (os error").next().unwrap_or(&text))
            }
            LoadError::Image { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for LoadError {}

/// Where the old space of a heap begins if nothing speaks for another place: what is saved from there is in its right place the next time.
const OLD_SPACE: u64 = 0x2000_0000_0000;
/// Images of up to so many bytes are small.
const SMALL: u64 = 16 << 20;

/// Loads an image whose bytes are in memory, as [`load_image`] does with a file. `name` is what errors call it.
pub fn load_image_bytes(mut bytes: &[u8], name: &Path, max_heap: u64) -> Result<LoadedImage, LoadError> {
    load(&mut bytes, name, max_heap)
}

/// Loads an image into a heap that can grow to `max_heap` bytes of old space, beside new space.
pub fn load_image(path: &Path, max_heap: u64) -> Result<LoadedImage, LoadError> {
    let mut file = ImageFile::open(path).map_err(|error| LoadError::System { path: path.to_path_buf(), error })?;
    load(&mut file, path, max_heap)
}

fn load(source: &mut dyn ImageSource, path: &Path, max_heap: u64) -> Result<LoadedImage, LoadError> {
    let system = |error| LoadError::System { path: path.to_path_buf(), error };
    let bad = |error| LoadError::Image { path: path.to_path_buf(), error };
    let header = image::read_header(source).map_err(bad)?;
    let config = HeapConfig::default();
    let new_space = config.new_space_bytes();
    // A small image is read: that is as quick as mapping it, and then nobody can change it from outside.
    let is_small = header.data_size <= SMALL;
    let preferred = if is_small { None } else { image::preferred_region_base(&header, config) };
    let preferred = preferred.or(Some(OLD_SPACE - new_space));
    let mut region = MmapRegion::new(max_heap.saturating_add(new_space), preferred).map_err(system)?;
    let loaded = if is_small {
        let start = region.base() + new_space;
        region.take_pages(start..start + header.data_size);
        image::load(&mut Read(source), Box::new(region), config)
    } else {
        image::load(source, Box::new(region), config)
    };
    let loaded = loaded.map_err(bad)?;
    tracing::debug!(path = %path.display(), format = header.version, bytes = header.data_size, "image loaded");
    Ok(loaded)
}

/// A source that is read and never mapped.
struct Read<'s>(&'s mut dyn ImageSource);

impl ImageSource for Read<'_> {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, into)
    }
}
