//! Where an image keeps its globals: in a SystemDictionary, or in an Environment, as Squeak does from 4.5 on.
//!
//! An Environment has its own globals in `declarations`, a dictionary of associations, and in `bindings` all that can be seen in it, those
//! that it imports among them. Source: how SqueakJS (`vm.interpreter.js`, `globalsGetter`) and RSqueak (`objspace.py`, `smalltalk_at`) find
//! a global in images of Squeak 4.5 to 6.

use super::classes::{all_field_names, association_key, dictionary_entries, is_pointers};
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use osvm_core::special::Special;
use std::collections::HashMap;

/// The dictionaries of an image's globals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Globals {
    /// Associations of the globals.
    pub dictionary: Oop,
    /// What else must have them, if they are in an Environment.
    pub bindings: Option<Bindings>,
    /// Variables that code refers to and nothing declares, where an Environment has them.
    pub undeclared: Option<Oop>,
}

/// What can be seen in an Environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bindings {
    /// The dictionary.
    pub dictionary: Oop,
    /// It has the associations of globals as values under their names, not as its own.
    pub are_values: bool,
}

impl Globals {
    /// The globals of an image; `candidates` are the SystemDictionaries and Environments in it. The one that the special object names goes
    /// before others, else the largest.
    pub(super) fn find(heap: &Heap, candidates: &[Oop]) -> Option<Globals> {
        let smalltalk = heap.follow(heap.special(Special::SmalltalkDictionary));
        let named = [smalltalk, association_value(heap, smalltalk)].into_iter().find_map(|oop| Globals::of(heap, oop));
        let largest = || {
            let found = candidates.iter().filter_map(|&oop| Globals::of(heap, oop));
            found.max_by_key(|globals| dictionary_entries(heap, globals.dictionary).count())
        };
        named.or_else(largest)
    }

    /// The globals that an object has: it is their dictionary, an Environment, or has one of these as its `globals`.
    fn of(heap: &Heap, oop: Oop) -> Option<Globals> {
        if !is_pointers(heap, oop) {
            return None;
        }
        if heap.class_name(heap.class_of(oop)) == "SystemDictionary" {
            return Some(Globals { dictionary: oop, bindings: None, undeclared: None });
        }
        let fields = all_field_names(heap, heap.class_of(oop));
        let field = |name: &str| {
            let index = fields.iter().position(|field| field == name)?;
            let value = heap.follow(*heap.slots(oop).get(index)?);
            is_pointers(heap, value).then_some(value)
        };
        match field("declarations") {
            Some(dictionary) => {
                let bindings = field("bindings").map(|bindings| Bindings::of(heap, bindings));
                Some(Globals { dictionary, bindings, undeclared: field("undeclared") })
            }
            None => field("globals").and_then(|globals| Globals::of(heap, globals)),
        }
    }

    /// The associations by their names: those of the image's own globals, then what else can be seen.
    pub(super) fn entries(&self, heap: &Heap) -> HashMap<String, Oop> {
        let mut entries: HashMap<String, Oop> = HashMap::new();
        for (name, entry) in self.bindings.iter().flat_map(|bindings| dictionary_entries(heap, bindings.dictionary)) {
            entries.insert(name.clone(), binding_in(heap, &name, entry).unwrap_or(entry));
        }
        entries.extend(dictionary_entries(heap, self.dictionary));
        entries
    }
}

impl Bindings {
    fn of(heap: &Heap, dictionary: Oop) -> Bindings {
        let are_values = dictionary_entries(heap, dictionary).any(|(name, entry)| binding_in(heap, &name, entry).is_some());
        Bindings { dictionary, are_values }
    }
}

/// The association of a global that an entry of a dictionary has as its value.
fn binding_in(heap: &Heap, name: &str, entry: Oop) -> Option<Oop> {
    let value = association_value(heap, entry);
    (association_key(heap, value).as_deref() == Some(name)).then_some(value)
}

/// The value of what looks like an association; the object itself if it is none.
fn association_value(heap: &Heap, oop: Oop) -> Oop {
    if association_key(heap, oop).is_some() { heap.follow(heap.fetch(oop, 1)) } else { oop }
}
