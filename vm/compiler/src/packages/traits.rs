//! Trait compositions: `T + (U - {#a}) @ {#b -> #c}`.

use crate::diagnostic::Diagnostic;
use crate::literal::Literal;
use crate::source::Span;
use crate::syntax::{Dialect, Expression, ExpressionKind, Statement, parse_expression};

/// A trait in a composition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraitUse {
    /// Its name.
    pub name: String,
    /// Its class side is meant.
    pub class_side: bool,
    /// Selectors of methods that are left out.
    pub exclusions: Vec<String>,
    /// Methods that are there under one more selector: the new one, and the one that the trait has.
    pub aliases: Vec<(String, String)>,
}

/// Reads a composition; `{}` and nothing at all are none.
pub fn composition(text: &str) -> Result<Vec<TraitUse>, Diagnostic> {
    let parsed = parse_expression(text, Dialect::PHARO);
    if let Some(diagnostic) = parsed.diagnostics.into_iter().next() {
        return Err(diagnostic);
    }
    match parsed.method.body.statements.as_slice() {
        [] => Ok(Vec::new()),
        [Statement::Expression(expression) | Statement::Return(expression, _)] => of_expression(expression),
        _ => Err(Diagnostic::error(Span::new(0, text.len()), "expected one composition of traits")),
    }
}

/// The composition that an expression is.
pub(super) fn of_expression(expression: &Expression<'_>) -> Result<Vec<TraitUse>, Diagnostic> {
    let wrong = || Diagnostic::error(expression.span, "expected a composition of traits, as in T + (U - {#foo})");
    match &expression.kind {
        ExpressionKind::Array(elements) => {
            let uses: Result<Vec<_>, _> = elements.iter().map(of_expression).collect();
            Ok(uses?.concat())
        }
        ExpressionKind::Variable(name, _) => {
            let (name, class_side) = (name.to_string(), false);
            Ok(vec![TraitUse { name, class_side, exclusions: Vec::new(), aliases: Vec::new() }])
        }
        ExpressionKind::Send(send) => {
            let mut uses = of_expression(&send.receiver)?;
            let last = uses.last_mut().ok_or_else(wrong)?;
            match (&*send.message.selector, send.message.arguments.as_slice()) {
                ("+", [other]) => uses.extend(of_expression(other)?),
                ("-", [selectors]) => last.exclusions.extend(names(selectors).ok_or_else(wrong)?),
                ("@", [pairs]) => last.aliases.extend(aliases(pairs).ok_or_else(wrong)?),
                ("classTrait" | "class", []) => last.class_side = true,
                _ => return Err(wrong()),
            }
            Ok(uses)
        }
        _ => Err(wrong()),
    }
}

/// A name that is written as a symbol, a string or a variable.
pub(super) fn name(expression: &Expression<'_>) -> Option<String> {
    match &expression.kind {
        ExpressionKind::Literal(Literal::Symbol(text) | Literal::String(text)) => Some(text.clone()),
        ExpressionKind::Variable(name, _) => Some(name.to_string()),
        _ => None,
    }
}

/// The names in `{#a. #b}`, `#(a b)` or `#a`.
pub(super) fn names(expression: &Expression<'_>) -> Option<Vec<String>> {
    match &expression.kind {
        ExpressionKind::Array(elements) => elements.iter().map(name).collect(),
        ExpressionKind::Literal(Literal::Array(elements)) => elements
            .iter()
            .map(|element| match element {
                Literal::Symbol(text) | Literal::String(text) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        _ => Some(vec![name(expression)?]),
    }
}

/// The pairs in `{#new -> #old}`.
fn aliases(expression: &Expression<'_>) -> Option<Vec<(String, String)>> {
    let ExpressionKind::Array(pairs) = &expression.kind else { return None };
    pairs
        .iter()
        .map(|pair| match &pair.kind {
            ExpressionKind::Send(send) if send.message.selector == "->" => {
                Some((name(&send.receiver)?, name(send.message.arguments.first()?)?))
            }
            _ => None,
        })
        .collect()
}
