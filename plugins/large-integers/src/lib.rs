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
use osvm_plugin_sdk::prelude::*;
use std::cmp::Ordering;

/// The plugin.
#[plugin(name = "LargeIntegers")]
mod large_integers {
    use super::*;

    /// The magnitudes added, with the receiver's sign.
    #[primitive]
    fn prim_digit_add(cx: &Context, receiver: Object, other: Object) -> Result<Object, PrimitiveError> {
        let (first, second) = numbers(cx, receiver, other)?;
        number::answer(cx, first.negative, &limbs::add(first.limbs(), second.limbs()))
    }

    /// The magnitudes subtracted: the receiver's sign, or the other one if the argument's magnitude is larger.
    #[primitive]
    fn prim_digit_subtract(cx: &Context, receiver: Object, other: Object) -> Result<Object, PrimitiveError> {
        let (first, second) = numbers(cx, receiver, other)?;
        let (a, b) = (first.limbs(), second.limbs());
        match limbs::compare(a, b) {
            Ordering::Less => number::answer(cx, !first.negative, &limbs::subtract(b, a)),
            _ => number::answer(cx, first.negative, &limbs::subtract(a, b)),
        }
    }

    /// The product of the magnitudes, with the sign asked for.
    #[primitive]
    fn prim_digit_multiply_negative(
        cx: &Context,
        receiver: Object,
        other: Object,
        negative: bool,
    ) -> Result<Object, PrimitiveError> {
        let (first, second) = numbers(cx, receiver, other)?;
        number::answer(cx, negative, &multiply::multiply(first.limbs(), second.limbs()))
    }

    /// Quotient, with the sign asked for, and remainder, with the receiver's. They are not normalised: the quotient has the bytes
    /// of the receiver's 32-bit digits less the argument's and one more, the remainder as many bytes as it needs.
    #[primitive]
    fn prim_digit_div_negative(
        cx: &Context,
        receiver: Object,
        other: Object,
        negative: bool,
    ) -> Result<(Object, Object), PrimitiveError> {
        let (first, second) = numbers(cx, receiver, other)?;
        let bad = |n: &Number| !n.small && !n.is_normalised();
        if second.limbs().is_empty() || bad(&first) || bad(&second) {
            return Err(PrimitiveError::Failed);
        }
        if first.digits() < second.digits() {
            let rest = if first.small { number::large(cx, first.negative, first.limbs(), first.digits() * 4)? } else { receiver };
            return Ok((cx.new_int(0)?, rest));
        }
        let (quotient, remainder) = divide::divide(first.limbs(), second.limbs());
        let quotient_bytes = (first.digits() - second.digits() + 1) * 4;
        let quotient = number::large(cx, negative, &quotient, quotient_bytes)?;
        let remainder = number::large(cx, first.negative, &remainder, limbs::byte_len(&remainder))?;
        Ok((quotient, remainder))
    }

    /// -1, 0 or 1: the receiver's magnitude is smaller, equal or larger.
    #[primitive]
    fn prim_digit_compare(cx: &Context, receiver: Object, other: Object) -> Result<i64, PrimitiveError> {
        let (first, second) = numbers(cx, receiver, other)?;
        Ok(limbs::compare(first.limbs(), second.limbs()) as i64)
    }

    #[primitive]
    fn prim_digit_bit_and(cx: &Context, receiver: Object, other: Object) -> Result<Object, PrimitiveError> {
        bits(cx, receiver, other, |a, b| a & b)
    }

    #[primitive]
    fn prim_digit_bit_or(cx: &Context, receiver: Object, other: Object) -> Result<Object, PrimitiveError> {
        bits(cx, receiver, other, |a, b| a | b)
    }

    #[primitive]
    fn prim_digit_bit_xor(cx: &Context, receiver: Object, other: Object) -> Result<Object, PrimitiveError> {
        bits(cx, receiver, other, |a, b| a ^ b)
    }

    /// The magnitude shifted left (to the right for a negative count, dropping bits), with the receiver's sign.
    #[primitive]
    fn prim_digit_bit_shift_magnitude(cx: &Context, receiver: Object, shift: i64) -> Result<Object, PrimitiveError> {
        let number = Number::receiver(cx, receiver)?;
        let shifted = if shift >= 0 {
            // What does not fit in any heap is not worth trying.
            let count = usize::try_from(shift).ok().filter(|_| shift < 1 << 40).ok_or(PrimitiveError::NoMemory)?;
            limbs::shift_left(number.limbs(), count)
        } else {
            limbs::shift_right(number.limbs(), usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX))
        };
        number::answer(cx, number.negative, &shifted)
    }

    /// True if any bit of the magnitude from `from` to `to` (from 1) is set.
    #[primitive]
    fn prim_any_bit_from_to(cx: &Context, receiver: Object, from: i64, to: i64) -> Result<bool, PrimitiveError> {
        let number = Number::receiver(cx, receiver)?;
        if from < 1 || to < 1 {
            return Err(PrimitiveError::Failed);
        }
        Ok(limbs::any_bit(number.limbs(), from as u64 - 1, to as u64))
    }

    #[primitive]
    fn prim_normalize_positive(cx: &Context, receiver: Object) -> Result<Object, PrimitiveError> {
        normalize(cx, receiver, false)
    }

    #[primitive]
    fn prim_normalize_negative(cx: &Context, receiver: Object) -> Result<Object, PrimitiveError> {
        normalize(cx, receiver, true)
    }

    #[primitive]
    fn prim_montgomery_digit_length() -> i64 {
        montgomery::DIGIT_BITS
    }

    /// The receiver times the argument over the base, modulo: see [`montgomery`].
    #[primitive]
    fn prim_montgomery_times_modulo(
        cx: &Context,
        receiver: Object,
        other: Object,
        modulo: Object,
        inverse: i64,
    ) -> Result<Object, PrimitiveError> {
        let (first, second) = numbers(cx, receiver, other)?;
        let modulo = Number::argument(cx, modulo)?;
        let inverse = u32::try_from(inverse).map_err(|_| PrimitiveError::BadArgument)?;
        let product = montgomery::times(&first.digits32(), &second.digits32(), &modulo.digits32(), inverse);
        number::answer(cx, false, &montgomery::to_limbs(&product.ok_or(PrimitiveError::Failed)?))
    }

    #[primitive]
    fn prim_get_module_name() -> &'static str {
        "LargeIntegers"
    }
}

fn numbers(cx: &Context, receiver: Object, other: Object) -> Result<(Number, Number), PrimitiveError> {
    Ok((Number::receiver(cx, receiver)?, Number::argument(cx, other)?))
}

/// Bit logic is for integers that are not negative; others fail.
fn bits(cx: &Context, receiver: Object, other: Object, op: fn(u64, u64) -> u64) -> Result<Object, PrimitiveError> {
    let (first, second) = numbers(cx, receiver, other)?;
    if first.negative || second.negative {
        return Err(PrimitiveError::Failed);
    }
    let (a, b) = (first.limbs(), second.limbs());
    let at = |limbs: &[u64], i: usize| limbs.get(i).copied().unwrap_or(0);
    let result: Vec<u64> = (0..a.len().max(b.len())).map(|i| op(at(a, i), at(b, i))).collect();
    number::answer(cx, false, &result)
}

/// The receiver itself if it is normalised.
fn normalize(cx: &Context, receiver: Object, negative: bool) -> Result<Object, PrimitiveError> {
    if cx.shape(receiver)? != (Shape::LargeInteger { negative }) {
        return Err(PrimitiveError::BadReceiver);
    }
    let number = Number::receiver(cx, receiver)?;
    if number.is_normalised() { Ok(receiver) } else { number::answer(cx, negative, number.limbs()) }
}
