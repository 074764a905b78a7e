//! Which image a command is about where it need not be named: the one on the command line, else the configuration's, else the
//! built-in one.

use osvm_host::config::Config;
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
}
