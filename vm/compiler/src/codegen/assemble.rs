//! Sequences to bytecodes: what each step becomes, the literal frame, the depth of the stack.

use super::builder::{Builder, Operation, Place, SequenceId, Step};
use super::frame::Key;
use super::layout::{Exit, Layout, encode};
use super::literals::LiteralFrame;
use super::{CompiledCode, Limit, Options, sista, v3};
use crate::literal::Literal;
use osvm_core::bytecode::{Answer, BytecodeSet, Instruction, SPECIAL_SELECTORS, Variable};

/// Slots of a small frame.
const SMALL_FRAME: usize = 16;
/// Slots of a large frame.
const LARGE_FRAME: usize = 56;
/// The primitive whose method always has a large frame: `perform:withArguments:`.
const PERFORM_WITH_ARGUMENTS: u16 = 84;
/// Primitives that answer the receiver, one of the constants behind it, or a field.
const QUICK_RECEIVER: u16 = 256;
const QUICK_FIELD: u16 = 264;

/// How deep the stack is, and whether that counts from the start of a closure.
#[derive(Clone, Copy)]
struct Depth {
    now: usize,
    in_closure: bool,
}

pub(super) struct Assembler<'b> {
    builder: &'b Builder,
    options: &'b Options,
    literals: LiteralFrame,
    layout: Layout,
    /// The depth at the start of each sequence, where a jump says so.
    depths: Vec<Option<Depth>>,
    depth: Depth,
    max_depth: usize,
    primitive: Option<u16>,
    /// The code is that of a block.
    in_block: bool,
}

impl<'b> Assembler<'b> {
    pub fn new(
        builder: &'b Builder,
        options: &'b Options,
        primitive: Option<u16>,
        first: Option<Literal>,
        in_block: bool,
    ) -> Assembler<'b> {
        let mut literals = LiteralFrame::default();
        if let Some(first) = first {
            literals.index(&first).expect("there is room for the first literal");
        }
        let count = builder.sequences.len();
        let depth = Depth { now: 0, in_closure: false };
        let (layout, depths) = (Layout::new(options.set, count), vec![None; count]);
        Assembler { builder, options, literals, layout, depths, depth, max_depth: 0, primitive, in_block }
    }

    /// Assembles everything. Literals that end the frame are left to the caller.
    pub fn finish(mut self, arguments: usize) -> Result<CompiledCode, Limit> {
        for sequence in self.builder.reachable() {
            self.sequence(sequence)?;
        }
        let temporaries = self.builder.frames[0].len();
        let frame = temporaries + self.max_depth;
        if temporaries > 63 || frame > LARGE_FRAME {
            return Err(if temporaries > 63 { Limit::Temporaries } else { Limit::Stack });
        }
        self.layout.settle()?;
        let primitive = self.primitive.or_else(|| self.quick_primitive(arguments));
        let (bytecodes, positions) = self.layout.bytes(primitive)?;
        let large_frame = frame > SMALL_FRAME || primitive == Some(PERFORM_WITH_ARGUMENTS);
        let literals = self.literals.finish(self.builder, self.options);
        let (arguments, temporaries) = (arguments as u8, temporaries as u8);
        Ok(CompiledCode { arguments, temporaries, primitive, large_frame, literals, bytecodes, positions, set: self.options.set })
    }

    fn sequence(&mut self, sequence: SequenceId) -> Result<(), Limit> {
        self.layout.start_sequence(sequence);
        self.depth = self.depths[sequence].unwrap_or(self.depth);
        let steps = &self.builder.sequences[sequence];
        let mut next = 0;
        while let Some(step) = steps.get(next) {
            self.layout.chunk().note_position(step.offset);
            next += match steps.get(next + 1).map(|following| &following.operation) {
                Some(Operation::Pop) if self.store_and_pop(step)? => 2,
                Some(Operation::Return) if self.quick_return(step)? => 2,
                _ => {
                    self.step(step)?;
                    1
                }
            };
        }
        Ok(())
    }

    fn emit(&mut self, instruction: Instruction) -> Result<(), Limit> {
        let (set, long_fields) = (self.options.set, self.options.long_fields);
        let bytes = &mut self.layout.chunk().bytes;
        match (set, instruction) {
            (BytecodeSet::V3PlusClosures, _) if long_fields && v3::encode_long(instruction, bytes) => Ok(()),
            (BytecodeSet::SistaV1, _) if long_fields && sista::encode_long(instruction, bytes) => Ok(()),
            _ => encode(set, instruction, bytes),
        }
    }

    fn pushed(&mut self, count: usize) {
        self.depth.now += count;
        let counted =
            if self.depth.in_closure { self.depth.now.saturating_sub(self.builder.frames[0].len()) } else { self.depth.now };
        self.max_depth = self.max_depth.max(counted);
    }

    fn popped(&mut self, count: usize) {
        self.depth.now = self.depth.now.saturating_sub(count);
    }

    fn slot(&self, frame: usize, key: &Key) -> Result<u16, Limit> {
        self.builder.frames[frame].index(key)
    }

    fn variable(&mut self, place: &Place, frame: usize) -> Result<Variable, Limit> {
        Ok(match place {
            Place::Field(index) => Variable::Receiver(*index),
            Place::Slot(key) => Variable::Temporary(self.slot(frame, key)?),
            Place::Remote(index, key) => {
                let index = u8::try_from(*index).map_err(|_| Limit::Elements)?;
                Variable::Remote { index, vector: self.slot(frame, key)? as u8 }
            }
            Place::Variable(id) => Variable::Literal(self.literals.index(&Literal::Variable(*id))?),
        })
    }

    /// A store whose value is not used further is one instruction with what removes it.
    fn store_and_pop(&mut self, step: &Step) -> Result<bool, Limit> {
        let Operation::Store(place) = &step.operation else { return Ok(false) };
        let to = self.variable(place, step.frame)?;
        self.emit(Instruction::Store { to, pop: true })?;
        self.popped(1);
        Ok(true)
    }

    /// Some things that are pushed only to be returned have an instruction that does both.
    fn quick_return(&mut self, step: &Step) -> Result<bool, Limit> {
        let answer = match &step.operation {
            Operation::PushReceiver => Answer::Receiver,
            Operation::PushLiteral(Literal::True) => Answer::True,
            Operation::PushLiteral(Literal::False) => Answer::False,
            Operation::PushLiteral(Literal::Nil) => Answer::Nil,
            _ => return Ok(false),
        };
        self.emit(Instruction::Return(answer))?;
        Ok(true)
    }

    fn step(&mut self, step: &Step) -> Result<(), Limit> {
        match &step.operation {
            Operation::PushReceiver => self.push(Instruction::PushReceiver),
            Operation::PushThisContext => self.push(Instruction::PushThisContext),
            Operation::PushThisProcess => self.push(Instruction::PushThisProcess),
            Operation::PushLiteral(literal) => self.push_literal(literal),
            Operation::Duplicate => self.push(Instruction::Duplicate),
            Operation::Push(place) => {
                let variable = self.variable(place, step.frame)?;
                self.push(Instruction::Push(variable))
            }
            Operation::Store(place) => {
                let to = self.variable(place, step.frame)?;
                self.emit(Instruction::Store { to, pop: false })
            }
            Operation::NewVector(key, size) => {
                let size = u8::try_from(*size).map_err(|_| Limit::Elements)?;
                self.push(Instruction::PushNewArray { size, pop: false })?;
                let to = Variable::Temporary(self.slot(step.frame, key)?);
                self.emit(Instruction::Store { to, pop: true })?;
                self.popped(1);
                Ok(())
            }
            Operation::PushArray(size) => {
                self.push(Instruction::PushNewArray { size: *size as u8, pop: true })?;
                self.popped(*size);
                Ok(())
            }
            Operation::Pop => {
                self.popped(1);
                self.emit(Instruction::Pop)
            }
            Operation::Send(selector) => self.send(selector),
            Operation::SuperSend(selector) => self.super_send(selector),
            Operation::Return => {
                self.popped(1);
                self.emit(Instruction::Return(Answer::Top))
            }
            Operation::BlockReturn { .. } => self.emit(Instruction::BlockReturn(Answer::Top)),
            Operation::PushFullClosure { code, copied } => self.full_closure(code, copied, step),
            Operation::Jump { .. } | Operation::JumpIf { .. } | Operation::PushClosure { .. } => self.exit(step),
        }
    }

    fn push(&mut self, instruction: Instruction) -> Result<(), Limit> {
        self.pushed(1);
        self.emit(instruction)
    }

    fn push_literal(&mut self, literal: &Literal) -> Result<(), Limit> {
        let constants = if self.options.set == BytecodeSet::SistaV1 { 0..=1 } else { -1..=2 };
        let instruction = match literal {
            Literal::Nil => Instruction::PushNil,
            Literal::True => Instruction::PushTrue,
            Literal::False => Instruction::PushFalse,
            Literal::Integer(value) if constants.contains(value) => Instruction::PushInteger(*value as i32),
            _ => Instruction::PushLiteral(self.literals.index(literal)?),
        };
        self.push(instruction)
    }

    fn send(&mut self, selector: &str) -> Result<(), Limit> {
        let args = crate::syntax::argument_count(selector);
        self.popped(args);
        let special = SPECIAL_SELECTORS.iter().position(|&(name, _)| name == selector);
        match special.filter(|_| selector != "class" || self.options.class_is_special) {
            Some(index) => self.emit(Instruction::SpecialSend(index as u8)),
            None => {
                let selector = self.literals.index(&Literal::Symbol(selector.into()))?;
                self.emit(Instruction::Send { selector, args: args as u8 })
            }
        }
    }

    fn super_send(&mut self, selector: &str) -> Result<(), Limit> {
        let args = crate::syntax::argument_count(selector);
        let directed = self.in_block;
        if directed {
            // A block's last literal is not the class: it is pushed.
            let class = self.literals.index(&Literal::MethodClass)?;
            self.push(Instruction::Push(Variable::Literal(class)))?;
            self.popped(1);
        }
        self.popped(args);
        let selector = self.literals.index(&Literal::Symbol(selector.into()))?;
        let args = args as u8;
        self.emit(if directed {
            Instruction::DirectedSuperSend { selector, args }
        } else {
            Instruction::SuperSend { selector, args }
        })
    }

    fn push_copied(&mut self, copied: &[Key], frame: usize) -> Result<(), Limit> {
        copied.iter().try_for_each(|key| {
            let slot = self.slot(frame, key)?;
            self.push(Instruction::Push(Variable::Temporary(slot)))
        })
    }

    fn full_closure(&mut self, code: &CompiledCode, copied: &[Key], step: &Step) -> Result<(), Limit> {
        self.push_copied(copied, step.frame)?;
        self.popped(copied.len());
        let literal = self.literals.index(&Literal::Block(Box::new(code.clone())))?;
        let copied = u8::try_from(copied.len()).map_err(|_| Limit::Copied)?;
        self.push(Instruction::PushFullClosure { literal, copied, receiver_on_stack: false, no_outer: false })
    }

    /// Notes how deep the stack is where a jump leads.
    fn flow_to(&mut self, sequence: SequenceId) {
        self.depths[sequence].get_or_insert(self.depth);
    }

    fn exit(&mut self, step: &Step) -> Result<(), Limit> {
        let mut closure_start = None;
        let exit = match &step.operation {
            Operation::Jump { to, .. } => {
                self.flow_to(*to);
                Exit::Jump(*to)
            }
            Operation::JumpIf { condition, to, otherwise } => {
                self.popped(1);
                self.flow_to(*to);
                self.flow_to(*otherwise);
                Exit::JumpIf(*condition, *to)
            }
            Operation::PushClosure { arguments, copied, frame, end, .. } => {
                self.push_copied(copied, step.frame)?;
                self.popped(copied.len());
                self.pushed(1);
                self.flow_to(*end);
                closure_start = Some((*frame, arguments + copied.len()));
                Exit::Closure {
                    arguments: *arguments as u8,
                    copied: u8::try_from(copied.len()).map_err(|_| Limit::Copied)?,
                    end: *end,
                }
            }
            _ => unreachable!("only jumps end a chunk"),
        };
        let chunk = self.layout.chunk();
        (chunk.exit, chunk.exit_offset) = (exit, step.offset);
        closure_start.map_or(Ok(()), |(frame, given)| self.closure_start(frame, given))
    }

    /// A closure begins with its temporaries, nil, on the stack.
    fn closure_start(&mut self, frame: usize, given: usize) -> Result<(), Limit> {
        self.layout.start_chunk();
        self.depth = Depth { now: given, in_closure: true };
        (given..self.builder.frames[frame].len()).try_for_each(|_| self.push(Instruction::PushNil))
    }

    /// The primitive of a method that only answers the receiver, a constant, or a field.
    fn quick_primitive(&self, arguments: usize) -> Option<u16> {
        let [first, second] = match self.builder.reachable()[..] {
            [only] if arguments == 0 && !self.in_block && self.layout.is_single() => match &self.builder.sequences[only][..] {
                [first, second, ..] => [&first.operation, &second.operation],
                _ => return None,
            },
            _ => return None,
        };
        if *second != Operation::Return {
            return None;
        }
        match first {
            Operation::PushReceiver => Some(QUICK_RECEIVER),
            Operation::PushLiteral(literal) => {
                let constants = [
                    Literal::True,
                    Literal::False,
                    Literal::Nil,
                    Literal::Integer(-1),
                    Literal::Integer(0),
                    Literal::Integer(1),
                    Literal::Integer(2),
                ];
                constants.iter().position(|constant| constant == literal).map(|index| QUICK_RECEIVER + 1 + index as u16)
            }
            Operation::Push(Place::Field(index)) if !self.options.long_fields => Some(QUICK_FIELD + index),
            _ => None,
        }
    }
}
