//! Sends, and the element accesses that are done without one.

use super::compile::{Compiler, Value};
use super::helpers;
use super::layout::*;
use super::objects::SLOTS_BYTE;
use crate::interp::code::SEND_WORDS;
use crate::object::{CLASS_INDEX_MASK, FORMAT_SHIFT, Format, IMMUTABLE_BIT, OVERFLOW_SLOTS};
use dynasmrt::x64::Rq;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};

impl Compiler<'_> {
    /// A send with so many arguments; `next` is the word behind its inline cache.
    pub(super) fn send(&mut self, args: usize, next: usize) {
        self.flush();
        self.write_send(args, next);
        self.drop_values(args + 1);
        self.stack.push(Value::Memory);
        self.goes_on_at(next);
    }

    /// Control comes back from a send to this word, with all values in their places.
    fn goes_on_at(&mut self, next: usize) {
        self.enter_at(next);
        self.receiver_slots = 0;
    }

    /// Writes a send whose operands are in their places on the stack.
    pub(super) fn write_send(&mut self, args: usize, next: usize) {
        let (receiver, top, after) = (self.place(args), self.sp(), self.ip(next));
        let miss = self.ops.new_dynamic_label();
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rbp + receiver]
            ; mov rcx, QWORD after
            ; lea rbx, [rbp + top]
            ; mov edx, eax
            ; and edx, 7
            ; jne >has_class
            ; mov edx, [rax]
            ; and edx, CLASS_INDEX_MASK as i32
            ; has_class:
            ; cmp rdx, [rcx - 16]
            ; jne =>miss
            ; mov rdx, [rcx - 8]
            ; jmp QWORD [rdx + CODE_NATIVE]
        );
        self.late.push(Box::new(move |c| {
            dynasm!(c.ops
                ; .arch x64
                ; =>miss
                ; sub rcx, 8 * SEND_WORDS as i32
                ; jmp QWORD [r12 + VM_MISS]
            );
        }));
    }

    /// A send to super: its cache is empty or holds the code.
    pub(super) fn send_super(&mut self, args: usize, next: usize) {
        self.flush();
        self.settle(0);
        let exit = self.exit();
        let (top, after) = (self.sp(), self.ip(next));
        dynasm!(self.ops
            ; .arch x64
            ; mov rcx, QWORD after
            ; lea rbx, [rbp + top]
            ; cmp QWORD [rcx - 16], 0
            ; je =>exit
            ; mov rdx, [rcx - 8]
            ; cmp BYTE [rdx + CODE_ARGS], args as i8
            ; jne =>exit
            ; jmp QWORD [rdx + CODE_NATIVE]
        );
        self.drop_values(args + 1);
        self.stack.push(Value::Memory);
        self.goes_on_at(next);
    }

    /// What an instruction does that is a send unless its fast way works. `otherwise` leads from that to the send, with the operands as
    /// they were before the instruction. The result is in `rax`, and control goes on behind this.
    pub(super) fn or_send(&mut self, otherwise: DynamicLabel, args: usize, next: usize) {
        let before = self.stack.clone();
        let joined = self.ops.new_dynamic_label();
        dynasm!(self.ops ; .arch x64 ; =>joined);
        self.drop_values(args + 1);
        self.push_accumulator();
        self.receiver_slots = 0;
        self.late.push(Box::new(move |c| {
            dynasm!(c.ops ; .arch x64 ; =>otherwise);
            c.stack = before;
            c.flush();
            c.write_send(args, next);
            c.drop_values(args + 1);
            c.stack.push(Value::Memory);
            c.enter_at(next);
            let result = c.place(0);
            dynasm!(c.ops ; .arch x64 ; mov rax, [rbp + result] ; jmp =>joined);
        }));
    }

    /// Loads the code of the inline cache behind this instruction into `r9`, which is for the array in `rsi`; else leads out.
    fn cached_code(&mut self, next: usize, otherwise: DynamicLabel) {
        let after = self.ip(next);
        dynasm!(self.ops
            ; .arch x64
            ; test sil, 7
            ; jne =>otherwise
            ; mov r11, QWORD after
            ; mov r10, [rsi]
            ; mov r9d, r10d
            ; and r9d, CLASS_INDEX_MASK as i32
            ; cmp r9, [r11 - 16]
            ; jne =>otherwise
            ; mov r9, [r11 - 8]
        );
    }

    /// Leads on where `r10` is the header of an Array with at most 254 elements, of which `rdx` is an index, which is untagged from 0 then.
    fn index_into_array(&mut self, primitive: i16, otherwise: DynamicLabel) {
        let format = i32::from(Format::INDEXABLE.0) << FORMAT_SHIFT;
        dynasm!(self.ops
            ; .arch x64
            ; cmp WORD [r9 + CODE_PRIMITIVE], primitive
            ; jne =>otherwise
            ; and r10d, 31 << FORMAT_SHIFT
            ; cmp r10d, format
            ; jne =>otherwise
            ; movzx r10d, BYTE [rsi + SLOTS_BYTE]
            ; cmp r10d, OVERFLOW_SLOTS as i32
            ; je >many
            ; few:
            ; mov r11, rdx
            ; sar r11, 3
            ; dec r11
            ; cmp r11, r10
            ; jae =>otherwise
            ; jmp >inside
            ; many:
            ; mov r10, [rsi - 8]
            ; shl r10, 8
            ; shr r10, 8
            ; jmp <few
            ; inside:
        );
    }

    /// `at:`.
    pub(super) fn at_index(&mut self, next: usize) {
        self.settle(2);
        let (send, other, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        self.load(1, Rq::RSI);
        self.load(0, Rq::RDX);
        dynasm!(self.ops ; .arch x64 ; test dl, 1 ; je =>send);
        self.cached_code(next, send);
        self.index_into_array(60, other);
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rsi + 8 + 8 * r11]
            ; =>done
        );
        // Bytes and the like.
        let spilled = self.accumulator_at(2);
        self.late.push(Box::new(move |c| {
            dynasm!(c.ops ; .arch x64 ; =>other);
            c.spill(spilled);
            dynasm!(c.ops
                ; .arch x64
                ; mov rcx, rdx
                ; mov rdx, rsi
                ; movzx esi, WORD [r9 + CODE_PRIMITIVE]
                ; mov rdi, r12
            );
            c.compute(helpers::at as *const (), spilled, done, send);
        }));
        self.or_send(send, 1, next);
    }

    /// `at:put:`.
    pub(super) fn at_put(&mut self, next: usize) {
        self.settle(3);
        let (send, other) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        let (remember, stored, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        self.load(2, Rq::RSI);
        self.load(1, Rq::RDX);
        self.load(0, Rq::R8);
        dynasm!(self.ops ; .arch x64 ; test dl, 1 ; je =>send);
        self.cached_code(next, send);
        dynasm!(self.ops ; .arch x64 ; test r10d, IMMUTABLE_BIT as i32 ; jne =>other);
        self.index_into_array(61, other);
        dynasm!(self.ops
            ; .arch x64
            ; mov [rsi + 8 + 8 * r11], r8
        );
        self.barrier(Rq::RSI, Rq::R8, stored, remember);
        dynasm!(self.ops
            ; .arch x64
            ; =>stored
            ; mov rax, r8
            ; =>done
        );
        self.late.push(Box::new(move |c| {
            dynasm!(c.ops
                ; .arch x64
                ; =>remember
                ; push r8
                ; push r8
                ; mov rdi, r12
                ; mov rdx, r11
                ; mov rcx, r8
                ; mov rax, QWORD helpers::remember as *const () as i64
                ; call rax
                ; pop r8
                ; pop r8
                ; jmp =>stored
            );
        }));
        self.put_otherwise(other, done, send);
        self.or_send(send, 2, next);
    }

    /// What `at:put:` does where `rsi` is no Array of pointers, by the primitive of the code `r9`: bytes and the like. `rdx` is the index, and `r8`
    /// the value, which is in `rax` where it is done.
    fn put_otherwise(&mut self, otherwise: DynamicLabel, done: DynamicLabel, send: DynamicLabel) {
        let spilled = self.accumulator_at(3);
        self.late.push(Box::new(move |c| {
            dynasm!(c.ops ; .arch x64 ; =>otherwise);
            c.spill(spilled);
            dynasm!(c.ops
                ; .arch x64
                ; mov rcx, rdx
                ; mov rdx, rsi
                ; movzx esi, WORD [r9 + CODE_PRIMITIVE]
                ; mov rdi, r12
            );
            c.compute(helpers::at_put as *const (), spilled, done, send);
        }));
    }

    /// Calls a helper that answers [`helpers::Computed`], with its arguments in their registers. Where there is a result it is in `rax` at `done`;
    /// else the operand that was spilled is there again, at `send`.
    pub(super) fn compute(&mut self, helper: *const (), spilled: Option<i32>, done: DynamicLabel, send: DynamicLabel) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, QWORD helper as i64
            ; call rax
            ; mov rcx, rax
            ; mov rax, rdx
            ; test rcx, rcx
            ; jne =>done
        );
        self.unspill(spilled);
        dynasm!(self.ops ; .arch x64 ; jmp =>send);
    }

    /// Loads the two operands of an instruction into `rcx` (below) and `rdx` (above).
    pub(super) fn load_operands(&mut self) {
        self.load(1, Rq::RCX);
        self.load(0, Rq::RDX);
    }
}
