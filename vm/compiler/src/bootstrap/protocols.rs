//! The protocols of methods: in the field `organization` of each class a ClassOrganizer with three arrays, the names of protocols, where
//! each of them ends, and the selectors of all. Packages loaded later go into the same arrays (`load::organize`).

use super::classes::Classes;
use super::hierarchy::Hierarchy;
use super::objects::Objects;
use crate::install::InstallError;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;

/// The class of what has the protocols of a class.
const ORGANIZER: &str = "ClassOrganizer";
const FIELDS: [&str; 4] = ["subject", "categoryArray", "categoryStops", "elementArray"];

/// Where the protocols go, if the class library has a place for them.
pub(super) struct Protocols {
    organizer: Oop,
    /// The field of classes, then those of an organizer.
    field: usize,
    fields: [usize; 4],
}

impl Protocols {
    pub fn new(hierarchy: &Hierarchy, classes: &Classes) -> Option<Protocols> {
        let organizer = hierarchy.class(ORGANIZER)?;
        let place = |class: &str, name: &str| hierarchy.class(class)?.all_fields[0].iter().position(|field| field == name);
        let field = place("Class", "organization")?;
        let fields = FIELDS.map(|name| organizer.all_fields[0].iter().position(|field| field == name));
        let [Some(subject), Some(names), Some(stops), Some(elements)] = fields else { return None };
        // The class side has the field in the same place: both inherit it.
        place("Metaclass", "organization").filter(|&other| other == field)?;
        let organizer = classes.by_name[ORGANIZER];
        Some(Protocols { organizer, field, fields: [subject, names, stops, elements] })
    }

    /// Puts the methods of a class into their protocols, each with its selector; protocols in the order in which they come first, selectors
    /// in that of their texts.
    pub fn put(
        &self,
        heap: &mut Heap,
        objects: &mut Objects,
        class: Oop,
        methods: &mut [(&str, String)],
    ) -> Result<(), InstallError> {
        let mut names: Vec<&str> = Vec::new();
        for (protocol, _) in methods.iter() {
            if !names.contains(protocol) {
                names.push(protocol);
            }
        }
        methods.sort_by(|(_, a), (_, b)| a.cmp(b));
        let (mut arrays, mut stops) = ([Vec::new(), Vec::new()], Vec::new());
        for name in names {
            for (_, selector) in methods.iter().filter(|(protocol, _)| *protocol == name) {
                arrays[1].push(objects.symbol(heap, selector)?);
            }
            arrays[0].push(objects.symbol(heap, name)?);
            stops.push(Oop::from_small_int(arrays[1].len() as i64));
        }
        let organizer = heap.instantiate(self.organizer, 0)?;
        let [names, elements] = arrays;
        let values = [class, heap.array(&names)?, heap.array(&stops)?, heap.array(&elements)?];
        for (field, value) in self.fields.into_iter().zip(values) {
            heap.store(organizer, field, value);
        }
        heap.store(class, self.field, organizer);
        Ok(())
    }
}
