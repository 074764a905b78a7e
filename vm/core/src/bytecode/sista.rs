//! Decoding Sista V1. Source: the table in `StackInterpreter class>>initializeBytecodeTableForSistaV1`.

use super::{Answer, Instruction, Variable};
use Instruction as I;

/// What the extension bytecodes 224 and 225 before an instruction add up to.
struct Extensions {
    a: u32,
    b: i32,
}

impl Extensions {
    /// An index that extension A continues. One that no method can have stays one.
    fn index(&self, low: u8, bits: u32) -> u16 {
        u16::try_from((self.a as u64) << bits | low as u64).unwrap_or(u16::MAX)
    }

    /// A signed operand that extension B continues.
    fn signed(&self, low: u8) -> i32 {
        self.b << 8 | low as i32
    }
}

/// Reads the extensions at `pc`; answers the index of the instruction behind them too.
fn extensions(code: &[u8], mut pc: usize) -> Option<(Extensions, usize)> {
    let mut ext = Extensions { a: 0, b: 0 };
    let mut b_seen = false;
    loop {
        match *code.get(pc)? {
            224 => ext.a = (ext.a << 8) | *code.get(pc + 1)? as u32,
            225 => {
                let byte = *code.get(pc + 1)?;
                ext.b = if b_seen { (ext.b << 8) | byte as i32 } else { byte as i8 as i32 };
                b_seen = true;
            }
            _ => return Some((ext, pc)),
        }
        pc += 2;
    }
}

pub(super) fn decode(code: &[u8], start: usize) -> Option<(Instruction, usize)> {
    let (ext, pc) = extensions(code, start)?;
    let byte = code[pc];
    if byte < 224 {
        return Some((short(byte, &ext), pc + 1));
    }
    let first = *code.get(pc + 1)?;
    if byte < 248 {
        return Some((with_operand(byte, first, &ext), pc + 2));
    }
    let second = *code.get(pc + 2)?;
    Some((with_two_operands(byte, first, second, &ext), pc + 3))
}

fn short(byte: u8, ext: &Extensions) -> Instruction {
    let low = |bits: u8| (byte & ((1 << bits) - 1)) as u16;
    match byte {
        0..=15 => I::Push(Variable::Receiver(low(4))),
        16..=31 => I::Push(Variable::Literal(low(4))),
        32..=63 => I::PushLiteral(low(5)),
        64..=75 => I::Push(Variable::Temporary(low(4))),
        76 => I::PushReceiver,
        77 => I::PushTrue,
        78 => I::PushFalse,
        79 => I::PushNil,
        80 => I::PushInteger(0),
        81 => I::PushInteger(1),
        82 if ext.b == 0 => I::PushThisContext,
        82 if ext.b == 1 => I::PushThisProcess,
        83 => I::Duplicate,
        88 => I::Return(Answer::Receiver),
        89 => I::Return(Answer::True),
        90 => I::Return(Answer::False),
        91 => I::Return(Answer::Nil),
        92 => I::Return(Answer::Top),
        93 if ext.a == 0 => I::BlockReturn(Answer::Nil),
        94 if ext.a == 0 => I::BlockReturn(Answer::Top),
        95 => I::Nop,
        96..=127 => I::SpecialSend(byte - 96),
        128..=143 => I::Send { selector: low(4), args: 0 },
        144..=159 => I::Send { selector: low(4), args: 1 },
        160..=175 => I::Send { selector: low(4), args: 2 },
        176..=183 => I::Jump(low(3) as i32 + 1),
        184..=191 => I::JumpIf(true, low(3) as i32 + 1),
        192..=199 => I::JumpIf(false, low(3) as i32 + 1),
        200..=207 => I::Store { to: Variable::Receiver(low(3)), pop: true },
        208..=215 => I::Store { to: Variable::Temporary(low(3)), pop: true },
        216 => I::Pop,
        _ => I::Unused(byte),
    }
}

fn with_operand(byte: u8, operand: u8, ext: &Extensions) -> Instruction {
    let index = ext.index(operand, 8);
    let signed = ext.signed(operand);
    let temporary = Variable::Temporary(operand as u16);
    match byte {
        226 => I::Push(Variable::Receiver(index)),
        227 => I::Push(Variable::Literal(index)),
        228 => I::PushLiteral(index),
        229 => I::Push(temporary),
        231 => I::PushNewArray { size: operand & 127, pop: operand > 127 },
        232 => I::PushInteger(signed),
        233 => I::PushCharacter(signed as u32 & crate::oop::Oop::MAX_CHARACTER),
        234 => I::Send { selector: ext.index(operand >> 3, 5), args: (operand & 7) | ((ext.b as u8) << 3) },
        235 => {
            let selector = ext.index(operand >> 3, 5);
            // An extension B of 64 or more marks a send whose class is on the stack.
            let args = (operand & 7) | (((ext.b & 63) as u8) << 3);
            if ext.b >= 64 { I::DirectedSuperSend { selector, args } } else { I::SuperSend { selector, args } }
        }
        237 => I::Jump(signed),
        238 => I::JumpIf(true, signed),
        239 => I::JumpIf(false, signed),
        240 => I::Store { to: Variable::Receiver(index), pop: true },
        241 => I::Store { to: Variable::Literal(index), pop: true },
        242 => I::Store { to: temporary, pop: true },
        243 => I::Store { to: Variable::Receiver(index), pop: false },
        244 => I::Store { to: Variable::Literal(index), pop: false },
        245 => I::Store { to: temporary, pop: false },
        _ => I::Unused(byte),
    }
}

fn with_two_operands(byte: u8, first: u8, second: u8, ext: &Extensions) -> Instruction {
    let remote = Variable::Remote { index: first, vector: second };
    match byte {
        // The upper bit of the second byte marks primitives that only an optimised method may inline.
        248 if second < 128 => I::CallPrimitive(u16::from_le_bytes([first, second])),
        249 => I::PushFullClosure {
            literal: ext.index(first, 8),
            copied: second & 63,
            receiver_on_stack: second & 128 != 0,
            no_outer: second & 64 != 0,
        },
        250 => I::PushClosure {
            args: (first & 7) | ((ext.a & 15) as u8) << 3,
            copied: (first >> 3 & 7) | ((ext.a >> 4 & 7) as u8) << 3,
            size: second as u32 | ((ext.b as u32) << 8 & 0xFFFF00),
        },
        251 => I::Push(remote),
        252 => I::Store { to: remote, pop: false },
        253 => I::Store { to: remote, pop: true },
        _ => I::Unused(byte),
    }
}
