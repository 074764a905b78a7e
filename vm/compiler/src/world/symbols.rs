//! The symbols of an image by their texts, which stay where they are: in the image.

use crate::text::characters;
use hashbrown::HashTable;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;

/// The symbols that were found in a heap.
#[derive(Default)]
pub(super) struct Symbols(HashTable<Oop>);

impl Symbols {
    /// These symbols; of several with the same text the last one, and what has no text is none.
    pub(super) fn of(heap: &Heap, symbols: &[Oop]) -> Symbols {
        let mut table = HashTable::with_capacity(symbols.len());
        for &symbol in symbols {
            let Some(text) = characters(heap, symbol) else { continue };
            let hash = hash(text.clone());
            match table.find_mut(hash, |&other| is(heap, other, text.clone())) {
                Some(other) => *other = symbol,
                None => {
                    table.insert_unique(hash, symbol, |&other| characters(heap, other).map_or(0, self::hash));
                }
            }
        }
        Symbols(table)
    }

    /// The symbol of this text.
    pub(super) fn get(&self, heap: &Heap, text: &str) -> Option<Oop> {
        self.0.find(hash(text.chars()), |&symbol| is(heap, symbol, text.chars())).copied()
    }
}

fn is(heap: &Heap, symbol: Oop, text: impl Iterator<Item = char>) -> bool {
    characters(heap, symbol).is_some_and(|other| other.eq(text))
}

/// FNV-1a, a character at a time: short texts come in many, and nobody chooses them to collide.
fn hash(text: impl Iterator<Item = char>) -> u64 {
    let hash = text.fold(0xCBF2_9CE4_8422_2325_u64, |hash, c| (hash ^ u64::from(c)).wrapping_mul(0x100_0000_01B3));
    // The table takes its upper and lower bits.
    hash ^ hash >> 32
}
