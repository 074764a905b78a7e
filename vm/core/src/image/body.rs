//! The objects of a body that was just read: do they tile their space, and does every reference reach one?
//!
//! Everything here works on a slice of words with checked indices. Only what passes becomes a [`crate::heap::Heap`], whose
//! accesses rely on it.

use super::error::ImageError;
use super::roots::ClassTable;
use super::segments::Segments;
use crate::object::{self, CLASS_INDEX_FORWARDER, CLASS_INDEX_FREE, CLASS_INDEX_MASK, Format, OVERFLOW_SLOTS, SLOTS_SHIFT};
use crate::oop::{Oop, TAG_CHARACTER, TAG_SMALL_FLOAT, TAG_SMALL_INTEGER};
use std::collections::HashMap;

/// Header bits that only a running collector or a remembered set gives a meaning.
const TRANSIENT_BITS: u64 = object::MARK_BIT | object::GREY_BIT | object::REMEMBERED_BIT;

/// An object or free chunk: indices into the body's words.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Word of the header.
    pub header: usize,
    /// Number of slots.
    pub slots: usize,
    /// First word of what follows.
    pub next: usize,
}

/// The object whose memory starts at word `at`; `None` if it does not end inside `words`.
#[inline(always)]
pub fn place(words: &[u64], at: usize) -> Option<Place> {
    let word = *words.get(at)?;
    let (header, slots) = if word >> SLOTS_SHIFT == OVERFLOW_SLOTS {
        if words.get(at + 1)? >> SLOTS_SHIFT != OVERFLOW_SLOTS {
            return None;
        }
        (at + 1, usize::try_from(word & !(OVERFLOW_SLOTS << SLOTS_SHIFT)).ok()?)
    } else {
        (at, (word >> SLOTS_SHIFT) as usize)
    };
    let next = (header + 1).checked_add(slots.max(1))?;
    (next <= words.len()).then_some(Place { header, slots, next })
}

/// The class index in a header word.
#[inline(always)]
pub const fn class_index(header: u64) -> u32 {
    (header & CLASS_INDEX_MASK) as u32
}

/// The refusal of an object with a format that its class index does not allow, or that no object has.
#[cold]
pub fn bad_format(header: u64, offset: u64) -> ImageError {
    let found = format!("an object of format {} and class index {}", Format::of(header).0, class_index(header));
    ImageError::corrupt(offset, found, "formats are 0 to 5 and 9 to 31, and 7 for class index 8, forwarders")
}

/// Where the objects of a body start.
pub struct Starts {
    /// One bit for each word of the body, set where an object's header is.
    bits: Vec<u64>,
    /// Words at which a forwarder's header is.
    forwarders: Vec<usize>,
}

impl Starts {
    /// Walks the body and clears the bits that a snapshot should not carry. `offset_of` gives the place in the file of a
    /// position in the body, for errors.
    pub fn find(words: &mut [u64], offset_of: &dyn Fn(u64) -> u64) -> Result<Starts, ImageError> {
        let mut starts = Starts { bits: vec![0; words.len().div_ceil(64)], forwarders: Vec::new() };
        let mut at = 0;
        while at < words.len() {
            let Some(place) = place(words, at) else {
                let found = format!("an object with header word {:#018x}, which does not fit into the image", words[at]);
                return Err(ImageError::corrupt(offset_of(8 * at as u64), found, "objects fill a segment exactly"));
            };
            let header = words[place.header];
            let class = class_index(header);
            if class != CLASS_INDEX_FREE {
                let format = Format::of(header);
                let forwarder = class == CLASS_INDEX_FORWARDER;
                if matches!(format, Format(6) | Format(8)) || (format == Format::FORWARDED) != forwarder {
                    return Err(bad_format(header, offset_of(8 * at as u64)));
                }
                if forwarder {
                    starts.forwarders.push(place.header);
                }
                starts.bits[place.header / 64] |= 1 << (place.header % 64);
                if header & TRANSIENT_BITS != 0 {
                    words[place.header] = header & !TRANSIENT_BITS;
                }
            }
            at = place.next;
        }
        Ok(starts)
    }

    /// True if an object's header is at this word.
    #[inline(always)]
    pub fn contains(&self, word: usize) -> bool {
        self.bits.get(word / 64).is_some_and(|bits| bits >> (word % 64) & 1 != 0)
    }
}

/// Turns references as the image has them into oops of the heap.
pub struct Translation<'a> {
    /// Where the objects are.
    pub starts: &'a Starts,
    /// From the image's addresses to positions.
    pub segments: &'a Segments,
    /// Address in memory of the first object.
    pub base: u64,
    /// What the forwarders, by word, finally stand for, already translated.
    forwarded: HashMap<usize, u64>,
}

impl<'a> Translation<'a> {
    /// Resolves the forwarders, so that nothing refers to one after the load.
    pub fn new(starts: &'a Starts, segments: &'a Segments, base: u64, words: &[u64]) -> Result<Translation<'a>, ImageError> {
        let mut translation = Translation { starts, segments, base, forwarded: HashMap::new() };
        let mut path = Vec::new();
        for &forwarder in &starts.forwarders {
            let mut at = forwarder;
            path.clear();
            let target = loop {
                if let Some(&known) = translation.forwarded.get(&at) {
                    break Some(known);
                }
                path.push(at);
                let value = words.get(at + 1).copied().filter(|_| path.len() <= starts.forwarders.len());
                match value.and_then(|value| translation.direct(value)) {
                    Some(oop) if oop & 7 == 0 => {
                        let next = ((oop - base) / 8) as usize;
                        if class_index(words[next]) != CLASS_INDEX_FORWARDER {
                            break Some(oop);
                        }
                        at = next;
                    }
                    other => break other,
                }
            };
            let Some(target) = target else {
                let found = "a forwarder that leads to no object".to_string();
                let offset = segments.file_offset(8 * forwarder as u64);
                return Err(ImageError::corrupt(offset, found, "a forwarder stands for another object"));
            };
            translation.forwarded.extend(path.drain(..).map(|word| (word, target)));
        }
        Ok(translation)
    }

    /// The oop for a value in the image; `None` if it refers to no object. A reference to a forwarder becomes one to its target.
    #[inline(always)]
    pub fn oop(&self, value: u64) -> Option<u64> {
        let oop = self.direct(value)?;
        if oop & 7 == 0 && !self.forwarded.is_empty() {
            let word = ((oop - self.base) / 8) as usize;
            return Some(self.forwarded.get(&word).copied().unwrap_or(oop));
        }
        Some(oop)
    }

    #[inline(always)]
    fn direct(&self, value: u64) -> Option<u64> {
        match value & 7 {
            0 => {
                let position = self.segments.position(value)?;
                self.starts.contains((position / 8) as usize).then(|| self.base + position)
            }
            TAG_SMALL_INTEGER | TAG_SMALL_FLOAT => Some(value),
            TAG_CHARACTER => (value >> 3 <= u64::from(Oop::MAX_CHARACTER)).then_some(value),
            _ => None,
        }
    }

    /// The word at which the header of the object that `value` refers to is.
    pub fn word_of(&self, value: u64) -> Option<usize> {
        let oop = self.oop(value)?;
        (oop & 7 == 0).then(|| ((oop - self.base) / 8) as usize)
    }

    /// Translates every reference of every object in place and checks that each object's class is known.
    pub fn apply(&self, words: &mut [u64], classes: &ClassTable, swap_floats: bool) -> Result<(), ImageError> {
        let mut at = 0;
        while at < words.len() {
            let place = place(words, at).expect("the same walk succeeded before");
            let header = words[place.header];
            let class = class_index(header);
            let format = Format::of(header);
            if class != CLASS_INDEX_FREE {
                if !classes.allows(class) {
                    let found = format!("an object of class index {class}, which has no class");
                    return Err(ImageError::corrupt(self.file_offset(at), found, "it must be in the class table"));
                }
                check_shape(class, format, place.slots)
                    .map_err(|(found, expected)| ImageError::corrupt(self.file_offset(at), found, expected))?;
                let pointers = pointer_slots(words, place, format)
                    .map_err(|found| ImageError::corrupt(self.file_offset(at), found, "a method's literals lie inside it"))?;
                self.apply_to(&mut words[place.header + 1..][..pointers])
                    .map_err(|(slot, value)| self.bad_reference(place, slot + 1, value))?;
                if class == object::CLASS_INDEX_CONTEXT && words[place.header + 1] & 7 == TAG_SMALL_INTEGER {
                    // Its sender names a frame of the VM that wrote the image, which is no more: the context has returned. (nil is
                    // the first object.)
                    words[place.header + 1..][..2].fill(self.base);
                }
                if swap_floats && class == object::CLASS_INDEX_FLOAT && place.slots == 1 {
                    words[place.header + 1] = words[place.header + 1].rotate_left(32);
                }
            }
            at = place.next;
        }
        Ok(())
    }

    /// Translates references; an error is the index of one that is none, and what is there.
    #[inline(always)]
    fn apply_to(&self, references: &mut [u64]) -> Result<(), (usize, u64)> {
        // Most are SmallIntegers, or addresses in the first segment: quick where no forwarder can be meant.
        let first = if self.forwarded.is_empty() { self.segments.list()[0].len } else { 0 };
        let old_start = self.segments.list()[0].old_start;
        for (slot, word) in references.iter_mut().enumerate() {
            let position = word.wrapping_sub(old_start);
            if position < first && *word & 7 == 0 && self.starts.contains((position / 8) as usize) {
                if self.base != old_start {
                    *word = self.base + position;
                }
            } else if *word & 7 != TAG_SMALL_INTEGER {
                match self.oop(*word) {
                    Some(oop) if oop == *word => {}
                    Some(oop) => *word = oop,
                    None => return Err((slot, *word)),
                }
            }
        }
        Ok(())
    }

    fn file_offset(&self, word: usize) -> u64 {
        self.segments.file_offset(8 * word as u64)
    }

    #[cold]
    fn bad_reference(&self, place: Place, slot: usize, value: u64) -> ImageError {
        let found = format!("slot {} of the object at {:#x} holds {value:#x}", slot - 1, self.file_offset(place.header));
        ImageError::corrupt(self.file_offset(place.header + slot), found, "an oop is an immediate or the address of an object")
    }
}

/// How many slots from the first on hold references.
#[inline(always)]
fn pointer_slots(words: &[u64], place: Place, format: Format) -> Result<usize, String> {
    if format.is_pointers() {
        Ok(place.slots)
    } else if format.is_compiled_method() {
        let header = words[place.header + 1];
        let literals = ((header >> 3) & 0x7FFF) as usize;
        if place.slots == 0 || header & 7 != TAG_SMALL_INTEGER {
            Err(format!("a compiled method whose first slot is {header:#x}, not a SmallInteger"))
        } else if literals + 1 > place.slots || 8 * (place.slots - literals - 1) < (format.0 & 7) as usize {
            Err(format!("a compiled method of {} slots with {literals} literals", place.slots))
        } else {
            Ok(literals + 1)
        }
    } else {
        // The target of a forwarder was checked when it was resolved, and is translated like any other reference.
        Ok(usize::from(format == Format::FORWARDED))
    }
}

/// Objects that the VM itself looks into have the shape that it expects.
#[inline(always)]
fn check_shape(class: u32, format: Format, slots: usize) -> Result<(), (String, &'static str)> {
    if !(object::CLASS_INDEX_LARGE_NEGATIVE..=object::CLASS_INDEX_FULL_BLOCK_CLOSURE).contains(&class) {
        return Ok(());
    }
    let (good, expected) = match class {
        object::CLASS_INDEX_LARGE_NEGATIVE | object::CLASS_INDEX_LARGE_POSITIVE => (format.is_bytes(), "large integers are bytes"),
        object::CLASS_INDEX_FLOAT => (format.is_bits() && slots == 1, "a Float is 64 bits"),
        object::CLASS_INDEX_CONTEXT => (format.is_pointers() && slots >= 6, "a Context has at least 6 slots"),
        object::CLASS_INDEX_BLOCK_CLOSURE => (format.is_pointers() && slots >= 3, "a BlockClosure has at least 3 slots"),
        object::CLASS_INDEX_FULL_BLOCK_CLOSURE => (format.is_pointers() && slots >= 4, "a FullBlockClosure has at least 4 slots"),
        _ => (true, ""),
    };
    if good { Ok(()) } else { Err((format!("an object of class index {class}, format {} and {slots} slots", format.0), expected)) }
}
