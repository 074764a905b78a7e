//! Literals: what stands in source and in the literal frame of a method, as values without a heap.

use crate::codegen::CompiledCode;
use crate::magnitude::Magnitude;
use crate::semantics::VariableId;
use std::fmt;

/// A whole number of any size.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct WholeNumber {
    /// It is less than 0.
    pub negative: bool,
    /// Its size.
    pub magnitude: Magnitude,
}

/// A number with a decimal fraction that is kept exactly.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct ScaledDecimal {
    /// Numerator of the reduced fraction.
    pub numerator: WholeNumber,
    /// Denominator of the reduced fraction.
    pub denominator: Magnitude,
    /// Digits behind the point when it is printed.
    pub scale: u32,
}

/// What stands last but one in a method's literals.
#[derive(Clone, PartialEq, Debug)]
pub struct MethodState {
    /// The method's selector.
    pub selector: String,
    /// Its pragmas, each with selector and arguments, in order.
    pub pragmas: Vec<(String, Vec<Literal>)>,
}

/// A block that only answers a literal, and is one itself: a ConstantBlockClosure.
#[derive(Clone, PartialEq, Debug)]
pub struct ConstantBlock {
    /// What it answers.
    pub value: Literal,
    /// Its code.
    pub code: CompiledCode,
}

/// A function of a library, as a pragma describes it: an ExternalLibraryFunction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForeignFunction {
    /// The calling convention, as the image's `FFIConstants` have it.
    pub flags: i64,
    /// The type of what it answers.
    pub result: ForeignType,
    /// What it is called.
    pub function: ForeignName,
    /// The types of its arguments.
    pub arguments: Vec<ForeignType>,
    /// The library.
    pub module: Option<String>,
    /// The variable that gets the code of an error.
    pub error: Option<String>,
}

impl ForeignFunction {
    /// What is a symbol in the image: the names of the function and of its library.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        let name = match &self.function {
            ForeignName::Name(name) => Some(name),
            ForeignName::Index(_) => None,
        };
        name.into_iter().chain(&self.module).map(String::as_str)
    }
}

/// What a function of a library is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ForeignName {
    /// Its name.
    Name(String),
    /// Its place in the library.
    Index(i64),
}

/// What a function of a library has between its parentheses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ForeignType {
    /// A type, or a pointer to one.
    Type {
        /// The type.
        name: String,
        /// There is a star behind it.
        pointer: bool,
    },
    /// `...`, behind which arguments may differ.
    Variadic,
}

impl fmt::Display for ForeignType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ForeignType::Type { name, pointer } => write!(f, "{name}{}", if *pointer { "*" } else { "" }),
            ForeignType::Variadic => f.write_str("..."),
        }
    }
}

/// A literal.
#[derive(Clone, PartialEq, Debug)]
pub enum Literal {
    /// nil.
    Nil,
    /// true.
    True,
    /// false.
    False,
    /// A whole number of 64 bits; whether it is a SmallInteger is the image's to say.
    Integer(i64),
    /// A whole number that 64 bits do not hold.
    LargeInteger(WholeNumber),
    /// A float.
    Float(f64),
    /// A scaled decimal.
    ScaledDecimal(Box<ScaledDecimal>),
    /// A character by its code point.
    Character(u32),
    /// A string.
    String(String),
    /// A symbol.
    Symbol(String),
    /// An array of literals.
    Array(Vec<Literal>),
    /// An array of bytes.
    Bytes(Vec<u8>),
    /// An array of floats, as Cuis has it.
    Floats(Vec<f64>),
    /// A function of a library.
    Foreign(Box<ForeignFunction>),
    /// The association of a variable outside of the method.
    Variable(VariableId),
    /// The code of a block: a CompiledBlock.
    Block(Box<CompiledCode>),
    /// A block that is made with the method.
    ConstantBlock(Box<ConstantBlock>),
    /// The selector of the method, or an object that has it with the pragmas.
    State(Box<MethodState>),
    /// The association of the method's class; without a name, if it is not known.
    MethodClass,
    /// In the code of a block: the code that it is in.
    OuterCode,
}

impl Literal {
    /// A whole number.
    pub fn whole(negative: bool, magnitude: Magnitude) -> Literal {
        let small = magnitude.as_u64().and_then(|value| match negative {
            true => 0i64.checked_sub_unsigned(value),
            false => i64::try_from(value).ok(),
        });
        small.map_or_else(|| Literal::LargeInteger(WholeNumber { negative, magnitude }), Literal::Integer)
    }

    /// Whether one entry of the literal frame can serve for both: same class, equal, and for floats the same zero.
    pub fn same(&self, other: &Literal) -> bool {
        match (self, other) {
            (Literal::Float(a), Literal::Float(b)) => a == b && a.is_sign_negative() == b.is_sign_negative(),
            (Literal::Floats(a), Literal::Floats(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
            }
            (Literal::Array(a), Literal::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Literal::Block(_) | Literal::ConstantBlock(_), _) | (_, Literal::Block(_) | Literal::ConstantBlock(_)) => false,
            _ => self == other,
        }
    }

    /// Whether this literal is, or has inside of its arrays, another.
    pub fn contains(&self, other: &Literal) -> bool {
        self.same(other) || matches!(self, Literal::Array(parts) if parts.iter().any(|part| part.contains(other)))
    }
}
