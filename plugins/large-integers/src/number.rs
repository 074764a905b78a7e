//! Integers of the image as sign and limbs, and back.

use crate::limbs;
use osvm_plugin_sdk::classic::{Call, Object, Outcome, PrimitiveError, Shape, Value};

/// The sign and magnitude of an Integer.
pub(crate) struct Number {
    pub(crate) negative: bool,
    /// It was a SmallInteger.
    pub(crate) small: bool,
    /// Bytes of its large integer; of a SmallInteger, of its magnitude in whole 32-bit digits.
    bytes: usize,
    magnitude: Magnitude,
}

/// Limbs, least significant first, without zeros at the end.
enum Magnitude {
    Zero,
    One([u64; 1]),
    Many(Vec<u64>),
}

impl Number {
    /// The receiver, which is argument 0.
    pub(crate) fn receiver(call: &Call<'_>) -> Result<Number, PrimitiveError> {
        Number::of(call, call.object(0)?).ok_or(PrimitiveError::BadReceiver)
    }

    /// An argument.
    pub(crate) fn argument(call: &Call<'_>, index: usize) -> Result<Number, PrimitiveError> {
        Number::of(call, call.object(index)?).ok_or(PrimitiveError::BadArgument)
    }

    fn of(call: &Call<'_>, object: Object) -> Option<Number> {
        match call.objects.shape(object) {
            Shape::SmallInteger(value) => {
                let magnitude = value.unsigned_abs();
                Some(Number {
                    negative: value < 0,
                    small: true,
                    bytes: if magnitude >> 32 == 0 { 4 } else { 8 },
                    magnitude: if magnitude == 0 { Magnitude::Zero } else { Magnitude::One([magnitude]) },
                })
            }
            Shape::LargeInteger { negative } => {
                let bytes = call.objects.bytes(object);
                Some(Number { negative, small: false, bytes: bytes.len(), magnitude: Magnitude::Many(limbs::from_bytes(bytes)) })
            }
            _ => None,
        }
    }

    /// The limbs, least significant first, without zeros at the end.
    pub(crate) fn limbs(&self) -> &[u64] {
        match &self.magnitude {
            Magnitude::Zero => &[],
            Magnitude::One(limb) => limb,
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

/// Answers the Integer of this sign and magnitude, normalised.
pub(crate) fn answer(call: &mut Call<'_>, negative: bool, magnitude: &[u64]) -> Outcome {
    let magnitude = limbs::trimmed(magnitude);
    let small = match magnitude {
        [] => Some(0),
        [limb] if negative => 0i64.checked_sub_unsigned(*limb),
        [limb] => i64::try_from(*limb).ok(),
        _ => None,
    };
    Ok(Value::Object(match small {
        Some(value) => call.objects.new_int(value)?,
        None => large(call, negative, magnitude, limbs::byte_len(magnitude))?,
    }))
}

/// A large integer of exactly `len` bytes.
pub(crate) fn large(call: &mut Call<'_>, negative: bool, magnitude: &[u64], len: usize) -> Result<Object, PrimitiveError> {
    let object = call.objects.new_large_integer(negative, len)?;
    let bytes = call.objects.bytes_mut(object)?;
    for (chunk, limb) in bytes.chunks_mut(8).zip(magnitude) {
        chunk.copy_from_slice(&limb.to_le_bytes()[..chunk.len()]);
    }
    Ok(object)
}
