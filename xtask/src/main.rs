//! Chores of the workspace, as `cargo xtask NAME`.

#![forbid(unsafe_code)]

mod browser;
mod plugins;
mod web;

use osvm_plugin_build::cargo;
use plugins::Forms;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask NAME
  build [ARGS]        the plugins and the VM as wasm, then `cargo build --workspace --release ARGS`
  test [ARGS]         the plugins as wasm and as native libraries, the VM as wasm, a browser where there is none, then
                      `cargo test --workspace ARGS`, and the interpreter's tests again with all methods as native code
  plugins [--native]  the plugins as wasm (with --native also as native libraries) in target/plugins, and beside `osvm`
  web [--debug]       the VM as wasm with its page in target/web, and beside `osvm`; with --debug it has debug information
  docs [--check]      writes the pages that are made from tables in the source, or fails if one is out of date";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["build", ref more @ ..] => wasm(Forms::Wasm).and_then(|()| run_cargo(&["build", "--workspace", "--release"], more)),
        ["test", ref more @ ..] => wasm(Forms::WasmAndNative).and_then(|()| {
            browser::set_up();
            run_cargo(&["test", "--workspace"], more)?;
            all_native(more)
        }),
        ["plugins"] => plugins::build(Forms::Wasm),
        ["plugins", "--native"] => plugins::build(Forms::WasmAndNative),
        ["web"] => web::build(false),
        ["web", "--debug"] => web::build(true),
        ["docs", ref more @ ..] => run_cargo(&["run", "--quiet", "--package", "osvm-pages", "--"], more),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Plugins and VM for wasm.
fn wasm(forms: Forms) -> Result<(), String> {
    plugins::build(forms)?;
    web::build(false)
}

/// The interpreter's tests with every method compiled to native code at once.
fn all_native(more: &[&str]) -> Result<(), String> {
    let mut tests = cargo();
    tests.args(["test", "--package", "osvm-core", "--lib"]).args(more).env("OSVM_JIT_AFTER", "1").current_dir(root());
    let status = tests.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the tests with OSVM_JIT_AFTER=1 ended with {status}")) }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace")
}

/// Cargo in the workspace, with its output to the user.
fn run_cargo(args: &[&str], more: &[&str]) -> Result<(), String> {
    let status =
        cargo().args(args).args(more).current_dir(root()).status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`cargo {}` ended with {status}", [args, more].concat().join(" "))) }
}
