//! How native code evaluates closures: in shared code, by what was found for a closure's block before ([`BlockEntry`]). The checks are those of
//! `Vm::quick_closure`, and the frame is that of `Vm::activate_quickly`, which does the same in Rust where this does not go on.

use super::layout::{
    CODE, CODE_ARGS, CODE_DELTA, CONTEXT, FLAGS, METHOD as METHOD_OF_FRAME, RECEIVER, VM_BLOCKS, VM_LIMIT, VM_POLL,
};
use super::objects::SLOTS_BYTE;
use crate::interp::cache::{BLOCK_ENTRIES, BLOCK_SHIFT, BLOCK_SPREAD, BlockEntry};
use crate::interp::layout::{closure, context, frame};
use crate::object::{
    CLASS_INDEX_BLOCK_CLOSURE, CLASS_INDEX_CONTEXT, CLASS_INDEX_FORWARDER, CLASS_INDEX_FULL_BLOCK_CLOSURE, CLASS_INDEX_MASK,
    OVERFLOW_SLOTS, RAW_FORMAT_BITS,
};
use crate::oop::{TAG_BITS, TAG_MASK, TAG_SMALL_INTEGER};
use dynasmrt::x64::X64Relocation;
use dynasmrt::{AssemblyOffset, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use std::mem::offset_of;

const METHOD: i32 = offset_of!(BlockEntry, method) as i32;
const START_PC: i32 = offset_of!(BlockEntry, start_pc) as i32;
const ARGS: i32 = offset_of!(BlockEntry, args) as i32;
const COPIED: i32 = offset_of!(BlockEntry, copied) as i32;
const TEMPS: i32 = offset_of!(BlockEntry, temps) as i32;
const BLOCK_CODE: i32 = offset_of!(BlockEntry, code) as i32;
const IP: i32 = offset_of!(BlockEntry, ip) as i32;
const _: () = assert!(size_of::<BlockEntry>().is_power_of_two() && BLOCK_ENTRIES.is_power_of_two());

/// A slot of an object, from its address.
const fn slot(index: usize) -> i32 {
    8 + 8 * index as i32
}

/// Runs the closure below the arguments of `rdx`, a method that evaluates one, if its block has native code. Else `->call` does what is to be done.
pub(super) fn closure(ops: &mut VecAssembler<X64Relocation>) -> AssemblyOffset {
    let offset = ops.offset();
    let first = closure::FULL_FIRST_COPIED.min(closure::FIRST_COPIED) as i8;
    // rax: the number of arguments; rsi: the closure; r10: the number of its slots.
    dynasm!(ops
        ; .arch x64
        ; movzx eax, BYTE [rdx + CODE_ARGS]
        ; mov rsi, [rbx + 8 * rax]
        ; test sil, TAG_MASK as i8
        ; jne ->call
        ; mov r8, [rsi]
        ; test r8d, RAW_FORMAT_BITS as i32
        ; jne ->call
        ; movzx r10d, BYTE [rsi + SLOTS_BYTE]
        ; lea edi, [r10 - i32::from(first)]
        ; cmp edi, OVERFLOW_SLOTS as i32 - i32::from(first)
        ; jae ->call
        ; lea rdi, [8 * rax + TAG_SMALL_INTEGER as i32]
        ; cmp rdi, [rsi + slot(closure::ARGS)]
        ; jne ->call
        ; and r8d, CLASS_INDEX_MASK as i32
        ; cmp r8d, CLASS_INDEX_FULL_BLOCK_CLOSURE as i32
        ; je >full
        ; cmp r8d, CLASS_INDEX_BLOCK_CLOSURE as i32
        ; jne ->call
    );
    // r8: the method; r9: the receiver; r11: the start pc; r10: the number of copied values, from rsi on.
    dynasm!(ops
        ; .arch x64
        ; mov rdi, [rsi + slot(closure::OUTER)]
        ; mov r11, [rsi + slot(closure::CODE)]
        ; test dil, TAG_MASK as i8
        ; jne ->call
        ; mov r9d, r11d
        ; and r9d, TAG_MASK as i32
        ; cmp r9d, TAG_SMALL_INTEGER as i32
        ; jne ->call
        ; mov r9, [rdi]
        ; test r9d, RAW_FORMAT_BITS as i32
        ; jne ->call
        ; and r9d, CLASS_INDEX_MASK as i32
        ; cmp r9d, CLASS_INDEX_CONTEXT as i32
        ; jne ->call
        ; cmp BYTE [rdi + SLOTS_BYTE], context::RECEIVER as i8
        ; jbe ->call
        ; mov r8, [rdi + slot(context::METHOD)]
        ; mov r9, [rdi + slot(context::RECEIVER)]
        ; shr r11, TAG_BITS as i8
        ; sub r10d, closure::FIRST_COPIED as i32
        ; add rsi, slot(closure::FIRST_COPIED)
        ; jmp >found
        ; full:
        ; sub r10d, closure::FULL_FIRST_COPIED as i32
        ; js ->call
        ; mov r8, [rsi + slot(closure::CODE)]
        ; mov r9, [rsi + slot(closure::FULL_RECEIVER)]
        ; xor r11d, r11d
        ; add rsi, slot(closure::FULL_FIRST_COPIED)
        ; found:
        ; test r9b, TAG_MASK as i8
        ; jne >has_receiver
        ; mov edi, [r9]
        ; and edi, CLASS_INDEX_MASK as i32
        ; cmp edi, CLASS_INDEX_CONTEXT as i32
        ; je ->call
        ; cmp edi, CLASS_INDEX_FORWARDER as i32
        ; je ->call
        ; has_receiver:
    );
    look_up(ops);
    make_frame(ops);
    offset
}

/// Finds the entry of the block of method `r8` and start pc `r11d` into `rdi`, and its code, which has native code, into `rdx`.
fn look_up(ops: &mut VecAssembler<X64Relocation>) {
    // The entry's number, times 8.
    dynasm!(ops
        ; .arch x64
        ; imul edi, r11d, (BLOCK_SPREAD << BLOCK_SHIFT) as i32
        ; xor edi, r8d
        ; and edi, ((BLOCK_ENTRIES - 1) << BLOCK_SHIFT) as i32
        ; shl edi, (size_of::<BlockEntry>().trailing_zeros() - BLOCK_SHIFT) as i8
        ; add rdi, [r12 + VM_BLOCKS]
        ; cmp [rdi + METHOD], r8
        ; jne ->call
        ; cmp [rdi + START_PC], r11d
        ; jne ->call
        ; cmp [rdi + ARGS], al
        ; jne ->call
        ; cmp [rdi + COPIED], r10b
        ; jne ->call
        ; mov r11, [rdi + BLOCK_CODE]
        ; cmp QWORD [r11 + CODE_DELTA], 0
        ; je ->call
        ; mov rdx, r11
    );
}

/// Makes the frame of the code `rdx` by the entry `rdi`, and goes on at its first instruction.
fn make_frame(ops: &mut VecAssembler<X64Relocation>) {
    dynasm!(ops
        ; .arch x64
        ; mov [rbx - 8], rcx
        ; mov [rbx - 16], rbp
        ; lea rbp, [rbx - 16]
        ; or eax, frame::IS_BLOCK as i32
        ; mov rcx, [rdi + IP]
        ; movzx edi, BYTE [rdi + TEMPS]
        ; mov [rbp + METHOD_OF_FRAME], r8
        ; mov [rbp + CONTEXT], r13
        ; mov [rbp + CODE], rdx
        ; mov [rbp + FLAGS], rax
        ; mov [rbp + RECEIVER], r9
        ; lea rbx, [rbp + RECEIVER]
        ; test r10d, r10d
        ; je >temps
        ; copied:
        ; mov rax, [rsi]
        ; sub rbx, 8
        ; add rsi, 8
        ; mov [rbx], rax
        ; dec r10d
        ; jne <copied
        ; temps:
        ; test edi, edi
        ; je >made
        ; next:
        ; sub rbx, 8
        ; mov [rbx], r13
        ; dec edi
        ; jne <next
        ; made:
        ; cmp rbx, [r12 + VM_LIMIT]
        ; setb al
        ; dec QWORD [r12 + VM_POLL]
        ; js ->entered
        ; test al, al
        ; jne ->entered
        ; mov rdi, [rdx + CODE_DELTA]
        ; jmp QWORD [rcx + rdi]
    );
}
