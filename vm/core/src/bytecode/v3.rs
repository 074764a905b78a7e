//! Decoding V3PlusClosures, the bytecode set of Smalltalk-80 with closures. Source: the table in `StackInterpreter class>>
//! initializeBytecodeTableForSqueakV3PlusClosures`.

use super::{Answer, Instruction, Variable};
use Instruction as I;

fn variable(kind: u8, index: u16) -> Option<Variable> {
    match kind {
        0 => Some(Variable::Receiver(index)),
        1 => Some(Variable::Temporary(index)),
        3 => Some(Variable::Literal(index)),
        _ => None,
    }
}

fn store(byte: u8, operand: u8, pop: bool) -> Instruction {
    variable(operand >> 6, (operand & 63) as u16).map_or(I::Unused(byte), |to| I::Store { to, pop })
}

/// The instruction 132, whose second byte has the operation in its upper three bits.
fn double_extended(kind: u8, operand: u8) -> Instruction {
    let index = operand as u16;
    match kind >> 5 {
        0 => I::Send { selector: index, args: kind & 31 },
        1 => I::SuperSend { selector: index, args: kind & 31 },
        2 => I::Push(Variable::Receiver(index)),
        3 => I::PushLiteral(index),
        4 => I::Push(Variable::Literal(index)),
        5 => I::Store { to: Variable::Receiver(index), pop: false },
        6 => I::Store { to: Variable::Receiver(index), pop: true },
        _ => I::Store { to: Variable::Literal(index), pop: false },
    }
}

pub(super) fn decode(code: &[u8], pc: usize) -> Option<(Instruction, usize)> {
    let byte = *code.get(pc)?;
    let operand = |i: usize| code.get(pc + i).copied();
    let low = |bits: u8| (byte & ((1 << bits) - 1)) as u16;
    Some(match byte {
        0..=15 => (I::Push(Variable::Receiver(low(4))), pc + 1),
        16..=31 => (I::Push(Variable::Temporary(low(4))), pc + 1),
        32..=63 => (I::PushLiteral(low(5)), pc + 1),
        64..=95 => (I::Push(Variable::Literal(low(5))), pc + 1),
        96..=103 => (I::Store { to: Variable::Receiver(low(3)), pop: true }, pc + 1),
        104..=111 => (I::Store { to: Variable::Temporary(low(3)), pop: true }, pc + 1),
        112 => (I::PushReceiver, pc + 1),
        113 => (I::PushTrue, pc + 1),
        114 => (I::PushFalse, pc + 1),
        115 => (I::PushNil, pc + 1),
        116..=119 => (I::PushInteger(byte as i32 - 117), pc + 1),
        120 => (I::Return(Answer::Receiver), pc + 1),
        121 => (I::Return(Answer::True), pc + 1),
        122 => (I::Return(Answer::False), pc + 1),
        123 => (I::Return(Answer::Nil), pc + 1),
        124 => (I::Return(Answer::Top), pc + 1),
        125 => (I::BlockReturn(Answer::Top), pc + 1),
        126 | 127 => (I::Unused(byte), pc + 1),
        128 => {
            let o = operand(1)?;
            let index = (o & 63) as u16;
            (variable(o >> 6, index).map_or(I::PushLiteral(index), I::Push), pc + 2)
        }
        129 => (store(byte, operand(1)?, false), pc + 2),
        130 => (store(byte, operand(1)?, true), pc + 2),
        131 => (I::Send { selector: (operand(1)? & 31) as u16, args: operand(1)? >> 5 }, pc + 2),
        132 => (double_extended(operand(1)?, operand(2)?), pc + 3),
        133 => (I::SuperSend { selector: (operand(1)? & 31) as u16, args: operand(1)? >> 5 }, pc + 2),
        134 => (I::Send { selector: (operand(1)? & 63) as u16, args: operand(1)? >> 6 }, pc + 2),
        135 => (I::Pop, pc + 1),
        136 => (I::Duplicate, pc + 1),
        137 => (I::PushThisContext, pc + 1),
        138 => (I::PushNewArray { size: operand(1)? & 127, pop: operand(1)? > 127 }, pc + 2),
        139 => (I::CallPrimitive(u16::from_le_bytes([operand(1)?, operand(2)?])), pc + 3),
        140 => (I::Push(Variable::Remote { index: operand(1)?, vector: operand(2)? }), pc + 3),
        141 => (I::Store { to: Variable::Remote { index: operand(1)?, vector: operand(2)? }, pop: false }, pc + 3),
        142 => (I::Store { to: Variable::Remote { index: operand(1)?, vector: operand(2)? }, pop: true }, pc + 3),
        143 => {
            let counts = operand(1)?;
            let size = u16::from_be_bytes([operand(2)?, operand(3)?]) as u32;
            (I::PushClosure { args: counts & 15, copied: counts >> 4, size }, pc + 4)
        }
        144..=151 => (I::Jump(low(3) as i32 + 1), pc + 1),
        152..=159 => (I::JumpIf(false, low(3) as i32 + 1), pc + 1),
        160..=167 => (I::Jump((low(3) as i32 - 4) * 256 + operand(1)? as i32), pc + 2),
        168..=171 => (I::JumpIf(true, low(2) as i32 * 256 + operand(1)? as i32), pc + 2),
        172..=175 => (I::JumpIf(false, low(2) as i32 * 256 + operand(1)? as i32), pc + 2),
        176..=207 => (I::SpecialSend(byte - 176), pc + 1),
        208..=255 => (I::Send { selector: low(4), args: (byte - 208) >> 4 }, pc + 1),
    })
}
