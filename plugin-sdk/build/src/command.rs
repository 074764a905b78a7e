//! Running programs: what they wrote, or an error that says what was run.

use crate::BuildError;
use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Cargo: the one that runs this program, if one does.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a command and answers its standard output. Standard error is kept for the error message.
/// A command that runs for longer than `limit` is killed, and has failed.
pub(crate) fn output(command: &mut Command, limit: Option<Duration>) -> Result<String, BuildError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| start_error(command, error))?;
    let stdout = child.stdout.take().map(read_all);
    let stderr = child.stderr.take().map(read_all);
    let start = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|error| start_error(command, error))? {
            Some(status) => break status,
            None if limit.is_some_and(|limit| start.elapsed() > limit) => {
                // If it has just ended by itself there is nothing to kill.
                let _ = child.kill();
                let _ = child.wait();
                let status = format!("no end after {} s", start.elapsed().as_secs());
                return Err(BuildError::Failed { command: line(command), status, message: String::new() });
            }
            None => thread::sleep(Duration::from_millis(2)),
        }
    };
    let text = |reader: Option<JoinHandle<String>>| reader.map_or(String::new(), |r| r.join().unwrap_or_default());
    let (stdout, stderr) = (text(stdout), text(stderr));
    if status.success() { Ok(stdout) } else { Err(failed(command, status, reason(&stderr))) }
}

/// Runs a command that writes its own messages for the user. Answers its standard output, or nothing if it failed.
pub(crate) fn output_with_messages(command: &mut Command) -> Result<Option<String>, BuildError> {
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| start_error(command, error))?;
    Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
}

fn start_error(command: &Command, error: std::io::Error) -> BuildError {
    BuildError::Start { program: command.get_program().to_string_lossy().into_owned(), error }
}

fn failed(command: &Command, status: ExitStatus, message: String) -> BuildError {
    BuildError::Failed { command: line(command), status: status.to_string(), message }
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Of what a program wrote to standard error: the first line that says of itself that it is an error (as rustup's and apt's do), or else the
/// last line.
fn reason(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines.clone().find(|line| line.starts_with("error:") || line.starts_with("E:"));
    error.or(lines.next_back()).unwrap_or_default().to_string()
}

fn read_all(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks has given what it had.
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failure_says_command_status_and_last_line() {
        let error = output(&mut shell("echo one >&2; echo two >&2; exit 3"), None).unwrap_err().to_string();
        assert!(error.starts_with("`sh -c echo one") && error.ends_with("ended with exit status: 3: two"), "{error}");
        assert_eq!(output(&mut shell("echo out; echo err >&2"), None).unwrap(), "out\n");
    }

    #[test]
    fn the_reason_is_the_first_error_or_the_last_line() {
        assert_eq!(reason("info: x\nerror: no\n\nStack backtrace:\n 1: main\n"), "error: no");
        assert_eq!(reason("one\n two \n\n"), "two");
        assert_eq!(reason(""), "");
    }

    #[test]
    fn a_limit_ends_what_hangs() {
        let start = Instant::now();
        let error = output(Command::new("sleep").arg("60"), Some(Duration::from_millis(50))).unwrap_err();
        assert!(error.to_string().contains("no end after"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_program_that_is_not_here_is_named() {
        let error = output(&mut Command::new("no-such-program-osvm"), None).unwrap_err().to_string();
        assert!(error.starts_with("`no-such-program-osvm` cannot be started"), "{error}");
    }
}
