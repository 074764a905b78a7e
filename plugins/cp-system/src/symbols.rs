//! The table of symbols, which the image leaves to its host.

use osvm_plugin_sdk::{Context, Held, Object, PrimitiveError};
use std::collections::HashMap;

/// The symbols by their texts.
#[derive(Default)]
pub(crate) struct Symbols(HashMap<String, Held>);

impl Symbols {
    /// Takes a symbol in; one of the same text that is there already stays.
    pub(crate) fn register(&mut self, cx: &Context, symbol: Object) -> Result<(), PrimitiveError> {
        let text = cx.text(symbol)?;
        if self.0.contains_key(&text) {
            return Err(PrimitiveError::Inappropriate);
        }
        self.0.insert(text, cx.hold(symbol)?);
        Ok(())
    }

    /// The symbol of a text, made if it is new. Characters have a byte.
    pub(crate) fn of(&mut self, cx: &Context, class: Object, text: &str) -> Result<Object, PrimitiveError> {
        if let Some(held) = self.0.get(text) {
            return cx.held(held);
        }
        let bytes: Vec<u8> = text.chars().map(|c| u32::from(c) as u8).collect();
        let symbol = cx.new_instance(class, bytes.len())?;
        cx.write(symbol, 0, &bytes)?;
        self.0.insert(text.into(), cx.hold(symbol)?);
        Ok(symbol)
    }
}

/// True for a symbol that needs no quotes: letters, digits and colons after a letter, or only signs of operators.
pub(crate) fn is_literal(text: &str) -> bool {
    let is_sign = |c: char| {
        matches!(c, '!' | '%' | '&' | '*' | '+' | ',' | '-' | '/' | '<' | '=' | '>' | '?' | '@' | '\\' | '`' | '|' | '×' | '÷')
            || (('~'..='¿').contains(&c) && !matches!(c, 'ª' | 'µ' | 'º'))
    };
    match text.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => text.chars().all(|c| c.is_ascii_alphanumeric() || c == ':'),
        Some(_) => text.chars().all(is_sign),
        None => false,
    }
}
