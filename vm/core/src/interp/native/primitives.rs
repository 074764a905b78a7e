//! Primitives in shared code: methods that only answer something, `basicNew` and `basicNew:`, by templates ([`crate::heap::templates`]), and `size`.
//! Where these do not go on, the primitive itself does.

use super::layout::*;
use super::objects::SLOTS_BYTE;
use super::shared::answer;
use crate::heap::templates::{INDEXED, NAMED, TEMPLATE_SHIFT, TEMPLATES, Template};
use crate::object::{FORMAT_SHIFT, Format, OVERFLOW_SLOTS, RAW_FORMAT_BITS, SLOTS_SHIFT};
use crate::oop::{TAG_BITS, TAG_MASK, TAG_SMALL_INTEGER};
use dynasmrt::x64::{Rq, X64Relocation};
use dynasmrt::{AssemblyOffset, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use std::mem::offset_of;

/// The numbers of methods that answer 0, and their receiver's first field.
const NUMBER_OF_0: i32 = 261;
const FIRST_FIELD: i32 = 264;
/// Objects of more slots are made by the primitive.
const MOST_SLOTS: i32 = 16;

const CLASS: i32 = offset_of!(Template, class) as i32;
const SPEC: i32 = offset_of!(Template, spec) as i32;
const HEADER: i32 = offset_of!(Template, header) as i32;
const FIXED: i32 = offset_of!(Template, fixed) as i32;
const KIND: i32 = offset_of!(Template, kind) as i32;
const _: () = assert!(size_of::<Template>() == 2 << TEMPLATE_SHIFT);

/// Primitive 70, whose class is on top of the stack; `->value` does it where this does not.
pub(super) fn basic_new(ops: &mut VecAssembler<X64Relocation>) -> AssemblyOffset {
    let offset = ops.offset();
    dynasm!(ops ; .arch x64 ; mov rsi, [rbx]);
    find_template(ops, NAMED);
    dynasm!(ops ; .arch x64 ; mov r10d, [r8 + FIXED]);
    make(ops);
    offset
}

/// Primitive 71, whose class is below the number of indexed fields.
pub(super) fn basic_new_sized(ops: &mut VecAssembler<X64Relocation>) -> AssemblyOffset {
    let offset = ops.offset();
    dynasm!(ops ; .arch x64 ; mov rsi, [rbx + 8]);
    find_template(ops, INDEXED);
    dynasm!(ops
        ; .arch x64
        ; mov r11, [rbx]
        ; mov edi, r11d
        ; and edi, TAG_MASK as i32
        ; cmp edi, TAG_SMALL_INTEGER as i32
        ; jne ->value
        ; sar r11, TAG_BITS as i8
        ; cmp r11, MOST_SLOTS
        ; ja ->value
        ; mov r10d, [r8 + FIXED]
        ; add r10, r11
    );
    make(ops);
    offset
}

/// Primitive 62 of Arrays and of objects with bytes, in a method without arguments.
pub(super) fn size(ops: &mut VecAssembler<X64Relocation>) -> AssemblyOffset {
    let offset = ops.offset();
    dynasm!(ops
        ; .arch x64
        ; cmp BYTE [rdx + CODE_ARGS], 0
        ; jne ->value
        ; mov rsi, [rbx]
        ; test sil, TAG_MASK as i8
        ; jne ->value
        ; movzx eax, BYTE [rsi + SLOTS_BYTE]
        ; cmp eax, OVERFLOW_SLOTS as i32
        ; je ->value
        ; mov edi, [rsi]
        ; shr edi, FORMAT_SHIFT as i8
        ; and edi, 31
        ; cmp edi, i32::from(Format::INDEXABLE.0)
        ; je >counted
        ; cmp edi, i32::from(Format::BYTES.0)
        ; jb ->value
        ; cmp edi, i32::from(Format::COMPILED_METHOD.0)
        ; jae ->value
        // The low bits of the format say how many bytes of the last slot are not used.
        ; and edi, 7
        ; shl eax, 3
        ; sub eax, edi
        ; jb ->value
        ; counted:
        ; lea rax, [8 * rax + TAG_SMALL_INTEGER as i32]
    );
    answer(ops);
    offset
}

/// A method that only answers a field of its receiver, which is no context.
pub(super) fn field(ops: &mut VecAssembler<X64Relocation>) -> AssemblyOffset {
    let offset = ops.offset();
    dynasm!(ops
        ; .arch x64
        ; mov rsi, [rbx]
        ; test sil, TAG_MASK as i8
        ; jne ->call
        ; test DWORD [rsi], RAW_FORMAT_BITS as i32
        ; jne ->call
        ; movzx eax, WORD [rdx + CODE_PRIMITIVE]
        ; movzx edi, BYTE [rsi + SLOTS_BYTE]
        ; sub eax, FIRST_FIELD
        ; cmp eax, edi
        ; jae ->call
        ; mov rax, [rsi + 8 + 8 * rax]
    );
    answer(ops);
    offset
}

/// A method that only answers its receiver.
pub(super) fn receiver(ops: &mut VecAssembler<X64Relocation>) -> AssemblyOffset {
    let offset = ops.offset();
    dynasm!(ops ; .arch x64 ; mov rax, [rbx]);
    answer(ops);
    offset
}

/// A method that only answers true, false or nil, which this register has.
pub(super) fn constant(ops: &mut VecAssembler<X64Relocation>, register: Rq) -> AssemblyOffset {
    let offset = ops.offset();
    dynasm!(ops ; .arch x64 ; mov rax, Rq(register));
    answer(ops);
    offset
}

/// A method that only answers an Integer, which its number says.
pub(super) fn integer(ops: &mut VecAssembler<X64Relocation>) -> AssemblyOffset {
    let offset = ops.offset();
    dynasm!(ops
        ; .arch x64
        ; movzx eax, WORD [rdx + CODE_PRIMITIVE]
        ; lea rax, [8 * rax + TAG_SMALL_INTEGER as i32 - 8 * NUMBER_OF_0]
    );
    answer(ops);
    offset
}

/// The template of the class `rsi` into `r8`, if it has one of this kind.
fn find_template(ops: &mut VecAssembler<X64Relocation>, kind: u32) {
    dynasm!(ops
        ; .arch x64
        ; mov edi, esi
        ; and edi, ((TEMPLATES - 1) << TEMPLATE_SHIFT) as i32
        ; lea r8, [r12 + 2 * rdi + VM_TEMPLATES]
        ; cmp rsi, [r8 + CLASS]
        ; jne ->value
        // The third slot.
        ; mov rax, [rsi + 8 + 8 * 2]
        ; cmp rax, [r8 + SPEC]
        ; jne ->value
        ; cmp DWORD [r8 + KIND], kind as i32
        ; jne ->value
    );
}

/// Makes an object by the template `r8` with `r10` slots, and answers it.
fn make(ops: &mut VecAssembler<X64Relocation>) {
    dynasm!(ops
        ; .arch x64
        ; cmp r10, MOST_SLOTS
        ; ja ->value
        ; mov r9, r10
        ; shl r9, SLOTS_SHIFT as i8
        ; or r9, [r8 + HEADER]
        // There is room for one slot in every object.
        ; cmp r10, 1
        ; adc r10, 0
        ; mov rax, [r12 + VM_EDEN_FREE]
        ; lea rdi, [rax + 8 * r10 + 8]
        ; cmp rdi, [r12 + VM_EDEN_LIMIT]
        ; ja ->value
        ; mov [r12 + VM_EDEN_FREE], rdi
        ; mov [rax], r9
        ; lea rsi, [rax + 8]
        ; next:
        ; mov [rsi], r13
        ; add rsi, 8
        ; cmp rsi, rdi
        ; jb <next
    );
    answer(ops);
}
