//! `cargo xtask plugins`: the workspace's plugins as files, in `target/plugins`, and in the folder `plugins` beside each `osvm`, where it
//! looks for them.

use crate::root;
use osvm_plugin_build::{BuildError, Built, Setup, WasmToolchain, Workspace, native, place, wasm};
use std::fs;
use std::time::Instant;

/// In which forms plugins are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forms {
    /// As wasm modules.
    Wasm,
    /// As wasm modules and native libraries.
    WasmAndNative,
}

/// The folders in the target folder that get the files.
const FOLDERS: [&str; 3] = ["plugins", "release/plugins", "debug/plugins"];

/// Builds all plugins that are not up to date, and puts them where they belong.
pub fn build(forms: Forms) -> Result<(), String> {
    build_all(forms).map_err(|error| error.to_string())
}

fn build_all(forms: Forms) -> Result<(), BuildError> {
    let workspace = Workspace::read(root())?;
    if workspace.plugins.is_empty() {
        // Then there is no need for a compiler either.
        eprintln!("no package says `plugin = true` under [package.metadata.osvm]");
        return Ok(());
    }
    let toolchain = WasmToolchain::find(&workspace.target, Setup::Install, &mut |done| eprintln!("{done}"))?;
    for plugin in &workspace.plugins {
        let start = Instant::now();
        finish(&workspace, &plugin.wasm_name(), start, &wasm(&workspace, plugin, &toolchain)?)?;
        if forms == Forms::WasmAndNative {
            let start = Instant::now();
            finish(&workspace, &plugin.native_name(), start, &native(&workspace, plugin)?)?;
        }
    }
    Ok(())
}

fn finish(workspace: &Workspace, name: &str, start: Instant, built: &Built) -> Result<(), BuildError> {
    for folder in FOLDERS {
        place(&built.file, &workspace.target.join(folder).join(name))?;
    }
    if !built.fresh {
        let size = fs::metadata(&built.file).map_err(|error| BuildError::File { path: built.file.clone(), error })?.len();
        eprintln!("{name}: {} KiB, built in {:.1} s", size.div_ceil(1024), start.elapsed().as_secs_f64());
    }
    Ok(())
}
