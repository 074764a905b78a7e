//! Object pointers: the tagged 64-bit word in which everything that Smalltalk code can name is passed.
//!
//! The encoding is that of 64-bit Spur (`Spur64BitMemoryManager` in the OpenSmalltalk VM): the low three bits are the
//! tag, `000` an object's address, `001` a SmallInteger of 61 bits, `010` a Character, `100` a SmallFloat64.

use std::fmt;

/// An object pointer: an immediate value or the address of an object's header.
///
/// An address stays good until the next safe point (see [`crate::heap`]): only there are objects moved.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Oop(pub(crate) u64);

/// Tag of a SmallInteger, also its class index.
pub const TAG_SMALL_INTEGER: u64 = 1;
/// Tag of a Character, also its class index.
pub const TAG_CHARACTER: u64 = 2;
/// Tag of a SmallFloat64, also its class index.
pub const TAG_SMALL_FLOAT: u64 = 4;
pub(crate) const TAG_MASK: u64 = 7;
pub(crate) const TAG_BITS: u32 = 3;

/// What the exponent of a SmallFloat64 is reduced by, so that eight of its eleven bits are enough: 896 = 1023 - 127.
const FLOAT_EXPONENT_OFFSET: u64 = 896;
const FLOAT_MANTISSA_BITS: u32 = 52;

impl Oop {
    /// The word 0, which is never a valid object pointer; it marks an empty place.
    pub const NULL: Oop = Oop(0);
    /// SmallInteger 0.
    pub const ZERO: Oop = Oop(TAG_SMALL_INTEGER);
    /// Largest SmallInteger, 2^60 - 1.
    pub const MAX_SMALL_INTEGER: i64 = (1 << 60) - 1;
    /// Smallest SmallInteger, -2^60.
    pub const MIN_SMALL_INTEGER: i64 = -(1 << 60);
    /// Largest Character value, 2^30 - 1 as in every Spur VM.
    pub const MAX_CHARACTER: u32 = (1 << 30) - 1;

    /// The oop with exactly these bits.
    #[inline(always)]
    pub const fn from_bits(bits: u64) -> Oop {
        Oop(bits)
    }

    /// The bits of this oop: an address or a tagged immediate.
    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// True unless this is the address of an object.
    #[inline(always)]
    pub const fn is_immediate(self) -> bool {
        self.0 & TAG_MASK != 0
    }

    /// True if this is the address of an object (the null word counts as one).
    #[inline(always)]
    pub const fn is_pointer(self) -> bool {
        self.0 & TAG_MASK == 0
    }

    /// True for the word 0.
    #[inline(always)]
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }

    /// The tag, which for an immediate is also its class index; 0 for a pointer.
    #[inline(always)]
    pub const fn tag(self) -> u64 {
        self.0 & TAG_MASK
    }

    /// True for a SmallInteger.
    #[inline(always)]
    pub const fn is_small_int(self) -> bool {
        self.0 & TAG_MASK == TAG_SMALL_INTEGER
    }

    /// True if both are SmallIntegers.
    #[inline(always)]
    pub const fn both_small_ints(a: Oop, b: Oop) -> bool {
        a.is_small_int() && b.is_small_int()
    }

    /// The SmallInteger `value`, which must be in range.
    #[inline(always)]
    pub const fn from_small_int(value: i64) -> Oop {
        debug_assert!(Oop::fits_small_int(value));
        Oop(((value as u64) << TAG_BITS) | TAG_SMALL_INTEGER)
    }

    /// The SmallInteger `value`, if it is in range.
    #[inline(always)]
    pub const fn try_from_small_int(value: i64) -> Option<Oop> {
        if Oop::fits_small_int(value) { Some(Oop::from_small_int(value)) } else { None }
    }

    /// True if `value` is in the range of SmallIntegers.
    #[inline(always)]
    pub const fn fits_small_int(value: i64) -> bool {
        // The shift drops three bits; coming back unchanged means that they were copies of the sign.
        ((value << TAG_BITS) >> TAG_BITS) == value
    }

    /// The value of this SmallInteger; meaningless for anything else.
    #[inline(always)]
    pub const fn small_int(self) -> i64 {
        (self.0 as i64) >> TAG_BITS
    }

    /// The value, if this is a SmallInteger.
    #[inline(always)]
    pub const fn as_small_int(self) -> Option<i64> {
        if self.is_small_int() { Some(self.small_int()) } else { None }
    }

    /// True for a Character.
    #[inline(always)]
    pub const fn is_character(self) -> bool {
        self.0 & TAG_MASK == TAG_CHARACTER
    }

    /// The Character of code point `value`.
    #[inline(always)]
    pub const fn from_character(value: u32) -> Oop {
        Oop(((value as u64) << TAG_BITS) | TAG_CHARACTER)
    }

    /// The code point, if this is a Character.
    #[inline(always)]
    pub const fn as_character(self) -> Option<u32> {
        if self.is_character() { Some((self.0 >> TAG_BITS) as u32) } else { None }
    }

    /// True for a SmallFloat64.
    #[inline(always)]
    pub const fn is_small_float(self) -> bool {
        self.0 & TAG_MASK == TAG_SMALL_FLOAT
    }

    /// The SmallFloat64 of `value`, if its exponent fits in eight bits (magnitudes of about 1e-38 to 1e38, and zeros).
    #[inline(always)]
    pub fn try_from_float(value: f64) -> Option<Oop> {
        let rotated = value.to_bits().rotate_left(1);
        if rotated <= 1 {
            return Some(Oop((rotated << TAG_BITS) | TAG_SMALL_FLOAT));
        }
        let reduced = rotated.wrapping_sub(FLOAT_EXPONENT_OFFSET << (FLOAT_MANTISSA_BITS + 1));
        // Eight bits of exponent above 52 of mantissa and one of sign; 0 and 1 stand for the zeros.
        if rotated >= (FLOAT_EXPONENT_OFFSET << (FLOAT_MANTISSA_BITS + 1)) && reduced > 1 && reduced < (1 << 61) {
            Some(Oop((reduced << TAG_BITS) | TAG_SMALL_FLOAT))
        } else {
            None
        }
    }

    /// The value of this SmallFloat64; meaningless for anything else.
    #[inline(always)]
    pub fn small_float(self) -> f64 {
        let mut rotated = self.0 >> TAG_BITS;
        if rotated > 1 {
            rotated = rotated.wrapping_add(FLOAT_EXPONENT_OFFSET << (FLOAT_MANTISSA_BITS + 1));
        }
        f64::from_bits(rotated.rotate_right(1))
    }

    /// The address as a raw pointer to the header word.
    #[inline(always)]
    pub(crate) const fn ptr(self) -> *mut u64 {
        self.0 as usize as *mut u64
    }
}

impl fmt::Debug for Oop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tag() {
            TAG_SMALL_INTEGER => write!(f, "{}", self.small_int()),
            TAG_CHARACTER => write!(f, "${}", self.0 >> TAG_BITS),
            TAG_SMALL_FLOAT => write!(f, "{:?}", self.small_float()),
            _ => write!(f, "@{:#x}", self.0),
        }
    }
}

/// A number as an index or a size. What is more than this machine's addresses is more than any object has: it becomes the largest.
#[inline(always)]
pub(crate) fn to_index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_integers_at_the_ends_of_their_range() {
        for value in [0, 1, -1, Oop::MAX_SMALL_INTEGER, Oop::MIN_SMALL_INTEGER] {
            assert_eq!(Oop::try_from_small_int(value).unwrap().as_small_int(), Some(value));
        }
        assert_eq!(Oop::try_from_small_int(Oop::MAX_SMALL_INTEGER + 1), None);
        assert_eq!(Oop::try_from_small_int(Oop::MIN_SMALL_INTEGER - 1), None);
    }

    #[test]
    fn small_floats_keep_every_bit() {
        for value in [0.0, -0.0, 1.0, -1.5, 1e38, -1e-38, std::f64::consts::PI] {
            let oop = Oop::try_from_float(value).unwrap();
            assert!(oop.is_small_float());
            assert_eq!(oop.small_float().to_bits(), value.to_bits());
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e39, 1e-39, f64::MIN_POSITIVE] {
            assert_eq!(Oop::try_from_float(value), None, "{value}");
        }
    }
}
