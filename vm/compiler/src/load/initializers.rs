//! The order in which loaded classes are initialised: superclasses first, as the classes are in the plan, and before a class those
//! that its `initialize` refers to. Files of chunks say themselves what is to be initialised, and when.

use super::plan::{Plan, PlannedMethod};
use crate::packages::Packages;
use crate::text::text;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use std::collections::{HashMap, HashSet};

/// The selector of the class-side method that initialises a class.
const SELECTOR: &str = "initialize";

/// Whether a method initialises its class.
pub(super) fn is_one(method: &PlannedMethod<'_>) -> bool {
    method.class_side && method.selector == SELECTOR
}

/// Names of the variables outside of a method that it refers to: keys of associations among its literals.
pub(super) fn globals(heap: &Heap, method: Oop) -> Vec<String> {
    let literals = (1..heap.literal_count(method)).map(|index| heap.follow(heap.fetch(method, index)));
    let is_association =
        |&oop: &Oop| oop.is_pointer() && oop != heap.nil() && heap.format(oop).is_pointers() && heap.num_slots(oop) == 2;
    literals.filter(is_association).filter_map(|association| text(heap, heap.follow(heap.fetch(association, 0)))).collect()
}

/// The classes to initialise, in order; `uses` says which names the initialisers refer to.
pub(super) fn in_order(plan: &Plan<'_>, packages: &Packages, uses: &HashMap<&str, Vec<String>>) -> Vec<String> {
    let is_wanted = |method: &&PlannedMethod<'_>| {
        is_one(method) && uses.contains_key(method.class_name) && !packages.files[method.definition.source.file].is_chunks
    };
    let wanted: HashSet<&str> = plan.methods.iter().filter(is_wanted).map(|method| method.class_name).collect();
    let mut order = Order { wanted: &wanted, uses, begun: HashSet::new(), result: Vec::new() };
    for class in &plan.classes {
        order.visit(&class.name);
    }
    order.result
}

struct Order<'o> {
    wanted: &'o HashSet<&'o str>,
    uses: &'o HashMap<&'o str, Vec<String>>,
    begun: HashSet<String>,
    result: Vec<String>,
}

impl Order<'_> {
    fn visit(&mut self, name: &str) {
        if !self.wanted.contains(name) || !self.begun.insert(name.into()) {
            return;
        }
        for used in &self.uses[name] {
            self.visit(used);
        }
        self.result.push(name.into());
    }
}
