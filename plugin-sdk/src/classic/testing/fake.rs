//! Objects that are Rust values.

use crate::classic::{Object, Objects, PrimitiveError, Shape};

/// An object.
#[derive(Clone, PartialEq, Debug)]
pub enum Fake {
    /// nil.
    Nil,
    /// true or false.
    Bool(bool),
    /// An Integer of 64 bits: a SmallInteger where it fits in 61, as in the VM.
    Int(i64),
    /// A large integer, by sign (true: negative) and bytes of its magnitude.
    Large(bool, Vec<u8>),
    /// A Float.
    Float(f64),
    /// A Character.
    Char(u32),
    /// A String, Symbol or ByteArray.
    Bytes(Vec<u8>),
    /// Words of this many bytes each.
    Words(usize, Vec<u8>),
    /// An object of bytes that is read-only.
    Frozen(Vec<u8>),
    /// An Array.
    Array(Vec<Fake>),
    /// A handle for the plugin's resource of this number.
    Resource(u32),
}

impl Fake {
    /// A String.
    pub fn string(text: &str) -> Fake {
        Fake::Bytes(text.as_bytes().to_vec())
    }

    fn shape(&self) -> Shape {
        match self {
            Fake::Nil => Shape::Nil,
            Fake::Bool(value) => Shape::Bool(*value),
            Fake::Int(value) if value.unsigned_abs() >> 60 == 0 || *value == -(1 << 60) => Shape::SmallInteger(*value),
            Fake::Int(value) => Shape::LargeInteger { negative: *value < 0 },
            Fake::Large(negative, _) => Shape::LargeInteger { negative: *negative },
            Fake::Float(value) => Shape::Float(*value),
            Fake::Char(value) => Shape::Character(*value),
            Fake::Bytes(_) | Fake::Frozen(_) | Fake::Resource(_) => Shape::Bytes,
            Fake::Words(unit, _) => Shape::Words(*unit),
            Fake::Array(_) => Shape::Pointers,
        }
    }

    /// The value of an Integer that fits in 64 bits.
    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Fake::Int(value) => Some(*value),
            Fake::Large(negative, bytes) => {
                let len = bytes.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
                let mut magnitude = [0; 8];
                magnitude.get_mut(..len)?.copy_from_slice(&bytes[..len]);
                let magnitude = u64::from_le_bytes(magnitude);
                if *negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
            }
            _ => None,
        }
    }
}

/// The objects of one call.
#[derive(Default)]
pub(super) struct FakeObjects {
    pub(super) objects: Vec<Fake>,
}

impl FakeObjects {
    pub(super) fn get(&self, object: Object) -> &Fake {
        self.objects.get(object.index() as usize).unwrap_or(&Fake::Nil)
    }

    fn add(&mut self, object: Fake) -> Result<Object, PrimitiveError> {
        self.objects.push(object);
        Ok(Object::from_index(self.objects.len() as u32 - 1))
    }
}

impl Objects for FakeObjects {
    fn shape(&self, object: Object) -> Shape {
        self.get(object).shape()
    }

    fn bytes(&self, object: Object) -> &[u8] {
        match self.get(object) {
            Fake::Bytes(bytes) | Fake::Frozen(bytes) | Fake::Large(_, bytes) | Fake::Words(_, bytes) => bytes,
            _ => &[],
        }
    }

    fn bytes_mut(&mut self, object: Object) -> Result<&mut [u8], PrimitiveError> {
        match self.objects.get_mut(object.index() as usize) {
            Some(Fake::Bytes(bytes) | Fake::Large(_, bytes) | Fake::Words(_, bytes)) => Ok(bytes),
            Some(Fake::Frozen(_)) => Err(PrimitiveError::NoModification),
            _ => Err(PrimitiveError::BadArgument),
        }
    }

    fn int(&self, object: Object) -> Option<i64> {
        self.get(object).int()
    }

    fn new_int(&mut self, value: i64) -> Result<Object, PrimitiveError> {
        self.add(Fake::Int(value))
    }

    fn new_large_integer(&mut self, negative: bool, len: usize) -> Result<Object, PrimitiveError> {
        self.add(Fake::Large(negative, vec![0; len]))
    }

    fn new_byte_array(&mut self, bytes: &[u8]) -> Result<Object, PrimitiveError> {
        self.add(Fake::Bytes(bytes.to_vec()))
    }

    fn new_string(&mut self, bytes: &[u8]) -> Result<Object, PrimitiveError> {
        self.add(Fake::Bytes(bytes.to_vec()))
    }

    fn new_array(&mut self, elements: &[Object]) -> Result<Object, PrimitiveError> {
        let elements = elements.iter().map(|&e| self.get(e).clone()).collect();
        self.add(Fake::Array(elements))
    }
}
