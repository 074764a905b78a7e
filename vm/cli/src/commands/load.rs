//! `osvm load`: packages of source into an image, which is written to a new file.

use crate::args::LoadArgs;
use crate::failure::Failure;
use osvm_compiler::load::{LoadOptions, Progress, Report, Step, load};
use osvm_compiler::packages::Packages;
use osvm_core::heap::NoRoots;
use osvm_core::image::{self, LoadedImage};
use osvm_host::replace_file;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Problems that are printed in full.
const SHOWN: usize = 50;
/// What takes longer has a bar.
const PATIENCE: Duration = Duration::from_secs(1);
const BAR_WIDTH: usize = 30;

/// Loads the packages; 1 if something is wrong with them, and nothing is written then.
pub fn run(args: &LoadArgs) -> Result<i32, Failure> {
    let packages = Packages::read(&args.packages).map_err(|error| Failure::bad_input("nothing is loaded", error))?;
    let mut image = osvm_host::load_image(&args.image, args.max_heap).map_err(Failure::load)?;
    let options = LoadOptions { compile: osvm_compiler::Options::PHARO_8, keep_going: args.keep_going };
    let mut bar = Bar::new();
    let report = load(&mut image.heap, &packages, &options, &mut |progress| bar.show(progress));
    bar.clear();
    let report = report.map_err(|error| Failure::unloaded(args.image.display(), error))?;
    print_problems(&report);
    if !report.is_complete() && !args.keep_going {
        return Err(Failure::incomplete(report.errors(), args.save.display()));
    }
    save(&mut image, &args.save)?;
    print_summary(&report, &args.save);
    Ok(0)
}

/// Writes the image, all of it or nothing.
fn save(image: &mut LoadedImage, path: &Path) -> Result<(), Failure> {
    let unwritten = |why: String| Failure::bad_input(path.display(), why);
    image.heap.prepare_snapshot(&mut NoRoots).map_err(|_| unwritten("there is no memory to prepare the image".into()))?;
    let written = replace_file(path, &mut |out| match image::write(&image.heap, &image.header, out) {
        Ok(_) => Ok(()),
        Err(error) => Err(io::Error::other(error.to_string())),
    });
    written.map_err(|error| unwritten(format!("the image is not written: {error}")))
}

fn print_problems(report: &Report<'_>) {
    let mut err = io::stderr().lock();
    for problem in report.rendered().take(SHOWN) {
        // A terminal that is gone has nobody who reads.
        let _ = err.write_all(problem.as_bytes());
    }
    if report.problems.len() > SHOWN {
        let _ = writeln!(err, "... and {} more", report.problems.len() - SHOWN);
    }
}

fn print_summary(report: &Report<'_>, path: &Path) {
    let plural = |count: usize, what: &str, many: &str| format!("{count} {}", if count == 1 { what } else { many });
    println!(
        "loaded {} and {} ({} new, {} replaced, {} in classes of others)",
        plural(report.new_classes.len(), "new class", "new classes"),
        plural(report.new_methods + report.replaced_methods, "method", "methods"),
        report.new_methods,
        report.replaced_methods,
        report.extensions
    );
    for change in &report.changed_classes {
        let migrated = if change.migrated > 0 {
            format!("; {} changed", plural(change.migrated, "instance", "instances"))
        } else {
            String::new()
        };
        println!(
            "changed {}: {}{migrated}",
            change.name,
            if change.what.is_empty() { "its superclass's shape".into() } else { change.what.join(", ") }
        );
    }
    if !report.undeclared.is_empty() {
        println!("not declared, and nil: {}", report.undeclared.join(", "));
    }
    if !report.is_complete() {
        println!(
            "left out: {}",
            plural(report.errors(), "definition or method with an error", "definitions and methods with errors")
        );
    }
    println!("saved as {}", path.display());
}

/// A bar on a terminal, for what takes long.
struct Bar {
    start: Instant,
    shown: Option<Instant>,
    terminal: bool,
}

impl Bar {
    fn new() -> Bar {
        Bar { start: Instant::now(), shown: None, terminal: io::stderr().is_terminal() }
    }

    fn show(&mut self, progress: Progress) {
        let often = self.shown.is_some_and(|last| last.elapsed() < Duration::from_millis(50));
        if !self.terminal || self.start.elapsed() < PATIENCE || often {
            return;
        }
        self.shown = Some(Instant::now());
        let what = match progress.step {
            Step::Classes => "classes",
            Step::Compiling => "compiling",
            Step::Installing => "installing",
        };
        let full = BAR_WIDTH * progress.done / progress.of.max(1);
        eprint!("\r{what:<10} [{}{}] {} of {}", "#".repeat(full), " ".repeat(BAR_WIDTH - full), progress.done, progress.of);
    }

    fn clear(&mut self) {
        if self.shown.is_some() {
            eprint!("\r\x1b[K");
        }
    }
}
