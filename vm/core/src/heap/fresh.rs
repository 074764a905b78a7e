//! A heap with what every image begins with, for images that are made and not loaded.
//!
//! Source: `SpurMemoryManager>>initializeObjectMemory:`: nil, false, true, the array of free lists and the hidden roots are the first
//! objects of old space, in this order.

use super::{Heap, HeapConfig, Region, mark};
use crate::error::PrimError;
use crate::object::{self, Format};
use crate::oop::Oop;

/// Slots of the hidden roots: pages of the class table and eight of the VM's own.
const HIDDEN_ROOTS_SLOTS: u64 = mark::CLASS_TABLE_PAGES as u64 + 8;
/// Classes in a page of the class table.
const PAGE_SLOTS: u64 = 1024;
/// Entries of the special objects array.
const SPECIAL_OBJECTS: u64 = 60;
/// Free lists.
const FREE_LISTS: u64 = 64;

impl Heap {
    /// A heap with nil, false and true, a class table without classes, and special objects that are all nil but for these
    /// three. The class indices of nil, false and true are `nil_class` and the two that follow it.
    ///
    /// # Errors
    /// `NO_MEMORY` if the region is too small.
    pub fn fresh(region: Box<dyn Region>, config: HeapConfig, nil_class: u32) -> Result<Heap, PrimError> {
        let mut heap = Heap::new(region, config);
        for index in 0..3 {
            heap.alloc_raw_old(0, Format::EMPTY, nil_class + index)?;
        }
        let free_lists = heap.alloc_raw_old(FREE_LISTS, Format::WORDS_64, object::CLASS_INDEX_ARRAY_PUN + 3)?;
        heap.bytes_mut(free_lists).fill(0);
        heap.hidden_roots = heap.nils(HIDDEN_ROOTS_SLOTS, object::CLASS_INDEX_ARRAY_PUN)?;
        let first_page = heap.nils(PAGE_SLOTS, object::CLASS_INDEX_ARRAY_PUN)?;
        heap.store(heap.hidden_roots, 0, first_page);
        heap.special_objects = heap.nils(SPECIAL_OBJECTS, object::CLASS_INDEX_ARRAY)?;
        let (false_, true_) = (heap.false_, heap.true_);
        heap.set_special(crate::special::Special::False, false_);
        heap.set_special(crate::special::Special::True, true_);
        Ok(heap)
    }

    /// Old slots that are all nil.
    fn nils(&mut self, slots: u64, class_index: u32) -> Result<Oop, PrimError> {
        let nil = self.nil;
        let oop = self.alloc_raw_old(slots, Format::INDEXABLE, class_index)?;
        self.slots_mut(oop).fill(nil);
        Ok(oop)
    }

    /// Gives a class an index of the class table that no class has yet: its identity hash from now on.
    ///
    /// # Errors
    /// `NO_MEMORY` if there is no room for a page of the class table, `LIMIT_EXCEEDED` for an index that is too high.
    pub fn enter_class_at(&mut self, class: Oop, index: u32) -> Result<(), PrimError> {
        if index > object::MAX_CLASS_INDEX {
            return Err(PrimError::LIMIT_EXCEEDED);
        }
        let number = (index >> 10) as usize;
        let mut page = self.fetch(self.hidden_roots, number);
        if page == self.nil {
            page = self.nils(PAGE_SLOTS, object::CLASS_INDEX_ARRAY_PUN)?;
            self.store(self.hidden_roots, number, page);
        }
        debug_assert!(self.class_at(index) == self.nil, "index {index} has a class");
        self.store(page, (index & 1023) as usize, class);
        let header = self.header(class) & !(object::HASH_MASK << object::HASH_SHIFT);
        self.set_header(class, header | u64::from(index) << object::HASH_SHIFT);
        Ok(())
    }
}
