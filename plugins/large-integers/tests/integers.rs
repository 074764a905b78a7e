//! LargeIntegers, primitive by primitive: signs, normalisation, failures. The arithmetic itself is tested beside it.

use num_bigint::{BigInt, BigUint, Sign};
use osvm_plugin_large_integers::PLUGIN;
use osvm_plugin_sdk::testing::{Fake, Tester};
use osvm_plugin_sdk::{PrimitiveError, Shape};
use proptest::prelude::*;

type Answer = Result<Fake, PrimitiveError>;

const MAX: i64 = (1 << 60) - 1;
const MIN: i64 = -(1 << 60);

fn call(name: &str, receiver: Fake, args: &[Fake]) -> Answer {
    Tester::new(&PLUGIN).call_on(receiver, name, args)
}

/// As the image has it: a SmallInteger, or bytes without zeros at the end.
fn fake(value: &BigInt) -> Fake {
    match i64::try_from(value) {
        Ok(small) if (MIN..=MAX).contains(&small) => Fake::Int(small),
        _ => Fake::large(value.sign() == Sign::Minus, value.magnitude().to_bytes_le()),
    }
}

/// An answer as a number.
fn number(answer: Answer) -> BigInt {
    value(&answer.unwrap())
}

fn value(fake: &Fake) -> BigInt {
    match fake {
        Fake::Int(value) => BigInt::from(*value),
        other => match other.shape() {
            Shape::LargeInteger { negative } => {
                let sign = if negative { Sign::Minus } else { Sign::Plus };
                BigInt::from_biguint(sign, BigUint::from_bytes_le(&other.data()))
            }
            _ => panic!("{other:?} is no Integer"),
        },
    }
}

fn integer() -> impl Strategy<Value = BigInt> {
    let byte = prop_oneof![any::<u8>(), Just(0), Just(255)];
    let bytes = prop::collection::vec(byte, 0..40);
    (bytes, any::<bool>()).prop_map(|(bytes, negative)| {
        let magnitude = BigInt::from_biguint(Sign::Plus, BigUint::from_bytes_le(&bytes));
        if negative { -magnitude } else { magnitude }
    })
}

fn magnitude(value: &BigInt) -> BigInt {
    BigInt::from_biguint(Sign::Plus, value.magnitude().clone())
}

proptest! {
    #[test]
    fn sums_differences_products(a in integer(), b in integer(), negative: bool) {
        let sign = |value: BigInt, negative: bool| if negative { -value } else { value };
        let minus = a.sign() == Sign::Minus;
        let sum = call("primDigitAdd", fake(&a), &[fake(&b)]).unwrap();
        prop_assert_eq!(value(&sum), sign(magnitude(&a) + magnitude(&b), minus));
        let difference = call("primDigitSubtract", fake(&a), &[fake(&b)]).unwrap();
        prop_assert_eq!(value(&difference), sign(magnitude(&a) - magnitude(&b), minus));
        let product = call("primDigitMultiplyNegative", fake(&a), &[fake(&b), Fake::Bool(negative)]).unwrap();
        prop_assert_eq!(value(&product), sign(magnitude(&a) * magnitude(&b), negative));
        for result in [sum, difference, product] {
            let normal = fake(&value(&result));
            // The tester keeps an Integer of 64 bits as one; the host makes a large integer of it where it must.
            prop_assert!(result == normal || matches!(result, Fake::Int(v) if !(MIN..=MAX).contains(&v)), "{:?}", result);
        }
        let order = magnitude(&a).cmp(&magnitude(&b)) as i64;
        prop_assert_eq!(call("primDigitCompare", fake(&a), &[fake(&b)]), Ok(Fake::Int(order)));
    }

    #[test]
    fn quotients(a in integer(), b in integer(), negative: bool) {
        prop_assume!(b.sign() != Sign::NoSign);
        let answer = call("primDigitDivNegative", fake(&a), &[fake(&b), Fake::Bool(negative)]).unwrap();
        let pair = answer.elements();
        let quotient = magnitude(&a) / magnitude(&b);
        prop_assert_eq!(value(&pair[0]), if negative { -quotient } else { quotient });
        prop_assert_eq!(magnitude(&value(&pair[1])), magnitude(&a) % magnitude(&b));
        if let Shape::LargeInteger { negative } = pair[1].shape() {
            prop_assert_eq!(negative, a.sign() == Sign::Minus);
        }
    }

    #[test]
    fn bits(a in integer(), b in integer(), count in -300i64..300, from in 1i64..400, len in 0i64..400) {
        let (x, y) = (magnitude(&a), magnitude(&b));
        for (name, expected) in [("primDigitBitAnd", &x & &y), ("primDigitBitOr", &x | &y), ("primDigitBitXor", &x ^ &y)] {
            prop_assert_eq!(number(call(name, fake(&x), &[fake(&y)])), expected);
        }
        let shifted = if count >= 0 { &x << count } else { &x >> -count };
        let shifted = if a.sign() == Sign::Minus { -shifted } else { shifted };
        prop_assert_eq!(number(call("primDigitBitShiftMagnitude", fake(&a), &[Fake::Int(count)])), shifted);
        let any = (from - 1..from + len).any(|bit| a.magnitude().bit(bit as u64));
        let answer = call("primAnyBitFromTo", fake(&a), &[Fake::Int(from), Fake::Int(from + len)]);
        prop_assert_eq!(answer, Ok(Fake::Bool(any)));
    }
}

#[test]
fn quotient_and_remainder_are_not_normalised() {
    let large = |bytes: &[u8]| Fake::large(false, bytes);
    let divide = |a: Fake, b: Fake| call("primDigitDivNegative", a, &[b, Fake::Bool(false)]);
    // 2^64 / 2^33: three digits and two make two.
    let (a, b) = (large(&[0, 0, 0, 0, 0, 0, 0, 0, 1]), Fake::Int(1 << 33));
    assert_eq!(divide(a.clone(), b), Ok(Fake::array([large(&[0, 0, 0, 128, 0, 0, 0, 0]), large(&[])])));
    // A SmallInteger becomes whole digits; a shorter dividend is the remainder as it is.
    assert_eq!(divide(Fake::Int(5), a), Ok(Fake::array([Fake::Int(0), large(&[5, 0, 0, 0])])));
    assert_eq!(divide(Fake::Int(17), Fake::Int(5)), Ok(Fake::array([large(&[3, 0, 0, 0]), large(&[2])])));
}

#[test]
fn what_cannot_be_divided() {
    let failed = Err(PrimitiveError::Failed);
    let divide = |a: Fake, b: Fake| call("primDigitDivNegative", a, &[b, Fake::Bool(false)]);
    assert_eq!(divide(Fake::Int(1), Fake::Int(0)), failed);
    assert_eq!(divide(Fake::large(false, vec![1]), Fake::Int(1)), failed);
    assert_eq!(divide(Fake::large(false, vec![0, 0, 0, 0, 0, 0, 0, 0, 1, 0]), Fake::Int(1)), failed);
    assert_eq!(divide(Fake::Int(1), Fake::large(false, vec![])), failed);
    assert_eq!(divide(Fake::Int(1), Fake::Nil), Err(PrimitiveError::BadArgument));
    assert_eq!(divide(Fake::string("7"), Fake::Int(1)), Err(PrimitiveError::BadReceiver));
}

#[test]
fn normalisation_at_the_ends_of_small_integers() {
    let bytes = |value: u64| value.to_le_bytes().to_vec();
    let positive = |bytes: Vec<u8>| call("primNormalizePositive", Fake::large(false, bytes), &[]);
    let negative = |bytes: Vec<u8>| call("primNormalizeNegative", Fake::large(true, bytes), &[]);
    assert_eq!(positive(bytes(MAX as u64)), Ok(Fake::Int(MAX)));
    assert_eq!(positive(bytes(MAX as u64 + 1)), Ok(Fake::large(false, bytes(MAX as u64 + 1))));
    assert_eq!(negative(bytes(MIN.unsigned_abs())), Ok(Fake::Int(MIN)));
    assert_eq!(negative(bytes(MIN.unsigned_abs() + 1)), Ok(Fake::large(true, bytes(MIN.unsigned_abs() + 1))));
    assert_eq!(positive(vec![0; 30]), Ok(Fake::Int(0)));
    assert_eq!(positive(vec![]), Ok(Fake::Int(0)));
    assert_eq!(positive([vec![7; 10], vec![0; 3]].concat()), Ok(Fake::large(false, vec![7; 10])));
    assert_eq!(call("primNormalizePositive", Fake::large(true, vec![1]), &[]), Err(PrimitiveError::BadReceiver));
    assert_eq!(call("primNormalizeNegative", Fake::Int(1), &[]), Err(PrimitiveError::BadReceiver));
}

#[test]
fn odd_arguments() {
    assert_eq!(call("primDigitBitAnd", Fake::Int(-1), &[Fake::Int(1)]), Err(PrimitiveError::Failed));
    assert_eq!(call("primAnyBitFromTo", Fake::Int(1), &[Fake::Int(0), Fake::Int(5)]), Err(PrimitiveError::Failed));
    assert_eq!(call("primDigitBitShiftMagnitude", Fake::Int(1), &[Fake::Int(i64::MAX)]), Err(PrimitiveError::NoMemory));
    assert_eq!(call("primDigitBitShiftMagnitude", Fake::Int(1), &[Fake::Int(i64::MIN)]), Ok(Fake::Int(0)));
    assert_eq!(call("primMontgomeryDigitLength", Fake::Nil, &[]), Ok(Fake::Int(32)));
    assert_eq!(call("primGetModuleName", Fake::Nil, &[]), Ok(Fake::string("LargeIntegers")));
}
