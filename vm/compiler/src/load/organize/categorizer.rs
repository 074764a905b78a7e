//! Three arrays: names of groups, where each ends, and all elements one after the other.
//!
//! Source: `Categorizer` of Pharo 8 (comment of `documentation`), of which `SystemOrganizer`, and in Squeak and Cuis `ClassOrganizer`
//! too, are subclasses.

use super::sorting::Sorting;
use crate::load::LoadError;
use crate::load::shape::{Fields, fields};
use crate::load::symbols::Symbols;
use crate::text::text;
use crate::world::World;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;

const NAMES: &str = "categoryArray";
const STOPS: &str = "categoryStops";
const ELEMENTS: &str = "elementArray";

/// A class of categorizers.
pub(super) struct Categorizer {
    class: Oop,
    fields: Fields,
}

impl Categorizer {
    /// The class, if its instances have the three arrays.
    pub fn of_class(heap: &Heap, world: &World, class: Oop) -> Option<Categorizer> {
        let fields = fields(heap, world, class);
        [NAMES, STOPS, ELEMENTS].iter().all(|&name| fields.contains_key(name)).then_some(Categorizer { class, fields })
    }

    /// The class of an object.
    pub fn of_object(heap: &Heap, world: &World, oop: Oop) -> Option<Categorizer> {
        if oop.is_pointer() { Categorizer::of_class(heap, world, heap.class_of(oop)) } else { None }
    }

    fn array(&self, heap: &Heap, oop: Oop, name: &str) -> Oop {
        heap.follow(heap.fetch(heap.follow(oop), self.fields[name]))
    }

    /// Whether an object is an instance, with its arrays.
    pub fn is_one(&self, heap: &Heap, oop: Oop) -> bool {
        let oop = heap.follow(oop);
        let is_array = |name| {
            let array = self.array(heap, oop, name);
            array.is_pointer() && array != heap.nil() && heap.format(array).is_pointers()
        };
        oop.is_pointer() && heap.class_of(oop) == self.class && [NAMES, STOPS, ELEMENTS].into_iter().all(is_array)
    }

    /// A new one for a class, without anything in it.
    pub fn make(&self, heap: &mut Heap, class: Oop) -> Result<Oop, LoadError> {
        let new = heap.instantiate(self.class, 0)?;
        for name in [NAMES, STOPS, ELEMENTS] {
            let array = heap.array(&[])?;
            heap.store(new, self.fields[name], array);
        }
        if let Some(&subject) = self.fields.get("subject") {
            heap.store(new, subject, class);
        }
        Ok(new)
    }

    /// What is in one. Stops that make no sense are taken as far as they do.
    pub fn sorting(&self, heap: &Heap, oop: Oop) -> Sorting {
        let elements = heap.slots(self.array(heap, oop, ELEMENTS));
        let stops = heap.slots(self.array(heap, oop, STOPS));
        let mut start = 0;
        let mut groups = Vec::new();
        for (&name, stop) in heap.slots(self.array(heap, oop, NAMES)).iter().zip(stops) {
            let stop = stop.as_small_int().map_or(start, |stop| (stop.max(0) as usize).clamp(start, elements.len()));
            let group: Vec<Oop> = elements[start..stop].iter().map(|&element| heap.follow(element)).collect();
            if !group.is_empty() {
                groups.push((text(heap, heap.follow(name)).unwrap_or_default(), group));
            }
            start = stop;
        }
        Sorting { groups }
    }

    /// Makes the arrays anew, with the elements of each group in the order of their texts, as the images do it.
    pub fn write(&self, heap: &mut Heap, symbols: &mut Symbols, oop: Oop, sorting: &Sorting) -> Result<(), LoadError> {
        let oop = heap.follow(oop);
        let (mut names, mut stops, mut elements) = (Vec::new(), Vec::new(), Vec::new());
        for (name, group) in &sorting.groups {
            let mut group = group.clone();
            group.sort_by_cached_key(|&element| text(heap, element));
            elements.extend(group);
            names.push(symbols.get(heap, name)?);
            stops.push(Oop::from_small_int(elements.len() as i64));
        }
        for (name, array) in [(NAMES, names), (STOPS, stops), (ELEMENTS, elements)] {
            let array = heap.array(&array)?;
            heap.store(oop, self.fields[name], array);
        }
        Ok(())
    }
}
