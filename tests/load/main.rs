//! `osvm load` and `osvm test` on copies of Pharo's bootstrap image: each format, each kind of change, and what is wrong. After each load
//! the saved file is sound, and starts.

mod changes;
mod environment;
mod formats;
mod sorted;
mod support;
mod tests;
mod wrong;

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{PHARO, image};
use std::process::ExitCode;

/// A case by its name.
type Case = (&'static str, fn() -> Result<(), Failed>);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let here = image(PHARO).is_some();
    if !here {
        eprintln!("{PHARO} is not here, so the tests of loading are ignored; set OSVM_IMAGES to the folder that it is in");
    }
    let cases = [formats::CASES, sorted::CASES, environment::CASES, changes::CASES, wrong::CASES, tests::CASES].concat();
    let trials = cases.into_iter().map(|(name, run)| Trial::test(name, run).with_ignored_flag(!here)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}
