//! Where control comes from and goes to: the entry of a method, jumps, returns.

use super::compile::Compiler;
use super::layout::*;
use crate::interp::code::operand_b;
use dynasmrt::x64::Rq;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

impl Compiler<'_> {
    /// Where the method is entered: `rdx` is its code, `rbx` the caller's stack pointer, and `rcx` the word where that goes on.
    pub(super) fn prologue(&mut self) -> usize {
        let prologue = self.ops.offset().0;
        let args = i32::from(self.code.args);
        let temps = usize::from(self.code.temps - self.code.args);
        let start = self.code.start as i64;
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rdx + CODE_METHOD]
            ; mov rsi, [rbx + 8 * args]
            ; mov [rbx - 8], rcx
            ; mov [rbx - 16], rbp
            ; lea rbp, [rbx - 16]
            ; mov [rbp + METHOD], rax
            ; mov [rbp + CONTEXT], r13
            ; mov [rbp + CODE], rdx
            ; mov QWORD [rbp + FLAGS], args
            ; mov [rbp + RECEIVER], rsi
        );
        for temp in 0..temps {
            dynasm!(self.ops ; .arch x64 ; mov [rbp + value(temp)], r13);
        }
        let entered = self.ops.new_dynamic_label();
        dynasm!(self.ops
            ; .arch x64
            ; lea rbx, [rbp + RECEIVER - 8 * temps as i32]
            ; cmp rbx, [r12 + VM_LIMIT]
            ; setb al
            ; dec QWORD [r12 + VM_POLL]
            ; js =>entered
            ; test al, al
            ; jne =>entered
        );
        self.late.push(Box::new(move |c| {
            dynasm!(c.ops
                ; .arch x64
                ; =>entered
                ; mov rcx, QWORD start
                ; jmp QWORD [r12 + VM_ENTERED]
            );
        }));
        // The instructions follow, from the first one that runs on.
        let start = (self.code.start as usize - self.code.words.as_ptr() as usize) / 8;
        let label = self.label(start);
        dynasm!(self.ops ; .arch x64 ; jmp =>label);
        prologue
    }

    pub(super) fn jump_back(&mut self, target: usize) {
        self.flush();
        let (label, ip, top) = (self.label(target), self.ip(target), self.sp());
        dynasm!(self.ops
            ; .arch x64
            ; dec QWORD [r12 + VM_POLL]
            ; jns =>label
            ; lea rbx, [rbp + top]
            ; mov rcx, QWORD ip
            ; jmp QWORD [r12 + VM_POLLED]
        );
        self.is_reached = false;
    }

    pub(super) fn jump_if(&mut self, condition: bool, word: u64) {
        self.settle(1);
        self.load(0, Rq::RCX);
        let exit = self.exit();
        self.drop_values(1);
        let label = self.label(self.word.wrapping_add_signed(operand_b(word)));
        if condition {
            dynasm!(self.ops ; .arch x64 ; cmp rcx, r14 ; je =>label ; cmp rcx, r15 ; jne =>exit);
        } else {
            dynasm!(self.ops ; .arch x64 ; cmp rcx, r15 ; je =>label ; cmp rcx, r14 ; jne =>exit);
        }
    }

    /// Returns `rax` from the frame.
    pub(super) fn give(&mut self) {
        let exit = self.exit();
        let args = i32::from(self.code.shapes[self.word].args);
        dynasm!(self.ops
            ; .arch x64
            ; mov rcx, [rbp + CALLER_FP]
            ; test rcx, rcx
            ; je =>exit
            ; cmp [rbp + CONTEXT], r13
            ; jne =>exit
            ; lea rbx, [rbp + 16 + 8 * args]
            ; mov rdx, [rcx + CODE]
            ; mov rdi, [rdx + CODE_DELTA]
            ; mov [rbx], rax
            ; mov rdx, [rbp + CALLER_IP]
            ; mov rbp, rcx
            ; mov rcx, rdx
            ; test rdi, rdi
            ; je >interpreted
            ; jmp QWORD [rcx + rdi]
            ; interpreted:
            ; jmp QWORD [r12 + VM_EXIT]
        );
        self.is_reached = false;
    }
}
