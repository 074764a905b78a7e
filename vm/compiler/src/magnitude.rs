//! Whole numbers without limit, as far as literals need them: built digit by digit, scaled by small factors, read back as bytes or
//! as the nearest float.

/// A magnitude: 32 bits a word, least significant first, no leading zero words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Hash)]
pub struct Magnitude {
    words: Vec<u32>,
}

impl From<u64> for Magnitude {
    fn from(value: u64) -> Magnitude {
        let mut result = Magnitude { words: vec![value as u32, (value >> 32) as u32] };
        result.trim();
        result
    }
}

impl Magnitude {
    fn trim(&mut self) {
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        self.words.is_empty()
    }

    /// Its value if 64 bits hold it.
    pub fn as_u64(&self) -> Option<u64> {
        match self.words[..] {
            [] => Some(0),
            [low] => Some(u64::from(low)),
            [low, high] => Some(u64::from(high) << 32 | u64::from(low)),
            _ => None,
        }
    }

    /// Multiplies by a factor and adds a term.
    pub fn multiply_add(&mut self, factor: u32, term: u32) {
        let mut carry = u64::from(term);
        for word in &mut self.words {
            let value = u64::from(*word) * u64::from(factor) + carry;
            *word = value as u32;
            carry = value >> 32;
        }
        if carry != 0 {
            self.words.push(carry as u32);
        }
        self.trim();
    }

    /// Multiplies by a power of a small number.
    pub fn scale(&mut self, base: u32, exponent: u32) {
        (0..exponent).for_each(|_| self.multiply_add(base, 0));
    }

    /// Divides by a small number and answers the remainder.
    pub fn divide(&mut self, divisor: u32) -> u32 {
        let mut rest = 0u64;
        for word in self.words.iter_mut().rev() {
            let value = rest << 32 | u64::from(*word);
            *word = (value / u64::from(divisor)) as u32;
            rest = value % u64::from(divisor);
        }
        self.trim();
        rest as u32
    }

    /// The remainder of a division by a small number.
    pub fn remainder(&self, divisor: u32) -> u32 {
        self.words.iter().rev().fold(0u64, |rest, &word| (rest << 32 | u64::from(word)) % u64::from(divisor)) as u32
    }

    /// Number of bits.
    pub fn bits(&self) -> usize {
        self.words.last().map_or(0, |top| self.words.len() * 32 - top.leading_zeros() as usize)
    }

    fn shift_left(&mut self, bits: usize) {
        self.scale(1 << 16, bits as u32 / 16);
        self.multiply_add(1 << (bits % 16), 0);
    }

    /// Its bytes, least significant first, without leading zeros: as LargeIntegers have them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.words.iter().flat_map(|word| word.to_le_bytes()).collect();
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        bytes
    }

    /// The number that has these bytes, least significant first.
    pub fn from_bytes(bytes: &[u8]) -> Magnitude {
        let word = |part: &[u8]| part.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
        let mut result = Magnitude { words: bytes.chunks(4).map(word).collect() };
        result.trim();
        result
    }

    /// The float nearest to this number times `base` to the power of `exponent`; of two that are as near, the even one.
    pub fn to_float(mut self, base: u32, exponent: i32) -> f64 {
        if self.is_zero() {
            return 0.0;
        }
        let mut binary_exponent = 0;
        let mut inexact = false;
        if exponent >= 0 {
            self.scale(base, exponent as u32);
        } else {
            // Enough bits that the quotient has 64 or more.
            let bits = (exponent.unsigned_abs() as usize) * (32 - base.leading_zeros() as usize) + 66;
            self.shift_left(bits);
            binary_exponent = -(bits as i32);
            (0..exponent.unsigned_abs()).for_each(|_| inexact |= self.divide(base) != 0);
        }
        let excess = self.bits().saturating_sub(64);
        let mut top = 0u64;
        for bit in (0..self.bits()).rev() {
            let set = self.words[bit / 32] >> (bit % 32) & 1 != 0;
            if bit >= excess {
                top = top << 1 | u64::from(set);
            } else {
                inexact |= set;
            }
        }
        // The lowest of 64 bits stands for all that were cut off: it lies below the 53 that remain.
        let rounded = (top | u64::from(inexact)) as f64;
        let mut shift = binary_exponent + excess as i32;
        let mut value = rounded;
        while shift != 0 && value != 0.0 && value.is_finite() {
            let step = shift.clamp(-1000, 1000);
            value *= 2f64.powi(step);
            shift -= step;
        }
        value
    }
}

impl std::fmt::Display for Magnitude {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut rest = self.clone();
        let mut groups = Vec::new();
        while !rest.is_zero() {
            groups.push(rest.divide(1_000_000_000));
        }
        write!(f, "{}", groups.pop().unwrap_or(0))?;
        groups.iter().rev().try_for_each(|group| write!(f, "{group:09}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Magnitude {
        text.bytes().fold(Magnitude::default(), |mut value, digit| {
            value.multiply_add(10, u32::from(digit - b'0'));
            value
        })
    }

    #[test]
    fn digits_there_and_back() {
        for text in ["0", "7", "4294967296", "18446744073709551616", "100000000000000000000000000000000000001"] {
            assert_eq!(decimal(text).to_string(), text);
            assert_eq!(Magnitude::from_bytes(&decimal(text).to_bytes()), decimal(text));
        }
    }

    #[test]
    fn floats_are_the_nearest() {
        for text in ["1", "9007199254740993", "123456789012345678901234567890", "1797693134862315708145274237317043568"] {
            for exponent in [-330, -20, -1, 0, 1, 20, 260] {
                let expected: f64 = format!("{text}e{exponent}").parse().unwrap();
                assert_eq!(decimal(text).to_float(10, exponent), expected, "{text}e{exponent}");
            }
        }
        assert_eq!(Magnitude::from(1).to_float(3, -1), 1.0 / 3.0);
        assert_eq!(Magnitude::from(5).to_float(2, 4000), f64::INFINITY);
    }
}
