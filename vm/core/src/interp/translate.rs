//! From bytecodes to [`Code`].
//!
//! The translation is also the check that lets the loop run without checking: every literal index is below the literal count,
//! every temporary inside the frame, every jump at an instruction, and the operand stack stays inside a context.

use super::code::{Block, Code, Entry, Op, SEND_WORDS, Shape, word};
use super::fuse;
use super::layout::frame;
use super::native::MethodCode;
use crate::bytecode::{Answer, Instruction, MethodHeader, Variable, decode};
use crate::heap::Heap;
use crate::oop::Oop;

/// Slots of a context for temporaries and operands, by the large-frame bit of the method's header.
const SMALL_CONTEXT: u8 = 16;
pub(super) const LARGE_CONTEXT: u8 = 56;

/// A piece of code with arguments of its own: the method or a block in it.
struct Scope {
    end: usize,
    args: usize,
    is_block: bool,
}

struct Translator<'a> {
    heap: &'a Heap,
    header: MethodHeader,
    bytes: &'a [u8],
    literals: usize,
    method: Oop,
    for_context: bool,
    scopes: Vec<Scope>,
    words: Vec<u64>,
    pcs: Vec<u32>,
    shapes: Vec<Shape>,
    blocks: Vec<Block>,
    /// Word index of the instruction at each byte; `u32::MAX` where none starts.
    word_of: Vec<u32>,
    /// Jumps to be resolved: word, target byte.
    jumps: Vec<(usize, usize)>,
    /// Conditional jumps: word, and the pc behind.
    tests: Vec<(usize, u32)>,
}

/// Translates a method or CompiledBlock. An error says what is wrong with it.
pub(super) fn translate(heap: &Heap, method: Oop, for_context: bool, is_full_block: bool) -> Result<Code, String> {
    let header = MethodHeader::of(heap, method).ok_or("it is no compiled method")?;
    let literals = header.literals();
    if 1 + literals > heap.num_slots(method) {
        return Err(format!("it has {literals} literals in {} slots", heap.num_slots(method)));
    }
    if header.args() > header.temps() {
        return Err(format!("it has {} arguments and {} temporaries", header.args(), header.temps()));
    }
    let bytes = heap.bytes(method);
    let end = bytes.len();
    let words = 2 * (end - header.initial_pc().min(end)) + 1;
    let mut t = Translator {
        heap,
        header,
        bytes,
        literals,
        method,
        for_context,
        scopes: vec![Scope { end: usize::MAX, args: header.args(), is_block: is_full_block }],
        words: Vec::with_capacity(words),
        pcs: Vec::with_capacity(words),
        shapes: Vec::with_capacity(words),
        blocks: Vec::new(),
        word_of: vec![u32::MAX; end + 1],
        jumps: Vec::new(),
        tests: Vec::new(),
    };
    let depths = t.depths(end)?;
    t.instructions(end, &depths)?;
    t.resolve_jumps()?;
    fuse::fuse(&mut t.words);
    t.finish()
}

impl Translator<'_> {
    /// The depth of the stack before each instruction that control can reach, by the byte where it starts; -1 elsewhere. What lies
    /// behind the last return of a method may be a trailer of any bytes.
    fn depths(&self, end: usize) -> Result<Vec<i32>, String> {
        let room = if self.header.large_frame() { LARGE_CONTEXT } else { SMALL_CONTEXT } as i32;
        let mut depth_at = vec![-1i32; end + 1];
        // Arguments lie above the frame: they are values, but no operands.
        let mut todo = vec![(self.header.initial_pc(), self.header.temps() as i32, self.header.args() as i32)];
        while let Some((mut pc, mut depth, args)) = todo.pop() {
            loop {
                if pc >= end {
                    return Err(format!("its code runs past its end at {pc}"));
                }
                if depth_at[pc] >= 0 {
                    if depth_at[pc] != depth {
                        return Err(format!("its stack is {} or {depth} deep at pc {}", depth_at[pc], pc + 1));
                    }
                    break;
                }
                depth_at[pc] = depth;
                let (instruction, next) =
                    decode(self.header.set(), self.bytes, pc).ok_or_else(|| format!("its code ends inside pc {}", pc + 1))?;
                let (change, need) = stack_effect(instruction);
                if let Some(temp) = temp_used(instruction)
                    && temp >= depth
                {
                    return Err(format!("it uses temporary {temp} of {depth} at pc {}", pc + 1));
                }
                if depth - args < need {
                    return Err(format!("it takes {need} values off a stack of {} at pc {}", depth - args, pc + 1));
                }
                depth += change;
                if depth > room {
                    return Err(format!("its stack is deeper than the {room} slots of its context at pc {}", pc + 1));
                }
                let target = |by: i32| {
                    usize::try_from(next as i64 + by as i64).map_err(|_| format!("it jumps before its start at pc {}", pc + 1))
                };
                match instruction {
                    Instruction::Jump(by) => {
                        pc = target(by)?;
                        continue;
                    }
                    Instruction::JumpIf(_, by) => todo.push((target(by)?, depth, args)),
                    Instruction::PushClosure { args, copied, size } => {
                        todo.push((next, args as i32 + copied as i32, args as i32));
                        pc = next + size as usize;
                        continue;
                    }
                    Instruction::Return(_) | Instruction::BlockReturn(_) => break,
                    Instruction::Unused(_) => break,
                    _ => {}
                }
                pc = next;
            }
        }
        Ok(depth_at)
    }

    fn instructions(&mut self, end: usize, depths: &[i32]) -> Result<(), String> {
        let mut pc = self.header.initial_pc();
        while pc < end {
            while self.scopes.last().is_some_and(|s| s.end == pc) {
                self.scopes.pop();
            }
            let Ok(depth) = u16::try_from(depths[pc]) else {
                pc += 1;
                continue;
            };
            let Some((instruction, next)) = decode(self.header.set(), self.bytes, pc) else {
                return Err(format!("its code ends inside pc {}", pc + 1));
            };
            if let Some(inside) = (pc + 1..next).find(|&p| depths[p] >= 0) {
                return Err(format!("it jumps into the middle of an instruction at pc {}", inside + 1));
            }
            self.word_of[pc] = self.words.len() as u32;
            self.instruction(instruction, pc, next).map_err(|what| format!("{what} at pc {}", pc + 1))?;
            self.pcs.resize(self.words.len(), pc as u32 + 1);
            let Scope { args, is_block, .. } = *self.scope();
            self.shapes.resize(self.words.len(), Shape { depth, args: args as u8, is_block });
            if let Instruction::PushClosure { args, copied, size } = instruction {
                self.enter_block(args, copied, next, size);
            }
            pc = next;
        }
        self.words.push(word(Op::End, 0, 0, 0));
        self.pcs.push(end as u32 + 1);
        self.shapes.push(Shape::default());
        Ok(())
    }

    fn enter_block(&mut self, args: u8, copied: u8, start: usize, size: u32) {
        self.blocks.push(Block { start_pc: start as u32 + 1, word: self.words.len() as u32, args, copied });
        let (args, end) = (args as usize, start + size as usize);
        self.scopes.push(Scope { end, args, is_block: true });
    }

    fn scope(&self) -> &Scope {
        self.scopes.last().expect("the method's scope is never left")
    }

    fn temp(&self, index: usize) -> i32 {
        temp_offset(index, self.scope().args) as i32
    }

    fn literal(&self, index: u16) -> Result<i32, String> {
        if index as usize >= self.literals {
            return Err(format!("it uses literal {index} of {}", self.literals));
        }
        Ok(index as i32)
    }

    fn literal_variable(&self, index: u16) -> Result<i32, String> {
        let b = self.literal(index)?;
        let association = self.heap.fetch(self.method, 1 + index as usize);
        if association.is_immediate() {
            return Err(format!("its literal {index} is no association"));
        }
        Ok(b)
    }

    fn push(&mut self, op: Op, a: u8, c: u16, b: i32) {
        self.words.push(word(op, a, c, b));
    }

    fn send(&mut self, op: Op, args: u8, b: i32) {
        self.push(op, args, 0, b);
        self.words.extend([0; SEND_WORDS - 1]);
    }

    fn jump(&mut self, op: Op, next: usize, by: i32) {
        let target = (next as i64 + by as i64) as usize;
        self.jumps.push((self.words.len(), target));
        self.push(op, 0, 0, 0);
    }

    fn instruction(&mut self, instruction: Instruction, pc: usize, next: usize) -> Result<(), String> {
        use Instruction as I;
        match instruction {
            I::Push(variable) => self.push_variable(variable)?,
            I::Store { to, pop } => self.store_variable(to, pop, pc)?,
            I::PushLiteral(index) => {
                let b = self.literal(index)?;
                match self.heap.fetch(self.method, 1 + index as usize).as_small_int().map(i32::try_from) {
                    Some(Ok(value)) => self.push(Op::PushConstant, 0, 0, value),
                    _ => self.push(Op::PushLiteral, 0, 0, b),
                }
            }
            // The receiver lies in the frame as temporaries do.
            I::PushReceiver => self.push(Op::PushTemp, 0, 0, frame::RECEIVER as i32),
            I::PushTrue => self.push(Op::PushTrue, 0, 0, 0),
            I::PushFalse => self.push(Op::PushFalse, 0, 0, 0),
            I::PushNil => self.push(Op::PushNil, 0, 0, 0),
            I::PushInteger(value) => self.push(Op::PushConstant, 0, 0, value),
            I::PushCharacter(value) => self.push(Op::PushCharacter, 0, 0, value as i32),
            I::PushThisContext => self.push(Op::PushThisContext, 0, 0, 0),
            I::PushThisProcess => self.push(Op::PushThisProcess, 0, 0, 0),
            I::Duplicate => self.push(Op::Duplicate, 0, 0, 0),
            I::Pop => self.push(Op::Pop, 0, 0, 0),
            I::Nop => self.push(Op::Nop, 0, 0, 0),
            I::CallPrimitive(_) if pc == self.header.initial_pc() && self.header.has_primitive() => self.push(Op::Nop, 0, 0, 0),
            I::CallPrimitive(_) => self.push(Op::Unused, self.bytes[pc], 0, 0),
            I::PushNewArray { size, pop } => self.push(if pop { Op::NewArrayPop } else { Op::NewArray }, size, 0, 0),
            I::PushClosure { args, copied, size } => {
                self.jumps.push((self.words.len(), next + size as usize));
                self.push(Op::PushClosure, args, copied as u16, 0);
                self.words.push(next as u64 + 1);
            }
            I::PushFullClosure { literal, copied, receiver_on_stack, no_outer } => {
                let b = self.literal(literal)?;
                self.push(Op::PushFullClosure, copied, receiver_on_stack as u16 | (no_outer as u16) << 1, b);
            }
            I::Jump(by) if by < 0 => self.jump(Op::JumpBack, next, by),
            I::Jump(by) => self.jump(Op::Jump, next, by),
            I::JumpIf(condition, by) => {
                self.tests.push((self.words.len(), next as u32 + 1));
                self.jump(if condition { Op::JumpTrue } else { Op::JumpFalse }, next, by);
            }
            I::Send { selector, args } => {
                let b = self.literal(selector)?;
                self.send(Op::Send, args, b);
            }
            I::SuperSend { selector, args } => {
                let b = self.literal(selector)?;
                self.send(Op::SendSuper, args, b);
            }
            I::DirectedSuperSend { selector, args } => {
                let b = self.literal(selector)?;
                self.send(Op::SendDirectedSuper, args, b);
            }
            I::SpecialSend(index) => self.special_send(index),
            I::Return(answer) => self.method_return(answer),
            I::BlockReturn(Answer::Nil) => self.push(Op::BlockReturnNil, 0, 0, 0),
            I::BlockReturn(_) => self.push(Op::BlockReturnTop, 0, 0, 0),
            I::Unused(byte) => self.push(Op::Unused, byte, 0, 0),
        }
        Ok(())
    }

    fn push_variable(&mut self, variable: Variable) -> Result<(), String> {
        match variable {
            Variable::Receiver(index) => {
                self.push(if self.for_context { Op::PushFieldOfContext } else { Op::PushField }, 0, 0, index as i32);
            }
            Variable::Temporary(index) => {
                let b = self.temp(index as usize);
                self.push(Op::PushTemp, 0, 0, b);
            }
            Variable::Literal(index) => {
                let b = self.literal_variable(index)?;
                self.push(Op::PushLiteralVariable, 0, 0, b);
            }
            Variable::Remote { index, vector } => {
                let b = self.temp(vector as usize);
                self.push(Op::PushRemote, index, 0, b);
            }
        }
        Ok(())
    }

    fn store_variable(&mut self, variable: Variable, pop: bool, pc: usize) -> Result<(), String> {
        let either = |a, b| if pop { a } else { b };
        match variable {
            Variable::Receiver(index) if self.for_context => {
                self.push(either(Op::PopFieldOfContext, Op::StoreFieldOfContext), 0, 0, index as i32);
            }
            Variable::Receiver(index) => self.push(either(Op::PopField, Op::StoreField), 0, 0, index as i32),
            Variable::Temporary(index) => {
                let b = self.temp(index as usize);
                // The store right behind callPrimitive receives the failure code when the frame is made.
                let after_primitive = self.words.len() == 1 && self.header.has_primitive() && pc > self.header.initial_pc();
                if after_primitive && !pop {
                    self.push(Op::StoreErrorCode, 0, 0, b);
                } else {
                    self.push(either(Op::PopTemp, Op::StoreTemp), 0, 0, b);
                }
            }
            Variable::Literal(index) => {
                let b = self.literal_variable(index)?;
                self.push(either(Op::PopLiteralVariable, Op::StoreLiteralVariable), 0, 0, b);
            }
            Variable::Remote { index, vector } => {
                let b = self.temp(vector as usize);
                self.push(either(Op::PopRemote, Op::StoreRemote), index, 0, b);
            }
        }
        Ok(())
    }

    fn special_send(&mut self, index: u8) {
        const OPS: [Op; 32] = [
            Op::Add,
            Op::Subtract,
            Op::Less,
            Op::Greater,
            Op::LessEqual,
            Op::GreaterEqual,
            Op::Equal,
            Op::NotEqual,
            Op::Multiply,
            Op::Divide,
            Op::Modulo,
            Op::MakePoint,
            Op::BitShift,
            Op::IntegerDivide,
            Op::BitAnd,
            Op::BitOr,
            Op::At,
            Op::AtPut,
            Op::Size,
            Op::SendSpecial,
            Op::SendSpecial,
            Op::SendSpecial,
            Op::Identical,
            Op::Class,
            Op::NotIdentical,
            Op::Value,
            Op::Value1,
            Op::SendSpecial,
            Op::SendSpecial,
            Op::SendSpecial,
            Op::SendSpecial,
            Op::SendSpecial,
        ];
        let args = crate::bytecode::SPECIAL_SELECTORS[index as usize].1;
        self.send(OPS[index as usize], args, index as i32);
    }

    fn method_return(&mut self, answer: Answer) {
        let in_block = self.scope().is_block;
        let op = match (answer, in_block) {
            (Answer::Receiver, false) => Op::ReturnReceiver,
            (Answer::True, false) => Op::ReturnTrue,
            (Answer::False, false) => Op::ReturnFalse,
            (Answer::Nil, false) => Op::ReturnNil,
            (Answer::Top, false) => Op::ReturnTop,
            (Answer::Receiver, true) => Op::HomeReturnReceiver,
            (Answer::True, true) => Op::HomeReturnTrue,
            (Answer::False, true) => Op::HomeReturnFalse,
            (Answer::Nil, true) => Op::HomeReturnNil,
            (Answer::Top, true) => Op::HomeReturnTop,
        };
        self.push(op, 0, 0, 0);
    }

    fn resolve_jumps(&mut self) -> Result<(), String> {
        for &(at, target) in &self.jumps {
            let to = self.word_of.get(target).copied().filter(|&w| w != u32::MAX);
            let to = to.ok_or_else(|| format!("it jumps to {}, where no instruction is", target + 1))?;
            let by = to as i64 - at as i64;
            self.words[at] = (self.words[at] & 0xFFFF_FFFF) | ((by as i32 as u32 as u64) << 32);
        }
        Ok(())
    }

    /// Behind the code, for each conditional jump, where its frame goes on when `mustBeBoolean` answers. Meanwhile the pc is that
    /// behind the jump, as images expect that go back to the jump themselves.
    fn ways_back(&mut self) -> Result<(), String> {
        for (number, (at, pc)) in std::mem::take(&mut self.tests).into_iter().enumerate() {
            let c = u16::try_from(number).map_err(|_| "it has too many conditional jumps")?;
            self.words[at] |= (c as u64) << 16;
            let back = at as i64 - self.words.len() as i64;
            self.push(Op::TestAgain, 0, 0, back as i32);
            self.pcs.push(pc);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Code, String> {
        let main = self.words.len();
        self.ways_back()?;
        Ok(Code {
            method: self.method,
            entry: Entry::Frame,
            args: self.header.args() as u8,
            temps: self.header.temps() as u8,
            context_slots: if self.header.large_frame() { LARGE_CONTEXT } else { SMALL_CONTEXT },
            primitive: 0,
            start: std::ptr::null(),
            words: self.words.into_boxed_slice(),
            main,
            pcs: self.pcs.into_boxed_slice(),
            shapes: self.shapes.into_boxed_slice(),
            blocks: self.blocks.into_boxed_slice(),
            native: MethodCode::default(),
            named: None,
        })
    }
}

/// Offset from the frame pointer of argument or temporary `index` in a frame with `args` arguments.
#[inline(always)]
pub(crate) const fn temp_offset(index: usize, args: usize) -> isize {
    if index < args { 1 + args as isize - index as isize } else { frame::FIRST_TEMP - (index as isize - args as isize) }
}

/// The temporary that an instruction uses, if it uses one. Temporaries are the lowest values of the stack.
fn temp_used(instruction: Instruction) -> Option<i32> {
    match instruction {
        Instruction::Push(variable) | Instruction::Store { to: variable, .. } => match variable {
            Variable::Temporary(index) => Some(index as i32),
            Variable::Remote { vector, .. } => Some(vector as i32),
            _ => None,
        },
        _ => None,
    }
}

/// How an instruction changes the depth of the stack, and how deep it must be before.
fn stack_effect(instruction: Instruction) -> (i32, i32) {
    use Instruction as I;
    match instruction {
        I::Push(_) | I::PushLiteral(_) | I::PushReceiver | I::PushTrue | I::PushFalse | I::PushNil => (1, 0),
        I::PushInteger(_) | I::PushCharacter(_) | I::PushThisContext | I::PushThisProcess => (1, 0),
        I::Duplicate => (1, 1),
        I::Store { pop, .. } => (-(pop as i32), 1),
        I::Pop | I::JumpIf(..) => (-1, 1),
        I::Nop | I::Jump(_) | I::CallPrimitive(_) | I::Unused(_) => (0, 0),
        I::PushNewArray { size, pop } => {
            if pop {
                (1 - size as i32, size as i32)
            } else {
                (1, 0)
            }
        }
        I::PushClosure { copied, .. } => (1 - copied as i32, copied as i32),
        I::PushFullClosure { copied, receiver_on_stack, .. } => {
            let taken = copied as i32 + receiver_on_stack as i32;
            (1 - taken, taken)
        }
        I::Send { args, .. } | I::SuperSend { args, .. } => (-(args as i32), args as i32 + 1),
        I::DirectedSuperSend { args, .. } => (-(args as i32) - 1, args as i32 + 2),
        I::SpecialSend(index) => {
            let args = crate::bytecode::SPECIAL_SELECTORS[index as usize].1 as i32;
            (-args, args + 1)
        }
        I::Return(Answer::Top) | I::BlockReturn(Answer::Top) => (-1, 1),
        I::Return(_) | I::BlockReturn(_) => (0, 0),
    }
}
