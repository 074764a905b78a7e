//! `osvm repl` with input from a pipe, and at a terminal.

use super::{LIMIT, Test, expect, pharo};
use libtest_mimic::Failed;
use osvm_tests::{Output, PHARO, command, finish, osvm};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

pub(super) const TESTS: &[Test] = &[
    (PHARO, "entries from a pipe", entries),
    (PHARO, "commands of the repl", commands),
    (PHARO, "the repl ends with the image", || {
        let output = repl("3\nSmalltalk exit: 5\n4\n")?;
        expect((output.status, output.stdout_text()) == (Some(5), "3\n".into()), "a quit", output)
    }),
    (PHARO, "a terminal", terminal),
];

/// The repl with this on standard input.
fn repl(input: &str) -> Result<Output, Failed> {
    let folder = pharo()?;
    let mut child = command(folder.path(), &["repl", "--image", PHARO]).stdin(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("a pipe")?.write_all(input.as_bytes())?;
    Ok(finish(child, LIMIT))
}

fn entries() -> Result<(), Failed> {
    let output = repl("x := 3\nx + 4\n\nb := [:a |\n  a * x ].\nb value: 5\nb foo\n| t | t := 2. t\n")?;
    expect(
        output.stdout_text() == "3\n7\na BlockClosure\n15\n2\n" || output.stdout_text().contains("\n15\n2\n"),
        "answers",
        &output,
    )?;
    let errors = output.stderr_text();
    let place = "UndefinedObject>>DoIt  entry-5:1:3\n      b foo\n        ^\n";
    expect(output.status == Some(1) && errors.contains("MessageNotUnderstood") && errors.ends_with(place), "an error", &output)?;
    let unfinished = repl("3 + 4\n(5 +")?;
    expect(unfinished.status == Some(2) && unfinished.stdout_text() == "7\n", "an entry that is not finished", unfinished)
}

fn commands() -> Result<(), Failed> {
    let output = repl(":stack\n1/0\n:stack\n:inspect 3 -> #(1 2)\n:inspect #(1 2)\n:browse Association\n:help\n:quit\n3\n")?;
    let text = output.stdout_text();
    expect(output.status == Some(0), "the status of :quit", &output)?;
    for part in [
        "there was no error yet\n  1  SmallInteger>>/\n     receiver: 1\n  2  UndefinedObject>>DoIt  entry-1:1:2\n     receiver: nil\n",
        "3->#(1 2)\n  class: Association\n  key: 3\n  value: #(1 2)\n",
        "#(1 2)\n  class: Array\n  1: 1\n  2: 2\n",
        "Association is a LookupKey\nvariables:\n  key\n  value\nmethods:\n",
        ":inspect EXPRESSION",
    ] {
        expect(text.contains(part), part, &text)?;
    }
    expect(!text.ends_with("\n3\n"), "nothing after :quit", &text)?;
    let unknown = repl(":nonsense\n:browse Nonsense\n3\n")?;
    expect(unknown.status == Some(2) && unknown.stdout_text() == "3\n", "an unknown command", unknown)
}

/// A terminal that `script` of util-linux makes: the prompt, completion, an entry of two lines, and history.
fn terminal() -> Result<(), Failed> {
    let folder = pharo()?;
    let line = format!("'{}' repl --image {PHARO}", osvm().display());
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(folder.path()).env("XDG_STATE_HOME", folder.path());
    script.env("XDG_CONFIG_HOME", folder.path()).env("OSVM_PLUGINS", osvm_tests::plugins()).env("TERM", "xterm");
    let spawned = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = spawned else {
        eprintln!("there is no command `script`, so the repl is not tested at a terminal");
        return Ok(());
    };
    let mut input = child.stdin.take().ok_or("a pipe")?;
    for keys in ["SortedCollecti\t name\r", "[:x |\r", "x * 7] value: 6\r", "\x1b[A\r", "\x04"] {
        std::thread::sleep(Duration::from_millis(1500));
        input.write_all(keys.as_bytes())?;
        input.flush()?;
    }
    let output = finish(child, LIMIT);
    let text = output.stdout_text();
    let answers = text.contains("#SortedCollection") && text.matches("\n42").count() == 2;
    expect(output.status == Some(0) && answers, "answers at a terminal", &text)?;
    let history = std::fs::read_to_string(folder.path().join("osvm/history"))?;
    expect(history.contains("SortedCollection name"), "the history", history)
}
