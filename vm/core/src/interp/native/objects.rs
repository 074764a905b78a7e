//! Fields, variables, and objects that instructions make.

use super::compile::Compiler;
use super::helpers;
use super::layout::*;
use crate::object::{
    CLASS_INDEX_ARRAY, CLASS_INDEX_FORWARDER, CLASS_INDEX_MASK, FORMAT_SHIFT, Format, IMMUTABLE_BIT, RAW_FORMAT_BITS,
};
use crate::oop::TAG_MASK;
use dynasmrt::x64::Rq;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};

/// The byte of a header in which the number of slots is.
pub(super) const SLOTS_BYTE: i32 = 7;
/// The most slots that the byte is compared with: its largest value stands for more.
const MOST_SLOTS: usize = 250;

impl Compiler<'_> {
    /// Leads out where `rcx` is no object with slot `index`.
    fn check_slot(&mut self, index: usize, otherwise: DynamicLabel) {
        dynasm!(self.ops
            ; .arch x64
            ; test cl, 7
            ; jne =>otherwise
            ; test DWORD [rcx], RAW_FORMAT_BITS as i32
            ; jne =>otherwise
            ; cmp BYTE [rcx + SLOTS_BYTE], index as i8
            ; jbe =>otherwise
        );
    }

    /// Loads the receiver into `rcx`, which has slot `index` where this does not lead out.
    fn receiver_with_slot(&mut self, index: usize, otherwise: DynamicLabel) {
        dynasm!(self.ops ; .arch x64 ; mov rcx, [rbp + RECEIVER]);
        if self.receiver_slots <= index {
            self.check_slot(index, otherwise);
            self.receiver_slots = index + 1;
        }
    }

    /// After a store into an object: leads to `remember` where that is old and the value a young object, which must be remembered, and to `done`, which
    /// follows, where not.
    pub(super) fn barrier(&mut self, object: Rq, value: Rq, done: DynamicLabel, remember: DynamicLabel) {
        dynasm!(self.ops
            ; .arch x64
            ; test Rd(value), TAG_MASK as i32
            ; jne =>done
            ; cmp Rq(value), [r12 + VM_OLD_START]
            ; jae =>done
            ; cmp Rq(object), [r12 + VM_OLD_START]
            ; jae =>remember
        );
    }

    pub(super) fn push_field(&mut self, index: usize) {
        if index > MOST_SLOTS {
            return self.leave();
        }
        self.claim_accumulator();
        let exit = self.exit();
        self.receiver_with_slot(index, exit);
        dynasm!(self.ops ; .arch x64 ; mov rax, [rcx + 8 + 8 * index as i32]);
        self.push_accumulator();
    }

    /// The top of the stack into a field of the receiver.
    pub(super) fn store_field(&mut self, index: usize) {
        if index > MOST_SLOTS {
            return self.leave();
        }
        self.settle(1);
        let exit = self.exit();
        self.load(0, Rq::RDX);
        self.receiver_with_slot(index, exit);
        let immutable = IMMUTABLE_BIT as i32;
        let (remember, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        dynasm!(self.ops
            ; .arch x64
            ; test DWORD [rcx], immutable
            ; jne =>exit
            ; mov [rcx + 8 + 8 * index as i32], rdx
        );
        self.barrier(Rq::RCX, Rq::RDX, done, remember);
        dynasm!(self.ops ; .arch x64 ; =>done);
        // The value stays on the stack where it was: only `rax` is lost behind the call.
        let is_accumulated = self.at(0) == super::compile::Value::Accumulator;
        self.late.push(Box::new(move |c| {
            dynasm!(c.ops ; .arch x64 ; =>remember);
            if is_accumulated {
                dynasm!(c.ops ; .arch x64 ; push rax ; push rax);
            }
            dynasm!(c.ops
                ; .arch x64
                ; mov rdi, r12
                ; mov rsi, rcx
                ; mov rcx, rdx
                ; mov edx, index as i32
                ; mov rax, QWORD helpers::remember as *const () as i64
                ; call rax
            );
            if is_accumulated {
                dynasm!(c.ops ; .arch x64 ; pop rax ; pop rax);
            }
            dynasm!(c.ops ; .arch x64 ; jmp =>done);
        }));
    }

    pub(super) fn push_literal(&mut self, index: i32) {
        self.claim_accumulator();
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rbp + METHOD]
            ; mov rax, [rax + 16 + 8 * index]
        );
        self.push_accumulator();
    }

    pub(super) fn push_literal_variable(&mut self, index: i32) {
        self.claim_accumulator();
        let exit = self.exit();
        dynasm!(self.ops
            ; .arch x64
            ; mov rcx, [rbp + METHOD]
            ; mov rcx, [rcx + 16 + 8 * index]
        );
        self.check_slot(1, exit);
        dynasm!(self.ops
            ; .arch x64
            ; mov edx, [rcx]
            ; and edx, CLASS_INDEX_MASK as i32
            ; cmp edx, CLASS_INDEX_FORWARDER as i32
            ; je =>exit
            ; mov rax, [rcx + 16]
        );
        self.push_accumulator();
    }

    pub(super) fn push_remote(&mut self, index: usize, vector: i32) {
        if index > MOST_SLOTS {
            return self.leave();
        }
        self.ground(vector);
        self.claim_accumulator();
        let exit = self.exit();
        dynasm!(self.ops ; .arch x64 ; mov rcx, [rbp + vector]);
        self.check_slot(index, exit);
        dynasm!(self.ops ; .arch x64 ; mov rax, [rcx + 8 + 8 * index as i32]);
        self.push_accumulator();
    }

    /// The top of the stack into a vector of remote variables.
    pub(super) fn store_remote(&mut self, index: usize, vector: i32) {
        // The helper may change any register: the value goes to its place.
        self.flush();
        self.load(0, Rq::RCX);
        let (otherwise, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        dynasm!(self.ops ; .arch x64 ; mov rsi, [rbp + vector]);
        if index <= MOST_SLOTS {
            let array = (Format::INDEXABLE.0 as i32) << FORMAT_SHIFT | CLASS_INDEX_ARRAY as i32;
            dynasm!(self.ops
                ; .arch x64
                ; test sil, TAG_MASK as i8
                ; jne =>otherwise
                ; mov eax, [rsi]
                ; and eax, 31 << FORMAT_SHIFT | CLASS_INDEX_MASK as i32
                ; cmp eax, array
                ; jne =>otherwise
                ; cmp BYTE [rsi + SLOTS_BYTE], index as i8
                ; jbe =>otherwise
                ; mov [rsi + 8 + 8 * index as i32], rcx
            );
            // The helper stores it again, and remembers.
            self.barrier(Rq::RSI, Rq::RCX, done, otherwise);
        } else {
            dynasm!(self.ops ; .arch x64 ; jmp =>otherwise);
        }
        dynasm!(self.ops ; .arch x64 ; =>done);
        self.late.push(Box::new(move |c| {
            dynasm!(c.ops
                ; .arch x64
                ; =>otherwise
                ; mov rdi, r12
                ; mov edx, index as i32
                ; mov rax, QWORD helpers::set_remote as *const () as i64
                ; call rax
                ; jmp =>done
            );
        }));
    }

    /// Makes the object of the instruction, which takes so many operands.
    pub(super) fn make(&mut self, operands: usize) {
        self.flush();
        self.settle(0);
        let exit = self.exit();
        let (top, ip) = (self.sp(), self.ip(self.word));
        dynasm!(self.ops
            ; .arch x64
            ; lea rbx, [rbp + top]
            ; mov rcx, QWORD ip
            ; mov [r12 + VM_SP], rbx
            ; mov [r12 + VM_FP], rbp
            ; mov [r12 + VM_IP], rcx
            ; mov rdi, r12
            ; mov rax, QWORD helpers::make as *const () as i64
            ; call rax
            ; test rax, rax
            ; je =>exit
        );
        self.drop_values(operands);
        self.push_accumulator();
    }
}
