//! `osvm eval` and `osvm repl` on real images: the expressions of `expressions.txt`, in one process for each bytecode set, and what the
//! commands do with sources, errors, time limits, interrupts and saved images.
//!
//! The tests run in Pharo's bootstrap image after its first start. Where an image is not here, its tests are ignored.

mod cases;
mod commands;
mod repl;

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{Output, PHARO, image, pharo_started, run};
use std::fmt::Debug;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;
use tempfile::TempDir;

/// The time after which something hangs. Debug builds on a busy machine are slow.
const LIMIT: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let mut add = |needs: &str, name: &'static str, test: fn() -> Result<(), Failed>| {
        trials.push(Trial::test(name, test).with_ignored_flag(!needs.is_empty() && image(needs).is_none()));
    };
    for &(needs, name, test) in cases::TESTS.iter().chain(commands::TESTS).chain(repl::TESTS) {
        add(needs, name, test);
    }
    if image(PHARO).is_none() {
        eprintln!("{PHARO}: not here, so its tests are ignored; set OSVM_IMAGES to the folder that it is in");
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// A test: the image that it needs (none if empty), its name, and what it does.
type Test = (&'static str, &'static str, fn() -> Result<(), Failed>);

/// A folder with Pharo's image after its first start.
fn pharo() -> Result<TempDir, Failed> {
    let folder = tempfile::tempdir()?;
    fs::copy(pharo_started().ok_or("the image is not here")??, folder.path().join(PHARO))?;
    Ok(folder)
}

/// `osvm eval` in Pharo's image, with these further arguments.
fn eval(arguments: &[&str]) -> Result<Output, Failed> {
    eval_in(&pharo()?, arguments)
}

fn eval_in(folder: &TempDir, arguments: &[&str]) -> Result<Output, Failed> {
    Ok(run(folder.path(), &[&["eval", "--image", PHARO], arguments].concat(), LIMIT))
}

fn expect(holds: bool, what: &str, found: impl Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{what}: {found:?}").into()) }
}

/// Checks status, standard output and standard error.
fn ends(output: &Output, status: i32, stdout: &str, stderr: &str) -> Result<(), Failed> {
    let found = (output.status, output.stdout_text(), output.stderr_text());
    expect(found == (Some(status), stdout.into(), stderr.into()), &format!("expected {status}, {stdout:?}, {stderr:?}"), found)
}
