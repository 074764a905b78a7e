//! Objects of the image, and what kinds of them there are.

use crate::PrimitiveError;

/// An object of the image, by a handle that is good for the call in which the plugin got it.
///
/// Kept longer, it fails with [`PrimitiveError::BadArgument`] or stands for an object of the later call; it never leads anywhere else.
/// What can be done with it is in [`Context`](crate::Context).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Object(pub(crate) u32);

/// An object that a plugin keeps alive from one call to another: see [`Context::hold`](crate::Context::hold). It can be kept in the plugin's state.
#[derive(PartialEq, Eq, Hash, Debug)]
pub struct Held(pub(crate) u32);

/// What kind of thing an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// nil.
    Nil,
    /// true or false.
    Bool(bool),
    /// A SmallInteger; [`Context::int`](crate::Context::int) has its value.
    SmallInteger,
    /// A large integer, whose bytes are its magnitude, least significant first.
    LargeInteger {
        /// A LargeNegativeInteger.
        negative: bool,
    },
    /// A Float; [`Context::float`](crate::Context::float) has its value.
    Float,
    /// A Character of this code point, which may be none of Unicode.
    Character(u32),
    /// Fields that refer to other objects.
    Fields,
    /// Bytes: a String, Symbol, ByteArray and the like.
    Bytes,
    /// Units of this many bytes each: 2, 4 or 8.
    Units(usize),
    /// Compiled code.
    Code,
}

impl Shape {
    /// A shape as the host answers it.
    pub(crate) fn decode(answer: u64) -> Result<Shape, PrimitiveError> {
        let detail = (answer >> 8) as u32;
        Ok(match answer & 0xFF {
            0 => Shape::Nil,
            1 => Shape::Bool(detail != 0),
            2 => Shape::SmallInteger,
            3 => Shape::LargeInteger { negative: detail != 0 },
            4 => Shape::Float,
            5 => Shape::Character(detail),
            6 => Shape::Fields,
            7 => Shape::Bytes,
            8 => Shape::Units(detail as usize),
            9 => Shape::Code,
            _ => return Err(PrimitiveError::Internal),
        })
    }
}
