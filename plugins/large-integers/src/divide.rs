//! Quotients: Knuth's algorithm D (vol. 2, 4.3.1), with the quotient of two limbs by one from a precomputed reciprocal
//! (Möller and Granlund, "Improved division by invariant integers", 2011).

use crate::limbs::{add_in_place, compare, shift_left, shift_right, trim};
use std::cmp::Ordering;

/// Quotient and remainder, without zeros at the end; the divisor is not empty.
pub(crate) fn divide(a: &[u64], b: &[u64]) -> (Vec<u64>, Vec<u64>) {
    if compare(a, b) == Ordering::Less {
        return (Vec::new(), a.to_vec());
    }
    // With its top bit set the divisor's first limb is a good measure of all of it.
    let shift = b[b.len() - 1].leading_zeros() as usize;
    let divisor = shift_left(b, shift);
    let mut rest = shift_left(a, shift);
    rest.resize(a.len() + 1, 0);
    let mut quotient = match divisor[..] {
        [limb] => divide_by_limb(&mut rest, Reciprocal::of(limb)),
        _ => divide_by_limbs(&mut rest, &divisor),
    };
    trim(&mut quotient);
    (quotient, shift_right(&rest, shift))
}

fn divide_by_limb(rest: &mut Vec<u64>, divisor: Reciprocal) -> Vec<u64> {
    let mut quotient = vec![0; rest.len()];
    let mut remainder = 0;
    for (q, &limb) in quotient.iter_mut().zip(rest.iter()).rev() {
        (*q, remainder) = divisor.divide(remainder, limb);
    }
    rest.clear();
    rest.push(remainder);
    quotient
}

fn divide_by_limbs(rest: &mut [u64], divisor: &[u64]) -> Vec<u64> {
    let n = divisor.len();
    let (first, second) = (divisor[n - 1], divisor[n - 2]);
    let reciprocal = Reciprocal::of(first);
    let mut quotient = vec![0; rest.len() - n];
    for j in (0..quotient.len()).rev() {
        let (top, next, third) = (rest[j + n], rest[j + n - 1], rest[j + n - 2]);
        // At most two too large once it is below the base (Knuth, theorem B), at most one after the second limb was tried.
        let mut guess = if top >= first {
            u64::MAX
        } else {
            let (mut guess, mut remainder) = reciprocal.divide(top, next);
            while u128::from(guess) * u128::from(second) > (u128::from(remainder) << 64 | u128::from(third)) {
                guess -= 1;
                match remainder.checked_add(first) {
                    Some(sum) => remainder = sum,
                    None => break,
                }
            }
            guess
        };
        if subtract_row(&mut rest[j..=j + n], divisor, guess) {
            guess -= 1;
            while !add_in_place(&mut rest[j..=j + n], divisor) {
                guess -= 1;
            }
        }
        quotient[j] = guess;
    }
    quotient
}

/// `from -= row * limb`, where `from` is one longer than `row`; true if that is negative.
fn subtract_row(from: &mut [u64], row: &[u64], limb: u64) -> bool {
    let mut carry = 0;
    for (from, &digit) in from.iter_mut().zip(row) {
        let (low, high) = digit.carrying_mul(limb, carry);
        let borrow;
        (*from, borrow) = from.overflowing_sub(low);
        carry = high + u64::from(borrow);
    }
    let borrow;
    (from[row.len()], borrow) = from[row.len()].overflowing_sub(carry);
    borrow
}

/// A divisor whose top bit is set, and `(2^128 - 1) / divisor - 2^64`.
#[derive(Clone, Copy)]
struct Reciprocal {
    divisor: u64,
    reciprocal: u64,
}

impl Reciprocal {
    fn of(divisor: u64) -> Reciprocal {
        Reciprocal { divisor, reciprocal: (u128::MAX / u128::from(divisor)) as u64 }
    }

    /// Quotient and remainder of `high * 2^64 + low`, where `high` is less than the divisor.
    fn divide(self, high: u64, low: u64) -> (u64, u64) {
        let estimate = u128::from(self.reciprocal) * u128::from(high) + (u128::from(high) << 64 | u128::from(low));
        let mut quotient = ((estimate >> 64) as u64).wrapping_add(1);
        let mut remainder = low.wrapping_sub(quotient.wrapping_mul(self.divisor));
        if remainder > estimate as u64 {
            quotient = quotient.wrapping_sub(1);
            remainder = remainder.wrapping_add(self.divisor);
        }
        if remainder >= self.divisor {
            quotient = quotient.wrapping_add(1);
            remainder -= self.divisor;
        }
        (quotient, remainder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    fn big(limbs: &[u64]) -> BigUint {
        BigUint::from_bytes_le(&limbs.iter().flat_map(|l| l.to_le_bytes()).collect::<Vec<u8>>())
    }

    /// Limbs near the ends of their range, which make the guesses wrong.
    fn number(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u64>> {
        let limb =
            prop_oneof![any::<u64>(), Just(0), Just(1), Just(u64::MAX), Just(u64::MAX - 1), Just(1 << 63), Just((1 << 63) - 1)];
        prop::collection::vec(limb, len).prop_map(|mut limbs| {
            trim(&mut limbs);
            limbs
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn quotients_and_remainders(a in number(0..10), b in number(1..6)) {
            prop_assume!(!b.is_empty());
            let (quotient, remainder) = divide(&a, &b);
            prop_assert_eq!(big(&quotient), big(&a) / big(&b));
            prop_assert_eq!(big(&remainder), big(&a) % big(&b));
        }
    }
}
