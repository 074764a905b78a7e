//! Walking the heap from object to object, and checking what is found.

use super::Heap;
use crate::object::{self, Format};
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

    /// The first object whose memory starts at or behind `address` and before `limit`, free chunks left out.
    pub(crate) fn next_object(&self, mut address: u64, limit: u64) -> Option<Oop> {
        while address < limit {
            let oop = self.object_at(address);
            if self.class_index(oop) != object::CLASS_INDEX_FREE {
                return Some(oop);
            }
            address = self.end_of(oop);
        }
        None
    }

    /// Checks every object: size, class index and every reference. Answers what is wrong, at most `limit` findings.
    pub fn check(&self, limit: usize) -> Vec<String> {
        let mut found = Vec::new();
        for oop in self.objects() {
            if found.len() >= limit {
                break;
            }
            self.check_object(oop, &mut found);
        }
        found
    }

    fn check_object(&self, oop: Oop, found: &mut Vec<String>) {
        let index = self.class_index(oop);
        let format = self.format(oop);
        if index > object::CLASS_INDEX_ARRAY_PUN + 3 && self.class_at(index) == self.nil {
            found.push(format!("{oop:?} has class index {index}, which is not in the class table"));
        }
        if matches!(format, Format(6) | Format(8)) {
            found.push(format!("{oop:?} has the reserved format {}", format.0));
        }
        let mut young = false;
        for (i, &value) in self.slots(oop).iter().enumerate() {
            if value.is_pointer() && !self.contains(value) {
                found.push(format!("slot {i} of {oop:?} refers to {value:?}, outside the heap"));
            }
            young |= self.is_young(value);
        }
        if young && self.is_old(oop) && self.header(oop) & object::REMEMBERED_BIT == 0 {
            found.push(format!("{oop:?} is old, refers to a young object and is not remembered"));
        }
    }
}

impl Iterator for Objects<'_> {
    type Item = Oop;

    fn next(&mut self) -> Option<Oop> {
        loop {
            let (start, end) = *self.spaces.get(self.next_space)?;
            let from = if self.at == 0 { start } else { self.at };
            match self.heap.next_object(from, end) {
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
