//! Montgomery's product: `a * b / B^n` modulo `m`, without division, where `B` is 2^32 and `n` the digits of `m`.
//!
//! Source: P. Montgomery, "Modular multiplication without trial division", 1985. The image computes `inverse`, which is
//! `-1 / m` modulo `B`, by the digit length that it asks for, so digits have 32 bits here as in the reference.

/// Bits of a digit.
pub(crate) const DIGIT_BITS: i64 = 32;

/// The product, as digits of `m`; `None` if a factor has more digits than the modulus.
pub(crate) fn times(a: &[u32], b: &[u32], m: &[u32], inverse: u32) -> Option<Vec<u32>> {
    let n = m.len();
    if a.len() > n || b.len() > n || n == 0 {
        return None;
    }
    let digit = |digits: &[u32], i: usize| u64::from(digits.get(i).copied().unwrap_or(0));
    let mut result = vec![0u32; n];
    let mut top = 0u64;
    for i in 0..n {
        let factor = digit(a, i);
        // Chosen so that the lowest digit of the sum becomes 0 and can be dropped.
        let lowest = factor * digit(b, 0) + u64::from(result[0]);
        let multiple = u64::from((lowest as u32).wrapping_mul(inverse));
        let mut carry = (u128::from(lowest) + u128::from(multiple * u64::from(m[0]))) >> 32;
        for k in 1..n {
            carry += u128::from(factor * digit(b, k)) + u128::from(multiple * u64::from(m[k])) + u128::from(result[k]);
            result[k - 1] = carry as u32;
            carry >>= 32;
        }
        carry += u128::from(top);
        result[n - 1] = carry as u32;
        top = (carry >> 32) as u64;
    }
    let below = top == 0 && result.iter().rev().lt(m.iter().rev());
    if !below {
        let mut borrow = false;
        for (r, &m) in result.iter_mut().zip(m) {
            (*r, borrow) = r.borrowing_sub(m, borrow);
        }
    }
    Some(result)
}

/// Two digits to a limb.
pub(crate) fn to_limbs(digits: &[u32]) -> Vec<u64> {
    digits.chunks(2).map(|pair| u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    /// `-1 / m` modulo 2^32 for an odd `m`, by Newton's iteration.
    fn inverse(m: u32) -> u32 {
        let mut x = m;
        for _ in 0..5 {
            x = x.wrapping_mul(2u32.wrapping_sub(m.wrapping_mul(x)));
        }
        x.wrapping_neg()
    }

    proptest! {
        #[test]
        fn products(a in prop::collection::vec(any::<u32>(), 1..6), b in prop::collection::vec(any::<u32>(), 1..6), mut m in prop::collection::vec(any::<u32>(), 6..8)) {
            m[0] |= 1;
            let last = m.len() - 1;
            m[last] |= 1;
            let (x, y, z) = (BigUint::new(a.clone()), BigUint::new(b.clone()), BigUint::new(m.clone()));
            let product = BigUint::new(times(&a, &b, &m, inverse(m[0])).unwrap());
            let base = BigUint::from(1u32) << (32 * m.len());
            prop_assert_eq!((&product * base) % &z, x * y % &z);
            prop_assert!(product < z);
        }
    }

    #[test]
    fn factors_longer_than_the_modulus_are_refused() {
        assert_eq!(times(&[1, 2], &[1], &[3], 1), None);
        assert_eq!(times(&[], &[], &[], 1), None);
    }
}
