//! Objects of an image in the making: symbols, associations, dictionaries.
//!
//! Allocation never collects, so nothing moves while an image is made.

use super::hierarchy::Hierarchy;
use super::known::NIL_CLASS;
use crate::install::InstallError;
use crate::semantics::string_hash;
use crate::text::from_text;
use osvm_core::error::PrimError;
use osvm_core::heap::{AllocRegion, Heap, HeapConfig};
use osvm_core::object::Format;
use osvm_core::oop::Oop;
use std::collections::HashMap;

/// Room for the objects of an image: so much for the empty one, and so much for each byte of source.
const EMPTY_BYTES: usize = 4 << 20;
const BYTES_OF_SOURCE: usize = 12;
/// New space, which the last collection empties.
const CONFIG: HeapConfig = HeapConfig { eden_bytes: 1 << 20, survivor_bytes: 64 << 10 };

/// Class indices of what is made often.
#[derive(Clone, Copy)]
struct Indices {
    association: u32,
    symbol: u32,
    wide_symbol: Option<u32>,
    method_dictionary: u32,
}

/// A fresh heap with room for what so much source becomes.
pub(super) fn fresh_heap(source_bytes: usize) -> Result<Heap, PrimError> {
    let region = AllocRegion::new(EMPTY_BYTES + BYTES_OF_SOURCE * source_bytes).ok_or(PrimError::NO_MEMORY)?;
    Heap::fresh(Box::new(region), CONFIG, NIL_CLASS)
}

/// Symbols by their texts, and what it takes to make objects.
pub(super) struct Objects {
    symbols: HashMap<String, Oop>,
    /// The symbols in the order in which they were made.
    order: Vec<(u32, Oop)>,
    indices: Indices,
}

impl Objects {
    /// For these classes, which need not be there yet; `None` if a class that every image has is not among them.
    pub fn new(hierarchy: &Hierarchy) -> Option<Objects> {
        let index = |name: &str| hierarchy.class(name).map(|class| class.indices[0]);
        let indices = Indices {
            association: index("Association")?,
            symbol: index("ByteSymbol")?,
            wide_symbol: index("WideSymbol"),
            method_dictionary: index("MethodDictionary")?,
        };
        Some(Objects { symbols: HashMap::new(), order: Vec::new(), indices })
    }

    /// The symbol of this text.
    pub fn symbol(&mut self, heap: &mut Heap, text: &str) -> Result<Oop, InstallError> {
        if let Some(&symbol) = self.symbols.get(text) {
            return Ok(symbol);
        }
        let wide = self.indices.wide_symbol;
        let wide = |_: &mut Heap| wide.ok_or_else(|| InstallError::NoClass("WideSymbol".into()));
        let symbol = from_text(heap, text, self.indices.symbol, wide)?;
        heap.identity_hash(symbol);
        self.order.push((string_hash(text, 0), symbol));
        self.symbols.insert(text.into(), symbol);
        Ok(symbol)
    }

    /// An association with a symbol as its key.
    pub fn association(&mut self, heap: &mut Heap, key: &str, value: Oop) -> Result<Oop, InstallError> {
        let key = self.symbol(heap, key)?;
        let association = self.nameless_association(heap, value)?;
        heap.store(association, 0, key);
        Ok(association)
    }

    /// An association with nil as its key.
    pub fn nameless_association(&self, heap: &mut Heap, value: Oop) -> Result<Oop, InstallError> {
        let association = heap.alloc_pointers(self.indices.association, Format::FIXED, 2)?;
        heap.store(association, 1, value);
        Ok(association)
    }

    /// An Array of symbols.
    pub fn symbol_array<'t>(&mut self, heap: &mut Heap, texts: impl IntoIterator<Item = &'t String>) -> Result<Oop, InstallError> {
        let symbols: Result<Vec<Oop>, InstallError> = texts.into_iter().map(|text| self.symbol(heap, text)).collect();
        Ok(heap.array(&symbols?)?)
    }

    /// Fills a dictionary with associations whose keys are compared by identity.
    pub fn fill_dictionary(&self, heap: &mut Heap, dictionary: Oop, associations: &[Oop]) -> Result<(), InstallError> {
        let hashed: Vec<(u32, Oop)> = associations
            .iter()
            .map(|&association| {
                let key = heap.fetch(association, 0);
                (heap.identity_hash(key), association)
            })
            .collect();
        let array = self.hashed_array(heap, &hashed)?;
        heap.store(dictionary, 0, Oop::from_small_int(associations.len() as i64));
        heap.store(dictionary, 1, array);
        Ok(())
    }

    /// An Array in which each element is at the place of its hash or the next free one.
    fn hashed_array(&self, heap: &mut Heap, elements: &[(u32, Oop)]) -> Result<Oop, InstallError> {
        let mut slots = vec![heap.nil(); capacity(elements.len())];
        for &(hash, element) in elements {
            let place = free_place(&slots, hash, heap.nil());
            slots[place] = element;
        }
        Ok(heap.array(&slots)?)
    }

    /// The Array of all symbols, each at the place of its text's hash.
    pub fn symbol_table(&mut self, heap: &mut Heap) -> Result<Oop, InstallError> {
        let order = std::mem::take(&mut self.order);
        self.hashed_array(heap, &order)
    }

    /// A method dictionary with these methods.
    pub fn method_dictionary(&self, heap: &mut Heap, methods: &[(Oop, Oop)]) -> Result<Oop, InstallError> {
        let nil = heap.nil();
        let size = capacity(methods.len());
        let (mut keys, mut values) = (vec![nil; size], vec![nil; size]);
        for &(selector, method) in methods {
            let place = free_place(&keys, heap.identity_hash(selector), nil);
            (keys[place], values[place]) = (selector, method);
        }
        let values = heap.array(&values)?;
        let dictionary = heap.alloc_pointers(self.indices.method_dictionary, Format::INDEXABLE_FIXED, 2 + size)?;
        heap.store(dictionary, 0, Oop::from_small_int(methods.len() as i64));
        heap.store(dictionary, 1, values);
        for (index, key) in keys.into_iter().enumerate() {
            heap.store(dictionary, 2 + index, key);
        }
        Ok(dictionary)
    }
}

/// Places for so many elements: a power of two of which a quarter at least stays free.
fn capacity(elements: usize) -> usize {
    (elements + elements / 3 + 1).next_power_of_two().max(2)
}

fn free_place(slots: &[Oop], hash: u32, nil: Oop) -> usize {
    let mut place = hash as usize % slots.len();
    while slots[place] != nil {
        place = (place + 1) % slots.len();
    }
    place
}
