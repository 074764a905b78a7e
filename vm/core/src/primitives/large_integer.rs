//! Arithmetic of large integers, primitives 20 to 37: operands of up to 64 bits of magnitude, answers of any size. What is larger
//! fails without a reason, and the image goes on with the plugin `LargeIntegers` or its own code, which come to the same number.
//!
//! The reference also fails where an answer passes 64 bits, and comparisons where an operand does; here they succeed.

use super::integer::{bits, shift, wide};
use super::operands::{Answer, answer_integer, integer, large, small};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::heap::Heap;
use crate::oop::Oop;
use crate::vm::{Args, Vm};
use std::cmp::Ordering;

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(20, "primitiveRemLargeIntegers", (1, 1), "rem: of two Integers: the remainder that goes with quo:.", rem),
    value(21, "primitiveAddLargeIntegers", (1, 1), "Sum of two Integers.", |vm, args| arithmetic(vm, args, |a, b| a + b)),
    value(22, "primitiveSubtractLargeIntegers", (1, 1), "Difference of two Integers.", |vm, args| {
        arithmetic(vm, args, |a, b| a - b)
    }),
    value(23, "primitiveLessThanLargeIntegers", (1, 1), "Integer <, of any size.", |vm, args| compare(vm, args, Ordering::is_lt)),
    value(24, "primitiveGreaterThanLargeIntegers", (1, 1), "Integer >, of any size.", |vm, args| {
        compare(vm, args, Ordering::is_gt)
    }),
    value(25, "primitiveLessOrEqualLargeIntegers", (1, 1), "Integer <=, of any size.", |vm, args| {
        compare(vm, args, Ordering::is_le)
    }),
    value(26, "primitiveGreaterOrEqualLargeIntegers", (1, 1), "Integer >=, of any size.", |vm, args| {
        compare(vm, args, Ordering::is_ge)
    }),
    value(27, "primitiveEqualLargeIntegers", (1, 1), "Integer =, of any size.", |vm, args| compare(vm, args, Ordering::is_eq)),
    value(28, "primitiveNotEqualLargeIntegers", (1, 1), "Integer ~=, of any size.", |vm, args| compare(vm, args, Ordering::is_ne)),
    value(29, "primitiveMultiplyLargeIntegers", (1, 1), "Product of two Integers.", multiply),
    value(30, "primitiveDivideLargeIntegers", (1, 1), "Quotient of two Integers; fails unless it is exact.", divide),
    value(31, "primitiveModLargeIntegers", (1, 1), "\\\\ of two Integers: the remainder that goes with //.", modulo),
    value(32, "primitiveDivLargeIntegers", (1, 1), "// of two Integers: the quotient rounded down.", floor_divide),
    value(33, "primitiveQuoLargeIntegers", (1, 1), "quo: of two Integers: the quotient rounded towards zero.", quotient),
    value(34, "primitiveBitAndLargeIntegers", (1, 1), "bitAnd: of two Integers.", |vm, args| bits(vm, args, |a, b| a & b)),
    value(35, "primitiveBitOrLargeIntegers", (1, 1), "bitOr: of two Integers.", |vm, args| bits(vm, args, |a, b| a | b)),
    value(36, "primitiveBitXorLargeIntegers", (1, 1), "bitXor: of two Integers.", |vm, args| bits(vm, args, |a, b| a ^ b)),
    value(37, "primitiveBitShiftLargeIntegers", (1, 1), "bitShift: of an Integer, to the left by up to 62 places.", bit_shift),
];

/// Sums and differences of 65-bit numbers fit in 128 bits.
fn arithmetic(vm: &mut Vm, args: Args, operation: fn(i128, i128) -> i128) -> Answer {
    let (a, b) = wide(vm, args)?;
    answer_integer(&mut vm.heap, operation(a, b))
}

/// A product has up to 128 bits of magnitude, which no signed 128-bit number holds: the sign is kept apart.
fn multiply(vm: &mut Vm, args: Args) -> Answer {
    let (a, b) = wide(vm, args)?;
    let magnitude = a.unsigned_abs() * b.unsigned_abs();
    let negative = (a < 0) != (b < 0);
    match i128::try_from(magnitude) {
        Ok(value) => answer_integer(&mut vm.heap, if negative { -value } else { value }),
        Err(_) => vm.heap.large_integer(negative, &magnitude.to_le_bytes()),
    }
}

fn dividend_and_divisor(vm: &Vm, args: Args) -> Result<(i128, i128), PrimError> {
    let (a, b) = wide(vm, args)?;
    if b == 0 { Err(PrimError::GENERIC) } else { Ok((a, b)) }
}

fn rem(vm: &mut Vm, args: Args) -> Answer {
    let (a, b) = dividend_and_divisor(vm, args)?;
    answer_integer(&mut vm.heap, a % b)
}

fn divide(vm: &mut Vm, args: Args) -> Answer {
    let (a, b) = dividend_and_divisor(vm, args)?;
    if a % b == 0 { answer_integer(&mut vm.heap, a / b) } else { Err(PrimError::GENERIC) }
}

fn modulo(vm: &mut Vm, args: Args) -> Answer {
    let (a, b) = dividend_and_divisor(vm, args)?;
    let remainder = a % b;
    answer_integer(&mut vm.heap, if remainder != 0 && (remainder < 0) != (b < 0) { remainder + b } else { remainder })
}

fn floor_divide(vm: &mut Vm, args: Args) -> Answer {
    let (a, b) = dividend_and_divisor(vm, args)?;
    let quotient = a / b;
    answer_integer(&mut vm.heap, if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

fn quotient(vm: &mut Vm, args: Args) -> Answer {
    let (a, b) = dividend_and_divisor(vm, args)?;
    answer_integer(&mut vm.heap, a / b)
}

fn bit_shift(vm: &mut Vm, args: Args) -> Answer {
    let distance = small(args.get(0))?;
    let value = integer(&vm.heap, args.receiver()).ok_or(PrimError::GENERIC)?;
    let shifted = shift(value, distance, 62).ok_or(PrimError::GENERIC)?;
    answer_integer(&mut vm.heap, shifted)
}

fn compare(vm: &mut Vm, args: Args, holds: fn(Ordering) -> bool) -> Answer {
    let ordering = order(&vm.heap, args.receiver(), args.get(0)).ok_or(PrimError::GENERIC)?;
    Ok(vm.heap.bool(holds(ordering)))
}

/// How two Integers of any size compare; `None` if one of them is no Integer.
fn order(heap: &Heap, a: Oop, b: Oop) -> Option<Ordering> {
    match (integer(heap, a), integer(heap, b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        // One that does not fit in 64 bits is further from zero than all that do.
        (Some(_), None) => Some(if large(heap, b)?.0 { Ordering::Greater } else { Ordering::Less }),
        (None, Some(_)) => Some(if large(heap, a)?.0 { Ordering::Less } else { Ordering::Greater }),
        (None, None) => {
            let ((a_negative, a), (b_negative, b)) = (large(heap, a)?, large(heap, b)?);
            if a_negative != b_negative {
                return Some(if a_negative { Ordering::Less } else { Ordering::Greater });
            }
            let magnitudes = a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()));
            Some(if a_negative { magnitudes.reverse() } else { magnitudes })
        }
    }
}
