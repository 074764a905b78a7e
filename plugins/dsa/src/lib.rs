//! DSAPrims: what the classes of digital signatures compute most: blocks of SHA-1, and products and quotients of large integers.
//!
//! The primitives and what they answer are those of the OpenSmalltalk VM's plugin, save that nothing is read or written outside an
//! object where that one trusts its arguments.

#![forbid(unsafe_code)]

mod integers;
mod sha1;

use osvm_plugin_sdk::prelude::*;

/// The plugin.
#[plugin(name = "DSAPrims")]
mod dsa_prims {
    use super::*;

    #[primitive]
    fn primitive_has_secure_hash_primitive() -> bool {
        true
    }

    /// Expands a block of 64 bytes to 80 words.
    #[primitive]
    fn primitive_expand_block(cx: &Context, block: &[u8], into: Object) -> Result<(), PrimitiveError> {
        let block = block.try_into().map_err(|_| PrimitiveError::BadArgument)?;
        words::<80>(cx, into)?;
        cx.write_units(into, 0, &sha1::expand(block))
    }

    /// Goes on with the five words of a hash by an expanded block.
    #[primitive]
    fn primitive_hash_block(cx: &Context, expanded: &[u32], state: Object) -> Result<(), PrimitiveError> {
        let expanded = expanded.try_into().map_err(|_| PrimitiveError::BadArgument)?;
        let state_words = words::<5>(cx, state)?;
        cx.write_units(state, 0, &sha1::hash(expanded, state_words))
    }

    /// Multiplies two large integers into a third that is as long as both.
    #[primitive]
    fn primitive_big_multiply(cx: &Context, first: Object, second: Object, product: Object) -> Result<(), PrimitiveError> {
        let (a, b, old) = (positive(cx, first)?, positive(cx, second)?, positive(cx, product)?);
        if old.len() != a.len() + b.len() {
            return Err(PrimitiveError::BadArgument);
        }
        cx.write(product, 0, &integers::multiply(&a, &b, old))
    }

    /// Divides: the remainder stays in the first large integer, the quotient goes into the third. The divisor's highest byte has its highest
    /// bit set.
    #[primitive]
    fn primitive_big_divide(cx: &Context, remainder: Object, divisor: Object, quotient: Object) -> Result<(), PrimitiveError> {
        let (mut a, b, mut q) = (positive(cx, remainder)?, positive(cx, divisor)?, positive(cx, quotient)?);
        integers::divide(&mut a, &b, &mut q).ok_or(PrimitiveError::BadArgument)?;
        cx.write(quotient, 0, &q)?;
        cx.write(remainder, 0, &a)
    }

    /// The index (from 1) of the highest byte that is not zero; 1 if all are.
    #[primitive]
    fn primitive_highest_non_zero_digit_index(cx: &Context, integer: Object) -> Result<i64, PrimitiveError> {
        let bytes = positive(cx, integer)?;
        Ok(bytes.iter().rposition(|&byte| byte != 0).map_or(1, |place| place as i64 + 1))
    }
}

/// The words of an object that has just so many.
fn words<const N: usize>(cx: &Context, object: Object) -> Result<[u32; N], PrimitiveError> {
    if cx.shape(object)? != Shape::Units(4) {
        return Err(PrimitiveError::BadArgument);
    }
    cx.units::<u32>(object)?.try_into().map_err(|_| PrimitiveError::BadArgument)
}

/// The bytes of a LargePositiveInteger.
fn positive(cx: &Context, object: Object) -> Result<Vec<u8>, PrimitiveError> {
    match cx.shape(object)? {
        Shape::LargeInteger { negative: false } => cx.bytes(object),
        _ => Err(PrimitiveError::BadArgument),
    }
}
