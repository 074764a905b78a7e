//! Literals of Smalltalk, for arguments and results on the command line.
//!
//! Beside the literals of the language there is one form for what has none: `(WordArray withAll: #(1 2))`.

use osvm_plugin_sdk::testing::{Body, Fake};

/// Arrays inside arrays, at most.
const DEEPEST: usize = 64;

/// Reads one literal, which must be all of the text.
pub fn parse(text: &str) -> Result<Fake, String> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.literal(false, 0)?;
    reader.space();
    if reader.at < text.len() { Err(reader.expected("the end")) } else { Ok(value) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn expected(&self, what: &str) -> String {
        let found = self.rest().chars().next().map_or("the end".to_string(), |c| format!("`{c}`"));
        let column = self.text[..self.at].chars().count() + 1;
        let hint = match self.at {
            0 if self.rest().starts_with(|c: char| c.is_alphabetic()) => {
                "; a String has quotes that the shell must leave: \"'text'\""
            }
            _ => "",
        };
        format!("column {column}: expected {what}, found {found}{hint}")
    }

    fn take(&mut self, token: &str) -> bool {
        let taken = self.rest().starts_with(token);
        if taken {
            self.at += token.len();
        }
        taken
    }

    /// What the characters of a kind at this place are.
    fn word(&mut self, of: impl Fn(char) -> bool) -> String {
        let word: String = self.rest().chars().take_while(|&c| of(c)).collect();
        self.at += word.len();
        word
    }

    fn literal(&mut self, in_array: bool, depth: usize) -> Result<Fake, String> {
        if depth > DEEPEST {
            return Err(format!("more than {DEEPEST} arrays are inside each other"));
        }
        self.space();
        if self.take("#[") {
            return self.bytes();
        }
        if self.take("#(") || (in_array && self.take("(")) {
            return Ok(Fake::array(self.elements(depth)?));
        }
        if self.take("#") {
            return self.symbol();
        }
        if self.take("(") {
            return self.with_all(depth);
        }
        if self.take("'") {
            return Ok(Fake::string(&self.quoted()?));
        }
        if self.take("$") {
            let character = self.rest().chars().next().ok_or_else(|| self.expected("a character"))?;
            self.at += character.len_utf8();
            return Ok(character.into());
        }
        if self.rest().starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return self.number();
        }
        let start = self.at;
        let word = self.word(|c| c.is_alphanumeric() || c == '_' || c == ':');
        match word.as_str() {
            "nil" => Ok(Fake::Nil),
            "true" => Ok(Fake::Bool(true)),
            "false" => Ok(Fake::Bool(false)),
            word if in_array && !word.is_empty() => latin_1_symbol(word),
            _ => {
                self.at = start;
                Err(self.expected("a literal (3, -7, 1.5, 'text', #symbol, $a, true, nil, #(1 2), #[1 2 3])"))
            }
        }
    }

    fn number(&mut self) -> Result<Fake, String> {
        let start = self.at;
        self.take("-");
        self.word(|c| c.is_ascii_digit());
        let mut float = false;
        if self.rest().starts_with('.') && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) {
            self.at += 1;
            self.word(|c| c.is_ascii_digit());
            float = true;
        }
        if self.take("e") {
            self.take("-");
            self.word(|c| c.is_ascii_digit());
            float = true;
        }
        let number = &self.text[start..self.at];
        if float {
            return number.parse().map(Fake::Float).map_err(|_| format!("`{number}` is no number"));
        }
        number.parse().map(Fake::Int).map_err(|_| format!("`{number}` is no Integer of 64 bits"))
    }

    fn quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        loop {
            let part = self.rest().split('\'').next().unwrap_or_default().to_string();
            self.at += part.len();
            text += &part;
            if !self.take("'") {
                return Err(self.expected("`'`"));
            }
            if !self.take("'") {
                return Ok(text);
            }
            text.push('\'');
        }
    }

    fn symbol(&mut self) -> Result<Fake, String> {
        let text = if self.take("'") { self.quoted()? } else { self.word(is_symbol) };
        if text.is_empty() { Err(self.expected("a symbol")) } else { latin_1_symbol(&text) }
    }

    fn bytes(&mut self) -> Result<Fake, String> {
        let mut bytes = Vec::new();
        loop {
            self.space();
            if self.take("]") {
                return Ok(Fake::bytes(bytes));
            }
            let start = self.at;
            match self.word(|c| c.is_ascii_digit()).parse::<u8>() {
                Ok(byte) => bytes.push(byte),
                Err(_) => {
                    self.at = start;
                    return Err(self.expected("a byte (0 to 255) or `]`"));
                }
            }
        }
    }

    fn elements(&mut self, depth: usize) -> Result<Vec<Fake>, String> {
        let mut elements = Vec::new();
        loop {
            self.space();
            if self.take(")") {
                return Ok(elements);
            }
            elements.push(self.literal(true, depth + 1)?);
        }
    }

    /// `(WordArray withAll: #(1 2))`, behind the parenthesis.
    fn with_all(&mut self, depth: usize) -> Result<Fake, String> {
        self.space();
        let start = self.at;
        let class = self.word(char::is_alphanumeric);
        self.space();
        if !self.take("withAll:") {
            return Err(self.expected("`withAll:`"));
        }
        self.space();
        if !self.take("#(") {
            return Err(self.expected("an array"));
        }
        let elements = self.elements(depth)?;
        self.space();
        if !self.take(")") {
            return Err(self.expected("`)`"));
        }
        let wrong = || format!("an element does not fit into a {class}");
        fn units<T: TryFrom<i64>>(elements: &[Fake]) -> Option<Vec<T>> {
            elements.iter().map(|element| T::try_from(element.int()?).ok()).collect()
        }
        match class.as_str() {
            "DoubleByteArray" => units(&elements).map(Fake::shorts).ok_or_else(wrong),
            "WordArray" => units(&elements).map(Fake::words).ok_or_else(wrong),
            "DoubleWordArray" => units(&elements).map(Fake::doubles).ok_or_else(wrong),
            "FloatArray" => {
                let float = |element: &Fake| match element {
                    Fake::Float(value) => Some(*value as f32),
                    Fake::Int(value) => Some(*value as f32),
                    _ => None,
                };
                elements.iter().map(float).collect::<Option<Vec<f32>>>().map(Fake::floats).ok_or_else(wrong)
            }
            _ => {
                self.at = start;
                Err(self.expected("DoubleByteArray, WordArray, DoubleWordArray or FloatArray"))
            }
        }
    }
}

fn is_symbol(c: char) -> bool {
    c.is_alphanumeric() || "_:+-*/\\~<>=@%|&?!,".contains(c)
}

fn latin_1_symbol(text: &str) -> Result<Fake, String> {
    if text.chars().all(|c| u32::from(c) < 256) {
        Ok(Fake::symbol(text))
    } else {
        Err(format!("the symbol `{text}` has characters beyond Latin-1"))
    }
}

/// A value as a literal; what has none as an expression or, in the end, as `a Class`.
pub fn print(value: &Fake) -> String {
    let Fake::Object(object) = value else {
        return match value {
            Fake::Resource(_) => "a resource".into(),
            Fake::Float(float) => print_float(*float),
            other => format!("{other:?}"),
        };
    };
    if let Some(text) = value.text() {
        return match value.class() {
            "ByteSymbol" => print_symbol(&text),
            _ => print_text(&text),
        };
    }
    let class = value.class();
    match object.contents() {
        Body::Bytes(bytes) if class == "ByteArray" => format!("#[{}]", spaced(bytes)),
        Body::Units(2, bytes) => with_all(class, bytes.as_chunks().0.iter().map(|&unit| u16::from_ne_bytes(unit))),
        Body::Units(4, bytes) if class == "FloatArray" => {
            let float = |&unit: &[u8; 4]| print_float(f32::from_ne_bytes(unit).into());
            with_all(class, bytes.as_chunks().0.iter().map(float))
        }
        Body::Units(4, bytes) => with_all(class, bytes.as_chunks().0.iter().map(|&unit| u32::from_ne_bytes(unit))),
        Body::Units(_, bytes) => with_all(class, bytes.as_chunks().0.iter().map(|&unit| u64::from_ne_bytes(unit))),
        Body::Large(negative, bytes) => print_large(negative, &bytes),
        Body::Fields(fields, _) if class == "Array" => {
            format!("#({})", spaced(fields.iter().map(print)))
        }
        _ => format!("a {class}"),
    }
}

/// A String, with its quotes.
fn print_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A Symbol, with quotes if it needs them.
pub fn print_symbol(text: &str) -> String {
    if !text.is_empty() && text.chars().all(is_symbol) { format!("#{text}") } else { format!("#{}", print_text(text)) }
}

fn print_float(value: f64) -> String {
    if value.is_finite() {
        format!("{value:?}")
    } else if value.is_nan() {
        "Float nan".into()
    } else {
        format!("Float infinity * {}", value.signum())
    }
}

/// In the base 16, since decimal digits would take a division for each.
fn print_large(negative: bool, bytes: &[u8]) -> String {
    let digits: String = bytes.iter().rev().map(|byte| format!("{byte:02X}")).collect();
    format!("{}16r{}", if negative { "-" } else { "" }, digits.trim_start_matches('0'))
}

fn with_all<T: ToString>(class: &str, elements: impl IntoIterator<Item = T>) -> String {
    format!("({class} withAll: #({}))", spaced(elements))
}

fn spaced<T: ToString>(elements: impl IntoIterator<Item = T>) -> String {
    elements.into_iter().map(|element| element.to_string()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_and_printed() {
        for (text, value) in [
            ("3", Fake::Int(3)),
            ("-7", Fake::Int(-7)),
            ("9223372036854775807", Fake::Int(i64::MAX)),
            ("1.5", Fake::Float(1.5)),
            ("-1e-7", Fake::Float(-1e-7)),
            ("'it''s'", Fake::string("it's")),
            ("''", Fake::string("")),
            ("'größe €'", Fake::string("größe €")),
            ("#at:put:", Fake::symbol("at:put:")),
            ("#'a b'", Fake::symbol("a b")),
            ("#+", Fake::symbol("+")),
            ("$a", 'a'.into()),
            ("$ ", ' '.into()),
            ("$'", '\''.into()),
            ("true", true.into()),
            ("false", false.into()),
            ("nil", Fake::Nil),
            ("#[1 2 255]", Fake::bytes([1, 2, 255])),
            ("#[]", Fake::bytes([])),
            ("#(1 'a' #b #(true) nil $c)", {
                let inner = Fake::array([true.into()]);
                Fake::array([1.into(), "a".into(), Fake::symbol("b"), inner, Fake::Nil, 'c'.into()])
            }),
            ("(WordArray withAll: #(1 4294967295))", Fake::words([1, u32::MAX])),
            ("(FloatArray withAll: #(1.5 -2.0))", Fake::floats([1.5, -2.0])),
            ("(DoubleByteArray withAll: #(65535))", Fake::shorts([65535])),
            ("(DoubleWordArray withAll: #())", Fake::doubles([])),
        ] {
            assert_eq!(parse(text).as_ref(), Ok(&value), "{text}");
            assert_eq!(print(&value), text);
        }
        assert_eq!(parse(" #( a (1) at:put: ) ").map(|value| print(&value)).as_deref(), Ok("#(#a #(1) #at:put:)"));
        assert_eq!(print(&Fake::large(true, [0, 0, 0, 0, 0, 0, 0, 0, 1])), "-16r10000000000000000");
    }

    #[test]
    fn what_is_no_literal_is_told_with_its_place() {
        for (text, message) in [
            (
                "hello",
                "column 1: expected a literal (3, -7, 1.5, 'text', #symbol, $a, true, nil, #(1 2), #[1 2 3]), found `h`; a String has \
                 quotes that the shell must leave: \"'text'\"",
            ),
            ("", "column 1: expected a literal (3, -7, 1.5, 'text', #symbol, $a, true, nil, #(1 2), #[1 2 3]), found the end"),
            ("'open", "column 6: expected `'`, found the end"),
            ("#[1 256]", "column 5: expected a byte (0 to 255) or `]`, found `2`"),
            ("#", "column 2: expected a symbol, found the end"),
            ("3 4", "column 3: expected the end, found `4`"),
            ("9223372036854775808", "`9223372036854775808` is no Integer of 64 bits"),
            ("-", "`-` is no Integer of 64 bits"),
            ("$", "column 2: expected a character, found the end"),
            ("(WordArray withAll: #(-1))", "an element does not fit into a WordArray"),
            ("#€", "column 2: expected a symbol, found `€`"),
        ] {
            assert_eq!(parse(text), Err(message.to_string()), "{text}");
        }
        assert!(parse(&"#(".repeat(1000)).unwrap_err().contains("inside each other"));
    }
}
