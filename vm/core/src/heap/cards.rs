//! Which parts of large old objects refer to young ones.
//!
//! An object of more than 254 slots is not put in the remembered set as a whole, or each scavenge would read all of it.
//! Old space is divided into cards of 512 bytes, and a store notes its card together with the object.

use super::{Heap, raw};
use crate::object::{self, CLASS_INDEX_CONTEXT};
use crate::oop::Oop;

/// A card is `1 << CARD_SHIFT` bytes.
pub(super) const CARD_SHIFT: u32 = 9;

/// A part of a large object that may refer to young ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct DirtyCard {
    pub oop: Oop,
    /// Number of the card, from the start of old space.
    pub card: u64,
}

/// The dirty cards: a list to go through, and a table that keeps the list free of duplicates.
#[derive(Default)]
pub(crate) struct Cards {
    /// Per card, bit 0: dirty for the object that reaches into it from before; bit 1: for the one that starts in it. A
    /// large object is longer than a card, so there is no third.
    table: Vec<u8>,
    pub(super) dirty: Vec<DirtyCard>,
}

impl Cards {
    fn bit(oop: Oop, card: u64, old_start: u64) -> u8 {
        if oop.0 < old_start + (card << CARD_SHIFT) { 1 } else { 2 }
    }

    /// Notes a card of a large object.
    #[inline]
    pub(super) fn add(&mut self, oop: Oop, card: u64, old_start: u64) {
        let index = card as usize;
        if index >= self.table.len() {
            self.table.resize((index + 1).next_multiple_of(1 << 16), 0);
        }
        let bit = Cards::bit(oop, card, old_start);
        if self.table[index] & bit == 0 {
            self.table[index] |= bit;
            self.dirty.push(DirtyCard { oop, card });
        }
    }

    /// Takes the list, with the table cleared.
    pub(super) fn take(&mut self) -> Vec<DirtyCard> {
        for dirty in &self.dirty {
            self.table[dirty.card as usize] = 0;
        }
        std::mem::take(&mut self.dirty)
    }

    /// True if this card is noted for this object.
    pub(super) fn contains(&self, oop: Oop, card: u64, old_start: u64) -> bool {
        self.table.get(card as usize).is_some_and(|&bits| bits & Cards::bit(oop, card, old_start) != 0)
    }
}

/// True for an object, by its header, whose young referents are noted by card and not by the remembered bit.
#[inline(always)]
pub(super) fn uses_cards(header: u64) -> bool {
    if header >> object::SLOTS_SHIFT != object::OVERFLOW_SLOTS {
        return false;
    }
    match raw::format(header) {
        0..=2 | 4 | 24.. => true,
        3 => raw::class_index(header) != CLASS_INDEX_CONTEXT as u64,
        // Ephemerons and forwarders are looked at as a whole.
        _ => false,
    }
}

/// The slots of an object at `oop` that lie in a card, out of `slots`.
pub(super) fn slots_in_card(oop: Oop, card: u64, old_start: u64, slots: u64) -> (u64, u64) {
    let start = old_start + (card << CARD_SHIFT);
    let body = oop.0 + 8;
    let from = start.saturating_sub(body) / 8;
    let to = (start + (1 << CARD_SHIFT)).saturating_sub(body) / 8;
    (from.min(slots), to.min(slots))
}

impl Heap {
    /// Notes that slot `index` of the old object `oop` refers to a young one.
    #[cold]
    #[inline(never)]
    pub(crate) fn remember_store(&mut self, oop: Oop, index: usize) {
        let header = self.header(oop);
        if uses_cards(header) {
            let card = (oop.0 + 8 + 8 * index as u64 - self.old_start) >> CARD_SHIFT;
            self.cards.add(oop, card, self.old_start);
        } else if header & object::REMEMBERED_BIT == 0 {
            self.set_header(oop, header | object::REMEMBERED_BIT);
            self.remembered.push(oop);
        }
    }

    /// True if the next scavenge looks at the old object `oop` (`primitiveIsRoot`).
    pub fn is_remembered(&self, oop: Oop) -> bool {
        self.is_old(oop)
            && (self.header(oop) & object::REMEMBERED_BIT != 0 || self.cards.dirty.iter().any(|dirty| dirty.oop == oop))
    }

    /// The old objects that the next scavenge looks at (`primitiveRootTable`).
    pub fn remembered_objects(&self) -> Vec<Oop> {
        let mut found: Vec<Oop> = self.remembered.iter().copied().chain(self.cards.dirty.iter().map(|dirty| dirty.oop)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Notes every young object that the old object `oop` refers to, after its body was written as a whole.
    pub(crate) fn remember_body(&mut self, oop: Oop) {
        if !self.is_old(oop) {
            return;
        }
        let header = self.header(oop);
        // SAFETY: an oop that is old is the address of a header (the house rule of `heap`).
        let count = unsafe { raw::pointer_slots(oop.0, header, raw::slots(oop.0, header)) };
        for index in 0..count as usize {
            if self.fetch_word(oop, index).is_some_and(|word| self.is_young(Oop(word))) {
                self.remember_store(oop, index);
                if !uses_cards(header) {
                    return;
                }
            }
        }
    }
}
