//! Making objects: primitives 70, 71, 79, 148, and 596 to 599.

use super::operands::{Answer, Operands, plain_object, unsigned_64};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::heap::Heap;
use crate::object::Format;
use crate::oop::{Oop, to_index};
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(70, "primitiveNew", (0, 1), "basicNew of a class without indexed fields.", new),
    value(71, "primitiveNewWithArg", (1, 2), "basicNew: of a class with indexed fields.", new_with_size),
    value(
        79,
        "primitiveNewMethod",
        (2, 3),
        "newMethod:header: of a class of compiled code: size of the bytes, header.",
        new_method,
    ),
    value(148, "primitiveClone", (0, 1), "A shallow copy.", clone),
    value(596, "primitiveNewOldSpace", (0, 1), "As 70, in old space.", |vm, args| {
        new(vm, args).and_then(|oop| vm.heap.old_instead(oop))
    }),
    value(597, "primitiveNewWithArgOldSpace", (1, 2), "As 71, in old space.", |vm, args| {
        new_with_size(vm, args).and_then(|oop| vm.heap.old_instead(oop))
    }),
    value(598, "primitiveNewPinned", (0, 1), "As 70, and the object is never moved.", |vm, args| {
        new(vm, args).and_then(|oop| pinned(vm, oop))
    }),
    value(599, "primitiveNewWithArgPinned", (1, 2), "As 71, and the object is never moved.", |vm, args| {
        new_with_size(vm, args).and_then(|oop| pinned(vm, oop))
    }),
];

/// True for formats of objects without indexed fields.
const fn is_fixed(format: Format) -> bool {
    matches!(format, Format::EMPTY | Format::FIXED | Format::EPHEMERON)
}

/// A new instance of a class without indexed fields.
fn instance(heap: &mut Heap, class: Oop) -> Answer {
    match heap.instance_spec(class) {
        Some((_, format)) if is_fixed(format) => heap.instantiate(class, 0),
        _ => Err(PrimError::BAD_RECEIVER),
    }
}

/// A new instance of a class with indexed fields; with none of them also of another class.
fn indexed_instance(heap: &mut Heap, class: Oop, size: Oop) -> Answer {
    let size = match size.as_small_int() {
        Some(size) => u64::try_from(size).map_err(|_| PrimError::BAD_ARGUMENT)?,
        None => unsigned_64(heap, size).ok_or(PrimError::BAD_ARGUMENT)?,
    };
    heap.instantiate(class, usize::try_from(size).map_err(|_| PrimError::NO_MEMORY)?)
}

fn new(vm: &mut Vm, args: Args) -> Answer {
    instance(&mut vm.heap, args.operand(0))
}

fn new_with_size(vm: &mut Vm, args: Args) -> Answer {
    indexed_instance(&mut vm.heap, args.operand(1), args.operand(0))
}

/// A new object that is never moved. (An object is born young, and pinning it there would leave a forwarder behind.)
fn pinned(vm: &mut Vm, new: Oop) -> Answer {
    let old = vm.heap.old_instead(new)?;
    vm.heap.pin(old)
}

fn new_method(vm: &mut Vm, args: Args) -> Answer {
    let (class, header) = (args.operand(2), args.operand(0));
    let literals = (header.as_small_int().ok_or(PrimError::BAD_ARGUMENT)? & 0x7FFF) as u64;
    let bytes = args.operand(1).as_small_int().and_then(|size| u64::try_from(size).ok()).ok_or(PrimError::BAD_ARGUMENT)?;
    let heap = &mut vm.heap;
    match heap.instance_spec(class) {
        Some((_, format)) if format.is_compiled_method() => {}
        _ => return Err(PrimError::BAD_RECEIVER),
    }
    if bytes >= 1 << 48 {
        return Err(PrimError::NO_MEMORY);
    }
    let class_index = heap.class_table_index(class)?;
    let (format, slots) = Format::for_units(Format::COMPILED_METHOD, 8 * (literals + 1) + bytes, 0);
    let method = heap.alloc_bits(class_index, format, to_index(slots))?;
    heap.store(method, 0, header);
    let nil = heap.nil();
    heap.slots_mut(method)[1..].fill(nil);
    Ok(method)
}

fn clone(vm: &mut Vm, args: Args) -> Answer {
    let object = args.operand(0);
    if object.is_immediate() {
        return Ok(object);
    }
    let object = plain_object(&vm.heap, object, PrimError::GENERIC)?;
    vm.heap.clone_object(object)
}
