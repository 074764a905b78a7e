//! The page in a real browser: the tests in `vm/web/tests/e2e`, driven by Playwright, against a running `osvm serve`.
//!
//! They need Node, its packages and a browser, which `cargo xtask test` installs where it can; without them they are ignored.

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{images, installed, osvm, plugins, root, web};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};

/// One browser at a time: some tests measure how fast the page answers.
static ALONE: Mutex<()> = Mutex::new(());

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let browser = browser();
    if let Err(missing) = &browser {
        eprintln!("the tests of the page in a browser are IGNORED: {missing}");
    }
    let trial = |file: PathBuf| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().trim_end_matches(".test").to_string();
        let (browser, is_ignored) = (browser.clone(), browser.is_err());
        Trial::test(format!("the page in a browser: {name}"), move || run(&browser?, &file)).with_ignored_flag(is_ignored)
    };
    let trials = files().into_iter().map(trial).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

fn folder() -> PathBuf {
    root().join("vm/web/tests/e2e")
}

/// The files with tests, in order.
fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("the tests of the page are there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder can be read").path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    assert!(!files.is_empty(), "there are tests of the page");
    files
}

/// The browser, if all is there that the tests need; else what is not.
fn browser() -> Result<PathBuf, String> {
    let browser = osvm_tests::browser().ok_or("there is no browser; install chromium, or name one with OSVM_BROWSER")?;
    installed("node").ok_or("there is no Node; install version 20 or later")?;
    if !folder().join("node_modules/playwright-core").is_dir() {
        return Err("Playwright is not installed; run `npm ci` in vm/web/tests/e2e".into());
    }
    Ok(browser)
}

fn run(browser: &Path, file: &Path) -> Result<(), Failed> {
    let web = web();
    if !web.join("osvm.wasm").is_file() {
        return Err(format!("{}: the browser build is not here; run `cargo xtask web`", web.display()).into());
    }
    let osvm = osvm();
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut node = Command::new("node");
    node.args(["--test", "--test-concurrency=1", "--test-reporter=tap"]).arg(file).current_dir(folder()).stdin(Stdio::null());
    node.env("OSVM_COMMAND", osvm).env("OSVM_BROWSER", browser).env("OSVM_PLUGINS", plugins()).env("OSVM_WEB", web);
    if let Some(images) = images() {
        node.env("OSVM_IMAGES", images);
    }
    // Neither belongs to the page: logs, and another configuration of the one who runs the tests.
    let empty = tempfile::tempdir()?;
    let output = node.env_remove("RUST_LOG").env("XDG_CONFIG_HOME", empty.path()).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    for line in told.lines().filter(|line| line.contains("# SKIP")) {
        eprintln!("IGNORED in a browser: {}", line.trim());
    }
    if output.status.success() { Ok(()) } else { Err(format!("{told}\n{}", String::from_utf8_lossy(&output.stderr)).into()) }
}
