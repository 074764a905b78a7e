//! The chain of snapshots: the first start saves the image; the saved image starts; it loads code and saves again; what was
//! loaded runs; and every file in between is sound.

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{PHARO, benchmarks, image, run};
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let here = image(PHARO).is_some() && benchmarks().is_some();
    if !here {
        eprintln!("{PHARO} or ../bench/peerbench.hermes beside it is not here, so the chain of snapshots is ignored");
    }
    let mut trials = vec![Trial::test("the chain of snapshots", || chain(&[])).with_ignored_flag(!here)];
    trials.push(
        Trial::test("the chain of snapshots under --gc-stress 1000", || chain(&["--gc-stress", "1000"])).with_ignored_flag(!here),
    );
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

fn chain(options: &[&str]) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("chain.image");
    fs::copy(image(PHARO).ok_or("the image is not here")?, &file)?;
    fs::copy(benchmarks().ok_or("the benchmarks are not here")?, folder.path().join("bench.hermes"))?;
    let step = |args: &[&str], expected: &str| step(folder.path(), options, args, expected);
    let first = fs::read(&file)?;
    step(&[], "")?;
    let second = fs::read(&file)?;
    if first == second {
        return Err("the first start has not saved the image".into());
    }
    step(&["loadHermes", "bench.hermes", "--save"], "")?;
    if fs::read(&file)? == second {
        return Err("--save has not saved the image".into());
    }
    step(&["bench", "peerFib", "20"], "21891\n")?;
    step(&["bench", "peerFact", "300"], "615\n")?;
    step(&["bench", "peerFib", "30"], "2692537\n")
}

/// Runs the image, compares standard output, and looks whether the file is sound.
fn step(folder: &Path, options: &[&str], args: &[&str], expected: &str) -> Result<(), Failed> {
    let all: Vec<&str> = options.iter().chain(&["chain.image"]).chain(args).copied().collect();
    let output = run(folder, &all, LIMIT);
    if output.status != Some(0) || output.stdout_text() != expected {
        return Err(format!("{args:?}: {:?} {:?} {}", output.status, output.stdout_text(), output.stderr_text()).into());
    }
    let info = run(folder, &["info", "--verify", "chain.image"], LIMIT);
    if info.status == Some(0) { Ok(()) } else { Err(format!("after {args:?}: {}", info.stdout_text()).into()) }
}
