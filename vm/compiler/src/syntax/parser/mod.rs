//! Tokens to tree, by recursive descent. An error is noted, the rest of the statement skipped, and parsing goes on.

mod expressions;
mod foreign;
mod literals;
mod method;

pub(crate) use method::constant;

use super::ast::{Counts, Method};
use super::lexer::{Dialect, Lexer, Token, TokenKind};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Trees deeper than this are refused: what walks them is recursive.
const MAX_DEPTH: u16 = 400;
/// After so many errors the rest of the source is not worth reading.
const MAX_ERRORS: usize = 20;

/// What was read.
#[derive(Clone, Debug)]
pub struct Parsed<'s> {
    /// The method, with error nodes where it could not be read.
    pub method: Method<'s>,
    /// What is wrong, in the order of the source; nothing if all is well.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a method.
pub fn parse_method(source: &str, dialect: Dialect) -> Parsed<'_> {
    let mut parser = Parser::new(source, dialect);
    let method = parser.method();
    parser.finish(method)
}

/// Reads statements, as the body of a method `DoIt` that answers the last of them.
pub fn parse_expression(source: &str, dialect: Dialect) -> Parsed<'_> {
    let mut parser = Parser::new(source, dialect);
    let method = parser.do_it();
    parser.finish(method)
}

struct Parser<'s> {
    source: &'s str,
    dialect: Dialect,
    lexer: Lexer<'s>,
    token: Token,
    /// End of the token before.
    last_end: u32,
    diagnostics: Vec<Diagnostic>,
    counts: Counts,
    /// How deep in brackets of any kind.
    nesting: u16,
    /// The rest of the source is not read.
    gave_up: bool,
}

impl<'s> Parser<'s> {
    fn new(source: &'s str, dialect: Dialect) -> Parser<'s> {
        let mut lexer = Lexer::new(source, dialect);
        let token = lexer.next();
        let (diagnostics, counts) = (Vec::new(), Counts::default());
        Parser { source, dialect, lexer, token, last_end: 0, diagnostics, counts, nesting: 0, gave_up: false }
    }

    fn finish(mut self, mut method: Method<'s>) -> Parsed<'s> {
        method.counts = self.counts;
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
        Parsed { method, diagnostics: self.diagnostics }
    }

    fn step(&mut self) -> Token {
        self.last_end = self.token.span.end;
        std::mem::replace(&mut self.token, self.lexer.next())
    }

    /// What follows the current token.
    fn peek(&self) -> Token {
        self.lexer.clone().next()
    }

    /// The text of a part of the source.
    fn text(&self, span: Span) -> &'s str {
        &self.source[span.range()]
    }

    fn is(&self, kind: &TokenKind) -> bool {
        self.token.kind == *kind
    }

    fn is_special(&self, byte: u8) -> bool {
        self.token.kind == TokenKind::Special(byte)
    }

    fn is_operator(&self, text: &str) -> bool {
        self.token.kind == TokenKind::Binary && self.text(self.token.span) == text
    }

    /// Steps if the token is this.
    fn take_special(&mut self, byte: u8) -> bool {
        let found = self.is_special(byte);
        if found {
            self.step();
        }
        found
    }

    /// Keeps the first character of an operator as the current token and lets what is behind it be read again.
    fn split_operator(&mut self) {
        let start = self.token.span.start;
        self.token.span.end = start + 1;
        self.lexer.go_to(start as usize + 1);
    }

    /// From the start of something to the end of the token before the current one.
    fn since(&self, start: Span) -> Span {
        Span { start: start.start, end: self.last_end.max(start.start) }
    }

    /// Notes an error, unless there is one at the place already.
    fn error(&mut self, span: Span, message: impl Into<String>) {
        let known = self.diagnostics.iter().any(|diagnostic| diagnostic.span.start == span.start);
        if !known && !self.gave_up && self.diagnostics.len() < MAX_ERRORS {
            self.diagnostics.push(Diagnostic::error(span, message));
        }
    }

    /// Notes that the current token is not what belongs here.
    fn expected(&mut self, what: &str) {
        let span = self.token.span;
        let message = match &self.token.kind {
            TokenKind::Wrong(message) => message.clone(),
            TokenKind::End => format!("expected {what}, and the source ends"),
            _ => format!("expected {what}, not {}", self.text(span)),
        };
        self.error(span, message);
    }

    /// Enters a bracket; false, with an error, if there are too many.
    fn enter(&mut self) -> bool {
        self.nesting += 1;
        if self.nesting > MAX_DEPTH / 4 {
            self.error(self.token.span, "this is nested too deep");
            self.skip_all();
        }
        self.nesting <= MAX_DEPTH / 4
    }

    fn leave(&mut self) {
        self.nesting -= 1;
    }

    /// Skips to the end of the source; what is missing there is no error of its own.
    fn skip_all(&mut self) {
        self.gave_up = true;
        self.lexer.go_to(self.source.len());
        self.step();
    }

    /// Skips to a period, or to a bracket that closes more than was opened on the way.
    fn skip_statement(&mut self) {
        let mut open = 0usize;
        loop {
            match self.token.kind {
                TokenKind::End => return,
                TokenKind::Special(b'.') if open == 0 => return,
                TokenKind::Special(b')' | b']' | b'}') if open == 0 => return,
                TokenKind::Special(b')' | b']' | b'}') => open -= 1,
                TokenKind::Special(b'(' | b'[' | b'{') | TokenKind::ArrayStart | TokenKind::BytesStart => open += 1,
                _ => {}
            }
            self.step();
        }
    }
}
