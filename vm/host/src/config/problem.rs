//! What is wrong with a configuration file, with the place and an excerpt that points at it.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

/// As many problems of one file are shown.
const SHOWN: usize = 20;
/// A line of an excerpt has at most so many characters.
const WIDTH: usize = 100;

/// Why a configuration cannot be used.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable(PathBuf, io::Error),
    /// What the file says is wrong; there is at least one problem.
    Wrong(PathBuf, Vec<Problem>),
}

/// Something wrong at one place of a file. It prints as `line:column: message` with an excerpt below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it, if that is not clear.
    pub help: Option<String>,
    /// The line, and below it carets under what is meant.
    excerpt: [String; 2],
}

impl Problem {
    /// A problem with these bytes of a text. A range that leads out of it, or into a character, is cut.
    pub(super) fn new(text: &str, span: Range<usize>, message: String, help: Option<String>) -> Problem {
        let boundary = |mut at: usize| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (boundary(span.start), boundary(span.end.max(span.start)));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[line_start..line_end].trim_end_matches('\r');
        let before = text[line_start..start].chars().count();
        let marked = text[start..end.clamp(start, line_end)].trim_end().chars().count().max(1);
        // Of a long line, what is around the place.
        let skipped = if before + marked > WIDTH { before.saturating_sub(WIDTH / 2) } else { 0 };
        let shown: String = line.chars().skip(skipped).take(WIDTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let marked = marked.min((skipped + WIDTH).saturating_sub(before)).max(1);
        let carets = " ".repeat(before - skipped) + &"^".repeat(marked);
        let number = text[..line_start].matches('\n').count() + 1;
        Problem { line: number, column: before + 1, message, help, excerpt: [shown.trim_end().to_string(), carets] }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [line, carets] = &self.excerpt;
        write!(f, "{}:{}: {}\n{:>5} | {line}\n      | {carets}", self.line, self.column, self.message, self.line)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "\n      = {help}"))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Unreadable(path, error) => write!(f, "{}: {error}", path.display()),
            ConfigError::Wrong(path, problems) => {
                for (i, problem) in problems.iter().take(SHOWN).enumerate() {
                    write!(f, "{}{}:{problem}", if i == 0 { "" } else { "\n" }, path.display())?;
                }
                match problems.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(f, "\nand {more} more problems"),
                }
            }
        }
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::Problem;

    fn problem(text: &str, span: std::ops::Range<usize>) -> String {
        Problem::new(text, span, "wrong".into(), None).to_string()
    }

    #[test]
    fn excerpts_point_at_the_place() {
        assert_eq!(problem("a = 1\nbé = 2\r\n", 6..9), "2:1: wrong\n    2 | bé = 2\n      | ^^");
        assert_eq!(problem("a = 1\nbé = 2\r\n", 12..99), "2:6: wrong\n    2 | bé = 2\n      |      ^");
        assert_eq!(problem("", 0..0), "1:1: wrong\n    1 | \n      | ^");
        assert_eq!(problem("a\n", 2..2), "2:1: wrong\n    2 | \n      | ^");
        assert_eq!(problem("\ta = é", 6..6), "1:6: wrong\n    1 |  a = é\n      |      ^", "a range within a character");
    }

    #[test]
    fn of_a_long_line_the_part_is_shown() {
        let text = format!("{}here{}", "x".repeat(1000), "y".repeat(1000));
        let printed = problem(&text, 1000..1004);
        let lines: Vec<&str> = printed.lines().collect();
        assert_eq!(lines[1].find("here"), lines[2].find("^^^^"));
        assert!(lines[1].len() < 120 && printed.starts_with("1:1001: "));
        assert!(problem(&text, 10..1900).lines().all(|line| line.len() < 120));
    }
}
