//! The commands in README.md and docs/ are the ones that work: each line that runs `osvm` is run, in order, with Pharo's
//! bootstrap image as `my.image`.

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{PHARO, command, finish, image, root, run, words};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);
const PAGES: [&str; 2] = ["README.md", "docs/debugging.md"];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let here = image(PHARO).is_some();
    if !here {
        eprintln!("{PHARO}: not here, so the documentation's commands are not run; set OSVM_IMAGES to the folder that it is in");
    }
    let mut trials = vec![Trial::test("what is checked is the test command of README.md", test_command)];
    for page in PAGES {
        trials.push(Trial::test(format!("the commands of {page}"), move || commands_work(page)).with_ignored_flag(!here));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// `.ci/run` takes the test command from the README; there must be exactly one.
fn test_command() -> Result<(), Failed> {
    let commands: Vec<String> = code_lines("README.md")?.into_iter().filter(|line| line.starts_with("cargo xtask test")).collect();
    if commands == ["cargo xtask test"] { Ok(()) } else { Err(format!("{commands:?}").into()) }
}

/// Indented lines, without comments behind them.
fn code_lines(page: &str) -> Result<Vec<String>, Failed> {
    let text = fs::read_to_string(root().join(page))?;
    let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
    Ok(lines.map(|line| line.split(" #").next().unwrap_or(line).trim().to_string()).collect())
}

fn commands_work(page: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    // README begins with an image in its first state; what follows in other pages runs what README left.
    fs::copy(image(PHARO).ok_or("the image is not here")?, folder.path().join("my.image"))?;
    let mut commands = Vec::new();
    for page in ["README.md", page] {
        for line in code_lines(page)? {
            let command = line.rsplit(" && ").next().unwrap_or(&line).to_string();
            if let Some(args) = command.strip_prefix("./target/release/osvm ").or_else(|| command.strip_prefix("osvm ")) {
                commands.push((line.clone(), words(args)));
            }
        }
    }
    if commands.len() < 5 {
        return Err(format!("only {} commands were found", commands.len()).into());
    }
    for (line, args) in commands {
        if args.first().is_some_and(|command| command == "serve") {
            serves(folder.path(), &args)?;
            continue;
        }
        let output = run(folder.path(), &args, LIMIT);
        if output.status != Some(0) {
            let (status, text) = (output.status, output.stderr_text());
            return Err(format!("`{line}` ended with {status:?}: {}", text.lines().last().unwrap_or_default()).into());
        }
    }
    Ok(())
}

/// A server goes on until it is interrupted: it has to answer with the page.
fn serves(folder: &Path, args: &[String]) -> Result<(), Failed> {
    let mut child = command(folder, &[args, &["--port".into(), "0".into()]].concat()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().ok_or("its output is piped")?).read_line(&mut line)?;
    let answered = answers_with_the_page(&line);
    child.kill()?;
    let output = finish(child, LIMIT);
    answered.map_err(|error| format!("`osvm {}`: {error:?}, {}", args.join(" "), output.stderr_text()).into())
}

fn answers_with_the_page(line: &str) -> Result<(), Failed> {
    let address = line.trim().trim_start_matches("http://").trim_end_matches('/');
    let mut connection = TcpStream::connect(address)?;
    connection.write_all(b"GET /page/ HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut reply = String::new();
    connection.read_to_string(&mut reply)?;
    if reply.starts_with("HTTP/1.1 200 ") && reply.contains("<title>osvm</title>") { Ok(()) } else { Err(reply.into()) }
}
