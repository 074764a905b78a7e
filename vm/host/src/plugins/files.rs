//! The files of plugins.

use std::io;
use std::path::Path;

/// The bytes of a plugin's file.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}
