//! A plugin's file, as the sub-commands look at it.

use crate::failure::Failure;
use osvm_host::config::Source;
use osvm_plugin_sdk::abi::{Description, description_section};
use std::fs;
use std::path::{Path, PathBuf};

/// What a file says of itself.
pub struct PluginFile {
    /// The file, as it was named.
    pub path: PathBuf,
    /// Its bytes.
    pub size: usize,
    /// What it says.
    pub description: Description,
}

impl PluginFile {
    /// Reads a file, without running anything of it.
    pub fn read(path: &Path) -> Result<PluginFile, Failure> {
        let wrong = |why: &dyn std::fmt::Display| Failure::bad_input(path.display(), why);
        let bytes = fs::read(path).map_err(|error| wrong(&error))?;
        let section = description_section(&bytes).map_err(|error| wrong(&error))?;
        let description = Description::read(section).map_err(|error| wrong(&format_args!("the plugin's description: {error}")))?;
        Ok(PluginFile { path: path.into(), size: bytes.len(), description })
    }

    /// The file as a configuration in `folder` names it: relative, if it is in the folder.
    pub fn source(&self, folder: &Path) -> Result<Source, Failure> {
        let absolute = fs::canonicalize(&self.path).map_err(|error| Failure::bad_input(self.path.display(), error))?;
        let folder = fs::canonicalize(folder).map_err(|error| Failure::bad_input(folder.display(), error))?;
        Ok(Source::Wasm(absolute.strip_prefix(&folder).unwrap_or(&absolute).to_path_buf()))
    }
}
