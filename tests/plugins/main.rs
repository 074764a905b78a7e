//! Plugins in the real host in their three forms, and what surrounds them: loading again, the cache of compiled code, fuel.

mod cache;
mod form;
mod fuel;
mod held;
mod hooks;
mod module;
mod policy;
mod reload;
mod residence;
mod values;

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // The untrusted directory of an image is beside it, and these images are in the working directory.
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let plugins = std::path::absolute(osvm_tests::plugins()).expect("the folder of the plugins has a path");
    std::env::set_current_dir(folder.path()).expect("the new folder can be entered");
    let mut trials = Vec::new();
    for form in form::all(&plugins) {
        let name = form.name();
        let mut of_form = |what: &str, test: fn(&form::Form) -> Result<(), Failed>| {
            let form = form.clone();
            trials.push(Trial::test(format!("{name}: {what}"), move || test(&form)));
        };
        values::TESTS.iter().for_each(|&(what, test)| of_form(what, test));
        hooks::TESTS.iter().for_each(|&(what, test)| of_form(what, test));
        if name != "builtin" {
            hooks::OF_FILES.iter().for_each(|&(what, test)| of_form(what, test));
        }
        of_form("what a call with Integers alone does, by native code", residence::acts);
        of_form("files after their right was given up", policy::files_after_their_right_was_given_up);
    }
    for (what, test) in [reload::TESTS, cache::TESTS, fuel::TESTS, residence::TESTS, held::TESTS].into_iter().flatten() {
        trials.push(Trial::test(*what, test));
    }
    let native = osvm_tests::library(&plugins, "sampler");
    trials.push(Trial::test("a library that changes stays as it was loaded", move || reload::a_library_stays(&native)));
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// Tests by what they show.
type Tests = &'static [(&'static str, fn() -> Result<(), Failed>)];

/// Tests that are made of a plugin in each form.
type TestsOfForms = &'static [(&'static str, fn(&form::Form) -> Result<(), Failed>)];

/// Fails with what was found unless it is what was expected.
#[track_caller]
fn same<T: PartialEq + std::fmt::Debug>(found: T, expected: T, what: &str) -> Result<(), Failed> {
    if found == expected {
        return Ok(());
    }
    Err(format!("line {}, {what}: found {found:?}, expected {expected:?}", std::panic::Location::caller().line()).into())
}
