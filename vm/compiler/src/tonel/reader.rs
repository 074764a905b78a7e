//! Files of Tonel: header, then methods.

use super::ston::{Cursor, Value};
use super::{Definition, Kind, Method};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Reads a file, or says what is wrong with it.
pub fn read(text: &str) -> Result<Definition, Diagnostic> {
    let mut cursor = Cursor::new(text);
    cursor.skip_blanks();
    let comment = if cursor.peek() == b'"' { cursor.quoted(b'"')? } else { String::new() };
    cursor.skip_blanks();
    let start = cursor.at;
    let kind = match cursor.word() {
        "Class" => Kind::Class,
        "Trait" => Kind::Trait,
        "Extension" => Kind::Extension,
        "Package" => Kind::Package,
        _ => {
            cursor.at = start;
            return Err(cursor.error("expected Class, Trait, Extension or Package"));
        }
    };
    cursor.skip_blanks();
    let properties = cursor.map()?;
    let mut methods = Vec::new();
    loop {
        cursor.skip_blanks();
        if cursor.at_end() {
            return Ok(Definition { kind, comment, properties, methods });
        }
        methods.push(method(&mut cursor)?);
    }
}

fn method(cursor: &mut Cursor<'_>) -> Result<Method, Diagnostic> {
    let properties = if cursor.peek() == b'{' { cursor.map()? } else { Vec::new() };
    let category = properties.iter().find(|(key, _)| key == "category").and_then(|(_, value)| Value::as_text(value));
    let category = category.unwrap_or("").to_string();
    cursor.skip_blanks();
    let class_name = cursor.word().to_string();
    cursor.skip_blanks();
    let class_side = matches!(cursor.word(), "class" | "classTrait");
    if class_name.is_empty() || !cursor.take(b'>') || !cursor.take(b'>') {
        return Err(cursor.error("expected a class, >> and a method"));
    }
    cursor.skip_blanks();
    let start = cursor.at;
    skip_to_bracket(cursor)?;
    let bracket = cursor.at;
    skip_body(cursor)?;
    let end = cursor.at - 1;
    let body = cursor.text[bracket + 1..end].trim_end();
    let source = format!("{}{body}", &cursor.text[start..bracket]);
    let span = Span::new(start, bracket + 1 + body.len());
    Ok(Method { class_name, class_side, category, source, span, bracket: bracket as u32 })
}

/// Skips a message pattern, with comments in it.
fn skip_to_bracket(cursor: &mut Cursor<'_>) -> Result<(), Diagnostic> {
    loop {
        match cursor.peek() {
            b'[' => return Ok(()),
            b'"' => drop(cursor.quoted(b'"')?),
            0 if cursor.at_end() => return Err(cursor.error("expected [ before the body of the method")),
            _ => cursor.at += 1,
        }
    }
}

/// Skips a body with its brackets. Those in strings, comments and characters are not counted.
fn skip_body(cursor: &mut Cursor<'_>) -> Result<(), Diagnostic> {
    let opened = cursor.error("this method has no ]");
    let mut depth = 0usize;
    loop {
        match cursor.peek() {
            b'[' => depth += 1,
            b']' if depth == 1 => {
                cursor.at += 1;
                return Ok(());
            }
            b']' => depth -= 1,
            quote @ (b'"' | b'\'') => {
                let start = cursor.at + 1;
                let Some(end) = cursor.text[start..].find(char::from(quote)) else { return Err(cursor.error("this has no end")) };
                cursor.at = start + end;
            }
            b'$' => cursor.at += 1,
            0 if cursor.at_end() => return Err(opened),
            _ => {}
        }
        cursor.at += cursor.text.get(cursor.at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
    }
}
