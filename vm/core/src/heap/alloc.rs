//! Making objects. Nothing here collects or moves anything; `Err(NoMemory)` says that even old space is full.

use super::Heap;
use super::templates::{INDEXED, NAMED};
use crate::error::PrimError;
use crate::object::{self, Format, header};
use crate::oop::Oop;

/// Objects of more slots than this are born old.
const LARGE_SLOTS: u64 = 16 << 10;

impl Heap {
    /// A young object of up to 254 slots whose body is not initialised: the caller fills every slot (at least one word).
    #[inline(always)]
    pub(crate) fn alloc_raw_small(&mut self, slots: u64, format: Format, class_index: u32) -> Result<Oop, PrimError> {
        debug_assert!(slots < object::OVERFLOW_SLOTS);
        let at = self.eden_free;
        let end = at + 8 + 8 * slots.max(1);
        if end > self.eden_limit {
            return self.alloc_slow(slots, format, class_index);
        }
        self.eden_free = end;
        let oop = Oop(at);
        // SAFETY: at .. end lies inside eden, which belongs to the region.
        unsafe { *oop.ptr() = header(slots, format, class_index) };
        Ok(oop)
    }

    /// An object whose body is not initialised, of any size.
    pub(crate) fn alloc_raw(&mut self, slots: u64, format: Format, class_index: u32) -> Result<Oop, PrimError> {
        if slots < object::OVERFLOW_SLOTS && self.stress == 0 {
            self.alloc_raw_small(slots, format, class_index)
        } else {
            self.alloc_slow(slots, format, class_index)
        }
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&mut self, slots: u64, format: Format, class_index: u32) -> Result<Oop, PrimError> {
        if self.stress > 0 {
            self.count_for_stress();
        }
        let overflow = slots >= object::OVERFLOW_SLOTS;
        let bytes = (8 + if overflow { 8 } else { 0 }) + 8 * slots.clamp(1, 1 << 48);
        if slots <= LARGE_SLOTS && self.eden_free + bytes <= self.eden.end {
            let at = self.eden_free;
            self.eden_free += bytes;
            if self.eden_free > self.eden_limit && self.stress == 0 {
                self.eden_limit = self.eden.end;
                self.request_scavenge();
            }
            return Ok(self.write_header(at, slots, format, class_index));
        }
        // While new space cannot be emptied, every object is born old, and the threshold of old space asks for the next collection.
        if slots <= LARGE_SLOTS && !self.young_stays {
            self.request_scavenge();
        }
        self.alloc_raw_old(slots, format, class_index)
    }

    /// An old object whose body is not initialised.
    pub(crate) fn alloc_raw_old(&mut self, slots: u64, format: Format, class_index: u32) -> Result<Oop, PrimError> {
        let overflow = slots >= object::OVERFLOW_SLOTS;
        let bytes = (8 + if overflow { 8 } else { 0 }) + 8 * slots.clamp(1, 1 << 48);
        let at = match slots {
            0..0x1_0000_0000_0000 => self.reserve_old(bytes),
            _ => None,
        };
        self.check_low_space();
        let Some(at) = at else {
            self.request_full();
            return Err(PrimError::NO_MEMORY);
        };
        Ok(self.write_header(at, slots, format, class_index))
    }

    /// Asks for a scavenge at the next safe point.
    pub fn request_scavenge(&mut self) {
        self.gc_request.scavenge = true;
        self.poll_countdown = 0;
    }

    /// Asks for a full collection at the next safe point.
    pub fn request_full(&mut self) {
        self.gc_request.full = true;
        self.poll_countdown = 0;
    }

    fn write_header(&mut self, at: u64, slots: u64, format: Format, class_index: u32) -> Oop {
        let overflow = slots >= object::OVERFLOW_SLOTS;
        let oop = Oop(if overflow { at + 8 } else { at });
        // SAFETY: the caller reserved header, overflow word and body at `at`.
        unsafe {
            if overflow {
                *(at as usize as *mut u64) = slots | (object::OVERFLOW_SLOTS << object::SLOTS_SHIFT);
            }
            *oop.ptr() = header(slots.min(object::OVERFLOW_SLOTS), format, class_index);
        }
        oop
    }

    /// An object of pointers, every slot nil.
    #[inline]
    pub fn alloc_pointers(&mut self, class_index: u32, format: Format, slots: usize) -> Result<Oop, PrimError> {
        let oop = self.alloc_raw(slots as u64, format, class_index)?;
        self.fill(oop, slots, self.nil.0);
        Ok(oop)
    }

    /// An object of bits, every slot zero. `format` includes the count of unused elements (see [`Format::for_units`]).
    #[inline]
    pub fn alloc_bits(&mut self, class_index: u32, format: Format, slots: usize) -> Result<Oop, PrimError> {
        let oop = self.alloc_raw(slots as u64, format, class_index)?;
        self.fill(oop, slots, 0);
        Ok(oop)
    }

    #[inline(always)]
    pub(super) fn fill(&mut self, oop: Oop, slots: usize, word: u64) {
        // SAFETY: the object was just made with this many slots (and always has room for one).
        unsafe { std::slice::from_raw_parts_mut(oop.ptr().add(1), slots.max(1)) }.fill(word);
    }

    /// An Array of these elements.
    pub fn array(&mut self, elements: &[Oop]) -> Result<Oop, PrimError> {
        let oop = self.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, elements.len())?;
        self.slots_mut(oop).copy_from_slice(elements);
        for (i, &element) in elements.iter().enumerate() {
            self.write_barrier(oop, i, element);
        }
        Ok(oop)
    }

    /// A byte object of class index `class_index` with these bytes.
    pub fn byte_object(&mut self, class_index: u32, bytes: &[u8]) -> Result<Oop, PrimError> {
        let (format, slots) = Format::for_units(Format::BYTES, bytes.len() as u64, 0);
        let oop = self.alloc_bits(class_index, format, slots as usize)?;
        self.bytes_mut(oop).copy_from_slice(bytes);
        Ok(oop)
    }

    /// A String of these bytes.
    pub fn string(&mut self, text: &str) -> Result<Oop, PrimError> {
        self.byte_object(object::CLASS_INDEX_STRING, text.as_bytes())
    }

    /// A Float: immediate where the image has SmallFloat64 and the value fits.
    #[inline(always)]
    pub fn float(&mut self, value: f64) -> Result<Oop, PrimError> {
        if self.small_floats
            && let Some(oop) = Oop::try_from_float(value)
        {
            return Ok(oop);
        }
        let oop = self.alloc_bits(object::CLASS_INDEX_FLOAT, Format::WORDS_32, 1)?;
        self.store_word(oop, 0, value.to_bits());
        Ok(oop)
    }

    /// The Integer of this value: SmallInteger or large.
    #[inline]
    pub fn integer(&mut self, value: i64) -> Result<Oop, PrimError> {
        match Oop::try_from_small_int(value) {
            Some(oop) => Ok(oop),
            None => self.large_integer(value < 0, &value.unsigned_abs().to_le_bytes()),
        }
    }

    /// The Integer of this value: SmallInteger or LargePositiveInteger.
    pub fn unsigned_integer(&mut self, value: u64) -> Result<Oop, PrimError> {
        match i64::try_from(value) {
            Ok(value) => self.integer(value),
            Err(_) => self.large_integer(false, &value.to_le_bytes()),
        }
    }

    /// A large integer of this magnitude (little endian; zeros at the end are dropped).
    pub fn large_integer(&mut self, negative: bool, magnitude: &[u8]) -> Result<Oop, PrimError> {
        let len = magnitude.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
        let class = if negative { object::CLASS_INDEX_LARGE_NEGATIVE } else { object::CLASS_INDEX_LARGE_POSITIVE };
        self.byte_object(class, &magnitude[..len])
    }

    /// A new instance of `class` with `indexable` elements: what `basicNew` and `basicNew:` answer.
    pub fn instantiate(&mut self, class: Oop, indexable: usize) -> Result<Oop, PrimError> {
        let template = self.template(class)?;
        let (format, class_index) = (Format::of(template.header), (template.header & object::CLASS_INDEX_MASK) as u32);
        if indexable as u64 >= 1 << 48 {
            return Err(PrimError::NO_MEMORY);
        }
        let fixed = template.fixed as usize;
        match template.kind {
            NAMED if indexable > 0 => Err(PrimError::BAD_RECEIVER),
            NAMED => self.alloc_pointers(class_index, format, fixed),
            INDEXED => self.alloc_pointers(class_index, format, fixed.saturating_add(indexable)),
            _ => {
                let shift = match format.0 {
                    9 => 3,
                    10 => 2,
                    12 => 1,
                    16 => 0,
                    _ => return Err(PrimError::BAD_RECEIVER),
                };
                let (format, slots) = Format::for_units(format, indexable as u64, shift);
                self.alloc_bits(class_index, format, slots as usize)
            }
        }
    }
}
