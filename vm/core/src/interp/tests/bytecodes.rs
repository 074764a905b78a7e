//! Every bytecode of both sets: what it is decoded to, and what it does.

use super::{Machine, for_all, for_sista, string};
use crate::bytecode::{Answer, BytecodeSet, Instruction as I, Variable as V, decode};
use crate::error::VmError;
use crate::oop::Oop;
use crate::special::Special;

/// Decodes one instruction that takes all of these bytes.
fn one(set: BytecodeSet, bytes: &[u8]) -> I {
    let (instruction, next) = decode(set, bytes, 0).unwrap_or_else(|| panic!("{bytes:?} ends too soon"));
    assert_eq!(next, bytes.len(), "{bytes:?}");
    instruction
}

#[test]
fn v3_is_decoded() {
    let v3 = |bytes: &[u8]| one(BytecodeSet::V3PlusClosures, bytes);
    let constants = [I::PushReceiver, I::PushTrue, I::PushFalse, I::PushNil];
    let answers = [Answer::Receiver, Answer::True, Answer::False, Answer::Nil, Answer::Top];
    for i in 0..16u8 {
        assert_eq!(v3(&[i]), I::Push(V::Receiver(i as u16)));
        assert_eq!(v3(&[16 + i]), I::Push(V::Temporary(i as u16)));
        for args in 0..3 {
            assert_eq!(v3(&[208 + 16 * args + i]), I::Send { selector: i as u16, args });
        }
    }
    for i in 0..32u8 {
        assert_eq!(v3(&[32 + i]), I::PushLiteral(i as u16));
        assert_eq!(v3(&[64 + i]), I::Push(V::Literal(i as u16)));
        assert_eq!(v3(&[176 + i]), I::SpecialSend(i));
    }
    for i in 0..8u8 {
        assert_eq!(v3(&[96 + i]), I::Store { to: V::Receiver(i as u16), pop: true });
        assert_eq!(v3(&[104 + i]), I::Store { to: V::Temporary(i as u16), pop: true });
        assert_eq!(v3(&[144 + i]), I::Jump(i as i32 + 1));
        assert_eq!(v3(&[152 + i]), I::JumpIf(false, i as i32 + 1));
        assert_eq!(v3(&[160 + i, 3]), I::Jump((i as i32 - 4) * 256 + 3));
    }
    for (i, constant) in constants.into_iter().enumerate() {
        assert_eq!(v3(&[112 + i as u8]), constant);
        assert_eq!(v3(&[116 + i as u8]), I::PushInteger(i as i32 - 1));
        assert_eq!(v3(&[168 + i as u8, 7]), I::JumpIf(true, i as i32 * 256 + 7));
        assert_eq!(v3(&[172 + i as u8, 7]), I::JumpIf(false, i as i32 * 256 + 7));
    }
    for (i, answer) in answers.into_iter().enumerate() {
        assert_eq!(v3(&[120 + i as u8]), I::Return(answer));
    }
    assert_eq!(v3(&[125]), I::BlockReturn(Answer::Top));
    for (kind, variable) in [V::Receiver(9), V::Temporary(9), V::Literal(9), V::Literal(9)].into_iter().enumerate() {
        let operand = (kind as u8) << 6 | 9;
        let pushed = if kind == 2 { I::PushLiteral(9) } else { I::Push(variable) };
        let stored = |byte, pop| if kind == 2 { I::Unused(byte) } else { I::Store { to: variable, pop } };
        assert_eq!(v3(&[128, operand]), pushed);
        assert_eq!(v3(&[129, operand]), stored(129, false));
        assert_eq!(v3(&[130, operand]), stored(130, true));
    }
    assert_eq!(v3(&[131, 3 << 5 | 30]), I::Send { selector: 30, args: 3 });
    assert_eq!(v3(&[133, 2 << 5 | 31]), I::SuperSend { selector: 31, args: 2 });
    assert_eq!(v3(&[134, 3 << 6 | 62]), I::Send { selector: 62, args: 3 });
    let double = [
        I::Send { selector: 200, args: 9 },
        I::SuperSend { selector: 200, args: 9 },
        I::Push(V::Receiver(200)),
        I::PushLiteral(200),
        I::Push(V::Literal(200)),
        I::Store { to: V::Receiver(200), pop: false },
        I::Store { to: V::Receiver(200), pop: true },
        I::Store { to: V::Literal(200), pop: false },
    ];
    for (kind, instruction) in double.into_iter().enumerate() {
        assert_eq!(v3(&[132, (kind as u8) << 5 | 9, 200]), instruction);
    }
    assert_eq!([135, 136, 137].map(|b| v3(&[b])), [I::Pop, I::Duplicate, I::PushThisContext]);
    assert_eq!(v3(&[138, 5]), I::PushNewArray { size: 5, pop: false });
    assert_eq!(v3(&[138, 128 | 5]), I::PushNewArray { size: 5, pop: true });
    assert_eq!(v3(&[139, 44, 1]), I::CallPrimitive(300));
    let remote = V::Remote { index: 4, vector: 2 };
    assert_eq!(v3(&[140, 4, 2]), I::Push(remote));
    assert_eq!(v3(&[141, 4, 2]), I::Store { to: remote, pop: false });
    assert_eq!(v3(&[142, 4, 2]), I::Store { to: remote, pop: true });
    assert_eq!(v3(&[143, 3 << 4 | 2, 1, 4]), I::PushClosure { args: 2, copied: 3, size: 260 });
    assert_eq!([126, 127].map(|b| v3(&[b])), [I::Unused(126), I::Unused(127)]);
}

#[test]
fn sista_is_decoded() {
    let sista = |bytes: &[u8]| one(BytecodeSet::SistaV1, bytes);
    for i in 0..16u8 {
        assert_eq!(sista(&[i]), I::Push(V::Receiver(i as u16)));
        assert_eq!(sista(&[16 + i]), I::Push(V::Literal(i as u16)));
        for args in 0..3 {
            assert_eq!(sista(&[128 + 16 * args + i]), I::Send { selector: i as u16, args });
        }
    }
    for i in 0..32u8 {
        assert_eq!(sista(&[32 + i]), I::PushLiteral(i as u16));
        assert_eq!(sista(&[96 + i]), I::SpecialSend(i));
    }
    (0..12u8).for_each(|i| assert_eq!(sista(&[64 + i]), I::Push(V::Temporary(i as u16))));
    for i in 0..8u8 {
        assert_eq!(sista(&[176 + i]), I::Jump(i as i32 + 1));
        assert_eq!(sista(&[184 + i]), I::JumpIf(true, i as i32 + 1));
        assert_eq!(sista(&[192 + i]), I::JumpIf(false, i as i32 + 1));
        assert_eq!(sista(&[200 + i]), I::Store { to: V::Receiver(i as u16), pop: true });
        assert_eq!(sista(&[208 + i]), I::Store { to: V::Temporary(i as u16), pop: true });
    }
    let simple = [
        (76, I::PushReceiver),
        (77, I::PushTrue),
        (78, I::PushFalse),
        (79, I::PushNil),
        (80, I::PushInteger(0)),
        (81, I::PushInteger(1)),
        (82, I::PushThisContext),
        (83, I::Duplicate),
        (88, I::Return(Answer::Receiver)),
        (89, I::Return(Answer::True)),
        (90, I::Return(Answer::False)),
        (91, I::Return(Answer::Nil)),
        (92, I::Return(Answer::Top)),
        (93, I::BlockReturn(Answer::Nil)),
        (94, I::BlockReturn(Answer::Top)),
        (95, I::Nop),
        (216, I::Pop),
    ];
    simple.into_iter().for_each(|(byte, instruction)| assert_eq!(sista(&[byte]), instruction));
    let wide = [
        (226, I::Push(V::Receiver(0x305))),
        (227, I::Push(V::Literal(0x305))),
        (228, I::PushLiteral(0x305)),
        (240, I::Store { to: V::Receiver(0x305), pop: true }),
        (241, I::Store { to: V::Literal(0x305), pop: true }),
        (243, I::Store { to: V::Receiver(0x305), pop: false }),
        (244, I::Store { to: V::Literal(0x305), pop: false }),
    ];
    wide.into_iter().for_each(|(byte, instruction)| assert_eq!(sista(&[224, 3, byte, 5]), instruction));
    assert_eq!(sista(&[229, 60]), I::Push(V::Temporary(60)));
    assert_eq!(sista(&[242, 60]), I::Store { to: V::Temporary(60), pop: true });
    assert_eq!(sista(&[245, 60]), I::Store { to: V::Temporary(60), pop: false });
    assert_eq!(sista(&[231, 5]), I::PushNewArray { size: 5, pop: false });
    assert_eq!(sista(&[231, 128 | 5]), I::PushNewArray { size: 5, pop: true });
    assert_eq!(sista(&[225, 1, 82]), I::PushThisProcess);
    assert_eq!(sista(&[225, 2, 82]), I::Unused(82));
    assert_eq!(sista(&[232, 200]), I::PushInteger(200));
    assert_eq!(sista(&[225, 255, 232, 255]), I::PushInteger(-1));
    assert_eq!(sista(&[225, 128, 225, 1, 232, 2]), I::PushInteger(-0x80_0000 + 0x102));
    assert_eq!(sista(&[225, 0, 225, 128, 225, 1, 232, 2]), I::PushInteger(0x80_0102));
    assert_eq!(sista(&[225, 3, 233, 4]), I::PushCharacter(0x304));
    assert_eq!(sista(&[224, 2, 225, 1, 234, 9 << 3 | 2]), I::Send { selector: 2 * 32 + 9, args: 10 });
    assert_eq!(sista(&[224, 2, 225, 1, 235, 9 << 3 | 2]), I::SuperSend { selector: 2 * 32 + 9, args: 10 });
    assert_eq!(sista(&[225, 65, 235, 9 << 3 | 2]), I::DirectedSuperSend { selector: 9, args: 10 });
    assert_eq!(sista(&[225, 1, 237, 2]), I::Jump(258));
    assert_eq!(sista(&[225, 255, 237, 250]), I::Jump(-6));
    assert_eq!(sista(&[225, 1, 238, 2]), I::JumpIf(true, 258));
    assert_eq!(sista(&[225, 1, 239, 2]), I::JumpIf(false, 258));
    assert_eq!(sista(&[248, 44, 1]), I::CallPrimitive(300));
    let closure =
        |literal, copied, receiver_on_stack, no_outer| I::PushFullClosure { literal, copied, receiver_on_stack, no_outer };
    assert_eq!(sista(&[249, 5, 3]), closure(5, 3, false, false));
    assert_eq!(sista(&[224, 1, 249, 5, 128 | 63]), closure(261, 63, true, false));
    assert_eq!(sista(&[249, 5, 64]), closure(5, 0, false, true));
    assert_eq!(sista(&[224, 0x12, 225, 1, 250, 3 << 3 | 1, 4]), I::PushClosure { args: 17, copied: 11, size: 260 });
    let remote = V::Remote { index: 4, vector: 2 };
    assert_eq!(sista(&[251, 4, 2]), I::Push(remote));
    assert_eq!(sista(&[252, 4, 2]), I::Store { to: remote, pop: false });
    assert_eq!(sista(&[253, 4, 2]), I::Store { to: remote, pop: true });
    // Those of optimised methods, which the reference's interpreter does not have either, and those that nobody has.
    for byte in [84, 85, 86, 87, 217, 218, 219, 220, 221, 222, 223] {
        assert_eq!(sista(&[byte]), I::Unused(byte));
    }
    [230, 236, 246, 247].into_iter().for_each(|byte| assert_eq!(sista(&[byte, 0]), I::Unused(byte)));
    [254, 255].into_iter().for_each(|byte| assert_eq!(sista(&[byte, 0, 0]), I::Unused(byte)));
    assert_eq!(sista(&[248, 232, 128 | 3]), I::Unused(248), "a primitive of an optimised method");
}

#[test]
fn code_may_end_anywhere() {
    for set in [BytecodeSet::V3PlusClosures, BytecodeSet::SistaV1] {
        for byte in 0..=255 {
            for len in 1..4 {
                let _ = decode(set, &[byte, 1, 2, 3][..len], 0);
                let _ =
                    decode(set, &[224, 255, 224, 255, 224, 255, 224, 255, 225, 255, 225, 255, byte, 255, 255, 255][..12 + len], 0);
            }
        }
    }
}

#[test]
fn arithmetic_without_sends() {
    for_all(|m| {
        let cases = [
            (7, "+", 5, "12"),
            (7, "-", 5, "2"),
            (7, "*", -5, "-35"),
            (35, "/", 5, "7"),
            (-7, "//", 2, "-4"),
            (-7, "\\\\", 2, "1"),
            (6, "bitAnd:", 3, "2"),
            (6, "bitOr:", 3, "7"),
            (3, "bitShift:", 4, "48"),
            (-5, "bitShift:", -1, "-3"),
            (3, "<", 4, "true"),
            (3, ">", 4, "false"),
            (3, "<=", 3, "true"),
            (3, ">=", 4, "false"),
            (3, "=", 3, "true"),
            (3, "~=", 3, "false"),
            (3, "==", 3, "true"),
            (3, "~~", 3, "false"),
        ];
        for (a, selector, b, expected) in cases {
            let found = m.text(0, |code| {
                code.push(a);
                code.push(b);
                code.send(selector);
            });
            assert_eq!(found, expected, "{a} {selector} {b}");
        }
    });
}

/// What the instructions cannot do themselves is sent.
#[test]
fn arithmetic_that_is_sent() {
    for_all(|m| {
        for selector in ["+", "-", "*", "/", "//", "\\\\", "bitShift:", "<", "="] {
            m.method("SmallInteger", selector, 1, 0, |a| {
                a.push_symbol(selector);
                a.ret();
            });
        }
        let large = Oop::MAX_SMALL_INTEGER;
        let cases = [(large, "+"), (-large - 1, "-"), (large, "*"), (7, "/"), (large, "bitShift:")];
        for (a, selector) in cases {
            let found = m.text(0, |code| {
                code.push(a);
                code.push(3);
                code.send(selector);
            });
            assert_eq!(found, selector);
        }
        for selector in ["/", "//", "\\\\"] {
            let found = m.text(0, |code| {
                code.push(7);
                code.push(0);
                code.send(selector);
            });
            assert_eq!(found, selector, "by zero");
        }
        for selector in ["+", "<", "="] {
            let found = m.text(0, |code| {
                code.push(7);
                code.push_nil();
                code.send(selector);
            });
            assert_eq!(found, selector, "with nil");
        }
    });
}

#[test]
fn loops_and_jumps() {
    for_all(|m| {
        let sum = m.text(2, |a| {
            a.push(0);
            a.pop_temp(0);
            a.push(1);
            a.pop_temp(1);
            a.label("again");
            a.push_temp(1);
            a.push(1000);
            a.send(">");
            a.jump_if(true, "done");
            a.push_temp(0);
            a.push_temp(1);
            a.send("+");
            a.pop_temp(0);
            a.push_temp(1);
            a.push(1);
            a.send("+");
            a.pop_temp(1);
            a.jump("again");
            a.label("done");
            a.push_temp(0);
        });
        assert_eq!(sum, "500500");
    });
}

#[test]
fn arrays_and_variables() {
    for_all(|m| {
        m.method("Thing", "swap", 0, 0, |a| {
            a.push_field(0);
            a.push_field(2);
            a.pop_field(0);
            a.store_field(2);
            a.ret();
        });
        let found = m.text(2, |a| {
            a.push_class("Thing");
            a.send("new");
            a.store_temp(0);
            a.push(1);
            a.push(10);
            a.send("instVarAt:put:");
            a.pop();
            a.push_temp(0);
            a.push(3);
            a.push(30);
            a.send("instVarAt:put:");
            a.pop();
            a.push_temp(0);
            a.send("swap");
            a.push_temp(0);
            a.push(1);
            a.send("instVarAt:");
            a.push_array(2);
            a.pop_temp(1);
            a.push(string("x"));
            a.pop_remote(1, 1);
            a.push_remote(1, 1);
            a.push_remote(0, 1);
            a.pop_array(4);
        });
        assert_eq!(found, "(10 30 x nil)");
    });
}

#[test]
fn the_active_process() {
    for_sista(|m| {
        let found = m.text(0, |a| {
            a.code.extend([225, 1, 82]);
            a.send("class");
            a.push_class("Process");
            a.send("==");
        });
        assert_eq!(found, "true");
    });
}

/// The context is told, with its pc at the bytecode.
#[test]
fn an_undefined_bytecode() {
    for_all(|m| {
        m.method("Context", "unusedBytecode", 0, 0, |a| {
            a.push_self();
            a.push(2);
            a.send("instVarAt:");
            a.push_self();
            a.push(4);
            a.send("instVarAt:");
            a.pop_array(2);
            a.pop_global("result");
            a.push_nil();
            a.send("quit");
            a.ret();
        });
        let told = undefined(m).unwrap();
        let (pc, method) = (m.vm.heap.fetch(told, 0).small_int() as usize, m.vm.heap.fetch(told, 1));
        assert!([126, 217].contains(&m.vm.heap.bytes(method)[pc - 1]));
    });
}

/// A handler that only answers is asked again and again, which comes to an end.
#[test]
fn an_undefined_bytecode_that_stays() {
    for_all(|m| {
        m.method("Context", "unusedBytecode", 0, 0, |a| a.ret_self());
        let error = undefined(m).unwrap_err().to_string();
        assert!(error.contains("unusedBytecode"), "{error}");
    });
}

fn undefined(m: &mut Machine) -> Result<Oop, VmError> {
    m.try_eval(0, |a| {
        a.bytes(&[126], &[217]);
        a.push_nil();
    })
}

#[test]
fn an_undefined_bytecode_that_nobody_handles() {
    for_all(|m| {
        let nil = m.vm.heap.nil();
        m.vm.heap.set_special(Special::SelectorUnusedBytecode, nil);
        let error = undefined(m).unwrap_err().to_string();
        assert!(error.contains("UndefinedObject>>run runs the bytecode"), "{error}");
    });
}

/// callPrimitive is defined at the start of a method with a primitive only.
#[test]
fn a_primitive_in_the_middle() {
    for_all(|m| {
        m.method("Context", "unusedBytecode", 0, 0, |a| {
            a.push_symbol("told");
            a.pop_global("result");
            a.push_nil();
            a.send("quit");
            a.ret();
        });
        let found = m.text(0, |a| {
            a.bytes(&[139, 1, 0], &[248, 1, 0]);
            a.push(1);
        });
        assert_eq!(found, "told");
    });
}
