//! ZipPlugin: deflate and inflate in the steps that images take, and checksums.
//!
//! The primitives work on the fields of InflateStream, DeflateStream and ZipEncoder as the OpenSmalltalk VM's plugin does
//! (`InflatePlugin` and `DeflatePlugin` there), save that nothing is read or written outside an object where that one trusts the image. What is
//! compressed is deflate (RFC 1951); the image makes the trees and the headers.

#![forbid(unsafe_code)]

mod codes;
mod deflate;
mod encoder;
mod inflate;
mod stream;

use adler2::Adler32;
use osvm_plugin_sdk::prelude::*;

/// The plugin.
#[plugin(name = "ZipPlugin")]
mod zip_plugin {
    use super::*;

    /// Goes on with an Adler-32 checksum over the bytes from `start` to `stop` (from 1).
    #[primitive(name = "primitiveUpdateAdler32")]
    fn update_adler32(adler: i64, start: i64, stop: i64, bytes: &[u8]) -> Result<i64, PrimitiveError> {
        let mut checksum = Adler32::from_checksum(word(adler)?);
        checksum.write_slice(range(bytes, start, stop)?);
        Ok(i64::from(checksum.checksum()))
    }

    /// Goes on with a CRC-32, as the image keeps it: with all bits inverted.
    #[primitive(name = "primitiveUpdateGZipCrc32")]
    fn update_gzip_crc32(crc: i64, start: i64, stop: i64, bytes: &[u8]) -> Result<i64, PrimitiveError> {
        let mut hasher = crc32fast::Hasher::new_with_initial(!word(crc)?);
        hasher.update(range(bytes, start, stop)?);
        Ok(i64::from(!hasher.finalize()))
    }

    /// Inflates into the collection of an InflateStream until it is full, the source ends, or the block does.
    #[primitive]
    fn primitive_inflate_decompress_block(
        cx: &Context,
        receiver: Object,
        literals: &[u32],
        distances: &[u32],
    ) -> Result<(), PrimitiveError> {
        inflate::block(cx, receiver, literals, distances)
    }

    /// Finds matches in the collection of a DeflateStream up to an index; answers whether its block should be written now.
    #[primitive]
    fn primitive_deflate_block(
        cx: &Context,
        receiver: Object,
        last: i64,
        chain_length: i64,
        good_match: i64,
    ) -> Result<bool, PrimitiveError> {
        deflate::block(cx, receiver, last, chain_length, good_match)
    }

    /// Subtracts from each entry of a table that is as large; smaller ones become 0.
    #[primitive]
    fn primitive_deflate_update_hash_table(cx: &Context, table: Object, delta: i64) -> Result<(), PrimitiveError> {
        if cx.shape(table)? != Shape::Units(4) {
            return Err(PrimitiveError::BadArgument);
        }
        let delta = i32::try_from(delta).map_err(|_| PrimitiveError::BadArgument)?;
        let mut entries = cx.units::<u32>(table)?;
        for entry in &mut entries {
            let value = entry.cast_signed();
            *entry = if value >= delta { value.wrapping_sub(delta).cast_unsigned() } else { 0 };
        }
        cx.write_units(table, 0, &entries)
    }

    /// Writes literals and matches by two trees into the collection of a ZipEncoder; answers how many bytes they stand for.
    #[primitive]
    fn primitive_zip_send_block(
        cx: &Context,
        receiver: Object,
        literal_stream: Object,
        distance_stream: Object,
        literal_tree: Object,
        distance_tree: Object,
    ) -> Result<i64, PrimitiveError> {
        encoder::send_block(cx, receiver, [literal_stream, distance_stream], [literal_tree, distance_tree])
    }
}

/// An integer of 32 bits without a sign.
fn word(value: i64) -> Result<u32, PrimitiveError> {
    u32::try_from(value).map_err(|_| PrimitiveError::BadArgument)
}

/// The bytes from `start` to `stop`, at least one.
fn range(bytes: &[u8], start: i64, stop: i64) -> Result<&[u8], PrimitiveError> {
    let (start, stop) = (usize::try_from(start), usize::try_from(stop));
    match (start, stop) {
        (Ok(start @ 1..), Ok(stop)) if start <= stop => bytes.get(start - 1..stop).ok_or(PrimitiveError::BadIndex),
        _ => Err(PrimitiveError::BadIndex),
    }
}
