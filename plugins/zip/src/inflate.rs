//! Inflating a block.

use crate::stream::{COLLECTION, READ_LIMIT, bytes, index, inherited_fields, set};
use osvm_plugin_sdk::{Context, Object, PrimitiveError};

/// The most bits that are looked up at a time.
const MAX_BITS: u32 = 16;
/// An InflateStream has so many fields, and a ReadStream usually 3.
const OWN_FIELDS: usize = 13;
const READ_STREAM_FIELDS: usize = 3;
/// The end of a block.
const END: u32 = 256;

/// The fields of an InflateStream, behind those of a ReadStream.
const STATE: usize = 0;
const BIT_BUFFER: usize = 1;
const BIT_POSITION: usize = 2;
const SOURCE: usize = 3;
const SOURCE_POSITION: usize = 4;
const SOURCE_LIMIT: usize = 5;

/// Bits out of an object of bytes, a piece of which is kept.
struct Bits<'a> {
    cx: &'a Context,
    source: Object,
    /// Index of the next byte.
    next: usize,
    piece: Vec<u8>,
    piece_start: usize,
    buffer: u64,
    count: u32,
}

impl Bits<'_> {
    fn byte(&mut self) -> Result<u8, PrimitiveError> {
        if self.next < self.piece_start || self.next - self.piece_start >= self.piece.len() {
            self.piece.resize(4096, 0);
            let read = self.cx.read(self.source, self.next, &mut self.piece)?;
            self.piece.truncate(read);
            self.piece_start = self.next;
        }
        let byte = self.piece.get(self.next - self.piece_start).copied().ok_or(PrimitiveError::Failed)?;
        self.next += 1;
        Ok(byte)
    }

    fn take(&mut self, count: u32) -> Result<u32, PrimitiveError> {
        if count > MAX_BITS {
            return Err(PrimitiveError::Failed);
        }
        while self.count < count {
            let byte = self.byte()?;
            self.buffer |= u64::from(byte) << self.count;
            self.count += 8;
        }
        let bits = self.buffer & ((1 << count) - 1);
        self.buffer >>= count;
        self.count -= count;
        Ok(bits as u32)
    }

    /// The value of the next code, by the image's tables: the first entry has in its high byte how many bits to take; an entry is a value, or a
    /// link to another table (from 1) and how many bits to take there.
    fn decode(&mut self, table: &[u32]) -> Result<u32, PrimitiveError> {
        let mut needed = table.first().ok_or(PrimitiveError::Failed)? >> 24;
        let mut start = 2;
        loop {
            let bits = self.take(needed)? as usize;
            let value = *table.get((start + bits).wrapping_sub(1)).ok_or(PrimitiveError::Failed)?;
            if value & 0x3F00_0000 == 0 {
                return Ok(value);
            }
            start = (value & 0xFFFF) as usize;
            needed = value >> 24;
        }
    }

    /// Where it stands, to come back to.
    fn state(&self) -> (usize, u64, u32) {
        (self.next, self.buffer, self.count)
    }
}

pub(crate) fn block(cx: &Context, stream: Object, literals: &[u32], distances: &[u32]) -> Result<(), PrimitiveError> {
    let own = inherited_fields(cx, stream, OWN_FIELDS, READ_STREAM_FIELDS);
    let (collection, size) = bytes(cx, stream, COLLECTION)?;
    let (source, source_size) = bytes(cx, stream, own + SOURCE)?;
    let end = index(cx, stream, own + SOURCE_LIMIT)?.min(source_size);
    let mut state = index(cx, stream, own + STATE)?;
    let start = index(cx, stream, READ_LIMIT)?;
    if start > size {
        return Err(PrimitiveError::Failed);
    }
    let mut bits = Bits {
        cx,
        source,
        next: index(cx, stream, own + SOURCE_POSITION)?,
        piece: Vec::new(),
        piece_start: 0,
        buffer: index(cx, stream, own + BIT_BUFFER)? as u64,
        count: u32::try_from(index(cx, stream, own + BIT_POSITION)?).ok().filter(|&c| c <= 32).ok_or(PrimitiveError::Failed)?,
    };
    let mut out = cx.bytes(collection)?;
    // The image counts what is there: the next byte goes to this index.
    let mut limit = start;
    // At the end of the source there may be bits left.
    while limit < size && bits.next <= end {
        let before = bits.state();
        let value = bits.decode(literals)?;
        if value < END {
            out[limit] = value as u8;
            limit += 1;
            continue;
        }
        if value == END {
            state &= 1;
            break;
        }
        let length = (value & 0xFFFF) + bits.take((value >> 16).saturating_sub(1))?;
        let value = bits.decode(distances)?;
        let distance = ((value & 0xFFFF) + bits.take(value >> 16)?) as usize;
        if limit + length as usize >= size {
            (bits.next, bits.buffer, bits.count) = before;
            break;
        }
        if distance == 0 || distance > limit {
            return Err(PrimitiveError::Failed);
        }
        for at in limit..limit + length as usize {
            out[at] = out[at - distance];
        }
        limit += length as usize;
    }
    cx.write(collection, start, &out[start..limit])?;
    set(cx, stream, READ_LIMIT, limit)?;
    set(cx, stream, own + STATE, state)?;
    set(cx, stream, own + BIT_BUFFER, bits.buffer as usize)?;
    set(cx, stream, own + BIT_POSITION, bits.count as usize)?;
    set(cx, stream, own + SOURCE_POSITION, bits.next)
}
