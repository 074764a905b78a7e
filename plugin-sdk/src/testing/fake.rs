//! Objects that are Rust values.

use crate::Shape;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

/// A value of the image.
///
/// Two are equal if they look the same: objects if class and contents are equal. Clones of an object are the same object.
#[derive(Clone, PartialEq)]
pub enum Fake {
    /// nil.
    Nil,
    /// true or false.
    Bool(bool),
    /// An Integer of 64 bits: a SmallInteger where it fits in 61, as in the VM.
    Int(i64),
    /// A Float.
    Float(f64),
    /// A Character of this code point, which may be none of Unicode.
    Char(u32),
    /// Any other object: see the functions that make one.
    Object(FakeObject),
    /// A handle for one of the plugin's resources, as a primitive answered it.
    Resource(FakeResource),
}

/// A handle for a resource. It is dead after the resource was closed, also if the plugin uses the number again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FakeResource {
    pub(super) number: u32,
    pub(super) serial: u64,
}

impl FakeResource {
    /// A handle, as a host of tests makes it: two are for the same resource if both numbers are equal.
    pub fn new(number: u32, serial: u64) -> FakeResource {
        FakeResource { number, serial }
    }

    /// The two numbers.
    pub fn numbers(self) -> (u32, u64) {
        (self.number, self.serial)
    }
}

/// An object with data or fields.
#[derive(Clone)]
pub struct FakeObject(Rc<Contents>);

struct Contents {
    class: String,
    body: RefCell<Body>,
    read_only: Cell<bool>,
}

/// What is in a [`FakeObject`].
#[derive(Clone, PartialEq)]
pub enum Body {
    /// Bytes.
    Bytes(Vec<u8>),
    /// Units of so many bytes each.
    Units(usize, Vec<u8>),
    /// A large integer: whether it is negative, and its magnitude, least significant byte first.
    Large(bool, Vec<u8>),
    /// The fields, and how many of them are named.
    Fields(Vec<Fake>, usize),
}

impl Fake {
    /// An object of a class with this in it.
    pub fn object(class: &str, body: Body) -> Fake {
        let contents = Contents { class: class.into(), body: RefCell::new(body), read_only: Cell::new(false) };
        Fake::Object(FakeObject(Rc::new(contents)))
    }

    /// A String; a WideString if a character needs it.
    pub fn string(text: &str) -> Fake {
        match latin_1(text) {
            Some(bytes) => Fake::object("ByteString", Body::Bytes(bytes)),
            None => {
                let units = text.chars().flat_map(|c| u32::from(c).to_ne_bytes()).collect();
                Fake::object("WideString", Body::Units(4, units))
            }
        }
    }

    /// A String of these bytes, whatever they mean.
    pub fn byte_string(bytes: impl AsRef<[u8]>) -> Fake {
        Fake::object("ByteString", Body::Bytes(bytes.as_ref().to_vec()))
    }

    /// A Symbol.
    ///
    /// # Panics
    /// If a character is not in Latin-1.
    pub fn symbol(text: &str) -> Fake {
        Fake::object("ByteSymbol", Body::Bytes(latin_1(text).expect("the symbol is in Latin-1")))
    }

    /// A ByteArray.
    pub fn bytes(bytes: impl AsRef<[u8]>) -> Fake {
        Fake::object("ByteArray", Body::Bytes(bytes.as_ref().to_vec()))
    }

    /// A DoubleByteArray: units of 16 bits.
    pub fn shorts(units: impl AsRef<[u16]>) -> Fake {
        Fake::object("DoubleByteArray", Body::Units(2, units.as_ref().iter().flat_map(|unit| unit.to_ne_bytes()).collect()))
    }

    /// A WordArray: units of 32 bits.
    pub fn words(units: impl AsRef<[u32]>) -> Fake {
        Fake::object("WordArray", Body::Units(4, units.as_ref().iter().flat_map(|unit| unit.to_ne_bytes()).collect()))
    }

    /// A FloatArray: single floats.
    pub fn floats(units: impl AsRef<[f32]>) -> Fake {
        Fake::object("FloatArray", Body::Units(4, units.as_ref().iter().flat_map(|unit| unit.to_ne_bytes()).collect()))
    }

    /// A DoubleWordArray: units of 64 bits.
    pub fn doubles(units: impl AsRef<[u64]>) -> Fake {
        Fake::object("DoubleWordArray", Body::Units(8, units.as_ref().iter().flat_map(|unit| unit.to_ne_bytes()).collect()))
    }

    /// A large integer of just this magnitude, least significant byte first, whether or not it would fit in a SmallInteger.
    pub fn large(negative: bool, magnitude: impl AsRef<[u8]>) -> Fake {
        let class = if negative { "LargeNegativeInteger" } else { "LargePositiveInteger" };
        Fake::object(class, Body::Large(negative, magnitude.as_ref().to_vec()))
    }

    /// An Array.
    pub fn array(elements: impl IntoIterator<Item = Fake>) -> Fake {
        Fake::object("Array", Body::Fields(elements.into_iter().collect(), 0))
    }

    /// An object of a class with named fields.
    pub fn instance(class: &str, fields: impl IntoIterator<Item = Fake>) -> Fake {
        let fields: Vec<Fake> = fields.into_iter().collect();
        let named = fields.len();
        Fake::object(class, Body::Fields(fields, named))
    }

    /// This object, made read-only.
    #[must_use]
    pub fn read_only(self) -> Fake {
        if let Fake::Object(object) = &self {
            object.0.read_only.set(true);
        }
        self
    }

    /// The elements of an Array or fields of an instance; none for all else.
    pub fn elements(&self) -> Vec<Fake> {
        match self {
            Fake::Object(object) => match &*object.0.body.borrow() {
                Body::Fields(fields, _) => fields.clone(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The data of an object of bytes or units, the magnitude of a large integer, the bits of a Float; nothing for all else.
    pub fn data(&self) -> Vec<u8> {
        match self {
            Fake::Object(object) => object.data(),
            Fake::Int(value) if !is_small(*value) => {
                let magnitude = value.unsigned_abs().to_le_bytes();
                let len = 8 - value.unsigned_abs().leading_zeros() as usize / 8;
                magnitude[..len].to_vec()
            }
            Fake::Float(value) => value.to_ne_bytes().to_vec(),
            _ => Vec::new(),
        }
    }

    /// The text of a String or Symbol.
    pub fn text(&self) -> Option<String> {
        let Fake::Object(object) = self else { return None };
        if !object.is_text() {
            return None;
        }
        match &*object.0.body.borrow() {
            Body::Bytes(bytes) => Some(bytes.iter().copied().map(char::from).collect()),
            Body::Units(4, bytes) => bytes.chunks_exact(4).map(|unit| char::from_u32(u32_of(unit))).collect(),
            _ => None,
        }
    }

    /// The value of an Integer that fits in 64 bits.
    pub fn int(&self) -> Option<i64> {
        match self {
            Fake::Int(value) => Some(*value),
            Fake::Object(object) => match &*object.0.body.borrow() {
                Body::Large(negative, bytes) => {
                    let len = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |index| index + 1);
                    let mut magnitude = [0; 8];
                    magnitude.get_mut(..len)?.copy_from_slice(&bytes[..len]);
                    let magnitude = u64::from_le_bytes(magnitude);
                    if *negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The name of its class.
    pub fn class(&self) -> &str {
        match self {
            Fake::Nil => "UndefinedObject",
            Fake::Bool(true) => "True",
            Fake::Bool(false) => "False",
            Fake::Int(value) if is_small(*value) => "SmallInteger",
            Fake::Int(value) if *value < 0 => "LargeNegativeInteger",
            Fake::Int(_) => "LargePositiveInteger",
            Fake::Float(_) => "SmallFloat64",
            Fake::Char(_) => "Character",
            Fake::Object(object) => &object.0.class,
            Fake::Resource(_) => "ByteArray",
        }
    }

    /// What kind of thing it is.
    pub fn shape(&self) -> Shape {
        match self {
            Fake::Nil => Shape::Nil,
            Fake::Bool(value) => Shape::Bool(*value),
            Fake::Int(value) if is_small(*value) => Shape::SmallInteger,
            Fake::Int(value) => Shape::LargeInteger { negative: *value < 0 },
            Fake::Float(_) => Shape::Float,
            Fake::Char(code) => Shape::Character(*code),
            Fake::Resource(_) => Shape::Bytes,
            Fake::Object(object) => match &*object.0.body.borrow() {
                Body::Bytes(_) => Shape::Bytes,
                Body::Units(size, _) => Shape::Units(*size),
                Body::Large(negative, _) => Shape::LargeInteger { negative: *negative },
                Body::Fields(..) => Shape::Fields,
            },
        }
    }

    /// True if they are the same object.
    pub fn is_same(&self, other: &Fake) -> bool {
        match (self, other) {
            (Fake::Object(a), Fake::Object(b)) => Rc::ptr_eq(&a.0, &b.0),
            _ => self == other,
        }
    }
}

impl FakeObject {
    pub(super) fn data(&self) -> Vec<u8> {
        match &*self.0.body.borrow() {
            Body::Bytes(bytes) | Body::Units(_, bytes) | Body::Large(_, bytes) => bytes.clone(),
            Body::Fields(..) => Vec::new(),
        }
    }

    pub(super) fn body(&self) -> &RefCell<Body> {
        &self.0.body
    }

    /// What is in it now.
    pub fn contents(&self) -> Body {
        self.0.body.borrow().clone()
    }

    /// Changes what is in it, for all that hold it.
    pub fn set_contents(&self, body: Body) {
        *self.0.body.borrow_mut() = body;
    }

    /// True if it was made read-only.
    pub fn is_read_only(&self) -> bool {
        self.0.read_only.get()
    }

    pub(super) fn is_text(&self) -> bool {
        self.0.class.ends_with("String") || self.is_symbol()
    }

    pub(super) fn is_symbol(&self) -> bool {
        self.0.class.ends_with("Symbol")
    }
}

impl PartialEq for FakeObject {
    fn eq(&self, other: &FakeObject) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || (self.0.class == other.0.class && self.0.body == other.0.body)
    }
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fake::Nil => f.write_str("nil"),
            Fake::Bool(value) => write!(f, "{value}"),
            Fake::Int(value) => write!(f, "{value}"),
            Fake::Float(value) => write!(f, "{value:?}"),
            Fake::Char(code) => match char::from_u32(*code) {
                Some(character) => write!(f, "${character}"),
                None => write!(f, "Character value: {code}"),
            },
            Fake::Object(object) => object.fmt(f),
            Fake::Resource(resource) => write!(f, "resource {}", resource.number),
        }
    }
}

impl fmt::Debug for FakeObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = Fake::Object(self.clone()).text() {
            return write!(f, "{} {text:?}", self.0.class);
        }
        match &*self.0.body.borrow() {
            Body::Bytes(bytes) | Body::Large(_, bytes) => write!(f, "{} {bytes:?}", self.0.class),
            Body::Units(4, bytes) => {
                write!(f, "{} {:#x?}", self.0.class, bytes.chunks_exact(4).map(u32_of).collect::<Vec<_>>())
            }
            Body::Units(_, bytes) => write!(f, "{} {bytes:?}", self.0.class),
            Body::Fields(fields, _) => write!(f, "{} {fields:?}", self.0.class),
        }
    }
}

/// True for what fits in a SmallInteger.
pub(super) fn is_small(value: i64) -> bool {
    (-(1 << 60)..1 << 60).contains(&value)
}

fn u32_of(unit: &[u8]) -> u32 {
    u32::from_ne_bytes(unit.try_into().expect("units of 4 bytes"))
}

fn latin_1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}
