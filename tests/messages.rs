//! What the command says, word for word: each file in `messages/` is a session in a folder of its own.
//!
//! ```text
//! --- vm.toml                  a file, up to the next line that begins with `--- ` or `$ `
//! [vm]
//! --- hello.wat                a wasm module as text; hello.wasm is made of it
//! (module)
//! $ osvm config check          a command, and then its standard output, its standard error, and its status, if that is not 0
//! vm.toml: nothing is wrong
//! ```
//!
//! The folder is `FOLDER` in what is printed, and that of the plugins `PLUGINS`. `OSVM_BLESS=1 cargo test -p osvm-tests --test messages` writes what is printed now.

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{finish, root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = root().join("tests/messages");
    let mut sessions: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    sessions.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    sessions.sort();
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let trials = sessions.into_iter().map(|path| Trial::test(name(&path), move || check(&path))).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

fn check(path: &Path) -> Result<(), Failed> {
    let expected = fs::read_to_string(path)?;
    let found = replay(&expected)?;
    if std::env::var_os("OSVM_BLESS").is_some() {
        return Ok(fs::write(path, found)?);
    }
    if found == expected {
        return Ok(());
    }
    let line = found.lines().zip(expected.lines()).take_while(|(found, expected)| found == expected).count() + 1;
    Err(format!("{} differs at line {line}; it is now\n{found}", path.display()).into())
}

/// The session, with what its commands print now.
fn replay(session: &str) -> Result<String, Failed> {
    let folder = tempfile::tempdir()?;
    // What the command calls the folder, where /tmp is a link.
    let here = fs::canonicalize(folder.path())?;
    let mut found = String::new();
    let mut lines = session.lines().peekable();
    while let Some(line) = lines.next() {
        found += &format!("{line}\n");
        let mut content = String::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("--- ") && !line.starts_with("$ ")) {
            content += &format!("{line}\n");
        }
        if let Some(file) = line.strip_prefix("--- ") {
            write(&here.join(file), &content)?;
            found += &content;
        } else if let Some(command) = line.strip_prefix("$ osvm ") {
            found += &printed(&here, command)?;
        } else if content.is_empty() && line.starts_with('#') {
            continue;
        } else {
            return Err(format!("a session has files, commands of osvm and comments, not `{line}`").into());
        }
    }
    Ok(found)
}

fn write(path: &Path, content: &str) -> Result<(), Failed> {
    fs::create_dir_all(path.parent().ok_or("a file is in a folder")?)?;
    if path.extension().is_some_and(|extension| extension == "wat") {
        let module = wat::parse_str(content).map_err(|error| error.to_string())?;
        return Ok(fs::write(path.with_extension("wasm"), module)?);
    }
    Ok(fs::write(path, content)?)
}

/// What a command prints on both, and its status.
fn printed(folder: &Path, line: &str) -> Result<String, Failed> {
    let mut command = osvm_tests::command(folder, &osvm_tests::words(line));
    let output = finish(command.env("TMPDIR", "/tmp").spawn()?, LIMIT);
    let mut text = output.stdout_text() + &output.stderr_text();
    if !text.is_empty() && !text.ends_with('\n') {
        text += "\n";
    }
    text = text.replace(&*folder.to_string_lossy(), "FOLDER");
    text = text.replace(&*osvm_tests::plugins().to_string_lossy(), "PLUGINS");
    match output.status {
        Some(0) => {}
        Some(status) => text += &format!("[status {status}]\n"),
        None => text += "[killed]\n",
    }
    Ok(text)
}
