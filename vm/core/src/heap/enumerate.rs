//! All instances of a class, all objects, one after the other.
//!
//! What is dead and was not collected yet is found too: nothing of it is freed, so it is a whole object still.

use super::Heap;
use crate::error::PrimError;
use crate::object;
use crate::oop::Oop;

impl Heap {
    /// An Array of all instances of `class` (primitive 177).
    ///
    /// # Errors
    /// `NO_MEMORY`.
    pub fn all_instances(&mut self, class: Oop) -> Result<Oop, PrimError> {
        let indices = self.indices_of(class);
        let found: Vec<Oop> = match indices.is_empty() {
            true => Vec::new(),
            false => self.ordinary_objects().filter(|&oop| indices.contains(&self.class_index(oop))).collect(),
        };
        self.array(&found)
    }

    /// An Array of all objects (primitive 178), without the VM's own.
    ///
    /// # Errors
    /// `NO_MEMORY`.
    pub fn all_objects(&mut self) -> Result<Oop, PrimError> {
        let found: Vec<Oop> = self.ordinary_objects().collect();
        self.array(&found)
    }

    /// The first instance of `class` (primitive 77); `None` if there is none.
    pub fn some_instance(&self, class: Oop) -> Option<Oop> {
        let indices = self.indices_of(class);
        self.ordinary_objects().find(|&oop| indices.contains(&self.class_index(oop)))
    }

    /// The instance of the class of `oop` that follows it (primitive 78); `None` behind the last.
    pub fn next_instance(&self, oop: Oop) -> Option<Oop> {
        if oop.is_immediate() {
            return None;
        }
        let indices = self.indices_of(self.class_of(oop));
        self.ordinary_objects_after(oop).find(|&other| indices.contains(&self.class_index(other)))
    }

    /// The first object (primitive 138).
    pub fn some_object(&self) -> Oop {
        self.ordinary_objects().next().unwrap_or(self.nil)
    }

    /// The object that follows `oop` (primitive 139); `None` behind the last.
    pub fn next_object(&self, oop: Oop) -> Option<Oop> {
        if oop.is_immediate() { None } else { self.ordinary_objects_after(oop).next() }
    }

    /// Bytes that an object takes in memory, headers included (`sizeInMemory`); 0 for an immediate.
    pub fn size_in_memory(&self, oop: Oop) -> u64 {
        if oop.is_immediate() {
            return 0;
        }
        let overflow = self.header(oop) >> object::SLOTS_SHIFT == object::OVERFLOW_SLOTS;
        self.end_of(oop) - oop.0 + if overflow { 8 } else { 0 }
    }

    /// True for an object that the image may see: no forwarder and none of the VM's own.
    fn is_ordinary(&self, oop: Oop) -> bool {
        self.class_index(oop) > object::LAST_CLASS_INDEX_PUN
    }

    fn ordinary_objects(&self) -> impl Iterator<Item = Oop> + '_ {
        self.objects().filter(|&oop| self.is_ordinary(oop))
    }

    fn ordinary_objects_after(&self, oop: Oop) -> impl Iterator<Item = Oop> + '_ {
        self.objects_after(oop).filter(|&oop| self.is_ordinary(oop))
    }

    /// The indices at which a class is in the class table: usually one, more after a become of classes.
    fn indices_of(&self, class: Oop) -> Vec<u32> {
        let mut indices = Vec::new();
        if class.is_immediate() {
            return indices;
        }
        for page_number in 0..super::mark::CLASS_TABLE_PAGES.min(self.num_slots(self.hidden_roots)) {
            let page = self.fetch(self.hidden_roots, page_number);
            if page == self.nil {
                continue;
            }
            for (index, &entry) in self.slots(page).iter().enumerate() {
                if entry == class {
                    indices.push((page_number << 10 | index) as u32);
                }
            }
        }
        indices
    }
}
