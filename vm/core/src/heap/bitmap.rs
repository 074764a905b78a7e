//! One bit for each word of the heap, set for the words of live objects, and where each block of 64 words goes.
//!
//! A block is 512 bytes, so its bits are one `u64`, and the new address of an object is its block's offset plus eight times
//! the number of bits set before it: references are updated without a look at the object that they refer to. Source of
//! the idea: Kermany and Petrank, "The Compressor" (2006).

use std::ops::Range;

/// Bytes per block are `1 << BLOCK_SHIFT`.
const BLOCK_SHIFT: u32 = 9;
const _: () = assert!(BLOCK_SHIFT == 9, "a block's bits are one u64");
/// Flag in a block's offset: what starts in it stays.
const STAYS: u64 = 1;

/// The bits and offsets of a heap during a full collection.
pub(super) struct Bitmap {
    base: u64,
    /// Length of the covered range in words.
    words: u64,
    bits: Vec<u64>,
    offsets: Vec<u64>,
}

impl Bitmap {
    /// A clear bitmap for the addresses `base .. end`.
    pub fn new(base: u64, end: u64) -> Bitmap {
        let blocks = ((end - base) >> BLOCK_SHIFT) as usize + 2;
        Bitmap { base, words: (end - base) / 8, bits: vec![0; blocks], offsets: Vec::new() }
    }

    /// The number of the word at an address, `None` if it is outside or has tag bits. The tags rotate to the top, so one
    /// comparison tells both.
    #[inline(always)]
    pub fn word_of(&self, address: u64) -> Option<u64> {
        let word = address.wrapping_sub(self.base).rotate_right(3);
        if word < self.words { Some(word) } else { None }
    }

    /// The address of a word.
    #[inline(always)]
    pub fn address_of(&self, word: u64) -> u64 {
        self.base + 8 * word
    }

    #[inline(always)]
    pub fn is_set(&self, word: u64) -> bool {
        self.bits[(word >> 6) as usize] >> (word & 63) & 1 != 0
    }

    /// Sets one bit; true if it was clear.
    #[inline(always)]
    pub fn set(&mut self, word: u64) -> bool {
        let bits = &mut self.bits[(word >> 6) as usize];
        let bit = 1 << (word & 63);
        let clear = *bits & bit == 0;
        *bits |= bit;
        clear
    }

    /// Sets `len` bits from `word` on.
    #[inline(always)]
    pub fn set_range(&mut self, word: u64, len: u64) {
        let (block, shift) = ((word >> 6) as usize, word & 63);
        if shift + len <= 64 {
            self.bits[block] |= mask(len) << shift;
        } else {
            self.set_long(word, len);
        }
    }

    #[inline(never)]
    fn set_long(&mut self, word: u64, len: u64) {
        let end = word + len;
        let (first, last) = ((word >> 6) as usize, (end >> 6) as usize);
        self.bits[first] |= !0 << (word & 63);
        self.bits[first + 1..last].fill(!0);
        self.bits[last] |= mask(end & 63);
    }

    /// The first set word at or behind `word` and before `limit`.
    #[inline(always)]
    pub fn next_set(&self, word: u64, limit: u64) -> Option<u64> {
        self.next(word, limit, 0)
    }

    /// The first clear word at or behind `word` and before `limit`.
    pub fn next_clear(&self, word: u64, limit: u64) -> Option<u64> {
        self.next(word, limit, !0)
    }

    #[inline(always)]
    fn next(&self, word: u64, limit: u64, flip: u64) -> Option<u64> {
        let mut block = word >> 6;
        let mut bits = (self.bits[block as usize] ^ flip) & (!0 << (word & 63));
        while bits == 0 {
            block += 1;
            if block << 6 >= limit {
                return None;
            }
            bits = self.bits[block as usize] ^ flip;
        }
        let found = (block << 6) + bits.trailing_zeros() as u64;
        if found < limit { Some(found) } else { None }
    }

    /// Number of bits of a block.
    #[inline(always)]
    pub fn count(&self, block: u64) -> u64 {
        self.bits[block as usize].count_ones() as u64
    }

    /// Number of bits set before `word` in its block.
    #[inline(always)]
    pub fn count_before(&self, word: u64) -> u64 {
        (self.bits[(word >> 6) as usize] & mask(word & 63)).count_ones() as u64
    }

    /// Number of bits in a range of words.
    pub fn count_range(&self, range: Range<u64>) -> u64 {
        if range.is_empty() {
            return 0;
        }
        let whole: u64 = (range.start >> 6..range.end >> 6).map(|block| self.count(block)).sum();
        whole + self.count_before(range.end) - self.count_before(range.start)
    }

    /// Starts planning: until more is said, everything stays.
    pub fn start_plan(&mut self) {
        self.offsets = vec![STAYS; self.bits.len()];
    }

    /// Says that the object whose memory starts at `word` goes to address `to`, and so do, behind it, all others that start in its block.
    #[inline(always)]
    pub fn set_destination(&mut self, word: u64, to: u64) {
        self.offsets[(word >> 6) as usize] = to.wrapping_sub(8 * self.count_before(word));
    }

    /// The new address of what is at `address`; of everything that is no address in the range itself.
    #[inline(always)]
    pub fn destination(&self, address: u64) -> u64 {
        match self.word_of(address) {
            Some(word) => {
                let offset = self.offsets[(word >> 6) as usize];
                if offset & STAYS != 0 { address } else { offset.wrapping_add(8 * self.count_before(word)) }
            }
            None => address,
        }
    }
}

/// The lowest `len` bits.
#[inline(always)]
const fn mask(len: u64) -> u64 {
    if len >= 64 { !0 } else { (1 << len) - 1 }
}
