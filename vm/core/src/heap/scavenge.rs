//! Emptying eden: Cheney's copying collection of new space.
//!
//! What is reachable in eden and in the past survivor space is copied to the future survivor space, or to old space if the past
//! survivor space was nearly full and the object is among the oldest in it, or if the future one is full. The roots
//! are those outside the heap, the remembered set and the dirty cards. Source of the policy: `SpurGenerationScavenger` in
//! the OpenSmalltalk VM.

use super::cards::{CARD_SHIFT, slots_in_card, uses_cards};
use super::{Heap, Roots, raw};
use crate::object::{self, REMEMBERED_BIT};
use crate::oop::Oop;

/// The part of a weak array that the scavenge must look at when everything alive is known.
pub(super) struct WeakPart {
    pub oop: u64,
    /// Number of its strong slots.
    pub strong: u64,
    pub from: u64,
    pub to: u64,
}

/// The state of one scavenge. The numbers that the inner loop needs are copies, so that they stay in registers.
pub(super) struct Scavenger<'h> {
    pub heap: &'h mut Heap,
    /// First address of new space, and its length.
    new_start: u64,
    new_len: u64,
    future_start: u64,
    future_free: u64,
    future_end: u64,
    /// Objects of the past survivor space below this address are tenured.
    tenure_below: u64,
    old_free: u64,
    /// How far the copies were scanned, in both spaces.
    future_scan: u64,
    old_scan: u64,
    /// References to forwarders in old space must be followed.
    follow_old: bool,
    pub weak: Vec<WeakPart>,
    pub ephemerons: Vec<u64>,
    tenured: u64,
    survivors: u64,
}

impl Heap {
    /// Empties eden. If old space could not hold all survivors, should it have to, nothing happens but that a full collection is
    /// asked for, and the answer is false.
    pub fn scavenge(&mut self, roots: &mut dyn Roots) -> bool {
        self.gc_request.scavenge = false;
        self.forget_templates();
        if !self.commit(self.young_bytes()) {
            self.request_full();
            return false;
        }
        if self.full_threshold >= self.old_limit {
            // Nobody set it since the image was read.
            self.update_threshold();
        }
        self.stats.scavenges += 1;
        self.stats.allocated_bytes += self.eden_free - self.eden.start;
        let old_before = self.old_free;
        let mut scavenger = Scavenger::new(self);
        scavenger.trace_roots(roots);
        scavenger.trace_ephemerons();
        scavenger.finish_weak();
        scavenger.trace();
        roots.weak(&mut |oop| scavenger.resolve(oop.0).map(Oop));
        scavenger.finish();
        self.stats.tenured_bytes += self.old_free - old_before;
        if self.old_free > self.full_threshold {
            self.request_full();
        }
        self.check_low_space();
        true
    }

    /// Lets the next scavenge move all survivors to old space (`primitiveForceTenure`).
    pub fn tenure_all_at_next_scavenge(&mut self) {
        self.tenure_all = true;
    }
}

impl<'h> Scavenger<'h> {
    fn new(heap: &'h mut Heap) -> Scavenger<'h> {
        let (past, future) = (heap.past, heap.future);
        // As in SpurGenerationScavenger>>computeTenuringThreshold: the oldest objects lie first in the past space.
        let size = past.end - past.start;
        let full = past.free - past.start > size / 256 * heap.policy.tenure_above_256ths as u64;
        let tenure_below = match full {
            _ if heap.tenure_all => heap.old_start,
            true if heap.survivors_overflowed => past.free,
            true => past.start + size / 256 * (256 - heap.policy.tenure_above_256ths.min(256) as u64),
            false => 0,
        };
        // Both survivor spaces and eden are one range that ends where old space starts.
        let new_start = past.start.min(future.start);
        heap.survivors_overflowed = false;
        heap.tenure_all = false;
        Scavenger {
            new_start,
            new_len: heap.old_start - new_start,
            future_start: future.start,
            future_free: future.start,
            future_end: future.end,
            tenure_below,
            old_free: heap.old_free,
            future_scan: future.start,
            old_scan: heap.old_free,
            follow_old: heap.has_forwarders,
            weak: Vec::new(),
            ephemerons: Vec::new(),
            tenured: 0,
            survivors: 0,
            heap,
        }
    }

    /// True for the address of a young object: one comparison also tells that no tag bit is set, since they rotate to the top.
    #[inline(always)]
    fn is_young(&self, word: u64) -> bool {
        word.wrapping_sub(self.new_start).rotate_right(3) < self.new_len >> 3
    }

    #[inline(always)]
    fn is_in_future(&self, word: u64) -> bool {
        word.wrapping_sub(self.future_start) < self.future_end - self.future_start
    }

    /// True for a forwarder in old space.
    #[inline(always)]
    fn is_old_forwarder(&self, word: u64) -> bool {
        // SAFETY: a word in that range without tag bits is the address of a header.
        word & 7 == 0 && word >= self.heap.old_start && word < self.old_free && raw::is_forwarder(unsafe { raw::load(word) })
    }

    fn trace_roots(&mut self, roots: &mut dyn Roots) {
        self.trace_cards();
        self.trace_remembered();
        let mut special = self.heap.special_objects;
        self.visit(&mut special);
        self.heap.special_objects = special;
        let mut mourners = std::mem::take(&mut self.heap.mourners);
        mourners.iter_mut().for_each(|mourner| self.visit(mourner));
        self.heap.mourners = mourners;
        roots.strong(&mut |slot| self.visit(slot));
        self.trace();
    }

    fn visit(&mut self, slot: &mut Oop) {
        if self.is_young(slot.0) {
            slot.0 = self.forward(slot.0);
        } else if self.follow_old && self.is_old_forwarder(slot.0) {
            slot.0 = self.forward_old(slot.0);
        }
    }

    fn trace_remembered(&mut self) {
        let remembered = std::mem::take(&mut self.heap.remembered);
        self.heap.stats.remembered_scanned = (remembered.len() + self.heap.cards.dirty.len()) as u64;
        for oop in remembered {
            let header = self.heap.header(oop);
            self.heap.set_header(oop, header & !REMEMBERED_BIT);
            // SAFETY: the remembered set holds old objects, which do not move in a scavenge.
            unsafe { self.scan(oop.0, header & !REMEMBERED_BIT) };
        }
    }

    fn trace_cards(&mut self) {
        let old_start = self.heap.old_start;
        for dirty in self.heap.cards.take() {
            let header = self.heap.header(dirty.oop);
            if !uses_cards(header) {
                // It became a forwarder, which is in the remembered set if need be.
                continue;
            }
            let oop = dirty.oop.0;
            // SAFETY: a noted object is old and has not moved since; the slots are those of it that hold oops.
            unsafe {
                let count = raw::pointer_slots(oop, header, raw::slots(oop, header));
                let (from, to) = slots_in_card(dirty.oop, dirty.card, old_start, count);
                self.scan_part(oop, header, from, to);
            }
        }
    }

    /// Scans what was copied until nothing new is found.
    pub fn trace(&mut self) {
        loop {
            while self.future_scan < self.future_free {
                // SAFETY: the copies between start and free are whole objects, one behind the other.
                self.future_scan = unsafe { self.scan_next(self.future_scan) };
            }
            if self.old_scan >= self.old_free {
                return;
            }
            while self.old_scan < self.old_free {
                // SAFETY: as above.
                self.old_scan = unsafe { self.scan_next(self.old_scan) };
            }
        }
    }

    /// Scans the object whose memory starts at `address` and answers where it ends.
    ///
    /// # Safety
    /// A copied object's memory starts at `address`.
    #[inline(always)]
    unsafe fn scan_next(&mut self, address: u64) -> u64 {
        // SAFETY: the caller's promise.
        unsafe {
            let oop = raw::oop_at(address);
            let header = raw::load(oop);
            let (start, words) = raw::extent(oop, header);
            self.scan(oop, header);
            start + 8 * words
        }
    }

    /// Copies what an object refers to and updates its slots. An old object that still refers to young ones is remembered.
    ///
    /// # Safety
    /// `oop` is the address of the header `header` of an object that is old or was copied.
    #[inline(always)]
    unsafe fn scan(&mut self, oop: u64, header: u64) {
        let format = raw::format(header);
        if (9..24).contains(&format) {
            return;
        }
        // SAFETY: the caller's promise; all slots up to `count` belong to the object.
        unsafe {
            let slots = raw::slots(oop, header);
            let count = raw::pointer_slots_cleaned(oop, header, slots, self.heap.nil.0);
            if format == 4 || format == 5 || slots >= object::OVERFLOW_SLOTS {
                return self.scan_special(oop, header, count);
            }
            if self.scan_slots(oop, 0, count) && !self.is_young(oop) {
                self.remember(oop);
            }
        }
    }

    /// Scans slots `from .. to` and answers whether any of them refers to a young object now.
    ///
    /// # Safety
    /// Those are slots of the object at `oop`.
    #[inline(always)]
    pub unsafe fn scan_slots(&mut self, oop: u64, from: u64, to: u64) -> bool {
        let mut young = false;
        let mut at = oop + 8 + 8 * from;
        let end = oop + 8 + 8 * to;
        while at < end {
            // SAFETY: the caller's promise.
            let word = unsafe { raw::load(at) };
            if self.is_young(word) {
                let target = self.forward(word);
                // SAFETY: as above.
                unsafe { raw::store(at, target) };
                young |= self.is_young(target);
            } else if self.follow_old && self.is_old_forwarder(word) {
                let target = self.forward_old(word);
                // SAFETY: as above.
                unsafe { raw::store(at, target) };
                young |= self.is_young(target);
            }
            at += 8;
        }
        young
    }

    /// Scans a weak array, an ephemeron or a large object.
    ///
    /// # Safety
    /// As for [`Scavenger::scan`]; the first `count` slots hold oops.
    #[inline(never)]
    unsafe fn scan_special(&mut self, oop: u64, header: u64, count: u64) {
        // SAFETY: the caller's promise.
        unsafe {
            if raw::format(header) == 5 && count > 0 && self.resolve(raw::load(oop + 8)).is_none() {
                self.ephemerons.push(oop);
            } else if !self.is_young(oop) && uses_cards(header) {
                // Card by card, so that only those that refer to young objects are looked at the next time.
                let old_start = self.heap.old_start;
                let mut from = 0;
                while from < count {
                    let card = (oop + 8 + 8 * from - old_start) >> CARD_SHIFT;
                    let to = slots_in_card(Oop(oop), card, old_start, count).1;
                    self.scan_part(oop, header, from, to);
                    from = to;
                }
            } else {
                self.scan_part(oop, header, 0, count);
            }
        }
    }

    /// Scans some slots of an object, all in one card if it is a large old one.
    ///
    /// # Safety
    /// `from .. to` are slots of the object that hold oops.
    unsafe fn scan_part(&mut self, oop: u64, header: u64, from: u64, to: u64) {
        let mut strong_to = to;
        if raw::format(header) == 4 {
            self.publish();
            let strong = self.heap.strong_slots_of_weak(Oop(oop));
            self.weak.push(WeakPart { oop, strong, from, to });
            strong_to = to.min(strong).max(from);
        }
        // SAFETY: the caller's promise.
        unsafe {
            if self.scan_slots(oop, from, strong_to) && !self.is_young(oop) {
                self.remember_part(oop, from);
            }
        }
    }

    /// Tells the heap where its spaces end now, for the functions of it that check addresses in debug builds.
    #[inline(always)]
    pub fn publish(&mut self) {
        self.heap.old_free = self.old_free;
        self.heap.future.free = self.future_free;
    }

    /// Notes that an old object refers to young ones.
    #[inline(never)]
    fn remember(&mut self, oop: u64) {
        self.publish();
        self.heap.remember_store(Oop(oop), 0);
    }

    /// Notes that an old object refers to young ones in the card that has slot `slot`.
    pub fn remember_part(&mut self, oop: u64, slot: u64) {
        self.publish();
        self.heap.remember_store(Oop(oop), slot as usize);
    }

    /// The new place of a young object, which is copied now unless it was before.
    #[inline(always)]
    pub fn forward(&mut self, oop: u64) -> u64 {
        if self.is_in_future(oop) {
            return oop;
        }
        // SAFETY: a reference to new space outside the future space is to an object that was there before the scavenge.
        let header = unsafe { raw::load(oop) };
        if raw::is_forwarder(header) {
            // SAFETY: a forwarder has a slot.
            let target = unsafe { raw::load(oop + 8) };
            // It was copied; or it became another object, young or old.
            if self.is_young(target) {
                if self.is_in_future(target) { target } else { self.forward_chain(target) }
            } else if self.follow_old && self.is_old_forwarder(target) {
                self.forward_old(target)
            } else {
                target
            }
        } else {
            // SAFETY: see above.
            unsafe { self.copy(oop, header) }
        }
    }

    /// The new place of what a forwarder that an image made stands for.
    #[inline(never)]
    fn forward_chain(&mut self, oop: u64) -> u64 {
        let mut at = oop;
        loop {
            if !self.is_young(at) {
                return if self.follow_old && self.is_old_forwarder(at) { self.forward_old(at) } else { at };
            }
            if self.is_in_future(at) {
                return at;
            }
            // SAFETY: as in `forward`.
            unsafe {
                let header = raw::load(at);
                if !raw::is_forwarder(header) {
                    return self.copy(at, header);
                }
                at = raw::load(at + 8);
            }
        }
    }

    /// What a forwarder in old space stands for.
    #[inline(never)]
    fn forward_old(&mut self, oop: u64) -> u64 {
        let mut at = oop;
        while self.is_old_forwarder(at) {
            // SAFETY: a forwarder has a slot.
            at = unsafe { raw::load(at + 8) };
        }
        self.forward_chain(at)
    }

    /// Copies an object out of eden or the past survivor space, leaves a forwarder, and answers the new place.
    ///
    /// # Safety
    /// `oop` is the address of the header `header` of such an object, not copied yet.
    #[inline(always)]
    unsafe fn copy(&mut self, oop: u64, header: u64) -> u64 {
        // SAFETY: the caller's promise. The target is free: the future space up to its end, or old space, which has room for
        // all of new space (checked before the scavenge).
        unsafe {
            let (start, words) = raw::extent(oop, header);
            let bytes = 8 * words;
            let to = if self.future_free + bytes <= self.future_end && oop >= self.tenure_below {
                self.survivors += 1;
                self.future_free += bytes;
                self.future_free - bytes
            } else {
                self.tenured += 1;
                self.heap.survivors_overflowed |= oop >= self.tenure_below;
                self.old_free += bytes;
                self.old_free - bytes
            };
            raw::copy(start, to, words);
            let target = to + (oop - start);
            raw::forward(oop, header, target);
            target
        }
    }

    /// The place of an object if it is known to be alive; of an immediate itself.
    #[inline]
    pub fn resolve(&self, word: u64) -> Option<u64> {
        let mut at = word;
        loop {
            if !self.is_young(at) {
                if self.follow_old && self.is_old_forwarder(at) {
                    // SAFETY: a forwarder has a slot.
                    at = unsafe { raw::load(at + 8) };
                    continue;
                }
                return Some(at);
            }
            if self.is_in_future(at) {
                return Some(at);
            }
            // SAFETY: as in `forward`.
            unsafe {
                if !raw::is_forwarder(raw::load(at)) {
                    return None;
                }
                at = raw::load(at + 8);
            }
        }
    }

    fn finish(self) {
        let heap = self.heap;
        heap.old_free = self.old_free;
        heap.future.free = self.future_free;
        std::mem::swap(&mut heap.past, &mut heap.future);
        heap.future.free = heap.future.start;
        heap.eden_free = heap.eden.start;
        heap.reset_eden_limit();
        heap.stats.tenured_objects += self.tenured;
        heap.stats.survivors = self.survivors;
        heap.stats.survivor_bytes = heap.past.free - heap.past.start;
    }
}
