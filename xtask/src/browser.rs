//! What the tests of the page need beside Rust: a browser, and Node's packages. They are installed where they are missing and that is
//! possible; else the tests say that they are ignored.

use crate::root;
use std::path::Path;
use std::process::{Command, Stdio};

/// The names of browsers that Playwright drives as Chromium; `tests/lib.rs` looks for the same.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Sees to it that there are a browser and the packages, and says what could not be had.
pub fn set_up() {
    for problem in [browser(), packages()].into_iter().filter_map(Result::err) {
        eprintln!("xtask: {problem}\nxtask: the tests of the page in a browser will be ignored");
    }
}

fn browser() -> Result<(), String> {
    if std::env::var_os("OSVM_BROWSER").is_some() || BROWSERS.iter().any(|name| is_there(name)) {
        return Ok(());
    }
    const HELP: &str = "install chromium, or name one with OSVM_BROWSER";
    if !is_there("apt-get") {
        return Err(format!("there is no browser\n  help: {HELP}"));
    }
    if !is_root() {
        return Err(format!(
            "there is no browser, and only root can install one\n  help: {HELP}, as with `sudo apt install chromium`"
        ));
    }
    eprintln!("xtask: there is no browser: apt installs chromium");
    let install = ["install", "--yes", "--quiet", "--no-install-recommends", "chromium"];
    // The list of packages may be missing or too old.
    let installed = apt(&install) || (apt(&["update", "--quiet"]) && apt(&install));
    if installed && is_there("chromium") { Ok(()) } else { Err(format!("apt could not install chromium\n  help: {HELP}")) }
}

/// The packages of the lock file, if they are not there yet.
fn packages() -> Result<(), String> {
    let folder = root().join("vm/web/tests");
    let installed = folder.join("node_modules/.package-lock.json");
    let changed = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    if changed(&installed).is_some_and(|installed| Some(installed) >= changed(&folder.join("package-lock.json"))) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder).stdout(Stdio::null());
    match npm.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`npm ci` in {} ended with {status}", folder.display())),
        Err(error) => Err(format!("npm cannot be started: {error}\n  help: install Node 20 or later, with npm")),
    }
}

fn apt(args: &[&str]) -> bool {
    let status = Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Whether a program of this name is in one of the folders of `PATH`.
fn is_there(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}
