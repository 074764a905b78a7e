//! `osvm repl`: expressions entered one after the other, at a terminal or from a pipe.

mod entry;
mod reader;

use crate::args::ReplArgs;
use crate::commands::load::start_with;
use crate::desktop::Desktop;
use crate::failure::Failure;
use crate::report;
use entry::{Entry, HELP};
use osvm_compiler::evaluate::{EvalError, Session, Stack, StackLine};
use reader::{Line, Reader};
use std::time::Duration;

/// How long other processes of the image may run after an expression.
const SETTLE: Duration = Duration::from_millis(50);

/// What the user works with.
struct Repl {
    session: Session<Desktop>,
    /// The stack of the last error.
    stack: Option<Stack>,
    /// The first exit status of an expression that is not 0.
    status: i32,
    /// How many expressions were entered.
    count: usize,
}

/// What comes after an entry.
enum Next {
    Entry,
    End(i32),
}

/// Reads and evaluates until the input ends. At a terminal the exit status is then 0; from a pipe it is that of the first failure.
pub fn run(args: &ReplArgs) -> Result<i32, Failure> {
    let (session, _copy) = start_with(&args.session, &args.load)?;
    let mut reader = Reader::new(session.options().dialect).map_err(|error| Failure::bad_input("standard input", error))?;
    let interactive = reader.is_terminal();
    let mut repl = Repl { session, stack: None, status: 0, count: 0 };
    if interactive {
        println!("osvm {}; :help tells what there is beside expressions, :quit ends", env!("CARGO_PKG_VERSION"));
        reader.complete_with(repl.session.words());
    }
    let status = loop {
        match reader.read().map_err(|error| Failure::bad_input("standard input", error))? {
            Line::Entry(text) => {
                if let Next::End(status) = repl.entry(&text, &mut reader) {
                    break status;
                }
            }
            Line::Cancelled => {}
            Line::End => break if interactive { 0 } else { repl.status },
        }
    };
    repl.session.driver().shutdown();
    Ok(status)
}

impl Repl {
    fn entry(&mut self, text: &str, reader: &mut Reader) -> Next {
        match Entry::of(text) {
            Entry::Nothing => {}
            Entry::Expression(source) => return self.expression(source, reader),
            Entry::Quit => return Next::End(0),
            Entry::Help => print!("{HELP}"),
            Entry::Stack => self.show_stack(),
            Entry::Browse(name) => self.browse(name),
            Entry::Inspect(source) => return self.inspect(source),
            Entry::Unknown(message) => {
                eprintln!("{message}");
                self.status = if self.status == 0 { 2 } else { self.status };
            }
        }
        Next::Entry
    }

    fn expression(&mut self, source: &str, reader: &mut Reader) -> Next {
        let known = self.session.variable_names().count();
        let next = match self.evaluate(source) {
            Ok(text) => {
                println!("{}", report::lines(&text));
                Next::Entry
            }
            Err(next) => next,
        };
        for variable in self.session.variable_names().skip(known) {
            reader.complete_also(variable);
        }
        next
    }

    /// The answer of an expression; where it fails, that is told, and what comes next is answered.
    fn evaluate(&mut self, source: &str) -> Result<String, Next> {
        self.count += 1;
        let name = format!("entry-{}", self.count);
        let result = self.session.evaluate(&name, source);
        let settled = match &result {
            Err(error) if report::ends(error) => Ok(()),
            _ => self.session.settle(SETTLE),
        };
        self.session.driver().flush();
        match result {
            Ok(evaluation) => settled.map(|()| evaluation.text).map_err(|error| self.failed(&name, source, error)),
            Err(error) => Err(self.failed(&name, source, error)),
        }
    }

    fn failed(&mut self, name: &str, source: &str, error: EvalError) -> Next {
        eprint!("{}", report::text(name, source, &error));
        let status = report::status(&error, &mut self.session);
        self.status = if self.status == 0 { status } else { self.status };
        if let Some(stack) = error.stack() {
            self.stack = Some(stack.clone());
        }
        if report::ends(&error) || self.session.driver().exit_status().is_some() { Next::End(status) } else { Next::Entry }
    }

    fn show_stack(&self) {
        let Some(stack) = &self.stack else {
            println!("there was no error yet");
            return;
        };
        for (index, StackLine { name, receiver, place }) in stack.lines.iter().enumerate() {
            let place = place.as_ref().map(|place| format!("  {place}")).unwrap_or_default();
            println!("{:>3}  {name}{place}\n     receiver: {receiver}", index + 1);
        }
        if stack.left_out > 0 {
            println!("     {} more are left out", stack.left_out);
        }
    }

    fn browse(&mut self, name: &str) {
        let Some(class) = self.session.browse(name) else {
            eprintln!("there is no class {name}");
            return;
        };
        println!(
            "{}",
            class.superclass.map_or_else(|| name.to_string(), |superclass| format!("{name}, a subclass of {superclass}"))
        );
        let lists = [("variables", class.variables), ("methods", class.methods), ("class methods", class.class_methods)];
        for (what, names) in lists.into_iter().filter(|(_, names)| !names.is_empty()) {
            println!("{what}:\n  {}", names.join("\n  "));
        }
    }

    fn inspect(&mut self, source: &str) -> Next {
        let text = match self.evaluate(source) {
            Ok(text) => text,
            Err(next) => return next,
        };
        match self.session.inspect() {
            Ok(Some(inspection)) => {
                println!("{}\n  class: {}", report::lines(&text), inspection.class);
                inspection.parts.iter().for_each(|(name, text)| println!("  {name}: {}", report::lines(text)));
                if inspection.left_out > 0 {
                    println!("  {} more elements are left out", inspection.left_out);
                }
                Next::Entry
            }
            Ok(None) => Next::Entry,
            Err(error) => self.failed("inspecting", source, error),
        }
    }
}
