//! What is wrong with a source, where, and what was expected: as values, and as text with the line and a caret.

use crate::source::{Span, line_at, position};
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// There is no method.
    Error,
    /// There is one, and it may not do what was meant.
    Warning,
}

/// Something to say about a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The part of the source that it is about.
    pub span: Span,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do, or what was probably meant.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Error, span, message: message.into(), help: None }
    }

    /// A warning.
    pub fn warning(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(span, message) }
    }

    /// This, with advice.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// This as text: `NAME:LINE:COLUMN: error: MESSAGE`, the line of source, and carets under what is meant.
    pub fn render<'a>(&'a self, name: &'a str, source: &'a str) -> impl fmt::Display + 'a {
        Rendered { diagnostic: self, name, source }
    }
}

struct Rendered<'a> {
    diagnostic: &'a Diagnostic,
    name: &'a str,
    source: &'a str,
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rendered { diagnostic, name, source } = self;
        let start = diagnostic.span.start as usize;
        let place = position(source, start);
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(f, "{name}:{}:{}: {severity}: {}", place.line, place.column, diagnostic.message)?;
        let line = line_at(source, start);
        writeln!(f, "  {}", line.replace('\t', " "))?;
        let marked = source.get(diagnostic.span.range()).unwrap_or("").chars().take_while(|c| !matches!(c, '\n' | '\r')).count();
        let room = line.chars().count().saturating_sub(place.column - 1);
        writeln!(f, "  {}{}", " ".repeat(place.column - 1), "^".repeat(marked.clamp(1, room.max(1))))?;
        match &diagnostic.help {
            Some(help) => writeln!(f, "  {help}"),
            None => Ok(()),
        }
    }
}

/// Of some names, those that are written nearly like `wanted`, best first; at most three.
pub fn near_names<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let limit = (wanted.chars().count() / 3).clamp(1, 3);
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter(|name| *name != wanted && name.len().abs_diff(wanted.len()) <= limit)
        .filter_map(|name| Some((distance(wanted, name, limit)?, name)))
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().map(|(_, name)| name).take(3).collect()
}

/// How many letters must be changed, added, dropped, or swapped with their neighbour; `None` if more than `limit`. A difference of case
/// alone counts as one.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    if a.eq_ignore_ascii_case(b) {
        return Some(1);
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let change = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                let swapped: &Vec<usize> = &before;
                best = best.min(swapped[j - 2] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    (row[b.len()] <= limit).then_some(row[b.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_near() {
        let names = ["Transcript", "OrderedCollection", "Trans", "self", "count"];
        assert_eq!(near_names("Trancsript", names), ["Transcript"]);
        assert_eq!(near_names("cuont", names), ["count"]);
        assert_eq!(near_names("transcript", names), ["Transcript"]);
        assert!(near_names("wholly", names).is_empty());
    }

    #[test]
    fn a_caret_is_under_what_is_meant() {
        let source = "foo\n\t^ bar baz";
        let text = Diagnostic::error(Span::new(7, 10), "bar is not declared")
            .help("did you mean bay?")
            .render("Foo>>foo", source)
            .to_string();
        assert_eq!(text, "Foo>>foo:2:4: error: bar is not declared\n   ^ bar baz\n     ^^^\n  did you mean bay?\n");
    }
}
