//! Checking that the heap is what everybody relies on: for tests and `--gc-stress`.

use super::bitmap::Bitmap;
use super::cards::{CARD_SHIFT, uses_cards};
use super::{Heap, raw};
use crate::object::{self, Format, GREY_BIT, MARK_BIT, PINNED_BIT, REMEMBERED_BIT};
use crate::oop::Oop;

/// The check at work.
struct Check<'h> {
    heap: &'h Heap,
    /// The bits of all headers.
    starts: Bitmap,
    found: Vec<String>,
    limit: usize,
    remembered: usize,
}

impl Heap {
    /// Checks everything: that the spaces are objects one behind the other, every object's header, class index and references,
    /// the remembered set, the cards and the free lists. Answers what is wrong, at most `limit` findings.
    pub fn check(&self, limit: usize) -> Vec<String> {
        let base = self.region.base();
        let starts = Bitmap::new(base, self.old_free.max(self.old_start));
        let mut check = Check { heap: self, starts, found: Vec::new(), limit, remembered: 0 };
        check.check_layout();
        if check.found.is_empty() {
            check.check_objects();
            check.check_sets();
        }
        check.found.truncate(limit);
        check.found
    }
}

impl Check<'_> {
    fn say(&mut self, text: String) {
        self.found.push(text);
    }

    /// Walks each space, which must end at its free pointer, and notes where objects are.
    fn check_layout(&mut self) {
        let heap = self.heap;
        let spaces = [
            ("the survivor space", heap.past.start, heap.past.free),
            ("eden", heap.eden.start, heap.eden_free),
            ("old space", heap.old_start, heap.old_free),
        ];
        for (name, start, end) in spaces {
            let mut at = start;
            while at < end {
                let oop = heap.object_at(at);
                let next = heap.end_of(oop);
                if next > end || next <= at {
                    self.say(format!("{oop:?} in {name} ends at {next:#x}, but the space at {end:#x}"));
                    return;
                }
                if let Some(word) = self.starts.word_of(oop.0)
                    && heap.class_index(oop) != object::CLASS_INDEX_FREE
                {
                    self.starts.set(word);
                }
                at = next;
            }
        }
        if heap.future.free != heap.future.start {
            self.say("the future survivor space is not empty".into());
        }
    }

    fn is_object(&self, oop: Oop) -> bool {
        self.starts.word_of(oop.0).is_some_and(|word| self.starts.is_set(word))
    }

    fn check_objects(&mut self) {
        let heap = self.heap;
        for (name, oop) in [
            ("nil", heap.nil),
            ("false", heap.false_),
            ("true", heap.true_),
            ("the hidden roots", heap.hidden_roots),
            ("the special objects array", heap.special_objects),
        ] {
            if !self.is_object(oop) {
                self.say(format!("{name} is {oop:?}, which is no object"));
                return;
            }
        }
        for oop in heap.objects() {
            if self.found.len() >= self.limit {
                return;
            }
            self.check_object(oop);
        }
    }

    fn check_object(&mut self, oop: Oop) {
        let heap = self.heap;
        let header = heap.header(oop);
        let (index, format) = (heap.class_index(oop), heap.format(oop));
        if index > object::CLASS_INDEX_ARRAY_PUN + 3 && heap.class_at(index) == heap.nil {
            self.say(format!("{oop:?} has class index {index}, which is not in the class table"));
        }
        if matches!(format, Format(6) | Format(8)) {
            self.say(format!("{oop:?} has the reserved format {}", format.0));
        }
        if (index == object::CLASS_INDEX_FORWARDER) != (format == Format::FORWARDED) {
            self.say(format!("{oop:?} has class index {index} and format {}: is it a forwarder?", format.0));
        }
        if header & (MARK_BIT | GREY_BIT) != 0 {
            self.say(format!("{oop:?} is marked, and no collection runs"));
        }
        let old = heap.is_old(oop);
        if !old && header & (PINNED_BIT | REMEMBERED_BIT) != 0 {
            self.say(format!("{oop:?} is young, and pinned or remembered"));
        }
        self.remembered += (header & REMEMBERED_BIT != 0) as usize;
        // SAFETY: the walk found a whole object here.
        let count = unsafe { raw::pointer_slots(oop.0, header, raw::slots(oop.0, header)) };
        for slot in 0..count as usize {
            let Some(value) = heap.fetch_word(oop, slot).map(Oop) else { break };
            if value.is_immediate() {
                continue;
            }
            if !self.is_object(value) {
                self.say(format!("slot {slot} of {oop:?} (class index {index}) refers to {value:?}, which is no object"));
                return;
            }
            if !heap.has_forwarders && format != Format::FORWARDED && heap.is_forwarded(value) {
                // Only what is dead may do so, and before the first full collection the image's dead are here.
                if heap.stats.full_collections > 0 {
                    self.say(format!("slot {slot} of {oop:?} refers to the forwarder {value:?}, and there should be none"));
                }
            }
            if old && heap.is_young(value) && !self.is_noted(oop, header, slot as u64) {
                self.say(format!("slot {slot} of {oop:?} is old, refers to a young object and is not remembered"));
                return;
            }
        }
    }

    /// True if the next scavenge looks at a slot of an old object.
    fn is_noted(&self, oop: Oop, header: u64, slot: u64) -> bool {
        if uses_cards(header) {
            let card = (oop.0 + 8 + 8 * slot - self.heap.old_start) >> CARD_SHIFT;
            self.heap.cards.contains(oop, card, self.heap.old_start)
        } else {
            header & REMEMBERED_BIT != 0
        }
    }

    fn check_sets(&mut self) {
        let heap = self.heap;
        let mut remembered = heap.remembered.clone();
        remembered.sort_unstable();
        remembered.dedup();
        if remembered.len() != heap.remembered.len() || remembered.len() != self.remembered {
            let (set, bits) = (heap.remembered.len(), self.remembered);
            self.say(format!("{set} objects in the remembered set, {} different, {bits} with the bit", remembered.len()));
        }
        for oop in remembered {
            if !self.is_object(oop) || !heap.is_old(oop) || heap.header(oop) & REMEMBERED_BIT == 0 {
                self.say(format!("{oop:?} is in the remembered set, and is no old object with the bit"));
            }
        }
        for dirty in &heap.cards.dirty {
            if !self.is_object(dirty.oop) || !heap.is_old(dirty.oop) {
                self.say(format!("a dirty card belongs to {:?}, which is no old object", dirty.oop));
            }
        }
        for &mourner in &heap.mourners {
            if !self.is_object(mourner) {
                self.say(format!("{mourner:?} is to be mourned and is no object"));
            }
        }
        let mut bytes = 0;
        for (start, size) in heap.free.chunks() {
            bytes += size;
            let oop = heap.object_at(start);
            if heap.class_index(oop) != object::CLASS_INDEX_FREE || heap.end_of(oop) != start + size {
                self.say(format!("the free chunk of {size} bytes at {start:#x} is {oop:?}"));
            }
        }
        if bytes != heap.free.bytes() {
            self.say(format!("the free chunks have {bytes} bytes and should have {}", heap.free.bytes()));
        }
    }
}
