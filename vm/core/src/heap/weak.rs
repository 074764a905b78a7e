//! Weak arrays, ephemerons and finalisation.
//!
//! A weak slot whose object died becomes nil. An ephemeron whose key is reached only through ephemerons becomes an ordinary
//! object. Both kinds are then queued as mourners for the image (primitive 172), and `pending_finalization` tells
//! the interpreter to signal TheFinalizationSemaphore. Source: `SpurGenerationScavenger>>processWeaklings` and
//! `SpurMemoryManager>>markWeaklingsAndMarkAndFireEphemerons` in the OpenSmalltalk VM.

use super::mark::Marker;
use super::scavenge::{Scavenger, WeakPart};
use super::{Heap, raw};
use crate::object::{self, Format};
use crate::oop::Oop;

impl Heap {
    /// The next object to mourn: an ephemeron that fired or a weak array that lost something; `None` if there is none.
    pub fn fetch_mourner(&mut self) -> Option<Oop> {
        self.mourners.pop_front().map(|mourner| self.follow(mourner))
    }

    /// Number of strong slots of a weak array: the named fields of its class. It works while a collection runs.
    pub(super) fn strong_slots_of_weak(&self, oop: Oop) -> u64 {
        let class = self.follow(self.class_at(self.class_index(oop)));
        let spec = match self.fetch_word(class, 2) {
            Some(word) => Oop(word),
            None => return 0,
        };
        (spec.as_small_int().unwrap_or(0) & 0xFFFF).min(self.num_slots(oop) as i64) as u64
    }

    /// Queues a weak array or an ephemeron and notes that the image is to be told.
    fn mourn(&mut self, oop: u64, weak: bool) {
        self.pending_finalization += 1;
        self.poll_countdown = 0;
        // A large weak array is looked at in several parts.
        if (self.new_finalization || !weak) && self.mourners.back() != Some(&Oop(oop)) {
            self.mourners.push_back(Oop(oop));
        }
    }

    /// Makes an ephemeron an ordinary object, as Spur does when it fires.
    fn fire_ephemeron(&mut self, oop: u64) {
        let header = self.header(Oop(oop)) & !(31 << object::FORMAT_SHIFT);
        self.set_header(Oop(oop), header | (Format::FIXED.0 as u64) << object::FORMAT_SHIFT);
        self.mourn(oop, false);
    }
}

impl Scavenger<'_> {
    /// Scans ephemerons whose key turned out to be alive; fires those whose key is alive through ephemerons only.
    pub fn trace_ephemerons(&mut self) {
        while !self.ephemerons.is_empty() {
            self.publish();
            let waiting = std::mem::take(&mut self.ephemerons);
            // SAFETY: what was put in the list is an old or copied ephemeron of at least one slot.
            let (alive, dead): (Vec<u64>, Vec<u64>) =
                waiting.into_iter().partition(|&oop| unsafe { self.resolve(raw::load(oop + 8)) }.is_some());
            let fire = alive.is_empty();
            let (scan, wait) = if fire { (dead, Vec::new()) } else { (alive, dead) };
            self.ephemerons = wait;
            for oop in scan {
                if fire {
                    self.heap.fire_ephemeron(oop);
                }
                self.scan_ephemeron(oop);
            }
            self.trace();
        }
    }

    fn scan_ephemeron(&mut self, oop: u64) {
        self.publish();
        let slots = self.heap.num_slots(Oop(oop)) as u64;
        // SAFETY: it has that many slots, and all of them hold oops.
        if unsafe { self.scan_slots(oop, 0, slots) } {
            self.publish();
            self.heap.remember_body(Oop(oop));
        }
    }

    /// Updates the weak slots: the new place, or nil.
    pub fn finish_weak(&mut self) {
        self.publish();
        for part in std::mem::take(&mut self.weak) {
            self.finish_weak_part(&part);
        }
    }

    fn finish_weak_part(&mut self, part: &WeakPart) {
        let nil = self.heap.nil.0;
        let (mut young, mut lost) = (None, false);
        for index in part.from..part.to {
            let at = part.oop + 8 + 8 * index;
            // SAFETY: the part is of slots of a weak array that is old or was copied.
            let word = unsafe { raw::load(at) };
            let place = if index < part.strong { Some(word) } else { self.resolve(word) };
            lost |= place.is_none();
            let place = place.unwrap_or(nil);
            if place != word {
                // SAFETY: as above.
                unsafe { raw::store(at, place) };
            }
            if self.heap.is_young(Oop(place)) {
                young = Some(index);
            }
        }
        if let Some(index) = young
            && self.heap.is_old(Oop(part.oop))
        {
            self.remember_part(part.oop, index);
        }
        if lost {
            self.heap.mourn(part.oop, true);
        }
    }
}

impl Marker<'_> {
    /// Marks through ephemerons whose key is alive, and fires the others.
    pub fn mark_ephemerons(&mut self) {
        while !self.ephemerons.is_empty() {
            let waiting = std::mem::take(&mut self.ephemerons);
            // SAFETY: what was put in the list is a marked ephemeron of at least one slot.
            let (alive, dead): (Vec<u64>, Vec<u64>) =
                waiting.into_iter().partition(|&oop| unsafe { self.is_alive(raw::load(oop + 8)) });
            let fire = alive.is_empty();
            let (scan, wait) = if fire { (dead, Vec::new()) } else { (alive, dead) };
            self.ephemerons = wait;
            for oop in scan {
                if fire {
                    self.heap.fire_ephemeron(oop);
                }
                // SAFETY: as above; the list holds each ephemeron once.
                unsafe { self.mark_slots(oop, raw::slots(oop, raw::load(oop))) };
                self.drain();
            }
        }
    }

    /// Makes the weak slots of dead objects nil. Marking must be complete.
    pub fn finish_weak(&mut self) {
        let nil = self.heap.nil.0;
        for oop in std::mem::take(&mut self.weak) {
            let strong = self.heap.strong_slots_of_weak(Oop(oop));
            let mut lost = false;
            for index in strong..self.heap.num_slots(Oop(oop)) as u64 {
                let at = oop + 8 + 8 * index;
                // SAFETY: the index is one of the object's slots.
                unsafe {
                    let mut word = raw::load(at);
                    let followed = self.followed(word);
                    if followed != word {
                        word = followed;
                        raw::store(at, word);
                    }
                    if !self.is_alive(word) {
                        raw::store(at, nil);
                        lost = true;
                    }
                }
            }
            if lost {
                self.heap.mourn(oop, true);
            }
        }
    }
}
