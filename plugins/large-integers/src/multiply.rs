//! Products: by rows for short factors, by Karatsuba's method (Knuth, vol. 2, 4.3.3) for long ones.

use crate::limbs::{add_in_place, subtract_in_place, trim, trimmed};

/// From this many limbs of the shorter factor on, three half-sized products are faster than a quadratic one.
const KARATSUBA_LIMBS: usize = 40;

/// The product, without zeros at the end.
pub(crate) fn multiply(a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut product = vec![0; a.len() + b.len()];
    multiply_into(&mut product, a, b);
    trim(&mut product);
    product
}

/// `product += a * b`, where `product` has room for the sum.
fn multiply_into(product: &mut [u64], a: &[u64], b: &[u64]) {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() < KARATSUBA_LIMBS {
        for (i, &limb) in short.iter().enumerate() {
            multiply_row(&mut product[i..], long, limb);
        }
    } else if long.len() >= 2 * short.len() {
        // Pieces of the long factor as long as the short one.
        for (i, piece) in long.chunks(short.len()).enumerate() {
            multiply_into(&mut product[i * short.len()..], piece, short);
        }
    } else {
        karatsuba(product, short, long);
    }
}

/// `to += row * limb`.
fn multiply_row(to: &mut [u64], row: &[u64], limb: u64) {
    let mut carry = 0;
    let (low, high) = to.split_at_mut(row.len());
    for (to, &digit) in low.iter_mut().zip(row) {
        (*to, carry) = digit.carrying_mul_add(limb, *to, carry);
    }
    for to in high {
        if carry == 0 {
            return;
        }
        let overflow;
        (*to, overflow) = to.overflowing_add(carry);
        carry = u64::from(overflow);
    }
}

/// `product += a * b` with `a = a1 B + a0`, `b = b1 B + b0`: `a1 b1 B^2 + ((a1 + a0)(b1 + b0) - a1 b1 - a0 b0) B + a0 b0`.
fn karatsuba(product: &mut [u64], a: &[u64], b: &[u64]) {
    let half = b.len() / 2;
    let (a0, a1) = a.split_at(half);
    let (b0, b1) = b.split_at(half);
    let low = multiply(trimmed(a0), trimmed(b0));
    let high = multiply(trimmed(a1), trimmed(b1));
    let mut middle = multiply(&crate::limbs::add(a0, a1), &crate::limbs::add(b0, b1));
    subtract_in_place(&mut middle, &low);
    subtract_in_place(&mut middle, &high);
    trim(&mut middle);
    add_in_place(product, &low);
    add_in_place(&mut product[half..], &middle);
    add_in_place(&mut product[2 * half..], &high);
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    fn big(limbs: &[u64]) -> BigUint {
        BigUint::from_bytes_le(&limbs.iter().flat_map(|l| l.to_le_bytes()).collect::<Vec<u8>>())
    }

    fn number(max: usize) -> impl Strategy<Value = Vec<u64>> {
        let limb = prop_oneof![any::<u64>(), Just(0), Just(u64::MAX)];
        prop::collection::vec(limb, 0..max).prop_map(|mut limbs| {
            trim(&mut limbs);
            limbs
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn products(a in number(20), b in number(300), c in number(300)) {
            prop_assert_eq!(big(&multiply(&a, &b)), big(&a) * big(&b));
            prop_assert_eq!(big(&multiply(&b, &c)), big(&b) * big(&c));
            prop_assert_eq!(big(&multiply(&b, &b)), big(&b) * big(&b));
        }
    }
}
