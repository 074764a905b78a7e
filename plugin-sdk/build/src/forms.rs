//! One plugin, built in each of its forms. Cargo decides whether there is something to do.

use crate::command::{cargo, output_with_messages};
use crate::{BuildError, Plugin, WASM_TARGET, WasmToolchain, Workspace};
use serde_json::Value;
use std::env::consts::DLL_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How wasm modules are built, as settings of cargo: small, without debug information, and with the names of functions, so that a
/// backtrace has them. These are given to cargo and not written in a `Cargo.toml`, so that every plugin is built so, wherever it is.
const WASM_PROFILE: [&str; 7] = [
    "profile.plugin.inherits='release'",
    "profile.plugin.opt-level='s'",
    "profile.plugin.lto=true",
    "profile.plugin.codegen-units=1",
    "profile.plugin.panic='abort'",
    "profile.plugin.debug=false",
    "profile.plugin.strip='debuginfo'",
];

/// How native libraries are built. A panic has to unwind: the SDK makes a failure of the primitive of it.
const NATIVE_PROFILE: [&str; 7] = [
    "profile.plugin.inherits='release'",
    "profile.plugin.opt-level=3",
    "profile.plugin.lto=false",
    "profile.plugin.codegen-units=1",
    "profile.plugin.panic='unwind'",
    "profile.plugin.debug=false",
    "profile.plugin.strip='debuginfo'",
];

/// What a build made.
#[derive(Debug)]
pub struct Built {
    /// The file.
    pub file: PathBuf,
    /// It was up to date already.
    pub fresh: bool,
}

/// Builds a plugin as a wasm module. It has its own folder in the target folder, so that builds of the host stay as they are.
///
/// `RUSTFLAGS` is not passed on: it is meant for the host.
pub fn wasm(workspace: &Workspace, plugin: &Plugin, toolchain: &WasmToolchain) -> Result<Built, BuildError> {
    wasm_library(workspace, &plugin.package, library(plugin, &WASM_PROFILE), toolchain)
}

/// Builds any library of a workspace as a wasm module, in the same folder, with a profile (its name and its settings as cargo's option
/// `--config` takes them).
pub fn wasm_module(
    workspace: &Workspace,
    package: &str,
    profile: (&str, &[&str]),
    toolchain: &WasmToolchain,
) -> Result<Built, BuildError> {
    let (name, settings) = profile;
    let mut command = cargo();
    command.args(["build", "--quiet", "--lib", "--package", package, "--profile", name]);
    command.args(settings.iter().flat_map(|setting| ["--config", setting]));
    command.args(["--message-format", "json-render-diagnostics", "--manifest-path"]).arg(workspace.root.join("Cargo.toml"));
    wasm_library(workspace, package, command, toolchain)
}

fn wasm_library(
    workspace: &Workspace,
    package: &str,
    mut command: Command,
    toolchain: &WasmToolchain,
) -> Result<Built, BuildError> {
    command.args(["--target", WASM_TARGET, "--target-dir"]).arg(workspace.target.join("wasm"));
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    toolchain.apply(&mut command);
    let messages = compile(&mut command, package, "wasm", toolchain.other_rustc())?;
    artifact(&messages, package, ".wasm")
}

/// Builds a plugin as a native library.
pub fn native(workspace: &Workspace, plugin: &Plugin) -> Result<Built, BuildError> {
    let mut command = library(plugin, &NATIVE_PROFILE);
    command.arg("--target-dir").arg(&workspace.target);
    let messages = compile(&mut command, &plugin.package, "a native library", None)?;
    artifact(&messages, &plugin.package, DLL_SUFFIX)
}

/// Checks that a plugin compiles as it does when it is linked into `osvm`.
pub fn builtin(workspace: &Workspace, plugin: &Plugin) -> Result<(), BuildError> {
    let mut command = cargo();
    command.args(["check", "--quiet", "--lib", "--manifest-path"]).arg(&plugin.manifest);
    command.arg("--target-dir").arg(&workspace.target);
    compile(&mut command, &plugin.package, "a part of osvm", None).map(|_| ())
}

/// The command that builds a plugin's library with its exports.
fn library(plugin: &Plugin, profile: &[&str]) -> Command {
    let mut command = cargo();
    command.args(["rustc", "--quiet", "--lib", "--crate-type", "cdylib", "--features", "export", "--profile", "plugin"]);
    command.args(profile.iter().flat_map(|setting| ["--config", setting]));
    command.args(["--message-format", "json-render-diagnostics", "--manifest-path"]).arg(&plugin.manifest);
    command
}

/// Runs the command; what cargo wrote for programs.
fn compile(command: &mut Command, package: &str, form: &'static str, rustc: Option<&Path>) -> Result<String, BuildError> {
    output_with_messages(command)?.ok_or_else(|| BuildError::Compile {
        package: package.into(),
        form,
        rustc: rustc.map(Path::to_path_buf),
    })
}

/// The file that cargo says it made.
fn artifact(messages: &str, package: &str, suffix: &'static str) -> Result<Built, BuildError> {
    built(messages, suffix).ok_or_else(|| BuildError::NoArtifact { package: package.into(), suffix })
}

/// The plugin's own artifact is the last one: what it depends on is built before it.
fn built(messages: &str, suffix: &str) -> Option<Built> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut files = messages.filter(|message| message["reason"] == "compiler-artifact").filter_map(|message| {
        let names = message["filenames"].as_array()?.iter().filter_map(Value::as_str);
        let file = names.into_iter().find(|name| name.ends_with(suffix))?.into();
        Some(Built { file, fresh: message["fresh"] == true })
    });
    files.next_back()
}

#[cfg(test)]
mod tests {
    use super::built;

    #[test]
    fn the_last_file_of_the_kind_is_the_plugin() {
        let messages = r#"
            {"reason":"compiler-artifact","filenames":["/t/libmacros.so"],"fresh":true}
            {"reason":"compiler-artifact","filenames":["/t/libfile.so"],"fresh":false}
            {"reason":"build-finished","success":true}"#;
        let found = built(messages, ".so").unwrap();
        assert_eq!((found.file.to_str(), found.fresh), (Some("/t/libfile.so"), false));
        assert!(built(messages, ".wasm").is_none());
    }
}
