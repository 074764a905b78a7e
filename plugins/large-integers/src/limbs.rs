//! Magnitudes as limbs of 64 bits, least significant first: addition, subtraction, shifts, comparison.

use std::cmp::Ordering;

/// The limbs of bytes, least significant first, without zeros at the end.
pub(crate) fn from_bytes(bytes: &[u8]) -> Vec<u64> {
    let (whole, rest) = bytes.as_chunks::<8>();
    let mut limbs = Vec::with_capacity(whole.len() + 1);
    limbs.extend(whole.iter().map(|&chunk| u64::from_le_bytes(chunk)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    limbs.push(u64::from_le_bytes(last));
    trim(&mut limbs);
    limbs
}

/// The limbs without zeros at the end.
pub(crate) fn trimmed(limbs: &[u64]) -> &[u64] {
    &limbs[..limbs.iter().rposition(|&l| l != 0).map_or(0, |i| i + 1)]
}

/// Drops zeros at the end.
pub(crate) fn trim(limbs: &mut Vec<u64>) {
    limbs.truncate(trimmed(limbs).len());
}

/// Bits up to the highest that is set.
pub(crate) fn bit_len(limbs: &[u64]) -> usize {
    match trimmed(limbs) {
        [] => 0,
        [rest @ .., last] => rest.len() * 64 + (64 - last.leading_zeros() as usize),
    }
}

/// Bytes up to the highest that is not 0.
pub(crate) fn byte_len(limbs: &[u64]) -> usize {
    bit_len(limbs).div_ceil(8)
}

/// Compares magnitudes without zeros at the end.
pub(crate) fn compare(a: &[u64], b: &[u64]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// Adds `b` to `a` in place, where `a` is at least as long; answers the carry.
pub(crate) fn add_in_place(a: &mut [u64], b: &[u64]) -> bool {
    let (low, high) = a.split_at_mut(b.len());
    let mut carry = false;
    for (x, &y) in low.iter_mut().zip(b) {
        (*x, carry) = x.carrying_add(y, carry);
    }
    for x in high {
        if !carry {
            break;
        }
        (*x, carry) = x.overflowing_add(1);
    }
    carry
}

/// Subtracts `b` from `a` in place, where `a` is at least as long; answers the borrow.
pub(crate) fn subtract_in_place(a: &mut [u64], b: &[u64]) -> bool {
    let (low, high) = a.split_at_mut(b.len());
    let mut borrow = false;
    for (x, &y) in low.iter_mut().zip(b) {
        (*x, borrow) = x.borrowing_sub(y, borrow);
    }
    for x in high {
        if !borrow {
            break;
        }
        (*x, borrow) = x.overflowing_sub(1);
    }
    borrow
}

/// The sum.
pub(crate) fn add(a: &[u64], b: &[u64]) -> Vec<u64> {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut sum = Vec::with_capacity(long.len() + 1);
    sum.extend_from_slice(long);
    if add_in_place(&mut sum, short) {
        sum.push(1);
    }
    sum
}

/// The difference, where `a` is not smaller than `b`.
pub(crate) fn subtract(a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut difference = a.to_vec();
    subtract_in_place(&mut difference, b);
    trim(&mut difference);
    difference
}

/// Shifted left by `count` bits.
pub(crate) fn shift_left(a: &[u64], count: usize) -> Vec<u64> {
    if a.is_empty() {
        return Vec::new();
    }
    let (limbs, bits) = (count / 64, count % 64);
    let mut out = Vec::with_capacity(a.len() + limbs + 1);
    out.resize(limbs, 0);
    let mut carry = 0;
    for &limb in a {
        out.push(limb << bits | carry);
        carry = if bits == 0 { 0 } else { limb >> (64 - bits) };
    }
    out.push(carry);
    trim(&mut out);
    out
}

/// Shifted right by `count` bits.
pub(crate) fn shift_right(a: &[u64], count: usize) -> Vec<u64> {
    let (limbs, bits) = (count / 64, count % 64);
    let Some(a) = a.get(limbs..) else { return Vec::new() };
    let above = a.iter().skip(1).copied().chain([0]);
    let mut out: Vec<u64> =
        a.iter().zip(above).map(|(&limb, above)| if bits == 0 { limb } else { limb >> bits | above << (64 - bits) }).collect();
    trim(&mut out);
    out
}

/// True if any bit from `from` (from 0) up to, not including, `to` is set.
pub(crate) fn any_bit(a: &[u64], from: u64, to: u64) -> bool {
    let to = to.min(a.len() as u64 * 64);
    (from / 64..to.div_ceil(64)).any(|i| {
        let mut limb = a[i as usize];
        if i == from / 64 {
            limb &= u64::MAX << (from % 64);
        }
        if i == to / 64 {
            limb &= !(u64::MAX << (to % 64));
        }
        limb != 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    fn big(limbs: &[u64]) -> BigUint {
        BigUint::from_bytes_le(&limbs.iter().flat_map(|l| l.to_le_bytes()).collect::<Vec<u8>>())
    }

    /// Limbs among which zeros and all ones are frequent.
    fn number() -> impl Strategy<Value = Vec<u64>> {
        let limb = prop_oneof![any::<u64>(), Just(0), Just(1), Just(u64::MAX)];
        prop::collection::vec(limb, 0..12).prop_map(|mut limbs| {
            trim(&mut limbs);
            limbs
        })
    }

    proptest! {
        #[test]
        fn sums_and_differences(a in number(), b in number()) {
            let sum = add(&a, &b);
            prop_assert_eq!(big(&sum), big(&a) + big(&b));
            prop_assert_eq!(subtract(&sum, &b), a.clone());
            prop_assert_eq!(compare(&a, &b), big(&a).cmp(&big(&b)));
        }

        #[test]
        fn shifts(a in number(), count in 0usize..300) {
            prop_assert_eq!(big(&shift_left(&a, count)), big(&a) << count);
            prop_assert_eq!(big(&shift_right(&a, count)), big(&a) >> count);
        }

        #[test]
        fn lengths_and_bits(a in number(), from in 0u64..800, len in 0u64..800) {
            prop_assert_eq!(bit_len(&a) as u64, big(&a).bits());
            let expected = (from..from + len).any(|bit| big(&a).bit(bit));
            prop_assert_eq!(any_bit(&a, from, from + len), expected);
        }

        #[test]
        fn bytes(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(big(&from_bytes(&bytes)), BigUint::from_bytes_le(&bytes));
        }
    }
}
