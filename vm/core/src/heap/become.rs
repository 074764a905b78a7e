//! Become: exchanging the identities of objects, and forwarders.
//!
//! What an object becomes is not looked for in the whole heap: its header is turned into a forwarder (class index 8, format
//! 7, target in the first slot), and who comes across it replaces the reference. Scavenges and full collections do the
//! rest. Source: `SpurMemoryManager>>become:with:twoWay:copyHash:` in the OpenSmalltalk VM.

use super::{Heap, Roots, raw};
use crate::error::PrimError;
use crate::object::{self, Format, HASH_MASK, HASH_SHIFT, IMMUTABLE_BIT, PINNED_BIT, REMEMBERED_BIT};
use crate::oop::Oop;

/// What kinds of objects were changed by a become, for the caller to know which of its caches are stale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BecomeEffects {
    /// Some object with fields: processes, contexts, method dictionaries, associations may be among them.
    pub pointer_object: bool,
    /// A class of the class table: method caches are stale.
    pub class: bool,
    /// A compiled method: method caches are stale.
    pub compiled_method: bool,
}

impl Heap {
    /// Exchanges the identities of the elements of two arrays, pair by pair (primitive 128). With `copy_hash` the identity
    /// hashes stay with the contents; without, a reference sees the same hash as before. The interpreter divorces contexts
    /// that have a frame before, and calls [`Heap::follow_roots`] after.
    ///
    /// # Errors
    /// As in Spur, and before anything is changed: `BAD_RECEIVER` or `BAD_ARGUMENT` for what is no array or not as long,
    /// `INAPPROPRIATE` for immediates and nil, false, true, `OBJECT_IS_PINNED`, `NO_MODIFICATION`, `NO_MEMORY`.
    pub fn become_two_way(&mut self, a: Oop, b: Oop, copy_hash: bool) -> Result<BecomeEffects, PrimError> {
        self.forget_templates();
        let effects = self.check_become(a, b, true, copy_hash)?;
        for index in 0..self.num_slots(a) {
            // An object may occur more than once: what earlier pairs did is seen through their forwarders.
            let (x, y) = (self.fetch_followed(a, index), self.fetch_followed(b, index));
            if x != y {
                self.exchange(x, y, copy_hash)?;
            }
        }
        self.finish_become(a, b, effects);
        Ok(effects)
    }

    /// Makes all references to the elements of `a` refer to those of `b` (primitives 72, 248, 249). With `copy_hash` what
    /// is in `b` gets the identity hash of what it stands for. The interpreter calls [`Heap::follow_roots`] after.
    ///
    /// # Errors
    /// As for [`Heap::become_two_way`], but an element of `b` may be anything unless its hash is to be set.
    pub fn become_one_way(&mut self, a: Oop, b: Oop, copy_hash: bool) -> Result<BecomeEffects, PrimError> {
        self.forget_templates();
        let effects = self.check_become(a, b, false, copy_hash)?;
        for index in 0..self.num_slots(a) {
            let (x, y) = (self.fetch_followed(a, index), self.fetch_followed(b, index));
            // An earlier pair may have made it an immediate, nil, or something pinned or read-only.
            if x == y || self.check_element(x, &mut BecomeEffects::default()).is_err() {
                continue;
            }
            let (from, to) = (self.hash_bits(x), if y.is_immediate() { 0 } else { self.hash_bits(y) });
            let keeps_index = self.is_class_index_of(to, y) && !self.is_class_index_of(from, x);
            self.make_forwarder(x, y);
            // A class keeps the index that its instances carry, unless it takes over another. If x had no hash, nobody
            // can have used it.
            if copy_hash && from != 0 && !y.is_immediate() && !keeps_index {
                self.set_hash_bits(y, from);
            }
        }
        self.finish_become(a, b, effects);
        Ok(effects)
    }

    /// Replaces references to forwarders in the roots outside the heap: after a become or a pinning.
    pub fn follow_roots(&mut self, roots: &mut dyn Roots) {
        roots.strong(&mut |slot| {
            if self.is_forwarded(*slot) {
                *slot = self.follow(*slot);
            }
        });
    }

    /// Replaces references to forwarders in an object, and in what it refers to down to `depth`.
    pub fn follow_fields(&mut self, oop: Oop, depth: usize) {
        if oop.is_immediate() {
            return;
        }
        for index in 0..self.pointer_slots(oop) {
            let value = self.fetch_followed(oop, index);
            if depth > 0 && value != oop {
                self.follow_fields(value, depth - 1);
            }
        }
    }

    /// Turns an object into a forwarder to another object, or to an immediate.
    pub(super) fn make_forwarder(&mut self, oop: Oop, target: Oop) {
        let header = self.header(oop);
        // SAFETY: it is a live object that everybody will see as the target from now on.
        unsafe { raw::forward(oop.0, header, target.0) };
        self.write_barrier(oop, 0, target);
        self.has_forwarders = true;
    }

    /// Checks everything that can be wrong, so that a become is done as a whole or not at all.
    fn check_become(&mut self, a: Oop, b: Oop, two_way: bool, copy_hash: bool) -> Result<BecomeEffects, PrimError> {
        let is_array = |heap: &Heap, oop: Oop| oop.is_pointer() && heap.format(oop) == Format::INDEXABLE;
        if !is_array(self, a) {
            return Err(PrimError::BAD_RECEIVER);
        }
        if !is_array(self, b) || self.num_slots(a) != self.num_slots(b) {
            return Err(PrimError::BAD_ARGUMENT);
        }
        let (mut effects, mut bytes) = (BecomeEffects::default(), 0);
        for index in 0..self.num_slots(a) {
            let (x, y) = (self.fetch_followed(a, index), self.fetch_followed(b, index));
            self.check_element(x, &mut effects)?;
            if two_way {
                self.check_element(y, &mut effects)?;
                bytes += self.end_of(x) - x.0 + self.end_of(y) - y.0 + 16;
            } else if copy_hash && (y.is_immediate() || self.is_immutable(y)) {
                return Err(PrimError::INAPPROPRIATE);
            }
        }
        if bytes > self.old_limit - self.old_free {
            self.request_full();
            return Err(PrimError::NO_MEMORY);
        }
        Ok(effects)
    }

    fn check_element(&self, oop: Oop, effects: &mut BecomeEffects) -> Result<(), PrimError> {
        if oop.is_immediate() || oop.0 <= self.true_.0 && oop.0 >= self.nil.0 || oop == self.hidden_roots {
            return Err(PrimError::INAPPROPRIATE);
        }
        let header = self.header(oop);
        if header & PINNED_BIT != 0 {
            return Err(PrimError::OBJECT_IS_PINNED);
        }
        if header & IMMUTABLE_BIT != 0 {
            return Err(PrimError::NO_MODIFICATION);
        }
        let format = Format::of(header);
        effects.pointer_object |= format.is_pointers();
        effects.compiled_method |= format.is_compiled_method();
        // A class can be in the table at several indices, so all that look like one count.
        effects.class |= format.is_pointers() && self.instance_spec(oop).is_some();
        Ok(())
    }

    /// Exchanges two objects: in place if they are of one size and no classes, else by copies and forwarders.
    fn exchange(&mut self, x: Oop, y: Oop, copy_hash: bool) -> Result<(), PrimError> {
        let (hash_x, hash_y) = (self.hash_bits(x), self.hash_bits(y));
        let (class_x, class_y) = (self.is_class_index_of(hash_x, x), self.is_class_index_of(hash_y, y));
        if self.num_slots(x) == self.num_slots(y) && !class_x && !class_y {
            self.exchange_in_place(x, y, copy_hash);
            return Ok(());
        }
        let new_x = self.clone_object(x)?;
        let new_y = self.clone_object(y)?;
        // References to x are from now on to new_y. The class table refers by x's hash if x is a class.
        self.set_hash_bits(new_y, if copy_hash && !class_x { hash_y } else { hash_x });
        self.set_hash_bits(new_x, if copy_hash && !class_y { hash_x } else { hash_y });
        self.make_forwarder(x, new_y);
        self.make_forwarder(y, new_x);
        Ok(())
    }

    fn exchange_in_place(&mut self, x: Oop, y: Oop, copy_hash: bool) {
        let (header_x, header_y) = (self.header(x), self.header(y));
        let keep = REMEMBERED_BIT | if copy_hash { 0 } else { HASH_MASK << HASH_SHIFT };
        self.set_header(x, header_y & !keep | header_x & keep);
        self.set_header(y, header_x & !keep | header_y & keep);
        let slots = self.num_slots(x);
        if slots > 0 {
            // SAFETY: both bodies have so many words, and they are different objects.
            unsafe { std::ptr::swap_nonoverlapping(x.ptr().add(1), y.ptr().add(1), slots) };
        }
        self.remember_body(x);
        self.remember_body(y);
    }

    /// Brings what the heap itself refers to up to date.
    fn finish_become(&mut self, a: Oop, b: Oop, effects: BecomeEffects) {
        self.follow_own_roots(effects.class);
        self.follow_fields(a, 0);
        self.follow_fields(b, 0);
    }

    /// Replaces references to forwarders in the special objects, and in the class table if a class may be among them.
    pub(super) fn follow_own_roots(&mut self, classes: bool) {
        self.special_objects = self.follow(self.special_objects);
        self.follow_fields(self.special_objects, 0);
        if !classes {
            return;
        }
        for number in 0..super::mark::CLASS_TABLE_PAGES.min(self.num_slots(self.hidden_roots)) {
            let page = self.fetch(self.hidden_roots, number);
            if page != self.nil {
                self.follow_fields(page, 0);
            }
        }
    }

    /// The identity hash of an object as it is in its header; 0 if it has none yet.
    pub(super) fn hash_bits(&self, oop: Oop) -> u32 {
        ((self.header(oop) >> HASH_SHIFT) & HASH_MASK) as u32
    }

    pub(super) fn set_hash_bits(&mut self, oop: Oop, hash: u32) {
        let header = self.header(oop) & !(HASH_MASK << HASH_SHIFT);
        self.set_header(oop, header | (hash as u64) << HASH_SHIFT);
    }

    /// True if `oop` is the class of index `hash`.
    fn is_class_index_of(&self, hash: u32, oop: Oop) -> bool {
        hash != 0 && oop.is_pointer() && hash <= object::MAX_CLASS_INDEX && self.class_at(hash) == oop
    }
}
