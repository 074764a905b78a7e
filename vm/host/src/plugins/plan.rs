//! How a call's arguments become slots: worked out once from the signature, followed at every call.
//!
//! Nothing is allocated on the way: the slots and the list of data are kept from call to call, and only `text` and `symbol` grow a buffer
//! that is kept too.

use super::resources::{BadHandle, Resources};
use crate::interfaces::{CallObjects, int};
use osvm_core::error::PrimError;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use osvm_core::plugin::Operands;
use osvm_core::special::Special;
use osvm_plugin_sdk::abi::{ARGUMENT_SLOTS, ResultType, Signature, Type, TypeRef};
use std::ops::Range;

/// A type that most signatures have, and that is converted without a detour.
const INT: TypeRef = TypeRef { base: Type::Int, optional: false };

/// What a signature says of a call, ready to be followed.
#[derive(Debug)]
pub(super) struct Plan {
    receiver: Option<TypeRef>,
    params: Box<[TypeRef]>,
    /// The fewest arguments, where some may be missing.
    least: usize,
    /// Neither receiver nor arguments cross as more than one slot, and none may be missing: [`Plan::numbers`] can convert them.
    is_plain: bool,
    /// The result is an Integer.
    pub(super) answers_int: bool,
}

/// The slots of a call, and the data that goes with them.
#[derive(Debug)]
pub(super) struct Slots {
    values: [u64; ARGUMENT_SLOTS],
    len: usize,
    data: Vec<Lent>,
    text: String,
}

/// Data of an argument: its slots are an address, to be filled in, and a length.
#[derive(Clone, Debug)]
pub(super) struct Lent {
    /// The slot of the address.
    pub(super) slot: usize,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Object(Oop),
    Text(Range<usize>),
}

impl Default for Slots {
    fn default() -> Slots {
        Slots { values: [0; ARGUMENT_SLOTS], len: 0, data: Vec::new(), text: String::new() }
    }
}

impl Slots {
    /// The slots.
    #[inline]
    pub(super) fn values(&self) -> &[u64] {
        &self.values[..self.len]
    }

    #[inline]
    fn clear(&mut self) {
        self.set_len(0);
    }

    /// So many slots have values, and there is no data.
    #[inline]
    fn set_len(&mut self, len: usize) {
        self.len = len;
        if self.has_data() || !self.text.is_empty() {
            self.data.clear();
            self.text.clear();
        }
    }

    #[inline]
    fn push(&mut self, value: u64) {
        self.values[self.len] = value;
        self.len += 1;
    }

    fn push_data(&mut self, source: Source, elements: usize) {
        self.data.push(Lent { slot: self.len, source });
        self.push(0);
        self.push(elements as u64);
    }

    /// Takes these, without data.
    pub(super) fn set(&mut self, values: &[u64]) {
        self.clear();
        values.iter().for_each(|&value| self.push(value));
    }

    /// True if some arguments are data.
    #[inline]
    pub(super) fn has_data(&self) -> bool {
        !self.data.is_empty()
    }

    /// Calls `place` with each piece of data, and puts the address that it answers where it belongs.
    pub(super) fn place<E>(&mut self, heap: &Heap, mut place: impl FnMut(&[u8]) -> Result<u64, E>) -> Result<(), E> {
        for lent in &self.data {
            self.values[lent.slot] = place(bytes_of(&lent.source, heap, &self.text))?;
        }
        Ok(())
    }

    /// All data's bytes, each piece at a multiple of 8.
    pub(super) fn data_size(&self, heap: &Heap) -> usize {
        self.data.iter().map(|lent| bytes_of(&lent.source, heap, &self.text).len().next_multiple_of(8)).sum()
    }
}

fn bytes_of<'a>(source: &Source, heap: &'a Heap, text: &'a str) -> &'a [u8] {
    match source {
        Source::Object(oop) => heap.bytes(*oop),
        Source::Text(range) => &text.as_bytes()[range.clone()],
    }
}

impl Plan {
    pub(super) fn new(signature: &Signature) -> Plan {
        let mut params = signature.params.iter().map(osvm_plugin_sdk::abi::Param::crossing);
        let receiver = if signature.takes_receiver() { params.next() } else { None };
        let params: Box<[TypeRef]> = params.collect();
        let least = *signature.arg_count().start();
        let is_number = |ty: &TypeRef| !ty.optional && matches!(ty.base, Type::Int | Type::Float | Type::Bool | Type::Char);
        let is_plain = receiver.is_none() && least == params.len() && params.iter().all(is_number);
        Plan { receiver, params, least, is_plain, answers_int: signature.result == ResultType::Value(INT) }
    }

    /// Converts the arguments of a call whose signature has only numbers, if each is an immediate object as most are: the quick way of
    /// [`Plan::arguments`], which must be taken where this answers false.
    #[inline(always)]
    pub(super) fn numbers(&self, operands: Operands<'_>, heap: &Heap, slots: &mut Slots) -> bool {
        if !self.is_plain || operands.arg_count() != self.params.len() {
            return false;
        }
        let values = slots.values.iter_mut();
        for ((slot, ty), oop) in values.zip(&self.params).zip(operands.args()) {
            let value = match ty.base {
                Type::Int => oop.as_small_int().map(i64::cast_unsigned),
                Type::Float => oop.is_small_float().then(|| oop.small_float().to_bits()),
                Type::Char => oop.as_character().map(u64::from),
                _ => (oop == heap.true_() || oop == heap.false_()).then(|| u64::from(oop == heap.true_())),
            };
            let Some(value) = value else { return false };
            *slot = value;
        }
        slots.set_len(self.params.len());
        true
    }

    /// How many arguments there are, if they and the result are Integers and nothing else.
    pub(super) fn integers(&self) -> Option<usize> {
        let are = self.is_plain && self.answers_int && self.params.iter().all(|ty| *ty == INT);
        are.then_some(self.params.len())
    }

    /// Checks and converts a call's receiver, if the signature has it, and arguments.
    #[inline(never)]
    pub(super) fn arguments(
        &self,
        objects: &mut CallObjects<'_>,
        resources: &Resources,
        slots: &mut Slots,
    ) -> Result<(), PrimError> {
        let operands = objects.operands();
        let count = operands.arg_count();
        if count > self.params.len() || count < self.least {
            return Err(PrimError::BAD_NUM_ARGS);
        }
        slots.clear();
        if let Some(ty) = self.receiver {
            argument(ty, operands.receiver(), 0, objects, resources, slots)
                .map_err(|error| if error == PrimError::BAD_ARGUMENT { PrimError::BAD_RECEIVER } else { error })?;
        }
        for (i, (ty, oop)) in self.params.iter().zip(operands.args()).enumerate() {
            match oop.as_small_int() {
                Some(value) if *ty == INT => slots.push(value.cast_unsigned()),
                _ => argument(*ty, oop, i + 1, objects, resources, slots)?,
            }
        }
        for (i, ty) in self.params.iter().enumerate().skip(count) {
            argument(*ty, objects.heap.nil(), i + 1, objects, resources, slots)?;
        }
        Ok(())
    }
}

/// Converts one argument, `place` 0 for the receiver and else from 1.
#[inline]
fn argument(
    ty: TypeRef,
    oop: Oop,
    place: usize,
    objects: &mut CallObjects<'_>,
    resources: &Resources,
    slots: &mut Slots,
) -> Result<(), PrimError> {
    let heap = &*objects.heap;
    if ty.optional {
        let present = oop != heap.nil();
        slots.push(u64::from(present));
        if !present {
            slots.push(0);
            if ty.base.is_data() {
                slots.push(0);
            }
            return Ok(());
        }
    }
    let value = match ty.base {
        Type::Int => int(heap, oop).map(|value| value as u64),
        Type::Float => heap.float_value(oop).or_else(|| int(heap, oop).map(|i| i as f64)).map(f64::to_bits),
        Type::Bool => {
            if oop == heap.true_() {
                Some(1)
            } else {
                (oop == heap.false_()).then_some(0)
            }
        }
        Type::Char => oop.as_character().map(u64::from),
        Type::Oop => Some(u64::from(objects.handle_of_argument(place))),
        Type::Resource => resource(heap, oop, resources).map(u64::from),
        Type::Bytes | Type::Words | Type::Floats | Type::Text | Type::Symbol => {
            return data(ty.base, oop, objects, slots);
        }
    };
    slots.push(value.ok_or(PrimError::BAD_ARGUMENT)?);
    Ok(())
}

fn resource(heap: &Heap, oop: Oop, resources: &Resources) -> Option<u32> {
    if oop.is_immediate() || heap.is_forwarded(oop) || !heap.format(oop).is_bytes() {
        return None;
    }
    match resources.number(heap.bytes(oop)) {
        Ok(number) => Some(number),
        Err(BadHandle::Stale) => {
            tracing::debug!("a handle was used that is stale: it was made before the image was saved and started again");
            None
        }
        Err(BadHandle::NoHandle | BadHandle::Dead) => None,
    }
}

fn data(ty: Type, oop: Oop, objects: &mut CallObjects<'_>, slots: &mut Slots) -> Result<(), PrimError> {
    let heap = &*objects.heap;
    if oop.is_immediate() || heap.is_forwarded(oop) {
        return Err(PrimError::BAD_ARGUMENT);
    }
    let format = heap.format(oop);
    match ty {
        Type::Bytes if format.is_bytes() => {}
        Type::Words | Type::Floats if format.is_words_32() => {}
        Type::Text => return text(oop, heap, slots),
        Type::Symbol if is_symbol(heap, oop) => return text(oop, heap, slots),
        _ => return Err(PrimError::BAD_ARGUMENT),
    }
    slots.push_data(Source::Object(oop), heap.byte_size(oop) / ty.element_size());
    objects.lend(oop);
    Ok(())
}

/// The characters of a String of bytes or of 32-bit units, as UTF-8.
fn text(oop: Oop, heap: &Heap, slots: &mut Slots) -> Result<(), PrimError> {
    let (format, bytes) = (heap.format(oop), heap.bytes(oop));
    let start = slots.text.len();
    if format.is_bytes() {
        slots.text.extend(bytes.iter().map(|&byte| char::from(byte)));
    } else if format.is_words_32() {
        for unit in bytes.as_chunks().0 {
            slots.text.push(char::from_u32(u32::from_le_bytes(*unit)).ok_or(PrimError::BAD_ARGUMENT)?);
        }
    } else {
        return Err(PrimError::BAD_ARGUMENT);
    }
    let range = start..slots.text.len();
    let len = range.len();
    slots.push_data(Source::Text(range), len);
    Ok(())
}

/// True for an instance of the class of the selectors that the VM knows.
fn is_symbol(heap: &Heap, oop: Oop) -> bool {
    let selector = heap.special(Special::SelectorDoesNotUnderstand);
    selector.is_pointer() && heap.class_index(oop) == heap.class_index(selector)
}
