//! Walking over all objects: primitives 77, 78, 138, 139, 172, 177 and 178.
//!
//! The walks object by object (77 with 78, 138 with 139) may pass over what a scavenge moves meanwhile; no object is reported
//! twice unless it moved. 177 and 178 see one moment.

use super::operands::{Answer, Operands};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::oop::Oop;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(77, "primitiveSomeInstance", (0, 1), "Some instance of a class; fails if there is none.", some_instance),
    value(
        78,
        "primitiveNextInstance",
        (0, 1),
        "The instance of the same class after an object; fails behind the last.",
        next_instance,
    ),
    value(138, "primitiveSomeObject", (0, 1), "The first object.", |vm, _| Ok(vm.heap.some_object())),
    value(139, "primitiveNextObject", (0, 1), "The object after another; 0 behind the last.", next_object),
    value(172, "primitiveFetchNextMourner", (0, 0), "The next weak array or ephemeron that lost something.", fetch_mourner),
    value(177, "primitiveAllInstances", (0, 1), "An Array of all instances of a class.", |vm, args| {
        vm.heap.all_instances(args.operand(0))
    }),
    value(178, "primitiveAllObjects", (0, 1), "An Array of all objects.", |vm, _| vm.heap.all_objects()),
];

fn some_instance(vm: &mut Vm, args: Args) -> Answer {
    vm.heap.some_instance(args.operand(0)).ok_or(PrimError::GENERIC)
}

fn next_instance(vm: &mut Vm, args: Args) -> Answer {
    vm.heap.next_instance(args.operand(0)).ok_or(PrimError::GENERIC)
}

fn next_object(vm: &mut Vm, args: Args) -> Answer {
    Ok(vm.heap.next_object(args.operand(0)).unwrap_or(Oop::ZERO))
}

fn fetch_mourner(vm: &mut Vm, _: Args) -> Answer {
    vm.heap.fetch_mourner().ok_or(PrimError::NOT_FOUND)
}
