//! Copying parts of objects into others.

use super::Heap;
use crate::error::PrimError;
use crate::oop::Oop;

impl Heap {
    /// Copies `count` slots from `from` to `to`, one after the other from the first on: where the two ranges overlap in one object,
    /// the outcome is that of a loop upwards. False, and nothing done, if a range is not one of oops inside its object.
    pub fn copy_slots(&mut self, from: Oop, from_start: usize, to: Oop, to_start: usize, count: usize) -> bool {
        let fits = |oop: Oop, start: usize| start.checked_add(count).is_some_and(|end| end <= self.pointer_slots(oop));
        if !fits(from, from_start) || !fits(to, to_start) {
            return false;
        }
        // SAFETY: both ranges were just checked against their objects' sizes.
        unsafe {
            let source = from.ptr().add(1 + from_start);
            let target = to.ptr().add(1 + to_start);
            if from == to && to_start > from_start && to_start < from_start + count {
                for i in 0..count {
                    *target.add(i) = *source.add(i);
                }
            } else {
                std::ptr::copy(source, target, count);
            }
        }
        self.barrier_for_range(to, to_start, count);
        true
    }

    /// Copies `count` bytes of the data of `from` into that of `to`, one after the other from the first on, as
    /// [`Heap::copy_slots`] does. False, and nothing done, if a range is not one of bits inside its object.
    pub fn copy_bytes(&mut self, from: Oop, from_start: usize, to: Oop, to_start: usize, count: usize) -> bool {
        let fits = |oop: Oop, start: usize| {
            self.format(oop).is_bits() && start.checked_add(count).is_some_and(|end| end <= self.byte_size(oop))
        };
        if !fits(from, from_start) || !fits(to, to_start) {
            return false;
        }
        // SAFETY: both ranges were just checked against their objects' sizes.
        unsafe {
            let source = from.ptr().add(1).cast::<u8>().add(from_start);
            let target = to.ptr().add(1).cast::<u8>().add(to_start);
            if from == to && to_start > from_start && to_start < from_start + count {
                for i in 0..count {
                    *target.add(i) = *source.add(i);
                }
            } else {
                std::ptr::copy(source, target, count);
            }
        }
        true
    }

    /// The object itself if it is old, else an old copy of it: for one that was just made and that nothing refers to.
    ///
    /// # Errors
    /// `NO_MEMORY`.
    pub fn old_instead(&mut self, new: Oop) -> Result<Oop, PrimError> {
        if !self.is_young(new) {
            return Ok(new);
        }
        let slots = self.num_slots(new);
        let old = self.alloc_raw_old(slots as u64, self.format(new), self.class_index(new))?;
        // SAFETY: both objects have this many slots, and room for one if they have none.
        unsafe { std::ptr::copy_nonoverlapping(new.ptr().add(1), old.ptr().add(1), slots.max(1)) };
        self.barrier_for_range(old, 0, self.pointer_slots(old));
        Ok(old)
    }

    /// The write barrier for slots that were stored together.
    fn barrier_for_range(&mut self, oop: Oop, start: usize, count: usize) {
        if self.is_young(oop) {
            return;
        }
        for index in start..start + count {
            if self.is_young(self.fetch(oop, index)) {
                self.remember_store(oop, index);
            }
        }
    }
}
