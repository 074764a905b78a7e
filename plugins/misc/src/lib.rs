//! MiscPrimitivePlugin: searching, comparing, hashing and translating strings; packing bitmaps; widening sounds.
//!
//! The functions and what they answer are those of the OpenSmalltalk VM's plugin, save that nothing is read or written
//! outside an object where that one trusts its arguments.

#![forbid(unsafe_code)]

mod bitmap;
mod strings;

use osvm_plugin_sdk::prelude::*;

/// The plugin.
#[plugin(name = "MiscPrimitivePlugin")]
mod misc_plugin {
    use super::*;

    #[primitive]
    fn primitive_string_hash(bytes: &[u8], seed: i64) -> i64 {
        strings::hash(bytes, seed)
    }

    #[primitive]
    fn primitive_compare_string(first: &[u8], second: &[u8], order: &[u8]) -> Result<i64, PrimitiveError> {
        Ok(strings::compare(first, second, table(order)?))
    }

    #[primitive]
    fn primitive_find_first_in_string(string: &[u8], set: &[u8], start: i64) -> Result<i64, PrimitiveError> {
        let start = index(start)?;
        let Ok(set) = <&[u8; 256]>::try_from(set) else { return Ok(0) };
        Ok(found(strings::find_first(string, set, start)))
    }

    #[primitive]
    fn primitive_find_substring(key: &[u8], body: &[u8], start: i64, table: &[u8]) -> Result<i64, PrimitiveError> {
        let start = usize::try_from(start.saturating_sub(1)).unwrap_or(0);
        Ok(found(strings::find_substring(key, body, start, super::table(table)?)))
    }

    #[primitive]
    fn primitive_index_of_ascii_in_string(byte: i64, string: &[u8], start: i64) -> Result<i64, PrimitiveError> {
        let start = index(start)?;
        let Ok(byte) = u8::try_from(byte) else { return Ok(0) };
        let position = string.get(start..).and_then(|rest| rest.iter().position(|&b| b == byte));
        Ok(found(position.map(|i| start + i)))
    }

    /// Changes the bytes from `start` to `stop`.
    #[primitive]
    fn primitive_translate_string_with_table(
        cx: &Context,
        string: Object,
        start: i64,
        stop: i64,
        table: &[u8],
    ) -> Result<(), PrimitiveError> {
        let (start, stop) = (index(start)?, usize::try_from(stop).unwrap_or(0));
        if !matches!(cx.shape(string)?, Shape::Bytes | Shape::LargeInteger { .. }) {
            return Err(PrimitiveError::BadArgument);
        }
        if stop > cx.byte_size(string)? {
            return Err(PrimitiveError::BadIndex);
        }
        let table = super::table(table)?;
        let mut bytes = vec![0; stop.saturating_sub(start)];
        cx.read(string, start, &mut bytes)?;
        for byte in &mut bytes {
            *byte = table[usize::from(*byte)];
        }
        if bytes.is_empty() { Ok(()) } else { cx.write(string, start, &bytes) }
    }

    #[primitive]
    fn primitive_compress_to_byte_array(cx: &Context, bitmap: &[u32], into: Object) -> Result<i64, PrimitiveError> {
        if byte_size(cx, into)? < bitmap.len() * 4 + 7 + bitmap.len() / 0x7C0 * 3 {
            return Err(PrimitiveError::Unsupported);
        }
        let packed = bitmap::compress(bitmap);
        cx.write(into, 0, &packed)?;
        Ok(packed.len() as i64)
    }

    #[primitive]
    fn primitive_decompress_from_byte_array(cx: &Context, bitmap: Object, from: &[u8], start: i64) -> Result<(), PrimitiveError> {
        let packed = from.get(index(start)?..).unwrap_or_default();
        if cx.shape(bitmap)? != Shape::Units(4) {
            return Err(PrimitiveError::BadArgument);
        }
        let mut words = cx.units(bitmap)?;
        bitmap::decompress(packed, &mut words).ok_or(PrimitiveError::BadIndex)?;
        cx.write_units::<u32>(bitmap, 0, &words)
    }

    /// Signed bytes to the high bytes of 16-bit samples.
    #[primitive(name = "primitiveConvert8BitSigned")]
    fn convert_8_bit_signed(cx: &Context, from: &[u8], into: Object) -> Result<(), PrimitiveError> {
        if cx.byte_size(into)? < 2 * from.len() {
            return Err(PrimitiveError::BadArgument);
        }
        let samples: Vec<u8> = from.iter().flat_map(|&sample| (u16::from(sample) << 8).to_le_bytes()).collect();
        cx.write(into, 0, &samples)
    }
}

/// The size of an object of bytes.
fn byte_size(cx: &Context, object: Object) -> Result<usize, PrimitiveError> {
    match cx.shape(object)? {
        Shape::Bytes | Shape::LargeInteger { .. } => cx.byte_size(object),
        _ => Err(PrimitiveError::BadArgument),
    }
}

/// An index from 1, as one from 0.
fn index(index: i64) -> Result<usize, PrimitiveError> {
    usize::try_from(index.wrapping_sub(1)).map_err(|_| PrimitiveError::BadIndex)
}

/// A table with an entry for each byte.
fn table(bytes: &[u8]) -> Result<&[u8; 256], PrimitiveError> {
    bytes.first_chunk().ok_or(PrimitiveError::BadArgument)
}

/// An index from 0 as the image counts; 0 for nothing found.
fn found(index: Option<usize>) -> i64 {
    index.map_or(0, |i| i as i64 + 1)
}
