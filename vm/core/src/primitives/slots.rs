//! Fields by number whatever they are, primitives 73, 74, 173 and 174; signed elements, 143, 144, 165 and 166.

use super::operands::{Answer, Operands, index, load, no_context, signed_64, unsigned_64};
use super::subscript::{bits_at, element, named_fields, put_element, set_unit, store_bits, unit};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::heap::Heap;
use crate::object::Format;
use crate::oop::Oop;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(73, "primitiveInstVarAt", (1, 2), "A named field by its number from 1.", inst_var_at),
    value(74, "primitiveInstVarAtPut", (2, 3), "Replaces a named field.", inst_var_at_put),
    value(143, "primitiveShortAt", (1, 1), "The signed 16-bit unit at an index, whatever the unit of the object.", short_at),
    value(144, "primitiveShortAtPut", (2, 2), "Replaces the signed 16-bit unit at an index.", short_at_put),
    value(165, "primitiveIntegerAt", (1, 1), "at: with bits and bytes taken as signed numbers.", integer_at),
    value(166, "primitiveIntegerAtPut", (2, 2), "at:put: of signed numbers in bits and bytes.", integer_at_put),
    value(173, "primitiveSlotAt", (1, 2), "A field by its number from 1, named ones first; of bits an unsigned number.", slot_at),
    value(174, "primitiveSlotAtPut", (2, 3), "Replaces a field, named ones first.", slot_at_put),
];

/// The object itself unless it is immediate or read-only.
fn writable(heap: &Heap, object: Oop) -> Answer {
    if object.is_immediate() {
        Err(PrimError::BAD_RECEIVER)
    } else if heap.is_immutable(object) {
        Err(PrimError::NO_MODIFICATION)
    } else {
        Ok(object)
    }
}

/// Number of named fields as far as these primitives see any.
fn named(heap: &Heap, object: Oop) -> Result<usize, PrimError> {
    no_context(heap, object)?;
    let format = heap.format(object);
    if format.is_pointers() { Ok(named_fields(heap, object, format)) } else { Ok(0) }
}

fn inst_var_at(vm: &mut Vm, args: Args) -> Answer {
    let index = index(args.operand(0))?;
    let object = args.operand(1);
    if object.is_immediate() {
        return Err(PrimError::INAPPROPRIATE);
    }
    if index < named(&vm.heap, object)? { Ok(load(&mut vm.heap, object, index)) } else { Err(PrimError::BAD_INDEX) }
}

fn inst_var_at_put(vm: &mut Vm, args: Args) -> Answer {
    let index = index(args.operand(1))?;
    let object = writable(&vm.heap, args.operand(2))?;
    if index >= named(&vm.heap, object)? {
        return Err(PrimError::BAD_INDEX);
    }
    vm.heap.store(object, index, args.operand(0));
    Ok(args.operand(0))
}

fn slot_at(vm: &mut Vm, args: Args) -> Answer {
    let index = index(args.operand(0))?;
    let object = args.operand(1);
    if object.is_immediate() {
        return Err(PrimError::BAD_RECEIVER);
    }
    no_context(&vm.heap, object)?;
    let format = vm.heap.format(object);
    if format.is_pointers() {
        return if index < vm.heap.num_slots(object) { Ok(load(&mut vm.heap, object, index)) } else { Err(PrimError::BAD_INDEX) };
    }
    if format.is_compiled_method() {
        return Err(PrimError::UNSUPPORTED);
    }
    let bits = bits_at(&vm.heap, object, format, index)?;
    vm.heap.unsigned_integer(bits)
}

fn slot_at_put(vm: &mut Vm, args: Args) -> Answer {
    let index = index(args.operand(1))?;
    let object = writable(&vm.heap, args.operand(2))?;
    let value = args.operand(0);
    no_context(&vm.heap, object)?;
    let format = vm.heap.format(object);
    if format.is_pointers() {
        if index >= vm.heap.num_slots(object) {
            return Err(PrimError::BAD_INDEX);
        }
        vm.heap.store(object, index, value);
        return Ok(value);
    }
    let bits = unsigned_64(&vm.heap, value).ok_or(PrimError::BAD_ARGUMENT)?;
    if format.is_compiled_method() {
        return Err(PrimError::UNSUPPORTED);
    }
    store_bits(&mut vm.heap, object, format, index, bits)?;
    Ok(value)
}

fn integer_at(vm: &mut Vm, args: Args) -> Answer {
    let index = index(args.get(0))?;
    let object = args.receiver();
    if object.is_immediate() {
        return Err(PrimError::BAD_RECEIVER);
    }
    let format = vm.heap.format(object);
    let bits = match format.0 {
        2..=4 => return element(&mut vm.heap, object, index),
        24..=31 => return Err(PrimError::UNSUPPORTED),
        _ => bits_at(&vm.heap, object, format, index)?,
    };
    vm.heap.integer(match format.0 {
        16.. => bits as u8 as i8 as i64,
        12..=15 => bits as u16 as i16 as i64,
        10 | 11 => bits as u32 as i32 as i64,
        _ => bits as i64,
    })
}

fn integer_at_put(vm: &mut Vm, args: Args) -> Answer {
    let value = args.get(1);
    let number = signed_64(&vm.heap, value).ok_or(PrimError::BAD_ARGUMENT)?;
    let index = index(args.get(0))?;
    let object = writable(&vm.heap, args.receiver())?;
    let format = vm.heap.format(object);
    let out_of_range = PrimError::BAD_ARGUMENT;
    let bits = match format.0 {
        2..=4 => return put_element(vm, object, index, value),
        24..=31 => return Err(PrimError::UNSUPPORTED),
        16..=23 => i8::try_from(number).map_err(|_| out_of_range)? as u8 as u64,
        12..=15 => i16::try_from(number).map_err(|_| out_of_range)? as u16 as u64,
        10 | 11 => i32::try_from(number).map_err(|_| out_of_range)? as u32 as u64,
        _ => number as u64,
    };
    store_bits(&mut vm.heap, object, format, index, bits)?;
    Ok(value)
}

/// The receiver if it is an object of bits, for access by 16-bit units.
fn of_bits(heap: &Heap, object: Oop) -> Result<Format, PrimError> {
    if object.is_pointer() && heap.format(object).is_bits() { Ok(heap.format(object)) } else { Err(PrimError::INAPPROPRIATE) }
}

fn short_at(vm: &mut Vm, args: Args) -> Answer {
    let index = index(args.get(0))?;
    of_bits(&vm.heap, args.receiver())?;
    let unit = unit(vm.heap.bytes(args.receiver()), index).ok_or(PrimError::BAD_INDEX)?;
    Ok(Oop::from_small_int(i16::from_le_bytes(unit) as i64))
}

fn short_at_put(vm: &mut Vm, args: Args) -> Answer {
    let number = args.get(1).as_small_int().and_then(|value| i16::try_from(value).ok()).ok_or(PrimError::BAD_ARGUMENT)?;
    let index = index(args.get(0))?;
    of_bits(&vm.heap, args.receiver())?;
    let object = writable(&vm.heap, args.receiver())?;
    set_unit(vm.heap.bytes_mut(object), index, number.to_le_bytes())?;
    Ok(args.get(1))
}
