//! Literals, and the arrays of them.

use super::super::lexer::TokenKind;
use super::Parser;
use crate::literal::Literal;
use crate::source::Span;

impl Parser<'_> {
    /// The literal here; `None`, and nothing is read, if there is none. Names of constants are not looked at.
    pub(super) fn literal(&mut self) -> Option<Literal> {
        let literal = match &mut self.token.kind {
            TokenKind::Number(literal) => std::mem::replace(literal, Literal::Nil),
            TokenKind::String(text) => Literal::String(std::mem::take(text)),
            TokenKind::Symbol(text) => Literal::Symbol(std::mem::take(text)),
            TokenKind::Character(code) => Literal::Character(*code),
            TokenKind::ArrayStart => return Some(self.literal_array()),
            TokenKind::BytesStart => return Some(self.byte_array()),
            _ => return None,
        };
        self.step();
        Some(literal)
    }

    /// An array; the current token is its opening parenthesis.
    fn literal_array(&mut self) -> Literal {
        let mut elements = Vec::new();
        if !self.enter() {
            return Literal::Array(elements);
        }
        let opened = self.step().span;
        while !self.is_special(b')') && !self.is(&TokenKind::End) {
            self.element(&mut elements);
        }
        if !self.take_special(b')') {
            self.error(opened, "this literal array has no )");
        }
        self.leave();
        Literal::Array(elements)
    }

    /// One element of a literal array, or two where a colon is taken off an assignment.
    fn element(&mut self, elements: &mut Vec<Literal>) {
        if let Some(literal) = self.literal() {
            elements.push(literal);
            return;
        }
        let span = self.token.span;
        let symbol = |text: &str| Literal::Symbol(text.into());
        let text = self.text(span);
        match self.token.kind {
            TokenKind::Special(b'(') => {
                let array = self.literal_array();
                elements.push(array);
                return;
            }
            TokenKind::Special(b'[') if self.dialect.bare_byte_arrays => {
                let bytes = self.byte_array();
                elements.push(bytes);
                return;
            }
            TokenKind::Identifier => elements.push(match text {
                "true" => Literal::True,
                "false" => Literal::False,
                "nil" => Literal::Nil,
                _ => symbol(text),
            }),
            TokenKind::Assign if text == ":=" => {
                // Behind a name the colon is its end.
                match elements.last_mut() {
                    Some(Literal::Symbol(name)) if self.last_end == span.start => name.push(':'),
                    _ => elements.push(symbol(":")),
                }
                elements.push(symbol("="));
            }
            TokenKind::Assign | TokenKind::Keyword | TokenKind::Keywords | TokenKind::Binary | TokenKind::Special(_) => {
                elements.push(symbol(text))
            }
            _ => self.expected("a literal"),
        }
        self.step();
    }

    /// An array of bytes, or of floats; the current token is its opening bracket.
    fn byte_array(&mut self) -> Literal {
        let opened = self.step().span;
        if self.dialect.float_arrays && matches!(self.token.kind, TokenKind::Number(Literal::Float(_))) {
            return self.float_array(opened);
        }
        let mut bytes = Vec::new();
        loop {
            match &self.token.kind {
                TokenKind::Number(Literal::Integer(value)) if (0..=255).contains(value) => bytes.push(*value as u8),
                TokenKind::Number(Literal::Float(_)) if self.dialect.float_arrays => {
                    self.error(self.token.span, "an array of floats begins with a float");
                }
                TokenKind::Special(b']') => {
                    self.step();
                    return Literal::Bytes(bytes);
                }
                TokenKind::End => {
                    self.error(opened, "this byte array has no ]");
                    return Literal::Bytes(bytes);
                }
                TokenKind::Number(_) => self.error(self.token.span, "a byte is from 0 to 255"),
                _ => self.expected("a byte, or ] behind the last"),
            }
            self.step();
        }
    }

    /// The floats of an array, and whole numbers that a byte could be among them.
    fn float_array(&mut self, opened: Span) -> Literal {
        let mut floats = Vec::new();
        loop {
            match &self.token.kind {
                TokenKind::Number(Literal::Float(value)) => floats.push(*value),
                TokenKind::Number(Literal::Integer(value)) if (0..=255).contains(value) => floats.push(*value as f64),
                TokenKind::Special(b']') => {
                    self.step();
                    return Literal::Floats(floats);
                }
                TokenKind::End => {
                    self.error(opened, "this array of floats has no ]");
                    return Literal::Floats(floats);
                }
                TokenKind::Number(_) => self.error(self.token.span, "expected a float, or a whole number from 0 to 255"),
                _ => self.expected("a float, or ] behind the last"),
            }
            self.step();
        }
    }
}
