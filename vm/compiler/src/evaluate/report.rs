//! Answers and errors of evaluations, for people and as JSON.

use super::{EvalError, Evaluation, Stack, StackLine};
use crate::diagnostic::Diagnostic;
use crate::source::position;
use serde_json::{Value, json};

/// The lines of a text that Smalltalk made, with ends as the system has them.
pub fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// What is wrong, for people, with a line feed behind each line.
pub fn text(name: &str, source: &str, error: &EvalError) -> String {
    match error {
        EvalError::Syntax(diagnostics) => {
            diagnostics.iter().map(|diagnostic| diagnostic.render(name, source).to_string()).collect()
        }
        EvalError::Quit(_) => String::new(),
        _ => {
            let stack = error.stack().map(Stack::to_string).unwrap_or_default();
            format!("{}\n{stack}", lines(&error.to_string()))
        }
    }
}

/// The result of an expression as an object.
pub fn json(source: &str, result: &Result<Evaluation, EvalError>) -> Value {
    match result {
        Ok(evaluation) => json!({ "expression": source, "answer": evaluation.text }),
        Err(error) => json!({ "expression": source, "error": error_json(source, error) }),
    }
}

fn error_json(source: &str, error: &EvalError) -> Value {
    let kind = match error {
        EvalError::Syntax(_) => "syntax",
        EvalError::Failed(_) => "failed",
        EvalError::TimedOut(_) => "timed out",
        EvalError::Interrupted(_) => "interrupted",
        EvalError::Terminated => "terminated",
        EvalError::Quit(_) => "quit",
        EvalError::Vm(..) => "vm",
        EvalError::Unsupported(_) => "unsupported",
    };
    let mut object = json!({ "kind": kind, "message": error.to_string() });
    match error {
        EvalError::Failed(failure) => object["class"] = failure.class.clone().into(),
        EvalError::Quit(status) => object["status"] = (*status).into(),
        EvalError::Syntax(diagnostics) => {
            object["diagnostics"] = diagnostics.iter().map(|diagnostic| diagnostic_json(source, diagnostic)).collect();
        }
        _ => {}
    }
    if let Some(stack) = error.stack() {
        object["stack"] = stack_json(stack);
    }
    object
}

fn diagnostic_json(source: &str, diagnostic: &Diagnostic) -> Value {
    let place = position(source, diagnostic.span.start as usize);
    json!({ "message": diagnostic.message, "help": diagnostic.help, "line": place.line, "column": place.column })
}

fn stack_json(stack: &Stack) -> Value {
    let line = |line: &StackLine| {
        let mut object = json!({ "method": line.name, "receiver": line.receiver });
        if let Some(place) = &line.place {
            object["source"] = place.source.as_ref().into();
            object["line"] = place.position.line.into();
            object["column"] = place.position.column.into();
        }
        object
    };
    stack.lines.iter().map(line).collect()
}
