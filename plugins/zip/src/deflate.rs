//! Finding matches for a block that will be deflated.

use crate::codes::{self, MAX_MATCH, MIN_MATCH};
use crate::stream::{COLLECTION, POSITION, bytes, index, inherited_fields, set, words};
use osvm_plugin_sdk::{Context, Object, PrimitiveError};

const WINDOW: usize = 0x8000;
const HASH_MASK: usize = 0x7FFF;
const HASH_SHIFT: u32 = 5;
const LITERAL_CODES: usize = 286;
const DISTANCE_CODES: usize = 30;
/// A DeflateStream has at least so many fields, and a WriteStream usually 4.
const OWN_FIELDS: usize = 7;
const WRITE_STREAM_FIELDS: usize = 4;
const FEWEST_FIELDS: usize = 15;

/// The fields of a DeflateStream, behind those of a WriteStream.
const HASH_HEAD: usize = 0;
const HASH_TAIL: usize = 1;
const HASH_VALUE: usize = 2;
const BLOCK_POSITION: usize = 3;
const LITERALS: usize = 5;
const DISTANCES: usize = 6;
const LITERAL_FREQUENCIES: usize = 7;
const DISTANCE_FREQUENCIES: usize = 8;
const LITERAL_COUNT: usize = 9;
const MATCH_COUNT: usize = 10;

/// What a block is searched with.
struct Search<'a> {
    collection: &'a [u8],
    position: usize,
    head: Vec<u32>,
    tail: Vec<u32>,
    hash: usize,
    chain_length: i64,
    good_match: i64,
}

/// A match: how long, and where.
#[derive(Clone, Copy)]
struct Match {
    length: usize,
    at: usize,
}

impl Search<'_> {
    fn byte(&self, at: usize) -> Result<u8, PrimitiveError> {
        self.collection.get(at).copied().ok_or(PrimitiveError::Failed)
    }

    fn next_hash(&self, here: usize) -> Result<usize, PrimitiveError> {
        Ok((self.hash << HASH_SHIFT ^ usize::from(self.byte(here + MIN_MATCH - 1)?)) & HASH_MASK)
    }

    fn insert(&mut self, here: usize) -> Result<(), PrimitiveError> {
        self.hash = self.next_hash(here)?;
        let before = std::mem::replace(&mut self.head[self.hash], here as u32);
        self.tail[here & HASH_MASK] = before;
        Ok(())
    }

    /// A match at `here` that is longer than `last`, or else `last`.
    fn find(&self, here: usize, last: Match) -> Result<Match, PrimitiveError> {
        let mut best = last;
        if best.length >= MAX_MATCH {
            return Ok(best);
        }
        let mut at = self.head[self.next_hash(here)?] as usize;
        if at >= here || here - at >= WINDOW {
            return Ok(best);
        }
        let oldest = here.saturating_sub(WINDOW);
        let mut left = self.chain_length;
        loop {
            let mut length = self.compare(here, at, best.length).min(self.position.saturating_sub(here));
            if length == MIN_MATCH && here - at > WINDOW / 4 {
                length = MIN_MATCH - 1;
            }
            if length > best.length {
                best = Match { length, at };
                if length >= MAX_MATCH || length as i64 > self.good_match {
                    return Ok(best);
                }
            }
            left -= 1;
            if left <= 0 {
                return Ok(best);
            }
            at = self.tail[at & HASH_MASK] as usize;
            if at <= oldest || at >= here {
                return Ok(best);
            }
        }
    }

    /// How many bytes are the same; 0 at once if it cannot be more than `least`.
    fn compare(&self, here: usize, at: usize, least: usize) -> usize {
        let same = |offset: usize| match (self.collection.get(here + offset), self.collection.get(at + offset)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        };
        if !same(least) || !same(least.saturating_sub(1)) {
            return 0;
        }
        (0..MAX_MATCH).take_while(|&offset| same(offset)).count()
    }
}

/// Literals and matches that were found.
struct Found {
    literals: Vec<u8>,
    distances: Vec<u32>,
    literal_frequencies: Vec<u32>,
    distance_frequencies: Vec<u32>,
    count: usize,
    matches: usize,
}

impl Found {
    fn add(&mut self, literal: u8, distance: usize) {
        (self.literals[self.count], self.distances[self.count]) = (literal, distance as u32);
        let code = if distance == 0 { usize::from(literal) } else { codes::length(literal).code };
        self.literal_frequencies[code] = self.literal_frequencies[code].wrapping_add(1);
        if distance > 0 {
            let code = codes::distance(distance as u32 - 1).code;
            self.distance_frequencies[code] = self.distance_frequencies[code].wrapping_add(1);
            self.matches += 1;
        }
        self.count += 1;
    }

    /// True if the block should be written: it is full, or what was found lately is unlike what was found before.
    fn should_flush(&self) -> bool {
        if self.count == self.literals.len() {
            return true;
        }
        if self.count & 0xFFF != 0 || self.matches * 10 <= self.count {
            return false;
        }
        let literals = self.count - self.matches;
        literals > self.matches && literals * 4 <= self.matches
    }
}

/// An object in a field that has just so many words.
fn table(cx: &Context, stream: Object, field: usize, len: usize) -> Result<(Object, Vec<u32>), PrimitiveError> {
    match words(cx, stream, field)? {
        (object, found) if found == len => Ok((object, cx.units(object)?)),
        _ => Err(PrimitiveError::Failed),
    }
}

pub(crate) fn block(cx: &Context, stream: Object, last: i64, chain_length: i64, good_match: i64) -> Result<bool, PrimitiveError> {
    let own = inherited_fields(cx, stream, OWN_FIELDS, WRITE_STREAM_FIELDS);
    cx.fetch(stream, FEWEST_FIELDS - 1).map_err(|_| PrimitiveError::Failed)?;
    let last = usize::try_from(last).map_err(|_| PrimitiveError::Failed)?;
    let (collection, _) = bytes(cx, stream, COLLECTION)?;
    let collection = cx.bytes(collection)?;
    let (head_object, head) = table(cx, stream, own + HASH_HEAD, WINDOW)?;
    let (tail_object, tail) = table(cx, stream, own + HASH_TAIL, WINDOW)?;
    let (literals_object, _) = bytes(cx, stream, own + LITERALS)?;
    let (distances_object, _) = words(cx, stream, own + DISTANCES)?;
    let (literal_frequencies_object, literal_frequencies) = table(cx, stream, own + LITERAL_FREQUENCIES, LITERAL_CODES)?;
    let (distance_frequencies_object, distance_frequencies) = table(cx, stream, own + DISTANCE_FREQUENCIES, DISTANCE_CODES)?;
    let mut found = Found {
        literals: cx.bytes(literals_object)?,
        distances: cx.units(distances_object)?,
        literal_frequencies,
        distance_frequencies,
        count: index(cx, stream, own + LITERAL_COUNT)?,
        matches: index(cx, stream, own + MATCH_COUNT)?,
    };
    if found.distances.len() < found.literals.len() {
        return Err(PrimitiveError::Failed);
    }
    let mut here = index(cx, stream, own + BLOCK_POSITION)?;
    if here > last {
        return Ok(false);
    }
    if found.count >= found.literals.len() {
        return Ok(true);
    }
    let hash = index(cx, stream, own + HASH_VALUE)? & HASH_MASK;
    let position = index(cx, stream, POSITION)?;
    let mut search = Search { collection: &collection, position, head, tail, hash, chain_length, good_match };
    let flush = search_block(&mut search, &mut found, &mut here, last)?;
    cx.write_units(head_object, 0, &search.head)?;
    cx.write_units(tail_object, 0, &search.tail)?;
    cx.write(literals_object, 0, &found.literals)?;
    cx.write_units(distances_object, 0, &found.distances)?;
    cx.write_units(literal_frequencies_object, 0, &found.literal_frequencies)?;
    cx.write_units(distance_frequencies_object, 0, &found.distance_frequencies)?;
    set(cx, stream, own + HASH_VALUE, search.hash)?;
    set(cx, stream, own + BLOCK_POSITION, here)?;
    set(cx, stream, own + LITERAL_COUNT, found.count)?;
    set(cx, stream, own + MATCH_COUNT, found.matches)?;
    Ok(flush)
}

/// Goes through the collection, a match at a time: one is taken only if there is no better one a byte further.
fn search_block(search: &mut Search<'_>, found: &mut Found, here: &mut usize, last: usize) -> Result<bool, PrimitiveError> {
    let mut current = None;
    while *here <= last {
        let this = match current.take() {
            Some(this) => this,
            None => {
                let this = search.find(*here, Match { length: MIN_MATCH - 1, at: *here })?;
                search.insert(*here)?;
                this
            }
        };
        let next = search.find(*here + 1, this)?;
        let flush = if this.length >= next.length && this.length >= MIN_MATCH {
            found.add((this.length - MIN_MATCH) as u8, *here - this.at);
            for _ in 1..this.length {
                *here += 1;
                search.insert(*here)?;
            }
            *here += 1;
            found.should_flush()
        } else {
            found.add(search.byte(*here)?, 0);
            let flush = found.should_flush();
            *here += 1;
            if *here <= last && !flush {
                search.insert(*here)?;
                current = Some(next);
            }
            flush
        };
        if flush {
            return Ok(true);
        }
    }
    Ok(false)
}
