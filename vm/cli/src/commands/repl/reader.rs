//! Reading entries: at a terminal with history and completion, elsewhere line by line without a prompt.

use osvm_compiler::evaluate::is_incomplete;
use osvm_compiler::syntax::Dialect;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::collections::BTreeSet;
use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

const PROMPT: &str = "> ";

/// What was read.
pub(super) enum Line {
    /// An entry of one line or more.
    Entry(String),
    /// The user gave up what was entered.
    Cancelled,
    /// There is no more.
    End,
}

/// Where entries come from.
pub(super) enum Reader {
    Terminal(Box<Terminal>),
    Pipe(Dialect),
}

/// A terminal, and the file that keeps its history.
pub(super) struct Terminal {
    editor: Editor<Words, FileHistory>,
    history: Option<PathBuf>,
}

impl Reader {
    pub(super) fn new(dialect: Dialect) -> rustyline::Result<Reader> {
        if !io::stdin().is_terminal() {
            return Ok(Reader::Pipe(dialect));
        }
        let config = Config::builder().auto_add_history(true).completion_type(CompletionType::List).build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(Words { dialect, words: BTreeSet::new() }));
        let history = history_file();
        if let Some(file) = &history {
            // There is none before the first time.
            let _ = editor.load_history(file);
        }
        Ok(Reader::Terminal(Box::new(Terminal { editor, history })))
    }

    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Reader::Terminal(_))
    }

    /// Names and messages that the user may mean.
    pub(super) fn complete_with(&mut self, words: BTreeSet<String>) {
        if let Some(helper) = self.helper() {
            helper.words = words;
        }
    }

    /// One more.
    pub(super) fn complete_also(&mut self, word: &str) {
        if let Some(helper) = self.helper() {
            helper.words.insert(word.into());
        }
    }

    fn helper(&mut self) -> Option<&mut Words> {
        match self {
            Reader::Terminal(terminal) => terminal.editor.helper_mut(),
            Reader::Pipe(_) => None,
        }
    }

    /// The next entry.
    pub(super) fn read(&mut self) -> io::Result<Line> {
        match self {
            Reader::Terminal(terminal) => terminal.read(),
            Reader::Pipe(dialect) => read_lines(&mut io::stdin().lock(), *dialect),
        }
    }
}

impl Terminal {
    fn read(&mut self) -> io::Result<Line> {
        match self.editor.readline(PROMPT) {
            Ok(text) => {
                self.save();
                Ok(Line::Entry(text))
            }
            Err(ReadlineError::Interrupted) => Ok(Line::Cancelled),
            Err(ReadlineError::Eof) => Ok(Line::End),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// Keeps the history; where that cannot be, it is that of this time alone.
    fn save(&mut self) {
        if let Some(file) = &self.history {
            let made = file.parent().map(std::fs::create_dir_all).transpose();
            let _ = made.map(|_| self.editor.save_history(file));
        }
    }
}

/// The file of the history: `osvm/history` in the user's folder for state.
fn history_file() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")))?;
    Some(folder.join("osvm/history"))
}

/// Lines up to where they can be a whole entry.
fn read_lines(input: &mut impl BufRead, dialect: Dialect) -> io::Result<Line> {
    let mut text = String::new();
    loop {
        if input.read_line(&mut text)? == 0 {
            return Ok(if text.is_empty() { Line::End } else { Line::Entry(text) });
        }
        if !goes_on(&text, dialect) {
            return Ok(Line::Entry(text));
        }
    }
}

/// Whether an entry is not complete yet. Those with a colon are always of one line, and an empty line ends any.
fn goes_on(text: &str, dialect: Dialect) -> bool {
    let is_command = text.trim_start().starts_with(':');
    let ends_empty = text.ends_with("\n\n") || text.ends_with("\n\r\n");
    !is_command && !ends_empty && is_incomplete(text, dialect)
}

/// What completes a word, and knows whether an entry is complete.
pub(super) struct Words {
    dialect: Dialect,
    words: BTreeSet<String>,
}

impl Completer for Words {
    type Candidate = String;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(completions(&self.words, &line[..position]))
    }
}

/// Where the word at the end of a line begins, and the words that begin with it.
fn completions(words: &BTreeSet<String>, line: &str) -> (usize, Vec<String>) {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let start = line.char_indices().rev().take_while(|&(_, c)| is_part(c)).last().map_or(line.len(), |(index, _)| index);
    let word = &line[start..];
    if word.is_empty() || word.starts_with(':') {
        return (start, Vec::new());
    }
    (start, words.range(word.to_string()..).take_while(|other| other.starts_with(word)).cloned().collect())
}

impl Validator for Words {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let incomplete = goes_on(&format!("{}\n", context.input()), self.dialect);
        Ok(if incomplete { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Highlighter for Words {}

impl Hinter for Words {
    type Hint = String;
}

impl Helper for Words {}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(mut text: &[u8]) -> Vec<String> {
        let mut entries = Vec::new();
        while let Line::Entry(entry) = read_lines(&mut text, Dialect::PHARO).unwrap() {
            entries.push(entry);
        }
        entries
    }

    #[test]
    fn entries_end_where_nothing_is_missing() {
        assert_eq!(entries(b"3 + 4\n[:x |\n x] value: 3\n:browse (\n7"), ["3 + 4\n", "[:x |\n x] value: 3\n", ":browse (\n", "7"]);
        assert_eq!(entries(b"(3 + 4\n\n5\n"), ["(3 + 4\n\n", "5\n"]);
        assert_eq!(entries(b"(3"), ["(3"]);
    }

    #[test]
    fn words_are_completed() {
        let words = ["inject:into:", "injured", "Integer", "x"].map(String::from).into();
        assert_eq!(completions(&words, "#(1 2) inj"), (7, vec!["inject:into:".to_string(), "injured".to_string()]));
        assert_eq!(completions(&words, "3 + I"), (4, vec!["Integer".to_string()]));
        assert_eq!(completions(&words, "3 + "), (4, Vec::new()));
        assert_eq!(completions(&words, "é inject:"), (3, vec!["inject:into:".to_string()]));
    }
}
