//! Reading signatures.
//!
//! ```text
//! signature = "(" [ param { "," param } ] ")" "->" result
//! param     = name [ "?" ] ":" type            `name?` may be missing in a call, and so may all that follow
//! type      = ( "int" | "float" | "bool" | "char" | "bytes" | "words" | "floats" | "text" | "symbol" | "oop" | "resource" ) [ "?" ]
//! result    = "self" | "nil" | type | "(" type "," type { "," type } ")" [ "?" ]      no "symbol" among them
//! name      = ( "a".."z" | "_" ) { "a".."z" | "0".."9" | "_" }      the name "self" only for the first parameter
//! ```

use crate::lower::{ARGUMENT_SLOTS, RESULT_SLOTS};
use crate::signature::{Param, ResultType, Signature, Type, TypeRef};
use std::fmt;

/// Why a text is no signature, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignatureError {
    /// Column in characters, from 1.
    pub column: usize,
    /// What was found there, and what was expected.
    pub message: String,
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)
    }
}

impl std::error::Error for SignatureError {}

/// Parses a whole text.
pub(crate) fn signature(text: &str) -> Result<Signature, SignatureError> {
    let mut parser = Parser { text, at: 0 };
    let params = parser.params()?;
    parser.expect("->")?;
    let result = parser.result()?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.unexpected("the end"));
    }
    let signature = Signature { params, result };
    for (slots, most, what) in [
        (signature.argument_slots().count(), ARGUMENT_SLOTS, "parameters take"),
        (signature.result_slots().len(), RESULT_SLOTS, "result takes"),
    ] {
        if slots > most {
            return Err(parser.error_at(0, format!("the {what} {slots} slots, and at most {most} are possible")));
        }
    }
    Ok(signature)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn error_at(&self, at: usize, message: String) -> SignatureError {
        SignatureError { column: self.text[..at].chars().count() + 1, message }
    }

    fn unexpected(&self, expected: &str) -> SignatureError {
        let found = match self.rest().chars().next() {
            None => "the end".to_string(),
            Some(_) => match self.peek_word() {
                "" => format!("`{}`", self.rest().chars().next().unwrap_or(' ')),
                word => format!("`{word}`"),
            },
        };
        self.error_at(self.at, format!("expected {expected}, found {found}"))
    }

    fn peek_word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        &rest[..end]
    }

    fn accept(&mut self, token: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), SignatureError> {
        if self.accept(token) { Ok(()) } else { Err(self.unexpected(&format!("`{token}`"))) }
    }

    fn params(&mut self) -> Result<Vec<Param>, SignatureError> {
        self.expect("(")?;
        let mut params: Vec<Param> = Vec::new();
        if self.accept(")") {
            return Ok(params);
        }
        loop {
            self.skip_space();
            let at = self.at;
            let name = self.peek_word();
            if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || name.contains(|c: char| c.is_ascii_uppercase())
            {
                return Err(self.unexpected("the name of a parameter (lower-case letters, digits and `_`)"));
            }
            if name == "self" && !params.is_empty() {
                return Err(self.error_at(at, "`self`, the receiver, can only be the first parameter".into()));
            }
            if params.iter().any(|p| p.name == name) {
                return Err(self.error_at(at, format!("there is already a parameter `{name}`")));
            }
            self.at += name.len();
            let omittable = self.accept("?");
            if omittable && name == "self" {
                return Err(self.error_at(at, "`self`, the receiver, is never missing".into()));
            }
            if !omittable && params.last().is_some_and(|p| p.omittable) {
                return Err(self.error_at(at, format!("`{name}` follows a parameter that may be missing, so write `{name}?`")));
            }
            self.expect(":")?;
            let ty = self.type_ref()?;
            params.push(Param { name: name.to_string(), ty, omittable });
            if self.accept(")") {
                return Ok(params);
            }
            if !self.accept(",") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
    }

    fn type_ref(&mut self) -> Result<TypeRef, SignatureError> {
        self.skip_space();
        let word = self.peek_word();
        let Some(&(base, _)) = Type::ALL.iter().find(|(_, name)| *name == word) else {
            let names: Vec<&str> = Type::ALL.iter().map(|(_, name)| *name).collect();
            return Err(self.unexpected(&format!("a type ({})", names.join(", "))));
        };
        self.at += word.len();
        Ok(TypeRef { base, optional: self.accept("?") })
    }

    fn result(&mut self) -> Result<ResultType, SignatureError> {
        if self.accept("(") {
            let mut types = vec![self.result_type()?];
            while self.accept(",") {
                types.push(self.result_type()?);
            }
            if types.len() < 2 {
                return Err(self.unexpected("`,` and a second type: a tuple of one is the type itself"));
            }
            self.expect(")")?;
            return Ok(ResultType::Tuple(types, self.accept("?")));
        }
        self.skip_space();
        match self.peek_word() {
            word @ ("self" | "nil") => {
                self.at += word.len();
                Ok(if word == "self" { ResultType::Receiver } else { ResultType::Nil })
            }
            _ => Ok(ResultType::Value(self.result_type()?)),
        }
    }

    fn result_type(&mut self) -> Result<TypeRef, SignatureError> {
        self.skip_space();
        let at = self.at;
        let ty = self.type_ref()?;
        if ty.base == Type::Symbol {
            return Err(self.error_at(at, "a result cannot be a `symbol`, since only the image makes those: use `text`".into()));
        }
        Ok(ty)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Param, ResultType, Signature, Type, TypeRef};
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Signature, String> {
        text.parse::<Signature>().map_err(|e| e.to_string())
    }

    #[test]
    fn signatures_print_as_they_were_read() {
        for text in [
            "() -> nil",
            "(path: bytes, writable: bool) -> resource?",
            "(self: oop, other: oop) -> oop",
            "() -> (resource?, resource?, resource?)",
            "(dir: bytes, index: int) -> (text, int, int, bool, int)?",
            "(file: resource, into: oop, start: int, count: int) -> int",
            "(a: int, b?: int, c?: text?) -> nil",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn white_space_does_not_matter() {
        assert_eq!(parse(" ( a :int , b ? : bytes ? )\n->\tself ").unwrap().to_string(), "(a: int, b?: bytes?) -> self");
    }

    #[test]
    fn there_are_limits_to_what_crosses() {
        let many = |n: usize| format!("({}) -> nil", (0..n).map(|i| format!("p{i}: bytes")).collect::<Vec<_>>().join(", "));
        assert!(parse(&many(24)).is_ok());
        assert_eq!(parse(&many(25)).unwrap_err(), "column 1: the parameters take 50 slots, and at most 48 are possible");
        let result = format!("() -> ({})", vec!["int"; 33].join(", "));
        assert_eq!(parse(&result).unwrap_err(), "column 1: the result takes 33 slots, and at most 32 are possible");
    }

    #[test]
    fn errors_point_at_the_column() {
        for (text, error) in [
            ("", "column 1: expected `(`, found the end"),
            ("(a int) -> nil", "column 4: expected `:`, found `int`"),
            (
                "(a: integer) -> nil",
                "column 5: expected a type (int, float, bool, char, bytes, words, floats, text, symbol, oop, resource), found `integer`",
            ),
            ("(a: int, a: int) -> nil", "column 10: there is already a parameter `a`"),
            ("(a: int, self: oop) -> nil", "column 10: `self`, the receiver, can only be the first parameter"),
            ("(a: int)", "column 9: expected `->`, found the end"),
            ("(é: int) -> nil", "column 2: expected the name of a parameter (lower-case letters, digits and `_`), found `é`"),
            ("(a: int) -> (int)", "column 17: expected `,` and a second type: a tuple of one is the type itself, found `)`"),
            ("(a: int) -> nil nil", "column 17: expected the end, found `nil`"),
            ("(a: int; b: int) -> nil", "column 8: expected `,` or `)`, found `;`"),
            ("(self?: oop) -> nil", "column 2: `self`, the receiver, is never missing"),
            ("(a?: int, b: int) -> nil", "column 11: `b` follows a parameter that may be missing, so write `b?`"),
            ("() -> symbol", "column 7: a result cannot be a `symbol`, since only the image makes those: use `text`"),
            ("(A: int) -> nil", "column 2: expected the name of a parameter (lower-case letters, digits and `_`), found `A`"),
        ] {
            assert_eq!(parse(text).unwrap_err(), error, "{text}");
        }
    }

    fn type_ref() -> impl Strategy<Value = TypeRef> {
        (0..Type::ALL.len(), any::<bool>()).prop_map(|(i, optional)| TypeRef { base: Type::ALL[i].0, optional })
    }

    fn result_type() -> impl Strategy<Value = TypeRef> {
        type_ref().prop_filter("no result is a symbol", |ty| ty.base != Type::Symbol)
    }

    fn result() -> impl Strategy<Value = ResultType> {
        prop_oneof![
            Just(ResultType::Receiver),
            Just(ResultType::Nil),
            result_type().prop_map(ResultType::Value),
            (prop::collection::vec(result_type(), 2..5), any::<bool>())
                .prop_map(|(types, optional)| ResultType::Tuple(types, optional)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(
            types in prop::collection::vec(type_ref(), 0..6), receiver: bool, omittable in 1..8usize, result in result()
        ) {
            let name = |i: usize| if i == 0 && receiver { "self".to_string() } else { format!("p_{i}") };
            let param = |(i, ty)| Param { name: name(i), ty, omittable: i >= omittable };
            let params = types.into_iter().enumerate().map(param).collect();
            let signature = Signature { params, result };
            prop_assert_eq!(signature.to_string().parse::<Signature>().unwrap(), signature);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*") {
            if let Err(error) = text.parse::<Signature>() {
                prop_assert!(error.column <= text.chars().count() + 1);
            }
        }
    }
}
