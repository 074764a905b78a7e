//! What a send does whose inline cache is for another class: it asks the cache of all sends, in shared code.

use super::helpers;
use super::layout::*;
use super::objects::SLOTS_BYTE;
use super::shared::helper;
use crate::interp::cache::{CACHE_ENTRIES, CLASS_SPREAD, CacheEntry, SELECTOR_SHIFT};
use crate::interp::code::{Op, SEND_WORDS};
use crate::object::RAW_FORMAT_BITS;
use crate::oop::TAG_MASK;
use crate::special::Special;
use dynasmrt::x64::X64Relocation;
use dynasmrt::{AssemblyOffset, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use std::mem::offset_of;

const CLASS: i32 = offset_of!(CacheEntry, class) as i32;
const SELECTOR: i32 = offset_of!(CacheEntry, selector) as i32;
const FOUND: i32 = offset_of!(CacheEntry, code) as i32;
/// An entry has three words.
const _: () = assert!(size_of::<CacheEntry>() == 3 * 8 && CACHE_ENTRIES.is_power_of_two());

/// The send at the word `rcx`, to a receiver of class index `rdx`, jumps to what it finds, which its inline cache has then. Else a helper looks it up.
pub(super) fn miss(ops: &mut VecAssembler<X64Relocation>) -> AssemblyOffset {
    let offset = ops.offset();
    // r8: the index of the selector; r9: the selector.
    dynasm!(ops
        ; .arch x64
        ; mov rsi, [rcx]
        ; mov r8, rsi
        ; sar r8, 32
        ; cmp sil, Op::Send as i8
        ; jne >special
        ; mov rdi, [rbp + METHOD]
        ; mov r9, [rdi + 16 + 8 * r8]
        ; jmp >probe
        ; special:
        ; mov rdi, [r12 + VM_SPECIAL_OBJECTS]
        ; cmp BYTE [rdi + SLOTS_BYTE], Special::SpecialSelectors as i8
        ; jbe ->look_up
        ; mov rdi, [rdi + 8 + 8 * Special::SpecialSelectors as i32]
        ; test dil, TAG_MASK as i8
        ; jne ->look_up
        ; test DWORD [rdi], RAW_FORMAT_BITS as i32
        ; jne ->look_up
        ; movzx r10d, BYTE [rdi + SLOTS_BYTE]
        ; add r8d, r8d
        ; cmp r8d, r10d
        ; jae ->look_up
        ; mov r9, [rdi + 8 + 8 * r8]
    );
    dynasm!(ops
        ; .arch x64
        ; probe:
        ; mov r10d, r9d
        ; shr r10d, SELECTOR_SHIFT as i8
        ; imul r11d, edx, CLASS_SPREAD as i32
        ; xor r10d, r11d
        ; and r10d, CACHE_ENTRIES as i32 - 1
        ; lea r10, [r10 + 2 * r10]
        ; shl r10, 3
        ; add r10, [r12 + VM_CACHE]
        ; cmp [r10 + CLASS], edx
        ; jne ->look_up
        ; cmp [r10 + SELECTOR], r9
        ; jne ->look_up
        ; mov r11, [r10 + FOUND]
        // The number of arguments.
        ; shr esi, 8
        ; cmp [r11 + CODE_ARGS], sil
        ; jne ->look_up
        ; inc QWORD [r12 + VM_CACHE_HITS]
        ; mov [rcx + 8], rdx
        ; mov [rcx + 16], r11
        ; mov rdx, r11
        ; add rcx, 8 * SEND_WORDS as i32
        ; jmp QWORD [rdx + CODE_NATIVE]
        ; ->look_up:
    );
    helper(ops, helpers::miss);
    offset
}
