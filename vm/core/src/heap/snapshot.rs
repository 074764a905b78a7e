//! Bringing the heap into the state in which it is written to an image file.

use super::{Heap, Roots, mark};
use crate::error::PrimError;
use crate::object::PINNED_BIT;

impl Heap {
    /// Collects everything and leaves all objects in old space, one behind the other from `old_start` to `old_free`, without
    /// forwarders, free chunks, pinned, remembered or marked objects. The objects move; the program goes on after it.
    ///
    /// # Errors
    /// `NO_MEMORY` if what is alive in new space does not fit in old space; the heap is sound, and pins are gone.
    pub fn prepare_snapshot(&mut self, roots: &mut dyn Roots) -> Result<(), PrimError> {
        self.unpin_all();
        self.forget_vm_arrays();
        if !self.collect(roots, 0) {
            return Err(PrimError::NO_MEMORY);
        }
        debug_assert!(self.remembered_len() == 0 && self.free_chunk_bytes() == 0 && !self.has_forwarders);
        Ok(())
    }

    fn unpin_all(&mut self) {
        let pinned: Vec<_> = self.objects().filter(|&oop| self.header(oop) & PINNED_BIT != 0).collect();
        for oop in pinned {
            self.unpin(oop);
        }
    }

    /// Empties what the reference VMs keep in the image for their collectors: the stacks behind the class table's pages in
    /// the hidden roots, and the array of free lists in front of them. They hold addresses that mean nothing now, and those VMs
    /// make new ones where they find nil.
    fn forget_vm_arrays(&mut self) {
        for index in mark::CLASS_TABLE_PAGES..self.num_slots(self.hidden_roots) {
            self.store(self.hidden_roots, index, self.nil);
        }
        let free_lists = self.object_at(self.end_of(self.true_));
        if free_lists != self.hidden_roots && self.format(free_lists).is_bits() {
            self.bytes_mut(free_lists).fill(0);
        }
    }
}
