//! Read-only objects, and identities that change under running code.

use super::{Machine, for_all};

/// What the image is told of a store, then the process goes on behind the store, as images arrange it.
fn told_of_stores(m: &mut Machine) {
    m.method("Object", "attemptToAssign:withIndex:", 2, 0, |a| {
        a.push_temp(0);
        a.push_temp(1);
        a.pop_array(2);
        a.pop_global("result");
        a.push_nil();
        a.send("quit");
        a.ret();
    });
}

#[test]
fn a_read_only_object() {
    for_all(|m| {
        told_of_stores(m);
        for pop in [false, true] {
            m.method("Thing", "set", 0, 0, |a| {
                a.push(5);
                if pop {
                    a.pop_field(1)
                } else {
                    a.store_field(1)
                }
                a.ret_self();
            });
            let found = m.text(1, |a| {
                a.push_class("Thing");
                a.send("new");
                a.store_temp(0);
                a.push_true();
                a.send("beReadOnly:");
                a.pop();
                a.push_temp(0);
                a.send("set");
            });
            assert_eq!(found, "(5 2)");
        }
    });
}

#[test]
fn a_read_only_variable() {
    for_all(|m| {
        told_of_stores(m);
        let nil = m.vm.heap.nil();
        m.set_global("constant", nil);
        let globals = m.vm.heap.special(crate::special::Special::TheDisplay);
        let association = (0..32)
            .map(|i| m.vm.heap.fetch(globals, i))
            .find(|&a| m.vm.heap.text(m.vm.heap.fetch(a, 0)).as_deref() == Some("constant"));
        m.vm.heap.set_immutable(association.unwrap(), true);
        let found = m.text(0, |a| {
            a.push(5);
            a.store_global("constant");
        });
        assert_eq!(found, "(5 2)");
    });
}

#[test]
fn primitives_refuse_read_only_objects() {
    for_all(|m| {
        let primitives = [("codeAt:put:", 61, 2), ("codeInstVarAt:put:", 74, 2), ("codeSlotAt:put:", 174, 2)];
        for (selector, primitive, args) in primitives {
            m.method("Object", selector, args, 1, |a| {
                a.primitive(primitive, Some(args as u8));
                a.push_temp(args as u8);
                a.ret();
            });
        }
        for (selector, ..) in primitives {
            let found = m.text(1, |a| {
                if selector == "codeInstVarAt:put:" {
                    a.push_class("Thing");
                    a.send("new");
                } else {
                    a.push_array(3);
                }
                a.store_temp(0);
                a.push_true();
                a.send("beReadOnly:");
                a.push_temp(0);
                a.push(1);
                a.push(9);
                a.send(selector);
                a.push_temp(0);
                a.push_false();
                a.send("beReadOnly:");
                a.push_temp(0);
                a.push(1);
                a.push(9);
                a.send(selector);
                a.pop_array(4);
            });
            assert_eq!(found, "(false no modification true 9)", "{selector}");
        }
    });
}

/// A handler that answers, which none of an image's does, cannot use up the stack.
#[test]
fn stores_refused_for_ever() {
    for_all(|m| {
        m.method("Object", "attemptToAssign:withIndex:", 2, 0, |a| a.ret_self());
        m.method("Thing", "set", 0, 0, |a| {
            a.label("again");
            a.push(5);
            a.pop_field(1);
            a.jump("again");
        });
        let error = m.try_eval(1, |a| {
            a.push_class("Thing");
            a.send("new");
            a.store_temp(0);
            a.push_true();
            a.send("beReadOnly:");
            a.pop();
            a.push_temp(0);
            a.send("set");
        });
        assert!(error.unwrap_err().to_string().contains("attemptToAssign:withIndex:"));
    });
}

/// The receiver of a method that runs becomes another object, and the code goes on with that one's fields.
#[test]
fn a_receiver_that_becomes_another() {
    for_all(|m| {
        m.method("Thing", "swapWith:", 1, 0, |a| {
            a.push_self();
            a.pop_array(1);
            a.push_temp(0);
            a.pop_array(1);
            a.send("become:");
            a.pop();
            a.push_field(0);
            a.push(77);
            a.pop_field(1);
            a.push_field(1);
            a.push_temp(0);
            a.push(1);
            a.send("instVarAt:");
            a.pop_array(3);
            a.ret();
        });
        let found = m.text(2, |a| {
            for (temp, value) in [(0, 10), (1, 20)] {
                a.push_class("Thing");
                a.send("new");
                a.store_temp(temp);
                a.push(1);
                a.push(value);
                a.send("instVarAt:put:");
                a.pop();
            }
            a.push_temp(0);
            a.push_temp(1);
            a.send("swapWith:");
        });
        assert_eq!(found, "(20 77 10)");
    });
}

/// Code for objects with fields that runs for one of bytes, which no class of an image has: its bytes are neither read nor written as
/// references.
#[test]
fn fields_of_bytes() {
    for_all(|m| {
        m.method("ByteArray", "field", 0, 0, |a| {
            a.push(5);
            a.pop_field(0);
            a.push_field(0);
            a.ret();
        });
        let bytes = m.make("ByteArray", 16);
        m.vm.heap.bytes_mut(bytes).fill(8);
        m.set_global("bytes", bytes);
        let found = m.text(0, |a| {
            a.push_global("bytes");
            a.send("field");
        });
        assert_eq!(found, "nil");
        let bytes = m.global("bytes");
        assert_eq!(m.vm.heap.bytes(bytes), [8; 16]);
    });
}
