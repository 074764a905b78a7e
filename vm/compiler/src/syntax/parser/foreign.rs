//! Pragmas that describe a function of a library, in a language of their own: `<cdecl: long 'strlen' (char*) module: 'libc'>`.
//!
//! Source: `externalFunctionDeclaration` and `parseAnExternalFunction:...` of Cuis (CoreUpdates 7740), which are Squeak's. Such a pragma
//! stands for `<primitive: 120>` with an ExternalLibraryFunction as the first literal.

use super::super::ast::Pragma;
use super::super::lexer::{Dialect, TokenKind};
use super::Parser;
use crate::literal::{ForeignFunction, ForeignName, ForeignType, Literal};
use crate::source::Span;
use std::borrow::Cow;

/// The primitive that calls a function of a library.
const CALL: i64 = 120;

/// Calling conventions by the words that pragmas begin with, as flags of an ExternalFunction (`FFIConstants` of Pharo 8 and Squeak).
const CONVENTIONS: [(&str, i64); 2] = [("cdecl:", 0), ("apicall:", 1)];
/// The call may take long, and others run meanwhile. In Cuis each call may, and the word does nothing.
const THREADED: (&str, i64) = ("threaded", 256);

impl<'s> Parser<'s> {
    /// The flags of the calling convention that a word is.
    pub(super) fn calling_convention(word: &str) -> Option<i64> {
        CONVENTIONS.iter().find(|(name, _)| *name == word).map(|&(_, flags)| flags)
    }

    /// A call of a function of a library; what its convention is was read. `start` is where the pragma begins.
    pub(super) fn foreign_call(&mut self, convention: i64, start: Span) -> Option<Pragma<'s>> {
        let mut flags = convention;
        while self.is(&TokenKind::Identifier) && self.text(self.token.span) == THREADED.0 {
            self.step();
            if self.dialect != Dialect::CUIS {
                flags |= THREADED.1;
            }
        }
        let result = self.foreign_type("the type of what the function answers")?;
        let function = match self.literal() {
            Some(Literal::String(name)) => ForeignName::Name(name),
            Some(Literal::Integer(index)) => ForeignName::Index(index),
            _ => {
                self.expected("the name of the function, as a string");
                return None;
            }
        };
        let arguments = self.foreign_arguments()?;
        let (mut module, mut error) = (None, None);
        if self.take_keyword("module:") {
            module = Some(self.foreign_string("the name of the library, as a string")?);
        }
        if self.take_keyword("error:") {
            error = Some(match self.is(&TokenKind::Identifier) {
                true => self.name("a variable")?.text.to_string(),
                false => self.foreign_string("the variable for the error code")?,
            });
        }
        self.end_of_pragma()?;
        let span = self.since(start);
        let mut arguments_of_pragma = vec![(Literal::Integer(CALL), span)];
        arguments_of_pragma.extend(error.iter().map(|name| (Literal::Symbol(name.clone()), span)));
        let selector = Cow::Borrowed(if error.is_some() { "primitive:error:" } else { "primitive:" });
        let foreign = ForeignFunction { flags, result, function, arguments, module, error };
        Some(Pragma { selector, arguments: arguments_of_pragma, foreign: Some(Box::new(foreign)), span })
    }

    fn foreign_arguments(&mut self) -> Option<Vec<ForeignType>> {
        if !self.take_special(b'(') {
            self.expected("( before the types of the arguments");
            return None;
        }
        let mut arguments = Vec::new();
        while !self.take_special(b')') {
            if self.is_special(b'.') {
                self.variadic()?;
                arguments.push(ForeignType::Variadic);
                continue;
            }
            let argument = self.foreign_type("the type of an argument, or )")?;
            // `(void)` is a function without arguments.
            if argument != (ForeignType::Type { name: "void".into(), pointer: false }) {
                arguments.push(argument);
            }
        }
        Some(arguments)
    }

    /// Three periods.
    fn variadic(&mut self) -> Option<()> {
        for _ in 0..3 {
            if !self.take_special(b'.') {
                self.expected("... before the arguments that may differ");
                return None;
            }
        }
        Some(())
    }

    /// The name of a type, and whether there is a star behind it.
    fn foreign_type(&mut self, what: &str) -> Option<ForeignType> {
        if !self.is(&TokenKind::Identifier) {
            self.expected(what);
            return None;
        }
        let span = self.step().span;
        let name = self.text(span).to_string();
        let is_star = self.is(&TokenKind::Binary) && self.text(self.token.span).starts_with('*');
        if is_star && self.text(self.token.span) != "*" {
            self.error(self.token.span, "a pointer to a pointer is written void*");
            return None;
        }
        if is_star {
            self.step();
        }
        Some(ForeignType::Type { name, pointer: is_star })
    }

    fn foreign_string(&mut self, what: &str) -> Option<String> {
        match self.literal() {
            Some(Literal::String(text)) => Some(text),
            _ => {
                self.expected(what);
                None
            }
        }
    }

    fn take_keyword(&mut self, word: &str) -> bool {
        let found = self.is(&TokenKind::Keyword) && self.text(self.token.span) == word;
        if found {
            self.step();
        }
        found
    }
}
