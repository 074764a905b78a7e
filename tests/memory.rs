//! A real image that uses up its memory: it is told before the end, acts, and what it does not manage ends in a clear message.

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{Output, benchmarks, pharo_started, run};
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let here = pharo_started().is_some() && benchmarks().is_some();
    if !here {
        eprintln!("the Pharo image or ../bench/peerbench.hermes beside it is not here, so no image uses up its memory");
    }
    let trials = vec![
        Trial::test("a collection that grows for ever", grow).with_ignored_flag(!here),
        Trial::test("a recursion without end", recur).with_ignored_flag(!here),
    ];
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// Runs a benchmark for a number that no memory suffices for, in 64 MiB.
fn use_up(benchmark: &str) -> Result<Output, Failed> {
    let folder = tempfile::tempdir()?;
    fs::copy(pharo_started().ok_or("the image is not here")??, folder.path().join("full.image"))?;
    fs::copy(benchmarks().ok_or("the benchmarks are not here")?, folder.path().join("bench.hermes"))?;
    let loaded = run(folder.path(), &["full.image", "loadHermes", "bench.hermes", "--save"], LIMIT);
    if loaded.status != Some(0) {
        return Err(format!("the benchmarks cannot be loaded: {loaded:?}").into());
    }
    Ok(run(folder.path(), &["--max-heap", "64M", "full.image", "bench", benchmark, "1000000000"], LIMIT))
}

fn expect(holds: bool, what: &str, output: &Output) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{what}: {:?}\n{}", output.status, output.stderr_text()).into()) }
}

/// The image's low space watcher has enough left to log who uses the memory, which takes many times what is left, and to quit.
fn grow() -> Result<(), Failed> {
    let output = use_up("peerKeep")?;
    let text = output.stderr_text();
    expect(text.contains("Low space signal received.") && text.contains("OrderedCollection>>add:"), "the image is told", &output)?;
    expect(output.status == Some(1) && !text.contains("osvm: "), "and quits itself", &output)
}

/// The image's watcher wants to log all of the stack, which is more than memory holds.
fn recur() -> Result<(), Failed> {
    let output = use_up("peerFib")?;
    let text = output.stderr_text();
    expect(text.contains("Low space signal received."), "the image is told", &output)?;
    expect(output.status == Some(70) && text.contains("out of memory"), "it stops with a reason", &output)?;
    expect(text.contains("peerFib") && text.contains("looks like a recursion without end"), "and with what led to it", &output)
}
