//! Hashed collections of an image, in the image's own layout: dictionaries of associations and sets, a tally in the first field
//! and an array in the second, with linear probing.
//!
//! Which hash a collection goes by differs from system to system and from class to class. It is found by trying: the rule under which all
//! that is in a collection is where a search looks for it. Source: `HashedCollection`, `Dictionary`, `IdentityDictionary`, `WeakSet` and
//! `String>>hash` of Pharo 8 and Squeak 6.

use super::LoadError;
use crate::semantics::string_hash;
use crate::text::text;
use osvm_core::heap::Heap;
use osvm_core::object::{CLASS_INDEX_STRING, HASH_MASK, HASH_SHIFT};
use osvm_core::oop::Oop;

const TALLY: usize = 0;
const ARRAY: usize = 1;
/// A set with weak elements has here what its empty places hold.
const FLAG: usize = 2;
/// Places of a new dictionary.
const FEWEST: usize = 5;

/// Which hash a collection goes by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    /// The identity hash, shifted to the left.
    Identity(u32),
    /// That of the text, which starts with this number.
    Text(u32),
}

/// Rules that images follow, the most frequent first.
const RULES: [Rule; 6] = [
    Rule::Text(CLASS_INDEX_STRING << 8),
    Rule::Identity(8),
    Rule::Identity(0),
    Rule::Text(CLASS_INDEX_STRING),
    Rule::Text(0),
    Rule::Identity(18),
];

impl Rule {
    /// The hash of a symbol or string, which gets an identity hash if it has none.
    fn hash_now(self, heap: &mut Heap, key: Oop) -> u64 {
        heap.identity_hash(key);
        self.hash(heap, key)
    }

    fn hash(self, heap: &Heap, key: Oop) -> u64 {
        match self {
            Rule::Identity(shift) => ((heap.header(key) >> HASH_SHIFT) & HASH_MASK) << shift,
            Rule::Text(initial) => string_hash(&text(heap, key).unwrap_or_default(), initial).into(),
        }
    }
}

/// What the elements of a collection are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Elements {
    /// Associations, by their keys.
    Associations,
    /// Symbols, or other objects that are their own keys.
    Themselves,
}

/// A hashed collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Table {
    /// The collection.
    pub oop: Oop,
    /// What is in it.
    pub elements: Elements,
}

impl Table {
    pub fn dictionary(oop: Oop) -> Table {
        Table { oop, elements: Elements::Associations }
    }

    pub fn set(oop: Oop) -> Table {
        Table { oop, elements: Elements::Themselves }
    }

    /// Whether an object looks like a collection of this kind.
    pub fn is_table(heap: &Heap, oop: Oop) -> bool {
        let has_fields = oop.is_pointer() && oop != heap.nil() && heap.format(oop).is_pointers() && heap.num_slots(oop) > ARRAY;
        has_fields && heap.fetch(oop, TALLY).is_small_int() && {
            let array = heap.follow(heap.fetch(oop, ARRAY));
            array.is_pointer() && array != heap.nil() && heap.format(array).is_pointers() && heap.num_slots(array) > 0
        }
    }

    fn array(self, heap: &Heap) -> Oop {
        heap.follow(heap.fetch(self.oop, ARRAY))
    }

    /// What an empty place holds.
    fn empty(self, heap: &Heap) -> Oop {
        let flagged = self.elements == Elements::Themselves && heap.num_slots(self.oop) > FLAG;
        if flagged { heap.follow(heap.fetch(self.oop, FLAG)) } else { heap.nil() }
    }

    fn key(self, heap: &Heap, element: Oop) -> Oop {
        match self.elements {
            Elements::Associations => heap.follow(heap.fetch(element, 0)),
            Elements::Themselves => element,
        }
    }

    /// Its elements.
    pub fn elements(self, heap: &Heap) -> Vec<Oop> {
        let empty = self.empty(heap);
        let slots = heap.slots(self.array(heap)).iter().map(|&slot| heap.follow(slot));
        // A weak element may be gone: nil is in its place.
        slots.filter(|&element| element != empty && element != heap.nil() && element.is_pointer()).collect()
    }

    /// How many of the elements are found by a rule.
    fn found_by(self, heap: &Heap, rule: Rule) -> usize {
        let (slots, empty) = (heap.slots(self.array(heap)), self.empty(heap));
        let is_found = |&element: &Oop| {
            let start = (rule.hash(heap, self.key(heap, element)) % slots.len() as u64) as usize;
            let probes = (0..slots.len()).map(|step| heap.follow(slots[(start + step) % slots.len()]));
            probes.take_while(|&slot| slot != empty).any(|slot| slot == element)
        };
        self.elements(heap).iter().filter(|element| is_found(element)).count()
    }

    /// Adds elements that are not in it, in a larger array if this one would be nearly full.
    pub fn add_all(self, heap: &mut Heap, rule: Rule, elements: &[Oop]) -> Result<(), LoadError> {
        if elements.is_empty() {
            return Ok(());
        }
        let capacity = heap.num_slots(self.array(heap));
        let tally = heap.fetch(self.oop, TALLY).small_int().max(0) as usize + elements.len();
        if capacity < tally + (capacity / 4).max(1) {
            self.rebuild(heap, rule, prime_from(2 * capacity.max(tally)), |_, _| true)?;
        } else if self.found_by(heap, rule) < self.elements(heap).len() {
            self.rebuild(heap, rule, capacity, |_, _| true)?;
        }
        elements.iter().for_each(|&element| self.place(heap, rule, element));
        let tally = heap.fetch(self.oop, TALLY).small_int();
        heap.store(self.oop, TALLY, Oop::from_small_int(tally + elements.len() as i64));
        Ok(())
    }

    /// Makes the array anew, with the elements that `keeps` wants.
    pub fn rebuild(
        self,
        heap: &mut Heap,
        rule: Rule,
        capacity: usize,
        keeps: impl Fn(&Heap, Oop) -> bool,
    ) -> Result<(), LoadError> {
        let elements: Vec<Oop> = self.elements(heap).into_iter().filter(|&element| keeps(heap, element)).collect();
        let (old, empty) = (self.array(heap), self.empty(heap));
        let new = heap.alloc_pointers(heap.class_index(old), heap.format(old), capacity)?;
        (0..capacity).for_each(|index| heap.store(new, index, empty));
        heap.store(self.oop, ARRAY, new);
        heap.store(self.oop, TALLY, Oop::from_small_int(elements.len() as i64));
        elements.into_iter().for_each(|element| self.place(heap, rule, element));
        Ok(())
    }

    /// Makes it anew without the elements that are not wanted.
    pub fn keep(self, heap: &mut Heap, rule: Rule, keeps: impl Fn(&Heap, Oop) -> bool) -> Result<(), LoadError> {
        self.rebuild(heap, rule, heap.num_slots(self.array(heap)), keeps)
    }

    fn place(self, heap: &mut Heap, rule: Rule, element: Oop) {
        let (array, empty, key) = (self.array(heap), self.empty(heap), self.key(heap, element));
        let capacity = heap.num_slots(array);
        let start = (rule.hash_now(heap, key) % capacity as u64) as usize;
        let free = (0..capacity).map(|step| (start + step) % capacity).find(|&index| heap.fetch(array, index) == empty);
        heap.store(array, free.expect("a quarter of the places is free"), element);
    }
}

/// The rule by which most of what is in some collections of one class is found.
pub(crate) fn rule_of(heap: &Heap, tables: &[Table]) -> Rule {
    let score = |rule: Rule| tables.iter().map(|table| table.found_by(heap, rule)).sum::<usize>();
    let scores: Vec<(usize, Rule)> = RULES.iter().map(|&rule| (score(rule), rule)).collect();
    let best = scores.iter().map(|&(score, _)| score).max().unwrap_or(0);
    scores.iter().find(|&&(score, _)| score == best).map_or(RULES[0], |&(_, rule)| rule)
}

/// The shift of the identity hash by which sets that are compared by identity find what is in them.
pub(super) fn identity_rule(heap: &mut Heap, class: Oop) -> Result<Rule, LoadError> {
    let sets = heap.all_instances(class)?;
    let sets: Vec<Table> = heap.slots(sets).iter().filter(|&&oop| Table::is_table(heap, oop)).map(|&oop| Table::set(oop)).collect();
    let found = |rule: &Rule| sets.iter().map(|set| set.found_by(heap, *rule)).sum::<usize>();
    let rules = RULES.iter().copied().filter(|rule| matches!(rule, Rule::Identity(_)));
    // The first of those that find the same: `max_by_key` takes the last.
    Ok(rules.rev().max_by_key(found).expect("there is one"))
}

/// A new collection without anything in it, of a class.
pub(super) fn new_collection(heap: &mut Heap, class: Oop) -> Result<Oop, LoadError> {
    let dictionary = heap.instantiate(class, 0)?;
    let array = heap.array(&[heap.nil(); FEWEST])?;
    heap.store(dictionary, TALLY, Oop::ZERO);
    heap.store(dictionary, ARRAY, array);
    Ok(dictionary)
}

/// A new dictionary without anything in it, of the class of another.
pub(super) fn new_dictionary(heap: &mut Heap, model: Oop) -> Result<Oop, LoadError> {
    new_collection(heap, heap.class_of(model))
}

/// The first prime that is not less.
fn prime_from(least: usize) -> usize {
    let is_prime = |&n: &usize| n > 2 && n % 2 == 1 && (3..).step_by(2).take_while(|d| d * d <= n).all(|d| n % d != 0);
    (least..).find(is_prime).expect("there is a prime behind each number")
}

/// Keys of a method dictionary lie behind its tally and the array of methods.
const FIRST_KEY: usize = 2;
/// Places of a new method dictionary.
const FEWEST_METHODS: usize = 32;

/// The methods of a method dictionary by their selectors.
pub(crate) fn methods(heap: &Heap, dictionary: Oop) -> Vec<(Oop, Oop)> {
    let nil = heap.nil();
    if !Table::is_table(heap, dictionary) {
        return Vec::new();
    }
    let values = heap.follow(heap.fetch(dictionary, ARRAY));
    let keys = heap.slots(dictionary)[FIRST_KEY..].iter().map(|&key| heap.follow(key));
    let pairs = keys.zip(heap.slots(values)).filter(|&(key, _)| key != nil);
    pairs.map(|(key, &value)| (key, heap.follow(value))).collect()
}

/// A method dictionary, of the class of another, with these methods and room for half as many again.
pub(crate) fn method_dictionary(heap: &mut Heap, model: Oop, methods: &[(Oop, Oop)]) -> Result<Oop, LoadError> {
    let capacity = (methods.len() * 3 / 2 + 1).next_power_of_two().max(FEWEST_METHODS);
    let class = heap.class_of(model);
    let dictionary = heap.instantiate(class, capacity)?;
    let values = heap.array(&vec![heap.nil(); capacity])?;
    heap.store(dictionary, TALLY, Oop::from_small_int(methods.len() as i64));
    heap.store(dictionary, ARRAY, values);
    for &(selector, method) in methods {
        let mut index = heap.identity_hash(selector) as usize & (capacity - 1);
        while heap.fetch(dictionary, FIRST_KEY + index) != heap.nil() {
            index = (index + 1) & (capacity - 1);
        }
        heap.store(dictionary, FIRST_KEY + index, selector);
        heap.store(values, index, method);
    }
    Ok(dictionary)
}
