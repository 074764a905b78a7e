//! What native code does without Rust: in code that is compiled at once, against what the interpreter's functions answer.

use super::{Machine, for_sista};
use crate::bytecode::BytecodeSet;
use crate::object::Format;
use crate::oop::Oop;
use crate::small_integer::{floor_quotient, floor_remainder};
use crate::testing::Asm;

/// A machine whose methods are compiled at once.
fn machine() -> Machine {
    let mut machine = Machine::new(BytecodeSet::SistaV1, 0);
    machine.vm.options.jit_after = 1;
    machine
}

/// Sends `selector` with these arguments to nil, in a method that has been there before.
fn send(a: &mut Asm, selector: &str, arguments: &[i64]) {
    a.push_nil();
    arguments.iter().for_each(|&argument| a.push(argument));
    a.send(selector);
}

#[test]
fn quotients() {
    let max = Oop::MAX_SMALL_INTEGER;
    let dividends = [0, 1, -1, 7, -7, 8, -8, 9, -9, 1000, -1000, 1 << 31, -(1 << 31), (1 << 40) + 5, max, max - 1, -max, -max - 1];
    let divisors = [1, -1, 2, -2, 3, -3, 7, -7, 8, -8, 64, 1 << 20, 1 << 27, 1 << 28, 1 << 40, max, -max, -max - 1];
    let mut m = machine();
    for (selector, operator) in [("divide:by:", "//"), ("rest:by:", "\\\\")] {
        m.method("Object", selector, 2, 0, |a| {
            a.push_temp(0);
            a.push_temp(1);
            a.send(operator);
            a.ret();
        });
    }
    for divisor in divisors {
        for (selector, operator) in [("divide:", "//"), ("rest:", "\\\\")] {
            m.method("Object", selector, 1, 0, |a| {
                a.push_temp(0);
                a.push(divisor);
                a.send(operator);
                a.ret();
            });
        }
        for dividend in dividends {
            let (a, b) = (Oop::from_small_int(dividend), Oop::from_small_int(divisor));
            let Some(quotient) = floor_quotient(a, b) else { continue };
            let expected = format!("({0} {1} {0} {1})", quotient.small_int(), floor_remainder(a, b).unwrap().small_int());
            let found = m.text(0, |a| {
                send(a, "divide:by:", &[dividend, divisor]);
                send(a, "rest:by:", &[dividend, divisor]);
                send(a, "divide:", &[dividend]);
                send(a, "rest:", &[dividend]);
                a.pop_array(4);
            });
            assert_eq!(found, expected, "{dividend} by {divisor}");
        }
    }
}

#[test]
fn sizes() {
    let mut m = machine();
    m.method("Object", "size", 0, 0, |a| {
        a.primitive(62, None);
        a.push_symbol("none");
        a.ret();
    });
    m.method("Object", "sizeOf:", 1, 0, |a| {
        a.push_temp(0);
        a.send("size");
        a.ret();
    });
    let of = |m: &mut Machine, object: Oop| {
        m.set_global("it", object);
        m.text(0, |a| {
            a.push_nil();
            a.push_global("it");
            a.send("sizeOf:");
        })
    };
    for size in [0, 1, 2, 7, 8, 9, 15, 16, 17, 254 * 8, 254 * 8 + 1, 5000] {
        for class in ["Array", "ByteArray"] {
            let object = m.make(class, size);
            assert_eq!(of(&mut m, object), size.to_string(), "{class}");
        }
    }
    let thing = m.make("Thing", 0);
    for object in [thing, Oop::from_small_int(3), m.vm.heap.nil()] {
        assert_eq!(of(&mut m, object), "none");
    }
}

#[test]
fn instances() {
    for_sista(|m| {
        m.vm.options.jit_after = 1;
        m.method("Object", "make:sized:", 2, 0, |a| {
            a.push_temp(0);
            a.push_temp(1);
            a.send("new:");
            a.ret();
        });
        m.method("Object", "make:", 1, 0, |a| {
            a.push_temp(0);
            a.send("new");
            a.ret();
        });
        m.method("SmallInteger", "new", 0, 0, |a| {
            a.primitive(70, None);
            a.push_symbol("failed");
            a.ret();
        });
        let sized = |m: &mut Machine, class: &str, size: i64| {
            m.eval(0, |a| {
                a.push_nil();
                a.push_class(class);
                a.push(size);
                a.send("make:sized:");
            })
        };
        let named = |m: &mut Machine, class: &str| {
            m.eval(0, |a| {
                a.push_nil();
                a.push_class(class);
                a.send("make:");
            })
        };
        // Twice: what is made first leaves a template for the second.
        for _ in 0..2 {
            for size in [0, 1, 2, 3, 15, 16, 17, 254, 255, 300] {
                let array = sized(m, "Array", size);
                let heap = &m.vm.heap;
                assert_eq!((heap.num_slots(array), heap.format(array)), (size as usize, Format::INDEXABLE));
                assert!(heap.slots(array).iter().all(|&slot| slot == heap.nil()), "{size}");
            }
            for failed in [sized(m, "Array", -1), sized(m, "Thing", 1), named(m, "Array")] {
                assert_eq!(m.print(failed), "failed");
            }
            let thing = named(m, "Thing");
            assert_eq!(m.vm.heap.class_of(thing), m.class("Thing"));
            assert_eq!(m.vm.heap.slots(thing), [m.vm.heap.nil(); 3]);
            let failed = m.text(0, |a| send(a, "make:", &[0]));
            assert_eq!(failed, "failed");
        }
        // The class gets another shape.
        let class = m.class("Thing");
        let spec = (Format::FIXED.0 as i64) << 16 | 5;
        m.vm.heap.store(class, 2, Oop::from_small_int(spec));
        let thing = named(m, "Thing");
        assert_eq!(m.vm.heap.num_slots(thing), 5);
    });
}

#[test]
fn elements_of_old_arrays() {
    for_sista(|m| {
        m.vm.options.jit_after = 1;
        m.method("Object", "put:at:in:", 3, 0, |a| {
            a.push_temp(2);
            a.push_temp(1);
            a.push_temp(0);
            a.send("at:put:");
            a.ret();
        });
        m.method("Object", "scavenge", 0, 0, |a| {
            a.primitive(131, None);
            a.ret_self();
        });
        let array = m.make("Array", 300);
        let array = m.vm.heap.old_instead(array).unwrap();
        m.set_global("array", array);
        let found = m.text(0, |a| {
            for index in [1, 2, 300] {
                a.push_nil();
                a.push_class("Array");
                a.push(index);
                a.send("new:");
                a.push(index);
                a.push_global("array");
                a.send("put:at:in:");
                a.pop();
                a.push_nil();
                a.send("scavenge");
                a.pop();
            }
            for index in [1, 2, 300] {
                a.push_global("array");
                a.push(index);
                a.send("at:");
                a.send("size");
            }
            a.pop_array(3);
        });
        assert_eq!(found, "(1 2 300)");
    });
}

#[test]
fn sends_to_many_classes() {
    for_sista(|m| {
        m.vm.options.jit_after = 1;
        let answers = [("SmallInteger", 1), ("Array", 2), ("Thing", 3), ("UndefinedObject", 4), ("ByteArray", 5)];
        for (class, number) in answers {
            for selector in ["number", "x"] {
                m.method(class, selector, 0, 0, |a| {
                    a.push(number);
                    a.push(0);
                    a.send("+");
                    a.ret();
                });
            }
        }
        // One is inherited, and one is a special selector.
        m.method("Object", "ofAll:", 1, 2, |a| {
            a.push(0);
            a.pop_temp(1);
            a.push(1);
            a.pop_temp(2);
            a.label("next");
            a.push_temp(2);
            a.push(50);
            a.send("<=");
            a.jump_if(false, "end");
            for selector in ["number", "x"] {
                a.push_temp(1);
                a.push_temp(0);
                a.push_temp(2);
                a.send("at:");
                a.send(selector);
                a.send("+");
                a.pop_temp(1);
            }
            a.push_temp(2);
            a.push(1);
            a.send("+");
            a.pop_temp(2);
            a.jump("next");
            a.label("end");
            a.push_temp(1);
            a.ret();
        });
        let objects = [Oop::from_small_int(7), m.make("Array", 1), m.make("SubThing", 0), m.vm.heap.nil(), m.make("ByteArray", 3)];
        let all: Vec<Oop> = (0..50).map(|index| objects[index * 7 % 5]).collect();
        let all = m.vm.heap.array(&all).unwrap();
        m.set_global("all", all);
        let hits = m.vm.counters.method_cache_hits;
        let found = m.text(0, |a| {
            a.push_nil();
            a.push_global("all");
            a.send("ofAll:");
        });
        assert_eq!(found, (2 * 10 * (1 + 2 + 3 + 4 + 5)).to_string());
        assert!(m.vm.counters.method_cache_hits > hits + 50, "sends to other classes are found in the cache");
    });
}
