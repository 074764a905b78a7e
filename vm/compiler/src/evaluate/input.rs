//! Whether what was entered so far can be a whole expression: for who reads line by line.

use crate::diagnostic::Severity;
use crate::syntax::{Dialect, parse_expression};

/// Whether something is missing at the end: a bracket, a string or comment that is not closed, or what an operator, a keyword, an assignment
/// or a caret needs.
pub fn is_incomplete(source: &str, dialect: Dialect) -> bool {
    if !is_closed(source) {
        return true;
    }
    let end = source.trim_end().len();
    let parsed = parse_expression(source, dialect);
    let first = parsed.diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    end > 0 && first.is_some_and(|error| error.span.start as usize >= end)
}

/// Whether every bracket, string and comment that is opened is closed. One too many is an error, which nothing behind it heals.
fn is_closed(source: &str) -> bool {
    let mut depth = 0usize;
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '$' => drop(chars.next()),
            '\'' | '"' if !chars.any(|other| other == c) => return false,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return true,
            },
            _ => {}
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_and_what_does_not() {
        for source in ["(3", "[:x |", "'abc", "\"abc", "#(1 2", "{1.", "3 +", "x := ", "3 foo: ", "^", "$a , '(", "#($( 1"] {
            assert!(is_incomplete(source, Dialect::PHARO), "{source}");
        }
        for source in ["", "3", "3 + 4", "'it''s'", "$(", "$'", "\"(\" 3", "3)", ") (", "3 foo: 4. ", "'(' size", "3 4 +", "x :="] {
            let wanted = source == "x :=";
            assert_eq!(is_incomplete(source, Dialect::PHARO), wanted, "{source}");
        }
    }
}
