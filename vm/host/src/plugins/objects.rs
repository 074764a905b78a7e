//! The objects of a call, over the heap.

use osvm_core::error::PrimError;
use osvm_core::heap::Heap;
use osvm_core::object::{self, Format};
use osvm_core::oop::Oop;
use osvm_plugin_sdk::classic::{Object, Objects, PrimitiveError, Shape};

/// Handles: 0 is the receiver, then the arguments, then what the plugin made.
pub(super) struct CallObjects<'a> {
    pub(super) heap: &'a mut Heap,
    pub(super) receiver: Oop,
    pub(super) args: &'a [Oop],
    pub(super) made: &'a mut Vec<Oop>,
}

impl CallObjects<'_> {
    /// The object of a handle; nil for a handle that is none.
    pub(super) fn oop(&self, object: Object) -> Oop {
        match object.index() as usize {
            0 => self.receiver,
            i => match self.args.get(i - 1) {
                Some(&oop) => oop,
                None => self.made.get(i - 1 - self.args.len()).copied().unwrap_or(self.heap.nil()),
            },
        }
    }

    fn made(&mut self, result: Result<Oop, PrimError>) -> Result<Object, PrimitiveError> {
        self.made.push(result.map_err(|_| PrimitiveError::NoMemory)?);
        Ok(Object::from_index((self.args.len() + self.made.len()) as u32))
    }
}

/// The value of an Integer that fits in 64 bits.
pub(super) fn int(heap: &Heap, oop: Oop) -> Option<i64> {
    if let Some(value) = oop.as_small_int() {
        return Some(value);
    }
    let negative = large_sign(heap, oop)?;
    let bytes = heap.bytes(oop);
    let len = bytes.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
    if len > 8 {
        return None;
    }
    let mut magnitude = [0; 8];
    magnitude[..len].copy_from_slice(&bytes[..len]);
    let magnitude = u64::from_le_bytes(magnitude);
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// The sign of a large integer: true if it is negative.
fn large_sign(heap: &Heap, oop: Oop) -> Option<bool> {
    if oop.is_immediate() || !heap.format(oop).is_bytes() {
        return None;
    }
    match heap.class_index(oop) {
        object::CLASS_INDEX_LARGE_POSITIVE => Some(false),
        object::CLASS_INDEX_LARGE_NEGATIVE => Some(true),
        _ => None,
    }
}

impl Objects for CallObjects<'_> {
    fn shape(&self, object: Object) -> Shape {
        let (heap, oop) = (&*self.heap, self.oop(object));
        if let Some(value) = oop.as_small_int() {
            return Shape::SmallInteger(value);
        }
        if let Some(value) = oop.as_character() {
            return Shape::Character(value);
        }
        if let Some(value) = heap.float_value(oop) {
            return Shape::Float(value);
        }
        if oop.is_immediate() || oop == heap.nil() {
            return Shape::Nil;
        }
        if oop == heap.true_() || oop == heap.false_() {
            return Shape::Bool(oop == heap.true_());
        }
        if let Some(negative) = large_sign(heap, oop) {
            return Shape::LargeInteger { negative };
        }
        match heap.format(oop) {
            f if f.is_bytes() => Shape::Bytes,
            f if f.is_shorts() => Shape::Words(2),
            f if f.is_words_32() => Shape::Words(4),
            f if f.is_words_64() => Shape::Words(8),
            f if f.is_compiled_method() => Shape::Code,
            _ => Shape::Pointers,
        }
    }

    fn bytes(&self, object: Object) -> &[u8] {
        let oop = self.oop(object);
        if oop.is_pointer() && self.heap.format(oop).is_bits() { self.heap.bytes(oop) } else { &[] }
    }

    fn bytes_mut(&mut self, object: Object) -> Result<&mut [u8], PrimitiveError> {
        let oop = self.oop(object);
        if oop.is_immediate() || !self.heap.format(oop).is_bits() {
            return Err(PrimitiveError::BadArgument);
        }
        if self.heap.is_immutable(oop) {
            return Err(PrimitiveError::NoModification);
        }
        Ok(self.heap.bytes_mut(oop))
    }

    fn int(&self, object: Object) -> Option<i64> {
        int(self.heap, self.oop(object))
    }

    fn new_int(&mut self, value: i64) -> Result<Object, PrimitiveError> {
        let result = self.heap.integer(value);
        self.made(result)
    }

    fn new_large_integer(&mut self, negative: bool, len: usize) -> Result<Object, PrimitiveError> {
        let class = if negative { object::CLASS_INDEX_LARGE_NEGATIVE } else { object::CLASS_INDEX_LARGE_POSITIVE };
        let (format, slots) = Format::for_units(Format::BYTES, len as u64, 0);
        let result = self.heap.alloc_bits(class, format, slots as usize);
        self.made(result)
    }

    fn new_byte_array(&mut self, bytes: &[u8]) -> Result<Object, PrimitiveError> {
        let result = self.heap.byte_object(object::CLASS_INDEX_BYTE_ARRAY, bytes);
        self.made(result)
    }

    fn new_string(&mut self, bytes: &[u8]) -> Result<Object, PrimitiveError> {
        let result = self.heap.byte_object(object::CLASS_INDEX_STRING, bytes);
        self.made(result)
    }

    fn new_array(&mut self, elements: &[Object]) -> Result<Object, PrimitiveError> {
        let elements: Vec<Oop> = elements.iter().map(|&e| self.oop(e)).collect();
        let result = self.heap.array(&elements);
        self.made(result)
    }
}
