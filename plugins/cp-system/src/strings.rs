//! Strings.

use osvm_plugin_sdk::{Context, Object, PrimitiveError, Shape};

/// A string of the same class with each character replaced; one for which there is no other that fits stays.
pub(crate) fn map(cx: &Context, string: Object, function: impl Fn(char) -> Option<char>) -> Result<Object, PrimitiveError> {
    let wide = matches!(cx.shape(string)?, Shape::Units(4));
    let replaced = |c: char| {
        let other = function(c).map_or(u32::from(c), u32::from);
        if wide || other < 256 { other } else { u32::from(c) }
    };
    let characters: Vec<u32> = cx.text(string)?.chars().map(replaced).collect();
    instance(cx, cx.class_of(string)?, &characters)
}

/// An instance of a class of strings. Characters that do not fit in it are cut.
pub(crate) fn instance(cx: &Context, class: Object, characters: &[u32]) -> Result<Object, PrimitiveError> {
    let string = cx.new_instance(class, characters.len())?;
    match cx.shape(string)? {
        Shape::Units(4) => cx.write_units(string, 0, characters)?,
        Shape::Bytes => cx.write(string, 0, &characters.iter().map(|&c| c as u8).collect::<Vec<u8>>())?,
        _ => return Err(PrimitiveError::BadReceiver),
    }
    Ok(string)
}

/// The hash of a string, in 28 bits.
pub(crate) fn hash(string: &str) -> i64 {
    string.chars().fold(13_312, |hash, c| {
        let hash = hash + i64::from(u32::from(c));
        let low = hash & 0x3FFF;
        (9741 * low + 0x4000 * ((9741 * (hash / 0x4000) + 101 * low) & 0x3FFF)) & 0xFFF_FFFF
    })
}
