//! Arguments out of their slots.

use crate::{Object, PrimitiveError, Symbol};
use std::slice;

/// The slots of a call's arguments. The macros know which argument is in which.
#[derive(Clone, Copy)]
pub struct Arguments<'c> {
    slots: &'c [u64],
}

impl<'c> Arguments<'c> {
    pub(super) fn new(slots: &'c [u64]) -> Arguments<'c> {
        Arguments { slots }
    }

    /// An `int`.
    #[inline]
    pub fn int(&self, slot: usize) -> i64 {
        self.slots[slot] as i64
    }

    /// A `float`.
    #[inline]
    pub fn float(&self, slot: usize) -> f64 {
        f64::from_bits(self.slots[slot])
    }

    /// A `bool`, or whether an optional argument is there.
    #[inline]
    pub fn bool(&self, slot: usize) -> bool {
        self.slots[slot] != 0
    }

    /// A `char`. A Character of the image can be none of Unicode's.
    #[inline]
    pub fn char(&self, slot: usize) -> Result<char, PrimitiveError> {
        u32::try_from(self.slots[slot]).ok().and_then(char::from_u32).ok_or(PrimitiveError::BadArgument)
    }

    /// An `oop`.
    #[inline]
    pub fn object(&self, slot: usize) -> Object {
        Object(self.slots[slot] as u32)
    }

    /// The number of a `resource`.
    #[inline]
    pub fn resource(&self, slot: usize) -> u32 {
        self.slots[slot] as u32
    }

    /// # Safety
    /// The slots from this one on are address and length of elements of `T` that stay as they are for `'c`.
    #[inline]
    unsafe fn data<T>(&self, slot: usize) -> &'c [T] {
        let (address, len) = (self.slots[slot], self.slots[slot + 1]);
        if len == 0 {
            return &[];
        }
        // SAFETY: the caller's promise.
        unsafe { slice::from_raw_parts(address as usize as *const T, len as usize) }
    }

    /// A `bytes`.
    ///
    /// # Safety
    /// The signature has `bytes` in these slots.
    #[inline]
    pub unsafe fn bytes(&self, slot: usize) -> &'c [u8] {
        // SAFETY: the host lends the data of arguments for the call, and does not write to it.
        unsafe { self.data(slot) }
    }

    /// A `words`.
    ///
    /// # Safety
    /// The signature has `words` in these slots.
    #[inline]
    pub unsafe fn words(&self, slot: usize) -> &'c [u32] {
        // SAFETY: as for `bytes`; the address is a multiple of 4.
        unsafe { self.data(slot) }
    }

    /// A `floats`.
    ///
    /// # Safety
    /// The signature has `floats` in these slots.
    #[inline]
    pub unsafe fn floats(&self, slot: usize) -> &'c [f32] {
        // SAFETY: as for `words`; all bits are a float.
        unsafe { self.data(slot) }
    }

    /// A `text`.
    ///
    /// # Safety
    /// The signature has `text` or `symbol` in these slots.
    #[inline]
    pub unsafe fn text(&self, slot: usize) -> &'c str {
        // SAFETY: as for `bytes`; the host made UTF-8 of the String.
        unsafe { std::str::from_utf8_unchecked(self.data(slot)) }
    }

    /// A `symbol`.
    ///
    /// # Safety
    /// The signature has `symbol` in these slots.
    #[inline]
    pub unsafe fn symbol(&self, slot: usize) -> Symbol<'c> {
        // SAFETY: as for `text`.
        Symbol(unsafe { self.text(slot) })
    }
}
