//! 32-bit images, brought to the 64-bit layout while they are read.
//!
//! A header is the same word in both; a slot of the body has 4 bytes in place of 8, and the body is padded to 8. Source:
//! `Spur32BitMemoryManager` against `Spur64BitMemoryManager` of the OpenSmalltalk VM. Two passes: [`Plan::new`] finds each
//! object's new place, [`Plan::write`] copies. Free chunks and forwarders are left out, and LargeIntegers that fit become
//! SmallIntegers. [`move_program_counters`] follows when the objects are in a heap: a program counter counts the bytes of the
//! literals before it, and each literal grew by 4.

use super::error::{ImageError, ImageErrorKind};
use super::header::ImageHeader;
use super::roots::SPECIAL_OBJECTS_SLOTS;
use super::segments::Segments;
use super::source::ImageSource;
use crate::heap::Heap;
use crate::object::{self, FORMAT_SHIFT, Format, OVERFLOW_SLOTS, SLOTS_SHIFT};
use crate::oop::Oop;
use crate::special::Special;
use std::collections::HashMap;

/// Which object of the image holds the free lists.
const FREE_LISTS_NUMBER: usize = 3;
/// Free lists of a 64-bit image; a 32-bit one has 32.
const FREE_LISTS: u64 = 64;
/// Class index of the free lists of a 64-bit image.
const CLASS_INDEX_WORDS_64_PUN: u64 = 19;
/// SmallIntegers of a 32-bit image are smaller than this.
const OLD_SMALL_INTEGER_LIMIT: u64 = 1 << 30;
/// In [`Plan::places`]: the object became an oop of [`Plan::replaced`].
const REPLACED: u32 = u32::MAX;
/// Header bits that are made anew.
const SHAPE_BITS: u64 = OVERFLOW_SLOTS << SLOTS_SHIFT | 31 << FORMAT_SHIFT;

/// An object of the 32-bit image: bytes of the body.
#[derive(Clone, Copy)]
struct OldPlace {
    header_at: usize,
    header: u64,
    slots: usize,
    next: usize,
}

/// What becomes of each object.
pub struct Plan {
    /// The objects as they were read.
    body: Vec<u8>,
    segments: Segments,
    /// For each 8 bytes of the old body the word of the new body at which the object's header will be, plus 1; 0 if no
    /// object starts there.
    places: Vec<u32>,
    /// Objects that become another oop: LargeIntegers that become small, forwarders that become their targets.
    replaced: HashMap<usize, u64>,
    /// Byte of the old body at which the special objects array is.
    special_objects: Option<usize>,
    /// Address of the new body.
    base: u64,
    /// Words of the new body.
    words: usize,
}

impl Plan {
    /// Reads a 32-bit image's segments and decides where each object goes behind `base`.
    pub fn new(source: &mut dyn ImageSource, header: &ImageHeader, segments: Segments, base: u64) -> Result<Plan, ImageError> {
        let mut body = vec![0; segments.total() as usize];
        for segment in segments.list() {
            let into = &mut body[segment.start as usize..][..segment.len as usize];
            source.read_at(segment.file_offset, into).map_err(|e| ImageError::io(segment.file_offset, &e))?;
        }
        let special_objects = segments.position(header.special_objects).map(|position| position as usize);
        let places = vec![0; body.len() / 8];
        let mut plan = Plan { body, segments, places, replaced: HashMap::new(), special_objects, base, words: 0 };
        plan.place_objects()?;
        Ok(plan)
    }

    /// Words of the new body.
    pub fn words(&self) -> usize {
        self.words
    }

    /// Where the special objects array will be; 0, which is no address, if there is none.
    pub fn special_objects(&self) -> u64 {
        self.special_objects.and_then(|at| self.new_address(at)).unwrap_or(0)
    }

    /// The oop that the object whose header is at byte `at` becomes.
    fn new_address(&self, at: usize) -> Option<u64> {
        match *self.places.get(at / 8).filter(|_| at.is_multiple_of(8))? {
            0 => None,
            REPLACED => self.replaced.get(&at).copied(),
            word => Some(self.base + 8 * (u64::from(word) - 1)),
        }
    }

    fn place_objects(&mut self) -> Result<(), ImageError> {
        let mut forwarders = Vec::new();
        let (mut at, mut number) = (0, 0);
        while at < self.body.len() {
            let old = self.old_place(at)?;
            let class = (old.header & object::CLASS_INDEX_MASK) as u32;
            if class == object::CLASS_INDEX_FORWARDER {
                if Format::of(old.header) != Format::FORWARDED {
                    return Err(self.bad_format(old));
                }
                forwarders.push(old.header_at);
            } else if class != object::CLASS_INDEX_FREE {
                if let Some(small) = self.small_integer(old) {
                    self.places[old.header_at / 8] = REPLACED;
                    self.replaced.insert(old.header_at, small.bits());
                } else {
                    let (_, slots) = self.new_shape(old, number)?;
                    let overflow = usize::from(slots >= OVERFLOW_SLOTS);
                    let word = self.words + overflow;
                    let place = u32::try_from(word + 1).ok().filter(|&place| place < REPLACED);
                    self.places[old.header_at / 8] = place.ok_or_else(|| {
                        let offset = self.segments.file_offset(at as u64);
                        ImageError::new(ImageErrorKind::NoRoom, offset, "a 32-bit image of more than 32 GiB", "none is that large")
                    })?;
                    self.words = word + 1 + (slots.max(1) as usize);
                }
                number += 1;
            }
            at = old.next;
        }
        self.resolve_forwarders(&forwarders)
    }

    /// Forwarders lead to what they stand for, so that none is needed any more.
    fn resolve_forwarders(&mut self, forwarders: &[usize]) -> Result<(), ImageError> {
        let mut path = Vec::new();
        for &forwarder in forwarders {
            let mut at = forwarder;
            let target = loop {
                if self.places[at / 8] != 0 || path.len() > forwarders.len() || forwarders.binary_search(&at).is_err() {
                    break self.new_address(at).filter(|_| path.len() <= forwarders.len());
                }
                path.push(at);
                match self.slot(at, 0) {
                    Some(value) if value & 3 == 0 => match self.segments.position(value.into()) {
                        Some(next) if next % 8 == 0 => at = next as usize,
                        _ => break None,
                    },
                    value => break value.and_then(|value| self.oop(value)),
                }
            };
            let Some(target) = target else {
                let offset = self.segments.file_offset(forwarder as u64);
                return Err(ImageError::corrupt(offset, "a forwarder that leads to no object", "it stands for another object"));
            };
            for at in path.drain(..) {
                self.places[at / 8] = REPLACED;
                self.replaced.insert(at, target);
            }
        }
        Ok(())
    }

    fn u64_at(&self, at: usize) -> Option<u64> {
        Some(u64::from_le_bytes(self.body.get(at..at.checked_add(8)?)?.try_into().ok()?))
    }

    /// The object whose memory starts at byte `at`.
    fn old_place(&self, at: usize) -> Result<OldPlace, ImageError> {
        let place = || {
            let word = self.u64_at(at)?;
            let mut place = OldPlace { header_at: at, header: word, slots: (word >> SLOTS_SHIFT) as usize, next: 0 };
            if word >> SLOTS_SHIFT == OVERFLOW_SLOTS {
                place = OldPlace { header_at: at + 8, header: self.u64_at(at + 8)?, slots: word as u32 as usize, next: 0 };
                if place.header >> SLOTS_SHIFT != OVERFLOW_SLOTS {
                    return None;
                }
            }
            let bytes = place.slots.checked_mul(4)?.checked_next_multiple_of(8)?.max(8);
            place.next = (place.header_at + 8).checked_add(bytes)?;
            (place.next <= self.body.len()).then_some(place)
        };
        place().ok_or_else(|| {
            let found = "an object which does not fit into the image";
            ImageError::corrupt(self.segments.file_offset(at as u64), found, "objects fill a segment exactly")
        })
    }

    /// Slot `index` of the object whose header is at `header_at`; `None` behind the body.
    fn slot(&self, header_at: usize, index: usize) -> Option<u32> {
        let at = header_at + 8 + 4 * index;
        Some(u32::from_le_bytes(self.body.get(at..at + 4)?.try_into().ok()?))
    }

    /// The data of an object, without the unused tail; `None` if there is more tail than body.
    fn data(&self, old: OldPlace) -> Option<&[u8]> {
        let unused = match Format::of(old.header).0 {
            format @ 16.. => usize::from(format & 7),
            format @ 12..=15 => usize::from(format & 3) * 2,
            format @ 10..=11 => usize::from(format & 1) * 4,
            _ => 0,
        };
        let len = (4 * old.slots).checked_sub(unused)?;
        self.body.get(old.header_at + 8..)?.get(..len)
    }

    /// The SmallInteger of a LargeInteger that was too large for one of 31 bits. Others stay as they are: a LargeInteger that
    /// is not normalised may be the half-made result of an operation.
    fn small_integer(&self, old: OldPlace) -> Option<Oop> {
        let negative = match (old.header & object::CLASS_INDEX_MASK) as u32 {
            object::CLASS_INDEX_LARGE_NEGATIVE => true,
            object::CLASS_INDEX_LARGE_POSITIVE => false,
            _ => return None,
        };
        let bytes = self.data(old).filter(|_| Format::of(old.header).is_bytes())?;
        let magnitude = bytes.get(..8.min(bytes.len()))?;
        if bytes.len() > 8 || bytes.last().is_none_or(|&top| top == 0) {
            return None;
        }
        let magnitude = magnitude.iter().rev().fold(0, |value: u64, &byte| value << 8 | u64::from(byte));
        if magnitude < OLD_SMALL_INTEGER_LIMIT + u64::from(negative) || magnitude > 1 << 60 {
            return None;
        }
        Oop::try_from_small_int(if negative { -(magnitude as i64) } else { magnitude as i64 })
    }

    /// Format and slots of the object in the 64-bit layout. `number` counts objects from the start of the image.
    fn new_shape(&self, old: OldPlace, number: usize) -> Result<(Format, u64), ImageError> {
        let format = Format::of(old.header);
        let refuse =
            |found: String, expected| Err(ImageError::corrupt(self.segments.file_offset(old.header_at as u64), found, expected));
        let Some(data) = self.data(old) else {
            return refuse(
                format!("an object of {} slots and format {}", old.slots, format.0),
                "it must not be shorter than empty",
            );
        };
        let units = |base, bytes: usize, shift: u32| Format::for_units(base, bytes as u64 >> shift, shift);
        let slots = old.slots as u64;
        Ok(match format.0 {
            _ if number == FREE_LISTS_NUMBER => (Format::WORDS_64, FREE_LISTS),
            0..=5 if self.special_objects == Some(old.header_at) => (format, slots.max(SPECIAL_OBJECTS_SLOTS as u64)),
            0..=5 => (format, slots),
            9 => units(Format::WORDS_64, data.len(), 3),
            10..=11 => units(Format::WORDS_32, data.len(), 2),
            12..=15 => units(Format::SHORTS, data.len(), 1),
            16..=23 => units(Format::BYTES, data.len(), 0),
            24..=31 => match self.literals(old) {
                Some(literals) if 4 * literals <= data.len() => units(Format::COMPILED_METHOD, data.len() + 4 * literals, 0),
                literals => {
                    let found = format!("a compiled method of {} bytes and {literals:?} literals", data.len());
                    return refuse(found, "its first slot is a SmallInteger and its literals lie inside it");
                }
            },
            _ => return Err(self.bad_format(old)),
        })
    }

    /// Slots of a compiled method that hold oops: its header and its literals.
    fn literals(&self, method: OldPlace) -> Option<usize> {
        let header = self.slot(method.header_at, 0).filter(|header| method.slots > 0 && header & 1 == 1)?;
        Some(1 + (header as usize >> 1 & 0x7FFF))
    }

    /// The oop of 64 bits for one of 32; `None` if it refers to no object.
    fn oop(&self, value: u32) -> Option<u64> {
        if value & 1 == 1 {
            return Some(Oop::from_small_int(i64::from(value.cast_signed() >> 1)).bits());
        }
        if value & 3 == 2 {
            return Some(Oop::from_character(value >> 2).bits());
        }
        self.new_address(self.segments.position(value.into())? as usize)
    }

    /// Writes the new body, which is as long as [`Plan::words`] says.
    pub fn write(&self, words: &mut [u64]) -> Result<(), ImageError> {
        let (mut at, mut number) = (0, 0);
        while at < self.body.len() {
            let old = self.old_place(at)?;
            let class = (old.header & object::CLASS_INDEX_MASK) as u32;
            if !matches!(class, object::CLASS_INDEX_FREE | object::CLASS_INDEX_FORWARDER) {
                if self.places[old.header_at / 8] != REPLACED {
                    self.write_object(old, number, words)?;
                }
                number += 1;
            }
            at = old.next;
        }
        Ok(())
    }

    fn write_object(&self, old: OldPlace, number: usize, words: &mut [u64]) -> Result<(), ImageError> {
        let (format, slots) = self.new_shape(old, number)?;
        let at = self.places[old.header_at / 8] as usize - 1;
        let mut header = old.header & !SHAPE_BITS;
        header |= slots.min(OVERFLOW_SLOTS) << SLOTS_SHIFT | u64::from(format.0) << FORMAT_SHIFT;
        if slots >= OVERFLOW_SLOTS {
            words[at - 1] = slots | OVERFLOW_SLOTS << SLOTS_SHIFT;
        }
        let body = &mut words[at + 1..][..slots.max(1) as usize];
        body.fill(0);
        if number == FREE_LISTS_NUMBER {
            words[at] = header & !object::CLASS_INDEX_MASK | CLASS_INDEX_WORDS_64_PUN;
            return Ok(());
        }
        let pointers = match format {
            format if format.is_pointers() => old.slots,
            format if format.is_compiled_method() => self.literals(old).unwrap_or(0),
            _ => 0,
        };
        for (index, word) in body[..pointers].iter_mut().enumerate() {
            let value = self.slot(old.header_at, index);
            *word = value.and_then(|value| self.oop(value)).ok_or_else(|| self.bad_reference(old, index, value))?;
        }
        if format.is_pointers() {
            // Slots that were added are nil, the first object.
            body[pointers..slots as usize].fill(self.base);
        } else {
            let raw = self.data(old).and_then(|data| data.get(4 * pointers..)).unwrap_or(&[]);
            for (word, bytes) in body[pointers..].iter_mut().zip(raw.chunks(8)) {
                let mut padded = [0; 8];
                padded[..bytes.len()].copy_from_slice(bytes);
                *word = u64::from_le_bytes(padded);
            }
        }
        words[at] = header;
        Ok(())
    }

    #[cold]
    fn bad_format(&self, old: OldPlace) -> ImageError {
        let offset = self.segments.file_offset(old.header_at as u64);
        super::body::bad_format(old.header, offset)
    }

    #[cold]
    fn bad_reference(&self, old: OldPlace, slot: usize, value: Option<u32>) -> ImageError {
        let offset = self.segments.file_offset((old.header_at + 8 + 4 * slot) as u64);
        let value = value.unwrap_or(0);
        ImageError::corrupt(
            offset,
            format!("slot {slot} of an object of format {} holds {value:#x}", Format::of(old.header).0),
            "an oop is an immediate or the address of an object",
        )
    }
}

/// Moves the program counters of contexts and block closures behind the literals of their methods, which grew by 4 bytes each.
pub fn move_program_counters(heap: &mut Heap) {
    let (context, closure) = (heap.special(Special::ClassContext), heap.special(Special::ClassBlockClosure));
    let owners: Vec<(Oop, bool)> = heap
        .objects()
        .filter(|&oop| heap.format(oop).is_pointers())
        .filter_map(|oop| match heap.class_of(oop) {
            class if class == context => Some((oop, true)),
            class if class == closure => Some((oop, false)),
            _ => None,
        })
        .collect();
    for (oop, is_context) in owners {
        // A context knows its method; the method of a closure without a method of its own is that of its outer context.
        let method = if is_context { slot(heap, oop, 3) } else { slot(heap, oop, 0).and_then(|outer| slot(heap, outer, 3)) };
        let Some(method) = method.filter(|&m| m.is_pointer() && heap.format(m).is_compiled_method()) else { continue };
        let Some(pc) = slot(heap, oop, 1).and_then(Oop::as_small_int).filter(|&pc| pc > 0) else { continue };
        let moved = pc + 4 * (1 + heap.literal_count(method) as i64);
        heap.store(oop, 1, Oop::from_small_int(moved));
    }
}

/// A slot of an object that may be none of pointers.
fn slot(heap: &Heap, oop: Oop, index: usize) -> Option<Oop> {
    if oop.is_pointer() { heap.slots(oop).get(index).copied() } else { None }
}

/// Where the class table has no class for immediate floats, it gets Float: other VMs make immediate floats whatever the image
/// says, and take their class from there.
pub fn enter_float_class(heap: &mut Heap) {
    let page = heap.fetch(heap.hidden_roots(), 0);
    let index = object::CLASS_INDEX_SMALL_FLOAT as usize;
    if heap.fetch(page, index) == heap.nil() {
        let float = heap.special(Special::ClassFloat);
        heap.store(page, index, float);
    }
}
