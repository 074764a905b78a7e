//! Walking over all objects: primitives 77, 78, 138, 139, 177 and 178.

use super::operands::{Answer, Operands};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::heap::Heap;
use crate::oop::Oop;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(77, "primitiveSomeInstance", (0, 1), "Some instance of a class; fails if there is none.", some_instance),
    value(177, "primitiveAllInstances", (0, 1), "An Array of all instances of a class.", all_instances),
    value(178, "primitiveAllObjects", (0, 1), "An Array of all objects.", all_objects),
];

/// Indices below this are of things that Smalltalk code must not see: forwarders and the VM's own arrays.
const FIRST_CLASS_INDEX: u32 = 32;

/// All objects that Smalltalk code may see.
fn visible(heap: &Heap) -> impl Iterator<Item = Oop> {
    heap.objects().filter(|&oop| heap.class_index(oop) >= FIRST_CLASS_INDEX)
}

/// All instances of a class. Its class may stand in the class table more than once, so the index alone does not tell.
fn instances(heap: &Heap, class: Oop) -> impl Iterator<Item = Oop> {
    // Consecutive objects are often of one class: the last answer is kept.
    let mut last = (0, false);
    visible(heap).filter(move |&oop| {
        let index = heap.class_index(oop);
        if index != last.0 {
            last = (index, heap.class_at(index) == class);
        }
        last.1
    })
}

fn some_instance(vm: &mut Vm, args: Args) -> Answer {
    let class = args.operand(0);
    instances(&vm.heap, class).next().ok_or(PrimError::Generic)
}

fn all_instances(vm: &mut Vm, args: Args) -> Answer {
    let found: Vec<Oop> = instances(&vm.heap, args.operand(0)).collect();
    vm.heap.array(&found)
}

fn all_objects(vm: &mut Vm, _: Args) -> Answer {
    let found: Vec<Oop> = visible(&vm.heap).collect();
    vm.heap.array(&found)
}
