//! LargeIntegers: arithmetic on the magnitudes of Integers of any size.
//!
//! The functions and what they answer are those of the OpenSmalltalk VM's plugin; they compute with limbs of 64 bits where that
//! one uses 32. Results are normalised, that is SmallIntegers where they fit and without zero bytes at the end where not, except
//! for quotient and remainder, which the image normalises itself.

#![forbid(unsafe_code)]

mod divide;
mod limbs;
mod montgomery;
mod multiply;
mod number;

use number::Number;
use osvm_plugin_sdk::classic::{Call, Module, Outcome, Plugin, Primitive, PrimitiveError, Shape, Value};
use std::cmp::Ordering;

/// The plugin.
pub fn plugin() -> Box<dyn Plugin> {
    Box::new(Module::new("LargeIntegers", PRIMITIVES, ()))
}

const PRIMITIVES: &[Primitive<()>] = &[
    Primitive::new("primDigitAdd", "(self: oop, other: oop) -> oop", add),
    Primitive::new("primDigitSubtract", "(self: oop, other: oop) -> oop", subtract),
    Primitive::new("primDigitMultiplyNegative", "(self: oop, other: oop, negative: bool) -> oop", multiply_negative),
    Primitive::new("primDigitDivNegative", "(self: oop, other: oop, negative: bool) -> (oop, oop)", divide_negative),
    Primitive::new("primDigitCompare", "(self: oop, other: oop) -> int", compare),
    Primitive::new("primDigitBitAnd", "(self: oop, other: oop) -> oop", bit_and),
    Primitive::new("primDigitBitOr", "(self: oop, other: oop) -> oop", bit_or),
    Primitive::new("primDigitBitXor", "(self: oop, other: oop) -> oop", bit_xor),
    Primitive::new("primDigitBitShiftMagnitude", "(self: oop, shift: int) -> oop", shift),
    Primitive::new("primAnyBitFromTo", "(self: oop, from: int, to: int) -> bool", any_bit),
    Primitive::new("primNormalizePositive", "(self: oop) -> oop", normalize_positive),
    Primitive::new("primNormalizeNegative", "(self: oop) -> oop", normalize_negative),
    Primitive::new("primMontgomeryDigitLength", "() -> int", montgomery_digit_length),
    Primitive::new("primMontgomeryTimesModulo", "(self: oop, other: oop, modulo: oop, inverse: int) -> oop", montgomery_times),
    Primitive::new("primGetModuleName", "() -> text", module_name),
];

/// The magnitudes added, with the receiver's sign.
fn add(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let (first, second) = (Number::receiver(call)?, Number::argument(call, 1)?);
    number::answer(call, first.negative, &limbs::add(first.limbs(), second.limbs()))
}

/// The magnitudes subtracted: the receiver's sign, or the other one if the argument's magnitude is larger.
fn subtract(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let (first, second) = (Number::receiver(call)?, Number::argument(call, 1)?);
    let (a, b) = (first.limbs(), second.limbs());
    match limbs::compare(a, b) {
        Ordering::Less => number::answer(call, !first.negative, &limbs::subtract(b, a)),
        _ => number::answer(call, first.negative, &limbs::subtract(a, b)),
    }
}

fn multiply_negative(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let (first, second) = (Number::receiver(call)?, Number::argument(call, 1)?);
    number::answer(call, call.bool(2)?, &multiply::multiply(first.limbs(), second.limbs()))
}

/// Quotient, with the sign asked for, and remainder, with the receiver's. They are not normalised: the quotient has the bytes
/// of the receiver's 32-bit digits less the argument's and one more, the remainder as many bytes as it needs.
fn divide_negative(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let (first, second) = (Number::receiver(call)?, Number::argument(call, 1)?);
    let negative = call.bool(2)?;
    let bad = |n: &Number| !n.small && !n.is_normalised();
    if second.limbs().is_empty() || bad(&first) || bad(&second) {
        return Err(PrimitiveError::Failed);
    }
    if first.digits() < second.digits() {
        let rest =
            if first.small { number::large(call, first.negative, first.limbs(), first.digits() * 4)? } else { call.object(0)? };
        return Ok(Value::Tuple(vec![Value::Object(call.objects.new_int(0)?), Value::Object(rest)]));
    }
    let (quotient, remainder) = divide::divide(first.limbs(), second.limbs());
    let quotient_bytes = (first.digits() - second.digits() + 1) * 4;
    let quotient = number::large(call, negative, &quotient, quotient_bytes)?;
    let remainder = number::large(call, first.negative, &remainder, limbs::byte_len(&remainder))?;
    Ok(Value::Tuple(vec![Value::Object(quotient), Value::Object(remainder)]))
}

/// -1, 0 or 1: the receiver's magnitude is smaller, equal or larger.
fn compare(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let (first, second) = (Number::receiver(call)?, Number::argument(call, 1)?);
    Ok(Value::Int(limbs::compare(first.limbs(), second.limbs()) as i64))
}

fn bit_and(_: &mut (), call: &mut Call<'_>) -> Outcome {
    bits(call, |a, b| a & b)
}

fn bit_or(_: &mut (), call: &mut Call<'_>) -> Outcome {
    bits(call, |a, b| a | b)
}

fn bit_xor(_: &mut (), call: &mut Call<'_>) -> Outcome {
    bits(call, |a, b| a ^ b)
}

/// Bit logic is for integers that are not negative; others fail.
fn bits(call: &mut Call<'_>, op: fn(u64, u64) -> u64) -> Outcome {
    let (first, second) = (Number::receiver(call)?, Number::argument(call, 1)?);
    if first.negative || second.negative {
        return Err(PrimitiveError::Failed);
    }
    let (a, b) = (first.limbs(), second.limbs());
    let at = |limbs: &[u64], i: usize| limbs.get(i).copied().unwrap_or(0);
    let result: Vec<u64> = (0..a.len().max(b.len())).map(|i| op(at(a, i), at(b, i))).collect();
    number::answer(call, false, &result)
}

/// The magnitude shifted left (to the right for a negative count, dropping bits), with the receiver's sign.
fn shift(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let (number, count) = (Number::receiver(call)?, call.int(1)?);
    let shifted = if count >= 0 {
        // What does not fit in any heap is not worth trying.
        let count = usize::try_from(count).ok().filter(|&c| c < 1 << 40).ok_or(PrimitiveError::NoMemory)?;
        limbs::shift_left(number.limbs(), count)
    } else {
        limbs::shift_right(number.limbs(), usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX))
    };
    number::answer(call, number.negative, &shifted)
}

/// True if any bit of the magnitude from `from` to `to` (from 1) is set.
fn any_bit(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let number = Number::receiver(call)?;
    let (from, to) = (call.int(1)?, call.int(2)?);
    if from < 1 || to < 1 {
        return Err(PrimitiveError::Failed);
    }
    Ok(Value::Bool(limbs::any_bit(number.limbs(), from as u64 - 1, to as u64)))
}

fn normalize_positive(_: &mut (), call: &mut Call<'_>) -> Outcome {
    normalize(call, false)
}

fn normalize_negative(_: &mut (), call: &mut Call<'_>) -> Outcome {
    normalize(call, true)
}

/// The receiver itself if it is normalised.
fn normalize(call: &mut Call<'_>, negative: bool) -> Outcome {
    let receiver = call.object(0)?;
    if call.objects.shape(receiver) != (Shape::LargeInteger { negative }) {
        return Err(PrimitiveError::BadReceiver);
    }
    let number = Number::receiver(call)?;
    if number.is_normalised() { Ok(Value::Object(receiver)) } else { number::answer(call, negative, number.limbs()) }
}

fn montgomery_digit_length(_: &mut (), _: &mut Call<'_>) -> Outcome {
    Ok(Value::Int(montgomery::DIGIT_BITS))
}

/// The receiver times the argument over the base, modulo: see [`montgomery`].
fn montgomery_times(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let (first, second, modulo) = (Number::receiver(call)?, Number::argument(call, 1)?, Number::argument(call, 2)?);
    let inverse = u32::try_from(call.int(3)?).map_err(|_| PrimitiveError::BadArgument)?;
    let product = montgomery::times(&first.digits32(), &second.digits32(), &modulo.digits32(), inverse);
    let product = product.ok_or(PrimitiveError::Failed)?;
    number::answer(call, false, &montgomery::to_limbs(&product))
}

fn module_name(_: &mut (), _: &mut Call<'_>) -> Outcome {
    Ok(Value::Text("LargeIntegers".into()))
}
