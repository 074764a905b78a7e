//! Strings and symbols of an image as texts, and texts as strings and symbols: bytes where Latin-1 has all characters, else words of 32 bits.

use osvm_core::error::PrimError;
use osvm_core::heap::Heap;
use osvm_core::object::Format;
use osvm_core::oop::Oop;

/// The text of a string or symbol of bytes (Latin-1) or of words (code points).
pub fn text(heap: &Heap, oop: Oop) -> Option<String> {
    characters(heap, oop).map(Iterator::collect)
}

/// The characters of such a string or symbol.
pub(crate) fn characters(heap: &Heap, oop: Oop) -> Option<impl Iterator<Item = char> + Clone> {
    if !oop.is_pointer() {
        return None;
    }
    let format = heap.format(oop);
    let (bytes, width) = match heap.bytes(oop) {
        bytes if format.is_bytes() => (bytes, 1),
        words if format.is_words_32() => (words, 4),
        _ => return None,
    };
    let codes = bytes.chunks_exact(width).map(|code| code.iter().rev().fold(0, |code, &byte| code << 8 | u32::from(byte)));
    Some(codes.map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)))
}

/// A string or symbol of this text. `narrow` is the class index of those of bytes; `wide` answers that of those of words.
pub(crate) fn from_text<E: From<PrimError>>(
    heap: &mut Heap,
    text: &str,
    narrow: u32,
    wide: impl FnOnce(&mut Heap) -> Result<u32, E>,
) -> Result<Oop, E> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    if let Some(bytes) = bytes {
        return Ok(heap.byte_object(narrow, &bytes)?);
    }
    let index = wide(heap)?;
    let (format, slots) = Format::for_units(Format::WORDS_32, text.chars().count() as u64, 2);
    let oop = heap.alloc_bits(index, format, slots as usize)?;
    for (word, c) in heap.bytes_mut(oop).chunks_exact_mut(4).zip(text.chars()) {
        word.copy_from_slice(&u32::from(c).to_le_bytes());
    }
    Ok(oop)
}
