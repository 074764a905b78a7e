//! Encoding V3PlusClosures, the inverse of what the decoder in `osvm-core` does. Where there are several encodings it is the
//! shortest.

use super::Limit;
use Instruction as I;
use osvm_core::bytecode::{Answer, Instruction, Variable};

/// Appends an instruction.
pub(super) fn encode(instruction: Instruction, out: &mut Vec<u8>) -> Result<(), Limit> {
    match instruction {
        I::Push(variable) => push(variable, out)?,
        I::Store { to, pop } => store(to, pop, out)?,
        I::PushLiteral(index) => indexed(index, [(32, 32), (64, 0x80)], 0x60, out)?,
        I::PushReceiver => out.push(112),
        I::PushTrue => out.push(113),
        I::PushFalse => out.push(114),
        I::PushNil => out.push(115),
        I::PushInteger(value) => out.push((117 + value) as u8),
        I::PushThisContext => out.push(137),
        I::Duplicate => out.push(136),
        I::Pop => out.push(135),
        I::PushNewArray { size, pop } => out.extend([138, element_count(size)? | u8::from(pop) << 7]),
        I::PushClosure { args, copied, size } => {
            if args > 15 || copied > 15 {
                return Err(if args > 15 { Limit::Arguments } else { Limit::Copied });
            }
            let [high, low] = u16::try_from(size).map_err(|_| Limit::Distance)?.to_be_bytes();
            out.extend([143, args | copied << 4, high, low]);
        }
        I::Jump(distance) => jump(distance, out)?,
        I::JumpIf(condition, distance) => jump_if(condition, distance, out)?,
        I::Send { selector, args } => send(selector, args, out)?,
        I::SuperSend { selector, args } if selector < 32 && args < 8 => out.extend([133, args << 5 | selector as u8]),
        I::SuperSend { selector, args } => out.extend([132, 32 + args, literal(selector)?]),
        I::SpecialSend(index) => out.push(176 + index),
        I::Return(Answer::Receiver) => out.push(120),
        I::Return(Answer::True) => out.push(121),
        I::Return(Answer::False) => out.push(122),
        I::Return(Answer::Nil) => out.push(123),
        I::Return(Answer::Top) => out.push(124),
        I::BlockReturn(_) => out.push(125),
        I::CallPrimitive(number) => {
            let [low, high] = number.to_le_bytes();
            out.extend([139, low, high]);
        }
        I::PushThisProcess
        | I::PushCharacter(_)
        | I::PushFullClosure { .. }
        | I::DirectedSuperSend { .. }
        | I::Nop
        | I::Unused(_) => {
            unreachable!("{instruction:?} is not of this set")
        }
    }
    Ok(())
}

/// Appends the long form of an access to a field; false, and nothing is done, if it is none.
pub(super) fn encode_long(instruction: Instruction, out: &mut Vec<u8>) -> bool {
    match instruction {
        I::Push(Variable::Receiver(index @ 0..256)) => out.extend([132, 0x40, index as u8]),
        I::Store { to: Variable::Receiver(index @ 0..256), pop } => out.extend([132, if pop { 0xC0 } else { 0xA0 }, index as u8]),
        _ => return false,
    }
    true
}

fn literal(index: u16) -> Result<u8, Limit> {
    u8::try_from(index).map_err(|_| Limit::Literals)
}

fn element_count(size: u8) -> Result<u8, Limit> {
    if size < 128 { Ok(size) } else { Err(Limit::Elements) }
}

/// One byte where the index is small, else two, else the three of 132 with this operation.
fn indexed(index: u16, [(short, base), (medium, kind)]: [(u16, u8); 2], operation: u8, out: &mut Vec<u8>) -> Result<(), Limit> {
    if index < short {
        out.push(base + index as u8);
    } else if index < medium {
        out.extend([128, kind | index as u8]);
    } else {
        out.extend([132, operation, literal(index)?]);
    }
    Ok(())
}

fn push(variable: Variable, out: &mut Vec<u8>) -> Result<(), Limit> {
    match variable {
        Variable::Receiver(index) => indexed(index, [(16, 0), (64, 0)], 0x40, out).map_err(|_| Limit::Fields),
        Variable::Temporary(index) if index < 64 => indexed(index, [(16, 16), (64, 0x40)], 0, out),
        Variable::Temporary(_) => Err(Limit::Temporaries),
        Variable::Literal(index) => indexed(index, [(32, 64), (64, 0xC0)], 0x80, out),
        Variable::Remote { index, vector } => {
            out.extend([140, index, vector]);
            Ok(())
        }
    }
}

fn store(to: Variable, pop: bool, out: &mut Vec<u8>) -> Result<(), Limit> {
    let extended = if pop { 130 } else { 129 };
    match to {
        Variable::Receiver(index @ 0..8) if pop => out.push(96 + index as u8),
        Variable::Receiver(index @ 0..64) => out.extend([extended, index as u8]),
        Variable::Receiver(index) => {
            let index = u8::try_from(index).map_err(|_| Limit::Fields)?;
            out.extend([132, if pop { 0xC0 } else { 0xA0 }, index]);
        }
        Variable::Temporary(index @ 0..8) if pop => out.push(104 + index as u8),
        Variable::Temporary(index @ 0..64) => out.extend([extended, 0x40 | index as u8]),
        Variable::Temporary(_) => return Err(Limit::Temporaries),
        Variable::Literal(index @ 0..64) => out.extend([extended, 0xC0 | index as u8]),
        Variable::Literal(index) => {
            out.extend([132, 0xE0, literal(index)?]);
            // There is no long form that pops.
            out.extend(pop.then_some(135));
        }
        Variable::Remote { index, vector } => out.extend([if pop { 142 } else { 141 }, index, vector]),
    }
    Ok(())
}

fn jump(distance: i32, out: &mut Vec<u8>) -> Result<(), Limit> {
    match distance {
        1..=8 => out.push(144 + distance as u8 - 1),
        -1024..1024 => out.extend([(160 + ((distance + 1024) >> 8)) as u8, distance as u8]),
        _ => return Err(Limit::Distance),
    }
    Ok(())
}

fn jump_if(condition: bool, distance: i32, out: &mut Vec<u8>) -> Result<(), Limit> {
    match (condition, distance) {
        (false, 1..=8) => out.push(152 + distance as u8 - 1),
        (_, 0..1024) => out.extend([if condition { 168 } else { 172 } + (distance >> 8) as u8, distance as u8]),
        _ => return Err(Limit::Distance),
    }
    Ok(())
}

fn send(selector: u16, args: u8, out: &mut Vec<u8>) -> Result<(), Limit> {
    match (selector, args) {
        (0..16, 0..3) => out.push(208 + args * 16 + selector as u8),
        (0..32, 0..8) => out.extend([131, args << 5 | selector as u8]),
        (0..64, 0..4) => out.extend([134, args << 6 | selector as u8]),
        (_, 0..32) => out.extend([132, args, literal(selector)?]),
        _ => return Err(Limit::Arguments),
    }
    Ok(())
}
