//! How primitives read their operands: positions from the end, integers of every size, and the integers they answer.

use crate::error::PrimError;
use crate::heap::Heap;
use crate::object::{CLASS_INDEX_CONTEXT, CLASS_INDEX_LARGE_NEGATIVE, CLASS_INDEX_LARGE_POSITIVE};
use crate::oop::{Oop, to_index};
use crate::vm::Args;

/// What a primitive answers: an object, or why it failed.
pub(super) type Answer = Result<Oop, PrimError>;

/// Operands counted from the last one. Primitives that debuggers also call as mirrors (`object: anObject basicAt: index` beside
/// `basicAt: index`) find the object that they are about there, whether it is the receiver or the first argument.
pub(super) trait Operands {
    /// The operand `depth` places before the last argument (0); from the number of arguments on, the receiver.
    fn operand(self, depth: usize) -> Oop;
}

impl Operands for Args {
    #[inline(always)]
    fn operand(self, depth: usize) -> Oop {
        if depth < self.count() { self.get(self.count() - 1 - depth) } else { self.receiver() }
    }
}

/// The value of a SmallInteger; anything else fails without a reason, as arithmetic does in the reference.
#[inline(always)]
pub(super) fn small(oop: Oop) -> Result<i64, PrimError> {
    oop.as_small_int().ok_or(PrimError::GENERIC)
}

/// A zero-based index of a one-based one; `BAD_ARGUMENT` unless it is a SmallInteger. What is below 1 becomes huge, and so is out
/// of every range.
#[inline(always)]
pub(super) fn index(oop: Oop) -> Result<usize, PrimError> {
    let index = oop.as_small_int().ok_or(PrimError::BAD_ARGUMENT)?;
    Ok(to_index(index.wrapping_sub(1).cast_unsigned()))
}

/// Sign and significant bytes (little endian) of a large integer.
pub(super) fn large(heap: &Heap, oop: Oop) -> Option<(bool, &[u8])> {
    if !oop.is_pointer() || !heap.format(oop).is_bytes() {
        return None;
    }
    let negative = match heap.class_index(oop) {
        CLASS_INDEX_LARGE_POSITIVE => false,
        CLASS_INDEX_LARGE_NEGATIVE => true,
        _ => return None,
    };
    let bytes = heap.bytes(oop);
    let len = bytes.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
    Some((negative, &bytes[..len]))
}

/// The value of an Integer whose magnitude fits in 64 bits.
pub(super) fn integer(heap: &Heap, oop: Oop) -> Option<i128> {
    if let Some(value) = oop.as_small_int() {
        return Some(value as i128);
    }
    let (negative, bytes) = large(heap, oop)?;
    if bytes.len() > 8 {
        return None;
    }
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    let magnitude = u64::from_le_bytes(word) as i128;
    Some(if negative { -magnitude } else { magnitude })
}

/// The value of an Integer in the range of 64 signed bits.
pub(super) fn signed_64(heap: &Heap, oop: Oop) -> Option<i64> {
    integer(heap, oop).and_then(|value| i64::try_from(value).ok())
}

/// The value of an Integer in the range of 64 unsigned bits.
pub(crate) fn unsigned_64(heap: &Heap, oop: Oop) -> Option<u64> {
    integer(heap, oop).and_then(|value| u64::try_from(value).ok())
}

/// The Integer of this value, SmallInteger where it fits.
pub(super) fn answer_integer(heap: &mut Heap, value: i128) -> Answer {
    match i64::try_from(value) {
        Ok(value) => heap.integer(value),
        Err(_) => heap.large_integer(value < 0, &value.unsigned_abs().to_le_bytes()),
    }
}

/// The SmallInteger of a count or size, which memory keeps below 2^60.
#[inline(always)]
pub(super) fn count(value: usize) -> Oop {
    Oop::from_small_int(value as i64)
}

/// Refuses contexts: their fields may be in a frame, so the interpreter does to them itself what the image asks for.
#[inline(always)]
pub(super) fn no_context(heap: &Heap, object: Oop) -> Result<(), PrimError> {
    if heap.class_index(object) == CLASS_INDEX_CONTEXT { Err(PrimError::BAD_RECEIVER) } else { Ok(()) }
}

/// The object itself unless it is immediate, a forwarder or a context.
pub(super) fn plain_object(heap: &Heap, object: Oop, error: PrimError) -> Answer {
    if object.is_immediate() || heap.is_forwarded(object) {
        return Err(error);
    }
    no_context(heap, object).map(|()| object)
}

/// Slot `index`, which is in range, with a forwarder followed where there may be one.
#[inline(always)]
pub(super) fn load(heap: &mut Heap, object: Oop, index: usize) -> Oop {
    if heap.has_forwarders { heap.fetch_followed(object, index) } else { heap.fetch(object, index) }
}

/// The value of true or false.
pub(super) fn boolean(heap: &Heap, oop: Oop) -> Option<bool> {
    if oop == heap.true_() {
        Some(true)
    } else if oop == heap.false_() {
        Some(false)
    } else {
        None
    }
}
