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

    /// A new object of the same class, format and contents, without the flags and the identity hash.
    pub fn shallow_copy(&mut self, oop: Oop) -> Result<Oop, PrimError> {
        let format = self.format(oop);
        if !format.is_pointers() && !format.is_bits() && !format.is_compiled_method() {
            return Err(PrimError::BadReceiver);
        }
        let slots = self.num_slots(oop);
        let copy = self.alloc_raw(slots as u64, format, self.class_index(oop))?;
        // SAFETY: both objects have this many slots, and room for one if they have none.
        unsafe { std::ptr::copy_nonoverlapping(oop.ptr().add(1), copy.ptr().add(1), slots.max(1)) };
        self.barrier_for_range(copy, 0, self.pointer_slots(copy));
        Ok(copy)
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
