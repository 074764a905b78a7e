//! Floats of either kind, primitives 38 to 59 (methods of BoxedFloat64 or Float) and the code of 541 to 559 (SmallFloat64).
//!
//! Arithmetic takes SmallIntegers beside floats, converted as `asFloat` would; comparisons with them are exact. Both give what the
//! image's own code gives for the large ones that the reference leaves to it.

use super::operands::{Answer, small};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::heap::Heap;
use crate::oop::Oop;
use crate::vm::{Args, Vm};
use std::cmp::Ordering;

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(38, "primitiveFloatAt", (1, 1), "The upper (1) or lower (2) 32 bits of a float.", at),
    value(39, "primitiveFloatAtPut", (2, 2), "Replaces the upper (1) or lower (2) 32 bits of a boxed float.", at_put),
    value(40, "primitiveAsFloat", (0, 0), "The float nearest to a SmallInteger.", as_float),
    value(41, "primitiveFloatAdd", (1, 1), "Sum of two numbers.", add::<false>),
    value(42, "primitiveFloatSubtract", (1, 1), "Difference of two numbers.", subtract::<false>),
    value(43, "primitiveFloatLessThan", (1, 1), "< of two numbers.", less::<false>),
    value(44, "primitiveFloatGreaterThan", (1, 1), "> of two numbers.", greater::<false>),
    value(45, "primitiveFloatLessOrEqual", (1, 1), "<= of two numbers.", less_or_equal::<false>),
    value(46, "primitiveFloatGreaterOrEqual", (1, 1), ">= of two numbers.", greater_or_equal::<false>),
    value(47, "primitiveFloatEqual", (1, 1), "= of two numbers.", equal::<false>),
    value(48, "primitiveFloatNotEqual", (1, 1), "~= of two numbers.", not_equal::<false>),
    value(49, "primitiveFloatMultiply", (1, 1), "Product of two numbers.", multiply::<false>),
    value(50, "primitiveFloatDivide", (1, 1), "Quotient of two numbers; fails if the second is zero.", divide::<false>),
    value(51, "primitiveTruncated", (0, 0), "The part before the point, if it is a SmallInteger.", truncated),
    value(52, "primitiveFractionalPart", (0, 0), "The part behind the point, with the float's sign.", fraction_part),
    value(53, "primitiveExponent", (0, 0), "The exponent of two of the highest bit.", exponent),
    value(54, "primitiveTimesTwoPower", (1, 1), "The float times two to the power of a SmallInteger.", times_two_power),
    value(55, "primitiveSquareRoot", (0, 0), "Square root; fails below zero and for NaN.", square_root),
    value(56, "primitiveSine", (0, 0), "Sine of an angle in radians.", |vm, args| function(vm, args, f64::sin)),
    value(57, "primitiveArctan", (0, 0), "Arc tangent in radians.", |vm, args| function(vm, args, f64::atan)),
    value(58, "primitiveLogN", (0, 0), "Natural logarithm.", |vm, args| function(vm, args, f64::ln)),
    value(59, "primitiveExp", (0, 0), "e to the power of the float.", |vm, args| function(vm, args, f64::exp)),
];

/// Why arithmetic fails: the primitives of SmallFloat64 blame the argument, those of boxed floats nothing.
const fn failure<const SMALL: bool>() -> PrimError {
    if SMALL { PrimError::BAD_ARGUMENT } else { PrimError::GENERIC }
}

fn operands<const SMALL: bool>(vm: &Vm, args: Args) -> Result<(f64, f64), PrimError> {
    let number = |oop: Oop| oop.as_small_int().map(|value| value as f64).or_else(|| vm.heap.float_value(oop));
    number(args.receiver()).zip(number(args.get(0))).ok_or(failure::<SMALL>())
}

pub(super) fn add<const SMALL: bool>(vm: &mut Vm, args: Args) -> Answer {
    let (a, b) = operands::<SMALL>(vm, args)?;
    vm.heap.float(a + b)
}

pub(super) fn subtract<const SMALL: bool>(vm: &mut Vm, args: Args) -> Answer {
    let (a, b) = operands::<SMALL>(vm, args)?;
    vm.heap.float(a - b)
}

pub(super) fn multiply<const SMALL: bool>(vm: &mut Vm, args: Args) -> Answer {
    let (a, b) = operands::<SMALL>(vm, args)?;
    vm.heap.float(a * b)
}

pub(super) fn divide<const SMALL: bool>(vm: &mut Vm, args: Args) -> Answer {
    let (a, b) = operands::<SMALL>(vm, args)?;
    if b == 0.0 { Err(failure::<SMALL>()) } else { vm.heap.float(a / b) }
}

/// How two numbers compare, exactly; `Ok(None)` if one of them is NaN.
fn order<const SMALL: bool>(heap: &Heap, a: Oop, b: Oop) -> Result<Option<Ordering>, PrimError> {
    match (a.as_small_int(), b.as_small_int()) {
        (Some(a), Some(b)) => Ok(Some(a.cmp(&b))),
        (Some(a), None) => heap.float_value(b).map(|b| integer_to_float(a, b)).ok_or(failure::<SMALL>()),
        (None, Some(b)) => heap.float_value(a).map(|a| integer_to_float(b, a).map(Ordering::reverse)).ok_or(failure::<SMALL>()),
        (None, None) => heap.float_value(a).zip(heap.float_value(b)).map(|(a, b)| a.partial_cmp(&b)).ok_or(failure::<SMALL>()),
    }
}

/// How a SmallInteger compares with a float, without rounding either.
fn integer_to_float(integer: i64, float: f64) -> Option<Ordering> {
    const BEYOND: f64 = (1u64 << 62) as f64;
    if float.is_nan() {
        None
    } else if float >= BEYOND {
        Some(Ordering::Less)
    } else if float <= -BEYOND {
        Some(Ordering::Greater)
    } else {
        let whole = float.trunc();
        integer.cmp(&(whole as i64)).then_with(|| 0.0.partial_cmp(&(float - whole)).unwrap_or(Ordering::Equal)).into()
    }
}

macro_rules! comparison {
    ($($name:ident $holds:expr;)*) => {$(
        pub(super) fn $name<const SMALL: bool>(vm: &mut Vm, args: Args) -> Answer {
            let holds: fn(Option<Ordering>) -> bool = $holds;
            let ordering = order::<SMALL>(&vm.heap, args.receiver(), args.get(0))?;
            Ok(vm.heap.bool(holds(ordering)))
        }
    )*};
}

comparison! {
    less |ordering| ordering.is_some_and(Ordering::is_lt);
    greater |ordering| ordering.is_some_and(Ordering::is_gt);
    less_or_equal |ordering| ordering.is_some_and(Ordering::is_le);
    greater_or_equal |ordering| ordering.is_some_and(Ordering::is_ge);
    equal |ordering| ordering == Some(Ordering::Equal);
    not_equal |ordering| ordering != Some(Ordering::Equal);
}

fn receiver(vm: &Vm, args: Args) -> Result<f64, PrimError> {
    vm.heap.float_value(args.receiver()).ok_or(PrimError::GENERIC)
}

pub(super) fn function(vm: &mut Vm, args: Args, function: fn(f64) -> f64) -> Answer {
    let value = receiver(vm, args)?;
    vm.heap.float(function(value))
}

pub(super) fn square_root(vm: &mut Vm, args: Args) -> Answer {
    let value = receiver(vm, args)?;
    if value >= 0.0 { vm.heap.float(value.sqrt()) } else { Err(PrimError::GENERIC) }
}

pub(super) fn truncated(vm: &mut Vm, args: Args) -> Answer {
    let whole = receiver(vm, args)?.trunc();
    // The ends of the range are powers of two, which floats hold exactly; its largest integer is none.
    if whole >= Oop::MIN_SMALL_INTEGER as f64 && whole < -(Oop::MIN_SMALL_INTEGER as f64) {
        Ok(Oop::from_small_int(whole as i64))
    } else {
        Err(PrimError::GENERIC)
    }
}

pub(super) fn fraction_part(vm: &mut Vm, args: Args) -> Answer {
    let value = receiver(vm, args)?;
    let fraction = if value.is_infinite() { 0.0 } else { value - value.trunc() };
    vm.heap.float(fraction.copysign(value))
}

pub(super) fn exponent(vm: &mut Vm, args: Args) -> Answer {
    let value = receiver(vm, args)?;
    let biased = (value.to_bits() >> 52) & 0x7FF;
    let mantissa = value.to_bits() & ((1 << 52) - 1);
    Ok(Oop::from_small_int(match (biased, mantissa) {
        // As frexp of the C library answers 0 for zeros, infinities and NaN, and the reference subtracts 1.
        (0, 0) | (0x7FF, _) => -1,
        (0, _) => 63 - mantissa.leading_zeros() as i64 - 1074,
        _ => biased as i64 - 1023,
    }))
}

pub(super) fn times_two_power(vm: &mut Vm, args: Args) -> Answer {
    let power = args.get(0).as_small_int().ok_or(PrimError::BAD_ARGUMENT)?;
    let value = receiver(vm, args)?;
    vm.heap.float(scale(value, power.clamp(-4096, 4096) as i32))
}

/// `value * 2^power`, rounded once. The steps downwards are 2^53 short of the smallest normal number, so that a result below it is
/// rounded only by the last multiplication (the way of musl's scalbn).
fn scale(mut value: f64, mut power: i32) -> f64 {
    let two_to = |power: i32| f64::from_bits(((power + 1023) as u64) << 52);
    const DOWN: i32 = -1022 + 53;
    for _ in 0..2 {
        if power > 1023 {
            value *= two_to(1023);
            power -= 1023;
        } else if power < -1022 {
            value *= two_to(DOWN);
            power -= DOWN;
        }
    }
    value * two_to(power.clamp(-1022, 1023))
}

/// Which half of a float an index means: bits to shift by.
fn half(index: Oop) -> Result<u32, PrimError> {
    match index.as_small_int() {
        Some(1) => Ok(32),
        Some(2) => Ok(0),
        Some(_) => Err(PrimError::BAD_INDEX),
        None => Err(PrimError::BAD_ARGUMENT),
    }
}

fn at(vm: &mut Vm, args: Args) -> Answer {
    let shift = half(args.get(0))?;
    let value = vm.heap.float_value(args.receiver()).ok_or(PrimError::BAD_RECEIVER)?;
    Ok(Oop::from_small_int((value.to_bits() >> shift) as u32 as i64))
}

fn at_put(vm: &mut Vm, args: Args) -> Answer {
    let bits = args.get(1).as_small_int().and_then(|value| u32::try_from(value).ok()).ok_or(PrimError::BAD_ARGUMENT)?;
    let float = args.receiver();
    let value = vm.heap.float_value(float).filter(|_| float.is_pointer()).ok_or(PrimError::BAD_RECEIVER)?;
    if vm.heap.is_immutable(float) {
        return Err(PrimError::NO_MODIFICATION);
    }
    let shift = half(args.get(0))?;
    let others = value.to_bits() & !(0xFFFF_FFFF << shift);
    vm.heap.store_word(float, 0, others | (bits as u64) << shift);
    Ok(args.get(1))
}

fn as_float(vm: &mut Vm, args: Args) -> Answer {
    let value = small(args.receiver())?;
    vm.heap.float(value as f64)
}
