//! Copying objects, pinning them, changing their class.

use super::{Heap, raw};
use crate::error::PrimError;
use crate::object::{
    CLASS_INDEX_FORWARDER, CLASS_INDEX_MASK, FORMAT_SHIFT, Format, HASH_MASK, HASH_SHIFT, IMMUTABLE_BIT, PINNED_BIT,
};
use crate::oop::Oop;

impl Heap {
    /// A shallow copy (primitive 148): same class and contents, no hash yet, writable. An immediate answers itself. A context
    /// that has a frame is to be divorced from it before.
    ///
    /// # Errors
    /// `NO_MEMORY`.
    pub fn clone_object(&mut self, oop: Oop) -> Result<Oop, PrimError> {
        if oop.is_immediate() {
            return Ok(oop);
        }
        let slots = self.num_slots(oop) as u64;
        let copy = self.alloc_raw(slots, self.format(oop), self.class_index(oop))?;
        self.copy_body(oop, copy, slots);
        Ok(copy)
    }

    fn copy_body(&mut self, from: Oop, to: Oop, slots: u64) {
        // SAFETY: `to` was just made with as many slots as `from` has, and every body has at least one word.
        unsafe {
            raw::copy(from.0 + 8, to.0 + 8, slots.max(1));
            // What lies behind a context's stack pointer is not to come to life in the copy.
            raw::pointer_slots_cleaned(to.0, self.header(to), slots, self.nil.0);
        }
        self.remember_body(to);
    }

    /// True for an object that is never moved.
    pub fn is_pinned(&self, oop: Oop) -> bool {
        oop.is_pointer() && self.header(oop) & PINNED_BIT != 0
    }

    /// Pins an object: collections do not move it any more. A young one is moved to old space now and leaves a forwarder, so
    /// the caller goes on with the answer and calls [`Heap::follow_roots`] if that is another oop.
    ///
    /// # Errors
    /// `BAD_RECEIVER` for an immediate, `NO_MEMORY`.
    pub fn pin(&mut self, oop: Oop) -> Result<Oop, PrimError> {
        if oop.is_immediate() {
            return Err(PrimError::BAD_RECEIVER);
        }
        let oop = self.follow(oop);
        if self.is_old(oop) {
            self.set_header(oop, self.header(oop) | PINNED_BIT);
            return Ok(oop);
        }
        let slots = self.num_slots(oop) as u64;
        let header = self.header(oop);
        let copy = self.alloc_raw_old(slots, Format::of(header), self.class_index(oop))?;
        self.copy_body(oop, copy, slots);
        let kept = header & (HASH_MASK << HASH_SHIFT | IMMUTABLE_BIT);
        self.set_header(copy, self.header(copy) | kept | PINNED_BIT);
        self.make_forwarder(oop, copy);
        self.follow_own_roots(self.instance_spec(copy).is_some());
        Ok(copy)
    }

    /// Lets collections move an object again.
    pub fn unpin(&mut self, oop: Oop) {
        if oop.is_pointer() {
            self.set_header(oop, self.header(oop) & !PINNED_BIT);
        }
    }

    /// Makes an object an instance of `class` (primitives 115 and 160), if an instance of `class` could have its body. A context
    /// that has a frame is to be divorced from it before.
    ///
    /// Other than Spur it refuses to turn references into bits.
    ///
    /// # Errors
    /// `BAD_RECEIVER` for an immediate or an object of the wrong size, `NO_MODIFICATION`, `INAPPROPRIATE` where pointers and
    /// bits would be mixed, `BAD_ARGUMENT` if `class` is no class.
    pub fn change_class(&mut self, oop: Oop, class: Oop) -> Result<(), PrimError> {
        if oop.is_immediate() {
            return Err(PrimError::BAD_RECEIVER);
        }
        if self.is_immutable(oop) {
            return Err(PrimError::NO_MODIFICATION);
        }
        let (fixed, format) = self.instance_spec(class).ok_or(PrimError::BAD_ARGUMENT)?;
        let new_format = self.format_as_instance(oop, fixed, format)?;
        let index = self.class_table_index(class)?;
        let header = self.header(oop) & !(CLASS_INDEX_MASK | 31 << FORMAT_SHIFT);
        self.set_header(oop, header | index as u64 | (new_format.0 as u64) << FORMAT_SHIFT);
        Ok(())
    }

    /// The format that `oop` has as an instance of a class of this format. Source: `Spur64BitMemoryManager>>changeClassOf:to:`.
    fn format_as_instance(&self, oop: Oop, fixed: usize, class: Format) -> Result<Format, PrimError> {
        let instance = self.format(oop);
        if class.is_pointers() {
            let slots = self.num_slots(oop);
            let variable = !matches!(class, Format::EMPTY | Format::FIXED | Format::EPHEMERON);
            return match instance.is_pointers() {
                false => Err(PrimError::INAPPROPRIATE),
                true if slots < fixed || slots > fixed && !variable => Err(PrimError::BAD_RECEIVER),
                true => Ok(class),
            };
        }
        if class.is_compiled_method() || instance.is_compiled_method() {
            let both = class == Format::COMPILED_METHOD && instance.is_compiled_method();
            return if both { Ok(instance) } else { Err(PrimError::INAPPROPRIATE) };
        }
        if !instance.is_bits() {
            return Err(PrimError::INAPPROPRIATE);
        }
        let shift = match class {
            Format::WORDS_64 => 3,
            Format::WORDS_32 => 2,
            Format::SHORTS => 1,
            Format::BYTES => 0,
            _ => return Err(PrimError::BAD_ARGUMENT),
        };
        let bytes = self.byte_size(oop) as u64;
        if !bytes.is_multiple_of(1 << shift) {
            return Err(PrimError::BAD_RECEIVER);
        }
        Ok(Format::for_units(class, bytes >> shift, shift).0)
    }

    /// True if a slot of `oop` refers to `thing`, or its class is `thing` (primitive 132 without the class).
    pub fn points_to(&self, oop: Oop, thing: Oop) -> bool {
        if oop.is_immediate() || self.class_index(oop) == CLASS_INDEX_FORWARDER {
            return false;
        }
        // SAFETY: it is a live object.
        let count = unsafe { raw::pointer_slots(oop.0, self.header(oop), raw::slots(oop.0, self.header(oop))) };
        (0..count as usize).any(|index| self.fetch(oop, index) == thing)
    }
}
