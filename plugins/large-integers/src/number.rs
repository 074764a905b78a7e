//! Integers of the image as sign and limbs, and back.

use crate::limbs;
use osvm_plugin_sdk::{Context, Object, PrimitiveError, Shape};

/// The sign and magnitude of an Integer.
pub(crate) struct Number {
    pub(crate) negative: bool,
    /// It was a SmallInteger.
    pub(crate) small: bool,
    /// Bytes of its large integer; of a SmallInteger, of its magnitude in whole 32-bit digits.
    bytes: usize,
    magnitude: Magnitude,
}

/// Limbs of which those that numbers usually have need no memory of their own.
const FEW: usize = 4;

/// Limbs, least significant first, without zeros at the end.
enum Magnitude {
    Few([u64; FEW], usize),
    Many(Vec<u64>),
}

impl Number {
    /// The Integer that the receiver is.
    pub(crate) fn receiver(cx: &Context, object: Object) -> Result<Number, PrimitiveError> {
        Number::of(cx, object)?.ok_or(PrimitiveError::BadReceiver)
    }

    /// The Integer that an argument is.
    pub(crate) fn argument(cx: &Context, object: Object) -> Result<Number, PrimitiveError> {
        Number::of(cx, object)?.ok_or(PrimitiveError::BadArgument)
    }

    fn of(cx: &Context, object: Object) -> Result<Option<Number>, PrimitiveError> {
        match cx.shape(object)? {
            Shape::SmallInteger => {
                let value = cx.int(object)?;
                let magnitude = value.unsigned_abs();
                let bytes = if magnitude >> 32 == 0 { 4 } else { 8 };
                Ok(Some(Number { negative: value < 0, small: true, bytes, magnitude: Magnitude::few([magnitude, 0, 0, 0]) }))
            }
            Shape::LargeInteger { negative } => {
                // One byte more than a few limbs have, to see whether there are more.
                let mut bytes = [0; FEW * 8 + 1];
                let read = cx.read(object, 0, &mut bytes)?;
                if read < bytes.len() {
                    let mut limbs = [0; FEW];
                    for (limb, bytes) in limbs.iter_mut().zip(bytes.as_chunks().0) {
                        *limb = u64::from_le_bytes(*bytes);
                    }
                    return Ok(Some(Number { negative, small: false, bytes: read, magnitude: Magnitude::few(limbs) }));
                }
                let bytes = cx.bytes(object)?;
                let magnitude = Magnitude::Many(limbs::from_bytes(&bytes));
                Ok(Some(Number { negative, small: false, bytes: bytes.len(), magnitude }))
            }
            _ => Ok(None),
        }
    }

    /// The limbs, least significant first, without zeros at the end.
    pub(crate) fn limbs(&self) -> &[u64] {
        match &self.magnitude {
            Magnitude::Few(limbs, len) => &limbs[..*len],
            Magnitude::Many(limbs) => limbs,
        }
    }

    /// 32-bit digits that its bytes take.
    pub(crate) fn digits(&self) -> usize {
        self.bytes.div_ceil(4)
    }

    /// All its 32-bit digits, zeros at the end included.
    pub(crate) fn digits32(&self) -> Vec<u32> {
        let mut digits: Vec<u32> = self.limbs().iter().flat_map(|&limb| [limb as u32, (limb >> 32) as u32]).collect();
        digits.resize(self.digits(), 0);
        digits
    }

    /// A large integer that is none too small for being large, and has no zero bytes at the end.
    pub(crate) fn is_normalised(&self) -> bool {
        let limbs = self.limbs();
        let large = match limbs {
            [] => false,
            [limb] => *limb >= (1 << 60) + u64::from(self.negative),
            _ => true,
        };
        large && limbs::byte_len(limbs) == self.bytes
    }
}

impl Magnitude {
    fn few(limbs: [u64; FEW]) -> Magnitude {
        Magnitude::Few(limbs, limbs::trimmed(&limbs).len())
    }
}

/// The Integer of this sign and magnitude, normalised.
pub(crate) fn answer(cx: &Context, negative: bool, magnitude: &[u64]) -> Result<Object, PrimitiveError> {
    let magnitude = limbs::trimmed(magnitude);
    let small = match magnitude {
        [] => Some(0),
        [limb] if negative => 0i64.checked_sub_unsigned(*limb),
        [limb] => i64::try_from(*limb).ok(),
        _ => None,
    };
    match small {
        Some(value) => cx.new_int(value),
        None => large(cx, negative, magnitude, limbs::byte_len(magnitude)),
    }
}

/// A large integer of exactly `len` bytes.
pub(crate) fn large(cx: &Context, negative: bool, magnitude: &[u64], len: usize) -> Result<Object, PrimitiveError> {
    let mut few = [0; (FEW + 1) * 8];
    let mut many = Vec::new();
    let bytes = match few.get_mut(..len) {
        Some(few) => few,
        None => {
            many.try_reserve_exact(len).map_err(|_| PrimitiveError::NoPluginMemory)?;
            many.resize(len, 0);
            &mut many[..]
        }
    };
    let (whole, rest) = bytes.as_chunks_mut();
    for (bytes, limb) in whole.iter_mut().zip(magnitude) {
        *bytes = limb.to_le_bytes();
    }
    if let Some(limb) = magnitude.get(whole.len()) {
        rest.copy_from_slice(&limb.to_le_bytes()[..rest.len()]);
    }
    cx.new_large_integer(negative, bytes)
}
