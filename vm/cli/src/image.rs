//! Which image a command is about where it need not be named: the one on the command line, else the configuration's, else the
//! built-in one.

use osvm_core::image::LoadedImage;
use osvm_host::config::Config;
use osvm_host::{LoadError, load_image, load_image_bytes};
use std::path::PathBuf;

/// An image to start.
#[derive(Debug)]
pub struct Image {
    /// Its file; of the built-in one its name.
    pub path: PathBuf,
    /// Its bytes, if it is the built-in one.
    pub bytes: Option<&'static [u8]>,
}

impl Image {
    /// The image that was named, or that the configuration has, or the built-in one.
    pub fn choose(named: Option<PathBuf>, config: &Config) -> Image {
        match named.or_else(|| config.image.clone()) {
            Some(path) => Image { path, bytes: None },
            None => Image { path: osvm_kernel::NAME.into(), bytes: Some(osvm_kernel::IMAGE) },
        }
    }

    /// Its objects, with room for so many bytes of them.
    pub fn load(&self, max_heap: u64) -> Result<LoadedImage, LoadError> {
        match self.bytes {
            Some(bytes) => load_image_bytes(bytes, &self.path, max_heap),
            None => load_image(&self.path, max_heap),
        }
    }
}
