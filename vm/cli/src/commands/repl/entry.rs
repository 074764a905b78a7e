//! What an entry asks for: an expression, or one of the commands that begin with a colon.

/// What `:help` prints.
pub(super) const HELP: &str = "\
An entry is an expression, or one of these:
  :inspect EXPRESSION  evaluates it, and shows the variables and elements of the answer
  :browse CLASS        shows a class's variables and methods
  :stack               shows the stack of the last error, with receivers
  :help                shows this
  :quit                ends
A name that is assigned and not declared becomes a variable, which later entries know. An entry with something missing at its end goes
on in the next line. At a terminal, the tabulator completes names and messages, and Ctrl-C ends an expression that runs.
";

/// An entry.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Entry<'t> {
    Nothing,
    Expression(&'t str),
    Inspect(&'t str),
    Browse(&'t str),
    Stack,
    Help,
    Quit,
    /// What is wrong with it.
    Unknown(String),
}

impl Entry<'_> {
    pub(super) fn of(text: &str) -> Entry<'_> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Entry::Nothing;
        }
        let Some(command) = trimmed.strip_prefix(':').filter(|rest| !rest.starts_with('=')) else {
            // With its blanks, so that columns are those of what was entered.
            return Entry::Expression(text);
        };
        let (name, argument) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        match (name, argument.trim()) {
            ("quit" | "q", "") => Entry::Quit,
            ("help" | "h", "") => Entry::Help,
            ("stack", "") => Entry::Stack,
            ("browse", class) if !class.is_empty() => Entry::Browse(class),
            ("inspect", expression) if !expression.is_empty() => Entry::Inspect(expression),
            ("browse", _) => Entry::Unknown(":browse needs the name of a class".into()),
            ("inspect", _) => Entry::Unknown(":inspect needs an expression".into()),
            _ => Entry::Unknown(format!("there is no command {trimmed}; :help shows those that there are")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_expressions() {
        assert_eq!(Entry::of("  "), Entry::Nothing);
        assert_eq!(Entry::of(" 3 + 4"), Entry::Expression(" 3 + 4"));
        assert_eq!(Entry::of(":quit"), Entry::Quit);
        assert_eq!(Entry::of(":inspect 3 -> 4"), Entry::Inspect("3 -> 4"));
        assert_eq!(Entry::of(":browse Object "), Entry::Browse("Object"));
        assert_eq!(Entry::of(":browse"), Entry::Unknown(":browse needs the name of a class".into()));
        assert!(matches!(Entry::of(":stack 3"), Entry::Unknown(_)));
    }
}
