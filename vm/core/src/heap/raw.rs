//! Words of the heap by address: what the collectors' inner loops are made of.
//!
//! Every function here is unsafe for the same reason: the address must lie inside the heap's region. The collectors get
//! addresses only by walking spaces from object to object, or from slots whose range they have checked.

use crate::object::{self, CLASS_INDEX_CONTEXT, CLASS_INDEX_MASK, FORMAT_SHIFT, Format, OVERFLOW_SLOTS, SLOTS_SHIFT};

/// Class index and format of a forwarder, as header bits.
pub(super) const FORWARDER_BITS: u64 = object::CLASS_INDEX_FORWARDER as u64 | (Format::FORWARDED.0 as u64) << object::FORMAT_SHIFT;
/// The header's fields that [`FORWARDER_BITS`] replaces: class index, format, and the read-only bit.
const FORWARDER_MASK: u64 = CLASS_INDEX_MASK | 31 << FORMAT_SHIFT | object::IMMUTABLE_BIT;

/// Named fields of a Context, before its stack: sender, pc, stack pointer, method, closure, receiver.
const CONTEXT_FIXED: u64 = 6;
/// Slot of a Context that holds its stack pointer.
const CONTEXT_STACK_POINTER: u64 = 2;

/// The word at an address.
///
/// # Safety
/// `address` is a multiple of 8 inside the region.
#[inline(always)]
pub(super) unsafe fn load(address: u64) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { *(address as usize as *const u64) }
}

/// Replaces the word at an address.
///
/// # Safety
/// `address` is a multiple of 8 inside the region.
#[inline(always)]
pub(super) unsafe fn store(address: u64, word: u64) {
    // SAFETY: the caller's promise.
    unsafe { *(address as usize as *mut u64) = word }
}

/// Asks the processor to have the memory at `address` in its caches soon. Any address is allowed.
#[inline(always)]
pub(super) fn prefetch(address: u64) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch never faults and changes nothing.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address as usize as *const i8);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Copies `words` words to where nothing of the source is.
///
/// # Safety
/// Both ranges lie inside the region and do not overlap.
#[inline(always)]
pub(super) unsafe fn copy(from: u64, to: u64, words: u64) {
    let (from, to) = (from as usize as *const u64, to as usize as *mut u64);
    if words <= 8 {
        // Most objects are this small; a call of memcpy would take longer than the copying.
        for i in 0..words as usize {
            // SAFETY: the caller's promise.
            unsafe { *to.add(i) = *from.add(i) };
        }
    } else {
        // SAFETY: the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(from, to, words as usize) }
    }
}

/// Moves `words` words to a place that may overlap the source.
///
/// # Safety
/// Both ranges lie inside the region.
#[inline(always)]
pub(super) unsafe fn slide(from: u64, to: u64, words: u64) {
    // SAFETY: the caller's promise; `ptr::copy` allows overlap.
    unsafe { std::ptr::copy(from as usize as *const u64, to as usize as *mut u64, words as usize) }
}

/// Number of slots of the object at `oop` whose header is `header`.
///
/// # Safety
/// `oop` is the address of a header inside the region.
#[inline(always)]
pub(super) unsafe fn slots(oop: u64, header: u64) -> u64 {
    let byte = header >> SLOTS_SHIFT;
    if byte == OVERFLOW_SLOTS {
        // SAFETY: a header that says so has the overflow word before it.
        unsafe { load(oop - 8) << 8 >> 8 }
    } else {
        byte
    }
}

/// First address and length in words of the memory of the object at `oop`, headers included.
///
/// # Safety
/// `oop` is the address of a header inside the region.
#[inline(always)]
pub(super) unsafe fn extent(oop: u64, header: u64) -> (u64, u64) {
    let byte = header >> SLOTS_SHIFT;
    if byte == OVERFLOW_SLOTS {
        // SAFETY: a header that says so has the overflow word before it.
        (oop - 8, 2 + (unsafe { load(oop - 8) } << 8 >> 8).max(1))
    } else {
        (oop, 1 + byte.max(1))
    }
}

/// The header's address of the object whose memory starts at `address`.
///
/// # Safety
/// An object's memory starts at `address`.
#[inline(always)]
pub(super) unsafe fn oop_at(address: u64) -> u64 {
    // SAFETY: the caller's promise: a header or an overflow word is here.
    if unsafe { load(address) } >> SLOTS_SHIFT == OVERFLOW_SLOTS { address + 8 } else { address }
}

/// The format bits of a header.
#[inline(always)]
pub(super) const fn format(header: u64) -> u64 {
    (header >> FORMAT_SHIFT) & 31
}

/// The class index of a header.
#[inline(always)]
pub(super) const fn class_index(header: u64) -> u64 {
    header & CLASS_INDEX_MASK
}

/// True for a forwarder's header.
#[inline(always)]
pub(super) const fn is_forwarder(header: u64) -> bool {
    header & CLASS_INDEX_MASK == object::CLASS_INDEX_FORWARDER as u64
}

/// Turns the object at `oop` into a forwarder to `target`. An object of no slots has room for one and then says so.
///
/// # Safety
/// `oop` is the address of the header `header` of an object that nobody needs any more.
#[inline(always)]
pub(super) unsafe fn forward(oop: u64, header: u64, target: u64) {
    let header = if header >> SLOTS_SHIFT == 0 { header | 1 << SLOTS_SHIFT } else { header };
    // SAFETY: every object has a header and at least one word of body.
    unsafe {
        store(oop, header & !FORWARDER_MASK | FORWARDER_BITS);
        store(oop + 8, target);
    }
}

/// How many slots, from the first on, hold oops: of weak arrays and ephemerons all. A Context ends at its stack pointer, as
/// in `SpurMemoryManager>>numPointerSlotsOf:`.
///
/// # Safety
/// `oop` is the address of the header `header` of an object of `slots` slots.
#[inline(always)]
pub(super) unsafe fn pointer_slots(oop: u64, header: u64, slots: u64) -> u64 {
    let format = format(header);
    if format <= 5 {
        if format == 3 && class_index(header) == CLASS_INDEX_CONTEXT as u64 {
            // SAFETY: the caller's promise.
            unsafe { context_slots(oop, slots) }
        } else {
            slots
        }
    } else if format >= 24 {
        if slots == 0 {
            return 0;
        }
        // SAFETY: there is a first slot: the method's header, a SmallInteger whose low 15 bits count the literals.
        let literals = (unsafe { load(oop + 8) } >> 3) & 0x7FFF;
        (1 + literals).min(slots)
    } else {
        (format == 7) as u64
    }
}

/// As [`pointer_slots`], and fills what lies behind a Context's stack pointer with `nil`: those slots may hold oops of
/// objects that are long dead, and the image could move the stack pointer over them.
///
/// # Safety
/// As for [`pointer_slots`].
#[inline(always)]
pub(super) unsafe fn pointer_slots_cleaned(oop: u64, header: u64, slots: u64, nil: u64) -> u64 {
    // SAFETY: the caller's promise; only slots of the object are written.
    unsafe {
        let count = pointer_slots(oop, header, slots);
        if format(header) == 3 && count < slots {
            for i in count..slots {
                store(oop + 8 + 8 * i, nil);
            }
        }
        count
    }
}

/// The slots of a Context that are in use.
///
/// # Safety
/// `oop` is the address of a header; the object has `slots` slots.
#[inline]
unsafe fn context_slots(oop: u64, slots: u64) -> u64 {
    if slots < CONTEXT_FIXED {
        return slots;
    }
    // SAFETY: slot 2 exists.
    let pointer = unsafe { load(oop + 8 + 8 * CONTEXT_STACK_POINTER) };
    // Anything but a SmallInteger: the context was never run or is dead, and its stack is empty.
    let depth = if pointer & 7 == 1 { (pointer >> 3).min(slots) } else { 0 };
    (CONTEXT_FIXED + depth).min(slots)
}
