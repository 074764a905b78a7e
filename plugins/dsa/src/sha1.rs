//! SHA-1 (FIPS 180-4, section 6.1.2) in the two steps that images take.

/// The 80 words of a block.
pub(crate) fn expand(block: &[u8; 64]) -> [u32; 80] {
    let mut words = [0; 80];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    for i in 16..80 {
        words[i] = (words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1);
    }
    words
}

/// The state after a block.
pub(crate) fn hash(words: &[u32; 80], state: [u32; 5]) -> [u32; 5] {
    let [mut a, mut b, mut c, mut d, mut e] = state;
    for (i, &word) in words.iter().enumerate() {
        let (mixed, constant) = match i {
            0..20 => ((b & c) | (!b & d), 0x5A82_7999),
            20..40 => (b ^ c ^ d, 0x6ED9_EBA1),
            40..60 => ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC),
            _ => (b ^ c ^ d, 0xCA62_C1D6_u32),
        };
        let next = a.rotate_left(5).wrapping_add(mixed).wrapping_add(constant).wrapping_add(e).wrapping_add(word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
    }
    let added = [a, b, c, d, e];
    std::array::from_fn(|i| state[i].wrapping_add(added[i]))
}
