//! Full collection: mark, plan where everything goes, update all references, slide.
//!
//! Live objects keep their order. The first part of old space, in which only little is dead, stays where it is, and so do
//! pinned objects and what starts in their blocks; the dead there become free chunks. What is alive in new space is moved to the
//! end of old space, unless memory is so short that it would not fit.

use super::bitmap::{BLOCK_SHIFT, Bitmap};
use super::mark::Marker;
use super::{Heap, Roots, free, raw};
use crate::object::REMEMBERED_BIT;
use crate::oop::Oop;

/// A range of words whose live objects slide to `to`, one behind the other.
struct Segment {
    /// First word of the first object, and the word before which the last one starts.
    from: u64,
    limit: u64,
    to: u64,
    /// Address behind the last object when it has moved.
    end: u64,
}

/// Where everything goes.
struct Plan {
    bits: Bitmap,
    /// Ranges of words whose objects stay (the limit is on where they start).
    fixed: Vec<(u64, u64)>,
    moving: Vec<Segment>,
    /// New space moves to the end of old space.
    tenure: bool,
    /// Where old space will end.
    old_end: u64,
}

impl Heap {
    /// Collects the whole heap and compacts old space.
    pub fn full_collect(&mut self, roots: &mut dyn Roots) {
        // When memory is short, holes are worth the moving.
        let short = self.old_limit - self.old_free < (self.old_limit - self.old_start) / 8;
        let waste = if short { 0 } else { self.policy.waste_256ths as u64 };
        self.collect(roots, waste);
    }

    /// Collects; in the first part of old space up to `waste` 256ths of dead objects may stay. False if new space did not fit in old.
    pub(super) fn collect(&mut self, roots: &mut dyn Roots, waste: u64) -> bool {
        self.gc_request = Default::default();
        self.stats.full_collections += 1;
        self.stats.allocated_bytes += self.eden_free - self.eden.start;
        self.old_high = self.old_high.max(self.old_free);
        let follow = self.has_forwarders;
        let mut marker = Marker::new(self);
        marker.mark_all(roots);
        let (bits, mut pinned, marked) = (marker.bits, marker.pinned, marker.marked);
        self.stats.marked_objects = marked;
        self.has_forwarders = false;
        pinned.sort_unstable();
        let plan = Plan::new(self, bits, waste, &pinned);
        roots.weak(&mut |oop| {
            let oop = if follow { self.follow(oop) } else { oop };
            match plan.bits.word_of(oop.0) {
                Some(word) if !plan.bits.is_set(word) => None,
                _ => Some(Oop(plan.bits.destination(oop.0))),
            }
        });
        roots.strong(&mut |slot| slot.0 = plan.bits.destination(slot.0));
        self.update_own_roots(&plan.bits);
        self.remembered.clear();
        self.cards.take();
        self.free = Default::default();
        let tenured = plan.tenure;
        self.carry_out(plan);
        self.finish_collection(tenured);
        tenured
    }

    fn update_own_roots(&mut self, bits: &Bitmap) {
        self.special_objects.0 = bits.destination(self.special_objects.0);
        self.hidden_roots.0 = bits.destination(self.hidden_roots.0);
        for mourner in &mut self.mourners {
            mourner.0 = bits.destination(mourner.0);
        }
    }

    /// Updates all references and moves what is to move.
    fn carry_out(&mut self, plan: Plan) {
        let old_first = (self.old_start - plan.bits.address_of(0)) / 8;
        let mut moved = 0;
        let (mut fixed, mut moving) = (plan.fixed.iter().peekable(), plan.moving.iter().peekable());
        // Where the memory that was dealt with ends: behind it, up to the next object, everything is free.
        let mut end = self.old_start;
        loop {
            // In the order of their addresses, old space first: sliding down never covers what has yet to move.
            let next_fixed = fixed.peek().map(|range| range.0);
            let next_moving = moving.peek().map(|segment| segment.from);
            let take_fixed = match (next_fixed, next_moving) {
                (Some(a), Some(b)) => order(a, old_first) < order(b, old_first),
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            if take_fixed {
                if let Some(&(from, limit)) = fixed.next() {
                    let young = from < old_first;
                    let start = if young { plan.bits.address_of(from) } else { end };
                    let stop = self.update_fixed(&plan.bits, from, limit, start, young);
                    end = if young { end } else { stop };
                }
            } else if let Some(segment) = moving.next() {
                moved += self.slide_segment(&plan.bits, segment);
                end = segment.end;
            }
        }
        self.old_free = plan.old_end;
        self.stats.moved_bytes = moved;
    }

    /// Updates the references in objects that stay, and makes the memory between them, from `end` on, free chunks. Answers where the
    /// last one ends.
    fn update_fixed(&mut self, bits: &Bitmap, from: u64, limit: u64, mut end: u64, young: bool) -> u64 {
        let mut cursor = bits.next_set(from, limit);
        while let Some(word) = cursor {
            let start = bits.address_of(word);
            // SAFETY: the bit is the first of a live object, which has not moved, and between objects everything is dead.
            unsafe {
                if start > end {
                    if young { drop_chunk(end, start) } else { self.free.add(end, start - end) }
                }
                let oop = raw::oop_at(start);
                let header = clear_remembered(oop);
                let words = raw::extent(oop, header).1;
                update_slots(bits, oop, header);
                if !young {
                    // Only if new space could not be emptied is anything young left.
                    self.remember_body_after_collection(oop);
                }
                end = start + 8 * words;
                cursor = if word + words < limit { bits.next_set(word + words, limit) } else { None };
            }
        }
        if young && end < bits.address_of(limit) {
            // SAFETY: as above: behind the last live object everything is dead.
            unsafe { drop_chunk(end, bits.address_of(limit)) };
        }
        end
    }

    /// Updates the references in the objects of a segment and slides them. Answers the bytes that were moved.
    fn slide_segment(&mut self, bits: &Bitmap, segment: &Segment) -> u64 {
        let mut to = segment.to;
        let mut cursor = bits.next_set(segment.from, segment.limit);
        while let Some(word) = cursor {
            let start = bits.address_of(word);
            // SAFETY: the bit is the first of a live object that has not moved; its destination lies below it, or, for
            // objects of new space, behind old space, and covers only what is dead or has moved.
            unsafe {
                let oop = raw::oop_at(start);
                let header = clear_remembered(oop);
                let words = raw::extent(oop, header).1;
                update_slots(bits, oop, header);
                raw::slide(start, to, words);
                self.remember_body_after_collection(to + (oop - start));
                to += 8 * words;
                cursor = if word + words < segment.limit { bits.next_set(word + words, segment.limit) } else { None };
            }
        }
        debug_assert_eq!(to, segment.end);
        to - segment.to
    }

    /// If new space could not be emptied, notes an old object that refers to it.
    #[inline(always)]
    fn remember_body_after_collection(&mut self, oop: u64) {
        if self.young_stays {
            self.remember_body(Oop(oop));
        }
    }

    fn finish_collection(&mut self, tenured: bool) {
        if tenured {
            for space in [&mut self.past, &mut self.future] {
                space.free = space.start;
            }
            self.eden_free = self.eden.start;
            self.reset_eden_limit();
        }
        self.survivors_overflowed = false;
        self.stats.survivors = 0;
        self.stats.survivor_bytes = self.young_bytes();
        self.stats.live_old_bytes = self.old_bytes() - self.free.bytes();
        self.release_pages();
        self.update_threshold();
        self.check_low_space();
    }

    /// Gives back the pages behind old space that were in use, if they are many.
    fn release_pages(&mut self) {
        let start = self.old_free.next_multiple_of(4096);
        let end = self.old_high.next_multiple_of(4096).min(self.old_limit & !4095);
        if end > start && end - start > self.policy.shrink_bytes {
            self.region.release(start, end);
            self.old_high = start;
            self.stats.shrinks += 1;
        }
    }
}

/// New space is dealt with after old space.
fn order(word: u64, old_first: u64) -> (bool, u64) {
    (word < old_first, word)
}

/// Makes dead young objects a free chunk, so that new space can still be walked.
///
/// # Safety
/// `start .. end` holds whole dead objects and nothing else.
unsafe fn drop_chunk(start: u64, end: u64) {
    // SAFETY: the caller's promise.
    unsafe { free::write_chunk(start, end - start) };
}

/// Clears the remembered bit and answers the header.
///
/// # Safety
/// `oop` is the address of a header.
#[inline(always)]
unsafe fn clear_remembered(oop: u64) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        let header = raw::load(oop);
        if header & REMEMBERED_BIT != 0 {
            raw::store(oop, header & !REMEMBERED_BIT);
        }
        header & !REMEMBERED_BIT
    }
}

/// Replaces every reference of an object by the new place of what it refers to.
///
/// # Safety
/// `oop` is the address of the header `header`.
#[inline(always)]
unsafe fn update_slots(bits: &Bitmap, oop: u64, header: u64) {
    // SAFETY: the caller's promise; only slots that hold oops are touched.
    unsafe {
        let count = raw::pointer_slots(oop, header, raw::slots(oop, header));
        let mut at = oop + 8;
        let end = at + 8 * count;
        while at < end {
            let word = raw::load(at);
            let place = bits.destination(word);
            if place != word {
                raw::store(at, place);
            }
            at += 8;
        }
    }
}

impl Plan {
    /// Decides where everything that is marked goes.
    fn new(heap: &mut Heap, bits: Bitmap, waste: u64, pinned: &[u64]) -> Plan {
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
        self.tenure = live <= heap.old_limit - self.old_end;
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

const _: () = assert!(BLOCK_SHIFT == 9, "a block's bits are one u64");
