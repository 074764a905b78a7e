//! A signature as a value, and how it prints.

use crate::parse::{self, SignatureError};
use std::fmt;
use std::str::FromStr;

/// What a parameter or a result may be: a closed list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Type {
    /// An Integer that fits in 64 bits with a sign.
    Int,
    /// A Float; as an argument an Integer is converted.
    Float,
    /// true or false.
    Bool,
    /// A Character, by its code point.
    Char,
    /// An object of bytes (String, ByteArray, ...), to be read.
    Bytes,
    /// An object of 32-bit words (Bitmap, WordArray), to be read.
    Words,
    /// An object of 32-bit words whose bits are single floats (FloatArray), to be read.
    Floats,
    /// A String as text.
    Text,
    /// A Symbol as text; only as a parameter.
    Symbol,
    /// Any object, by a handle that is good for the call.
    Oop,
    /// A handle that the host made for something the plugin holds, such as an open file.
    Resource,
}

impl Type {
    /// All types with the words for them.
    pub const ALL: [(Type, &'static str); 11] = [
        (Type::Int, "int"),
        (Type::Float, "float"),
        (Type::Bool, "bool"),
        (Type::Char, "char"),
        (Type::Bytes, "bytes"),
        (Type::Words, "words"),
        (Type::Floats, "floats"),
        (Type::Text, "text"),
        (Type::Symbol, "symbol"),
        (Type::Oop, "oop"),
        (Type::Resource, "resource"),
    ];

    /// The word for this type.
    pub fn name(self) -> &'static str {
        Type::ALL.iter().find(|(t, _)| *t == self).expect("every type is listed").1
    }
}

/// A type, or nil instead of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct TypeRef {
    /// The type.
    pub base: Type,
    /// `T?`: nil is allowed too.
    pub optional: bool,
}

/// A parameter. One named `self`, which can only be the first, takes the receiver of the message.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct Param {
    /// Its name, for people.
    pub name: String,
    /// Its type.
    pub ty: TypeRef,
    /// `name?: T`: a call may come without it, and it is nil then. Only parameters of the same kind may follow.
    pub omittable: bool,
}

/// What a primitive answers.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub enum ResultType {
    /// The receiver.
    Receiver,
    /// nil.
    Nil,
    /// A value.
    Value(TypeRef),
    /// An Array of values; `(...)?` may also be nil.
    Tuple(Vec<TypeRef>, bool),
}

/// Parameters and result of a primitive: `(file: resource, position: int) -> self`.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct Signature {
    /// The parameters, the receiver first if it is one.
    pub params: Vec<Param>,
    /// The result.
    pub result: ResultType,
}

impl Signature {
    /// True if the first parameter is the receiver.
    pub fn takes_receiver(&self) -> bool {
        self.params.first().is_some_and(|p| p.name == "self")
    }

    /// How many arguments the message may have: the fewest and the most.
    pub fn arg_count(&self) -> std::ops::RangeInclusive<usize> {
        let most = self.params.len() - usize::from(self.takes_receiver());
        most - self.params.iter().filter(|p| p.omittable).count()..=most
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Signature, SignatureError> {
        parse::signature(text)
    }
}

impl fmt::Display for TypeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.base.name(), if self.optional { "?" } else { "" })
    }
}

impl fmt::Display for ResultType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResultType::Receiver => f.write_str("self"),
            ResultType::Nil => f.write_str("nil"),
            ResultType::Value(ty) => ty.fmt(f),
            ResultType::Tuple(types, optional) => {
                f.write_str("(")?;
                for (i, ty) in types.iter().enumerate() {
                    write!(f, "{}{ty}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str(if *optional { ")?" } else { ")" })
            }
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (i, param) in self.params.iter().enumerate() {
            let (comma, omittable) = (if i == 0 { "" } else { ", " }, if param.omittable { "?" } else { "" });
            write!(f, "{comma}{}{omittable}: {}", param.name, param.ty)?;
        }
        write!(f, ") -> {}", self.result)
    }
}
