//! Changing what an object is: primitives 115, 160 and 168; and 132, which asks what it refers to.

use super::operands::{Answer, Operands, plain_object};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::heap::Heap;
use crate::object::CLASS_INDEX_CONTEXT;
use crate::oop::Oop;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(
        115,
        "primitiveChangeClass",
        (1, 1),
        "Makes the receiver an instance of the argument's class, if its layout allows.",
        change_class,
    ),
    value(132, "primitiveObjectPointsTo", (1, 1), "Whether a field of the receiver is the argument.", points_to),
    value(
        160,
        "primitiveAdoptInstance",
        (1, 2),
        "Makes the argument an instance of the receiver, if its layout allows.",
        adopt_instance,
    ),
    value(
        168,
        "primitiveCopyObject",
        (1, 2),
        "Copies the argument's fields into the receiver, of the same class and size.",
        copy_object,
    ),
];

/// Makes `object` an instance of `class` if its layout allows it. A frame knows its context as a context, and nothing else may be
/// taken for one.
fn change_class_of(heap: &mut Heap, object: Oop, class: Oop) -> Result<(), PrimError> {
    if heap.class_index(object) == CLASS_INDEX_CONTEXT || class == heap.class_at(CLASS_INDEX_CONTEXT) {
        return Err(PrimError::INAPPROPRIATE);
    }
    heap.change_class(object, class)
}

fn change_class(vm: &mut Vm, args: Args) -> Answer {
    let (object, example) = (args.receiver(), args.get(0));
    if object.is_immediate() || vm.heap.is_forwarded(object) || example.is_immediate() || vm.heap.is_forwarded(example) {
        return Err(PrimError::GENERIC);
    }
    let class = vm.heap.class_of(example);
    change_class_of(&mut vm.heap, object, class)?;
    Ok(object)
}

fn adopt_instance(vm: &mut Vm, args: Args) -> Answer {
    let (class, object) = (args.operand(1), args.operand(0));
    if object.is_immediate() || vm.heap.is_forwarded(object) {
        return Err(PrimError::BAD_ARGUMENT);
    }
    // The object is the argument here, and the class the receiver.
    change_class_of(&mut vm.heap, object, class).map_err(|error| match error {
        PrimError::BAD_RECEIVER => PrimError::BAD_ARGUMENT,
        PrimError::BAD_ARGUMENT => PrimError::BAD_RECEIVER,
        other => other,
    })?;
    Ok(args.receiver())
}

fn copy_object(vm: &mut Vm, args: Args) -> Answer {
    let heap = &mut vm.heap;
    let target = plain_object(heap, args.operand(1), PrimError::BAD_RECEIVER)?;
    let source = plain_object(heap, args.operand(0), PrimError::BAD_ARGUMENT)?;
    if heap.class_index(target) != heap.class_index(source) {
        return Err(PrimError::BAD_ARGUMENT);
    }
    if heap.is_immutable(target) {
        return Err(PrimError::NO_MODIFICATION);
    }
    let (format, same_format) = (heap.format(target), heap.format(target) == heap.format(source));
    let copied = if format.is_bits() {
        let bytes = heap.byte_size(target);
        same_format && bytes == heap.byte_size(source) && heap.copy_bytes(source, 0, target, 0, bytes)
    } else if format.is_pointers() {
        let slots = heap.num_slots(target);
        heap.format(source).is_pointers() && slots == heap.num_slots(source) && heap.copy_slots(source, 0, target, 0, slots)
    } else {
        return Err(PrimError::BAD_RECEIVER);
    };
    if copied { Ok(args.receiver()) } else { Err(PrimError::BAD_ARGUMENT) }
}

fn points_to(vm: &mut Vm, args: Args) -> Answer {
    let (object, sought) = (args.receiver(), args.get(0));
    if object.is_immediate() {
        return Ok(vm.heap.false_());
    }
    plain_object(&vm.heap, object, PrimError::BAD_RECEIVER)?;
    let heap = &vm.heap;
    let found = heap.points_to(object, sought)
        || (heap.has_forwarders && heap.slots(object).iter().any(|&field| heap.follow(field) == sought));
    Ok(heap.bool(found))
}
