//! Finding what is alive in the whole heap, with a stack of its own: no depth of structure overflows anything.
//!
//! Marks are kept beside the heap (see `bitmap`), so that marking writes to no object: pages of the image that were
//! mapped from a file stay shared. Classes are kept alive by their instances, as in Spur: the class table itself, from its
//! second page on, keeps nothing alive, and entries of dead classes become nil.

use super::bitmap::Bitmap;
use super::{Heap, Roots, raw};
use crate::object::{self, PINNED_BIT};
use crate::oop::Oop;

/// Slots of the hidden roots that are pages of the class table; what is behind them are arrays of the VM's own.
pub(super) const CLASS_TABLE_PAGES: usize = 4096;

/// Objects whose headers are fetched ahead.
const AHEAD: usize = 16;

/// Slots of a large object are looked at so many bytes at a time.
const PART_BYTES: u64 = 8 << 10;

/// The state of marking.
pub(super) struct Marker<'h> {
    pub heap: &'h mut Heap,
    pub bits: Bitmap,
    /// Objects that are marked and whose slots were not looked at.
    stack: Vec<u64>,
    /// Address ranges of slots that are still to be looked at: the rests of large objects, whose referents would otherwise all
    /// be on the stack at once.
    rests: Vec<(u64, u64)>,
    /// One bit for each class index whose class was marked.
    classes: Vec<u64>,
    /// Weak arrays that are alive.
    pub weak: Vec<u64>,
    /// Ephemerons that are alive and whose key was not when they were met.
    pub ephemerons: Vec<u64>,
    /// Pinned objects that are alive.
    pub pinned: Vec<u64>,
    /// References to forwarders must be followed.
    pub follow: bool,
    pub marked: u64,
}

impl<'h> Marker<'h> {
    pub fn new(heap: &'h mut Heap) -> Marker<'h> {
        let base = heap.past.start.min(heap.future.start);
        Marker {
            bits: Bitmap::new(base, heap.old_free),
            stack: Vec::with_capacity(1 << 12),
            rests: Vec::new(),
            classes: vec![0; (object::MAX_CLASS_INDEX as usize + 1) / 64],
            weak: Vec::new(),
            ephemerons: Vec::new(),
            pinned: Vec::new(),
            follow: heap.has_forwarders,
            marked: 0,
            heap,
        }
    }

    /// Marks everything, treats weak slots and ephemerons, and takes dead classes out of the class table.
    pub fn mark_all(&mut self, roots: &mut dyn Roots) {
        self.mark_own_roots();
        roots.strong(&mut |slot| {
            slot.0 = self.followed(slot.0);
            self.mark(slot.0);
        });
        self.drain();
        self.mark_ephemerons();
        self.finish_weak();
        self.expunge_classes();
    }

    /// Marks what is alive whatever the image does: the objects at the start of old space up to the hidden roots (nil,
    /// false, true, and Spur's array of free lists), special objects and mourners.
    fn mark_own_roots(&mut self) {
        let mut at = self.heap.old_start;
        while at < self.heap.hidden_roots.0 {
            // SAFETY: old space is objects one behind the other, the hidden roots among them.
            unsafe {
                let oop = raw::oop_at(at);
                let (start, words) = raw::extent(oop, raw::load(oop));
                if oop != self.heap.hidden_roots.0 {
                    self.mark(oop);
                }
                at = start + 8 * words;
            }
        }
        self.mark_class_table();
        let special = self.followed(self.heap.special_objects.0);
        self.heap.special_objects = Oop(special);
        self.mark(special);
        let mut mourners = std::mem::take(&mut self.heap.mourners);
        for mourner in &mut mourners {
            mourner.0 = self.followed(mourner.0);
            self.mark(mourner.0);
        }
        self.heap.mourners = mourners;
    }

    /// Marks the pages of the class table, but of the classes only those on the first page, which the VM knows.
    fn mark_class_table(&mut self) {
        let hidden = self.heap.hidden_roots;
        self.mark_memory(hidden.0);
        for index in 0..self.heap.num_slots(hidden) {
            let slot = self.heap.fetch(hidden, index);
            if index == 0 || index >= CLASS_TABLE_PAGES {
                self.mark(slot.0);
            } else if slot != self.heap.nil {
                self.mark_memory(slot.0);
            }
        }
    }

    /// Marks an object without what it refers to.
    fn mark_memory(&mut self, oop: u64) {
        // SAFETY: callers pass the hidden roots and class table pages: live objects.
        let (start, words) = unsafe { raw::extent(oop, raw::load(oop)) };
        if let Some(word) = self.bits.word_of(start) {
            self.bits.set_range(word, words);
            self.marked += 1;
        }
    }

    /// What a forwarder stands for; anything else itself.
    #[inline(always)]
    pub fn followed(&self, word: u64) -> u64 {
        if self.follow && self.is_forwarder(word) { self.heap.follow(Oop(word)).0 } else { word }
    }

    /// True for the address of a forwarder.
    #[inline(always)]
    fn is_forwarder(&self, word: u64) -> bool {
        // SAFETY: a word in the heap's range without tag bits is the address of a header.
        self.bits.word_of(word).is_some() && raw::is_forwarder(unsafe { raw::load(word) })
    }

    /// True for what is marked, and for all immediates.
    #[inline]
    pub fn is_alive(&self, word: u64) -> bool {
        let word = self.followed(word);
        self.bits.word_of(word).is_none_or(|word| self.bits.is_set(word))
    }

    /// Marks an object, and later what it refers to, if it was not marked.
    #[inline(always)]
    fn mark(&mut self, oop: u64) {
        if let Some(word) = self.bits.word_of(oop)
            && self.bits.set(word)
        {
            self.stack.push(oop);
        }
    }

    /// Looks at the slots of all objects that are marked and were not looked at.
    ///
    /// What comes off the stack waits in a short queue while the memory system fetches its header: on a large heap nearly
    /// every header is out of the caches (Cher, Hosking and Vitek, "Software prefetching for mark-sweep garbage collection").
    pub fn drain(&mut self) {
        let mut queue = [0u64; AHEAD];
        let (mut at, mut waiting) = (0, 0);
        loop {
            let next = match self.stack.pop() {
                Some(oop) => {
                    raw::prefetch(oop);
                    waiting += 1;
                    oop
                }
                None if waiting == 0 => match self.rests.pop() {
                    Some((at, end)) => {
                        let part = end.min(at + PART_BYTES);
                        if part < end {
                            self.rests.push((part, end));
                        }
                        // SAFETY: the range is of slots of a live object.
                        unsafe { self.mark_range(at, part) };
                        continue;
                    }
                    None => return,
                },
                None => 0,
            };
            let oop = std::mem::replace(&mut queue[at], next);
            at = (at + 1) % AHEAD;
            if oop != 0 {
                waiting -= 1;
                // SAFETY: only the addresses of live objects are pushed.
                unsafe { self.mark_object(oop) };
            }
        }
    }

    /// Completes the bits of an object and marks its class and what it refers to.
    ///
    /// # Safety
    /// `oop` is the address of a header.
    #[inline(always)]
    unsafe fn mark_object(&mut self, oop: u64) {
        // SAFETY: the caller's promise.
        unsafe {
            let header = raw::load(oop);
            let (start, words) = raw::extent(oop, header);
            if let Some(word) = self.bits.word_of(start) {
                self.bits.set_range(word, words);
            }
            self.marked += 1;
            self.mark_class(raw::class_index(header));
            let format = raw::format(header);
            if header & PINNED_BIT != 0 {
                self.pinned.push(oop);
            }
            if (9..24).contains(&format) {
                return;
            }
            let slots = raw::slots(oop, header);
            let mut count = raw::pointer_slots_cleaned(oop, header, slots, self.heap.nil.0);
            if format == 4 {
                self.weak.push(oop);
                count = self.heap.strong_slots_of_weak(Oop(oop));
            } else if format == 5 && count > 0 && !self.is_alive(raw::load(oop + 8)) {
                self.ephemerons.push(oop);
                return;
            }
            self.mark_slots(oop, count);
        }
    }

    /// Marks what the first `count` slots refer to; of a large object later.
    ///
    /// # Safety
    /// They are slots of the object at `oop` that hold oops.
    #[inline(always)]
    pub unsafe fn mark_slots(&mut self, oop: u64, count: u64) {
        let (at, end) = (oop + 8, oop + 8 + 8 * count);
        if end - at > PART_BYTES {
            self.rests.push((at, end));
        } else {
            // SAFETY: the caller's promise.
            unsafe { self.mark_range(at, end) };
        }
    }

    /// Marks what the slots at the addresses `at .. end` refer to.
    ///
    /// # Safety
    /// They are slots of one object that hold oops.
    #[inline(always)]
    unsafe fn mark_range(&mut self, mut at: u64, end: u64) {
        while at < end {
            // SAFETY: the caller's promise.
            let mut word = unsafe { raw::load(at) };
            if self.follow && self.is_forwarder(word) {
                word = self.heap.follow(Oop(word)).0;
                // SAFETY: as above.
                unsafe { raw::store(at, word) };
            }
            self.mark(word);
            at += 8;
        }
    }

    /// Marks the class of an index that an instance has.
    #[inline(always)]
    fn mark_class(&mut self, index: u64) {
        let (word, bit) = ((index >> 6) as usize, 1 << (index & 63));
        if self.classes[word] & bit == 0 {
            self.classes[word] |= bit;
            let class = self.heap.class_at(index as u32);
            self.mark(self.followed(class.0));
        }
    }

    /// Takes the classes that are dead out of the class table, and follows forwarders in it.
    fn expunge_classes(&mut self) {
        let (hidden, nil) = (self.heap.hidden_roots, self.heap.nil);
        for number in 0..CLASS_TABLE_PAGES.min(self.heap.num_slots(hidden)) {
            let page = self.heap.fetch(hidden, number);
            if page == nil {
                continue;
            }
            for index in 0..self.heap.num_slots(page) {
                let class = self.heap.fetch(page, index);
                if class == nil {
                    continue;
                }
                let followed = self.followed(class.0);
                let entry = if self.is_alive(followed) { followed } else { nil.0 };
                if entry != class.0 {
                    self.heap.store_word(page, index, entry);
                }
            }
        }
    }
}
