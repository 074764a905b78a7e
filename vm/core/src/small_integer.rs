//! Arithmetic of SmallIntegers. Each answers `None` unless both are SmallIntegers and the result is one.
//!
//! The tag is 1 in the low three bits: `8 a + 1` stands for `a`.

use crate::oop::Oop;

/// The overflow of the machine's 64 bits is that of the 61 bits of a SmallInteger.
#[inline(always)]
fn tagged((bits, overflow): (i64, bool)) -> Option<Oop> {
    (!overflow).then_some(Oop(bits as u64))
}

#[inline(always)]
fn values(a: Oop, b: Oop) -> Option<(i64, i64)> {
    Oop::both_small_ints(a, b).then(|| (a.small_int(), b.small_int()))
}

/// `a + b`
#[inline(always)]
pub(crate) fn sum(a: Oop, b: Oop) -> Option<Oop> {
    if Oop::both_small_ints(a, b) { tagged((a.bits() as i64).overflowing_add(b.bits() as i64 - 1)) } else { None }
}

/// `a - b`
#[inline(always)]
pub(crate) fn difference(a: Oop, b: Oop) -> Option<Oop> {
    if Oop::both_small_ints(a, b) { tagged((a.bits() as i64).overflowing_sub(b.bits() as i64 - 1)) } else { None }
}

/// `a * b`
#[inline(always)]
pub(crate) fn product(a: Oop, b: Oop) -> Option<Oop> {
    let (a, b) = values(a, b)?;
    // The product of a value and a value times 8 has no tag.
    tagged(a.overflowing_mul(b << 3)).map(|product| Oop(product.bits() + 1))
}

/// `a / b`, if that leaves no remainder.
#[inline(always)]
pub(crate) fn exact_quotient(a: Oop, b: Oop) -> Option<Oop> {
    let (a, b) = values(a, b)?;
    if b != 0 && a % b == 0 { Oop::try_from_small_int(a / b) } else { None }
}

/// `a // b`: the quotient rounded down.
#[inline(always)]
pub(crate) fn floor_quotient(a: Oop, b: Oop) -> Option<Oop> {
    let (a, b) = values(a, b).filter(|&(_, b)| b != 0)?;
    let (quotient, remainder) = (a / b, a % b);
    Oop::try_from_small_int(if remainder != 0 && (remainder < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// `a \\ b`: the remainder that goes with `//`.
#[inline(always)]
pub(crate) fn floor_remainder(a: Oop, b: Oop) -> Option<Oop> {
    let (a, b) = values(a, b).filter(|&(_, b)| b != 0)?;
    let remainder = a % b;
    Some(Oop::from_small_int(if remainder != 0 && (remainder < 0) != (b < 0) { remainder + b } else { remainder }))
}

/// `a bitAnd: b`
#[inline(always)]
pub(crate) fn and(a: Oop, b: Oop) -> Option<Oop> {
    Oop::both_small_ints(a, b).then_some(Oop(a.bits() & b.bits()))
}

/// `a bitOr: b`
#[inline(always)]
pub(crate) fn or(a: Oop, b: Oop) -> Option<Oop> {
    Oop::both_small_ints(a, b).then_some(Oop(a.bits() | b.bits()))
}

/// `a bitShift: b`: to the left only if `a` is not negative.
#[inline(always)]
pub(crate) fn shifted(a: Oop, b: Oop) -> Option<Oop> {
    let (value, by) = values(a, b)?;
    if by < 0 {
        Some(Oop::from_small_int(value >> by.unsigned_abs().min(63)))
    } else if value >= 0 && by <= 60 && value <= Oop::MAX_SMALL_INTEGER >> by {
        Some(Oop::from_small_int(value << by))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: i64 = Oop::MAX_SMALL_INTEGER;
    const MIN: i64 = -MAX - 1;
    const VALUES: [i64; 15] = [MIN, MIN + 1, MIN / 2, -(1 << 31), -7, -2, -1, 0, 1, 2, 7, 1 << 31, MAX / 2, MAX - 1, MAX];

    /// Compares an operation with what 128 bits make of it; `None` where it is not defined.
    fn check(name: &str, operation: fn(Oop, Oop) -> Option<Oop>, expected: fn(i128, i128) -> Option<i128>) {
        for a in VALUES {
            for b in VALUES {
                let fits = |value: &i128| (i128::from(MIN)..=i128::from(MAX)).contains(value);
                let expected = expected(a.into(), b.into()).filter(fits).map(|value| value as i64);
                let found = operation(Oop::from_small_int(a), Oop::from_small_int(b));
                assert_eq!(found.map(Oop::small_int), expected, "{a} {name} {b}");
            }
        }
        let (one, float) = (Oop::from_small_int(1), Oop::try_from_float(1.5).unwrap());
        assert_eq!([operation(one, float), operation(float, one), operation(one, Oop::from_character(65))], [None; 3], "{name}");
    }

    #[test]
    fn results_are_those_of_wider_numbers() {
        check("+", sum, |a, b| Some(a + b));
        check("-", difference, |a, b| Some(a - b));
        check("*", product, |a, b| Some(a * b));
        check("/", exact_quotient, |a, b| (b != 0 && a % b == 0).then(|| a / b));
        check("//", floor_quotient, |a, b| (b != 0).then(|| a.div_euclid(b) - i128::from(b < 0 && a.rem_euclid(b) != 0)));
        check("\\\\", floor_remainder, |a, b| (b != 0).then(|| ((a % b) + b) % b));
        check("bitAnd:", and, |a, b| Some(a & b));
        check("bitOr:", or, |a, b| Some(a | b));
        check("bitShift:", shifted, |a, b| match b {
            ..0 => Some(a >> (-b).min(127)),
            0..=60 if a >= 0 => Some(a << b),
            _ => None,
        });
    }
}
