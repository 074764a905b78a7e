//! Full collection: mark, plan where everything goes, update all references, slide.
//!
//! Live objects keep their order. What stays and what moves is decided in `plan`; dead objects among what stays become
//! free chunks.

use super::bitmap::Bitmap;
use super::mark::Marker;
use super::plan::{Plan, Segment};
use super::{Heap, Roots, free, raw};
use crate::object::REMEMBERED_BIT;
use crate::oop::Oop;

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
        self.forget_templates();
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
        // Where that is not possible the plan leaves new space as it is.
        self.commit(self.young_bytes());
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
