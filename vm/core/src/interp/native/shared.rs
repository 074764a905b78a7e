//! The native code that all others share: the way in and out, and the ways to what is done in Rust.
//!
//! Between instructions of a frame native code keeps in registers: `rbp` the frame pointer, `r12` the VM, `r13` nil, `r14` true, `r15` false;
//! the processor's stack pointer is a multiple of 16. The stack pointer of the frame follows from the place in the code: it is put in `rbx`
//! where something else shall know it. Where control goes on at an instruction that is known by its word, `rcx` has the word's address.

use super::closures;
use super::helpers;
use super::layout::*;
use super::lookup;
use super::primitives;
use super::stubs::Stubs;
use dynasmrt::x64::{Rq, X64Relocation};
use dynasmrt::{AssemblyOffset, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};

/// The shared code, and where its parts are in it.
pub(super) struct Shared {
    pub(super) bytes: Vec<u8>,
    parts: Stubs<AssemblyOffset>,
}

impl Shared {
    /// Makes it.
    pub(super) fn new() -> Shared {
        let mut ops = VecAssembler::<X64Relocation>::new(0);
        let enter = ops.offset();
        come_in(&mut ops);
        dynasm!(ops ; .arch x64 ; jmp rsi);
        let answer = ops.offset();
        come_in(&mut ops);
        dynasm!(ops
            ; .arch x64
            ; mov [rbx], rsi
            ; mov rdx, [rbp + CODE]
            ; mov rdi, [rdx + CODE_DELTA]
            ; test rdi, rdi
            ; je >interpreted
            ; jmp QWORD [rcx + rdi]
            ; interpreted:
        );
        let exit = ops.offset();
        save(&mut ops);
        dynasm!(ops
            ; .arch x64
            ; ->leave:
            ; xor eax, eax
            ; ->come_back:
            ; add rsp, 8
            ; pop r15
            ; pop r14
            ; pop r13
            ; pop r12
            ; pop rbx
            ; pop rbp
            ; ret
        );
        let miss = lookup::miss(&mut ops);
        let polled = ops.offset();
        helper(&mut ops, helpers::polled);
        let entered = ops.offset();
        dynasm!(ops ; .arch x64 ; ->entered:);
        helper(&mut ops, helpers::entered);
        let call = ops.offset();
        dynasm!(ops
            ; .arch x64
            ; ->call:
            ; mov [r12 + VM_CALLEE], rdx
        );
        helper(&mut ops, helpers::call);
        let closure = closures::closure(&mut ops);
        dynasm!(ops ; .arch x64 ; ->value:);
        let value = primitive(&mut ops, helpers::value);
        let receiver = primitives::receiver(&mut ops);
        let yes = primitives::constant(&mut ops, Rq::R14);
        let no = primitives::constant(&mut ops, Rq::R15);
        let nil = primitives::constant(&mut ops, Rq::R13);
        let integer = primitives::integer(&mut ops);
        let field = primitives::field(&mut ops);
        let basic_new = primitives::basic_new(&mut ops);
        let basic_new_sized = primitives::basic_new_sized(&mut ops);
        let size = primitives::size(&mut ops);
        let named = direct(&mut ops);
        primitive(&mut ops, helpers::named);
        // A primitive is wanted of the plugin in which native code resides.
        dynasm!(ops
            ; .arch x64
            ; ->wanted:
            ; mov [r12 + VM_CALLEE], rdx
            ; movzx esi, BYTE [rdx + CODE_ARGS]
            ; mov rax, rbx
            ; lea rbx, [rbx + 8 * rsi]
        );
        save(&mut ops);
        dynasm!(ops
            ; .arch x64
            ; jmp ->come_back
        );
        // What a helper answers.
        dynasm!(ops
            ; .arch x64
            ; ->answered:
            ; mov rbp, [r12 + VM_FP]
            ; mov rbx, [r12 + VM_SP]
            ; mov rcx, [r12 + VM_IP]
            ; cmp eax, helpers::GO_ON
            ; je >go_on
            ; cmp eax, helpers::ENTER
            ; jne ->leave
            ; mov rdx, [r12 + VM_CALLEE]
            ; jmp QWORD [rdx + CODE_NATIVE]
            ; go_on:
            ; mov rax, [rbp + CODE]
            ; mov rdi, [rax + CODE_DELTA]
            ; test rdi, rdi
            ; je ->leave
            ; jmp QWORD [rcx + rdi]
        );
        let parts = Stubs {
            enter,
            exit,
            miss,
            polled,
            entered,
            answer,
            call,
            closure,
            value,
            receiver,
            yes,
            no,
            nil,
            integer,
            field,
            basic_new,
            basic_new_sized,
            size,
            named,
        };
        Shared { bytes: ops.finalize().expect("the labels are there"), parts }
    }

    /// The addresses of its parts, when it is at `base`.
    pub(super) fn at(&self, base: *const u8) -> Stubs {
        self.parts.map(|offset| base.wrapping_add(offset.0))
    }
}

/// Comes in as a function of C's does, with the VM, and takes the frame's registers from it.
fn come_in(ops: &mut VecAssembler<X64Relocation>) {
    dynasm!(ops
        ; .arch x64
        ; push rbp
        ; push rbx
        ; push r12
        ; push r13
        ; push r14
        ; push r15
        ; sub rsp, 8
        ; mov r12, rdi
        ; mov rbp, [r12 + VM_FP]
        ; mov rbx, [r12 + VM_SP]
        ; mov rcx, [r12 + VM_IP]
        ; mov r13, [r12 + VM_NIL]
        ; mov r14, [r12 + VM_TRUE]
        ; mov r15, [r12 + VM_FALSE]
    );
}

/// Puts the frame's registers in the VM.
fn save(ops: &mut VecAssembler<X64Relocation>) {
    dynasm!(ops
        ; .arch x64
        ; mov [r12 + VM_SP], rbx
        ; mov [r12 + VM_FP], rbp
        ; mov [r12 + VM_IP], rcx
    );
}

/// Calls a helper with the registers in the VM.
pub(super) fn helper(ops: &mut VecAssembler<X64Relocation>, helper: helpers::Helper) {
    save(ops);
    dynasm!(ops
        ; .arch x64
        ; mov rdi, r12
        ; mov rax, QWORD helper as *const () as i64
        ; call rax
        ; jmp ->answered
    );
}

/// Calls the function that a named primitive has for native code, and goes on behind the send if that answers an object. Else, and
/// where there is no such function, what follows is done.
fn direct(ops: &mut VecAssembler<X64Relocation>) -> AssemblyOffset {
    let offset = ops.offset();
    dynasm!(ops
        ; .arch x64
        ; mov rax, [rdx + CODE_DIRECT]
        ; test rax, rax
        ; je >otherwise
        ; mov esi, [rdx + CODE_DIRECT_GENERATION]
        ; cmp esi, [r12 + VM_GENERATION]
        ; jne >otherwise
        ; mov esi, [rdx + CODE_DIRECT_PLUGIN]
        ; cmp esi, [r12 + VM_RESIDES_IN]
        ; je ->wanted
        ; mov r13, rcx
        ; mov r14, rdx
        ; mov rdi, [r12 + VM_PLUGINS]
        ; mov esi, [rdx + CODE_DIRECT_PRIMITIVE]
        ; lea rdx, [r12 + VM_HEAP]
        ; mov rcx, rbx
        ; call rax
        ; mov rcx, r13
        ; mov rdx, r14
        ; mov r13, [r12 + VM_NIL]
        ; mov r14, [r12 + VM_TRUE]
        ; test rax, rax
        ; je >otherwise
    );
    answer(ops);
    dynasm!(ops ; .arch x64 ; otherwise:);
    offset
}

/// Puts `rax` in the place of receiver and arguments of the code `rdx`, and goes on at the word `rcx`.
pub(super) fn answer(ops: &mut VecAssembler<X64Relocation>) {
    dynasm!(ops
        ; .arch x64
        ; movzx esi, BYTE [rdx + CODE_ARGS]
        ; mov rdx, [rbp + CODE]
        ; lea rbx, [rbx + 8 * rsi]
        ; mov rdi, [rdx + CODE_DELTA]
        ; mov [rbx], rax
        ; test rdi, rdi
        ; je >interpreted
        ; jmp QWORD [rcx + rdi]
        ; interpreted:
        ; jmp QWORD [r12 + VM_EXIT]
    );
}

/// Calls a helper that computes the value of a primitive, and goes on behind the send if it does.
fn primitive(ops: &mut VecAssembler<X64Relocation>, primitive: helpers::Primitive) -> AssemblyOffset {
    let offset = ops.offset();
    save(ops);
    dynasm!(ops
        ; .arch x64
        ; mov [r12 + VM_CALLEE], rdx
        ; mov rdi, r12
        ; mov rsi, rdx
        ; mov rax, QWORD primitive as *const () as i64
        ; call rax
        ; test rax, rax
        ; je >fails
        ; mov rdx, [rbp + CODE]
        ; mov rcx, [r12 + VM_IP]
        ; mov rbx, rax
        ; mov rdi, [rdx + CODE_DELTA]
        ; test rdi, rdi
        ; je >interpreted
        ; jmp QWORD [rcx + rdi]
        ; interpreted:
        ; jmp QWORD [r12 + VM_EXIT]
        ; fails:
        ; mov rcx, [r12 + VM_IP]
    );
    helper(ops, helpers::failed);
    offset
}
