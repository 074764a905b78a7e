//! MiscPrimitivePlugin: searching, comparing, hashing and translating strings; packing bitmaps; widening sounds.
//!
//! The functions and what they answer are those of the OpenSmalltalk VM's plugin, save that nothing is read or written
//! outside an object where that one trusts its arguments.

#![forbid(unsafe_code)]

mod bitmap;
mod strings;

use osvm_plugin_sdk::classic::{Call, Module, Outcome, Plugin, Primitive, PrimitiveError, Value};

/// The plugin.
pub fn plugin() -> Box<dyn Plugin> {
    Box::new(Module::new("MiscPrimitivePlugin", PRIMITIVES, ()))
}

const PRIMITIVES: &[Primitive<()>] = &[
    Primitive::new("primitiveStringHash", "(bytes: bytes, seed: int) -> int", string_hash),
    Primitive::new("primitiveCompareString", "(first: bytes, second: bytes, order: bytes) -> int", compare),
    Primitive::new("primitiveFindFirstInString", "(string: bytes, set: bytes, start: int) -> int", find_first),
    Primitive::new("primitiveFindSubstring", "(key: bytes, body: bytes, start: int, table: bytes) -> int", find_substring),
    Primitive::new("primitiveIndexOfAsciiInString", "(byte: int, string: bytes, start: int) -> int", index_of_ascii),
    Primitive::new("primitiveTranslateStringWithTable", "(string: bytes, start: int, stop: int, table: bytes) -> self", translate),
    Primitive::new("primitiveCompressToByteArray", "(bitmap: words, into: bytes) -> int", compress),
    Primitive::new("primitiveDecompressFromByteArray", "(bitmap: words, from: bytes, start: int) -> self", decompress),
    Primitive::new("primitiveConvert8BitSigned", "(from: bytes, into: oop) -> self", convert_8_bit_signed),
];

fn string_hash(_: &mut (), call: &mut Call<'_>) -> Outcome {
    Ok(Value::Int(strings::hash(call.bytes(0)?, call.int(1)?)))
}

fn compare(_: &mut (), call: &mut Call<'_>) -> Outcome {
    Ok(Value::Int(strings::compare(call.bytes(0)?, call.bytes(1)?, table(call, 2)?)))
}

fn find_first(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let start = index(call, 2)?;
    let Ok(set) = <&[u8; 256]>::try_from(call.bytes(1)?) else { return Ok(Value::Int(0)) };
    Ok(found(strings::find_first(call.bytes(0)?, set, start)))
}

fn find_substring(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let start = usize::try_from(call.int(2)?.saturating_sub(1)).unwrap_or(0);
    Ok(found(strings::find_substring(call.bytes(0)?, call.bytes(1)?, start, table(call, 3)?)))
}

fn index_of_ascii(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let start = index(call, 2)?;
    let string = call.bytes(1)?;
    let Ok(byte) = u8::try_from(call.int(0)?) else { return Ok(Value::Int(0)) };
    let position = string.get(start..).and_then(|rest| rest.iter().position(|&b| b == byte));
    Ok(found(position.map(|i| start + i)))
}

fn translate(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let start = index(call, 1)?;
    let stop = usize::try_from(call.int(2)?).unwrap_or(0);
    if stop > call.bytes(0)?.len() {
        return Err(PrimitiveError::BadIndex);
    }
    let table = *table(call, 3)?;
    let string = call.bytes_mut(0)?;
    for byte in string.get_mut(start..stop).unwrap_or_default() {
        *byte = table[usize::from(*byte)];
    }
    Ok(Value::Receiver)
}

fn compress(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let words = call.bytes(0)?;
    let count = words.len() / 4;
    if call.bytes(1)?.len() < count * 4 + 7 + count / 0x7C0 * 3 {
        return Err(PrimitiveError::Unsupported);
    }
    let packed = bitmap::compress(words);
    let into = call.bytes_mut(1)?;
    into.get_mut(..packed.len()).ok_or(PrimitiveError::Unsupported)?.copy_from_slice(&packed);
    Ok(Value::Int(packed.len() as i64))
}

fn decompress(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let start = index(call, 2)?;
    let packed = call.bytes(1)?.get(start..).unwrap_or_default().to_vec();
    bitmap::decompress(&packed, call.bytes_mut(0)?).ok_or(PrimitiveError::BadIndex)?;
    Ok(Value::Receiver)
}

/// Signed bytes to the high bytes of 16-bit samples.
fn convert_8_bit_signed(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let samples = call.bytes(0)?.to_vec();
    let into = call.bytes_mut(1)?;
    if into.len() < 2 * samples.len() {
        return Err(PrimitiveError::BadArgument);
    }
    for (to, sample) in into.chunks_exact_mut(2).zip(samples) {
        to.copy_from_slice(&(u16::from(sample) << 8).to_le_bytes());
    }
    Ok(Value::Receiver)
}

/// An argument that is an index from 1, as one from 0.
fn index(call: &Call<'_>, argument: usize) -> Result<usize, PrimitiveError> {
    let index = call.int(argument)?;
    usize::try_from(index.wrapping_sub(1)).map_err(|_| PrimitiveError::BadIndex)
}

/// An argument that is a table with an entry for each byte.
fn table<'a>(call: &'a Call<'_>, argument: usize) -> Result<&'a [u8; 256], PrimitiveError> {
    call.bytes(argument)?.first_chunk().ok_or(PrimitiveError::BadArgument)
}

/// An index from 0 as the image counts; 0 for nothing found.
fn found(index: Option<usize>) -> Value {
    Value::Int(index.map_or(0, |i| i as i64 + 1))
}
