//! Walking the heap from object to object.

use super::Heap;
use crate::object;
use crate::oop::Oop;

/// All objects of a heap, free chunks left out, in the order of their addresses per space.
pub struct Objects<'a> {
    heap: &'a Heap,
    at: u64,
    spaces: [(u64, u64); 3],
    next_space: usize,
}

impl Heap {
    /// Every object, forwarders included.
    pub fn objects(&self) -> Objects<'_> {
        let spaces = [(self.past.start, self.past.free), (self.eden.start, self.eden_free), (self.old_start, self.old_free)];
        Objects { heap: self, at: 0, spaces, next_space: 0 }
    }

    /// The objects that [`Heap::objects`] names after `oop`.
    pub fn objects_after(&self, oop: Oop) -> Objects<'_> {
        let mut objects = self.objects();
        let space = objects.spaces.iter().position(|&(start, end)| oop.0 >= start && oop.0 < end);
        objects.next_space = space.unwrap_or(objects.spaces.len());
        objects.at = if space.is_some() { self.end_of(oop) } else { 0 };
        objects
    }

    /// The first object whose memory starts at or behind `address` and before `limit`, free chunks left out.
    pub(crate) fn object_from(&self, mut address: u64, limit: u64) -> Option<Oop> {
        while address < limit {
            let oop = self.object_at(address);
            if self.class_index(oop) != object::CLASS_INDEX_FREE {
                return Some(oop);
            }
            address = self.end_of(oop);
        }
        None
    }
}

impl Iterator for Objects<'_> {
    type Item = Oop;

    fn next(&mut self) -> Option<Oop> {
        loop {
            let (start, end) = *self.spaces.get(self.next_space)?;
            let from = if self.at == 0 { start } else { self.at };
            match self.heap.object_from(from, end) {
                Some(oop) => {
                    self.at = self.heap.end_of(oop);
                    return Some(oop);
                }
                None => {
                    self.at = 0;
                    self.next_space += 1;
                }
            }
        }
    }
}
