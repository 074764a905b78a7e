//! Arithmetic and comparisons: SmallIntegers here, SmallFloats by a call, everything else by a send.

use super::compile::{Compiler, Value};
use super::helpers::{self, Arithmetic, Comparison};
use super::layout::*;
use crate::interp::code::{Op, operand_b};
use crate::oop::{TAG_BITS, TAG_MASK, TAG_SMALL_INTEGER};
use dynasmrt::x64::Rq;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};

/// The exponent of a power of two.
fn power_of_two(number: i64) -> Option<u32> {
    let number = u64::try_from(number).ok()?;
    number.is_power_of_two().then(|| number.trailing_zeros())
}

impl Compiler<'_> {
    pub(super) fn arithmetic(&mut self, op: Op, next: usize) {
        self.settle(2);
        let (send, slow, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        self.load_operands();
        let constant = self.small_constant();
        let helper: Option<Arithmetic> = match op {
            Op::Add => Some(helpers::add),
            Op::Subtract => Some(helpers::subtract),
            Op::Multiply => Some(helpers::multiply),
            Op::Divide => Some(helpers::divide),
            Op::Modulo => Some(helpers::modulo),
            Op::IntegerDivide => Some(helpers::integer_divide),
            Op::BitShift => Some(helpers::bit_shift),
            _ => None,
        };
        let slow = if helper.is_some() { slow } else { send };
        let inlined = matches!(op, Op::Add | Op::Subtract | Op::Multiply | Op::BitAnd | Op::BitOr);
        if inlined {
            self.check_integers(constant, slow);
            // `rax` may still be an operand: the result comes there when nothing can fail any more.
            match op {
                Op::Add => dynasm!(self.ops ; .arch x64 ; lea rsi, [rcx - 1] ; add rsi, rdx ; jo =>slow),
                Op::Subtract => dynasm!(self.ops ; .arch x64 ; mov rsi, rcx ; sub rsi, rdx ; jo =>slow ; inc rsi),
                Op::Multiply => dynasm!(self.ops
                    ; .arch x64
                    ; mov rsi, rcx
                    ; sar rsi, 3
                    ; lea rdi, [rdx - 1]
                    ; imul rsi, rdi
                    ; jo =>slow
                    ; inc rsi
                ),
                Op::BitAnd => dynasm!(self.ops ; .arch x64 ; mov rsi, rcx ; and rsi, rdx),
                _ => dynasm!(self.ops ; .arch x64 ; mov rsi, rcx ; or rsi, rdx),
            }
            dynasm!(self.ops ; .arch x64 ; mov rax, rsi);
        } else if matches!(op, Op::IntegerDivide | Op::Modulo) {
            self.check_integers(constant, slow);
            self.divide(op == Op::Modulo, slow);
        } else {
            dynasm!(self.ops ; .arch x64 ; jmp =>slow);
        }
        dynasm!(self.ops ; .arch x64 ; =>done);
        if let Some(helper) = helper {
            let spilled = self.accumulator_at(2);
            self.late.push(Box::new(move |c| {
                dynasm!(c.ops ; .arch x64 ; =>slow);
                c.spill(spilled);
                dynasm!(c.ops
                    ; .arch x64
                    ; mov rdi, rcx
                    ; mov rsi, rdx
                );
                c.compute(helper as *const (), spilled, done, send);
            }));
        }
        self.or_send(send, 1, next);
    }

    /// The quotient of the SmallIntegers `rcx` and `rdx`, rounded down, or what is left of it, into `rax`.
    fn divide(&mut self, is_modulo: bool, otherwise: DynamicLabel) {
        if let Value::Constant(divisor) = self.at(0)
            && let Some(shift @ 0..28) = power_of_two(divisor.small_int())
        {
            return match is_modulo {
                true => dynasm!(self.ops ; .arch x64 ; mov rax, rcx ; and eax, ((8 << shift) - 1) & !(TAG_MASK as i32 - 1)),
                false => dynasm!(self.ops
                    ; .arch x64
                    ; mov rax, rcx
                    ; sar rax, (TAG_BITS + shift) as i8
                    ; lea rax, [8 * rax + TAG_SMALL_INTEGER as i32]
                ),
            };
        }
        // Neither 0, nor -1, by which the quotient may be no SmallInteger.
        dynasm!(self.ops
            ; .arch x64
            ; mov rdi, rdx
            ; sar rdi, TAG_BITS as i8
            ; lea rsi, [rdi + 1]
            ; cmp rsi, 1
            ; jbe =>otherwise
            ; mov rax, rcx
            ; sar rax, TAG_BITS as i8
            ; cqo
            ; idiv rdi
            ; test rdx, rdx
            ; je >divided
            ; mov rsi, rdx
            ; xor rsi, rdi
            ; jns >divided
            // The processor rounds towards 0.
            ; dec rax
            ; add rdx, rdi
            ; divided:
        );
        match is_modulo {
            true => dynasm!(self.ops ; .arch x64 ; lea rax, [8 * rdx + TAG_SMALL_INTEGER as i32]),
            false => dynasm!(self.ops ; .arch x64 ; lea rax, [8 * rax + TAG_SMALL_INTEGER as i32]),
        }
    }

    /// The upper operand is a SmallInteger that the code has.
    fn small_constant(&self) -> bool {
        matches!(self.at(0), Value::Constant(oop) if oop.is_small_int())
    }

    /// Leads out where `rcx` and `rdx`, which may be known to be one, are not both SmallIntegers.
    fn check_integers(&mut self, constant: bool, otherwise: DynamicLabel) {
        if constant {
            dynasm!(self.ops ; .arch x64 ; test cl, 1 ; je =>otherwise);
        } else {
            dynasm!(self.ops ; .arch x64 ; mov esi, ecx ; and esi, edx ; test sil, 1 ; je =>otherwise);
        }
    }

    pub(super) fn compare(&mut self, op: Op, next: usize) {
        self.settle(2);
        let jump = self.conditional_jump(next);
        let (send, slow) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        self.load_operands();
        self.check_integers(self.small_constant(), slow);
        dynasm!(self.ops ; .arch x64 ; cmp rcx, rdx);
        let helper: Comparison = match op {
            Op::Less => helpers::less,
            Op::Greater => helpers::greater,
            Op::LessEqual => helpers::less_equal,
            Op::GreaterEqual => helpers::greater_equal,
            Op::Equal => helpers::equal,
            _ => helpers::not_equal,
        };
        let spilled = self.accumulator_at(2);
        let compared = self.ops.new_dynamic_label();
        // After the helper, `rax` is 1 or 0: compared with 1, it is equal or not.
        self.late.push(Box::new(move |c| {
            dynasm!(c.ops ; .arch x64 ; =>slow);
            c.spill(spilled);
            dynasm!(c.ops
                ; .arch x64
                ; mov rdi, rcx
                ; mov rsi, rdx
                ; mov rax, QWORD helper as *const () as i64
                ; call rax
                ; mov rcx, rax
            );
            c.unspill(spilled);
            dynasm!(c.ops ; .arch x64 ; cmp ecx, 2 ; je =>send ; jmp =>compared);
        }));
        match jump {
            Some((condition, target)) => {
                let before = self.stack.clone();
                self.drop_values(2);
                let (taken, behind) = (self.label(target), self.ops.new_dynamic_label());
                self.jump_on(op, condition, taken);
                dynasm!(self.ops ; .arch x64 ; =>behind);
                let word = next;
                let rest = self.stack.clone();
                self.late.push(Box::new(move |c| {
                    dynasm!(c.ops ; .arch x64 ; =>compared ; cmp ecx, condition as i32 ; je =>taken ; jmp =>behind ; =>send);
                    c.stack = before;
                    c.flush();
                    c.write_send(1, word);
                    // The answer of the send is what the jump depends on.
                    c.enter_at(word);
                    c.stack = rest;
                    c.stack.push(Value::Memory);
                    c.word = word;
                    c.settle(0);
                    let exit = c.exit();
                    c.load(0, Rq::RCX);
                    dynasm!(c.ops
                        ; .arch x64
                        ; cmp rcx, r14
                        ; je >yes
                        ; cmp rcx, r15
                        ; jne =>exit
                    );
                    let (on_true, on_false) = if condition { (taken, behind) } else { (behind, taken) };
                    dynasm!(c.ops ; .arch x64 ; jmp =>on_false ; yes: ; jmp =>on_true);
                }));
                self.is_skipped = true;
                self.receiver_slots = 0;
            }
            None => {
                let done = self.ops.new_dynamic_label();
                dynasm!(self.ops ; .arch x64 ; mov rax, r15);
                match op {
                    Op::Less => dynasm!(self.ops ; .arch x64 ; cmovl rax, r14),
                    Op::Greater => dynasm!(self.ops ; .arch x64 ; cmovg rax, r14),
                    Op::LessEqual => dynasm!(self.ops ; .arch x64 ; cmovle rax, r14),
                    Op::GreaterEqual => dynasm!(self.ops ; .arch x64 ; cmovge rax, r14),
                    Op::Equal => dynasm!(self.ops ; .arch x64 ; cmove rax, r14),
                    _ => dynasm!(self.ops ; .arch x64 ; cmovne rax, r14),
                }
                dynasm!(self.ops ; .arch x64 ; =>done);
                self.late.push(Box::new(move |c| {
                    dynasm!(c.ops
                        ; .arch x64
                        ; =>compared
                        ; mov rax, r15
                        ; test ecx, ecx
                        ; cmovne rax, r14
                        ; jmp =>done
                    );
                }));
                self.or_send(send, 1, next);
            }
        }
    }

    /// The conditional jump at a word, if it is one and control comes to it from the instruction before alone: on what it is taken, and whereto.
    fn conditional_jump(&self, word: usize) -> Option<(bool, usize)> {
        let (op, _) = self.op(word);
        let target = word.wrapping_add_signed(operand_b(self.code.words[word]));
        match op {
            _ if self.is_target(word) => None,
            Op::JumpTrue => Some((true, target)),
            Op::JumpFalse => Some((false, target)),
            _ => None,
        }
    }

    /// Jumps on the flags of a comparison, if it is true or if it is not.
    fn jump_on(&mut self, op: Op, condition: bool, target: DynamicLabel) {
        match (op, condition) {
            (Op::Less, true) | (Op::GreaterEqual, false) => dynasm!(self.ops ; .arch x64 ; jl =>target),
            (Op::Greater, true) | (Op::LessEqual, false) => dynasm!(self.ops ; .arch x64 ; jg =>target),
            (Op::LessEqual, true) | (Op::Greater, false) => dynasm!(self.ops ; .arch x64 ; jle =>target),
            (Op::GreaterEqual, true) | (Op::Less, false) => dynasm!(self.ops ; .arch x64 ; jge =>target),
            (Op::Equal, true) | (Op::NotEqual, false) => dynasm!(self.ops ; .arch x64 ; je =>target),
            _ => dynasm!(self.ops ; .arch x64 ; jne =>target),
        }
    }

    /// `==` and `~~`.
    pub(super) fn identical(&mut self, is_positive: bool, next: usize) {
        self.settle(2);
        let exit = self.exit();
        self.load_operands();
        let jump = self.conditional_jump(next);
        let same = self.ops.new_dynamic_label();
        dynasm!(self.ops
            ; .arch x64
            ; cmp rcx, rdx
            ; je =>same
            // One of the two may stand for the other.
            ; cmp BYTE [r12 + VM_FORWARDERS], 0
            ; jne =>exit
            ; cmp rcx, rdx
            ; =>same
        );
        self.drop_values(2);
        match jump {
            Some((condition, target)) => {
                let taken = self.label(target);
                if condition == is_positive {
                    dynasm!(self.ops ; .arch x64 ; je =>taken);
                } else {
                    dynasm!(self.ops ; .arch x64 ; jne =>taken);
                }
                self.is_skipped = true;
            }
            None => {
                let (on_same, other) = if is_positive { (Rq::R14, Rq::R15) } else { (Rq::R15, Rq::R14) };
                dynasm!(self.ops ; .arch x64 ; mov rax, Rq(other) ; cmove rax, Rq(on_same));
                self.push_accumulator();
            }
        }
    }
}
