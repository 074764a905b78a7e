//! The codes of lengths and distances (RFC 1951, section 3.2.5), worked out instead of looked up.

/// The shortest match.
pub(crate) const MIN_MATCH: usize = 3;
/// The longest match.
pub(crate) const MAX_MATCH: usize = 258;

/// A code, and the bits that follow it: how many, and their value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Code {
    pub(crate) code: usize,
    pub(crate) extra: u32,
    pub(crate) rest: u32,
}

/// The code of a length, given less 3: 0 to 255.
pub(crate) fn length(length: u8) -> Code {
    match length {
        255 => Code { code: 285, extra: 0, rest: 0 },
        0..8 => Code { code: 257 + usize::from(length), extra: 0, rest: 0 },
        _ => {
            let bits = u32::from(length).ilog2();
            let (extra, value) = (bits - 2, u32::from(length));
            Code { code: 257 + (4 * (bits - 1) + (value >> extra & 3)) as usize, extra, rest: value & ((1 << extra) - 1) }
        }
    }
}

/// The code of a distance, given less 1: 0 to 32,767.
pub(crate) fn distance(distance: u32) -> Code {
    if distance < 4 {
        return Code { code: distance as usize, extra: 0, rest: 0 };
    }
    let bits = distance.ilog2();
    let extra = bits - 1;
    Code { code: (2 * bits + (distance >> extra & 1)) as usize, extra, rest: distance & ((1 << extra) - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_the_ranges_in_the_standard() {
        for (value, code, extra, rest) in
            [(3, 257, 0, 0), (10, 264, 0, 0), (11, 265, 1, 0), (12, 265, 1, 1), (13, 266, 1, 0), (35, 273, 3, 0), (257, 284, 5, 30)]
        {
            assert_eq!(length((value - 3) as u8), Code { code, extra, rest }, "length {value}");
        }
        assert_eq!(length(255), Code { code: 285, extra: 0, rest: 0 });
        for (value, code, extra, rest) in [
            (1, 0, 0, 0),
            (4, 3, 0, 0),
            (5, 4, 1, 0),
            (6, 4, 1, 1),
            (7, 5, 1, 0),
            (25, 9, 3, 0),
            (24_577, 29, 13, 0),
            (32_768, 29, 13, 8191),
        ] {
            assert_eq!(distance(value - 1), Code { code, extra, rest }, "distance {value}");
        }
    }
}
