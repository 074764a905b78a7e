//! The text of `docs/primitives.md`, from the tables; `cargo xtask docs` writes it.

use super::{NAMED, PARAMETERS, QUICK, Run, TABLE};
use std::fmt::Write;

const INTRODUCTION: &str = "# Numbered primitives

Written by `cargo xtask docs` from the table in `vm/core/src/primitives`.

**value** computes an answer; **control** changes frames, processes or caches and is the interpreter's; **known** to the interpreter
by number are quick methods and the call of named primitives; **fails** always fails, and the image's own code is the implementation. Arguments are without the
receiver; the number in brackets is for debuggers that pass the object in question as first argument. A method with a number
that is not here runs its code at once, with nil for the failure code, as the reference does.

";

/// The text of `docs/primitives.md`.
pub fn markdown() -> String {
    let mut rows = Vec::new();
    for row in TABLE {
        let (kind, args) = (kind(row.run), if matches!(row.run, Run::Fails(_)) { String::new() } else { arguments(row.args) });
        rows.push((row.number, format!("| {} | `{}` | {kind} | {args} | {} |\n", row.number, row.name, cell(row.doc))));
    }
    for &(first, last, doc) in QUICK {
        let numbers = if first == last { first.to_string() } else { format!("{first}-{last}") };
        rows.push((first, format!("| {numbers} | | known | | {doc} |\n")));
    }
    rows.sort();
    let mut text = INTRODUCTION.to_string();
    text += "| number | name in the reference | kind | arguments | what it does |\n|---:|---|---|---|---|\n";
    rows.iter().for_each(|(_, row)| text += row);
    text += "\n# Primitives without a number\n\nThe VM's own that images call by name, without a module. Those with a number can be \
             called by their names too.\n\n| name | kind | arguments | what it does |\n|---|---|---|---|\n";
    for row in NAMED {
        let kind = kind(row.run);
        writeln!(text, "| `{}` | {kind} | {} | {} |", row.name, row.args, cell(row.doc)).expect("a String takes all text");
    }
    text += "\n# VM parameters\n\nWhat primitive 254 answers and sets. A number that is not here is nil.\n\n";
    text += "| number | may be set | what it is |\n|---:|---|---|\n";
    for parameter in PARAMETERS {
        let settable = if parameter.set.is_some() { "yes" } else { "" };
        writeln!(text, "| {} | {settable} | {} |", parameter.number, cell(parameter.doc)).expect("a String takes all text");
    }
    text
}

fn kind(run: Run) -> &'static str {
    match run {
        Run::Value(_) => "value",
        Run::Control(_) => "control",
        Run::Fails(_) => "fails",
    }
}

fn arguments((lowest, highest): (u8, u8)) -> String {
    match highest - lowest {
        0 => lowest.to_string(),
        1 => format!("{lowest} ({highest})"),
        _ => format!("{lowest} to {highest}"),
    }
}

/// Text that may stand in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
