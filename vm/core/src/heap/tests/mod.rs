//! Tests of the collections.

mod becoming;
mod graph;
mod growth;
mod reach;
mod structure;
mod weak;

use super::{Heap, Roots};
use crate::oop::Oop;

/// Stops the test if the heap is not as it should be.
pub(super) fn assert_sound(heap: &Heap) {
    let found = heap.check(5);
    assert!(found.is_empty(), "{found:#?}");
}

/// Collects everything, or young objects only.
pub(super) fn collect(heap: &mut Heap, full: bool, roots: &mut dyn Roots) {
    assert_sound(heap);
    if full {
        heap.full_collect(roots);
    } else {
        assert!(heap.scavenge(roots));
    }
    assert_sound(heap);
}

/// Repeatable random numbers (xorshift).
pub(super) struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }
}

/// A list of `length` associations, the last first; each has its number as key.
pub(super) fn list(heap: &mut Heap, length: usize) -> Oop {
    let mut head = heap.nil();
    for i in 0..length {
        head = association(heap, Oop::from_small_int(i as i64), head);
    }
    head
}

pub(super) fn association(heap: &mut Heap, key: Oop, value: Oop) -> Oop {
    let oop = heap.alloc_pointers(1034, crate::object::Format::FIXED, 2).unwrap();
    heap.store(oop, 0, key);
    heap.store(oop, 1, value);
    oop
}

pub(super) fn list_length(heap: &Heap, mut head: Oop) -> usize {
    let mut length = 0;
    while head != heap.nil() {
        head = heap.fetch(head, 1);
        length += 1;
    }
    length
}
