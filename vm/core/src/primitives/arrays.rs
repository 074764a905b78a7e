//! Many elements at once: primitives 105, 145, 156, 158, 235 and 574.

use super::operands::{Answer, Operands, no_context, unsigned_64};
use super::subscript::named_fields;
use super::{Primitive, value};
use crate::error::PrimError;
use crate::heap::Heap;
use crate::object::Format;
use crate::oop::Oop;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(
        105,
        "primitiveStringReplace",
        (4, 5),
        "replaceFrom:to:with:startingAt: between objects of one layout; overlapping ranges as in a loop upwards.",
        replace,
    ),
    value(145, "primitiveConstantFill", (1, 1), "Fills an object of bits or bytes with one number.", fill),
    value(156, "primitiveCompareBytes", (1, 1), "True if two objects of bits of one unit hold the same.", same_bytes),
    value(
        158,
        "primitiveStringCompareWith",
        (1, 2),
        "Order of two byte strings, optionally after a table of 256 bytes: negative, zero or positive.",
        compare_strings,
    ),
    value(
        235,
        "primitiveCompareString",
        (3, 3),
        "Whether the first of two byte strings is before (1), equal to (2) or behind (3) the second, after a table of 256 bytes.",
        compare_in_order,
    ),
    value(574, "primitiveFloat64ArrayAdd", (3, 3), "Adds two arrays of 64-bit floats element by element into a third.", add_floats),
];

/// The format without what it says of unused elements in the last slot.
const fn layout(format: Format) -> Format {
    match format.0 {
        10 | 11 => Format::WORDS_32,
        12..=15 => Format::SHORTS,
        16..=23 => Format::BYTES,
        24..=31 => Format::COMPILED_METHOD,
        _ => format,
    }
}

/// log2 of the bytes of an element of an object of bits.
const fn unit_shift(format: Format) -> u32 {
    match format.0 {
        9 => 3,
        10 | 11 => 2,
        12..=15 => 1,
        _ => 0,
    }
}

/// One-based first and last index of the target, and first index of the source, as zero-based start, source start and count.
/// `limits` are the numbers of elements of both.
fn ranges(start: i64, stop: i64, from: i64, limits: (usize, usize)) -> Result<(usize, usize, usize), PrimError> {
    let fits = start >= 1 && start - 1 <= stop && stop <= limits.0 as i64 && from >= 1 && stop - start + from <= limits.1 as i64;
    if fits { Ok(((start - 1) as usize, (from - 1) as usize, (stop + 1 - start) as usize)) } else { Err(PrimError::BAD_INDEX) }
}

fn replace(vm: &mut Vm, args: Args) -> Answer {
    let heap = &mut vm.heap;
    let bad_argument = PrimError::BAD_ARGUMENT;
    let start = args.operand(3).as_small_int().ok_or(bad_argument)?;
    let stop = args.operand(2).as_small_int().ok_or(bad_argument)?;
    let from = args.operand(0).as_small_int().ok_or(bad_argument)?;
    let (target, source) = (args.operand(4), args.operand(1));
    if source.is_immediate() {
        return Err(bad_argument);
    }
    if target.is_immediate() {
        return Err(PrimError::BAD_RECEIVER);
    }
    if stop >= start && heap.is_immutable(target) {
        return Err(PrimError::NO_MODIFICATION);
    }
    let format = layout(heap.format(target));
    if format != layout(heap.format(source)) || !(format.is_pointers() || format.is_bits()) {
        return Err(PrimError::INAPPROPRIATE);
    }
    let done = if format.is_pointers() {
        no_context(heap, target)?;
        no_context(heap, source)?;
        let fixed = (named_fields(heap, target, format), named_fields(heap, source, format));
        let limits = (heap.num_slots(target) - fixed.0, heap.num_slots(source) - fixed.1);
        let (to, from, count) = ranges(start, stop, from, limits)?;
        heap.copy_slots(source, from + fixed.1, target, to + fixed.0, count)
    } else {
        let shift = unit_shift(format);
        let limits = (heap.byte_size(target) >> shift, heap.byte_size(source) >> shift);
        let (to, from, count) = ranges(start, stop, from, limits)?;
        heap.copy_bytes(source, from << shift, target, to << shift, count << shift)
    };
    // The receiver of the message: as a mirror, the one who asks.
    if done { Ok(args.receiver()) } else { Err(PrimError::BAD_INDEX) }
}

fn fill(vm: &mut Vm, args: Args) -> Answer {
    let object = args.receiver();
    let value = unsigned_64(&vm.heap, args.get(0)).ok_or(PrimError::GENERIC)?;
    if object.is_immediate() || !vm.heap.format(object).is_bits() {
        return Err(PrimError::GENERIC);
    }
    let shift = unit_shift(vm.heap.format(object));
    if shift < 3 && value >> (8 << shift) != 0 {
        return Err(PrimError::GENERIC);
    }
    if vm.heap.is_immutable(object) {
        return Err(PrimError::NO_MODIFICATION);
    }
    let bytes = vm.heap.bytes_mut(object);
    let unit = value.to_le_bytes();
    match shift {
        0 => bytes.fill(unit[0]),
        _ => bytes.chunks_exact_mut(1 << shift).for_each(|chunk| chunk.copy_from_slice(&unit[..1 << shift])),
    }
    Ok(object)
}

fn same_bytes(vm: &mut Vm, args: Args) -> Answer {
    let (a, b) = (args.operand(1), args.operand(0));
    if a == b {
        return Ok(vm.heap.true_());
    }
    let of_bits = |oop: Oop| oop.is_pointer() && vm.heap.format(oop).is_bits();
    if !of_bits(a) || !of_bits(b) || layout(vm.heap.format(a)) != layout(vm.heap.format(b)) {
        return Err(PrimError::GENERIC);
    }
    Ok(vm.heap.bool(vm.heap.bytes(a) == vm.heap.bytes(b)))
}

/// The bytes of a byte object.
fn byte_string(heap: &Heap, oop: Oop) -> Result<&[u8], PrimError> {
    if oop.is_pointer() && heap.format(oop).is_bytes() { Ok(heap.bytes(oop)) } else { Err(PrimError::BAD_ARGUMENT) }
}

/// Negative, zero or positive as `a` is before, equal to or behind `b`; `order` is nothing or a table of 256 bytes.
fn difference(heap: &Heap, a: Oop, b: Oop, order: Option<Oop>) -> Result<i64, PrimError> {
    let (a, b) = (byte_string(heap, a)?, byte_string(heap, b)?);
    let order = match order {
        Some(table) => Some(<&[u8; 256]>::try_from(byte_string(heap, table)?).map_err(|_| PrimError::BAD_ARGUMENT)?),
        None => None,
    };
    let rank = |byte: u8| order.map_or(byte, |table| table[byte as usize]) as i64;
    let difference = a.iter().zip(b).map(|(&a, &b)| rank(a) - rank(b)).find(|&difference| difference != 0);
    Ok(difference.unwrap_or(a.len() as i64 - b.len() as i64))
}

fn compare_strings(vm: &mut Vm, args: Args) -> Answer {
    let order = (args.count() > 1).then(|| args.get(1));
    Ok(Oop::from_small_int(difference(&vm.heap, args.receiver(), args.get(0), order)?))
}

fn compare_in_order(vm: &mut Vm, args: Args) -> Answer {
    let difference = difference(&vm.heap, args.get(0), args.get(1), Some(args.get(2)))?;
    Ok(Oop::from_small_int(2 + difference.signum()))
}

fn add_floats(vm: &mut Vm, args: Args) -> Answer {
    let (a, b, sum) = (args.get(0), args.get(1), args.get(2));
    for array in [a, b, sum] {
        if array.is_immediate() || !vm.heap.format(array).is_words_64() {
            return Err(PrimError::BAD_ARGUMENT);
        }
    }
    let count = vm.heap.num_slots(sum);
    if vm.heap.num_slots(a) < count || vm.heap.num_slots(b) < count {
        return Err(PrimError::BAD_ARGUMENT);
    }
    if vm.heap.is_immutable(sum) {
        return Err(PrimError::NO_MODIFICATION);
    }
    for i in 0..count {
        let float = |array| f64::from_bits(vm.heap.fetch_word(array, i).unwrap_or(0));
        let value = float(a) + float(b);
        vm.heap.store_word(sum, i, value.to_bits());
    }
    Ok(sum)
}
