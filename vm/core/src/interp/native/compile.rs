//! From a translated method to native code.
//!
//! Operands that are pushed are remembered rather than moved: a constant, a temporary, or what is in `rax`. They are put on the frame's
//! stack where something else may look at it: before sends, jumps and labels. Where an instruction cannot be done here, a way out restores the
//! stack as it was before the instruction, which the interpreter then does.

use super::super::code::{Code, Op, operand_a, operand_b};
use super::layout::*;
use crate::oop::Oop;
use dynasmrt::x64::{Rq, X64Relocation};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};

/// More words than this are left to the interpreter.
const MOST_WORDS: usize = 4000;

/// Where an operand is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Value {
    /// In its place on the frame's stack.
    Memory,
    /// It is this object.
    Constant(Oop),
    /// It is what the word of the frame at this offset in bytes has.
    Slot(i32),
    /// In `rax`. At most one operand is.
    Accumulator,
}

/// A way back to the interpreter, which does the instruction.
struct Exit {
    label: DynamicLabel,
    word: usize,
    stack: Vec<Value>,
}

/// A method's native code, which can be anywhere.
pub(super) struct Compiled {
    pub(super) bytes: Vec<u8>,
    /// The offset of where the method is entered.
    pub(super) prologue: usize,
    /// Words and the offsets of their native code, where control can come to it from elsewhere.
    pub(super) entries: Vec<(usize, usize)>,
}

/// Something that is written behind the instructions.
pub(super) type Late<'a> = Box<dyn FnOnce(&mut Compiler<'a>) + 'a>;

/// The compiler of a method.
pub(super) struct Compiler<'a> {
    pub(super) code: &'a Code,
    pub(super) ops: VecAssembler<X64Relocation>,
    pub(super) nil: Oop,
    pub(super) true_: Oop,
    pub(super) false_: Oop,
    /// The values below the receiver in the frame.
    pub(super) stack: Vec<Value>,
    /// Where jumps lead.
    labels: Vec<Option<DynamicLabel>>,
    /// Words where control comes to from elsewhere.
    is_entry: Vec<bool>,
    pub(super) entries: Vec<(usize, usize)>,
    exits: Vec<Exit>,
    pub(super) late: Vec<Late<'a>>,
    /// The instruction that is compiled, and the stack before it.
    pub(super) word: usize,
    before: Vec<Value>,
    /// Control comes to the next instruction from the one before it.
    pub(super) is_reached: bool,
    /// The next instruction was done with this one.
    pub(super) is_skipped: bool,
    /// So many slots the receiver is known to have.
    pub(super) receiver_slots: usize,
}

/// Compiles a method; `None` if it is too large.
pub(super) fn compile(code: &Code, nil: Oop, true_: Oop, false_: Oop) -> Option<Compiled> {
    if code.main > MOST_WORDS {
        return None;
    }
    let mut compiler = Compiler {
        code,
        ops: VecAssembler::new(0),
        nil,
        true_,
        false_,
        stack: Vec::new(),
        labels: vec![None; code.words.len()],
        is_entry: vec![false; code.words.len()],
        entries: Vec::new(),
        exits: Vec::new(),
        late: Vec::new(),
        word: 0,
        before: Vec::new(),
        is_reached: false,
        is_skipped: false,
        receiver_slots: 0,
    };
    compiler.find_labels();
    let prologue = compiler.prologue();
    compiler.instructions();
    compiler.finish();
    let entries = compiler.entries;
    Some(Compiled { bytes: compiler.ops.finalize().ok()?, prologue, entries })
}

impl<'a> Compiler<'a> {
    /// The instruction at a word, and the word behind it.
    pub(super) fn op(&self, word: usize) -> (Op, usize) {
        let op = Op::ALL[(self.code.words[word] & 0xFF) as usize];
        (op.unfused(), word + op.words())
    }

    fn find_labels(&mut self) {
        let start = (self.code.start as usize - self.code.words.as_ptr() as usize) / 8;
        self.is_entry[start] = true;
        for block in &self.code.blocks {
            self.is_entry[block.word as usize] = true;
        }
        let mut word = 0;
        while word < self.code.main {
            let (op, next) = self.op(word);
            let target = word.wrapping_add_signed(operand_b(self.code.words[word]));
            match op {
                Op::Jump | Op::JumpBack | Op::JumpTrue | Op::JumpFalse | Op::PushClosure => {
                    self.label(target);
                    // Loops are entered in the middle.
                    self.is_entry[target] |= op == Op::JumpBack;
                }
                _ => {}
            }
            word = next;
        }
    }

    /// Control comes to a word from elsewhere than the instruction before it.
    pub(super) fn is_target(&self, word: usize) -> bool {
        self.labels[word].is_some() || self.is_entry[word]
    }

    /// The label of a word.
    pub(super) fn label(&mut self, word: usize) -> DynamicLabel {
        *self.labels[word].get_or_insert_with(|| self.ops.new_dynamic_label())
    }

    fn instructions(&mut self) {
        let mut word = 0;
        while word < self.code.main {
            let shape = self.code.shapes[word];
            let (op, next) = self.op(word);
            if op == Op::End {
                break;
            }
            let values = usize::from(shape.depth) - usize::from(shape.args);
            if self.labels[word].is_some() || self.is_entry[word] {
                if self.is_reached {
                    self.flush();
                }
                if self.is_entry[word] {
                    self.enter_at(word);
                }
                let label = self.label(word);
                dynasm!(self.ops ; .arch x64 ; =>label);
                self.stack = vec![Value::Memory; values];
                self.receiver_slots = 0;
                self.is_reached = true;
            }
            if std::mem::take(&mut self.is_skipped) {
                // The jump of a comparison.
            } else if self.is_reached {
                debug_assert_eq!(self.stack.len(), values, "at word {word}");
                self.word = word;
                self.before.clone_from(&self.stack);
                self.instruction(op, self.code.words[word], next);
            }
            word = next;
        }
    }

    fn finish(&mut self) {
        while !self.late.is_empty() {
            for write in std::mem::take(&mut self.late) {
                write(self);
            }
        }
        for Exit { label, word, stack } in std::mem::take(&mut self.exits) {
            dynasm!(self.ops ; .arch x64 ; =>label);
            self.stack = stack;
            self.leave_at(word);
        }
    }

    /// Goes on with the interpreter at a word.
    fn leave_at(&mut self, word: usize) {
        self.flush();
        let (top, ip) = (self.sp(), self.ip(word));
        dynasm!(self.ops
            ; .arch x64
            ; lea rbx, [rbp + top]
            ; mov rcx, QWORD ip
            ; jmp QWORD [r12 + VM_EXIT]
        );
    }

    /// The way out that has the interpreter do the instruction that is compiled. `rax` must be what it was before it.
    pub(super) fn exit(&mut self) -> DynamicLabel {
        let (word, label) = (self.word, self.ops.new_dynamic_label());
        self.exits.push(Exit { label, word, stack: self.before.clone() });
        label
    }

    /// The interpreter does this instruction.
    pub(super) fn leave(&mut self) {
        self.stack.clone_from(&self.before);
        self.leave_at(self.word);
        self.is_reached = false;
    }

    /// Control can come here from elsewhere, for this word. There is nothing to come to where the interpreter must do it: that also
    /// knows a stack with an answer that nobody asked for.
    pub(super) fn enter_at(&mut self, word: usize) {
        let (op, _) = self.op(word);
        if !matches!(
            op,
            Op::HomeReturnTop | Op::HomeReturnReceiver | Op::HomeReturnTrue | Op::HomeReturnFalse | Op::HomeReturnNil | Op::Unused
        ) {
            self.entries.push((word, self.ops.offset().0));
        }
    }

    /// The address of a word.
    pub(super) fn ip(&self, word: usize) -> i64 {
        self.code.words[word..].as_ptr() as i64
    }

    /// Where the top of the stack is, from the frame pointer.
    pub(super) fn sp(&self) -> i32 {
        value(self.stack.len()) + 8
    }

    /// Where the value so far from the top is.
    pub(super) fn place(&self, depth: usize) -> i32 {
        value(self.stack.len() - 1 - depth)
    }

    /// Puts all values where they belong on the stack.
    pub(super) fn flush(&mut self) {
        self.flush_below(0);
    }

    /// Puts all values but the topmost where they belong.
    pub(super) fn flush_below(&mut self, kept: usize) {
        for index in 0..self.stack.len() - kept {
            self.flush_value(index);
        }
    }

    fn flush_value(&mut self, index: usize) {
        let place = value(index);
        match self.stack[index] {
            Value::Memory => {}
            Value::Accumulator => dynasm!(self.ops ; .arch x64 ; mov [rbp + place], rax),
            Value::Slot(offset) => dynasm!(self.ops ; .arch x64 ; mov rcx, [rbp + offset] ; mov [rbp + place], rcx),
            Value::Constant(oop) => self.store_constant(place, oop),
        }
        self.stack[index] = Value::Memory;
    }

    fn store_constant(&mut self, place: i32, oop: Oop) {
        if oop == self.nil {
            dynasm!(self.ops ; .arch x64 ; mov [rbp + place], r13);
        } else if let Ok(bits) = i32::try_from(oop.bits().cast_signed()) {
            dynasm!(self.ops ; .arch x64 ; mov QWORD [rbp + place], bits);
        } else {
            dynasm!(self.ops ; .arch x64 ; mov rcx, QWORD oop.bits().cast_signed() ; mov [rbp + place], rcx);
        }
    }

    /// Loads the value so far from the top into a register.
    pub(super) fn load(&mut self, depth: usize, register: Rq) {
        let place = self.place(depth);
        match self.stack[self.stack.len() - 1 - depth] {
            Value::Memory => dynasm!(self.ops ; .arch x64 ; mov Rq(register), [rbp + place]),
            Value::Slot(offset) => dynasm!(self.ops ; .arch x64 ; mov Rq(register), [rbp + offset]),
            Value::Constant(oop) => dynasm!(self.ops ; .arch x64 ; mov Rq(register), QWORD oop.bits().cast_signed()),
            Value::Accumulator if register == Rq::RAX => {}
            Value::Accumulator => dynasm!(self.ops ; .arch x64 ; mov Rq(register), rax),
        }
    }

    /// The value so far from the top.
    pub(super) fn at(&self, depth: usize) -> Value {
        self.stack[self.stack.len() - 1 - depth]
    }

    /// Puts all values but the topmost where they belong: only operands of the instruction may be elsewhere when it begins.
    pub(super) fn settle(&mut self, operands: usize) {
        self.flush_below(operands);
        self.before.clone_from(&self.stack);
    }

    /// Frees `rax`, for a value that the instruction pushes.
    pub(super) fn claim_accumulator(&mut self) {
        if let Some(index) = self.stack.iter().position(|value| *value == Value::Accumulator) {
            self.flush_value(index);
        }
        self.before.clone_from(&self.stack);
    }

    /// The instruction has pushed what is in `rax`.
    pub(super) fn push_accumulator(&mut self) {
        self.stack.push(Value::Accumulator);
    }

    /// Where the operand that is in `rax` has its place, if one of so many is there.
    pub(super) fn accumulator_at(&self, operands: usize) -> Option<i32> {
        (0..operands).find(|&depth| self.at(depth) == Value::Accumulator).map(|depth| self.place(depth))
    }

    /// Puts `rax` there before a call, if it is an operand.
    pub(super) fn spill(&mut self, place: Option<i32>) {
        if let Some(place) = place {
            dynasm!(self.ops ; .arch x64 ; mov [rbp + place], rax);
        }
    }

    /// Has it in `rax` again.
    pub(super) fn unspill(&mut self, place: Option<i32>) {
        if let Some(place) = place {
            dynasm!(self.ops ; .arch x64 ; mov rax, [rbp + place]);
        }
    }

    /// Takes values off the stack.
    pub(super) fn drop_values(&mut self, count: usize) {
        self.stack.truncate(self.stack.len() - count);
    }

    /// Something is stored into a temporary: operands that are its value keep the one before.
    fn detach(&mut self, offset: i32) {
        for index in 0..self.stack.len() {
            if self.stack[index] == Value::Slot(offset) {
                self.flush_value(index);
            }
        }
    }

    fn instruction(&mut self, op: Op, word: u64, next: usize) {
        let (a, b) = (operand_a(word), operand_b(word) as i32);
        match op {
            Op::PushTemp => {
                self.ground(8 * b);
                self.stack.push(Value::Slot(8 * b));
            }
            Op::PushConstant => self.stack.push(Value::Constant(Oop::from_small_int(b.into()))),
            Op::PushCharacter => self.stack.push(Value::Constant(Oop::from_character(b as u32))),
            Op::PushTrue => self.stack.push(Value::Constant(self.true_)),
            Op::PushFalse => self.stack.push(Value::Constant(self.false_)),
            Op::PushNil => self.stack.push(Value::Constant(self.nil)),
            Op::Duplicate => self.duplicate(),
            Op::Pop => self.drop_values(1),
            Op::Nop => {}
            Op::StoreTemp | Op::StoreErrorCode => self.store_temp(8 * b),
            Op::PopTemp => {
                self.store_temp(8 * b);
                self.drop_values(1);
            }
            Op::PushField => self.push_field(b as usize),
            Op::StoreField => self.store_field(b as usize),
            Op::PopField => {
                self.store_field(b as usize);
                self.drop_values(1);
            }
            Op::PushLiteral => self.push_literal(b),
            Op::PushLiteralVariable => self.push_literal_variable(b),
            Op::PushRemote => self.push_remote(a, 8 * b),
            Op::StoreRemote => self.store_remote(a, 8 * b),
            Op::PopRemote => {
                self.store_remote(a, 8 * b);
                self.drop_values(1);
            }
            Op::NewArray | Op::PushThisContext => self.make(0),
            Op::NewArrayPop => self.make(a),
            Op::PushFullClosure => self.make(a + (word >> 16 & 1) as usize),
            Op::PushClosure => {
                self.make((word >> 16 & 0xFFFF) as usize);
                self.flush();
                let target = self.label(self.word.wrapping_add_signed(operand_b(word)));
                dynasm!(self.ops ; .arch x64 ; jmp =>target);
                self.is_reached = false;
            }
            Op::Jump => {
                self.flush();
                let target = self.label(self.word.wrapping_add_signed(operand_b(word)));
                dynasm!(self.ops ; .arch x64 ; jmp =>target);
                self.is_reached = false;
            }
            Op::JumpBack => self.jump_back(self.word.wrapping_add_signed(operand_b(word))),
            Op::JumpTrue | Op::JumpFalse => self.jump_if(op == Op::JumpTrue, word),
            Op::Send | Op::SendSpecial | Op::MakePoint | Op::Size | Op::Class | Op::Value | Op::Value1 => {
                self.send(a, next);
            }
            Op::SendSuper => self.send_super(a, next),
            Op::Add | Op::Subtract | Op::Multiply | Op::BitAnd | Op::BitOr => self.arithmetic(op, next),
            Op::Divide | Op::Modulo | Op::IntegerDivide | Op::BitShift => self.arithmetic(op, next),
            Op::Less | Op::Greater | Op::LessEqual | Op::GreaterEqual | Op::Equal | Op::NotEqual => self.compare(op, next),
            Op::Identical | Op::NotIdentical => self.identical(op == Op::Identical, next),
            Op::At => self.at_index(next),
            Op::AtPut => self.at_put(next),
            Op::ReturnTop | Op::BlockReturnTop => {
                self.settle(1);
                self.load(0, Rq::RAX);
                self.give();
            }
            Op::ReturnReceiver => {
                self.settle(0);
                dynasm!(self.ops ; .arch x64 ; mov rax, [rbp + RECEIVER]);
                self.give();
            }
            Op::ReturnTrue => {
                self.settle(0);
                dynasm!(self.ops ; .arch x64 ; mov rax, r14);
                self.give();
            }
            Op::ReturnFalse => {
                self.settle(0);
                dynasm!(self.ops ; .arch x64 ; mov rax, r15);
                self.give();
            }
            Op::ReturnNil | Op::BlockReturnNil => {
                self.settle(0);
                dynasm!(self.ops ; .arch x64 ; mov rax, r13);
                self.give();
            }
            _ => self.leave(),
        }
    }

    fn duplicate(&mut self) {
        match self.at(0) {
            Value::Memory => {
                self.claim_accumulator();
                self.load(0, Rq::RAX);
                self.push_accumulator();
            }
            Value::Accumulator => {
                let index = self.stack.len() - 1;
                self.flush_value(index);
                self.stack.push(Value::Accumulator);
            }
            value => self.stack.push(value),
        }
    }

    /// The value of the stack whose place this is, if it is one.
    fn index_at(&self, offset: i32) -> Option<usize> {
        (0..self.stack.len()).find(|&index| value(index) == offset)
    }

    /// Has a temporary in its place: a block pushes its temporaries as it pushes operands.
    pub(super) fn ground(&mut self, offset: i32) {
        if let Some(index) = self.index_at(offset) {
            self.flush_value(index);
        }
    }

    fn store_temp(&mut self, offset: i32) {
        self.detach(offset);
        self.ground(offset);
        match self.at(0) {
            Value::Accumulator => dynasm!(self.ops ; .arch x64 ; mov [rbp + offset], rax),
            Value::Constant(oop) => self.store_constant(offset, oop),
            _ => {
                self.load(0, Rq::RCX);
                dynasm!(self.ops ; .arch x64 ; mov [rbp + offset], rcx);
            }
        }
    }
}
