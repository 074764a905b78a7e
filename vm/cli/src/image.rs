//! Which image a command is about where it need not be named: the one on the command line, else the configuration's, else the
//! built-in one.

use osvm_core::image::LoadedImage;
use osvm_host::config::Config;
use osvm_host::{LoadError, load_image, load_image_bytes};
use std::path::PathBuf;

/// The room for objects if nobody says anything of it.
const MAX_HEAP: u64 = 4 << 30;

/// An image to start.
#[derive(Debug)]
pub struct Image {
    /// Its file; of the built-in one its name.
    pub path: PathBuf,
    /// Its bytes, if it is the built-in one.
    pub bytes: Option<&'static [u8]>,
    /// The room for its objects that the configuration has.
    max_heap: Option<u64>,
}

impl Image {
    /// The image that was named, or that the configuration has, or the built-in one.
    pub fn choose(named: Option<PathBuf>, config: &Config) -> Image {
        let max_heap = config.max_heap;
        match named.or_else(|| config.image.clone()) {
            Some(path) => Image { path, bytes: None, max_heap },
            None => Image { path: osvm_kernel::NAME.into(), bytes: Some(osvm_kernel::IMAGE), max_heap },
        }
    }

    /// The room for its objects, in bytes: what is asked for on the command line, or the configuration's.
    pub fn max_heap(&self, asked: Option<u64>) -> u64 {
        asked.or(self.max_heap).unwrap_or(MAX_HEAP)
    }

    /// Its objects, in the room that [`Image::max_heap`] tells.
    pub fn load(&self, asked: Option<u64>) -> Result<LoadedImage, LoadError> {
        let max_heap = self.max_heap(asked);
        match self.bytes {
            Some(bytes) => load_image_bytes(bytes, &self.path, max_heap),
            None => load_image(&self.path, max_heap),
        }
    }
}
