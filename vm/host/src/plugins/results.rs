//! What a primitive answers: its status and result slots, checked against its signature and made into an object.

use super::resources::Resources;
use crate::interfaces::{CallObjects, Memory};
use osvm_core::error::PrimError;
use osvm_core::object;
use osvm_core::oop::Oop;
use osvm_plugin_sdk::abi::{PrimitiveError, RESULT_SLOTS, ResultType, STATUS_NIL, STATUS_VALUES, Type, TypeRef};

/// The result slots of a call.
pub(super) type ResultSlots = [u64; RESULT_SLOTS];

/// Why there is no result.
#[derive(Debug)]
pub(super) enum NoResult {
    /// The primitive failed.
    Failed(PrimitiveError),
    /// The plugin contradicts its signature.
    Contradiction(String),
}

impl From<PrimitiveError> for NoResult {
    fn from(error: PrimitiveError) -> NoResult {
        NoResult::Failed(error)
    }
}

fn contradiction<T>(what: impl Into<String>) -> Result<T, NoResult> {
    Err(NoResult::Contradiction(what.into()))
}

/// The object that a primitive answers.
#[inline]
pub(super) fn result(
    ty: &ResultType,
    status: i32,
    slots: &ResultSlots,
    memory: &dyn Memory,
    objects: &mut CallObjects<'_>,
    resources: &mut Resources,
) -> Result<Oop, NoResult> {
    match status {
        STATUS_VALUES => {}
        STATUS_NIL if matches!(ty, ResultType::Tuple(_, true) | ResultType::Value(TypeRef { optional: true, .. })) => {
            return Ok(objects.heap.nil());
        }
        _ => return failure(ty, status, slots),
    }
    let mut reader = Reader { slots, at: 0, memory, resources };
    match ty {
        ResultType::Receiver => Ok(objects.operands().receiver()),
        ResultType::Nil => Ok(objects.heap.nil()),
        ResultType::Value(ty) => reader.value(ty.base, objects),
        ResultType::Tuple(types, _) => {
            let mut elements = Vec::with_capacity(types.len());
            for ty in types {
                elements.push(reader.element(*ty, objects)?);
            }
            made(objects.heap.array(&elements))
        }
    }
}

/// The failure that a status says.
#[cold]
fn failure(ty: &ResultType, status: i32, slots: &ResultSlots) -> Result<Oop, NoResult> {
    let system = slots[0] as u32 as i32;
    match status.checked_neg().and_then(|code| u8::try_from(code).ok()).and_then(|code| PrimitiveError::from_code(code, system)) {
        Some(error) => Err(NoResult::Failed(error)),
        None => contradiction(format!("the status {status} does not go with the result `{ty}`")),
    }
}

fn made(result: Result<Oop, PrimError>) -> Result<Oop, NoResult> {
    result.map_err(|_| NoResult::Failed(PrimitiveError::NoMemory))
}

struct Reader<'a> {
    slots: &'a ResultSlots,
    at: usize,
    memory: &'a dyn Memory,
    resources: &'a mut Resources,
}

impl<'a> Reader<'a> {
    /// The next slot. A signature has at most as many as there are.
    fn slot(&mut self) -> u64 {
        self.at += 1;
        self.slots[self.at - 1]
    }

    /// The next slot of a 32-bit value. What is above is of no meaning: a wasm plugin stores a whole slot, but may sign-extend.
    fn short(&mut self) -> u32 {
        self.slot() as u32
    }

    fn element(&mut self, ty: TypeRef, objects: &mut CallObjects<'_>) -> Result<Oop, NoResult> {
        if ty.optional && self.short() == 0 {
            self.at += TypeRef { optional: false, ..ty }.slots().count();
            return Ok(objects.heap.nil());
        }
        self.value(ty.base, objects)
    }

    fn value(&mut self, ty: Type, objects: &mut CallObjects<'_>) -> Result<Oop, NoResult> {
        match ty {
            Type::Int => made(objects.heap.integer(self.slot() as i64)),
            Type::Float => made(objects.heap.float(f64::from_bits(self.slot()))),
            Type::Bool => Ok(objects.heap.bool(self.short() != 0)),
            Type::Char => match self.short() {
                code @ 0..=0x10_FFFF => Ok(Oop::from_character(code)),
                code => contradiction(format!("the character {code:#X} is above 0x10FFFF")),
            },
            Type::Oop => {
                let handle = self.short();
                objects.oop(handle).or_else(|_| contradiction(format!("{handle:#X} is no handle of this call")))
            }
            Type::Resource => {
                let handle = self.resources.handle(self.slots[self.at] as u32)?;
                self.at += 1;
                made(objects.heap.byte_object(object::CLASS_INDEX_BYTE_ARRAY, &handle))
            }
            Type::Bytes => made(objects.heap.byte_object(object::CLASS_INDEX_BYTE_ARRAY, self.data(ty)?)),
            Type::Words => Ok(objects.new_units(&["WordArray", "Bitmap"], self.data(ty)?)?),
            Type::Floats => Ok(objects.new_units(&["FloatArray"], self.data(ty)?)?),
            Type::Text | Type::Symbol => {
                let Ok(text) = std::str::from_utf8(self.data(ty)?) else { return contradiction("the text is no UTF-8") };
                Ok(objects.new_text(text)?)
            }
        }
    }

    fn data(&mut self, ty: Type) -> Result<&'a [u8], NoResult> {
        let (address, len) = (self.slot(), self.slot());
        let size = ty.element_size() as u64;
        let aligned = address.is_multiple_of(size);
        let bytes = len.checked_mul(size).filter(|_| aligned).and_then(|len| self.memory.read(address, len).ok());
        bytes.map_or_else(|| contradiction(format!("there is no data of {len} elements at {address:#x}")), Ok)
    }
}
