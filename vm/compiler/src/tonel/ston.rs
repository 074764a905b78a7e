//! The notation of Tonel's headers: a part of STON, without classes and references.

use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Lists and maps deeper than this are refused.
const MAX_DEPTH: usize = 64;

/// A value of a header.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// `nil`
    Nil,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A symbol.
    Symbol(String),
    /// A string.
    String(String),
    /// `[ a, b ]`
    List(Vec<Value>),
    /// `{ #a : b }`
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The text of a symbol or string.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Symbol(text) | Value::String(text) => Some(text),
            _ => None,
        }
    }
}

/// What a character behind a backslash stands for.
fn unescaped(c: char) -> char {
    match c {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        _ => c,
    }
}

/// A place in a text from which things are read.
pub(super) struct Cursor<'s> {
    pub text: &'s str,
    pub at: usize,
    depth: usize,
}

impl<'s> Cursor<'s> {
    pub fn new(text: &'s str) -> Cursor<'s> {
        Cursor { text, at: 0, depth: 0 }
    }

    pub fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    pub fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub fn skip_blanks(&mut self) {
        while self.peek().is_ascii_whitespace() {
            self.at += 1;
        }
    }

    pub fn take(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        let found = self.peek() == byte && !self.at_end();
        self.at += usize::from(found);
        found
    }

    pub fn expect(&mut self, byte: u8) -> Result<(), Diagnostic> {
        if self.take(byte) { Ok(()) } else { Err(self.error(format!("expected {}", char::from(byte)))) }
    }

    pub fn error(&self, message: impl Into<String>) -> Diagnostic {
        let end = self.text[self.at..].chars().next().map_or(self.at, |c| self.at + c.len_utf8());
        Diagnostic::error(Span::new(self.at, end), message)
    }

    /// A word of letters, digits, `_`, `-`, `.`, `:` and `/`.
    pub fn word(&mut self) -> &'s str {
        let start = self.at;
        while matches!(self.peek(), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'/' | 0x80..) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// Text between two of these quotes, in which two are one. In strings, that are between single ones, a backslash stands
    /// before what would mean something.
    pub fn quoted(&mut self, quote: u8) -> Result<String, Diagnostic> {
        let mut result = String::new();
        let opened = self.error("this has no end");
        let escapes = quote == b'\'';
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let Some(end) = rest.find(|c| c == char::from(quote) || escapes && c == '\\') else { return Err(opened) };
            result.push_str(&rest[..end]);
            self.at += end + 1;
            let escaped = rest.as_bytes()[end] == b'\\';
            if escaped {
                let Some(c) = self.text[self.at..].chars().next() else { return Err(opened) };
                result.push(unescaped(c));
                self.at += c.len_utf8();
            } else if self.peek() == quote {
                result.push(char::from(quote));
                self.at += 1;
            } else {
                return Ok(result);
            }
        }
    }

    pub fn value(&mut self) -> Result<Value, Diagnostic> {
        self.skip_blanks();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("this is nested too deep"));
        }
        let value = match self.peek() {
            b'#' => {
                self.at += 1;
                match self.peek() {
                    b'\'' => Value::Symbol(self.quoted(b'\'')?),
                    _ => Value::Symbol(self.symbol()),
                }
            }
            b'\'' => Value::String(self.quoted(b'\'')?),
            b'[' => Value::List(self.list()?),
            b'{' => Value::Map(self.map()?),
            _ => self.constant()?,
        };
        self.depth -= 1;
        Ok(value)
    }

    /// A symbol without quotes; its colons are followed by a letter, else they separate key and value.
    fn symbol(&mut self) -> String {
        let start = self.at;
        self.word();
        while self.peek() == b':' && self.text.as_bytes().get(self.at + 1).is_some_and(u8::is_ascii_alphabetic) {
            self.at += 1;
            self.word();
        }
        self.text[start..self.at].into()
    }

    fn constant(&mut self) -> Result<Value, Diagnostic> {
        let start = self.at;
        match self.word() {
            "nil" => Ok(Value::Nil),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            word => word.parse().map(Value::Integer).map_err(|_| {
                self.at = start;
                self.error("expected a symbol, a string, a list or a map")
            }),
        }
    }

    fn list(&mut self) -> Result<Vec<Value>, Diagnostic> {
        self.expect(b'[')?;
        let mut values = Vec::new();
        while !self.take(b']') {
            values.push(self.value()?);
            if !self.take(b',') {
                self.expect(b']')?;
                break;
            }
        }
        Ok(values)
    }

    pub fn map(&mut self) -> Result<Vec<(String, Value)>, Diagnostic> {
        self.expect(b'{')?;
        let mut entries = Vec::new();
        while !self.take(b'}') {
            let key = self.value()?;
            let Some(key) = key.as_text().map(str::to_string) else { return Err(self.error("expected a name before this")) };
            self.expect(b':')?;
            entries.push((key, self.value()?));
            if !self.take(b',') {
                self.expect(b'}')?;
                break;
            }
        }
        Ok(entries)
    }
}
