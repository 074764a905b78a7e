//! Plugins that mean harm, or are broken in every way: each is refused, or its call fails as documented; the image goes on, and the next call of a
//! good plugin works.
//!
//! Most are WebAssembly text in the tables beside this file. They run in the real host, over a small image.

mod answers;
mod case;
mod files;
mod interfaces;
mod lies;
mod log;
mod native;
mod page;
mod traps;

use case::Case;
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

const TABLES: &[&[Case]] = &[traps::CASES, lies::CASES, answers::CASES, interfaces::CASES, files::CASES];
/// Those, and some that are about the engines of browsers.
const IN_A_PAGE: &[&[Case]] = &[traps::CASES, lies::CASES, answers::CASES, interfaces::CASES, files::CASES, page::CASES];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = TABLES.iter().copied().flatten();
    let mut trials: Vec<Trial> = cases.map(|case| Trial::test(case.name, || case.check())).collect();
    trials.extend(page::of(IN_A_PAGE));
    trials.extend(interfaces::others());
    trials.extend(files::others());
    trials.extend(native::others());
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}
