//! `cargo xtask web`: the VM for browsers, with its JavaScript host and its page, in `target/web`, and in the folder `web` beside each
//! `osvm`, from where `osvm serve` serves it.

use crate::root;
use osvm_plugin_build::{BuildError, Setup, WasmToolchain, Workspace, place, wasm_module};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The package of the VM.
const PACKAGE: &str = "osvm-web";

/// How it is built for users: fast, and with the names of functions for backtraces.
const PROFILE: [&str; 7] = [
    "profile.web.inherits='release'",
    "profile.web.opt-level=3",
    "profile.web.lto='fat'",
    "profile.web.codegen-units=1",
    "profile.web.panic='abort'",
    "profile.web.debug=false",
    "profile.web.strip='debuginfo'",
];

/// How it is built for a browser's debugger, which reads DWARF.
const DEBUG_PROFILE: [&str; 4] = [
    "profile.web-debug.inherits='dev'",
    "profile.web-debug.opt-level=1",
    "profile.web-debug.panic='abort'",
    "profile.web-debug.debug='full'",
];

/// The folders in the target folder that get the files.
const FOLDERS: [&str; 3] = ["web", "release/web", "debug/web"];

/// Builds what is not up to date, and puts it where it belongs; with `debug` the VM has debug information.
pub fn build(debug: bool) -> Result<(), String> {
    build_all(debug).map_err(|error| error.to_string())
}

fn build_all(debug: bool) -> Result<(), BuildError> {
    let workspace = Workspace::read(root())?;
    let toolchain = WasmToolchain::find(&workspace.target, Setup::Install, &mut |done| eprintln!("{done}"))?;
    let start = Instant::now();
    let profile: (&str, &[&str]) = if debug { ("web-debug", &DEBUG_PROFILE) } else { ("web", &PROFILE) };
    let built = wasm_module(&workspace, PACKAGE, profile, &toolchain)?;
    if !built.fresh {
        let size = fs::metadata(&built.file).map_err(|error| unreadable(&built.file, error))?.len();
        eprintln!("osvm.wasm: {} KiB, built in {:.1} s", size.div_ceil(1024), start.elapsed().as_secs_f64());
    }
    for folder in FOLDERS {
        let folder = workspace.target.join(folder);
        place(&built.file, &folder.join("osvm.wasm"))?;
        for part in ["js", "page"] {
            place_all(&root().join("vm/web").join(part), &folder.join(part))?;
        }
    }
    Ok(())
}

/// Copies the files of a folder, and takes away those that are no longer there.
fn place_all(from: &Path, to: &Path) -> Result<(), BuildError> {
    let files = files(from)?;
    for (name, file) in &files {
        place(file, &to.join(name))?;
    }
    if to.is_dir() {
        for (name, file) in self::files(to)? {
            if !files.iter().any(|(other, _)| *other == name) {
                fs::remove_file(&file).map_err(|error| unreadable(&file, error))?;
            }
        }
    }
    Ok(())
}

/// The files in a folder and the folders in it, each with its path from there; none of a folder that is not there.
fn files(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>, BuildError> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        let at = folder.join(&below);
        if !at.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&at).map_err(|error| unreadable(&at, error))? {
            let path = entry.map_err(|error| unreadable(&at, error))?.path();
            let below = below.join(path.file_name().unwrap_or_default());
            if path.is_dir() { open.push(below) } else { found.push((below, path)) }
        }
    }
    Ok(found)
}

fn unreadable(path: &Path, error: std::io::Error) -> BuildError {
    BuildError::File { path: path.into(), error }
}
