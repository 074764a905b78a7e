//! Arithmetic of SmallIntegers, primitives 1 to 18 and 40. The interpreter's special sends do the common cases without coming here.
//!
//! Bit operations, shifts and equality take large operands of up to 64 bits of magnitude too. Everything else fails without a
//! reason and is done by the image's own code, as in the reference.

use super::operands::{Answer, Operands, answer_integer, integer, small};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::object::{CLASS_INDEX_POINT, Format};
use crate::oop::Oop;
use crate::small_integer;
use crate::special::Special;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(1, "primitiveAdd", (1, 1), "Sum of two SmallIntegers; fails if it is none.", |_, args| of(args, small_integer::sum)),
    value(2, "primitiveSubtract", (1, 1), "Difference of two SmallIntegers; fails if it is none.", |_, args| {
        of(args, small_integer::difference)
    }),
    value(3, "primitiveLessThan", (1, 1), "SmallInteger <.", |vm, args| compare(vm, args, |a, b| a < b)),
    value(4, "primitiveGreaterThan", (1, 1), "SmallInteger >.", |vm, args| compare(vm, args, |a, b| a > b)),
    value(5, "primitiveLessOrEqual", (1, 1), "SmallInteger <=.", |vm, args| compare(vm, args, |a, b| a <= b)),
    value(6, "primitiveGreaterOrEqual", (1, 1), "SmallInteger >=.", |vm, args| compare(vm, args, |a, b| a >= b)),
    value(7, "primitiveEqual", (1, 1), "= of two Integers of up to 64 bits.", |vm, args| equal(vm, args, true)),
    value(8, "primitiveNotEqual", (1, 1), "~= of two Integers of up to 64 bits.", |vm, args| equal(vm, args, false)),
    value(9, "primitiveMultiply", (1, 1), "Product of two SmallIntegers; fails if it is none.", |_, args| {
        of(args, small_integer::product)
    }),
    value(10, "primitiveDivide", (1, 1), "Quotient of two SmallIntegers; fails unless it is exact.", |_, args| {
        of(args, small_integer::exact_quotient)
    }),
    value(11, "primitiveMod", (1, 1), "\\\\ of two SmallIntegers: the remainder that goes with //.", |_, args| {
        of(args, small_integer::floor_remainder)
    }),
    value(12, "primitiveDiv", (1, 1), "// of two SmallIntegers: the quotient rounded down.", |_, args| {
        of(args, small_integer::floor_quotient)
    }),
    value(13, "primitiveQuo", (1, 1), "quo: of two SmallIntegers: the quotient rounded towards zero.", quotient),
    value(14, "primitiveBitAnd", (1, 1), "bitAnd: of two Integers of up to 64 bits.", |vm, args| bits(vm, args, |a, b| a & b)),
    value(15, "primitiveBitOr", (1, 1), "bitOr: of two Integers of up to 64 bits.", |vm, args| bits(vm, args, |a, b| a | b)),
    value(16, "primitiveBitXor", (1, 1), "bitXor: of two Integers of up to 64 bits.", |vm, args| bits(vm, args, |a, b| a ^ b)),
    value(17, "primitiveBitShift", (1, 1), "bitShift: of an Integer of up to 64 bits by up to 61 places to the left.", bit_shift),
    value(18, "primitiveMakePoint", (1, 1), "The Point of two numbers.", make_point),
    value(575, "primitiveHighBit", (0, 0), "Position from 1 of the highest bit of a SmallInteger that is not negative.", high_bit),
];

#[inline(always)]
fn both(args: Args) -> Result<(i64, i64), PrimError> {
    Ok((small(args.receiver())?, small(args.get(0))?))
}

/// What an operation answers for two SmallIntegers.
#[inline(always)]
fn of(args: Args, operation: impl Fn(Oop, Oop) -> Option<Oop>) -> Answer {
    operation(args.receiver(), args.get(0)).ok_or(PrimError::GENERIC)
}

fn quotient(_: &mut Vm, args: Args) -> Answer {
    let (a, b) = both(args)?;
    a.checked_div(b).and_then(Oop::try_from_small_int).ok_or(PrimError::GENERIC)
}

fn compare(vm: &mut Vm, args: Args, holds: fn(i64, i64) -> bool) -> Answer {
    let (a, b) = both(args)?;
    Ok(vm.heap.bool(holds(a, b)))
}

/// Both operands as integers of up to 64 bits of magnitude.
pub(super) fn wide(vm: &Vm, args: Args) -> Result<(i128, i128), PrimError> {
    integer(&vm.heap, args.receiver()).zip(integer(&vm.heap, args.get(0))).ok_or(PrimError::GENERIC)
}

fn equal(vm: &mut Vm, args: Args, expected: bool) -> Answer {
    let (a, b) = wide(vm, args)?;
    Ok(vm.heap.bool((a == b) == expected))
}

/// A bit operation as if both numbers had endless copies of their sign to the left.
pub(super) fn bits(vm: &mut Vm, args: Args, operation: fn(i128, i128) -> i128) -> Answer {
    let (a, b) = wide(vm, args)?;
    answer_integer(&mut vm.heap, operation(a, b))
}

/// `value` shifted to the left, or with a negative distance to the right and rounded down. `None` if `limit` is passed to the left.
pub(super) fn shift(value: i128, distance: i64, limit: i64) -> Option<i128> {
    if distance > limit {
        return None;
    }
    // |value| < 2^64 and the limits are at most 62: nothing is lost of 127 bits.
    Some(if distance >= 0 { value << distance } else { value >> distance.unsigned_abs().min(127) })
}

fn bit_shift(vm: &mut Vm, args: Args) -> Answer {
    let distance = small(args.get(0))?;
    let value = integer(&vm.heap, args.receiver()).ok_or(PrimError::GENERIC)?;
    let shifted = shift(value, distance, 61).ok_or(PrimError::GENERIC)?;
    answer_integer(&mut vm.heap, shifted)
}

fn make_point(vm: &mut Vm, args: Args) -> Answer {
    let (x, y) = (args.receiver(), args.get(0));
    if !y.is_small_int() && vm.heap.float_value(y).is_none() {
        return Err(PrimError::BAD_ARGUMENT);
    }
    point(vm, x, y)
}

/// A new Point.
pub(super) fn point(vm: &mut Vm, x: Oop, y: Oop) -> Answer {
    let class = vm.heap.special(Special::ClassPoint);
    let class_index =
        if vm.heap.class_at(CLASS_INDEX_POINT) == class { CLASS_INDEX_POINT } else { vm.heap.class_table_index(class)? };
    let point = vm.heap.alloc_pointers(class_index, Format::FIXED, 2)?;
    vm.heap.store(point, 0, x);
    vm.heap.store(point, 1, y);
    Ok(point)
}

fn high_bit(_: &mut Vm, args: Args) -> Answer {
    let value = small(args.operand(0))?;
    if value < 0 { Err(PrimError::GENERIC) } else { Ok(Oop::from_small_int((64 - value.leading_zeros()) as i64)) }
}
