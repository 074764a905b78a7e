//! Message patterns, pragmas, temporaries and statements.

use super::super::ast::{Counts, Expression, Method, Name, Pragma, Sequence, Statement};
use super::super::lexer::TokenKind;
use super::Parser;
use crate::literal::Literal;
use crate::source::Span;
use std::borrow::Cow;

/// Pragmas with languages of their own that nothing here can make, and what there is instead.
const REFUSED: [(&str, &str); 3] = [
    ("callback:", "callbacks from libraries cannot be compiled"),
    ("osErrFunc:", "functions that tell errors of a library cannot be compiled"),
    ("osErrVar:", "variables that tell errors of a library cannot be compiled"),
];

/// The constants that have names.
pub(crate) fn constant(name: &str) -> Option<Literal> {
    match name {
        "nil" => Some(Literal::Nil),
        "true" => Some(Literal::True),
        "false" => Some(Literal::False),
        _ => None,
    }
}

impl<'s> Parser<'s> {
    pub(super) fn method(&mut self) -> Method<'s> {
        let start = self.token.span;
        let (selector, arguments) = self.pattern();
        let pattern = self.since(start);
        let mut pragmas = Vec::new();
        let body = self.body(&mut pragmas);
        Method { selector, pattern, arguments, pragmas, body, counts: Counts::default() }
    }

    pub(super) fn do_it(&mut self) -> Method<'s> {
        let mut pragmas = Vec::new();
        let mut body = self.body(&mut pragmas);
        if let Some(last) = body.statements.pop() {
            body.statements.push(match last {
                Statement::Expression(expression) => {
                    let span = expression.span;
                    Statement::Return(expression, span)
                }
                Statement::Return(..) => last,
            });
        }
        let (pattern, arguments) = (Span::default(), Vec::new());
        Method { selector: Cow::Borrowed("DoIt"), pattern, arguments, pragmas, body, counts: Counts::default() }
    }

    fn pattern(&mut self) -> (Cow<'s, str>, Vec<Name<'s>>) {
        match self.token.kind {
            TokenKind::Identifier => {
                let span = self.step().span;
                (Cow::Borrowed(self.text(span)), Vec::new())
            }
            TokenKind::Binary => {
                let span = self.step().span;
                (Cow::Borrowed(self.text(span)), self.name("the name of the argument").into_iter().collect())
            }
            TokenKind::Keyword => {
                let mut selector = Cow::Borrowed("");
                let mut arguments = Vec::new();
                while self.is(&TokenKind::Keyword) {
                    let span = self.step().span;
                    selector += self.text(span);
                    arguments.extend(self.name("the name of the argument"));
                }
                (selector, arguments)
            }
            _ => {
                self.expected("the name of the method");
                (Cow::Borrowed("unknown"), Vec::new())
            }
        }
    }

    pub(super) fn name(&mut self, what: &str) -> Option<Name<'s>> {
        if !self.is(&TokenKind::Identifier) {
            self.expected(what);
            return None;
        }
        let span = self.step().span;
        Some(Name { text: self.text(span), span })
    }

    /// Everything behind the pattern.
    fn body(&mut self, pragmas: &mut Vec<Pragma<'s>>) -> Sequence<'s> {
        self.pragmas(pragmas);
        let start = self.token.span;
        let temporaries = self.temporaries();
        self.pragmas(pragmas);
        let mut body = self.statements(start, temporaries);
        while !self.is(&TokenKind::End) {
            self.expected("the end of a statement or of the method");
            self.step();
            self.skip_statement();
            body.statements.extend(self.statements(start, Vec::new()).statements);
        }
        body
    }

    fn pragmas(&mut self, pragmas: &mut Vec<Pragma<'s>>) {
        while self.is_operator("<") {
            let start = self.step().span;
            let pragma = self.pragma(start);
            match pragma {
                Some(pragma) => pragmas.push(pragma),
                None => self.skip_pragma(),
            }
        }
    }

    /// Skips what is left of a pragma that could not be read.
    fn skip_pragma(&mut self) {
        while !self.is(&TokenKind::End) && !self.is_operator(">") {
            self.step();
        }
        if !self.is(&TokenKind::End) {
            self.step();
        }
    }

    fn pragma(&mut self, start: Span) -> Option<Pragma<'s>> {
        let mut selector = Cow::Borrowed("");
        let mut arguments = Vec::new();
        match self.token.kind {
            TokenKind::Identifier => {
                let span = self.step().span;
                selector = Cow::Borrowed(self.text(span));
            }
            TokenKind::Binary => {
                let span = self.step().span;
                selector = Cow::Borrowed(self.text(span));
                arguments.push(self.pragma_argument(false)?);
            }
            TokenKind::Keyword => {
                while self.is(&TokenKind::Keyword) {
                    let span = self.step().span;
                    selector += self.text(span);
                    if let Some(convention) = Self::calling_convention(&selector) {
                        return self.foreign_call(convention, start);
                    }
                    if let Some((_, message)) = REFUSED.iter().find(|(word, _)| *word == selector) {
                        self.error(span, *message);
                        return None;
                    }
                    let names_are_symbols = selector.starts_with("primitive:");
                    arguments.push(self.pragma_argument(names_are_symbols)?);
                }
            }
            _ => {
                self.expected("a pragma");
                return None;
            }
        }
        self.end_of_pragma()?;
        Some(Pragma { selector, arguments, foreign: None, span: self.since(start) })
    }

    pub(super) fn end_of_pragma(&mut self) -> Option<()> {
        if self.is(&TokenKind::Binary) && self.text(self.token.span).starts_with('>') {
            self.split_operator();
            self.step();
            return Some(());
        }
        self.expected("> at the end of the pragma");
        None
    }

    /// A literal; in a primitive also a name, which stands for the symbol or variable.
    fn pragma_argument(&mut self, names_are_symbols: bool) -> Option<(Literal, Span)> {
        let start = self.token.span;
        let name = if self.is(&TokenKind::Identifier) { self.text(start) } else { "" };
        let literal = match (self.literal(), constant(name)) {
            (Some(literal), _) => literal,
            (None, Some(constant)) => {
                self.step();
                constant
            }
            (None, None) if names_are_symbols && !name.is_empty() => {
                self.step();
                Literal::Symbol(name.into())
            }
            (None, None) => {
                self.expected("a literal");
                return None;
            }
        };
        Some((literal, self.since(start)))
    }

    pub(super) fn temporaries(&mut self) -> Vec<Name<'s>> {
        let mut names = Vec::new();
        loop {
            if self.is_operator("||") {
                self.step();
            } else if self.is_operator("|") {
                self.step();
                while self.is(&TokenKind::Identifier) {
                    names.extend(self.name("a name"));
                }
                if self.is(&TokenKind::Binary) && self.text(self.token.span).starts_with('|') {
                    self.split_operator();
                    self.step();
                } else {
                    self.expected("a name, or | behind the last");
                    self.skip_statement();
                }
            } else {
                return names;
            }
        }
    }

    /// Statements up to a closing bracket or the end.
    pub(super) fn statements(&mut self, start: Span, temporaries: Vec<Name<'s>>) -> Sequence<'s> {
        let mut statements = Vec::new();
        let mut returned = false;
        loop {
            while self.take_special(b'.') {}
            if matches!(self.token.kind, TokenKind::End | TokenKind::Special(b')' | b']' | b'}')) {
                break;
            }
            if returned {
                let span = self.token.span;
                self.error(span, "nothing can follow ^ here");
                returned = false;
            }
            let statement_start = self.token.span;
            if self.take_special(b'^') {
                let value = self.expression();
                statements.push(Statement::Return(value, self.since(statement_start)));
                returned = true;
            } else {
                statements.push(Statement::Expression(self.expression()));
            }
            if !matches!(self.token.kind, TokenKind::End | TokenKind::Special(b'.' | b')' | b']' | b'}')) {
                self.expected("a period, or the end of the statement");
                self.skip_statement();
            }
        }
        Sequence { temporaries, statements, span: self.since(start) }
    }

    /// The expressions between braces.
    pub(super) fn elements(&mut self) -> Vec<Expression<'s>> {
        let start = self.token.span;
        let sequence = self.statements(start, Vec::new());
        let mut elements = Vec::with_capacity(sequence.statements.len());
        for statement in sequence.statements {
            match statement {
                Statement::Expression(expression) => elements.push(expression),
                Statement::Return(value, span) => {
                    self.error(span, "a brace array has no ^");
                    elements.push(value);
                }
            }
        }
        elements
    }
}
