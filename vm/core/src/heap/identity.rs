//! Identity hashes, the indices of classes, and requests for collections under `--gc-stress`.

use super::Heap;
use crate::error::PrimError;
use crate::object;
use crate::oop::Oop;

impl Heap {
    /// Counts an allocation under `--gc-stress` and asks for a collection at every Nth, by turns young and full.
    pub(crate) fn count_for_stress(&mut self) {
        self.allocations_until_stress = self.allocations_until_stress.saturating_sub(1);
        if self.allocations_until_stress == 0 {
            self.allocations_until_stress = self.stress;
            self.stress_full = !self.stress_full;
            if self.stress_full { self.request_full() } else { self.request_scavenge() }
        }
    }

    /// The identity hash of an object, given now if it had none. A class's is its index in the class table.
    pub fn identity_hash(&mut self, oop: Oop) -> u32 {
        let header = self.header(oop);
        let hash = (header >> object::HASH_SHIFT) & object::HASH_MASK;
        if hash != 0 {
            return hash as u32;
        }
        let hash = self.next_hash();
        self.set_header(oop, header | ((hash as u64) << object::HASH_SHIFT));
        hash
    }

    /// A hash that is not zero, by the minimal standard generator of Park and Miller.
    fn next_hash(&mut self) -> u32 {
        loop {
            self.last_hash = self.last_hash.wrapping_mul(16807) & 0xFFFF_FFFF;
            let hash = (self.last_hash >> 4) & object::HASH_MASK;
            if hash != 0 {
                return hash as u32;
            }
            self.last_hash += 0x1234_5671;
        }
    }

    /// The index that instances of `class` carry: its identity hash, entered in the class table if it is not there yet.
    pub fn class_table_index(&mut self, class: Oop) -> Result<u32, PrimError> {
        let hash = (self.header(class) >> object::HASH_SHIFT) & object::HASH_MASK;
        if hash != 0 && self.class_at(hash as u32) == class {
            return Ok(hash as u32);
        }
        self.enter_class(class)
    }

    /// Gives a class the first free index of the class table, adding a page where all are full.
    #[cold]
    fn enter_class(&mut self, class: Oop) -> Result<u32, PrimError> {
        let nil = self.nil;
        for page_number in 0..(object::MAX_CLASS_INDEX as usize + 1) >> 10 {
            let mut page = self.fetch(self.hidden_roots, page_number);
            if page == nil {
                let raw = self.alloc_raw_old(1024, object::Format::INDEXABLE, object::CLASS_INDEX_ARRAY_PUN)?;
                self.slots_mut(raw).fill(nil);
                self.store(self.hidden_roots, page_number, raw);
                page = raw;
            }
            // The first page keeps its indices for classes that the VM knows; Spur hands out from the second on.
            if page_number == 0 {
                continue;
            }
            if let Some(free) = self.slots(page).iter().position(|&entry| entry == nil) {
                self.store(page, free, class);
                let index = (page_number << 10 | free) as u64;
                let header = self.header(class) & !(object::HASH_MASK << object::HASH_SHIFT);
                self.set_header(class, header | index << object::HASH_SHIFT);
                return Ok(index as u32);
            }
        }
        Err(PrimError::LIMIT_EXCEEDED)
    }
}
