//! Arithmetic against num-bigint and exact comparison, around the edges of SmallIntegers, of 64 bits and of what floats hold.

use super::testing::{TestVm, with_shared};
use crate::error::PrimError;
use crate::oop::Oop;
use num_bigint::{BigInt, Sign};
use proptest::prelude::*;
use std::cmp::Ordering;

const EDGES: &[i128] = &[
    0,
    1,
    2,
    10,
    1 << 20,
    (1 << 51) - 1,
    1 << 53,
    (1 << 53) + 1,
    Oop::MAX_SMALL_INTEGER as i128,
    i64::MAX as i128,
    1 << 63,
    u64::MAX as i128,
];

/// Integers of up to 64 bits of magnitude, many of them near an edge.
fn integers() -> impl Strategy<Value = i128> {
    let near_an_edge = (0..EDGES.len(), -3i128..=3, any::<bool>())
        .prop_map(|(edge, near, negative)| (EDGES[edge] + near).min(u64::MAX as i128) * if negative { -1 } else { 1 });
    let of_some_bits = (any::<u64>(), 0u32..64, any::<bool>())
        .prop_map(|(bits, shift, negative)| (bits >> shift) as i128 * if negative { -1 } else { 1 });
    prop_oneof![near_an_edge, of_some_bits]
}

/// Integers of up to 256 bits.
fn long_integers() -> impl Strategy<Value = BigInt> {
    let long = (prop::collection::vec(any::<u8>(), 0..32), any::<bool>()).prop_map(|(bytes, negative)| {
        let magnitude = BigInt::from_bytes_le(Sign::Plus, &bytes);
        if negative { -magnitude } else { magnitude }
    });
    prop_oneof![long, integers().prop_map(BigInt::from)]
}

fn floats() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), integers().prop_map(|value| value as f64), integers().prop_map(|value| value as f64 / 8.0)]
}

fn integer(vm: &mut TestVm, value: &BigInt) -> Oop {
    match i64::try_from(value).ok().and_then(Oop::try_from_small_int) {
        Some(oop) => oop,
        None => vm.heap.large_integer(value.sign() == Sign::Minus, &value.magnitude().to_bytes_le()).unwrap(),
    }
}

/// The value of an Integer, which must be in its shortest form.
fn value(vm: &TestVm, oop: Oop) -> BigInt {
    if let Some(value) = oop.as_small_int() {
        return BigInt::from(value);
    }
    let (negative, bytes) = super::operands::large(&vm.heap, oop).unwrap();
    assert_eq!(bytes.len(), vm.heap.byte_size(oop), "zeros in front");
    let value = BigInt::from_bytes_le(if negative { Sign::Minus } else { Sign::Plus }, bytes);
    assert!(i64::try_from(&value).ok().and_then(Oop::try_from_small_int).is_none(), "{value} is a SmallInteger");
    value
}

fn floored(a: &BigInt, b: &BigInt) -> (BigInt, BigInt) {
    let (quotient, remainder) = (a / b, a % b);
    let zero = BigInt::ZERO;
    if remainder != zero && (remainder < zero) != (*b < zero) { (quotient - 1, remainder + b) } else { (quotient, remainder) }
}

/// What an arithmetic primitive is to answer; `None` if it is to fail.
fn expected(operation: u16, a: &BigInt, b: &BigInt) -> Option<BigInt> {
    let divisible = *b != BigInt::ZERO;
    match operation {
        20 => divisible.then(|| a % b),
        1 | 21 => Some(a + b),
        2 | 22 => Some(a - b),
        9 | 29 => Some(a * b),
        10 | 30 => (divisible && a % b == BigInt::ZERO).then(|| a / b),
        11 | 31 => divisible.then(|| floored(a, b).1),
        12 | 32 => divisible.then(|| floored(a, b).0),
        13 | 33 => divisible.then(|| a / b),
        14 | 34 => Some(a & b),
        15 | 35 => Some(a | b),
        16 | 36 => Some(a ^ b),
        _ => unreachable!(),
    }
}

fn holds(operation: u16, ordering: Option<Ordering>) -> bool {
    match operation {
        0 => ordering == Some(Ordering::Less),
        1 => ordering == Some(Ordering::Greater),
        2 => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        3 => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        4 => ordering == Some(Ordering::Equal),
        _ => ordering != Some(Ordering::Equal),
    }
}

proptest! {
    #[test]
    fn arithmetic_of_integers(a in integers(), b in integers()) {
        with_shared(|vm| {
        let (a, b) = (BigInt::from(a), BigInt::from(b));
        let (x, y) = (integer(vm, &a), integer(vm, &b));
        for operation in [20, 21, 22, 29, 30, 31, 32, 33, 34, 35, 36] {
            let answer = vm.call(operation, &[x, y]).map(|oop| value(vm, oop));
            let wanted = expected(operation, &a, &b).ok_or(PrimError::GENERIC);
            prop_assert_eq!(answer, wanted, "{} of {} and {}", operation, &a, &b);
        }
        Ok(())
        })?;
    }

    #[test]
    fn arithmetic_of_small_integers(a in integers(), b in integers()) {
        with_shared(|vm| {
        let (a, b) = (BigInt::from(a), BigInt::from(b));
        let (x, y) = (integer(vm, &a), integer(vm, &b));
        let small = x.is_small_int() && y.is_small_int();
        for operation in [1, 2, 9, 10, 11, 12, 13, 14, 15, 16] {
            let answer = vm.call(operation, &[x, y]).map(|oop| value(vm, oop));
            let fits = |value: &BigInt| i64::try_from(value).ok().and_then(Oop::try_from_small_int).is_some();
            let wanted = expected(operation, &a, &b).filter(|value| operation >= 14 || small && fits(value));
            prop_assert_eq!(answer, wanted.ok_or(PrimError::GENERIC), "{} of {} and {}", operation, &a, &b);
        }
        Ok(())
        })?;
    }

    #[test]
    fn comparison_of_integers(a in long_integers(), b in long_integers()) {
        with_shared(|vm| {
        let (x, y) = (integer(vm, &a), integer(vm, &b));
        let truth = |vm: &TestVm, holds: bool| Ok(vm.heap.bool(holds));
        for operation in 0..6 {
            let wanted = truth(vm, holds(operation, Some(a.cmp(&b))));
            prop_assert_eq!(vm.call(23 + operation, &[x, y]), wanted, "{} of {} and {}", operation, &a, &b);
            if x.is_small_int() && y.is_small_int() {
                prop_assert_eq!(vm.call(3 + operation, &[x, y]), wanted, "{} of {} and {}", operation, &a, &b);
            }
        }
        Ok(())
        })?;
    }

    #[test]
    fn shifts(a in integers(), distance in -140i64..70) {
        with_shared(|vm| {
        let a = BigInt::from(a);
        let x = integer(vm, &a);
        for (operation, limit) in [(17, 61), (37, 62)] {
            let answer = vm.call(operation, &[x, Oop::from_small_int(distance)]).map(|oop| value(vm, oop));
            let wanted = match distance {
                0.. if distance > limit => Err(PrimError::GENERIC),
                0.. => Ok(&a << distance),
                _ => Ok(&a >> -distance),
            };
            prop_assert_eq!(answer, wanted, "{} of {} by {}", operation, &a, distance);
        }
        Ok(())
        })?;
    }

    #[test]
    fn floats_with_integers(float in floats(), integer in integers()) {
        with_shared(|vm| {
        let Some(y) = i64::try_from(integer).ok().and_then(Oop::try_from_small_int) else { return Ok(()) };
        let x = vm.heap.float(float).unwrap();
        // Exactly: as a fraction of two integers, if the float is finite.
        let ordering = if float.is_finite() {
            let scaled = float.abs().to_bits();
            let exponent = ((scaled >> 52) as i64).max(1) - 1075;
            let mantissa = (scaled & ((1 << 52) - 1)) | if scaled >> 52 == 0 { 0 } else { 1 << 52 };
            let signed = BigInt::from(if float < 0.0 { -(mantissa as i64) } else { mantissa as i64 });
            let numerator = signed << exponent.max(0);
            let denominator = BigInt::from(1) << (-exponent).max(0);
            Some(numerator.cmp(&(BigInt::from(integer) * denominator)))
        } else {
            float.partial_cmp(&0.0)
        };
        for operation in 0..6 {
            let wanted = Ok(vm.heap.bool(holds(operation, ordering)));
            prop_assert_eq!(vm.call(43 + operation, &[x, y]), wanted, "{} of {} and {}", operation, float, integer);
            let reversed = Ok(vm.heap.bool(holds(operation, ordering.map(Ordering::reverse))));
            prop_assert_eq!(vm.call(543 + operation, &[y, x]), reversed, "{} of {} and {}", operation, integer, float);
        }
        Ok(())
        })?;
    }

    #[test]
    fn arithmetic_of_floats(a in floats(), b in floats(), power in -2200i64..2200) {
        with_shared(|vm| {
        let (x, y) = (vm.heap.float(a).unwrap(), vm.heap.float(b).unwrap());
        let bits = |vm: &TestVm, oop| vm.heap.float_value(oop).unwrap().to_bits();
        let same = |a: u64, b: f64| a == b.to_bits() || (b.is_nan() && f64::from_bits(a).is_nan());
        for (offset, wanted) in [(0, a + b), (1, a - b), (8, a * b)] {
            for first in [41, 541] {
                let answer = vm.call(first + offset, &[x, y]).unwrap();
                prop_assert!(same(bits(vm, answer), wanted));
            }
        }
        match vm.call(50, &[x, y]) {
            Ok(answer) => prop_assert!(same(bits(vm, answer), a / b)),
            Err(_) => prop_assert_eq!(b, 0.0),
        }
        // In two halves, either of which is a power of two that a float holds: exact unless the answer is subnormal.
        let answer = vm.call(54, &[x, Oop::from_small_int(power)]).unwrap();
        let wanted = a * 2f64.powi((power / 4) as i32).powi(4) * 2f64.powi((power % 4) as i32);
        if wanted.is_normal() && power.abs() < 1000 {
            prop_assert_eq!(bits(vm, answer), wanted.to_bits());
        }
        let fraction = vm.call(52, &[x]).unwrap();
        let wanted = if a.is_infinite() { 0.0 } else { a.fract() };
        prop_assert!(a.is_nan() || same(bits(vm, fraction), wanted.copysign(a)));
        if a.is_normal() {
            let exponent = vm.call(53, &[x]).unwrap().small_int() as i32;
            let mantissa = vm.call(54, &[x, Oop::from_small_int(-exponent as i64)]).unwrap();
            let mantissa = vm.heap.float_value(mantissa).unwrap().abs();
            prop_assert!((1.0..2.0).contains(&mantissa), "{} {}", a, exponent);
        }
        let small = a.trunc() >= -(2f64.powi(60)) && a.trunc() < 2f64.powi(60);
        prop_assert_eq!(vm.call(51, &[x]), if small { Ok(Oop::from_small_int(a as i64)) } else { Err(PrimError::GENERIC) });
        Ok(())
        })?;
    }
}

#[test]
fn ends_of_the_ranges() {
    let mut vm = TestVm::new();
    let int = Oop::from_small_int;
    let (least, most) = (int(Oop::MIN_SMALL_INTEGER), int(Oop::MAX_SMALL_INTEGER));
    assert_eq!(vm.call(1, &[most, int(1)]), Err(PrimError::GENERIC));
    assert_eq!(vm.call(2, &[least, int(1)]), Err(PrimError::GENERIC));
    for division in [10, 12, 13] {
        assert_eq!(vm.call(division, &[least, int(-1)]), Err(PrimError::GENERIC));
        assert_eq!(vm.call(division, &[int(7), int(0)]), Err(PrimError::GENERIC));
    }
    assert_eq!(vm.call(11, &[int(-7), int(2)]), Ok(int(1)));
    assert_eq!(vm.call(12, &[int(-7), int(2)]), Ok(int(-4)));
    assert_eq!(vm.call(13, &[int(-7), int(2)]), Ok(int(-3)));
    assert_eq!(vm.call(575, &[int(0)]), Ok(int(0)));
    assert_eq!(vm.call(575, &[int(8)]), Ok(int(4)));
    let nil = vm.heap.nil();
    assert_eq!(vm.call(21, &[int(1), nil]), Err(PrimError::GENERIC));
    assert_eq!(vm.call(541, &[int(1), nil]), Err(PrimError::BAD_ARGUMENT));
}

#[test]
fn scaling_rounds_once() {
    let mut vm = TestVm::new();
    let mut scaled = |value: f64, power: i64| {
        let float = vm.heap.float(value).unwrap();
        let answer = vm.call(54, &[float, Oop::from_small_int(power)]).unwrap();
        vm.heap.float_value(answer).unwrap()
    };
    // 1.5 of the smallest step goes to the even one; twice rounded it would stay below.
    assert_eq!(scaled(1.5, -1074).to_bits(), 2);
    assert_eq!(scaled(f64::from_bits(0x3FF8_0000_0000_0001), -1075).to_bits(), 1);
    assert_eq!(scaled(1.0, -1075), 0.0);
    assert_eq!(scaled(-1.0, -5000).to_bits(), (-0.0f64).to_bits());
    assert_eq!(scaled(f64::from_bits(1), 1074 + 1023), 2f64.powi(1023));
    assert_eq!(scaled(1.0, 5000), f64::INFINITY);
    assert_eq!(scaled(0.0, 5000), 0.0);
}
