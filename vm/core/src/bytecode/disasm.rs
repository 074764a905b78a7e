//! Listing a method: pc, bytes, and what each instruction does, with its literals.

use super::{Answer, Instruction, MethodHeader, SPECIAL_SELECTORS, Variable, decode};
use crate::heap::Heap;
use crate::oop::Oop;

/// Lists the bytecodes of a compiled method, a line each: `pc <bytes> text`. Answers `None` for another object.
///
/// Pcs are as contexts have them, from 1 and counting the bytes of the literals. Code of blocks is indented: in the set
/// V3PlusClosures it lies inside the method; a CompiledBlock has pcs of its own and is listed where its closure is made.
pub fn disassemble(heap: &Heap, method: Oop) -> Option<String> {
    let header = MethodHeader::of(heap, method)?;
    let mut out = format!(
        "{}, {} arguments, {} temporaries, {} literals{}\n",
        header.set().name(),
        header.args(),
        header.temps() - header.args().min(header.temps()),
        header.literals(),
        if header.large_frame() { ", large frame" } else { "" }
    );
    list(heap, method, 0, &mut out);
    Some(out)
}

/// CompiledBlocks in CompiledBlocks are listed to this depth.
const MAX_DEPTH: usize = 16;

/// The lines of a method or CompiledBlock that is `depth` blocks inside of the method.
fn list(heap: &Heap, method: Oop, depth: usize, out: &mut String) {
    let Some(header) = MethodHeader::of(heap, method) else { return };
    let bytes = heap.bytes(method);
    let mut pc = header.initial_pc();
    let mut ends = Vec::new();
    let mut furthest = 0;
    while let Some((instruction, next)) = decode(header.set(), bytes, pc) {
        ends.retain(|&end| end > pc);
        let indent = "  ".repeat(depth + ends.len());
        let raw = format!("<{}>", hex(&bytes[pc..next]));
        out.push_str(&format!("{:5} {raw:<13} {indent}{}\n", pc + 1, describe(heap, method, instruction, next)));
        match instruction {
            Instruction::PushClosure { size, .. } => ends.push(next + size as usize),
            Instruction::PushFullClosure { literal, .. } if (literal as usize) < header.literals() && depth < MAX_DEPTH => {
                let block = heap.follow(heap.fetch(method, 1 + literal as usize));
                list(heap, block, depth + ends.len() + 1, out);
            }
            Instruction::Jump(by) | Instruction::JumpIf(_, by) => furthest = furthest.max(next as i64 + by as i64),
            // What lies behind the last return that nothing jumps over is the trailer.
            Instruction::Return(_) if ends.is_empty() && furthest <= pc as i64 => break,
            Instruction::BlockReturn(_) if ends.is_empty() && furthest <= pc as i64 => break,
            _ => {}
        }
        pc = next;
    }
}

/// The instruction at `pc` (from 1) of a method: its bytes, and what it does. Answers `None` where there is none.
pub(crate) fn describe_at(heap: &Heap, method: Oop, pc: usize) -> Option<String> {
    let header = MethodHeader::of(heap, method)?;
    let bytes = heap.bytes(method);
    let start = pc.checked_sub(1)?;
    let (instruction, next) = decode(header.set(), bytes, start)?;
    Some(format!("<{}> {}", hex(&bytes[start..next]), describe(heap, method, instruction, next)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(" ")
}

fn literal(heap: &Heap, method: Oop, index: u16) -> String {
    if index as usize >= heap.literal_count(method) {
        return format!("literal {index}, which the method does not have");
    }
    print(heap, heap.follow(heap.fetch(method, 1 + index as usize)))
}

/// An object as source would have it, or as the name of its class.
fn print(heap: &Heap, oop: Oop) -> String {
    if oop.is_immediate() {
        return match oop.as_character().and_then(char::from_u32) {
            Some(c) => format!("${c}"),
            None => format!("{oop:?}"),
        };
    }
    for (name, constant) in [("nil", heap.nil()), ("true", heap.true_()), ("false", heap.false_())] {
        if oop == constant {
            return name.into();
        }
    }
    let class = heap.class_name(heap.class_of(oop));
    match heap.text(oop) {
        Some(text) if class.ends_with("Symbol") => format!("#{text}"),
        Some(text) if class.ends_with("String") => format!("'{}'", text.replace('\'', "''")),
        _ => match heap.float_value(oop) {
            Some(value) => format!("{value:?}"),
            None => format!("a {class}"),
        },
    }
}

/// What a closure's code is: a CompiledBlock by its arguments.
fn block(heap: &Heap, method: Oop, index: u16) -> String {
    let code = ((index as usize) < heap.literal_count(method)).then(|| heap.follow(heap.fetch(method, 1 + index as usize)));
    match code.and_then(|code| MethodHeader::of(heap, code)) {
        Some(header) => format!("{} arguments", header.args()),
        None => literal(heap, method, index),
    }
}

fn selector(heap: &Heap, method: Oop, index: u16) -> String {
    let text = literal(heap, method, index);
    text.strip_prefix('#').unwrap_or(&text).into()
}

fn variable(heap: &Heap, method: Oop, variable: Variable) -> String {
    match variable {
        Variable::Receiver(index) => format!("field {index}"),
        Variable::Temporary(index) => format!("temp {index}"),
        Variable::Remote { index, vector } => format!("temp {index} of the vector in temp {vector}"),
        Variable::Literal(index) => {
            let association = heap.follow(heap.fetch(method, 1 + index.min(heap.literal_count(method) as u16 - 1) as usize));
            let key = (association.is_pointer() && heap.pointer_slots(association) > 0).then(|| heap.fetch(association, 0));
            match key.and_then(|k| heap.text(heap.follow(k))) {
                Some(name) => format!("variable {name}"),
                None => format!("variable of literal {index}"),
            }
        }
    }
}

fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Receiver => "self",
        Answer::True => "true",
        Answer::False => "false",
        Answer::Nil => "nil",
        Answer::Top => "top",
    }
}

fn describe(heap: &Heap, method: Oop, instruction: Instruction, next: usize) -> String {
    use Instruction as I;
    let target = |by: i32| next as i64 + by as i64 + 1;
    match instruction {
        I::Push(v) => format!("push {}", variable(heap, method, v)),
        I::Store { to, pop } => format!("{} {}", if pop { "pop into" } else { "store into" }, variable(heap, method, to)),
        I::PushLiteral(index) => format!("push {}", literal(heap, method, index)),
        I::PushReceiver => "push self".into(),
        I::PushTrue => "push true".into(),
        I::PushFalse => "push false".into(),
        I::PushNil => "push nil".into(),
        I::PushInteger(value) => format!("push {value}"),
        I::PushCharacter(value) => format!("push {}", print(heap, Oop::from_character(value))),
        I::PushThisContext => "push thisContext".into(),
        I::PushThisProcess => "push thisProcess".into(),
        I::Duplicate => "duplicate".into(),
        I::Pop => "pop".into(),
        I::Nop => "nop".into(),
        I::PushNewArray { size, pop } => format!("push new Array of {size}{}", if pop { " from the stack" } else { "" }),
        I::PushClosure { args, copied, size } => {
            format!("push closure of {args} arguments, {copied} copied, code {} to {}", next + 1, next + size as usize)
        }
        I::PushFullClosure { literal: index, copied, receiver_on_stack, no_outer } => format!(
            "push closure of {}, {copied} copied{}{}",
            block(heap, method, index),
            if receiver_on_stack { ", receiver from the stack" } else { "" },
            if no_outer { ", no outer context" } else { "" }
        ),
        I::Jump(by) => format!("jump to {}", target(by)),
        I::JumpIf(condition, by) => format!("jump if {condition} to {}", target(by)),
        I::Send { selector: s, args } => format!("send {} with {args}", selector(heap, method, s)),
        I::SuperSend { selector: s, args } => format!("send super {} with {args}", selector(heap, method, s)),
        I::DirectedSuperSend { selector: s, args } => format!("send directed super {} with {args}", selector(heap, method, s)),
        I::SpecialSend(index) => format!("send {}", SPECIAL_SELECTORS[index as usize].0),
        I::Return(a) => format!("return {}", answer(a)),
        I::BlockReturn(a) => format!("return {} from the block", answer(a)),
        I::CallPrimitive(number) => format!("primitive {number}"),
        I::Unused(byte) => format!("undefined bytecode {byte}"),
    }
}
