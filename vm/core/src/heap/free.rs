//! Free chunks inside old space: what a full collection leaves around pinned objects and in the part it does not move.
//!
//! A chunk looks like an object of class index 0 with 64-bit words, so that walking the heap steps over it. Chunks of up to
//! 512 bytes are in one list per size, threaded through their first slot; larger ones are in one list, first fit.

use super::{Heap, raw};
use crate::object::{self, Format, header};

/// Smallest object and so smallest chunk.
const MIN_BYTES: u64 = 16;
/// Chunks of `MIN_BYTES + 8 * i` bytes are in list `i`.
const LISTS: usize = 63;

/// The free chunks of old space.
pub(crate) struct FreeLists {
    /// Address of the first chunk of each size; 0 for none.
    heads: [u64; LISTS],
    /// Bit `i` is set if list `i` is not empty.
    mask: u64,
    /// Start and bytes of larger chunks.
    large: Vec<(u64, u64)>,
    bytes: u64,
}

impl Default for FreeLists {
    fn default() -> Self {
        FreeLists { heads: [0; LISTS], mask: 0, large: Vec::new(), bytes: 0 }
    }
}

fn list_of(bytes: u64) -> usize {
    ((bytes - MIN_BYTES) / 8) as usize
}

impl FreeLists {
    /// Bytes of all chunks.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Size of the largest chunk.
    pub(super) fn largest(&self) -> u64 {
        let small = if self.mask == 0 { 0 } else { MIN_BYTES + 8 * (63 - self.mask.leading_zeros() as u64) };
        self.large.iter().map(|chunk| chunk.1).max().unwrap_or(0).max(small)
    }

    /// Makes the memory at `start`, of at least 16 bytes, a free chunk.
    ///
    /// # Safety
    /// `start .. start + bytes` lies in old space, is aligned to 8, and holds nothing that anyone needs.
    pub(super) unsafe fn add(&mut self, start: u64, bytes: u64) {
        debug_assert!(bytes >= MIN_BYTES && bytes.is_multiple_of(8));
        self.bytes += bytes;
        // SAFETY: the caller's promise; a chunk has room for a header and a slot.
        unsafe {
            let oop = write_chunk(start, bytes);
            match list_of(bytes) {
                list if list < LISTS => {
                    raw::store(oop + 8, self.heads[list]);
                    self.heads[list] = start;
                    self.mask |= 1 << list;
                }
                _ => self.large.push((start, bytes)),
            }
        }
    }

    /// Takes `bytes` out of some chunk; `None` if none is large enough.
    pub(super) fn take(&mut self, bytes: u64) -> Option<u64> {
        if self.bytes < bytes {
            return None;
        }
        let list = list_of(bytes);
        if list < LISTS {
            // The same size, or one whose rest is a chunk.
            let fits = self.mask & ((1 << list) | (!0u64).checked_shl(list as u32 + 2).unwrap_or(0));
            if fits != 0 {
                let found = fits.trailing_zeros() as usize;
                let start = self.heads[found];
                let size = MIN_BYTES + 8 * found as u64;
                // SAFETY: the head of a list is a chunk with a slot; a small chunk has no overflow word.
                self.heads[found] = unsafe { raw::load(start + 8) };
                if self.heads[found] == 0 {
                    self.mask &= !(1 << found);
                }
                return Some(self.split(start, size, bytes));
            }
        }
        let found = self.large.iter().position(|&(_, size)| size == bytes || size >= bytes + MIN_BYTES)?;
        let (start, size) = self.large.swap_remove(found);
        Some(self.split(start, size, bytes))
    }

    /// Keeps the first `bytes` of a chunk that was taken out of its list and gives the rest back.
    fn split(&mut self, start: u64, size: u64, bytes: u64) -> u64 {
        self.bytes -= size;
        if size > bytes {
            // SAFETY: the rest of the chunk is as free as the chunk was.
            unsafe { self.add(start + bytes, size - bytes) };
        }
        start
    }

    /// Start and bytes of every chunk.
    pub(super) fn chunks(&self) -> Vec<(u64, u64)> {
        let mut all = self.large.clone();
        for (list, &head) in self.heads.iter().enumerate() {
            let mut at = head;
            while at != 0 {
                all.push((at, MIN_BYTES + 8 * list as u64));
                // SAFETY: chunks in the lists have a slot.
                at = unsafe { raw::load(at + 8) };
            }
        }
        all
    }
}

/// Writes a header of class index 0 and answers its address.
///
/// # Safety
/// As for [`FreeLists::add`].
pub(super) unsafe fn write_chunk(start: u64, bytes: u64) -> u64 {
    let slots = bytes / 8 - 1;
    // SAFETY: the caller's promise.
    unsafe {
        if slots < object::OVERFLOW_SLOTS {
            raw::store(start, header(slots, Format::WORDS_64, object::CLASS_INDEX_FREE));
            start
        } else {
            raw::store(start, (slots - 1) | (object::OVERFLOW_SLOTS << object::SLOTS_SHIFT));
            raw::store(start + 8, header(object::OVERFLOW_SLOTS, Format::WORDS_64, object::CLASS_INDEX_FREE));
            start + 8
        }
    }
}

impl Heap {
    /// Memory for `bytes` in old space: a free chunk, else the space behind its last object.
    pub(super) fn reserve_old(&mut self, bytes: u64) -> Option<u64> {
        if let Some(at) = self.free.take(bytes) {
            return Some(at);
        }
        if !self.commit(bytes) {
            return None;
        }
        let at = self.old_free;
        self.old_free += bytes;
        if self.old_free > self.full_threshold {
            self.request_full();
        }
        Some(at)
    }
}
