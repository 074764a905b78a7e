//! Numbers in machine layout (little endian) at byte offsets from 0 in objects of bits, primitives 600 to 629: what Pharo's foreign
//! function interface reads and writes its structures with.
//!
//! The reference lets a load start one byte beyond what fits and stores into read-only objects; here neither happens.

use super::operands::{Answer, boolean, integer};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::object::Format;
use crate::oop::Oop;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(600, "primitiveLoadBoolean8FromBytes", (1, 1), "False if the byte at an offset is 0, else true.", |vm, args| {
        let byte = load::<1>(vm, args)?;
        Ok(vm.heap.bool(byte != [0]))
    }),
    value(601, "primitiveLoadUInt8FromBytes", (1, 1), "An unsigned 8-bit number.", |vm, args| {
        number(vm, args, |bytes: [u8; 1]| bytes[0] as i128)
    }),
    value(602, "primitiveLoadInt8FromBytes", (1, 1), "A signed 8-bit number.", |vm, args| {
        number(vm, args, |b| i8::from_le_bytes(b) as i128)
    }),
    value(603, "primitiveLoadUInt16FromBytes", (1, 1), "An unsigned 16-bit number.", |vm, args| {
        number(vm, args, |b| u16::from_le_bytes(b) as i128)
    }),
    value(604, "primitiveLoadInt16FromBytes", (1, 1), "A signed 16-bit number.", |vm, args| {
        number(vm, args, |b| i16::from_le_bytes(b) as i128)
    }),
    value(605, "primitiveLoadUInt32FromBytes", (1, 1), "An unsigned 32-bit number.", |vm, args| {
        number(vm, args, |b| u32::from_le_bytes(b) as i128)
    }),
    value(606, "primitiveLoadInt32FromBytes", (1, 1), "A signed 32-bit number.", |vm, args| {
        number(vm, args, |b| i32::from_le_bytes(b) as i128)
    }),
    value(607, "primitiveLoadUInt64FromBytes", (1, 1), "An unsigned 64-bit number.", |vm, args| {
        number(vm, args, |b| u64::from_le_bytes(b) as i128)
    }),
    value(608, "primitiveLoadInt64FromBytes", (1, 1), "A signed 64-bit number.", |vm, args| {
        number(vm, args, |b| i64::from_le_bytes(b) as i128)
    }),
    value(609, "primitiveLoadPointerFromBytes", (1, 1), "The eight bytes at an offset, as an ExternalAddress.", load_pointer),
    value(610, "primitiveLoadChar8FromBytes", (1, 1), "The Character of an 8-bit code.", |vm, args| {
        character(u8::from_le_bytes(load(vm, args)?) as u32)
    }),
    value(611, "primitiveLoadChar16FromBytes", (1, 1), "The Character of a 16-bit code.", |vm, args| {
        character(u16::from_le_bytes(load(vm, args)?) as u32)
    }),
    value(612, "primitiveLoadChar32FromBytes", (1, 1), "The Character of a 32-bit code.", |vm, args| {
        character(u32::from_le_bytes(load(vm, args)?))
    }),
    value(613, "primitiveLoadFloat32FromBytes", (1, 1), "A 32-bit float.", |vm, args| {
        let float = f32::from_le_bytes(load(vm, args)?) as f64;
        vm.heap.float(float)
    }),
    value(614, "primitiveLoadFloat64FromBytes", (1, 1), "A 64-bit float.", |vm, args| {
        let float = f64::from_le_bytes(load(vm, args)?);
        vm.heap.float(float)
    }),
    value(615, "primitiveStoreBoolean8IntoBytes", (2, 2), "Stores true as 1 and false as 0.", |vm, args| {
        let flag = boolean(&vm.heap, args.get(1)).ok_or(PrimError::BAD_ARGUMENT)?;
        store(vm, args, [flag as u8])
    }),
    value(616, "primitiveStoreUInt8IntoBytes", (2, 2), "Stores an unsigned 8-bit number.", |vm, args| {
        let number: u8 = narrow(vm, args)?;
        store(vm, args, number.to_le_bytes())
    }),
    value(617, "primitiveStoreInt8IntoBytes", (2, 2), "Stores a signed 8-bit number.", |vm, args| {
        let number: i8 = narrow(vm, args)?;
        store(vm, args, number.to_le_bytes())
    }),
    value(618, "primitiveStoreUInt16IntoBytes", (2, 2), "Stores an unsigned 16-bit number.", |vm, args| {
        let number: u16 = narrow(vm, args)?;
        store(vm, args, number.to_le_bytes())
    }),
    value(619, "primitiveStoreInt16IntoBytes", (2, 2), "Stores a signed 16-bit number.", |vm, args| {
        let number: i16 = narrow(vm, args)?;
        store(vm, args, number.to_le_bytes())
    }),
    value(620, "primitiveStoreUInt32IntoBytes", (2, 2), "Stores an unsigned 32-bit number.", |vm, args| {
        let number: u32 = narrow(vm, args)?;
        store(vm, args, number.to_le_bytes())
    }),
    value(621, "primitiveStoreInt32IntoBytes", (2, 2), "Stores a signed 32-bit number.", |vm, args| {
        let number: i32 = narrow(vm, args)?;
        store(vm, args, number.to_le_bytes())
    }),
    value(622, "primitiveStoreUInt64IntoBytes", (2, 2), "Stores an unsigned 64-bit number.", |vm, args| {
        let number: u64 = narrow(vm, args)?;
        store(vm, args, number.to_le_bytes())
    }),
    value(623, "primitiveStoreInt64IntoBytes", (2, 2), "Stores a signed 64-bit number.", |vm, args| {
        let number: i64 = narrow(vm, args)?;
        store(vm, args, number.to_le_bytes())
    }),
    value(624, "primitiveStorePointerIntoBytes", (2, 2), "Stores the eight bytes of an ExternalAddress.", store_pointer),
    value(625, "primitiveStoreChar8IntoBytes", (2, 2), "Stores the code of a Character in 8 bits.", |vm, args| {
        let code: u8 = code(args)?;
        store(vm, args, code.to_le_bytes())
    }),
    value(626, "primitiveStoreChar16IntoBytes", (2, 2), "Stores the code of a Character in 16 bits.", |vm, args| {
        let code: u16 = code(args)?;
        store(vm, args, code.to_le_bytes())
    }),
    value(627, "primitiveStoreChar32IntoBytes", (2, 2), "Stores the code of a Character in 32 bits.", |vm, args| {
        let code: u32 = code(args)?;
        store(vm, args, code.to_le_bytes())
    }),
    value(628, "primitiveStoreFloat32IntoBytes", (2, 2), "Stores a float as a 32-bit float.", |vm, args| {
        let float = vm.heap.float_value(args.get(1)).ok_or(PrimError::BAD_ARGUMENT)? as f32;
        store(vm, args, float.to_le_bytes())
    }),
    value(629, "primitiveStoreFloat64IntoBytes", (2, 2), "Stores a float as a 64-bit float.", |vm, args| {
        let float = vm.heap.float_value(args.get(1)).ok_or(PrimError::BAD_ARGUMENT)?;
        store(vm, args, float.to_le_bytes())
    }),
];

/// Index of ExternalAddress in the special objects.
const CLASS_EXTERNAL_ADDRESS: usize = 43;

/// The receiver and the offset given, if the receiver holds bits.
fn place(vm: &Vm, args: Args) -> Result<(Oop, usize), PrimError> {
    let offset = args.get(0).as_small_int().ok_or(PrimError::BAD_ARGUMENT)?;
    let object = args.receiver();
    if object.is_immediate() || !vm.heap.format(object).is_bits() {
        return Err(PrimError::BAD_ARGUMENT);
    }
    Ok((object, usize::try_from(offset).map_err(|_| PrimError::BAD_INDEX)?))
}

fn load<const N: usize>(vm: &Vm, args: Args) -> Result<[u8; N], PrimError> {
    let (object, offset) = place(vm, args)?;
    vm.heap.bytes(object).get(offset..).and_then(|rest| rest.first_chunk()).copied().ok_or(PrimError::BAD_INDEX)
}

fn store<const N: usize>(vm: &mut Vm, args: Args, value: [u8; N]) -> Answer {
    let (object, offset) = place(vm, args)?;
    if vm.heap.is_immutable(object) {
        return Err(PrimError::NO_MODIFICATION);
    }
    *vm.heap.bytes_mut(object).get_mut(offset..).and_then(|rest| rest.first_chunk_mut()).ok_or(PrimError::BAD_INDEX)? = value;
    Ok(args.get(1))
}

fn number<const N: usize>(vm: &mut Vm, args: Args, decode: fn([u8; N]) -> i128) -> Answer {
    let bytes = load(vm, args)?;
    super::operands::answer_integer(&mut vm.heap, decode(bytes))
}

/// The second argument, if it is an Integer that fits.
fn narrow<T: TryFrom<i128>>(vm: &Vm, args: Args) -> Result<T, PrimError> {
    integer(&vm.heap, args.get(1)).and_then(|value| T::try_from(value).ok()).ok_or(PrimError::BAD_ARGUMENT)
}

/// The code of the second argument, if it is a Character that fits.
fn code<T: TryFrom<u32>>(args: Args) -> Result<T, PrimError> {
    args.get(1).as_character().and_then(|code| T::try_from(code).ok()).ok_or(PrimError::BAD_ARGUMENT)
}

fn character(code: u32) -> Answer {
    if code <= Oop::MAX_CHARACTER { Ok(Oop::from_character(code)) } else { Err(PrimError::BAD_RECEIVER) }
}

fn load_pointer(vm: &mut Vm, args: Args) -> Answer {
    let pointer: [u8; 8] = load(vm, args)?;
    let class = vm.heap.slots(vm.heap.special_objects()).get(CLASS_EXTERNAL_ADDRESS).copied().unwrap_or(vm.heap.nil());
    match vm.heap.instance_spec(class) {
        Some((_, Format::BYTES)) => {}
        _ => return Err(PrimError::UNSUPPORTED),
    }
    let address = vm.heap.instantiate(class, 8)?;
    vm.heap.bytes_mut(address).copy_from_slice(&pointer);
    Ok(address)
}

fn store_pointer(vm: &mut Vm, args: Args) -> Answer {
    let address = args.get(1);
    if address.is_immediate() || !vm.heap.format(address).is_bits() {
        return Err(PrimError::BAD_ARGUMENT);
    }
    let pointer: [u8; 8] = vm.heap.bytes(address).first_chunk().copied().ok_or(PrimError::BAD_ARGUMENT)?;
    store(vm, args, pointer)
}
