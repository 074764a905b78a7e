//! The image's objects as a plugin sees them: through handles, by an interface that the host implements.

use crate::classic::PrimitiveError;

/// A handle for an object, good for the call in which the plugin got it.
///
/// Kept longer, it names another object or none; it never reaches memory that is no object's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Object(u32);

impl Object {
    /// The handle of this number: for hosts.
    pub fn from_index(index: u32) -> Object {
        Object(index)
    }

    /// The number of this handle: for hosts.
    pub fn index(self) -> u32 {
        self.0
    }
}

/// What kind of thing an object is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Shape {
    /// nil.
    Nil,
    /// true or false.
    Bool(bool),
    /// An immediate integer.
    SmallInteger(i64),
    /// A large integer, whose bytes are its magnitude, least significant first.
    LargeInteger {
        /// A LargeNegativeInteger.
        negative: bool,
    },
    /// A Float.
    Float(f64),
    /// A Character of this code point.
    Character(u32),
    /// Fields that refer to other objects.
    Pointers,
    /// Bytes; String, ByteArray and the like.
    Bytes,
    /// Units of 2, 4 or 8 bytes.
    Words(usize),
    /// Compiled code.
    Code,
}

/// The objects of a call: the receiver, the arguments, and what the plugin makes.
pub trait Objects {
    /// What kind of thing an object is.
    fn shape(&self, object: Object) -> Shape;
    /// The data of an object of bytes or words; nothing for any other.
    fn bytes(&self, object: Object) -> &[u8];
    /// The data of an object of bytes or words, to be changed. Fails for a read-only one, and for any other object.
    fn bytes_mut(&mut self, object: Object) -> Result<&mut [u8], PrimitiveError>;
    /// The value of an Integer that fits in 64 bits with a sign.
    fn int(&self, object: Object) -> Option<i64>;
    /// An Integer of this value.
    fn new_int(&mut self, value: i64) -> Result<Object, PrimitiveError>;
    /// A large integer of `len` bytes of magnitude, all zero; [`Objects::bytes_mut`] fills it. It is not normalised.
    fn new_large_integer(&mut self, negative: bool, len: usize) -> Result<Object, PrimitiveError>;
    /// A ByteArray.
    fn new_byte_array(&mut self, bytes: &[u8]) -> Result<Object, PrimitiveError>;
    /// A String of these bytes, whatever they mean.
    fn new_string(&mut self, bytes: &[u8]) -> Result<Object, PrimitiveError>;
    /// An Array.
    fn new_array(&mut self, elements: &[Object]) -> Result<Object, PrimitiveError>;
}
