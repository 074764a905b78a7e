//! `osvm eval`: Smalltalk expressions, evaluated in an image.

use crate::args::EvalArgs;
use crate::commands::load::start_with;
use crate::desktop::Desktop;
use crate::failure::Failure;
use crate::report;
use osvm_compiler::evaluate::{EvalError, Evaluation, SAVE, Session};
use std::io::Read;
use std::path::Path;

/// What one expression or file is called, and its text.
struct Source {
    name: String,
    text: String,
}

/// Evaluates each expression, prints its answer, and answers the exit status.
pub fn run(args: &EvalArgs) -> Result<i32, Failure> {
    let sources = sources(args)?;
    let (mut session, _copy) = start_with(&args.session, &args.load)?;
    let status = evaluate(args, &mut session, &sources);
    let saved = match &args.save {
        Some(path) if status == 0 => save(&mut session, path),
        _ => status,
    };
    session.driver().shutdown();
    Ok(saved)
}

/// What is to be evaluated: files, then expressions, or else standard input.
fn sources(args: &EvalArgs) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    for path in &args.file {
        sources.push(if path == Path::new("-") { standard_input()? } else { file(path)? });
    }
    for (index, text) in args.expressions.iter().enumerate() {
        let name = if args.expressions.len() == 1 { "expression".into() } else { format!("expression-{}", index + 1) };
        sources.push(Source { name, text: text.clone() });
    }
    if sources.is_empty() {
        sources.push(standard_input()?);
    }
    Ok(sources)
}

fn file(path: &Path) -> Result<Source, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::bad_input(path.display(), error))?;
    Ok(Source { name: path.display().to_string(), text })
}

fn standard_input() -> Result<Source, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| Failure::bad_input("standard input", error))?;
    Ok(Source { name: "standard input".into(), text })
}

/// Evaluates in order, up to the first that fails unless that is no reason to stop; answers the first status that is not 0.
fn evaluate(args: &EvalArgs, session: &mut Session<Desktop>, sources: &[Source]) -> i32 {
    let mut status = 0;
    for source in sources {
        let result = session.evaluate(&source.name, &source.text);
        // What the expression itself has printed comes first.
        session.driver().flush();
        print(args, source, &result);
        let Err(error) = result else { continue };
        let own = report::status(&error, session);
        status = if status == 0 { own } else { status };
        if !args.keep_going || report::ends(&error) || matches!(error, EvalError::Interrupted(_)) {
            break;
        }
    }
    status
}

fn print(args: &EvalArgs, source: &Source, result: &Result<Evaluation, EvalError>) {
    if args.json {
        println!("{}", report::json(&source.text, result));
        return;
    }
    match result {
        Ok(evaluation) => println!("{}", report::lines(&evaluation.text)),
        Err(error) => eprint!("{}", report::text(&source.name, &source.text, error)),
    }
}

/// Saves the image; the status says whether it did.
fn save(session: &mut Session<Desktop>, path: &Path) -> i32 {
    let result = std::path::absolute(path).map_err(|error| error.to_string()).and_then(|path| {
        session.save(&path.to_string_lossy()).map_err(|error| match error {
            EvalError::Quit(_) => error.to_string(),
            _ => report::text("saving", SAVE, &error),
        })
    });
    match result {
        Ok(()) => 0,
        Err(message) => {
            eprintln!("osvm: {} was not saved: {}", path.display(), message.trim_end());
            1
        }
    }
}
