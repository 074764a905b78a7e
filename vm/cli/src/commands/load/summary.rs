//! What was loaded, for people.

use osvm_compiler::load::{Report, Tally};
use std::io::{self, Write};
use std::path::Path;

/// Problems that are printed in full.
const SHOWN: usize = 50;

/// Prints what is wrong on standard error, with file, line, column and caret.
pub fn print_problems(report: &Report<'_>) {
    let mut err = io::stderr().lock();
    for problem in report.rendered().take(SHOWN) {
        // A terminal that is gone has nobody who reads.
        let _ = err.write_all(problem.as_bytes());
    }
    if report.problems.len() > SHOWN {
        let _ = writeln!(err, "... and {} more", report.problems.len() - SHOWN);
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// What of the protocols, comments and categories of the packages is in the image, and what it has no place for.
fn print_sorted(report: &Report<'_>) {
    let tallies = [
        (report.protocols, "protocols of", "method", "methods"),
        (report.categories, "categories of", "class", "classes"),
        (report.comments, "comments of", "class", "classes"),
    ];
    let listed = |count: fn(&Tally) -> usize| -> String {
        let counts = tallies.iter().map(|(tally, what, one, many)| (count(tally), what, one, many));
        let words = counts.filter(|&(count, ..)| count > 0);
        words.map(|(count, what, one, many)| format!("{what} {}", counted(count, one, many))).collect::<Vec<_>>().join(", ")
    };
    let (kept, lost) = (listed(|tally| tally.kept), listed(|tally| tally.given - tally.kept));
    if !kept.is_empty() {
        println!("kept: {kept}");
    }
    if !lost.is_empty() {
        println!("not kept, as the image has no place for it: {lost}");
    }
}

/// Prints the summary on standard output.
pub fn print(report: &Report<'_>, failures: usize, path: &Path) {
    let (new, replaced) = (report.new_methods, report.replaced_methods);
    println!(
        "loaded {} and {}: {new} new, {replaced} replaced, {} of classes that are not in the packages",
        counted(report.new_classes.len(), "new class", "new classes"),
        counted(new + replaced, "method", "methods"),
        report.extensions
    );
    print_sorted(report);
    let (changed, followed): (Vec<_>, Vec<_>) = report.changed_classes.iter().partition(|change| !change.what.is_empty());
    for change in changed {
        let instances = match change.migrated {
            0 => String::new(),
            count => format!("; {}", counted(count, "instance migrated", "instances migrated")),
        };
        println!("changed {}: {}{instances}", change.name, change.what.join(", "));
    }
    if !followed.is_empty() {
        let migrated = followed.iter().map(|change| change.migrated).sum();
        let instances = counted(migrated, "instance migrated", "instances migrated");
        println!("changed with their superclasses: {}; {instances}", counted(followed.len(), "class", "classes"));
    }
    if !report.undeclared.is_empty() {
        println!("not declared, and nil: {}", report.undeclared.join(", "));
    }
    if !report.is_complete() {
        println!(
            "left out: {}",
            counted(report.errors(), "definition or method with an error", "definitions or methods with errors")
        );
    }
    if failures > 0 {
        println!("not initialised: {}", counted(failures, "expression failed", "expressions failed"));
    }
    println!("saved as {}", path.display());
}
