//! Finding the files of packages.

use super::{Packages, filetree};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why files could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// The system refused a file or folder.
    System {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Nothing in a folder is source.
    NoSource(PathBuf),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::System { path, error } => {
                // The system's words without its number.
                let text = error.to_string();
                write!(f, "{}: {}", path.display(), text.split(" (os error").next().unwrap_or(&text))
            }
            ReadError::NoSource(path) => write!(
                f,
                "{}: no source is there; expected files of Tonel or chunks that end in .st, or folders of FileTree that end in .package",
                path.display()
            ),
        }
    }
}

impl std::error::Error for ReadError {}

impl Packages {
    /// Reads files, and folders with all that is in them, in the order of their names.
    ///
    /// # Errors
    /// What the system refuses, or a path without any source. What is wrong inside of files is in [`Packages::problems`].
    pub fn read(paths: &[PathBuf]) -> Result<Packages, ReadError> {
        let mut packages = Packages::default();
        for path in paths {
            let before = packages.files.len();
            packages.add_path(path, true)?;
            if packages.files.len() == before {
                return Err(ReadError::NoSource(path.clone()));
            }
        }
        Ok(packages)
    }

    fn add_path(&mut self, path: &Path, named: bool) -> Result<(), ReadError> {
        let metadata = fs::metadata(path).map_err(|error| system(path, error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !metadata.is_dir() {
            if named || name.ends_with(".st") || name.ends_with(".cs") {
                let text = read_text(path)?;
                self.add_text(path, text);
            }
            return Ok(());
        }
        if is_filetree(&name) {
            return filetree::read_entity(self, path);
        }
        for entry in entries(path)? {
            self.add_path(&entry, false)?;
        }
        Ok(())
    }
}

/// Whether a folder is a class, trait or extension of a FileTree package.
fn is_filetree(name: &str) -> bool {
    [".class", ".extension", ".trait"].iter().any(|end| name.ends_with(end))
}

/// What is in a folder, sorted, without what is hidden.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let found: io::Result<Vec<PathBuf>> =
        fs::read_dir(folder).and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect());
    let mut found = found.map_err(|error| system(folder, error))?;
    found.retain(|path| !path.file_name().unwrap_or_default().to_string_lossy().starts_with('.'));
    found.sort();
    Ok(found)
}

/// The text of a file: UTF-8, or Latin-1 where it is no UTF-8.
pub(super) fn read_text(path: &Path) -> Result<String, ReadError> {
    let bytes = fs::read(path).map_err(|error| system(path, error))?;
    let text = String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().iter().map(|&byte| char::from(byte)).collect());
    Ok(text.strip_prefix('\u{FEFF}').map(String::from).unwrap_or(text))
}

pub(super) fn system(path: &Path, error: io::Error) -> ReadError {
    ReadError::System { path: path.to_path_buf(), error }
}
