//! How a value crosses the boundary: as wasm parameters, and as slots of 8 bytes.
//!
//! | type | parameter of a wasm export | slots in a native call, and of a result |
//! |---|---|---|
//! | `int` | i64 | its 64 bits |
//! | `float` | f64 | its 64 bits |
//! | `bool` | i32 | 0 or 1 |
//! | `char` | i32 | its code point |
//! | `oop` | i32 | a handle |
//! | `resource` | i32 | the plugin's number for it |
//! | `bytes`, `text`, `symbol` | i32 address, i32 length in bytes | address, length in bytes |
//! | `words`, `floats` | i32 address (a multiple of 4), i32 length in elements | address, length in elements |
//! | `T?` | i32 1 or 0, and what `T` takes, 0 if there is none | 1 or 0, and what `T` takes |
//!
//! A whole result `T?` or `(...)?` has no slot that says whether it is there: its status does.

use crate::signature::{Param, ResultType, Signature, Type, TypeRef};

/// The most slots that the arguments of a primitive may take.
pub const ARGUMENT_SLOTS: usize = 48;
/// The most slots that the results of a primitive may take.
pub const RESULT_SLOTS: usize = 32;

/// A type of a wasm parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum WasmType {
    /// 32 bits.
    I32,
    /// 64 bits.
    I64,
    /// A double float.
    F64,
}

impl WasmType {
    /// As wasm's text format writes it.
    pub fn name(self) -> &'static str {
        match self {
            WasmType::I32 => "i32",
            WasmType::I64 => "i64",
            WasmType::F64 => "f64",
        }
    }
}

/// One slot of a value that crosses natively, or wasm parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Slot {
    /// Whether what follows is there.
    Present,
    /// The value itself.
    Value(Type),
    /// Where the data is.
    Address,
    /// How many elements.
    Length,
}

impl Slot {
    /// The wasm parameter that carries this slot.
    pub fn wasm_type(self) -> WasmType {
        match self {
            Slot::Value(Type::Int) => WasmType::I64,
            Slot::Value(Type::Float) => WasmType::F64,
            _ => WasmType::I32,
        }
    }
}

impl Type {
    /// True if a value is an address and a length.
    pub fn is_data(self) -> bool {
        self.element_size() != 0
    }

    /// Bytes of an element of the data; 0 for types that are not data.
    pub fn element_size(self) -> usize {
        match self {
            Type::Bytes | Type::Text | Type::Symbol => 1,
            Type::Words | Type::Floats => 4,
            Type::Int | Type::Float | Type::Bool | Type::Char | Type::Oop | Type::Resource => 0,
        }
    }
}

impl TypeRef {
    /// The slots of a value.
    pub fn slots(self) -> impl Iterator<Item = Slot> {
        let value: &[Slot] = if self.base.is_data() { &[Slot::Address, Slot::Length] } else { &[] };
        let single = (!self.base.is_data()).then_some(Slot::Value(self.base));
        self.optional.then_some(Slot::Present).into_iter().chain(single).chain(value.iter().copied())
    }
}

impl Param {
    /// The type as it crosses: what may be missing may also be nil.
    pub fn crossing(&self) -> TypeRef {
        TypeRef { base: self.ty.base, optional: self.ty.optional || self.omittable }
    }
}

impl Signature {
    /// The slots of all parameters.
    pub fn argument_slots(&self) -> impl Iterator<Item = Slot> {
        self.params.iter().flat_map(|p| p.crossing().slots())
    }

    /// The slots of the result, if its status is [`crate::STATUS_VALUES`].
    pub fn result_slots(&self) -> Vec<Slot> {
        match &self.result {
            ResultType::Receiver | ResultType::Nil => Vec::new(),
            ResultType::Value(ty) => TypeRef { optional: false, ..*ty }.slots().collect(),
            ResultType::Tuple(types, _) => types.iter().flat_map(|ty| ty.slots()).collect(),
        }
    }

    /// The parameters of the wasm export; its one result is the status, an i32.
    pub fn wasm_params(&self) -> impl Iterator<Item = WasmType> {
        self.argument_slots().map(Slot::wasm_type)
    }
}

#[cfg(test)]
mod tests {
    use super::{Slot, WasmType::*};
    use crate::{Signature, Type};

    fn parse(text: &str) -> Signature {
        text.parse().unwrap()
    }

    #[test]
    fn parameters_of_each_type() {
        let params = |text| parse(text).wasm_params().collect::<Vec<_>>();
        assert_eq!(params("(a: int, b: float, c: bool, d: char) -> nil"), [I64, F64, I32, I32]);
        assert_eq!(params("(self: oop, a: resource, b: bytes) -> nil"), [I32; 4]);
        assert_eq!(params("(a: int?, b: text?) -> nil"), [I32, I64, I32, I32, I32]);
        assert_eq!(params("(a: words, b?: float) -> nil"), [I32, I32, I32, F64]);
        assert_eq!(params("() -> int"), []);
    }

    #[test]
    fn results_of_each_form() {
        let slots = |text| parse(text).result_slots();
        assert_eq!(slots("() -> self"), []);
        assert_eq!(slots("() -> int?"), [Slot::Value(Type::Int)]);
        assert_eq!(slots("() -> bytes"), [Slot::Address, Slot::Length]);
        assert_eq!(slots("() -> (resource?, floats)?"), [Slot::Present, Slot::Value(Type::Resource), Slot::Address, Slot::Length]);
    }
}
