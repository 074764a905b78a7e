//! TEMPORARY
#![allow(missing_docs, clippy::all, clippy::undocumented_unsafe_blocks)]
use super::{Heap, Roots};
use crate::error::PrimError;
use crate::oop::Oop;
impl Heap {
    pub fn scavenge(&mut self, _r: &mut dyn Roots) {}
    pub fn full_collect(&mut self, _r: &mut dyn Roots) {}
    pub fn prepare_snapshot(&mut self, _r: &mut dyn Roots) {}
    pub fn become_two_way(&mut self, _a: Oop, _b: Oop, _h: bool) -> Result<(), PrimError> {
        Err(PrimError::Unsupported)
    }
    pub fn become_one_way(&mut self, _a: Oop, _b: Oop, _h: bool) -> Result<(), PrimError> {
        Err(PrimError::Unsupported)
    }
    pub fn bytes_left(&self) -> u64 {
        self.old_limit - self.old_free
    }
    pub fn take_pending_finalization(&mut self) -> bool {
        false
    }
    pub fn take_low_space(&mut self) -> bool {
        false
    }
    pub fn is_remembered(&self, o: Oop) -> bool {
        o.is_pointer() && self.header(o) & crate::object::REMEMBERED_BIT != 0
    }
    pub fn tenure_all_at_next_scavenge(&mut self) {}
}
