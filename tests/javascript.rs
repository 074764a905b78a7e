//! What stands beside the VM in JavaScript: `vm/web/tests` in Node, with the VM as `cargo xtask web` built it, and `vm/web/tests/e2e` in a real
//! browser, driven by Playwright, against a running `osvm serve`.
//!
//! They need Node, its packages and a browser, which `cargo xtask test` installs where it can; without them they are ignored.

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{browser, images, installed, osvm, plugins, root, web};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};

/// One at a time: some tests measure how fast the page answers.
static ALONE: Mutex<()> = Mutex::new(());

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let in_node = node();
    let in_browser = in_node.clone().and_then(|()| {
        browser().map(drop).ok_or_else(|| "there is no browser; install chromium, or name one with OSVM_BROWSER".to_string())
    });
    let mut trials = Vec::new();
    for (place, folder, here) in [("Node", "", in_node), ("a browser", "e2e", in_browser)] {
        if let Err(missing) = &here {
            eprintln!("the tests in {place} are IGNORED: {missing}");
        }
        trials.extend(files(&tests().join(folder)).into_iter().map(|file| {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().trim_end_matches(".test").to_string();
            Trial::test(format!("in {place}: {name}"), move || run(&file)).with_ignored_flag(here.is_err())
        }));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

fn tests() -> PathBuf {
    root().join("vm/web/tests")
}

/// The files with tests in a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("there are tests");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder can be read").path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    assert!(!files.is_empty(), "there are tests in {}", folder.display());
    files
}

/// Whether Node and the packages are here; else what is not.
fn node() -> Result<(), String> {
    installed("node").ok_or("there is no Node; install version 20 or later")?;
    match tests().join("node_modules/playwright-core").is_dir() {
        true => Ok(()),
        false => Err("Node's packages are not installed; run `npm ci` in vm/web/tests".into()),
    }
}

fn run(file: &Path) -> Result<(), Failed> {
    let web = web();
    if !web.join("osvm.wasm").is_file() {
        return Err(format!("{}: the browser build is not here; run `cargo xtask web`", web.display()).into());
    }
    let osvm = osvm();
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut node = Command::new("node");
    // Node 20 has WebSockets only when it is asked for them.
    node.arg("--experimental-websocket")
        .args(["--test", "--test-concurrency=1", "--test-timeout=180000", "--test-reporter=tap"])
        .arg(file);
    node.current_dir(tests()).stdin(Stdio::null());
    node.env("OSVM_COMMAND", osvm).env("OSVM_PLUGINS", plugins()).env("OSVM_WEB", web);
    if let Some(browser) = browser() {
        node.env("OSVM_BROWSER", browser);
    }
    if let Some(images) = images() {
        node.env("OSVM_IMAGES", images);
    }
    // Neither belongs to the tests: logs, and another configuration of the one who runs them.
    let empty = tempfile::tempdir()?;
    let output = node.env_remove("RUST_LOG").env("XDG_CONFIG_HOME", empty.path()).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    for line in told.lines().filter(|line| line.contains("# SKIP")) {
        eprintln!("IGNORED: {}", line.trim());
    }
    if output.status.success() { Ok(()) } else { Err(format!("{told}\n{}", String::from_utf8_lossy(&output.stderr)).into()) }
}
