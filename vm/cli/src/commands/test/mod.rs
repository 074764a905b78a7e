//! `osvm test`: the tests of an image, each in a process of its own.

mod junit;
mod outcome;
mod suite;

use crate::args::{SessionArgs, TestArgs};
use crate::commands::load::Loaded;
use crate::desktop::{self, Desktop};
use crate::failure::Failure;
use crate::report;
use osvm_compiler::evaluate::{Driver, EvalError, Session, text};
use outcome::{Outcome, Ran, Summary};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use suite::Test;

/// How long a test may take if nobody says anything of it.
const LIMIT: Duration = Duration::from_secs(10);

/// Runs the tests; 1 if one fails, or if there is none.
pub fn run(args: &TestArgs) -> Result<i32, Failure> {
    if let Some(path) = &args.junit {
        junit::check(path).map_err(|error| Failure::bad_input(path.display(), error))?;
    }
    let mut session_args = args.session.clone();
    session_args.timeout = Some(args.session.timeout.unwrap_or(LIMIT));
    // What is loaded is for this run alone; the file goes when the run is over.
    let loaded = if args.load.is_empty() { None } else { Some(load(args)?) };
    let mut runner = Runner { session: None, args: session_args, image: loaded.as_ref().map(|loaded| loaded.path.clone()) };
    let tests = runner.tests(args)?;
    if tests.is_empty() {
        return Err(Failure::no_tests(args.pattern.as_ref()));
    }
    let start = Instant::now();
    let mut results = Vec::with_capacity(tests.len());
    for test in tests {
        let ran = runner.run(&test)?;
        let interrupted = matches!(ran.outcome, Outcome::Interrupted);
        print(&test, &ran, args.verbose);
        results.push((test, ran));
        if interrupted {
            break;
        }
    }
    if let Some(mut session) = runner.session {
        session.driver().shutdown();
    }
    let summary = Summary::of(&results, start.elapsed());
    println!("{summary}");
    if let Some(path) = &args.junit {
        junit::write(path, &results, &summary).map_err(|error| Failure::bad_input(path.display(), error))?;
    }
    Ok(summary.status())
}

/// Loads packages into a copy of the image.
fn load(args: &TestArgs) -> Result<Loaded, Failure> {
    let image = desktop::image(&args.session)?;
    crate::commands::load::load_temporarily(&image, &args.load, args.keep_going, &args.session)
}

/// A line for a test that did not pass, with what was wrong below it.
fn print(test: &Test, ran: &Ran, verbose: bool) {
    let mut out = io::stdout().lock();
    // A reader that is gone wants no more.
    let _ = match &ran.outcome {
        Outcome::Passed if verbose => writeln!(out, "pass   {test} ({:.3} s)", ran.time.as_secs_f64()),
        Outcome::Passed | Outcome::ExpectedFailure => Ok(()),
        Outcome::Skipped(why) if verbose => writeln!(out, "skip   {test}: {why}"),
        Outcome::Skipped(_) => Ok(()),
        other => write!(out, "{:<5}  {test}: {}", other.word(), other.text()),
    };
    let _ = out.flush();
}

/// A session that is begun again when a test has ended it.
struct Runner {
    session: Option<Session<Desktop>>,
    args: SessionArgs,
    /// The image, if it is not the one that is named.
    image: Option<PathBuf>,
}

impl Runner {
    /// The tests of the image that the pattern accepts.
    fn tests(&mut self, args: &TestArgs) -> Result<Vec<Test>, Failure> {
        let limit = self.session()?.time_limit.take();
        let listed = self.session()?.evaluate("tests", suite::LIST);
        self.session()?.time_limit = limit;
        match listed {
            Ok(_) => {
                // The string itself: what it prints of itself may be cut off.
                let session = self.session()?;
                let list = session.value().and_then(|list| text(&session.driver().vm().heap, list)).unwrap_or_default();
                Ok(suite::parse(&list, args.pattern.as_ref()))
            }
            Err(EvalError::Syntax(_)) => Err(Failure::bad_input(
                "the image has no class TestCase",
                "load SUnit with the tests, as in `osvm test --load SUnit-Core --load My-Tests`",
            )),
            Err(error) => {
                Err(Failure::bad_input("the tests cannot be listed", report::text("tests", suite::LIST, &error).trim_end()))
            }
        }
    }

    fn session(&mut self) -> Result<&mut Session<Desktop>, Failure> {
        if self.session.is_none() {
            self.session = Some(match &self.image {
                Some(image) => desktop::start_image(&self.args, image)?,
                None => desktop::start(&self.args)?,
            });
        }
        Ok(self.session.as_mut().expect("it was just started"))
    }

    fn run(&mut self, test: &Test) -> Result<Ran, Failure> {
        let session = self.session()?;
        let start = Instant::now();
        let result = session.evaluate(&test.to_string(), &test.source());
        let time = start.elapsed();
        session.driver().flush();
        let ends = result.as_ref().is_err_and(report::ends);
        let limit = session.time_limit;
        let outcome = Outcome::of(test, result, limit);
        if ends {
            // Nothing more can be evaluated there.
            self.session = None;
        }
        Ok(Ran { outcome, time })
    }
}
