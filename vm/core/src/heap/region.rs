//! Where a heap's memory comes from.

use std::alloc::{Layout, alloc_zeroed, dealloc};

/// Reserved addresses whose pages appear, zeroed, when they are first touched.
///
/// # Safety
/// `base .. base + len` must be aligned to 4096 bytes and owned by this value alone, unmoved, until it is dropped, and readable and
/// writable up to [`Region::committed`], which never goes back.
pub unsafe trait Region: Send {
    /// First address.
    fn base(&self) -> u64;
    /// Length in bytes.
    fn len(&self) -> u64;
    /// True for a region of no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The address up to which the region can be used now; what lies behind it is only reserved.
    fn committed(&self) -> u64 {
        self.base() + self.len()
    }
    /// Makes the region usable up to `end` at least, an address of it. False if the memory is not there.
    fn commit(&mut self, end: u64) -> bool {
        end <= self.committed()
    }
    /// Says that `start .. end` (addresses, multiples of 4096) is no longer needed and must read as zero from now on.
    fn release(&mut self, start: u64, end: u64);
}

/// A region from the global allocator: for tests.
pub struct AllocRegion {
    base: *mut u8,
    layout: Layout,
}

// SAFETY: the memory is owned by this value alone; nothing in it is tied to a thread.
unsafe impl Send for AllocRegion {}

impl AllocRegion {
    /// Allocates `len` bytes, rounded up to pages; `None` if the allocator has no such block.
    pub fn new(len: usize) -> Option<AllocRegion> {
        let layout = Layout::from_size_align(len.checked_next_multiple_of(4096)?.max(4096), 4096).ok()?;
        // SAFETY: the layout is not of size zero.
        let base = unsafe { alloc_zeroed(layout) };
        if base.is_null() { None } else { Some(AllocRegion { base, layout }) }
    }
}

impl Drop for AllocRegion {
    fn drop(&mut self) {
        // SAFETY: base came from the allocator with this layout and is freed once.
        unsafe { dealloc(self.base, self.layout) }
    }
}

// SAFETY: the block is zeroed, aligned by its layout, and owned until drop.
unsafe impl Region for AllocRegion {
    fn base(&self) -> u64 {
        self.base as usize as u64
    }

    fn len(&self) -> u64 {
        self.layout.size() as u64
    }

    fn release(&mut self, start: u64, end: u64) {
        assert!(start >= self.base() && start <= end && end <= self.base() + self.len());
        // SAFETY: the range was just checked to lie inside the block.
        unsafe { std::ptr::write_bytes(start as usize as *mut u8, 0, (end - start) as usize) }
    }
}
