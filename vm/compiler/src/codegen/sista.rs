//! Encoding Sista V1, the inverse of what the decoder in `osvm-core` does. Jumps back always have their extension.

use super::Limit;
use Instruction as I;
use osvm_core::bytecode::{Answer, Instruction, Variable};

/// Appends an instruction.
pub(super) fn encode(instruction: Instruction, out: &mut Vec<u8>) -> Result<(), Limit> {
    match instruction {
        I::Push(variable) => push(variable, out)?,
        I::Store { to, pop } => store(to, pop, out)?,
        I::PushLiteral(index @ 0..32) => out.push(32 + index as u8),
        I::PushLiteral(index) => extended_a(228, index, out),
        I::PushReceiver => out.push(76),
        I::PushTrue => out.push(77),
        I::PushFalse => out.push(78),
        I::PushNil => out.push(79),
        I::PushInteger(0) => out.push(80),
        I::PushInteger(1) => out.push(81),
        I::PushInteger(value) => extended_b(232, value, out)?,
        I::PushCharacter(code) => extended_b(233, code as i32, out)?,
        I::PushThisContext => out.push(82),
        I::PushThisProcess => out.extend([225, 1, 82]),
        I::Duplicate => out.push(83),
        I::Pop => out.push(216),
        I::Nop => out.push(95),
        I::PushNewArray { size: 128.., .. } => return Err(Limit::Elements),
        I::PushNewArray { size, pop } => out.extend([231, size | u8::from(pop) << 7]),
        I::PushFullClosure { copied: 64.., .. } => return Err(Limit::Copied),
        I::PushFullClosure { literal, copied, receiver_on_stack, no_outer } => {
            extended_a(249, literal, out);
            out.push(copied | u8::from(receiver_on_stack) << 7 | u8::from(no_outer) << 6);
        }
        I::Jump(distance @ 1..=8) => out.push(175 + distance as u8),
        I::Jump(distance) => extended_b(237, distance, out)?,
        I::JumpIf(true, distance @ 1..=8) => out.push(183 + distance as u8),
        I::JumpIf(false, distance @ 1..=8) => out.push(191 + distance as u8),
        I::JumpIf(condition, distance) => extended_b(if condition { 238 } else { 239 }, distance, out)?,
        I::Send { selector: index @ 0..16, args: args @ 0..3 } => out.push(128 + args * 16 + index as u8),
        I::Send { selector, args } => send(234, selector, args, 0, out),
        I::SuperSend { selector, args } => send(235, selector, args, 0, out),
        I::DirectedSuperSend { selector, args } => send(235, selector, args, 64, out),
        I::SpecialSend(index) => out.push(96 + index),
        I::Return(Answer::Receiver) => out.push(88),
        I::Return(Answer::True) => out.push(89),
        I::Return(Answer::False) => out.push(90),
        I::Return(Answer::Nil) => out.push(91),
        I::Return(Answer::Top) => out.push(92),
        I::BlockReturn(Answer::Nil) => out.push(93),
        I::BlockReturn(_) => out.push(94),
        I::CallPrimitive(number) => {
            let [low, high] = number.to_le_bytes();
            out.extend([248, low, high]);
        }
        I::PushClosure { .. } | I::Unused(_) => unreachable!("{instruction:?} is not made in this set"),
    }
    Ok(())
}

/// Appends the long form of an access to a field; false, and nothing is done, if it is none. A store that keeps the value is
/// one that does not, and a push.
pub(super) fn encode_long(instruction: Instruction, out: &mut Vec<u8>) -> bool {
    match instruction {
        I::Push(Variable::Receiver(index)) => extended_a(226, index, out),
        I::Store { to: Variable::Receiver(index), pop } => {
            extended_a(240, index, out);
            if !pop {
                extended_a(226, index, out);
            }
        }
        _ => return false,
    }
    true
}

/// An instruction with an unsigned operand that extension A continues.
fn extended_a(byte: u8, operand: u16, out: &mut Vec<u8>) {
    let [high, low] = operand.to_be_bytes();
    if high > 0 {
        out.extend([224, high]);
    }
    out.extend([byte, low]);
}

/// An instruction with a signed operand that extension B continues.
fn extended_b(byte: u8, operand: i32, out: &mut Vec<u8>) -> Result<(), Limit> {
    let [high, low] = i16::try_from(operand).map_err(|_| Limit::Distance)?.to_be_bytes();
    if high > 0 {
        out.extend([225, high]);
    }
    out.extend([byte, low]);
    Ok(())
}

fn push(variable: Variable, out: &mut Vec<u8>) -> Result<(), Limit> {
    match variable {
        Variable::Receiver(index @ 0..16) => out.push(index as u8),
        Variable::Receiver(index) => extended_a(226, index, out),
        Variable::Literal(index @ 0..16) => out.push(16 + index as u8),
        Variable::Literal(index) => extended_a(227, index, out),
        Variable::Temporary(index @ 0..12) => out.push(64 + index as u8),
        Variable::Temporary(index @ 0..64) => out.extend([229, index as u8]),
        Variable::Temporary(_) => return Err(Limit::Temporaries),
        Variable::Remote { index, vector } => out.extend([251, index, vector]),
    }
    Ok(())
}

fn store(to: Variable, pop: bool, out: &mut Vec<u8>) -> Result<(), Limit> {
    match to {
        Variable::Receiver(index @ 0..8) if pop => out.push(200 + index as u8),
        Variable::Receiver(index) => extended_a(if pop { 240 } else { 243 }, index, out),
        Variable::Literal(index) => extended_a(if pop { 241 } else { 244 }, index, out),
        Variable::Temporary(index @ 0..8) if pop => out.push(208 + index as u8),
        Variable::Temporary(index @ 0..64) => out.extend([if pop { 242 } else { 245 }, index as u8]),
        Variable::Temporary(_) => return Err(Limit::Temporaries),
        Variable::Remote { index, vector } => out.extend([if pop { 253 } else { 252 }, index, vector]),
    }
    Ok(())
}

fn send(byte: u8, selector: u16, args: u8, flag: u8, out: &mut Vec<u8>) {
    if selector > 31 {
        let [high, low] = (selector / 32).to_be_bytes();
        if high > 0 {
            out.extend([224, high]);
        }
        out.extend([224, low]);
    }
    if args > 7 || flag > 0 {
        out.extend([225, args / 8 + flag]);
    }
    out.extend([byte, (selector % 32) as u8 * 8 + args % 8]);
}
