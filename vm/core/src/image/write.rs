//! Writing a snapshot that this VM and the reference VMs load.
//!
//! The file has one segment. Its header is padded to a page and gives the address at which old space lies now, so that the
//! next start can map the file where it was ([`super::preferred_region_base`]). Source: `StackInterpreter>>writeImageFileIO`,
//! `SpurSegmentManager>>writeSegment:nextSegment:toFile:`.

use super::error::{ImageError, ImageErrorKind};
use super::header::{ImageHeader, MULTIPLE_BYTECODE_SETS, SPUR_64, WordSize};
use super::roots::First;
use super::segments::BRIDGE_BYTES;
use crate::heap::Heap;
use crate::object::{self, Format, PINNED_BIT};
use crate::oop::Oop;
use std::io::Write;

/// Size of the header that is written. Every VM goes by the size in the header itself.
const HEADER_BYTES: u32 = 4096;
/// Class index of a segment's bridge.
const CLASS_INDEX_BRIDGE: u32 = 3;
/// Class index of the VM's own arrays of 64-bit words: what a free chunk is written as, since no object refers to it.
const CLASS_INDEX_WORDS_64_PUN: u32 = 19;
/// Header bits that mean nothing in a file.
const TRANSIENT_BITS: u64 = object::MARK_BIT | object::GREY_BIT | object::REMEMBERED_BIT;

/// Writes a snapshot of `heap`, whose new space must be empty, and answers the header that was written. What `header` says
/// about window, flags and VM parameters is carried on; sizes and addresses are the heap's.
///
/// The heap does not change. What it cannot write is an error before the first byte goes out: a reference to a young object, or
/// an old space that does not begin with nil, false, true, free lists and hidden roots.
pub fn write(heap: &Heap, header: &ImageHeader, out: &mut dyn Write) -> Result<ImageHeader, ImageError> {
    write_at(heap, header, heap.old_start, out)
}

/// The same with the addresses that the objects would have if old space began at `base`, a multiple of the page size: so an
/// image that is made from source is the same wherever the heap was.
pub fn write_at(heap: &Heap, header: &ImageHeader, base: u64, out: &mut dyn Write) -> Result<ImageHeader, ImageError> {
    let start = heap.old_start;
    let len = heap.old_bytes();
    // SAFETY: old space is a part of the heap's region in use, and the heap is borrowed.
    let words = unsafe { std::slice::from_raw_parts(start as usize as *const u64, (len / 8) as usize) };
    let patches = patches(heap, words, base)?;
    let header = ImageHeader {
        version: SPUR_64 + (header.version & MULTIPLE_BYTECODE_SETS),
        word_size: WordSize::Bits64,
        header_offset: 0,
        header_size: HEADER_BYTES,
        data_size: len + BRIDGE_BYTES,
        base_address: base,
        special_objects: heap.special_objects.bits() - start + base,
        last_hash: heap.last_hash,
        flags: header.flags | ImageHeader::FLOATS_LITTLE_ENDIAN,
        first_segment_size: len + BRIDGE_BYTES,
        free_old_space: 0,
        ..header.clone()
    };
    let mut out = Out { out, offset: 0 };
    out.bytes(&header.to_bytes())?;
    let mut written = 0;
    for (word, value) in patches {
        out.words(&words[written..word])?;
        out.bytes(&value.to_le_bytes())?;
        written = word + 1;
    }
    out.words(&words[written..])?;
    // After the last segment comes none: a bridge of no slots to a segment of no bytes.
    let bridge = object::header(0, Format::WORDS_64, CLASS_INDEX_BRIDGE) | PINNED_BIT;
    out.bytes(&bridge.to_le_bytes())?;
    out.bytes(&0u64.to_le_bytes())?;
    out.out.flush().map_err(|e| ImageError::io(out.offset, &e))?;
    Ok(header)
}

/// Words that are written otherwise than they lie in memory, in their order.
fn patches(heap: &Heap, words: &[u64], base: u64) -> Result<Vec<(usize, u64)>, ImageError> {
    let file_offset = |position| u64::from(HEADER_BYTES) + position;
    let first = First::find(words, &file_offset)?;
    let is_first = |oop: Oop, word: usize| oop.bits() == heap.old_start + 8 * word as u64;
    if !is_first(heap.nil(), 0) || !is_first(heap.hidden_roots(), first.hidden_roots.header) {
        let found = "a heap whose roots are not at the start of old space";
        return Err(ImageError::corrupt(file_offset(0), found, "nil, false, true, free lists and hidden roots are"));
    }
    let mut patches = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let place = super::body::place(words, at).ok_or_else(|| {
            ImageError::corrupt(file_offset(8 * at as u64), "an object that does not end in old space", "objects fill it exactly")
        })?;
        let header = words[place.header];
        if super::body::class_index(header) == object::CLASS_INDEX_FREE {
            let raw = header & !(object::CLASS_INDEX_MASK | 31 << object::FORMAT_SHIFT | TRANSIENT_BITS);
            patches.push((place.header, raw | object::header(0, Format::WORDS_64, CLASS_INDEX_WORDS_64_PUN)));
        } else {
            if header & TRANSIENT_BITS != 0 {
                patches.push((place.header, header & !TRANSIENT_BITS));
            }
            let oop = Oop(heap.old_start + 8 * place.header as u64);
            check_references(heap, oop, &file_offset)?;
            // An object without slots has a word all the same, with something of the past in it.
            if heap.num_slots(oop) == 0 && words[place.header + 1] != 0 {
                patches.push((place.header + 1, 0));
            }
            if base != heap.old_start {
                let moved = |(slot, value): (usize, &Oop)| (place.header + 1 + slot, value.bits() - heap.old_start + base);
                patches.extend(heap.slots(oop).iter().enumerate().filter(|(_, value)| value.is_pointer()).map(moved));
            }
        }
        at = place.next;
    }
    let nil = heap.nil().bits() - heap.old_start + base;
    first.collectors_words(
        |word, value| {
            if words[word] != value {
                patches.push((word, value));
            }
        },
        nil,
    );
    patches.sort_unstable();
    // Where collectors' words were moved too: both say nil.
    patches.dedup_by_key(|&mut (word, _)| word);
    Ok(patches)
}

fn check_references(heap: &Heap, oop: Oop, file_offset: &dyn Fn(u64) -> u64) -> Result<(), ImageError> {
    match heap
        .slots(oop)
        .iter()
        .position(|&value| value.is_pointer() && (value.bits() < heap.old_start || value.bits() >= heap.old_free))
    {
        None => Ok(()),
        Some(slot) => {
            let offset = file_offset(oop.bits() + 8 * (1 + slot as u64) - heap.old_start);
            let found = format!("slot {slot} of {oop:?} refers to {:?}, which is not in old space", heap.slots(oop)[slot]);
            Err(ImageError::new(ImageErrorKind::Corrupt, offset, found, "prepare the heap for the snapshot first"))
        }
    }
}

/// A writer that knows how far it is.
struct Out<'a> {
    out: &'a mut dyn Write,
    offset: u64,
}

impl Out<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), ImageError> {
        self.out.write_all(bytes).map_err(|e| ImageError::io(self.offset, &e))?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    fn words(&mut self, words: &[u64]) -> Result<(), ImageError> {
        // SAFETY: any word is eight bytes, and a slice of words is as long as that of their bytes. (Targets are little endian.)
        self.bytes(unsafe { std::slice::from_raw_parts(words.as_ptr().cast::<u8>(), 8 * words.len()) })
    }
}
