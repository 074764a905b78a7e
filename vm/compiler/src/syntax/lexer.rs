//! Text to tokens. The parser asks for one at a time, and can go back to take a sign off a number.

use super::number;
use crate::literal::Literal;
use crate::source::Span;

/// What the languages of Pharo, Squeak and Cuis write differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dialect {
    /// A lone `_`, which some fonts show as an arrow, assigns; so does the arrow.
    pub underscore_assigns: bool,
    /// A `-` before a digit is the number's sign also behind another operator, as in `3+-2`.
    pub sign_ends_operator: bool,
    /// In a literal array, `[1 2]` is an array of bytes.
    pub bare_byte_arrays: bool,
    /// `#[1.5 2]`, whose first number is a float, is an array of floats.
    pub float_arrays: bool,
    /// An expression between backticks is a constant, and `::` continues with all before it as the receiver.
    pub cuis_expressions: bool,
}

impl Dialect {
    /// Pharo.
    pub const PHARO: Dialect = Dialect {
        underscore_assigns: false,
        sign_ends_operator: false,
        bare_byte_arrays: false,
        float_arrays: false,
        cuis_expressions: false,
    };
    /// Squeak.
    pub const SQUEAK: Dialect = Dialect {
        underscore_assigns: true,
        sign_ends_operator: true,
        bare_byte_arrays: true,
        float_arrays: false,
        cuis_expressions: false,
    };
    /// Cuis.
    pub const CUIS: Dialect = Dialect {
        underscore_assigns: true,
        sign_ends_operator: true,
        bare_byte_arrays: true,
        float_arrays: true,
        cuis_expressions: true,
    };
}

/// What a token is.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum TokenKind {
    /// `foo`
    Identifier,
    /// `foo:`
    Keyword,
    /// `foo:bar:`, with nothing between; only a literal array has such.
    Keywords,
    /// `+`
    Binary,
    /// `:=`
    Assign,
    /// One of `( ) [ ] { } . ; ^ :`, and the backtick
    Special(u8),
    /// A number, its sign included.
    Number(Literal),
    /// `'it''s'`
    String(String),
    /// `#foo`, `#foo:bar:`, `#+`, `#'any text'`
    Symbol(String),
    /// `$a`
    Character(u32),
    /// `#(`
    ArrayStart,
    /// `#[`
    BytesStart,
    /// The end.
    End,
    /// No token, and why.
    Wrong(String),
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

/// Whether a character is one of binary selectors.
pub(crate) fn is_binary_char(c: char) -> bool {
    matches!(
        c,
        '!' | '%' | '&' | '*' | '+' | ',' | '-' | '/' | '<' | '=' | '>' | '?' | '@' | '\\' | '|' | '~' | '·' | '÷' | '±' | '×'
    )
}

/// Whether names can begin with a character.
pub(crate) fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii() && c.is_alphabetic()
}

/// Whether a text is a name, as variables and classes have them.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(is_letter) && text.chars().all(continues_name)
}

/// Names that mean the same everywhere, and that nothing else can have.
pub(crate) const RESERVED: [&str; 6] = ["self", "super", "thisContext", "true", "false", "nil"];

fn continues_name(c: char) -> bool {
    is_letter(c) || c.is_ascii_digit()
}

#[derive(Clone)]
pub(super) struct Lexer<'s> {
    source: &'s str,
    at: usize,
    dialect: Dialect,
}

impl<'s> Lexer<'s> {
    pub fn new(source: &'s str, dialect: Dialect) -> Lexer<'s> {
        Lexer { source, at: 0, dialect }
    }

    /// The next token starts here, or behind.
    pub fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.source.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The character here; NUL at the end.
    fn char(&self) -> char {
        match self.byte(0) {
            byte if byte < 0x80 => char::from(byte),
            _ => self.source[self.at..].chars().next().unwrap_or('\0'),
        }
    }

    fn at_end(&self) -> bool {
        self.at >= self.source.len()
    }

    fn skip_while(&mut self, test: impl Fn(char) -> bool) {
        while !self.at_end() {
            let c = self.char();
            if !test(c) {
                break;
            }
            self.at += c.len_utf8();
        }
    }

    /// Skips blanks and comments; answers where a comment starts that does not end.
    fn skip_blanks(&mut self) -> Option<usize> {
        loop {
            self.skip_while(|c| c.is_ascii_whitespace() || c == '\0' || c == '\x0B' || !c.is_ascii() && c.is_whitespace());
            if self.byte(0) != b'"' {
                return None;
            }
            let start = self.at;
            match self.source[start + 1..].find('"') {
                Some(end) => self.at = start + end + 2,
                None => {
                    self.at = self.source.len();
                    return Some(start);
                }
            }
        }
    }

    pub fn next(&mut self) -> Token {
        if let Some(start) = self.skip_blanks() {
            return self.token(start, TokenKind::Wrong("this comment has no end".into()));
        }
        let start = self.at;
        if self.at_end() {
            return self.token(start, TokenKind::End);
        }
        let c = self.char();
        let kind = match c {
            c if is_letter(c) => self.name(),
            '0'..='9' => self.number(),
            '-' if self.byte(1).is_ascii_digit() => self.number(),
            '\'' => self.string().map_or_else(TokenKind::Wrong, TokenKind::String),
            '#' => self.hashed(),
            '$' => self.character(),
            ':' if self.byte(1) == b'=' => {
                self.at += 2;
                TokenKind::Assign
            }
            '←' if self.dialect.underscore_assigns => {
                self.at += c.len_utf8();
                TokenKind::Assign
            }
            '`' if self.dialect.cuis_expressions => {
                self.at += 1;
                TokenKind::Special(b'`')
            }
            '(' | ')' | '[' | ']' | '{' | '}' | '.' | ';' | '^' | ':' => {
                self.at += 1;
                TokenKind::Special(c as u8)
            }
            c if is_binary_char(c) => {
                self.operator();
                TokenKind::Binary
            }
            c => {
                self.at += c.len_utf8();
                TokenKind::Wrong(format!("the character {c:?} has no meaning here"))
            }
        };
        self.token(start, kind)
    }

    fn token(&self, start: usize, kind: TokenKind) -> Token {
        Token { kind, span: Span::new(start, self.at) }
    }

    fn name(&mut self) -> TokenKind {
        let start = self.at;
        self.skip_while(continues_name);
        if self.dialect.underscore_assigns && &self.source[start..self.at] == "_" {
            return TokenKind::Assign;
        }
        let colon = |lexer: &Self| lexer.byte(0) == b':' && lexer.byte(1) != b'=';
        if !colon(self) {
            return TokenKind::Identifier;
        }
        self.at += 1;
        let mut kind = TokenKind::Keyword;
        loop {
            let end = self.at;
            if is_letter(self.char()) {
                self.skip_while(continues_name);
            }
            if self.at == end || !colon(self) {
                self.at = end;
                return kind;
            }
            self.at += 1;
            kind = TokenKind::Keywords;
        }
    }

    fn number(&mut self) -> TokenKind {
        match number::read(&self.source.as_bytes()[self.at..]) {
            Ok((literal, length)) => {
                self.at += length;
                TokenKind::Number(literal)
            }
            Err((message, length)) => {
                self.at += length;
                self.skip_while(|c| c.is_ascii_alphanumeric());
                TokenKind::Wrong(message)
            }
        }
    }

    /// A string in quotes, in which two quotes are one.
    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut rest = &self.source[self.at + 1..];
        loop {
            let Some(quote) = rest.find('\'') else {
                self.at = self.source.len();
                return Err("this string has no end".into());
            };
            text.push_str(&rest[..quote]);
            rest = &rest[quote + 1..];
            if !rest.starts_with('\'') {
                self.at = self.source.len() - rest.len();
                return Ok(text);
            }
            text.push('\'');
            rest = &rest[1..];
        }
    }

    fn character(&mut self) -> TokenKind {
        self.at += 1;
        if self.at_end() {
            return TokenKind::Wrong("expected a character behind $".into());
        }
        let c = self.char();
        self.at += c.len_utf8();
        TokenKind::Character(c.into())
    }

    fn operator(&mut self) {
        let start = self.at;
        while !self.at_end() && is_binary_char(self.char()) {
            if self.dialect.sign_ends_operator && self.at > start && self.byte(0) == b'-' && self.byte(1).is_ascii_digit() {
                break;
            }
            self.at += self.char().len_utf8();
        }
    }

    /// What begins with `#`.
    fn hashed(&mut self) -> TokenKind {
        while self.byte(0) == b'#' {
            self.at += 1;
        }
        let start = self.at;
        match self.char() {
            '(' => {
                self.at += 1;
                TokenKind::ArrayStart
            }
            '[' => {
                self.at += 1;
                TokenKind::BytesStart
            }
            '\'' => self.string().map_or_else(TokenKind::Wrong, TokenKind::Symbol),
            c if is_letter(c) => {
                self.skip_while(|c| continues_name(c) || c == ':');
                // The colon of an assignment is not the symbol's.
                if self.byte(0) == b'=' && self.source[start..self.at].ends_with(':') {
                    self.at -= 1;
                }
                TokenKind::Symbol(self.source[start..self.at].into())
            }
            c if is_binary_char(c) => {
                self.operator();
                TokenKind::Symbol(self.source[start..self.at].into())
            }
            _ => TokenKind::Wrong("expected a symbol, a string, ( or [ behind #".into()),
        }
    }
}
