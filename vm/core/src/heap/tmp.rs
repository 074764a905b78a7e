//! TEMPORARY
#![allow(missing_docs, clippy::all)]
use super::{Heap, Roots};
use crate::error::PrimError;
use crate::oop::Oop;
impl Heap {
    pub fn prepare_snapshot(&mut self, r: &mut dyn Roots) {
        self.full_collect(r)
    }
    pub fn become_two_way(&mut self, _a: Oop, _b: Oop, _h: bool) -> Result<(), PrimError> {
        Err(PrimError::Unsupported)
    }
    pub fn become_one_way(&mut self, _a: Oop, _b: Oop, _h: bool) -> Result<(), PrimError> {
        Err(PrimError::Unsupported)
    }
    pub fn is_remembered(&self, o: Oop) -> bool {
        o.is_pointer() && self.header(o) & crate::object::REMEMBERED_BIT != 0
    }
    pub fn tenure_all_at_next_scavenge(&mut self) {}
}
