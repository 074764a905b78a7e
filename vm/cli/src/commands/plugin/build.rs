//! `osvm plugin build`: a plugin's crate as a wasm module and as a native library.

use crate::args::BuildPluginArgs;
use crate::failure::Failure;
use osvm_plugin_build::{BuildError, Built, Plugin, Setup, WasmToolchain, Workspace, builtin, native, place, wasm};
use std::fs;
use std::path::Path;

/// Builds what was asked for of each plugin in the folder's workspace, into `target/plugins`.
pub fn run(args: &BuildPluginArgs) -> Result<i32, Failure> {
    if !args.folder.join("Cargo.toml").is_file() {
        let hint = "there is no Cargo.toml in this folder: name the folder of a plugin's crate; `osvm plugin new` makes one";
        return Err(Failure::bad_input(args.folder.display(), hint));
    }
    let built = build(args).map_err(|error| Failure::unbuilt(&error))?;
    if built == 0 {
        let hint = "no package there says `plugin = true` under [package.metadata.osvm]; `osvm plugin new` makes one that does";
        return Err(Failure::bad_input(args.folder.display(), hint));
    }
    Ok(0)
}

/// The number of plugins.
fn build(args: &BuildPluginArgs) -> Result<usize, BuildError> {
    let workspace = Workspace::read(&args.folder)?;
    let all = !args.wasm && !args.native;
    // A folder that is itself a plugin means that one; another means all of its workspace.
    let here = fs::canonicalize(args.folder.join("Cargo.toml")).ok();
    let only_here = workspace.plugins.iter().any(|plugin| Some(&plugin.manifest) == here.as_ref());
    let plugins: Vec<&Plugin> =
        workspace.plugins.iter().filter(|plugin| !only_here || Some(&plugin.manifest) == here.as_ref()).collect();
    if plugins.is_empty() {
        return Ok(0);
    }
    let toolchain = if all || args.wasm {
        Some(WasmToolchain::find(&workspace.target, Setup::Install, &mut |done| eprintln!("{done}"))?)
    } else {
        None
    };
    for plugin in &plugins {
        if let Some(toolchain) = &toolchain {
            finish(&workspace, &plugin.wasm_name(), &wasm(&workspace, plugin, toolchain)?)?;
        }
        if all || args.native {
            finish(&workspace, &plugin.native_name(), &native(&workspace, plugin)?)?;
        }
        if all {
            builtin(&workspace, plugin)?;
        }
    }
    Ok(plugins.len())
}

/// Puts what was built where it belongs, and names it.
fn finish(workspace: &Workspace, name: &str, built: &Built) -> Result<(), BuildError> {
    let to = workspace.target.join("plugins").join(name);
    place(&built.file, &to)?;
    let size = fs::metadata(&to).map_err(|error| BuildError::File { path: to.clone(), error })?.len();
    println!("{}: {} KiB", shown(&to).display(), size.div_ceil(1024));
    Ok(())
}

/// The path from the working directory, if it is in it.
fn shown(path: &Path) -> &Path {
    std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path)
}
