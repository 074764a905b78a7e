//! Searching, comparing and hashing bytes.

/// The hash of a string: 28 bits, from the low 32 bits of the seed.
pub(crate) fn hash(bytes: &[u8], seed: i64) -> i64 {
    let hash = bytes.iter().fold(seed as u32, |hash, &byte| hash.wrapping_add(u32::from(byte)).wrapping_mul(1_664_525));
    i64::from(hash & 0xFFF_FFFF)
}

/// 1, 2 or 3: `first` is before, equal to or behind `second`, by the order of their bytes.
pub(crate) fn compare(first: &[u8], second: &[u8], order: &[u8; 256]) -> i64 {
    for (&a, &b) in first.iter().zip(second) {
        let (a, b) = (order[usize::from(a)], order[usize::from(b)]);
        if a != b {
            return if a < b { 1 } else { 3 };
        }
    }
    match first.len().cmp(&second.len()) {
        std::cmp::Ordering::Less => 1,
        std::cmp::Ordering::Equal => 2,
        std::cmp::Ordering::Greater => 3,
    }
}

/// Index of the first byte from `start` on whose entry in `set` is not 0.
pub(crate) fn find_first(string: &[u8], set: &[u8; 256], start: usize) -> Option<usize> {
    string.get(start..)?.iter().position(|&b| set[usize::from(b)] != 0).map(|i| start + i)
}

/// Index from `start` on where `key` stands in `body`, both read through `table`. An empty key is nowhere.
pub(crate) fn find_substring(key: &[u8], body: &[u8], start: usize, table: &[u8; 256]) -> Option<usize> {
    let (&first, rest) = key.split_first()?;
    let first = table[usize::from(first)];
    let last = body.len().checked_sub(key.len())?;
    (start..=last).find(|&at| {
        table[usize::from(body[at])] == first
            && body[at + 1..at + key.len()].iter().zip(rest).all(|(&b, &k)| table[usize::from(b)] == table[usize::from(k)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> [u8; 256] {
        std::array::from_fn(|i| i as u8)
    }

    fn ignoring_case() -> [u8; 256] {
        std::array::from_fn(|i| (i as u8).to_ascii_lowercase())
    }

    #[test]
    fn hashes_are_those_of_the_reference() {
        assert_eq!(hash(b"", 5), 5);
        assert_eq!(hash(b"a", 0), (97 * 1_664_525) & 0xFFF_FFFF);
        // Only the low 32 bits of the seed count.
        assert_eq!(hash(b"abc", -1), hash(b"abc", 0xFFFF_FFFF));
    }

    #[test]
    fn comparison_goes_by_the_order_and_then_by_length() {
        assert_eq!(compare(b"abc", b"ABD", &ignoring_case()), 1);
        assert_eq!(compare(b"abc", b"ABC", &ignoring_case()), 2);
        assert_eq!(compare(b"abc", b"ABC", &identity()), 3);
        assert_eq!(compare(b"ab", b"abc", &identity()), 1);
        assert_eq!(compare(b"abc", b"", &identity()), 3);
    }

    #[test]
    fn substrings() {
        assert_eq!(find_substring(b"CD", b"abcdcd", 0, &ignoring_case()), Some(2));
        assert_eq!(find_substring(b"cd", b"abcdcd", 3, &identity()), Some(4));
        assert_eq!(find_substring(b"", b"abc", 0, &identity()), None);
        assert_eq!(find_substring(b"abcd", b"abc", 0, &identity()), None);
        assert_eq!(find_substring(b"c", b"abc", 9, &identity()), None);
    }

    #[test]
    fn first_of_a_set() {
        let mut set = [0; 256];
        set[usize::from(b'c')] = 1;
        assert_eq!(find_first(b"abcabc", &set, 0), Some(2));
        assert_eq!(find_first(b"abcabc", &set, 3), Some(5));
        assert_eq!(find_first(b"abcabc", &set, 6), None);
        assert_eq!(find_first(b"abcabc", &set, 7), None);
    }
}
