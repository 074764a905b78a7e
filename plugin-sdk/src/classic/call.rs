//! One call of a primitive: its arguments, converted, and what it answers.

use crate::classic::{Object, Objects, PrimitiveError, World};

/// An argument after the host converted it by the signature.
#[derive(Clone, PartialEq, Debug)]
pub enum Arg {
    /// nil, where the type allows it.
    Nil,
    /// `int`.
    Int(i64),
    /// `float`.
    Float(f64),
    /// `bool`.
    Bool(bool),
    /// `char`.
    Char(u32),
    /// `bytes`, `words`, `floats` (checked to be that) and `oop` (anything).
    Object(Object),
    /// `text` and `symbol`.
    Text(String),
    /// `resource`: the number that the plugin gave it, checked to be alive and the plugin's own.
    Resource(u32),
}

/// What a primitive answers; the host checks it against the signature and makes the object.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// The receiver.
    Receiver,
    /// nil.
    Nil,
    /// An Integer.
    Int(i64),
    /// A Float.
    Float(f64),
    /// true or false.
    Bool(bool),
    /// A Character.
    Char(u32),
    /// A ByteArray.
    Bytes(Vec<u8>),
    /// A String.
    Text(String),
    /// An object of this call.
    Object(Object),
    /// A handle for something that the plugin holds under this number. The same number, while alive, makes an equal handle.
    Resource(u32),
    /// An Array.
    Tuple(Vec<Value>),
}

/// What a primitive's function gives back.
pub type Outcome = Result<Value, PrimitiveError>;

/// A call: arguments by position (the receiver first if the signature takes it), objects, and the world.
///
/// The accessors answer what the signature promises; asking for another type than it says is the plugin's mistake and fails
/// with [`PrimitiveError::Internal`].
pub struct Call<'a> {
    args: &'a [Arg],
    closed: &'a mut Vec<u32>,
    /// The objects of the call.
    pub objects: &'a mut dyn Objects,
    /// What the plugin was granted.
    pub world: &'a mut dyn World,
}

impl<'a> Call<'a> {
    /// A call: for hosts. The numbers of resources that the plugin closes are put in `closed`.
    pub fn new(args: &'a [Arg], closed: &'a mut Vec<u32>, objects: &'a mut dyn Objects, world: &'a mut dyn World) -> Call<'a> {
        Call { args, closed, objects, world }
    }

    /// The argument at `index`.
    pub fn arg(&self, index: usize) -> Result<&Arg, PrimitiveError> {
        self.args.get(index).ok_or(PrimitiveError::Internal)
    }

    /// An `int`.
    pub fn int(&self, index: usize) -> Result<i64, PrimitiveError> {
        match self.arg(index)? {
            Arg::Int(value) => Ok(*value),
            _ => Err(PrimitiveError::Internal),
        }
    }

    /// An `int` that is not negative; another one fails with `otherwise`.
    pub fn unsigned(&self, index: usize, otherwise: PrimitiveError) -> Result<u64, PrimitiveError> {
        u64::try_from(self.int(index)?).map_err(|_| otherwise)
    }

    /// A `float`.
    pub fn float(&self, index: usize) -> Result<f64, PrimitiveError> {
        match self.arg(index)? {
            Arg::Float(value) => Ok(*value),
            _ => Err(PrimitiveError::Internal),
        }
    }

    /// A `bool`.
    pub fn bool(&self, index: usize) -> Result<bool, PrimitiveError> {
        match self.arg(index)? {
            Arg::Bool(value) => Ok(*value),
            _ => Err(PrimitiveError::Internal),
        }
    }

    /// A `char`, by code point.
    pub fn char(&self, index: usize) -> Result<u32, PrimitiveError> {
        match self.arg(index)? {
            Arg::Char(value) => Ok(*value),
            _ => Err(PrimitiveError::Internal),
        }
    }

    /// A `bytes`, `words`, `floats` or `oop`, as the object.
    pub fn object(&self, index: usize) -> Result<Object, PrimitiveError> {
        match self.arg(index)? {
            Arg::Object(object) => Ok(*object),
            _ => Err(PrimitiveError::Internal),
        }
    }

    /// The data of a `bytes`, `words` or `floats`.
    pub fn bytes(&self, index: usize) -> Result<&[u8], PrimitiveError> {
        Ok(self.objects.bytes(self.object(index)?))
    }

    /// The data of an object of bytes or words, to be changed.
    pub fn bytes_mut(&mut self, index: usize) -> Result<&mut [u8], PrimitiveError> {
        let object = self.object(index)?;
        self.objects.bytes_mut(object)
    }

    /// A `text` or `symbol`.
    pub fn text(&self, index: usize) -> Result<&str, PrimitiveError> {
        match self.arg(index)? {
            Arg::Text(text) => Ok(text),
            _ => Err(PrimitiveError::Internal),
        }
    }

    /// A `resource`: the number that the plugin gave it.
    pub fn resource(&self, index: usize) -> Result<u32, PrimitiveError> {
        match self.arg(index)? {
            Arg::Resource(number) => Ok(*number),
            _ => Err(PrimitiveError::Internal),
        }
    }

    /// True if the optional argument at `index` is nil.
    pub fn is_nil(&self, index: usize) -> bool {
        matches!(self.args.get(index), Some(Arg::Nil))
    }

    /// Says that a resource no longer exists: its handles become stale.
    pub fn close_resource(&mut self, number: u32) {
        self.closed.push(number);
    }
}
