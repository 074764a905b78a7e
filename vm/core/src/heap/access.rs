//! Reading and writing the fields of objects.
//!
//! The functions without `unsafe` check indices, so that no image can make the VM touch memory outside an object; an index
//! that is out of range reads as nil and writes nothing (debug builds stop, since it is a mistake of the VM's). Every
//! [`Oop`] given to them must be a live object or, where they say so, an immediate.

use super::Heap;
use crate::object::{self, Format, HEADER_BYTES};
use crate::oop::Oop;
use crate::special::Special;

impl Heap {
    /// The header word of an object.
    #[inline(always)]
    pub fn header(&self, oop: Oop) -> u64 {
        debug_assert!(self.contains(oop), "{oop:?} is outside the heap");
        // SAFETY: an oop that is a pointer is the address of a live header inside the region (the house rule of `heap`).
        unsafe { *oop.ptr() }
    }

    /// Replaces the header word of an object.
    #[inline(always)]
    pub(crate) fn set_header(&mut self, oop: Oop, header: u64) {
        debug_assert!(self.contains(oop));
        // SAFETY: as in `header`.
        unsafe { *oop.ptr() = header }
    }

    /// True if the address lies in a part of the heap that holds objects.
    pub fn contains(&self, oop: Oop) -> bool {
        let a = oop.0;
        oop.is_pointer()
            && ((a >= self.eden.start && a < self.eden_free)
                || (a >= self.old_start && a < self.old_free)
                || (a >= self.past.start && a < self.past.free)
                || (a >= self.future.start && a < self.future.free))
    }

    /// Number of 8-byte slots of an object's body.
    #[inline(always)]
    pub fn num_slots(&self, oop: Oop) -> usize {
        let byte = self.header(oop) >> object::SLOTS_SHIFT;
        if byte == object::OVERFLOW_SLOTS {
            // SAFETY: a header that says so has the overflow word before it.
            unsafe { (*oop.ptr().sub(1) << 8 >> 8) as usize }
        } else {
            byte as usize
        }
    }

    /// The format of an object.
    #[inline(always)]
    pub fn format(&self, oop: Oop) -> Format {
        Format::of(self.header(oop))
    }

    /// The class index in the header of an object.
    #[inline(always)]
    pub fn class_index(&self, oop: Oop) -> u32 {
        (self.header(oop) & object::CLASS_INDEX_MASK) as u32
    }

    /// The class index of any oop, immediates included.
    #[inline(always)]
    pub fn class_index_of(&self, oop: Oop) -> u32 {
        if oop.is_immediate() { oop.tag() as u32 } else { self.class_index(oop) }
    }

    /// The entry of the class table; nil for an unused index.
    #[inline]
    pub fn class_at(&self, index: u32) -> Oop {
        let page = self.fetch(self.hidden_roots, (index >> 10) as usize);
        if page == self.nil { self.nil } else { self.fetch(page, (index & 1023) as usize) }
    }

    /// The class of any oop.
    #[inline]
    pub fn class_of(&self, oop: Oop) -> Oop {
        self.class_at(self.class_index_of(oop))
    }

    /// Slot `index` of an object, as an oop.
    #[inline(always)]
    pub fn fetch(&self, oop: Oop, index: usize) -> Oop {
        Oop(self.fetch_word(oop, index).unwrap_or(self.nil.0))
    }

    /// Slot `index` as raw bits; `None` outside the object.
    #[inline(always)]
    pub fn fetch_word(&self, oop: Oop, index: usize) -> Option<u64> {
        if index < self.num_slots(oop) {
            // SAFETY: the index was just checked against the object's size.
            Some(unsafe { *oop.ptr().add(1 + index) })
        } else {
            debug_assert!(false, "slot {index} of {} of {oop:?}", self.num_slots(oop));
            None
        }
    }

    /// Slot `index`, following a forwarder there and replacing the reference to it.
    #[inline]
    pub fn fetch_followed(&mut self, oop: Oop, index: usize) -> Oop {
        let value = self.fetch(oop, index);
        if self.has_forwarders && self.is_forwarded(value) {
            let target = self.follow(value);
            self.store(oop, index, target);
            target
        } else {
            value
        }
    }

    /// Stores an oop in slot `index`, remembering the object if it is old and the value young.
    #[inline(always)]
    pub fn store(&mut self, oop: Oop, index: usize, value: Oop) {
        self.store_word(oop, index, value.0);
        self.write_barrier(oop, index, value);
    }

    /// Stores raw bits in slot `index`.
    #[inline(always)]
    pub fn store_word(&mut self, oop: Oop, index: usize, word: u64) {
        if index < self.num_slots(oop) {
            // SAFETY: the index was just checked against the object's size.
            unsafe { *oop.ptr().add(1 + index) = word }
        } else {
            debug_assert!(false, "slot {index} of {} of {oop:?}", self.num_slots(oop));
        }
    }

    /// Must follow every store of `value` into slot `index` of `oop`.
    #[inline(always)]
    pub fn write_barrier(&mut self, oop: Oop, index: usize, value: Oop) {
        if self.is_young(value) && !self.is_young(oop) {
            self.remember_store(oop, index);
        }
    }

    /// True if stores from Smalltalk code are refused: immediates and objects that were made read-only.
    #[inline(always)]
    pub fn is_immutable(&self, oop: Oop) -> bool {
        oop.is_immediate() || self.header(oop) & object::IMMUTABLE_BIT != 0
    }

    /// Makes an object read-only or writable again.
    pub fn set_immutable(&mut self, oop: Oop, immutable: bool) {
        let header = self.header(oop);
        self.set_header(oop, if immutable { header | object::IMMUTABLE_BIT } else { header & !object::IMMUTABLE_BIT });
    }

    /// True for a forwarder.
    #[inline(always)]
    pub fn is_forwarded(&self, oop: Oop) -> bool {
        oop.is_pointer() && self.class_index(oop) == object::CLASS_INDEX_FORWARDER
    }

    /// What a forwarder stands for, through chains of them; anything else itself.
    pub fn follow(&self, mut oop: Oop) -> Oop {
        while self.is_forwarded(oop) {
            oop = self.fetch(oop, 0);
        }
        oop
    }

    /// Bytes of the body that belong to the object's data: for bits and compiled code without the unused tail.
    #[inline]
    pub fn byte_size(&self, oop: Oop) -> usize {
        let bytes = self.num_slots(oop) * 8;
        let format = self.format(oop).0;
        let unused = match format {
            16.. => (format & 7) as usize,
            12..=15 => ((format & 3) * 2) as usize,
            10..=11 => ((format & 1) * 4) as usize,
            _ => 0,
        };
        bytes.saturating_sub(unused)
    }

    /// The data of an object as bytes (of a compiled method: literals included).
    #[inline]
    pub fn bytes(&self, oop: Oop) -> &[u8] {
        // SAFETY: byte_size is at most the body's size; the borrow of the heap keeps the object where it is.
        unsafe { std::slice::from_raw_parts(oop.ptr().add(1).cast(), self.byte_size(oop)) }
    }

    /// The data of an object that holds no oops as bytes to change; an empty slice for an object of pointers.
    #[inline]
    pub fn bytes_mut(&mut self, oop: Oop) -> &mut [u8] {
        let format = self.format(oop);
        let (start, len) = if format.is_bits() {
            (0, self.byte_size(oop))
        } else if format.is_compiled_method() {
            let start = 8 * (1 + self.literal_count(oop));
            (start, self.byte_size(oop).saturating_sub(start))
        } else {
            (0, 0)
        };
        // SAFETY: start + len is at most the body's size, and the range holds no oops.
        unsafe { std::slice::from_raw_parts_mut(oop.ptr().add(1).cast::<u8>().add(start), len) }
    }

    /// The slots of an object of pointers; of compiled code the header and the literals.
    #[inline]
    pub fn slots(&self, oop: Oop) -> &[Oop] {
        // SAFETY: Oop is transparent over u64, and pointer_slots is at most the number of slots.
        unsafe { std::slice::from_raw_parts(oop.ptr().add(1).cast(), self.pointer_slots(oop)) }
    }

    /// The slots to change. Who stores a young oop here calls [`Heap::write_barrier`] itself.
    #[inline]
    pub fn slots_mut(&mut self, oop: Oop) -> &mut [Oop] {
        // SAFETY: as in `slots`, and the heap is borrowed for writing.
        unsafe { std::slice::from_raw_parts_mut(oop.ptr().add(1).cast(), self.pointer_slots(oop)) }
    }

    /// How many of an object's slots, from the first on, hold oops.
    #[inline(always)]
    pub fn pointer_slots(&self, oop: Oop) -> usize {
        let format = self.format(oop);
        if format.is_pointers() {
            self.num_slots(oop)
        } else if format.is_compiled_method() {
            (1 + self.literal_count(oop)).min(self.num_slots(oop))
        } else if format == Format::FORWARDED {
            1
        } else {
            0
        }
    }

    /// The number of literals that a compiled method's header word gives.
    #[inline(always)]
    pub fn literal_count(&self, method: Oop) -> usize {
        if self.num_slots(method) == 0 { 0 } else { (self.fetch(method, 0).small_int() & 0x7FFF) as usize }
    }

    /// The instance specification of a class (its third slot): number of named fields and format of its instances.
    pub fn instance_spec(&self, class: Oop) -> Option<(usize, Format)> {
        if class.is_immediate() || !self.format(class).is_pointers() || self.num_slots(class) < 3 {
            return None;
        }
        let spec = self.fetch(class, 2).as_small_int()?;
        Some(((spec & 0xFFFF) as usize, Format(((spec >> 16) & 31) as u8)))
    }

    /// Number of named fields of an object: 0 for bits and compiled code.
    pub fn fixed_fields(&self, oop: Oop) -> usize {
        match self.format(oop) {
            Format::FIXED | Format::EPHEMERON => self.num_slots(oop),
            Format::INDEXABLE_FIXED | Format::WEAK => self.instance_spec(self.class_of(oop)).map_or(0, |s| s.0),
            _ => 0,
        }
    }

    /// The value of a Float of either kind.
    #[inline(always)]
    pub fn float_value(&self, oop: Oop) -> Option<f64> {
        if oop.is_small_float() {
            Some(oop.small_float())
        } else if oop.is_pointer() && self.class_index(oop) == object::CLASS_INDEX_FLOAT && self.num_slots(oop) == 1 {
            self.fetch_word(oop, 0).map(f64::from_bits)
        } else {
            None
        }
    }

    /// Text of a byte string or symbol, Latin-1, for people.
    pub fn text(&self, oop: Oop) -> Option<String> {
        (oop.is_pointer() && self.format(oop).is_bytes()).then(|| String::from_utf8_lossy(self.bytes(oop)).into_owned())
    }

    /// Name of a class for people: `Array`, `Array class`.
    pub fn class_name(&self, class: Oop) -> String {
        if class.is_immediate() || !self.format(class).is_pointers() {
            return "a non-class".into();
        }
        if let Some(name) = self.own_name(class) {
            return name;
        }
        // A metaclass has its only instance in one of its slots after the format.
        let slots = self.slots(class).iter().skip(3);
        let this = slots.map(|&o| self.follow(o)).find(|&o| o.is_pointer() && o != self.nil && self.class_of(o) == class);
        match this.and_then(|o| self.own_name(o)) {
            Some(name) => format!("{name} class"),
            None => "an unnamed class".into(),
        }
    }

    /// The name of a class that is no metaclass: the first object of bytes in its slots behind superclass, methods and
    /// format. At which index it is differs from system to system.
    fn own_name(&self, class: Oop) -> Option<String> {
        self.slots(class).iter().skip(3).find_map(|&o| self.text(self.follow(o)))
    }

    /// True if the class of `oop` is the one at `which` of the special objects.
    pub fn is_instance_of(&self, oop: Oop, which: Special) -> bool {
        self.class_of(oop) == self.special(which)
    }

    /// Address behind the object's last slot, where the next object's memory starts.
    #[inline(always)]
    pub(crate) fn end_of(&self, oop: Oop) -> u64 {
        oop.0 + HEADER_BYTES + 8 * (self.num_slots(oop).max(1) as u64)
    }

    /// The object whose memory starts at `address`.
    #[inline(always)]
    pub(crate) fn object_at(&self, address: u64) -> Oop {
        // SAFETY: callers walk from object to object, so a header or overflow word is at `address`.
        let word = unsafe { *(address as usize as *const u64) };
        if word >> object::SLOTS_SHIFT == object::OVERFLOW_SLOTS { Oop(address + 8) } else { Oop(address) }
    }
}
