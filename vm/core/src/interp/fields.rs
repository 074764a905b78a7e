//! What the loop does with fields and elements beyond its fast paths, and with instructions that make no sense.

use super::layout::frame;
use crate::error::VmError;
use crate::object::{CLASS_INDEX_CONTEXT, Format, IMMUTABLE_BIT, has_oop};
use crate::oop::{Oop, to_index};
use crate::special::Special;
use crate::vm::{Outcome, Vm};

impl Vm {
    /// `==`, where one of the two may be a forwarder to the other.
    #[inline(always)]
    pub(crate) fn identical(&self, a: Oop, b: Oop) -> bool {
        a == b || (self.heap.has_forwarders && self.heap.follow(a) == self.heap.follow(b))
    }

    /// Takes the outcome out of the loop.
    #[cold]
    pub(crate) fn leave(&mut self) -> Result<Outcome, VmError> {
        match self.fatal.take() {
            Some(error) => Err(error),
            None => Ok(self.outcome.unwrap_or(Outcome::BudgetUsed)),
        }
    }

    #[inline(always)]
    pub(crate) fn special_selector(&self, index: usize) -> Oop {
        let selectors = self.heap.special(Special::SpecialSelectors);
        self.heap.fetch(selectors, 2 * index)
    }

    #[cold]
    pub(crate) fn no_selector(&self, index: isize) -> VmError {
        VmError::Corrupt(format!("special selector {index} is sent and the image has none"))
    }

    /// Sends `unusedBytecode` to the active context, where the image has a selector for it. If that answers, the bytecode is tried
    /// again: the image may have made another of it.
    #[cold]
    pub(crate) fn unused_bytecode(&mut self, byte: usize) -> Result<(), VmError> {
        let selector = self.heap.special(Special::SelectorUnusedBytecode);
        if selector == self.heap.nil() || selector == Oop::ZERO {
            let method = self.method_name(self.stack.oop(self.fp, frame::METHOD));
            return Err(VmError::Corrupt(format!("{method} runs the bytecode {byte}, which its set does not define")));
        }
        let ctx = self.marry(self.fp)?;
        self.push(ctx);
        self.send_special(Special::SelectorUnusedBytecode, 0)
    }

    /// Sends `mustBeBoolean` to the top of the stack, on which a jump depends. Where the image goes back to the jump itself and where it
    /// answers, the jump is tried again with the answer.
    #[cold]
    pub(crate) fn must_be_boolean(&mut self, way_back: usize) -> Result<(), VmError> {
        self.ip = self.code_of_frame(self.fp).after_must_be_boolean(way_back) as usize as u64;
        let selector = self.heap.special(Special::SelectorMustBeBoolean);
        self.send(selector, 0)
    }

    /// Field `index` of an object that may be no such object.
    #[inline(always)]
    pub(crate) fn checked_field(&self, oop: Oop, index: usize) -> Oop {
        if oop.is_pointer() && has_oop(self.heap.header(oop), index) {
            self.heap.fetch(oop, index)
        } else {
            self.checked_field_followed(oop, index)
        }
    }

    #[cold]
    pub(crate) fn checked_field_followed(&self, oop: Oop, index: usize) -> Oop {
        let oop = self.heap.follow(oop);
        if oop.is_pointer() && index < self.heap.pointer_slots(oop) { self.heap.fetch(oop, index) } else { self.heap.nil() }
    }

    /// Changes field `index` of an object that may be no such object; it may not be a context either, whose fields may be in a
    /// frame: those are changed by [`Vm::set_context_field`] alone.
    #[inline(always)]
    pub(crate) fn set_checked_field(&mut self, oop: Oop, index: usize, value: Oop) {
        let oop = self.heap.follow(oop);
        if oop.is_pointer() && index < self.heap.pointer_slots(oop) && self.heap.class_index(oop) != CLASS_INDEX_CONTEXT {
            self.heap.store(oop, index, value);
        }
    }

    /// The value of a literal variable's association.
    #[inline(always)]
    pub(crate) fn association_value(&self, association: Oop) -> Oop {
        if association.is_pointer() && !self.heap.is_forwarded(association) && has_oop(self.heap.header(association), 1) {
            self.heap.fetch(association, 1)
        } else {
            self.checked_field_followed(association, 1)
        }
    }

    pub(crate) fn set_association_value(&mut self, association: Oop, value: Oop) -> Result<(), VmError> {
        let association = self.heap.follow(association);
        if association.is_immediate() || self.heap.pointer_slots(association) < 2 || self.heap.is_immutable(association) {
            return self.store_refused(association, 1, value);
        }
        self.set_checked_field(association, 1, value);
        Ok(())
    }

    pub(crate) fn field_of_receiver(&mut self, receiver: Oop, index: usize) -> Result<Oop, VmError> {
        if self.is_context(receiver) { self.context_field(receiver, index) } else { Ok(self.checked_field(receiver, index)) }
    }

    pub(crate) fn set_field_of_receiver(&mut self, receiver: Oop, index: usize, value: Oop) -> Result<(), VmError> {
        if self.heap.is_immutable(receiver) {
            self.store_refused(receiver, index, value)
        } else if self.is_context(receiver) {
            self.set_context_field(receiver, index, value)
        } else {
            self.set_checked_field(receiver, index, value);
            Ok(())
        }
    }

    /// A store into a field that the fast path does not do: of an object that was forwarded, has many slots, or is read-only.
    #[cold]
    pub(crate) fn store_refused(&mut self, receiver: Oop, index: usize, value: Oop) -> Result<(), VmError> {
        let object = self.heap.follow(receiver);
        if object.is_pointer() && !self.heap.is_immutable(object) {
            self.set_checked_field(object, index, value);
            return Ok(());
        }
        self.send_attempt_to_assign(object, index, value)
    }

    /// `at:` of an object whose class answers to it with this primitive; `None` where the primitive must do it.
    #[inline(always)]
    pub(crate) fn fast_at(&self, primitive: u16, array: Oop, index: i64) -> Option<Oop> {
        let header = self.heap.header(array);
        let format = Format::of(header);
        let zero_based = (index as u64).wrapping_sub(1);
        if primitive == 60 {
            if format == Format::INDEXABLE {
                let slots = self.heap.num_slots(array) as u64;
                return (zero_based < slots).then(|| self.heap.fetch(array, zero_based as usize));
            }
            if format.is_bytes() {
                return self.heap.bytes(array).get(to_index(zero_based)).map(|&b| Oop::from_small_int(b as i64));
            }
            if format.is_words_32() {
                let bytes = self.heap.bytes(array);
                let at = to_index(zero_based).checked_mul(4)?;
                return Some(Oop::from_small_int(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?) as i64));
            }
        } else if primitive == 63 && format.is_bytes() {
            return self.heap.bytes(array).get(to_index(zero_based)).map(|&b| Oop::from_character(b as u32));
        }
        None
    }

    /// `at:put:` likewise; true if it is done.
    #[inline(always)]
    pub(crate) fn fast_at_put(&mut self, primitive: u16, array: Oop, index: i64, value: Oop) -> bool {
        let header = self.heap.header(array);
        if header & IMMUTABLE_BIT != 0 {
            return false;
        }
        let format = Format::of(header);
        let zero_based = (index as u64).wrapping_sub(1);
        if primitive == 61 && format == Format::INDEXABLE {
            let inside = zero_based < self.heap.num_slots(array) as u64;
            if inside {
                self.heap.store(array, zero_based as usize, value);
            }
            return inside;
        }
        if !format.is_bytes() {
            return false;
        }
        let byte = match primitive {
            61 => value.as_small_int().and_then(|v| u8::try_from(v).ok()),
            64 => value.as_character().and_then(|v| u8::try_from(v).ok()),
            _ => None,
        };
        match (byte, self.heap.bytes_mut(array).get_mut(to_index(zero_based))) {
            (Some(byte), Some(place)) => {
                *place = byte;
                true
            }
            _ => false,
        }
    }
}
