//! What `osvm plugin new` makes is a plugin: its tests pass, its formatting is right, and it builds. And the guide for authors,
//! docs/writing-a-plugin.md, works: each of its commands is run, in order.

use osvm_tests::{Output, finish, image, library, root, words};
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
    assert!(library(&target().join("plugins"), "string-metrics").is_file());
}

/// The image that the guide calls `tiny.image`.
const TINY: &str = "tiny-32.image";

#[test]
fn the_guide_works() {
    let Some(tiny) = image(TINY) else {
        eprintln!("{TINY}: not here, so docs/writing-a-plugin.md is not tried; set OSVM_IMAGES to the folder that it is in");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    fs::copy(tiny, folder.path().join("tiny.image")).unwrap();
    std::os::unix::fs::symlink(root(), folder.path().join("osvm")).unwrap();
    let page = fs::read_to_string(root().join("docs/writing-a-plugin.md")).unwrap();
    let mut printed = String::new();
    for line in page.lines().filter_map(|line| line.strip_prefix("    ")).filter(|line| is_command(line)) {
        let (home, command) = match line.split_once(" && ") {
            Some((cd, command)) => (folder.path().join(cd.trim_start_matches("cd ")), command),
            None => (folder.path().to_path_buf(), line),
        };
        let mut all = words(command);
        let program = all.remove(0);
        let mut to_run = if program == "osvm" { osvm_tests::command(&home, &all) } else { cargo_command(&home, &all) };
        // Where cargo puts things is what the guide says, which `prepare` makes a link to the place that is kept.
        to_run.env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS").env("CARGO_NET_OFFLINE", "true");
        let output = finish(to_run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap(), LIMIT);
        assert_eq!(output.status, Some(0), "`{line}`:\n{}{}", output.stdout_text(), output.stderr_text());
        printed += &format!("$ {line}\n{}", output.stdout_text());
        if command.starts_with("osvm plugin new") {
            prepare(folder.path(), &page);
        }
    }
    assert!(printed.contains("primitiveGcd 12 18\n6\n"), "{printed}");
    assert!(printed.contains("$ osvm tiny.image\nSMALLTALK IMAGE FIRED UP!\n"), "{printed}");
}

fn is_command(line: &str) -> bool {
    line.starts_with("osvm ") || (line.starts_with("cd ") && line.contains(" && "))
}

fn cargo_command(folder: &Path, args: &[String]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(folder);
    command
}

/// Makes a new crate what the guide has by then, with the versions of this workspace, so that nothing is fetched.
fn prepare(folder: &Path, page: &str) {
    for name in ["string-metrics", "shout"] {
        let home = folder.join(name);
        if home.is_dir() && !home.join("Cargo.lock").is_file() {
            fs::copy(root().join("Cargo.lock"), home.join("Cargo.lock")).unwrap();
            let target = target().join(name);
            fs::create_dir_all(&target).unwrap();
            std::os::unix::fs::symlink(target, home.join("target")).unwrap();
        }
    }
    let shout = folder.join("shout/src/lib.rs");
    if shout.is_file() {
        let code = page.split("```rust\n").find(|block| block.starts_with("//!")).and_then(|block| block.split("```").next());
        fs::write(shout, code.expect("the guide has the plugin's code")).unwrap();
    }
}
