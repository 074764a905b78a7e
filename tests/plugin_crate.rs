//! What `osvm plugin new` makes is a plugin: its tests pass, its formatting is right, and it builds.

use osvm_tests::{Output, finish, root};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(600);

/// Where the crate is built: kept from one run to the next.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-crate")
}

#[track_caller]
fn succeeds(mut command: Command) -> Output {
    command.env("CARGO_TARGET_DIR", target()).env_remove("RUSTFLAGS").stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = finish(command.spawn().expect("the program can be started"), LIMIT);
    assert_eq!(output.status, Some(0), "{command:?}:\n{}{}", output.stdout_text(), output.stderr_text());
    output
}

fn osvm(folder: &Path, line: &str) -> Output {
    succeeds(osvm_tests::command(folder, &osvm_tests::words(line)))
}

fn cargo(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(folder);
    succeeds(command)
}

#[test]
fn a_new_plugin_can_be_tested_and_built() {
    let folder = tempfile::tempdir().unwrap();
    let sdk = root().join("plugin-sdk");
    osvm(folder.path(), &format!("plugin new StringMetrics --sdk '{}'", sdk.display()));
    let home = folder.path().join("string-metrics");
    // The versions of this workspace, so that nothing is fetched.
    fs::copy(root().join("Cargo.lock"), home.join("Cargo.lock")).unwrap();
    cargo(&home, &["fmt", "--check"]);
    let tests = cargo(&home, &["test", "--offline"]);
    assert!(tests.stdout_text().contains("3 passed"), "{}", tests.stdout_text());
    assert!(!tests.stderr_text().contains("warning"), "{}", tests.stderr_text());
    osvm(&home, "config check vm.toml");
    osvm(&home, "plugin build --native");
    let library = format!("{DLL_PREFIX}string-metrics{DLL_SUFFIX}");
    assert!(target().join("plugins").join(library).is_file());
}
