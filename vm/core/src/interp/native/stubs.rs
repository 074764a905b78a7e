//! The native code that all others share: the way in and out, and the ways to what is done in Rust.
//!
//! Between instructions of a frame native code keeps in registers: `rbp` the frame pointer, `r12` the VM, `r13` nil, `r14` true, `r15` false;
//! the processor's stack pointer is a multiple of 16. The stack pointer of the frame follows from the place in the code: it is put in `rbx`
//! where something else shall know it. Where control goes on at an instruction that is known by its word, `rcx` has the word's address.

use super::helpers;
use super::layout::*;
use crate::interp::code::{Code, Entry};
use crate::oop::Oop;
use crate::vm::Vm;
use dynasmrt::x64::X64Relocation;
use dynasmrt::{AssemblyOffset, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};

/// Addresses of the shared code. All but `enter` are jumped to.
#[derive(Clone, Copy)]
pub(crate) struct Stubs {
    /// A function that runs native code until it comes back: for the frame of the VM's registers.
    pub(super) enter: *const u8,
    /// Comes back: the interpreter goes on at the word `rcx`. `rbx` is the stack pointer.
    pub(super) exit: *const u8,
    /// Sends what the word `rcx` says, whose inline cache has another class. `rbx` is the stack pointer.
    pub(super) miss: *const u8,
    /// Looks for events, at the word `rcx`. `rbx` is the stack pointer.
    pub(super) polled: *const u8,
    /// A frame was made that overflows its page or at which events are due: goes on at its first word, `rcx`. `rbx` is the stack pointer.
    pub(super) entered: *const u8,
    /// A function as `enter`, behind a call that was wanted: with what that has answered.
    pub(super) answer: *const u8,
    /// Runs the code `rdx` that has no native code: the `native` of such code. `rbx` is the stack pointer, above which receiver and arguments
    /// are; control goes on at the word `rcx` afterwards.
    pub(super) call: *const u8,
    /// The same for code that is a numbered primitive which computes a value.
    pub(super) value: *const u8,
    /// The same for code that is a named primitive.
    pub(super) named: *const u8,
}

impl Stubs {
    /// The `native` of code that has none of its own.
    pub(crate) fn of(&self, entry: &Entry) -> *const u8 {
        match entry {
            Entry::Value(_) => self.value,
            Entry::Named => self.named,
            _ => self.call,
        }
    }
}

/// The type of [`Stubs::enter`]: the VM, where to start, and the code that is started if it is a method's. It answers null where the rest is left
/// to the interpreter. Else it wants `Native::callee` called, a primitive of the plugin in which it resides, and answers where the operands
/// are; the VM has its registers as they are behind the call, when the receiver was replaced by what that has answered.
pub(super) type Enter = unsafe extern "C" fn(*mut Vm, *const u8, *const Code) -> *const Oop;
/// The type of [`Stubs::answer`].
pub(super) type Answer = unsafe extern "C" fn(*mut Vm, Oop) -> *const Oop;

/// The shared code, and where its parts are in it.
pub(super) struct Shared {
    pub(super) bytes: Vec<u8>,
    enter: AssemblyOffset,
    exit: AssemblyOffset,
    miss: AssemblyOffset,
    polled: AssemblyOffset,
    entered: AssemblyOffset,
    answer: AssemblyOffset,
    call: AssemblyOffset,
    value: AssemblyOffset,
    named: AssemblyOffset,
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
        let miss = ops.offset();
        helper(&mut ops, helpers::miss);
        let polled = ops.offset();
        helper(&mut ops, helpers::polled);
        let entered = ops.offset();
        helper(&mut ops, helpers::entered);
        let call = ops.offset();
        dynasm!(ops
            ; .arch x64
            ; mov [r12 + VM_CALLEE], rdx
        );
        helper(&mut ops, helpers::call);
        let value = primitive(&mut ops, helpers::value);
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
        let bytes = ops.finalize().expect("the labels are there");
        Shared { bytes, enter, exit, miss, polled, entered, answer, call, value, named }
    }

    /// The addresses of its parts, when it is at `base`.
    pub(super) fn at(&self, base: *const u8) -> Stubs {
        let at = |offset: AssemblyOffset| base.wrapping_add(offset.0);
        Stubs {
            enter: at(self.enter),
            exit: at(self.exit),
            miss: at(self.miss),
            polled: at(self.polled),
            entered: at(self.entered),
            answer: at(self.answer),
            call: at(self.call),
            value: at(self.value),
            named: at(self.named),
        }
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
fn helper(ops: &mut VecAssembler<X64Relocation>, helper: helpers::Helper) {
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
        ; otherwise:
    );
    offset
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
