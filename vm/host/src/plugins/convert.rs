//! Arguments and results by signature. What does not match never reaches a plugin.

use super::objects::{self, CallObjects};
use super::resources::{BadHandle, Resources};
use osvm_core::error::PrimError;
use osvm_core::heap::Heap;
use osvm_core::object;
use osvm_core::oop::Oop;
use osvm_core::plugin::Call;
use osvm_core::special::Special;
use osvm_plugin_sdk::abi::{ResultType, Signature, Type, TypeRef};
use osvm_plugin_sdk::classic::{Arg, Object, PrimitiveError, Value};

/// Checks and converts the receiver, if the signature takes it, and the arguments.
pub(super) fn arguments(
    signature: &Signature,
    call: &Call<'_>,
    resources: &Resources,
    out: &mut Vec<Arg>,
) -> Result<(), PrimError> {
    if !signature.arg_count().contains(&call.args.len()) {
        return Err(PrimError::BadNumArgs);
    }
    let mut params = signature.params.as_slice();
    if let [receiver, rest @ ..] = params
        && signature.takes_receiver()
    {
        let converted = argument(call.heap, receiver.ty, call.receiver, 0, resources);
        out.push(converted.map_err(|e| if e == PrimError::BadArgument { PrimError::BadReceiver } else { e })?);
        params = rest;
    }
    for (i, (param, &oop)) in params.iter().zip(call.args).enumerate() {
        out.push(argument(call.heap, param.ty, oop, i as u32 + 1, resources)?);
    }
    Ok(())
}

/// Converts one argument, whose handle has the number `handle`.
fn argument(heap: &Heap, ty: TypeRef, oop: Oop, handle: u32, resources: &Resources) -> Result<Arg, PrimError> {
    if ty.optional && oop == heap.nil() {
        return Ok(Arg::Nil);
    }
    let format = (oop.is_pointer() && !heap.is_forwarded(oop)).then(|| heap.format(oop));
    let object = Arg::Object(Object::from_index(handle));
    let converted = match ty.base {
        Type::Int => objects::int(heap, oop).map(Arg::Int),
        Type::Float => heap.float_value(oop).or_else(|| objects::int(heap, oop).map(|i| i as f64)).map(Arg::Float),
        Type::Bool if oop == heap.true_() => Some(Arg::Bool(true)),
        Type::Bool if oop == heap.false_() => Some(Arg::Bool(false)),
        Type::Bool => None,
        Type::Char => oop.as_character().map(Arg::Char),
        Type::Bytes => format.filter(|f| f.is_bytes()).map(|_| object),
        Type::Words | Type::Floats => format.filter(|f| f.is_words_32()).map(|_| object),
        Type::Oop => Some(object),
        Type::Text => text(heap, oop).map(Arg::Text),
        Type::Symbol => text(heap, oop).filter(|_| is_symbol(heap, oop)).map(Arg::Text),
        Type::Resource => {
            let bytes = format.filter(|f| f.is_bytes()).map(|_| heap.bytes(oop)).unwrap_or_default();
            match resources.number(bytes) {
                Ok(number) => Some(Arg::Resource(number)),
                Err(BadHandle::Stale) => {
                    tracing::debug!("a handle of an earlier session was used");
                    None
                }
                Err(BadHandle::NoHandle | BadHandle::Dead) => None,
            }
        }
    };
    converted.ok_or(PrimError::BadArgument)
}

/// The characters of a String of bytes or of 32-bit words.
fn text(heap: &Heap, oop: Oop) -> Option<String> {
    if oop.is_immediate() || heap.is_forwarded(oop) {
        return None;
    }
    let format = heap.format(oop);
    if format.is_bytes() {
        Some(heap.bytes(oop).iter().map(|&b| char::from(b)).collect())
    } else if format.is_words_32() {
        heap.bytes(oop).as_chunks().0.iter().map(|&w| char::from_u32(u32::from_le_bytes(w))).collect()
    } else {
        None
    }
}

/// True for an instance of the class of the selectors that the VM knows.
fn is_symbol(heap: &Heap, oop: Oop) -> bool {
    let selector = heap.special(Special::SelectorDoesNotUnderstand);
    oop.is_pointer() && selector.is_pointer() && heap.class_index(oop) == heap.class_index(selector)
}

/// The object that a primitive answers; [`PrimitiveError::Internal`] if the value is not what the signature says.
pub(super) fn result(
    ty: &ResultType,
    value: Value,
    objects: &mut CallObjects<'_>,
    resources: &mut Resources,
) -> Result<Oop, PrimitiveError> {
    match (ty, value) {
        (ResultType::Receiver, Value::Receiver) => Ok(objects.receiver),
        (ResultType::Nil | ResultType::Tuple(_, true), Value::Nil) => Ok(objects.heap.nil()),
        (ResultType::Value(ty), value) => single(*ty, value, objects, resources),
        (ResultType::Tuple(types, _), Value::Tuple(values)) if types.len() == values.len() => {
            let mut elements = Vec::with_capacity(types.len());
            for (&ty, value) in types.iter().zip(values) {
                elements.push(single(ty, value, objects, resources)?);
            }
            objects.heap.array(&elements).map_err(|_| PrimitiveError::NoMemory)
        }
        _ => Err(PrimitiveError::Internal),
    }
}

fn single(ty: TypeRef, value: Value, objects: &mut CallObjects<'_>, resources: &mut Resources) -> Result<Oop, PrimitiveError> {
    let heap = &mut *objects.heap;
    let made = match (ty.base, value) {
        (_, Value::Nil) if ty.optional => return Ok(heap.nil()),
        (Type::Int, Value::Int(value)) => heap.integer(value),
        (Type::Float, Value::Float(value)) => heap.float(value),
        (Type::Bool, Value::Bool(value)) => return Ok(heap.bool(value)),
        (Type::Char, Value::Char(value)) if value <= Oop::MAX_CHARACTER => return Ok(Oop::from_character(value)),
        (Type::Bytes, Value::Bytes(bytes)) => heap.byte_object(object::CLASS_INDEX_BYTE_ARRAY, &bytes),
        (Type::Text, Value::Text(text)) => return new_text(heap, &text),
        (Type::Resource, Value::Resource(number)) => heap.byte_object(object::CLASS_INDEX_BYTE_ARRAY, &resources.handle(number)?),
        (Type::Oop | Type::Bytes | Type::Words | Type::Floats, Value::Object(object)) => return Ok(objects.oop(object)),
        _ => return Err(PrimitiveError::Internal),
    };
    made.map_err(|_| PrimitiveError::NoMemory)
}

/// A String: of bytes where every character fits, else a WideString, if the image has that class.
fn new_text(heap: &mut Heap, text: &str) -> Result<Oop, PrimitiveError> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let no_memory = |_| PrimitiveError::NoMemory;
    if let Some(bytes) = bytes {
        return heap.byte_object(object::CLASS_INDEX_STRING, &bytes).map_err(no_memory);
    }
    let class = class_named(heap, "WideString").ok_or(PrimitiveError::Unsupported)?;
    let string = heap.instantiate(class, text.chars().count()).map_err(no_memory)?;
    for (to, c) in heap.bytes_mut(string).chunks_exact_mut(4).zip(text.chars()) {
        to.copy_from_slice(&u32::from(c).to_le_bytes());
    }
    Ok(string)
}

/// A class by its name, from the class table.
fn class_named(heap: &Heap, name: &str) -> Option<Oop> {
    let nil = heap.nil();
    let pages = heap.slots(heap.hidden_roots()).iter().copied().take_while(|&page| page != nil);
    let mut classes = pages.flat_map(|page| heap.slots(page).iter().copied()).filter(|&class| class != nil);
    classes.find(|&class| heap.class_name(class) == name)
}

/// A plugin's error as the image's.
pub(super) fn error(error: PrimitiveError) -> PrimError {
    match error {
        PrimitiveError::Failed => PrimError::Generic,
        PrimitiveError::BadReceiver => PrimError::BadReceiver,
        PrimitiveError::BadArgument => PrimError::BadArgument,
        PrimitiveError::BadIndex => PrimError::BadIndex,
        PrimitiveError::BadNumArgs => PrimError::BadNumArgs,
        PrimitiveError::Inappropriate => PrimError::Inappropriate,
        PrimitiveError::Unsupported => PrimError::Unsupported,
        PrimitiveError::NoModification => PrimError::NoModification,
        PrimitiveError::NoMemory => PrimError::NoMemory,
        PrimitiveError::NoPluginMemory => PrimError::NoCMemory,
        PrimitiveError::NotFound => PrimError::NotFound,
        PrimitiveError::LimitExceeded => PrimError::LimitExceeded,
        PrimitiveError::Internal => PrimError::NamedInternal,
        PrimitiveError::OperatingSystem(number) => PrimError::OperatingSystem(i64::from(number)),
    }
}
