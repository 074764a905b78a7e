//! The heap's memory: the end of the module's own, which grows.

use core::arch::wasm32::{memory_grow, memory_size};
use osvm_core::heap::Region;

/// Bytes of a page of WebAssembly.
const PAGE: u64 = 64 << 10;
/// The heap grows by at least so much.
const STEP: u64 = 4 << 20;
/// So much, and as much as the image, is left to Rust's allocator between what it has and the heap: once it takes memory from behind the
/// heap, the heap cannot grow any more.
const RESERVE: u64 = 48 << 20;

/// The end of the module's memory.
pub struct LinearRegion {
    base: u64,
    len: u64,
    committed: u64,
}

impl LinearRegion {
    /// Reserves `len` bytes, of which `first` can be used at once; `None` if there is no memory for those.
    ///
    /// Only one region can grow at a time: the one that was made last.
    pub fn new(len: u64, first: u64) -> Option<LinearRegion> {
        // What the allocator gets and gives back it keeps for later. Pages that nobody touches cost nothing.
        let mut reserve: Vec<u8> = Vec::new();
        reserve.try_reserve_exact(usize::try_from(RESERVE + first).ok()?).ok()?;
        std::hint::black_box(reserve.as_mut_ptr());
        drop(reserve);
        let base = memory_size(0) as u64 * PAGE;
        let len = len.min((1 << 32) - PAGE - base) / PAGE * PAGE;
        let mut region = LinearRegion { base, len, committed: base };
        region.commit(base + first.min(len)).then_some(region)
    }

    fn grow(&mut self, bytes: u64) -> bool {
        let pages = bytes.div_ceil(PAGE);
        if memory_size(0) as u64 * PAGE != self.committed || memory_grow(0, pages as usize) == usize::MAX {
            return false;
        }
        self.committed += pages * PAGE;
        true
    }
}

// SAFETY: the range from `base` to `committed` was got by `memory.grow`, so that it is zeroed, usable and nobody else's; the memory
// of a module never shrinks or moves, and what lies behind `committed` is only promised.
unsafe impl Region for LinearRegion {
    fn base(&self) -> u64 {
        self.base
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn committed(&self) -> u64 {
        self.committed
    }

    fn commit(&mut self, end: u64) -> bool {
        if end <= self.committed {
            return true;
        }
        let (needed, rest) = (end - self.committed, self.base + self.len - self.committed);
        needed <= rest && (self.grow(needed.max(STEP).min(rest)) || self.grow(needed))
    }

    fn release(&mut self, start: u64, end: u64) {
        assert!(start >= self.base && start <= end && end <= self.base + self.len);
        let end = end.min(self.committed);
        if start < end {
            #[allow(unsafe_code)]
            // SAFETY: the range was just checked to lie in what is this region's.
            unsafe {
                std::ptr::write_bytes(start as usize as *mut u8, 0, (end - start) as usize);
            }
        }
    }
}
