//! What is to be evaluated in the image when everything is loaded: class-side `initialize`, and the expressions of files of chunks.

use crate::args::SessionArgs;
use crate::desktop;
use crate::failure::Failure;
use crate::report;
use osvm_compiler::evaluate::EvalError;
use osvm_compiler::load::Report;
use osvm_compiler::packages::{Excerpt, Packages};
use osvm_compiler::source::position;
use std::path::Path;

/// An expression, and what it is called in messages.
pub struct Expression<'p> {
    name: String,
    source: String,
    /// Where it is, if it is in a file.
    excerpt: Option<&'p Excerpt>,
}

impl Expression<'_> {
    /// What is wrong with it, as text. Mistakes have their places in the file.
    fn text(&self, packages: &Packages, error: &EvalError) -> String {
        match (error, self.excerpt) {
            (EvalError::Syntax(diagnostics), Some(excerpt)) => {
                let render = |diagnostic| packages.render(excerpt.file, &Packages::in_file(excerpt, diagnostic));
                diagnostics.iter().map(render).collect()
            }
            (EvalError::Syntax(_), None) => report::text(&self.name, &self.source, error),
            _ => format!("{}: {}", self.name, report::text(&self.name, &self.source, error)),
        }
    }
}

/// The initialisers in their order, then the expressions in that of the files.
pub fn expressions<'p>(packages: &'p Packages, loaded: &Report<'_>) -> Vec<Expression<'p>> {
    let initializers = loaded.initializers.iter().map(|class| {
        let source = format!("{class} initialize");
        Expression { name: source.clone(), source, excerpt: None }
    });
    let others = packages.expressions.iter().map(|excerpt| {
        let file = &packages.files[excerpt.file];
        let start = excerpt.pieces.first().map_or(0, |&(_, start)| start as usize);
        let line = position(&file.text, start).line;
        let name = format!("{}, line {line}", file.path.display());
        Expression { name, source: excerpt.text.clone(), excerpt: Some(excerpt) }
    });
    initializers.chain(others).collect()
}

/// Starts the image, evaluates, and lets it save itself; answers how many expressions failed.
pub fn run(
    packages: &Packages,
    expressions: &[Expression<'_>],
    args: &SessionArgs,
    image: &Path,
    save: &Path,
    keep_going: bool,
) -> Result<usize, Failure> {
    let mut session = desktop::start_image(args, image)?;
    if session.driver().has_quit() {
        // It would be saved in the middle of what it does then.
        return Err(Failure::quits_at_start(save.display()));
    }
    let mut failures = 0;
    for expression in expressions {
        let result = session.evaluate(&expression.name, &expression.source);
        session.driver().flush();
        let Err(error) = result else { continue };
        eprint!("{}", expression.text(packages, &error));
        failures += 1;
        if !keep_going || report::ends(&error) || matches!(error, EvalError::Interrupted(_)) {
            return Err(Failure::uninitialized(&expression.name, save.display()));
        }
    }
    let path = std::path::absolute(save).map_err(|error| Failure::bad_input(save.display(), error))?;
    session.save(&path.to_string_lossy()).map_err(|error: EvalError| {
        Failure::bad_input(save.display(), format!("the image was not saved: {}", report::lines(&error.to_string())))
    })?;
    session.driver().shutdown();
    Ok(failures)
}
