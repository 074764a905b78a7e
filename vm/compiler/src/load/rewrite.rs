//! Compiled code for instances whose fields have moved: the instructions that access fields get other numbers. This is for methods whose
//! sources are not at hand; those that are loaded are compiled anew.

use crate::codegen::layout::encode;
use osvm_core::bytecode::{BytecodeSet, Instruction, MethodHeader, Variable, decode};
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;

/// Primitives from here on answer a field.
const FIRST_FIELD_PRIMITIVE: u16 = 264;
const LAST_FIELD_PRIMITIVE: u16 = 519;
/// Sizes of jumps settle in a few rounds, or never.
const MAX_ROUNDS: usize = 20;

/// What became of some code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rewritten {
    /// It accesses nothing that has moved.
    Same,
    /// It was changed where it is.
    InPlace,
    /// It needs more or fewer bytes, so that it is now this object.
    Replaced(Oop),
}

/// Why code cannot be changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// It accesses this field, which is gone.
    Gone(u16),
    /// Its instructions cannot be read or written.
    Unreadable,
    /// Memory is full.
    NoMemory,
}

/// An instruction of the code.
struct Item {
    old_pc: usize,
    old_next: usize,
    instruction: Instruction,
    bytes: Vec<u8>,
}

/// Changes a method, or a block with code of its own; `map` answers where a field is now.
pub(super) fn rewrite(heap: &mut Heap, code: Oop, map: &dyn Fn(u16) -> Option<u16>) -> Result<Rewritten, Failure> {
    let header = MethodHeader::of(heap, code).ok_or(Failure::Unreadable)?;
    let (set, start) = (header.set(), header.initial_pc());
    let old = heap.bytes(code).to_vec();
    let (mut items, end) = read(set, &old, start)?;
    let mut changed = false;
    for item in &mut items {
        let moved = moved(item.instruction, map)?;
        changed |= moved != item.instruction;
        item.instruction = moved;
    }
    if !changed {
        return Ok(Rewritten::Same);
    }
    let new = write(set, &mut items, end)?;
    if new.len() == end - start {
        // `bytes_mut` begins behind the literals, as the code does.
        heap.bytes_mut(code)[..new.len()].copy_from_slice(&new);
        return Ok(Rewritten::InPlace);
    }
    replace(heap, code, header, &[&new[..], &old[end..]].concat()).map(Rewritten::Replaced)
}

/// The same method with other bytes.
fn replace(heap: &mut Heap, code: Oop, header: MethodHeader, bytes: &[u8]) -> Result<Oop, Failure> {
    use osvm_core::object::Format;
    let (format, slots) = Format::for_units(Format::COMPILED_METHOD, bytes.len() as u64, 0);
    let class = heap.class_index(code);
    let new = heap.alloc_bits(class, format, 1 + header.literals() + slots as usize).map_err(|_| Failure::NoMemory)?;
    for index in 0..=header.literals() {
        let literal = heap.fetch(code, index);
        heap.store(new, index, literal);
    }
    heap.bytes_mut(new)[..bytes.len()].copy_from_slice(bytes);
    Ok(new)
}

/// The instructions from `start` on, and where the code ends: behind a return or jump behind which nothing jumps.
fn read(set: BytecodeSet, bytes: &[u8], start: usize) -> Result<(Vec<Item>, usize), Failure> {
    let (mut items, mut pc, mut reached) = (Vec::new(), start, start);
    loop {
        let (instruction, next) = decode(set, bytes, pc).ok_or(Failure::Unreadable)?;
        let target = |distance: i32| usize::try_from(next as i64 + i64::from(distance)).unwrap_or(usize::MAX);
        let mut ends = false;
        match instruction {
            Instruction::Unused(_) => return Err(Failure::Unreadable),
            Instruction::Jump(distance) => {
                reached = reached.max(target(distance));
                ends = true;
            }
            Instruction::JumpIf(_, distance) => reached = reached.max(target(distance)),
            Instruction::PushClosure { size, .. } => reached = reached.max(next + size as usize),
            Instruction::Return(_) | Instruction::BlockReturn(_) => ends = true,
            _ => {}
        }
        items.push(Item { old_pc: pc, old_next: next, instruction, bytes: bytes[pc..next].to_vec() });
        pc = next;
        if ends && pc > reached {
            return Ok((items, pc));
        }
    }
}

/// The instruction with the field that it accesses where it is now.
fn moved(instruction: Instruction, map: &dyn Fn(u16) -> Option<u16>) -> Result<Instruction, Failure> {
    let field = |index: u16| map(index).ok_or(Failure::Gone(index));
    Ok(match instruction {
        Instruction::Push(Variable::Receiver(index)) => Instruction::Push(Variable::Receiver(field(index)?)),
        Instruction::Store { to: Variable::Receiver(index), pop } => {
            Instruction::Store { to: Variable::Receiver(field(index)?), pop }
        }
        Instruction::CallPrimitive(number @ FIRST_FIELD_PRIMITIVE..=LAST_FIELD_PRIMITIVE) => {
            Instruction::CallPrimitive(FIRST_FIELD_PRIMITIVE + field(number - FIRST_FIELD_PRIMITIVE)?)
        }
        other => other,
    })
}

/// The bytes of the instructions, with jumps that lead where they led.
fn write(set: BytecodeSet, items: &mut [Item], end: usize) -> Result<Vec<u8>, Failure> {
    for _ in 0..MAX_ROUNDS {
        let mut starts = vec![0];
        items.iter().for_each(|item| starts.push(starts[starts.len() - 1] + item.bytes.len()));
        let start_of = |old: usize| match items.iter().position(|item| item.old_pc == old) {
            Some(index) => Ok(starts[index]),
            None if old == end => Ok(starts[items.len()]),
            None => Err(Failure::Unreadable),
        };
        let mut written = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let next = starts[index + 1] as i64;
            let target =
                |distance: i64| start_of(usize::try_from(item.old_next as i64 + distance).map_err(|_| Failure::Unreadable)?);
            let instruction = match item.instruction {
                Instruction::Jump(distance) => Instruction::Jump((target(distance.into())? as i64 - next) as i32),
                Instruction::JumpIf(when, distance) => Instruction::JumpIf(when, (target(distance.into())? as i64 - next) as i32),
                Instruction::PushClosure { args, copied, size } => {
                    Instruction::PushClosure { args, copied, size: (target(size.into())? as i64 - next) as u32 }
                }
                other => other,
            };
            let mut bytes = Vec::new();
            encode(set, instruction, &mut bytes).map_err(|_| Failure::Unreadable)?;
            written.push(bytes);
        }
        let settled = items.iter().zip(&written).all(|(item, bytes)| item.bytes.len() == bytes.len());
        items.iter_mut().zip(written).for_each(|(item, bytes)| item.bytes = bytes);
        if settled {
            return Ok(items.iter().flat_map(|item| item.bytes.iter().copied()).collect());
        }
    }
    Err(Failure::Unreadable)
}
