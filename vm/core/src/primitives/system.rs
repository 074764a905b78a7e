//! The VM and its surroundings: names, attributes, memory, modules.

use super::operands::{Answer, Operands, boolean, count, plain_object, small};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::object::{Format, HEADER_BYTES, OVERFLOW_SLOTS};
use crate::oop::Oop;
use crate::special::Special;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(
        112,
        "primitiveBytesLeft",
        (0, 1),
        "Bytes that objects may still take; with nil as argument, those of the largest.",
        bytes_left,
    ),
    value(121, "primitiveImageName", (0, 1), "The path of the image's file; with an argument, sets it.", image_name),
    value(122, "primitiveNoop", (0, 15), "Nothing.", |_, args| Ok(args.receiver())),
    value(
        124,
        "primitiveLowSpaceSemaphore",
        (1, 1),
        "Sets the Semaphore, or nil, to signal when memory runs short.",
        |vm, args| semaphore(vm, args, Special::TheLowSpaceSemaphore),
    ),
    value(125, "primitiveSignalAtBytesLeft", (1, 1), "Sets how many bytes left are short.", signal_at_bytes_left),
    value(129, "primitiveSpecialObjectsOop", (0, 0), "The special objects array.", |vm, _| Ok(vm.heap.special_objects())),
    value(
        133,
        "primitiveSetInterruptKey",
        (1, 1),
        "Accepted and without effect: the surroundings say what interrupts.",
        |_, args| args.get(0).as_small_int().map(|_| args.receiver()).ok_or(PrimError::BAD_ARGUMENT),
    ),
    value(
        134,
        "primitiveInterruptSemaphore",
        (1, 1),
        "Sets the Semaphore, or nil, to signal when the user interrupts.",
        |vm, args| semaphore(vm, args, Special::TheInterruptSemaphore),
    ),
    value(142, "primitiveVMPath", (0, 0), "The directory of the VM, with a separator behind it.", vm_path),
    value(
        149,
        "primitiveGetAttribute",
        (1, 1),
        "A system attribute as a String; fails if there is none of this number.",
        attribute,
    ),
    value(
        180,
        "primitiveGrowMemoryByAtLeast",
        (1, 1),
        "Lets memory grow by so many bytes before the next full collection, if they are there; answers them.",
        grow,
    ),
    value(181, "primitiveSizeInBytesOfInstance", (0, 1), "Bytes of an instance of a class, header included.", instance_bytes),
    value(182, "primitiveSizeInBytes", (0, 1), "Bytes of an object, header included; 0 for immediates.", object_bytes),
    value(183, "primitiveIsPinned", (0, 1), "Whether an object is never moved.", is_pinned),
    value(
        184,
        "primitivePin",
        (1, 2),
        "Pins an object, which is then never moved, or lets it be moved again; answers what it was.",
        pin,
    ),
    value(
        231,
        "primitiveFormat",
        (0, 1),
        "The format in an object's header (Squeak: forceDisplayUpdate, whose answer is not used).",
        format,
    ),
    value(
        572,
        "primitiveListBuiltinModule",
        (1, 1),
        "Name of a module that is built in, by its number from 1; nil behind the last.",
        |vm, args| module(vm, args, |vm, index| vm.plugins.builtin_module(index)),
    ),
    value(
        573,
        "primitiveListExternalModule",
        (1, 1),
        "Name of a module that was loaded, by its number from 1; nil behind the last.",
        |vm, args| module(vm, args, |vm, index| vm.plugins.loaded_module(index)),
    ),
];

fn bytes_left(vm: &mut Vm, args: Args) -> Answer {
    let largest = args.count() == 1 && args.get(0) == vm.heap.nil();
    if args.count() == 1 && !largest && boolean(&vm.heap, args.get(0)).is_none() {
        return Err(PrimError::GENERIC);
    }
    let bytes = if largest { vm.heap.largest_free_bytes() } else { vm.heap.bytes_left() };
    vm.heap.unsigned_integer(bytes)
}

/// A String of Smalltalk as one of the platform.
pub(super) fn text(vm: &Vm, oop: Oop) -> Result<String, PrimError> {
    vm.heap.text(oop).ok_or(PrimError::BAD_ARGUMENT)
}

fn image_name(vm: &mut Vm, args: Args) -> Answer {
    if args.count() == 1 {
        let name = text(vm, args.get(0))?;
        vm.platform.set_image_name(name);
        return Ok(args.receiver());
    }
    let name = vm.platform.image_name();
    vm.heap.string(&name)
}

fn semaphore(vm: &mut Vm, args: Args, place: Special) -> Answer {
    let semaphore = args.get(0);
    if semaphore != vm.heap.nil() && !vm.heap.is_instance_of(semaphore, Special::ClassSemaphore) {
        return Err(PrimError::BAD_ARGUMENT);
    }
    vm.heap.set_special(place, semaphore);
    Ok(args.receiver())
}

fn signal_at_bytes_left(vm: &mut Vm, args: Args) -> Answer {
    let bytes = args.get(0).as_small_int().and_then(|bytes| u64::try_from(bytes).ok()).ok_or(PrimError::BAD_ARGUMENT)?;
    vm.heap.set_low_space_threshold(bytes);
    Ok(args.receiver())
}

fn vm_path(vm: &mut Vm, _: Args) -> Answer {
    let path = vm.platform.attribute(0).unwrap_or_default();
    let directory = path.rfind(['/', '\\']).map_or("", |separator| &path[..=separator]);
    vm.heap.string(directory)
}

fn attribute(vm: &mut Vm, args: Args) -> Answer {
    let number = small(args.get(0))?;
    let text = vm.platform.attribute(number).ok_or(PrimError::GENERIC)?;
    vm.heap.string(&text)
}

fn grow(vm: &mut Vm, args: Args) -> Answer {
    let bytes = args.get(0).as_small_int().and_then(|bytes| u64::try_from(bytes).ok()).ok_or(PrimError::BAD_ARGUMENT)?;
    let grown = vm.heap.grow(bytes).ok_or(PrimError::NO_MEMORY)?;
    vm.heap.unsigned_integer(grown)
}

/// Bytes that an object of this many slots takes.
fn bytes_for_slots(slots: u64) -> u64 {
    let headers = if slots >= OVERFLOW_SLOTS { 2 * HEADER_BYTES } else { HEADER_BYTES };
    headers + 8 * slots.max(1)
}

fn instance_bytes(vm: &mut Vm, args: Args) -> Answer {
    let (fixed, format) = vm.heap.instance_spec(args.receiver()).ok_or(PrimError::BAD_RECEIVER)?;
    let fixed = fixed as u64;
    let slots = if args.count() == 0 {
        match format.0 {
            0 | 1 | 5 => fixed,
            _ => return Err(PrimError::BAD_RECEIVER),
        }
    } else {
        let size = args.get(0).as_small_int().and_then(|size| u64::try_from(size).ok()).ok_or(PrimError::BAD_ARGUMENT)?;
        let slots_of_units = |shift| Format::for_units(format, size, shift).1;
        match format.0 {
            2 => size,
            3 | 4 => fixed + size,
            9 => size,
            10 => slots_of_units(2),
            12 => slots_of_units(1),
            16 | 24 => slots_of_units(0),
            _ => return Err(PrimError::BAD_RECEIVER),
        }
    };
    if slots >= 1 << 48 {
        return Err(PrimError::LIMIT_EXCEEDED);
    }
    Ok(count(bytes_for_slots(slots) as usize))
}

fn object_bytes(vm: &mut Vm, args: Args) -> Answer {
    let object = args.operand(0);
    Ok(count(vm.heap.size_in_memory(object) as usize))
}

fn is_pinned(vm: &mut Vm, args: Args) -> Answer {
    let object = args.operand(0);
    if object.is_immediate() || vm.heap.is_forwarded(object) {
        return Err(PrimError::BAD_RECEIVER);
    }
    Ok(vm.heap.bool(vm.heap.is_pinned(object)))
}

fn pin(vm: &mut Vm, args: Args) -> Answer {
    let object = plain_object(&vm.heap, args.operand(1), PrimError::BAD_RECEIVER)?;
    let wanted = boolean(&vm.heap, args.operand(0)).ok_or(PrimError::BAD_ARGUMENT)?;
    let was = vm.heap.is_pinned(object);
    if wanted && !was {
        // A young object moves to old space now, and frames that refer to it with it.
        let known_to_caches = vm.heap.instance_spec(object).is_some() || vm.heap.format(object).is_compiled_method();
        if vm.heap.pin(object)? != object {
            vm.follow_frames(known_to_caches);
        }
    } else if !wanted {
        vm.heap.unpin(object);
    }
    Ok(vm.heap.bool(was))
}

fn format(vm: &mut Vm, args: Args) -> Answer {
    let object = args.operand(0);
    if object.is_immediate() { Err(PrimError::GENERIC) } else { Ok(Oop::from_small_int(vm.heap.format(object).0 as i64)) }
}

fn module(vm: &mut Vm, args: Args, name: fn(&Vm, usize) -> Option<String>) -> Answer {
    let index = args.get(0).as_small_int().and_then(|index| usize::try_from(index).ok()).filter(|&index| index > 0);
    match name(vm, index.ok_or(PrimError::GENERIC)?) {
        Some(name) => vm.heap.string(&name),
        None => Ok(vm.heap.nil()),
    }
}
