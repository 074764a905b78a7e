//! What the VM tells the image: messages that are not understood, conditions that are no Booleans, failure codes.

use super::for_all;
use crate::special::Special;

#[test]
fn does_not_understand() {
    for_all(|m| {
        m.method("Thing", "doesNotUnderstand:", 1, 0, |a| {
            for field in [1, 2] {
                a.push_temp(0);
                a.push(field);
                a.send("instVarAt:");
            }
            a.push_temp(0);
            a.push(3);
            a.send("instVarAt:");
            a.push_class("Thing");
            a.send("==");
            a.pop_array(3);
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push_class("Thing");
            a.send("new");
            a.push(1);
            a.push(2);
            a.send("frob:nicate:");
        });
        assert_eq!(found, "(frob:nicate: (1 2) true)");
    });
}

/// A send of one argument has a message of its own each time: `doesNotUnderstand:` takes one argument, too, and is not remembered as
/// the method of the message.
#[test]
fn does_not_understand_again() {
    for_all(|m| {
        m.method("Thing", "doesNotUnderstand:", 1, 0, |a| {
            a.push_temp(0);
            a.push(2);
            a.send("instVarAt:");
            a.ret();
        });
        m.method("Thing", "frob", 0, 0, |a| {
            a.push_self();
            a.push(5);
            a.send("frob:");
            a.push_self();
            a.push(6);
            a.send_super("frob:");
            a.pop_array(2);
            a.ret();
        });
        let found = m.text(0, |a| {
            for _ in 0..3 {
                a.push_class("Thing");
                a.send("new");
                a.send("frob");
            }
            a.pop_array(3);
        });
        assert_eq!(found, "(((5) (6)) ((5) (6)) ((5) (6)))");
    });
}

#[test]
fn does_not_understand_that_is_not_understood() {
    for_all(|m| {
        let error = m.try_eval(0, |a| {
            a.push(1);
            a.send("frobnicate");
        });
        assert!(error.unwrap_err().to_string().contains("doesNotUnderstand: is not understood by"));
    });
}

/// A class whose method dictionary is nil: its superclass is asked for `cannotInterpret:`.
#[test]
fn cannot_interpret() {
    for_all(|m| {
        m.method("Object", "cannotInterpret:", 1, 0, |a| {
            a.push_temp(0);
            a.push(1);
            a.send("instVarAt:");
            a.push_symbol("cannot");
            a.pop_array(2);
            a.ret();
        });
        let thing = m.make("Thing", 0);
        m.set_global("thing", thing);
        let class = m.class("Thing");
        let nil = m.vm.heap.nil();
        m.vm.heap.store(class, 1, nil);
        let found = m.text(0, |a| {
            a.push_global("thing");
            a.send("frobnicate");
        });
        assert_eq!(found, "(frobnicate cannot)");
    });
}

/// An object in a method dictionary that is no method runs instead of one.
#[test]
fn run_with_in() {
    for_all(|m| {
        m.method("Thing", "run:with:in:", 3, 0, |a| {
            a.push_temp(0);
            a.push_temp(1);
            a.push_temp(2);
            a.pop_array(3);
            a.ret();
        });
        let thing = m.make("Thing", 0);
        m.install("SmallInteger", "add:to:", thing);
        let found = m.text(0, |a| {
            a.push(7);
            a.push(1);
            a.push(2);
            a.send("add:to:");
        });
        assert_eq!(found, "(add:to: (1 2) 7)");
    });
}

/// While `mustBeBoolean` runs the pc is behind the jump, from where images go back themselves; here the answer is tested.
#[test]
fn must_be_boolean() {
    for_all(|m| {
        m.method("Object", "mustBeBoolean", 0, 1, |a| {
            a.this_context();
            a.push(1);
            a.send("instVarAt:");
            a.pop_temp(0);
            a.push_temp(0);
            a.push(2);
            a.send("instVarAt:");
            a.pop_global("pc");
            a.push_temp(0);
            a.push(4);
            a.send("instVarAt:");
            a.pop_global("method");
            a.push_self();
            a.push(3);
            a.send("=");
            a.ret();
        });
        for condition in [true, false] {
            for (value, expected) in [(3, "true"), (4, "false")] {
                let found = m.text(0, |a| {
                    a.push(value);
                    a.jump_if(condition, "jumped");
                    a.push(if condition { "false" } else { "true" }.len() as i64);
                    a.jump("end");
                    a.label("jumped");
                    a.push(if condition { "true" } else { "false" }.len() as i64);
                    a.label("end");
                });
                assert_eq!(found, expected.len().to_string(), "{value} {condition}");
                let (pc, method) = (m.global("pc").small_int() as usize, m.global("method"));
                let header = crate::bytecode::MethodHeader::of(&m.vm.heap, method).unwrap();
                let bytes = m.vm.heap.bytes(method);
                let (mut at, mut before) = (header.initial_pc(), None);
                while at + 1 < pc {
                    let (instruction, next) = crate::bytecode::decode(m.set, bytes, at).unwrap();
                    (at, before) = (next, Some(instruction));
                }
                assert!(matches!(before, Some(crate::bytecode::Instruction::JumpIf(c, _)) if c == condition), "{before:?}");
            }
        }
    });
}

/// An image that goes back to before the jump, with a value for it on the stack.
#[test]
fn must_be_boolean_with_a_way_back() {
    for_all(|m| {
        let back = if m.set == crate::bytecode::BytecodeSet::V3PlusClosures { 2 } else { 4 };
        m.method("Object", "mustBeBoolean", 0, 1, |a| {
            a.this_context();
            a.push(1);
            a.send("instVarAt:");
            a.store_temp(0);
            a.push(2);
            a.push_temp(0);
            a.push(2);
            a.send("instVarAt:");
            a.push(back);
            a.send("-");
            a.send("instVarAt:put:");
            a.pop();
            a.push_true();
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push(1);
            a.jump_if(true, "jumped");
            a.push_symbol("false");
            a.jump("end");
            a.label("jumped");
            a.push_symbol("true");
            a.label("end");
        });
        assert_eq!(found, "true");
    });
}

/// A condition in a loop that is never a Boolean takes no more of the stack each time.
#[test]
fn must_be_boolean_very_often() {
    for_all(|m| {
        m.method("Object", "mustBeBoolean", 0, 0, |a| {
            a.push_false();
            a.ret();
        });
        let found = m.text(1, |a| {
            a.push(0);
            a.pop_temp(0);
            a.label("again");
            a.push_temp(0);
            a.push(1);
            a.send("+");
            a.store_temp(0);
            a.push(10_000);
            a.send("=");
            a.jump_if(true, "done");
            a.push_nil();
            a.jump_if(false, "again-jump");
            a.push_symbol("never");
            a.jump("end");
            a.label("again-jump");
            a.jump("again");
            a.label("done");
            a.push_temp(0);
            a.label("end");
        });
        assert_eq!(found, "10000");
    });
}

#[test]
fn failure_codes() {
    for_all(|m| {
        for (selector, primitive, args) in [("at:code", 60, 1), ("frob", 9999, 0), ("frob2", 66, 0), ("asCharacterCode", 170, 0)] {
            let selector = if selector == "at:code" { "codeAt:" } else { selector };
            m.method("Object", selector, args, 1, |a| {
                a.primitive(primitive, Some(args as u8));
                a.push_temp(args as u8);
                a.ret();
            });
        }
        let found = m.text(0, |a| {
            a.push_array(2);
            a.push(3);
            a.send("codeAt:");
            a.push_array(2);
            a.push_nil();
            a.send("codeAt:");
            a.push(1);
            a.push(1);
            a.send("codeAt:");
            a.push(-1);
            a.send("asCharacterCode");
            a.push_nil();
            a.send("frob");
            a.push_nil();
            a.send("frob2");
            a.pop_array(6);
        });
        assert_eq!(found, "(bad index bad argument inappropriate operation bad receiver nil nil)");
    });
}

/// Without a table of symbols, as in old images, the codes are numbers.
#[test]
fn failure_codes_as_numbers() {
    for_all(|m| {
        let nil = m.vm.heap.nil();
        m.vm.heap.set_special(Special::PrimErrTable, nil);
        m.method("Object", "codeAt:", 1, 1, |a| {
            a.primitive(60, Some(1));
            a.push_temp(1);
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push_array(2);
            a.push(3);
            a.send("codeAt:");
        });
        assert_eq!(found, "4");
    });
}

/// Named primitives: found, not found, and an error of the operating system, which is an object with the system's number.
#[test]
fn named_primitives() {
    for_all(|m| {
        for (selector, module, function) in
            [("double:", "Test", "double"), ("fail:", "Test", "fail"), ("noFunction:", "Test", "x"), ("noModule:", "Nope", "x")]
        {
            m.method("Object", selector, 1, 1, |a| {
                a.named_primitive(module, function, Some(1));
                a.push_temp(1);
                a.ret();
            });
        }
        let found = m.text(1, |a| {
            for (selector, value) in
                [("double:", Some(21)), ("double:", None), ("noFunction:", Some(1)), ("noModule:", Some(1)), ("fail:", Some(0))]
            {
                a.push_nil();
                match value {
                    Some(value) => a.push(value),
                    None => a.push_nil(),
                }
                a.send(selector);
            }
            a.push_nil();
            a.push(1);
            a.send("fail:");
            a.store_temp(0);
            a.push(1);
            a.send("instVarAt:");
            a.push_temp(0);
            a.push(2);
            a.send("instVarAt:");
            a.pop_array(7);
        });
        assert_eq!(found, "(42 bad argument not found not found nil operating system error 42)");
    });
}
