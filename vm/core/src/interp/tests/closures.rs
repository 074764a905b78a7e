//! Closures of both kinds: copied values, temporaries that are shared, nesting, and calls with wrong arguments.

use super::{for_all, for_sista};

/// `[:x | x + copied]`, where the copied value is on the stack.
fn adder(a: &mut super::Asm) {
    a.closure(1, 1, |b| {
        b.push_temp(0);
        b.push_temp(1);
        b.send("+");
        b.ret_block();
    });
}

#[test]
fn copied_values_and_arguments() {
    for_all(|m| {
        let found = m.text(1, |a| {
            a.push(100);
            a.pop_temp(0);
            a.push_temp(0);
            adder(a);
            a.push(7);
            a.send("value:");
        });
        assert_eq!(found, "107");
    });
}

#[test]
fn shared_temporaries() {
    for_all(|m| {
        let found = m.text(2, |a| {
            a.push_array(1);
            a.pop_temp(0);
            a.push(1);
            a.pop_remote(0, 0);
            a.push_temp(0);
            a.closure(0, 1, |b| {
                b.push_remote(0, 0);
                b.push(2);
                b.send("*");
                b.pop_remote(0, 0);
                b.push_nil();
                b.ret_block();
            });
            a.pop_temp(1);
            for _ in 0..5 {
                a.push_temp(1);
                a.send("value");
                a.pop();
            }
            a.push_remote(0, 0);
        });
        assert_eq!(found, "32");
    });
}

#[test]
fn nested_closures_with_temporaries_of_their_own() {
    for_all(|m| {
        let found = m.text(0, |a| {
            a.push(3);
            a.closure(1, 1, |b| {
                // A block's own temporaries are pushed by its code.
                b.push_nil();
                b.push_temp(0);
                b.push_temp(1);
                b.send("*");
                b.pop_temp(2);
                b.push_temp(2);
                b.push_temp(0);
                b.closure(1, 2, |c| {
                    c.push_temp(0);
                    c.push_temp(1);
                    c.push_temp(2);
                    c.pop_array(3);
                    c.ret_block();
                });
                b.ret_block();
            });
            a.push(5);
            a.send("value:");
            a.push(9);
            a.send("value:");
        });
        assert_eq!(found, "(9 15 5)");
    });
}

#[test]
fn the_receiver_in_a_block() {
    for_all(|m| {
        m.method("Thing", "block", 0, 0, |a| {
            a.closure(0, 0, |b| {
                b.push_field(1);
                b.push_self();
                b.send("class");
                b.pop_array(2);
                b.ret_block();
            });
            a.ret();
        });
        let found = m.text(1, |a| {
            a.push_class("Thing");
            a.send("new");
            a.store_temp(0);
            a.push(2);
            a.push(22);
            a.send("instVarAt:put:");
            a.pop();
            a.push_temp(0);
            a.send("block");
            a.send("value");
        });
        assert_eq!(found, "(22 a Class)");
    });
}

#[test]
fn wrong_arguments() {
    for_all(|m| {
        let found = m.text(1, |a| {
            a.push(1);
            adder(a);
            a.pop_temp(0);
            a.push_temp(0);
            a.send("value");
            a.push_temp(0);
            a.push(1);
            a.push(2);
            a.send("value:value:");
            a.push_temp(0);
            a.push_array(0);
            a.send("valueWithArguments:");
            a.push_temp(0);
            a.push_nil();
            a.send("valueWithArguments:");
            a.push_temp(0);
            a.push(41);
            a.pop_array(1);
            a.send("valueWithArguments:");
            a.pop_array(5);
        });
        assert_eq!(found, "(failed failed failed failed 42)");
    });
}

/// Closures that the image put together wrongly fail, and the stack stays as it was.
#[test]
fn malformed_closures() {
    for_all(|m| {
        for (field, value) in [(1, None), (2, Some(3)), (3, Some(5000)), (3, None)] {
            let found = m.text(2, |a| {
                a.push_class("Array");
                a.push(5000);
                a.send("new:");
                a.pop_temp(1);
                a.push(1);
                adder(a);
                a.store_temp(0);
                a.push(field);
                match value {
                    Some(value) => a.push(value),
                    None => a.push_nil(),
                }
                a.send("instVarAt:put:");
                a.pop();
                a.push_temp(0);
                a.push(41);
                a.send("value:");
                a.push_temp(0);
                a.push_temp(1);
                a.send("valueWithArguments:");
                a.pop_array(2);
            });
            assert_eq!(found, "(failed failed)", "{field} {value:?}");
        }
    });
}

#[test]
fn full_closures() {
    for_sista(|m| {
        m.method("Thing", "answer", 0, 0, |a| {
            a.push_symbol("thing");
            a.ret();
        });
        m.method("UndefinedObject", "answer", 0, 0, |a| {
            a.push_symbol("nil");
            a.ret();
        });
        let found = m.text(1, |a| {
            // With the receiver of the method.
            a.push(5);
            a.full_closure(1, 1, 1, 0, |b| {
                b.push_temp(0);
                b.push_temp(1);
                b.push_temp(2);
                b.push_self();
                b.send("answer");
                b.pop_array(4);
                b.ret_block();
            });
            a.push(1);
            a.send("value:");
            // With a receiver from the stack, below the copied values.
            a.push_class("Thing");
            a.send("new");
            a.push(6);
            a.full_closure(0, 0, 1, 128, |b| {
                b.push_temp(0);
                b.push_self();
                b.send("answer");
                b.pop_array(2);
                b.ret_block();
            });
            a.send("value");
            // Without an outer context.
            a.full_closure(0, 0, 0, 64, |b| {
                b.push(7);
                b.ret_block();
            });
            a.store_temp(0);
            a.send("value");
            a.push_temp(0);
            a.push(1);
            a.send("instVarAt:");
            a.push_temp(0);
            a.push_array(0);
            a.send("valueWithArguments:");
            a.push_temp(0);
            a.send("valueNoContextSwitch");
            a.pop_array(6);
        });
        assert_eq!(found, "((1 5 nil nil) (6 thing) 7 nil 7 7)");
    });
}

#[test]
fn a_full_closure_in_a_full_closure() {
    for_sista(|m| {
        let found = m.text(0, |a| {
            a.push(1);
            a.full_closure(0, 0, 1, 0, |b| {
                b.push_temp(0);
                b.push(2);
                b.full_closure(1, 0, 2, 0, |c| {
                    c.push_temp(0);
                    c.push_temp(1);
                    c.push_temp(2);
                    c.pop_array(3);
                    c.ret_block();
                });
                b.ret_block();
            });
            a.send("value");
            a.push(3);
            a.send("value:");
        });
        assert_eq!(found, "(3 1 2)");
    });
}

/// Nil, which a block answers that ends without a value.
#[test]
fn a_block_without_a_value() {
    for_sista(|m| {
        let found = m.text(0, |a| {
            a.full_closure(0, 0, 0, 0, |b| b.code.push(93));
            a.send("value");
        });
        assert_eq!(found, "nil");
    });
}
