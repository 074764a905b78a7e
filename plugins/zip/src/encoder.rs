//! Writing literals and matches as bits.

use crate::codes::{self, Code, MIN_MATCH};
use crate::stream::{COLLECTION, POSITION, READ_LIMIT, bytes, index, inherited_fields, set, words};
use osvm_plugin_sdk::{Context, Object, PrimitiveError};

/// A ZipEncoder has at least so many fields, and a WriteStream usually 4.
const OWN_FIELDS: usize = 7;
const WRITE_STREAM_FIELDS: usize = 4;
/// The fields of a ZipEncoder, behind those of a WriteStream.
const BIT_BUFFER: usize = 0;
const BIT_POSITION: usize = 1;
/// The fields of a tree.
const BIT_LENGTHS: usize = 0;
const CODES: usize = 1;

/// A tree: for each value its code and how many bits that has.
struct Tree {
    lengths: Vec<u32>,
    codes: Vec<u32>,
}

impl Tree {
    fn of(cx: &Context, tree: Object) -> Result<Tree, PrimitiveError> {
        let ((lengths, count), (codes, other)) = (words(cx, tree, BIT_LENGTHS)?, words(cx, tree, CODES)?);
        if count != other {
            return Err(PrimitiveError::Failed);
        }
        Ok(Tree { lengths: cx.units(lengths)?, codes: cx.units(codes)? })
    }
}

/// Bits on their way into the collection.
struct Bits {
    out: Vec<u8>,
    room: usize,
    buffer: u64,
    count: u32,
}

impl Bits {
    fn put(&mut self, count: u32, value: u32) -> Result<(), PrimitiveError> {
        if count > 32 || self.count + count > 64 || u64::from(value) >> count != 0 {
            return Err(PrimitiveError::Failed);
        }
        self.buffer |= u64::from(value) << self.count;
        self.count += count;
        while self.count >= 8 && self.out.len() < self.room {
            self.out.push(self.buffer as u8);
            self.buffer >>= 8;
            self.count -= 8;
        }
        Ok(())
    }

    fn put_code(&mut self, tree: &Tree, code: Code) -> Result<(), PrimitiveError> {
        let (Some(&length), Some(&bits)) = (tree.lengths.get(code.code), tree.codes.get(code.code)) else {
            return Err(PrimitiveError::Failed);
        };
        self.put(length, bits)?;
        self.put(code.extra, code.rest)
    }
}

pub(crate) fn send_block(
    cx: &Context,
    encoder: Object,
    [literal_stream, distance_stream]: [Object; 2],
    [literal_tree, distance_tree]: [Object; 2],
) -> Result<i64, PrimitiveError> {
    let own = inherited_fields(cx, encoder, OWN_FIELDS, WRITE_STREAM_FIELDS);
    let (collection, size) = bytes(cx, encoder, COLLECTION)?;
    let start = index(cx, encoder, POSITION)?;
    let (literal_tree, distance_tree) = (Tree::of(cx, literal_tree)?, Tree::of(cx, distance_tree)?);
    let (mut at, limit) = (index(cx, literal_stream, POSITION)?, index(cx, literal_stream, READ_LIMIT)?);
    let (literals, literal_count) = bytes(cx, literal_stream, COLLECTION)?;
    let (distances, distance_count) = words(cx, distance_stream, COLLECTION)?;
    let together = index(cx, distance_stream, POSITION)? == at && index(cx, distance_stream, READ_LIMIT)? == limit;
    if at > limit || limit > literal_count || limit > distance_count || !together || start > size {
        return Err(PrimitiveError::Failed);
    }
    let mut literal_bytes = vec![0; limit - at];
    cx.read(literals, at, &mut literal_bytes)?;
    let mut distance_words = vec![0_u32; limit - at];
    cx.read_units(distances, at, &mut distance_words)?;
    let mut bits = Bits {
        out: Vec::new(),
        room: size - start,
        buffer: index(cx, encoder, own + BIT_BUFFER)? as u64,
        count: u32::try_from(index(cx, encoder, own + BIT_POSITION)?).map_err(|_| PrimitiveError::Failed)?,
    };
    let mut sum = 0;
    for (&literal, &distance) in literal_bytes.iter().zip(&distance_words) {
        // Room for what one match takes at most.
        if bits.out.len() + 4 >= bits.room {
            break;
        }
        at += 1;
        if distance == 0 {
            sum += 1;
            bits.put_code(&literal_tree, Code { code: usize::from(literal), extra: 0, rest: 0 })?;
        } else {
            sum += i64::from(literal) + MIN_MATCH as i64;
            bits.put_code(&literal_tree, codes::length(literal))?;
            if distance > 32_768 {
                return Err(PrimitiveError::Failed);
            }
            bits.put_code(&distance_tree, codes::distance(distance - 1))?;
        }
    }
    cx.write(collection, start, &bits.out)?;
    set(cx, literal_stream, POSITION, at)?;
    set(cx, distance_stream, POSITION, at)?;
    set(cx, encoder, POSITION, start + bits.out.len())?;
    set(cx, encoder, own + BIT_BUFFER, bits.buffer as usize)?;
    set(cx, encoder, own + BIT_POSITION, bits.count as usize)?;
    Ok(sum)
}
