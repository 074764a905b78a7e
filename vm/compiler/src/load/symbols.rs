//! The image's table of symbols: one symbol for each text, so that a symbol that is made here is the one that the image finds by
//! `asSymbol`.

use super::LoadError;
use super::hashed::{Rule, Table, rule_of};
use crate::semantics::string_hash;
use crate::text::{from_text, text};
use crate::world::World;
use osvm_core::heap::Heap;
use osvm_core::object::CLASS_INDEX_STRING;
use osvm_core::oop::Oop;
use std::collections::HashMap;

/// Names of the variables of class Symbol that hold tables, that into which symbols go first.
const TABLES: [&str; 2] = ["SymbolTable", "NewSymbols"];

/// Names of the variables of class Symbol where the table is an Array alone.
const ARRAY: &str = "Table";
const ARRAY_TALLY: &str = "Tally";
/// Where an association has its value.
const VALUE: usize = 1;

/// The symbols of an image.
pub(super) struct Symbols {
    by_text: HashMap<String, Oop>,
    /// The table and its rule; `None` where the image has none, or makes it when it starts.
    table: Option<(Table, Rule)>,
    /// The variables with table and tally where the table is an Array alone, as in the built-in image.
    array: Option<[Oop; 2]>,
    narrow: Oop,
    wide: Option<Oop>,
    wide_string: Option<Oop>,
    /// Symbols that were made, and are not in the table yet.
    made: Vec<Oop>,
}

impl Symbols {
    /// Reads those of an image.
    pub fn read(heap: &Heap, world: &World) -> Result<Symbols, LoadError> {
        let class = |name: &str| world.class(name);
        let narrow = class("ByteSymbol").or(class("Symbol")).ok_or_else(|| LoadError::lacks("a class Symbol"))?;
        let (wide, wide_string) = (class("WideSymbol"), class("WideString"));
        let (by_text, made) = (HashMap::new(), Vec::new());
        let mut symbols = Symbols { by_text, table: None, array: None, narrow, wide, wide_string, made };
        let variables = class("Symbol").map(|class| world.class_variables(heap, class)).unwrap_or_default();
        for name in TABLES {
            let Some(&association) = variables.get(name) else { continue };
            let set = heap.follow(heap.fetch(association, 1));
            if !Table::is_table(heap, set) {
                continue;
            }
            let table = Table::set(set);
            for symbol in table.elements(heap) {
                symbols.by_text.insert(text(heap, symbol).unwrap_or_default(), symbol);
            }
            symbols.table.get_or_insert((table, rule_of(heap, &[table])));
        }
        if symbols.table.is_none() {
            let variable = |name: &str| variables.get(name).copied();
            symbols.array = variable(ARRAY).zip(variable(ARRAY_TALLY)).map(|(table, tally)| [table, tally]);
            let is_symbol = |&oop: &Oop| heap.class_of(oop) == narrow || Some(heap.class_of(oop)) == symbols.wide;
            symbols.by_text.extend(heap.objects().filter(is_symbol).filter_map(|oop| Some((text(heap, oop)?, oop))));
        }
        Ok(symbols)
    }

    /// The symbol of a text, made if there is none.
    pub fn get(&mut self, heap: &mut Heap, text: &str) -> Result<Oop, LoadError> {
        if let Some(&symbol) = self.by_text.get(text) {
            return Ok(symbol);
        }
        let narrow = heap.class_table_index(self.narrow)?;
        let symbol = from_text(heap, text, narrow, |heap| class_index(heap, self.wide, "WideSymbol"))?;
        self.by_text.insert(text.into(), symbol);
        self.made.push(symbol);
        Ok(symbol)
    }

    /// An Array of all symbols, each at the place of its text's hash or the next free one, at most half full.
    fn as_array(&self, heap: &mut Heap) -> Result<Oop, LoadError> {
        let mut symbols: Vec<(&String, Oop)> = self.by_text.iter().map(|(text, &symbol)| (text, symbol)).collect();
        symbols.sort();
        let mut slots = vec![heap.nil(); 2 * symbols.len() + 1];
        for (text, symbol) in symbols {
            let mut place = string_hash(text, 0) as usize % slots.len();
            while slots[place] != heap.nil() {
                place = (place + 1) % slots.len();
            }
            slots[place] = symbol;
        }
        Ok(heap.array(&slots)?)
    }

    /// A string of this text.
    pub fn string(&self, heap: &mut Heap, text: &str) -> Result<Oop, LoadError> {
        from_text(heap, text, CLASS_INDEX_STRING, |heap| class_index(heap, self.wide_string, "WideString"))
    }

    /// Enters the symbols that were made in the image's table.
    pub fn enter(&mut self, heap: &mut Heap) -> Result<(), LoadError> {
        if let Some((table, rule)) = self.table {
            table.add_all(heap, rule, &self.made)?;
        }
        if let Some([table, tally]) = self.array.filter(|_| !self.made.is_empty()) {
            let array = self.as_array(heap)?;
            heap.store(table, VALUE, array);
            // The image counts anew.
            heap.store(tally, VALUE, heap.nil());
        }
        self.made.clear();
        Ok(())
    }
}

/// The index of a class that the image may lack.
fn class_index(heap: &mut Heap, class: Option<Oop>, name: &str) -> Result<u32, LoadError> {
    let class = class.ok_or_else(|| LoadError::lacks(format!("a class {name}")))?;
    Ok(heap.class_table_index(class)?)
}
