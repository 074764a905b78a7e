//! The body of a function, with accounts of steps and of stack.

use super::added::Added;
use super::input::Input;
use super::{Budget, END, QUANTUM, Unfit};
use wasm_encoder::{BlockType, Encode, InstructionSink, ValType};
use wasmparser::{FuncType, FunctionBody, Operator, OperatorsReader};

/// A function without calls and loops that is shorter than this has no account of its own: its caller pays.
const SHORT: u32 = 64;
/// A function without calls that has at most so much stack has no account of it.
const SMALL_FRAME: i32 = 4 << 10;
/// What a frame has besides values, in bytes.
const FRAME: u32 = 64;
/// The largest cost that is counted.
const MOST: u32 = QUANTUM as u32;

/// Steps of a call of the host: it takes about as long as so many instructions, or longer.
pub(super) const fn call_cost() -> u32 {
    2000
}

/// Counts steps down, and asks the host when none are left.
pub(super) fn steps(code: &mut InstructionSink<'_>, added: &Added, steps: u32) {
    code.global_get(added.steps).i32_const(steps.min(MOST).cast_signed()).i32_sub().global_set(added.steps);
    code.global_get(added.steps).i32_const(0).i32_lt_s().if_(BlockType::Empty).call(added.ask()).end();
}

/// What a function's code is like.
#[derive(Default)]
struct Survey {
    /// Steps outside of loops, and in the turns of each loop without those of loops in it.
    outside: u32,
    loops: Vec<u32>,
    operators: u32,
    calls: bool,
    grows: bool,
}

impl Survey {
    fn of(mut reader: OperatorsReader<'_>) -> Result<Survey, Unfit> {
        let mut survey = Survey::default();
        // For each open block, the loop that it is in.
        let mut open = vec![None];
        while !reader.eof() {
            let operator = reader.read()?;
            survey.operators += 1;
            match operator {
                Operator::Loop { .. } => {
                    survey.loops.push(0);
                    open.push(Some(survey.loops.len() - 1));
                }
                Operator::Block { .. } | Operator::If { .. } => open.push(open.last().copied().flatten()),
                Operator::End => drop(open.pop()),
                _ => {}
            }
            let steps = survey.steps(&operator)?;
            let counter = match open.last().copied().flatten() {
                Some(number) => &mut survey.loops[number],
                None => &mut survey.outside,
            };
            *counter = counter.saturating_add(steps);
        }
        Ok(survey)
    }

    /// The steps of an instruction: 1, but for those that take much longer.
    fn steps(&mut self, operator: &Operator<'_>) -> Result<u32, Unfit> {
        Ok(match operator {
            Operator::Call { .. }
            | Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. } => {
                self.calls = true;
                8
            }
            Operator::MemoryGrow { .. } | Operator::TableGrow { .. } => {
                self.grows = true;
                10_000
            }
            Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. } => 1_000,
            Operator::Try { .. }
            | Operator::TryTable { .. }
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::Delegate { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. } => return Err(Unfit("exceptions are not supported".into())),
            _ => 1,
        })
    }
}

/// The body of a function of this type, changed.
pub(super) fn rewrite(
    body: &FunctionBody<'_>,
    ty: &FuncType,
    input: &Input<'_>,
    added: &mut Added,
    budget: Budget,
) -> Result<Vec<u8>, Unfit> {
    let survey = Survey::of(body.get_operators_reader()?)?;
    let mut locals = body.get_locals_reader()?;
    let (groups, start) = (locals.get_count(), locals.original_position());
    let (mut count, mut slots) = (ty.params().len() as u32, ty.params().iter().map(|ty| slots(*ty)).sum::<u32>());
    for _ in 0..groups {
        let (number, ty) = locals.read()?;
        count = count.saturating_add(number);
        slots = slots.saturating_add(number.saturating_mul(self::slots(ty)));
    }
    let mut bytes = Vec::with_capacity(body.range().len() * 2);
    (groups + u32::from(survey.grows)).encode(&mut bytes);
    bytes.extend_from_slice(&input.bytes[start..locals.original_position()]);
    if survey.grows {
        1u32.encode(&mut bytes);
        ValType::I32.encode(&mut bytes);
    }
    let frame = FRAME.saturating_add(slots.saturating_mul(8)).saturating_add(survey.operators).min(MOST).cast_signed();
    let framed = survey.calls || frame > SMALL_FRAME;
    let block = if framed { Some(added.block(ty.results())?) } else { None };
    let writer = Writer { input, added, budget, frame, framed, temporary: count, survey: &survey };
    writer.write(body.get_operators_reader()?, block, &mut bytes)?;
    Ok(bytes)
}

/// How many places of 8 bytes a value takes.
fn slots(ty: wasmparser::ValType) -> u32 {
    if ty == wasmparser::ValType::V128 { 2 } else { 1 }
}

struct Writer<'w> {
    input: &'w Input<'w>,
    added: &'w Added,
    budget: Budget,
    /// Bytes of stack of a call.
    frame: i32,
    /// The function keeps account of its stack.
    framed: bool,
    /// A local of the function that nothing else uses.
    temporary: u32,
    survey: &'w Survey,
}

impl Writer<'_> {
    fn write(&self, mut reader: OperatorsReader<'_>, block: Option<BlockType>, bytes: &mut Vec<u8>) -> Result<(), Unfit> {
        let survey = self.survey;
        if survey.calls || survey.outside >= SHORT {
            steps(&mut InstructionSink::new(bytes), self.added, survey.outside);
        }
        if let Some(block) = block {
            self.enter(&mut InstructionSink::new(bytes), block);
        }
        let (mut depth, mut loops) = (0, survey.loops.iter());
        while !reader.eof() {
            let start = reader.original_position();
            let operator = reader.read()?;
            let raw = &self.input.bytes[start..reader.original_position()];
            match operator {
                Operator::End if reader.eof() => {
                    if self.framed {
                        bytes.push(END);
                        self.leave(&mut InstructionSink::new(bytes));
                    }
                    bytes.push(END);
                    return Ok(());
                }
                Operator::Loop { .. } => {
                    depth += 1;
                    bytes.extend_from_slice(raw);
                    let turn = loops.next().copied().unwrap_or(MOST);
                    steps(&mut InstructionSink::new(bytes), self.added, turn);
                }
                Operator::Block { .. } | Operator::If { .. } => {
                    depth += 1;
                    bytes.extend_from_slice(raw);
                }
                Operator::End => {
                    depth -= 1;
                    bytes.extend_from_slice(raw);
                }
                operator => self.plain(&operator, raw, depth, bytes),
            }
        }
        Err(Unfit("a function has no end".into()))
    }

    /// An instruction that opens and ends no block.
    fn plain(&self, operator: &Operator<'_>, raw: &[u8], depth: u32, bytes: &mut Vec<u8>) {
        let mut code = InstructionSink::new(bytes);
        match operator {
            // To the end of the block that the whole function is in.
            Operator::Return if self.framed => drop(code.br(depth)),
            Operator::Call { function_index } => drop(code.call(self.added.function(*function_index))),
            Operator::RefFunc { function_index } => drop(code.ref_func(self.added.function(*function_index))),
            Operator::ReturnCall { function_index } => {
                self.leave(&mut code);
                code.return_call(self.added.function(*function_index));
            }
            Operator::ReturnCallIndirect { .. } | Operator::ReturnCallRef { .. } => {
                self.leave(&mut code);
                bytes.extend_from_slice(raw);
            }
            Operator::MemoryGrow { mem } => {
                bytes.extend_from_slice(raw);
                let limited = self.input.memories.get(*mem as usize).is_some_and(|ty| {
                    !ty.memory64
                        && ty.maximum.is_none_or(|pages| pages.saturating_mul(u64::from(ty.page_size())) > self.budget.memory)
                });
                self.note(limited, bytes);
            }
            Operator::TableGrow { table } => {
                bytes.extend_from_slice(raw);
                let limited = self
                    .input
                    .tables
                    .get(*table as usize)
                    .map(|table| table.ty)
                    .is_some_and(|ty| !ty.table64 && ty.maximum.is_none_or(|elements| elements > self.budget.table));
                self.note(limited, bytes);
            }
            _ => bytes.extend_from_slice(raw),
        }
    }

    /// Takes the stack of a call. What follows is in a block, so that it is given back wherever the function returns.
    fn enter(&self, code: &mut InstructionSink<'_>, block: BlockType) {
        let stack = self.added.stack();
        code.global_get(stack).i32_const(self.frame).i32_sub().global_set(stack);
        code.global_get(stack).i32_const(0).i32_lt_s().if_(BlockType::Empty).unreachable().end();
        code.block(block);
    }

    /// Gives the stack of a call back.
    fn leave(&self, code: &mut InstructionSink<'_>) {
        let stack = self.added.stack();
        code.global_get(stack).i32_const(self.frame).i32_add().global_set(stack);
    }

    /// Notes a refusal to grow that the limits are the reason of.
    fn note(&self, limited: bool, bytes: &mut Vec<u8>) {
        if limited {
            let mut code = InstructionSink::new(bytes);
            code.local_tee(self.temporary).i32_const(-1).i32_eq().if_(BlockType::Empty);
            code.i32_const(1).global_set(self.added.denied()).end().local_get(self.temporary);
        }
    }
}
