//! The objects that classes are made of, as far as source refers to them. Where a field is differs from system to system, so it
//! is found by what it holds.
//!
//! Source: `Behavior`, `ClassDescription` and `Class` of Pharo 8 (layouts with slots) and of Squeak (arrays of names).

use osvm_core::heap::Heap;
use osvm_core::oop::Oop;

/// Superclass, method dictionary and format come first; behind them is the layout, or the names of instance variables.
const LAYOUT: usize = 3;

pub(super) fn is_pointers(heap: &Heap, oop: Oop) -> bool {
    oop.is_pointer() && oop != heap.nil() && heap.format(oop).is_pointers()
}

/// Whether an object can be a class: it has a superclass or nil, a method dictionary and a format.
pub(super) fn is_class(heap: &Heap, oop: Oop) -> bool {
    is_pointers(heap, oop) && heap.num_slots(oop) > LAYOUT && heap.fetch(oop, 2).as_small_int().is_some()
}

/// Names of the fields that a class adds to those of its superclass.
pub(super) fn field_names(heap: &Heap, class: Oop) -> Vec<String> {
    let layout = heap.follow(heap.fetch(class, LAYOUT));
    if !is_pointers(heap, layout) {
        return Vec::new();
    }
    let names: Option<Vec<String>> = heap.slots(layout).iter().map(|&name| heap.text(name)).collect();
    names.unwrap_or_else(|| slot_names(heap, layout))
}

/// Names of the fields of a class's instances, those of its superclasses first.
pub(crate) fn all_field_names(heap: &Heap, class: Oop) -> Vec<String> {
    let mut fields = Vec::new();
    let mut next = class;
    while is_class(heap, next) {
        fields.splice(0..0, field_names(heap, next));
        next = heap.follow(heap.fetch(next, 0));
    }
    fields
}

/// Names of the slots of a layout's scope: the scope is the part that has the slots behind its fixed fields.
fn slot_names(heap: &Heap, layout: Oop) -> Vec<String> {
    let is_scope = |&part: &Oop| is_pointers(heap, part) && heap.class_name(heap.class_of(part)).ends_with("ClassScope");
    let Some(scope) = heap.slots(layout).iter().copied().find(is_scope) else { return Vec::new() };
    let first = heap.fixed_fields(scope);
    heap.slots(scope)[first..].iter().filter_map(|&slot| slot_name(heap, slot)).collect()
}

fn slot_name(heap: &Heap, slot: Oop) -> Option<String> {
    let parts = if is_pointers(heap, slot) { heap.slots(slot) } else { return None };
    parts.iter().find_map(|&part| heap.text(part))
}

/// The dictionaries with the variables of a class: its own, then those of the pools that it shares.
pub(super) fn pools(heap: &Heap, class: Oop) -> Vec<Oop> {
    let slots = heap.slots(class);
    let Some(name) = (LAYOUT..slots.len()).find(|&index| heap.text(heap.follow(slots[index])).is_some()) else { return Vec::new() };
    let mut result: Vec<Oop> = slots.get(name + 1).copied().into_iter().collect();
    let shared = slots.get(name + 2).copied().filter(|&shared| is_pointers(heap, shared));
    for pool in shared.map_or(&[][..], |shared| heap.slots(shared)) {
        result.extend(
            elements(heap, *pool).into_iter().flat_map(|pool| if is_class(heap, pool) { pools(heap, pool) } else { vec![pool] }),
        );
    }
    result
}

/// The objects that a field of a collection stands for: the elements of an array, or the object itself.
fn elements(heap: &Heap, oop: Oop) -> Vec<Oop> {
    if !is_pointers(heap, oop) {
        return Vec::new();
    }
    match heap.class_name(heap.class_of(oop)).as_str() {
        "Array" => heap.slots(oop).iter().copied().filter(|&element| is_pointers(heap, element)).collect(),
        _ => vec![oop],
    }
}

/// The key of an association.
pub(super) fn association_key(heap: &Heap, association: Oop) -> Option<String> {
    let has_parts = is_pointers(heap, association) && heap.num_slots(association) >= 2;
    if has_parts { heap.text(heap.fetch(association, 0)) } else { None }
}

/// The associations of a dictionary, by their keys.
pub(super) fn dictionary_entries(heap: &Heap, dictionary: Oop) -> impl Iterator<Item = (String, Oop)> {
    let array = if is_pointers(heap, dictionary) { heap.slots(dictionary).get(1).copied() } else { None };
    let entries = array.filter(|&array| is_pointers(heap, array)).map_or(&[][..], |array| heap.slots(array));
    entries.iter().filter_map(|&association| Some((association_key(heap, association)?, association)))
}
