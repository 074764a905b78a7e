//! Indexed access, primitives 60 to 64, and to the literals of compiled code, 68 and 69.
//!
//! Contexts are refused: their fields may be in a frame, and the interpreter serves them before it comes here.

use super::operands::{Answer, Operands, count, index, load, no_context, unsigned_64};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::heap::Heap;
use crate::object::Format;
use crate::oop::Oop;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(60, "primitiveAt", (1, 2), "at: of the indexed fields: an object, or an Integer for bits and bytes.", at),
    value(61, "primitiveAtPut", (2, 3), "at:put: of the indexed fields.", at_put),
    value(62, "primitiveSize", (0, 1), "The number of indexed fields.", size),
    value(63, "primitiveStringAt", (1, 2), "at: of bytes, 16-bit units or 32-bit words, as a Character.", string_at),
    value(64, "primitiveStringAtPut", (2, 3), "at:put: of a Character in bytes, 16-bit units or 32-bit words.", string_at_put),
    value(68, "primitiveObjectAt", (1, 1), "The header (1) or a literal (from 2) of compiled code.", object_at),
    value(69, "primitiveObjectAtPut", (2, 2), "Replaces the header or a literal of compiled code.", object_at_put),
];

/// Element `index` (from 0) of `bytes` as units of `N` bytes.
#[inline(always)]
pub(super) fn unit<const N: usize>(bytes: &[u8], index: usize) -> Option<[u8; N]> {
    bytes.as_chunks::<N>().0.get(index).copied()
}

/// Replaces element `index` (from 0) of `bytes` as units of `N` bytes.
#[inline(always)]
pub(super) fn set_unit<const N: usize>(bytes: &mut [u8], index: usize, value: [u8; N]) -> Result<(), PrimError> {
    *bytes.as_chunks_mut::<N>().0.get_mut(index).ok_or(PrimError::BAD_INDEX)? = value;
    Ok(())
}

/// The unsigned element `index` (from 0) of an object of bits or bytes; of compiled code a byte behind the literals.
#[inline(always)]
pub(super) fn bits_at(heap: &Heap, object: Oop, format: Format, index: usize) -> Result<u64, PrimError> {
    let bytes = heap.bytes(object);
    let found = match format.0 {
        16..=23 => bytes.get(index).map(|&byte| byte as u64),
        10 | 11 => unit(bytes, index).map(|unit| u32::from_le_bytes(unit) as u64),
        9 => unit(bytes, index).map(u64::from_le_bytes),
        12..=15 => unit(bytes, index).map(|unit| u16::from_le_bytes(unit) as u64),
        24..=31 if index >= 8 * heap.pointer_slots(object) => bytes.get(index).map(|&byte| byte as u64),
        24..=31 => None,
        _ => return Err(PrimError::BAD_RECEIVER),
    };
    found.ok_or(PrimError::BAD_INDEX)
}

/// Replaces the unsigned element `index` (from 0) of an object of bits or bytes. What does not fit is a bad argument, and so is what
/// is no Integer.
#[inline(always)]
fn put_bits(heap: &mut Heap, object: Oop, format: Format, index: usize, value: Oop) -> Result<(), PrimError> {
    let value = match value.as_small_int() {
        Some(value) => u64::try_from(value).ok(),
        None => unsigned_64(heap, value),
    };
    let value = value.ok_or(PrimError::BAD_ARGUMENT)?;
    store_bits(heap, object, format, index, value)
}

pub(super) fn store_bits(heap: &mut Heap, object: Oop, format: Format, index: usize, value: u64) -> Result<(), PrimError> {
    fn narrow<T: TryFrom<u64>>(value: u64) -> Result<T, PrimError> {
        T::try_from(value).map_err(|_| PrimError::BAD_ARGUMENT)
    }
    // The bytes of compiled code start behind the literals, and so does the slice to change.
    let skipped = if format.is_compiled_method() { 8 * heap.pointer_slots(object) } else { 0 };
    let bytes = heap.bytes_mut(object);
    match format.0 {
        16..=31 => {
            let byte = narrow(value)?;
            let place = index.checked_sub(skipped).and_then(|index| bytes.get_mut(index));
            *place.ok_or(PrimError::BAD_INDEX)? = byte;
            Ok(())
        }
        10 | 11 => set_unit(bytes, index, narrow::<u32>(value)?.to_le_bytes()),
        9 => set_unit(bytes, index, value.to_le_bytes()),
        12..=15 => set_unit(bytes, index, narrow::<u16>(value)?.to_le_bytes()),
        _ => Err(PrimError::BAD_RECEIVER),
    }
}

/// Number of named fields of an object of these formats, never more than it has slots.
#[inline(always)]
pub(super) fn named_fields(heap: &Heap, object: Oop, format: Format) -> usize {
    if format == Format::INDEXABLE { 0 } else { heap.fixed_fields(object).min(heap.num_slots(object)) }
}

/// What is at index `index` (from 0) of the indexed fields.
#[inline(always)]
pub(super) fn element(heap: &mut Heap, object: Oop, index: usize) -> Answer {
    let format = heap.format(object);
    match format.0 {
        2..=4 => {
            no_context(heap, object)?;
            let slot = index.checked_add(named_fields(heap, object, format)).ok_or(PrimError::BAD_INDEX)?;
            if slot < heap.num_slots(object) { Ok(load(heap, object, slot)) } else { Err(PrimError::BAD_INDEX) }
        }
        _ => {
            let bits = bits_at(heap, object, format, index)?;
            heap.unsigned_integer(bits)
        }
    }
}

/// Replaces what is at index `index` (from 0) of the indexed fields of an object that may be changed.
#[inline(always)]
pub(super) fn put_element(vm: &mut Vm, object: Oop, index: usize, value: Oop) -> Answer {
    let heap = &mut vm.heap;
    let format = heap.format(object);
    match format.0 {
        2..=4 => {
            no_context(heap, object)?;
            let slot = index.checked_add(named_fields(heap, object, format)).ok_or(PrimError::BAD_INDEX)?;
            if slot >= heap.num_slots(object) {
                return Err(PrimError::BAD_INDEX);
            }
            heap.store(object, slot, value);
        }
        24..=31 => {
            put_bits(heap, object, format, index, value)?;
            vm.method_changed(object);
        }
        _ => put_bits(heap, object, format, index, value)?,
    }
    Ok(value)
}

/// The object that the primitive is about, if it may have indexed fields at all.
#[inline(always)]
fn indexed(object: Oop) -> Answer {
    if object.is_immediate() { Err(PrimError::INAPPROPRIATE) } else { Ok(object) }
}

/// The same, if it may be changed.
#[inline(always)]
fn writable(heap: &Heap, object: Oop) -> Answer {
    indexed(object)?;
    if heap.is_immutable(object) { Err(PrimError::NO_MODIFICATION) } else { Ok(object) }
}

fn at(vm: &mut Vm, args: Args) -> Answer {
    let object = indexed(args.operand(1))?;
    element(&mut vm.heap, object, index(args.operand(0))?)
}

fn at_put(vm: &mut Vm, args: Args) -> Answer {
    let place = index(args.operand(1));
    let object = indexed(args.operand(2))?;
    let place = place?;
    put_element(vm, writable(&vm.heap, object)?, place, args.operand(0))
}

fn size(vm: &mut Vm, args: Args) -> Answer {
    let object = args.operand(0);
    if object.is_immediate() {
        return Err(PrimError::BAD_RECEIVER);
    }
    let format = vm.heap.format(object);
    let bytes = vm.heap.byte_size(object);
    Ok(count(match format.0 {
        2..=5 => {
            no_context(&vm.heap, object)?;
            vm.heap.num_slots(object) - named_fields(&vm.heap, object, format)
        }
        9 => bytes / 8,
        10 | 11 => bytes / 4,
        12..=15 => bytes / 2,
        16..=31 => bytes,
        _ => return Err(PrimError::BAD_RECEIVER),
    }))
}

/// Formats whose elements can be Characters.
fn characters(heap: &Heap, object: Oop) -> Result<Format, PrimError> {
    let format = heap.format(object);
    match format.0 {
        10..=23 => Ok(format),
        _ => Err(PrimError::BAD_RECEIVER),
    }
}

fn string_at(vm: &mut Vm, args: Args) -> Answer {
    let object = indexed(args.operand(1))?;
    let index = index(args.operand(0))?;
    let format = characters(&vm.heap, object)?;
    match u32::try_from(bits_at(&vm.heap, object, format, index)?) {
        Ok(code) if code <= Oop::MAX_CHARACTER => Ok(Oop::from_character(code)),
        _ => Err(PrimError::BAD_RECEIVER),
    }
}

fn string_at_put(vm: &mut Vm, args: Args) -> Answer {
    let object = indexed(args.operand(2))?;
    let index = index(args.operand(1))?;
    let object = writable(&vm.heap, object)?;
    let code = args.operand(0).as_character().ok_or(PrimError::BAD_ARGUMENT)?;
    let format = characters(&vm.heap, object)?;
    store_bits(&mut vm.heap, object, format, index, code as u64)?;
    Ok(args.operand(0))
}

/// The receiver if it is compiled code, and the index in range of its header and literals.
fn literal(vm: &Vm, args: Args) -> Result<(Oop, usize), PrimError> {
    let index = index(args.get(0))?;
    let code = args.receiver();
    if code.is_immediate() || !vm.heap.format(code).is_compiled_method() {
        return Err(PrimError::BAD_RECEIVER);
    }
    if index < vm.heap.pointer_slots(code) { Ok((code, index)) } else { Err(PrimError::BAD_INDEX) }
}

fn object_at(vm: &mut Vm, args: Args) -> Answer {
    let (code, index) = literal(vm, args)?;
    Ok(load(&mut vm.heap, code, index))
}

fn object_at_put(vm: &mut Vm, args: Args) -> Answer {
    let (code, index) = literal(vm, args)?;
    let value = args.get(1);
    if index == 0 {
        // With more literals than it was made with, bytes would be taken for object pointers.
        let header = value.as_small_int().ok_or(PrimError::BAD_ARGUMENT)?;
        if (header & 0x7FFF) as usize > vm.heap.literal_count(code) {
            return Err(PrimError::BAD_ARGUMENT);
        }
    }
    if vm.heap.is_immutable(code) {
        return Err(PrimError::NO_MODIFICATION);
    }
    vm.heap.store(code, index, value);
    vm.method_changed(code);
    Ok(value)
}
