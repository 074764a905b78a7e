//! Deciding where a full collection moves everything to.
//!
//! The first part of old space, in which only little is dead, stays where it is, and so do pinned objects and what is in
//! their blocks. What is alive in new space is moved to the end of old space, unless memory is so short that it would not
//! fit. An object belongs to the block of its header, since that is what references are to and what the offsets are for.

use super::bitmap::Bitmap;
use super::{Heap, raw};

/// A range of words whose live objects slide to `to`, one behind the other.
pub(super) struct Segment {
    /// First word of the first object, and the word before which the last one starts.
    pub from: u64,
    pub limit: u64,
    pub to: u64,
    /// Address behind the last object when it has moved.
    pub end: u64,
}

/// Where everything goes.
pub(super) struct Plan {
    pub bits: Bitmap,
    /// Ranges of words whose objects stay (the limit is on where they start).
    pub fixed: Vec<(u64, u64)>,
    pub moving: Vec<Segment>,
    /// New space moves to the end of old space.
    pub tenure: bool,
    /// Where old space will end.
    pub old_end: u64,
}

impl Plan {
    /// Decides where everything that is marked goes.
    pub fn new(heap: &mut Heap, bits: Bitmap, waste: u64, pinned: &[u64]) -> Plan {
        let first = (heap.old_start - bits.address_of(0)) / 8;
        let limit = (heap.old_free - bits.address_of(0)) / 8;
        let mut plan = Plan { bits, fixed: Vec::new(), moving: Vec::new(), tenure: true, old_end: heap.old_start };
        plan.bits.start_plan();
        let dense_end = plan.dense_prefix(first, limit, waste);
        plan.fixed.push((first, dense_end));
        plan.old_end = plan.bits.address_of(dense_end);
        let mut at = dense_end;
        for &oop in pinned {
            at = plan.keep_block(oop, at, limit);
        }
        plan.move_rest(at, limit);
        plan.move_young(heap, first);
        heap.young_stays = !plan.tenure;
        plan
    }

    /// The end of the first part of old space in which so little is dead that it stays: where an object ends.
    fn dense_prefix(&self, first: u64, limit: u64, waste: u64) -> u64 {
        if waste == 0 {
            return self.solid_prefix(first, limit);
        }
        let (mut end, mut live, mut total) = (first, 0, 0);
        let mut word = first;
        while word < limit {
            let next = ((word >> 6) + 1) << 6;
            live += self.bits.count_range(word..next.min(limit));
            total += next.min(limit) - word;
            word = next.min(limit);
            if (total - live) * 256 <= total * waste {
                end = word;
            }
        }
        // The boundary is moved to where nothing reaches over it, and on behind what starts in the same block.
        let mut end = if end < limit { self.bits.next_clear(end, limit).unwrap_or(limit) } else { limit };
        let block_end = end.next_multiple_of(64);
        while let Some(word) = self.bits.next_set(end, limit)
            && self.header_word(word) < block_end
        {
            end = word + self.words_at(word);
        }
        // What is dead at the end belongs to what moves.
        while end > first && !self.bits.is_set(end - 1) {
            end -= 1;
        }
        end
    }

    /// The end of the first part of old space in which nothing is dead; not quite, if more is alive in its last block.
    fn solid_prefix(&self, first: u64, limit: u64) -> u64 {
        let (mut end, mut block, mut block_first) = (first, u64::MAX, first);
        while let Some(word) = self.bits.next_set(end, limit) {
            let header_block = self.header_word(word) >> 6;
            if word != end {
                return if header_block == block { block_first } else { end };
            }
            if header_block != block {
                (block, block_first) = (header_block, word);
            }
            end = word + self.words_at(word);
        }
        end
    }

    /// Plans up to the block of a pinned object, which stays with all objects whose headers are in its block or blocks. Answers the word behind
    /// the last of them.
    fn keep_block(&mut self, oop: u64, at: u64, limit: u64) -> u64 {
        // SAFETY: pinned objects are alive, and nothing has moved yet.
        let (start, words) = unsafe { raw::extent(oop, raw::load(oop)) };
        let (Some(pinned_start), Some(header)) = (self.bits.word_of(start), self.bits.word_of(oop)) else { return at };
        if pinned_start < at {
            // It lies in what stays already.
            return at;
        }
        let block_start = header & !63;
        let block_end = ((pinned_start + words - 1) | 63) + 1;
        let stay = self.move_before(at, block_start, limit);
        let mut end = pinned_start + words;
        while let Some(word) = self.bits.next_set(end, limit)
            && self.header_word(word) < block_end
        {
            end = word + self.words_at(word);
        }
        self.fixed.push((stay, end));
        self.old_end = self.bits.address_of(end);
        end
    }

    /// Number of words of the object whose memory starts at `word`.
    fn words_at(&self, word: u64) -> u64 {
        // SAFETY: callers pass the first set bit behind an object: the start of the next live one.
        unsafe {
            let oop = raw::oop_at(self.bits.address_of(word));
            raw::extent(oop, raw::load(oop)).1
        }
    }

    /// The word with the header of the object whose memory starts at `word`. An object belongs to the block of its header,
    /// since that is what references are to.
    fn header_word(&self, word: u64) -> u64 {
        // SAFETY: as in `words_at`.
        unsafe { word + (raw::oop_at(self.bits.address_of(word)) - self.bits.address_of(word)) / 8 }
    }

    /// Plans the objects from word `at` on whose headers are before `before`. Answers the word where the next live one starts.
    fn move_before(&mut self, at: u64, before: u64, limit: u64) -> u64 {
        let to = self.bits.address_of(at);
        let (mut end, mut cursor) = (to, at);
        let mut block = u64::MAX;
        while let Some(word) = self.bits.next_set(cursor, limit)
            && self.header_word(word) < before
        {
            let header = self.header_word(word);
            if header >> 6 != block {
                block = header >> 6;
                self.bits.set_destination(header, end + 8 * (header - word));
            }
            let words = self.words_at(word);
            end += 8 * words;
            cursor = word + words;
        }
        let stay = self.bits.next_set(cursor, limit).unwrap_or(limit);
        if end > to {
            self.moving.push(Segment { from: at, limit: stay, to, end });
        }
        stay
    }

    /// Plans what is behind the last object that stays: there nothing stands in the way, and counting bits is enough.
    fn move_rest(&mut self, at: u64, limit: u64) {
        let to = self.old_end;
        let end = self.move_range(at, limit, to);
        if end > to {
            self.moving.push(Segment { from: at, limit, to, end });
        }
        self.old_end = end;
    }

    /// Plans the live objects of the words `at .. limit` to go to `to`, one behind the other. Answers where they will end.
    fn move_range(&mut self, at: u64, limit: u64, mut to: u64) -> u64 {
        // The block of `at` is left alone if only headers of what stays are in it.
        let Some(first) = self.bits.next_set(at, limit) else { return to };
        let mut word = self.header_word(first);
        to += 8 * (word - first);
        while word < limit {
            let next = (((word >> 6) + 1) << 6).min(limit);
            self.bits.set_destination(word, to);
            to += 8 * self.bits.count_range(word..next);
            word = next;
        }
        to
    }

    /// Plans what is alive in new space: to the end of old space, if it fits.
    fn move_young(&mut self, heap: &Heap, first: u64) {
        let base = self.bits.address_of(0);
        let ranges = [(heap.past.start, heap.past.free), (heap.eden.start, heap.eden_free)]
            .map(|(start, end)| ((start - base) / 8, (end - base) / 8));
        let live: u64 = ranges.iter().map(|&(from, limit)| 8 * self.bits.count_range(from..limit)).sum();
        debug_assert!(ranges.iter().all(|range| range.1 <= first));
        self.tenure = live <= heap.committed - self.old_end;
        for (from, limit) in ranges {
            if from == limit {
                continue;
            }
            if !self.tenure {
                self.fixed.push((from, limit));
                continue;
            }
            let to = self.old_end;
            let end = self.move_range(from, limit, to);
            if end > to {
                self.moving.push(Segment { from, limit, to, end });
            }
            self.old_end = end;
        }
    }
}
