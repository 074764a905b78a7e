//! Returns out of blocks, through unwind blocks, and to where nobody is.

use super::{Asm, Machine, for_all, for_sista};

/// `value` runs a block in a frame of its own, two deep.
fn callers(m: &mut Machine) {
    m.method("Object", "call:", 1, 0, |a| {
        a.push_temp(0);
        a.send("value");
        a.pop();
        a.push_symbol("came back");
        a.ret();
    });
    m.method("Object", "call2:", 1, 0, |a| {
        a.push_self();
        a.push_temp(0);
        a.send("call:");
        a.ret();
    });
}

/// `ensure:` in short: it is marked, and runs its receiver.
fn ensure(m: &mut Machine) {
    for class in ["BlockClosure", "FullBlockClosure"] {
        m.method(class, "ensure:", 1, 2, |a| {
            a.primitive(198, None);
            a.push_self();
            a.send("valueNoContextSwitch");
            a.pop_temp(2);
            a.push_temp(0);
            a.send("value");
            a.pop();
            a.push_temp(2);
            a.ret();
        });
    }
}

fn note(a: &mut Asm, what: &str) {
    a.push_global("log");
    a.push_symbol(what);
    a.pop_array(2);
    a.pop_global("log");
}

#[test]
fn from_a_block_to_the_home_of_its_method() {
    for_all(|m| {
        callers(m);
        m.method("Object", "leave", 0, 0, |a| {
            a.push_self();
            a.closure(0, 0, |b| {
                b.push_self();
                b.closure(0, 0, |c| {
                    c.push(42);
                    c.ret();
                });
                b.send("call2:");
                b.ret_block();
            });
            a.send("call2:");
            a.pop();
            a.push(1);
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push_self();
            a.send("leave");
        });
        assert_eq!(found, "42");
    });
}

#[test]
fn every_answer() {
    for_all(|m| {
        callers(m);
        for (name, v3, sista) in [("self", 120u8, 88u8), ("true", 121, 89), ("false", 122, 90), ("nil", 123, 91)] {
            m.method("SmallInteger", name, 0, 0, |a| a.bytes(&[v3], &[sista]));
            let in_block = format!("{name}InBlock");
            m.method("SmallInteger", &in_block, 0, 0, |a| {
                a.push_self();
                a.closure(0, 0, |b| b.bytes(&[v3], &[sista]));
                a.send("call2:");
                a.ret();
            });
            for selector in [name, &in_block] {
                let found = m.text(0, |a| {
                    a.push(7);
                    a.send(selector);
                });
                assert_eq!(found, if name == "self" { "7" } else { name }, "{selector}");
            }
        }
    });
}

#[test]
fn a_full_closure_returns_from_its_home() {
    for_sista(|m| {
        callers(m);
        m.method("Object", "leave", 0, 0, |a| {
            a.push_self();
            a.full_closure(0, 0, 0, 0, |b| {
                b.push_self();
                b.full_closure(0, 0, 0, 0, |c| {
                    c.push(42);
                    c.ret();
                });
                b.send("call:");
                b.ret_block();
            });
            a.send("call:");
            a.pop();
            a.push(1);
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push_self();
            a.send("leave");
        });
        assert_eq!(found, "42");
    });
}

/// The image runs the unwind blocks: the VM tells it of the first context that has one.
#[test]
fn through_an_unwind_block() {
    for_all(|m| {
        callers(m);
        ensure(m);
        // Runs the block that the marked context has as its argument, marks it as done by ending it, and returns.
        m.method("Context", "aboutToReturn:through:", 2, 1, |a| {
            note(a, "unwind");
            a.push_temp(1);
            a.push(1);
            a.send("tempAt:");
            a.send("value");
            a.pop();
            // Everything above the method `leave`, which is the sender of the marked context, goes.
            a.this_context();
            a.push_temp(1);
            a.push(1);
            a.send("instVarAt:");
            a.push(1);
            a.send("instVarAt:");
            a.send("terminateTo:");
            a.pop();
            a.push_temp(0);
            a.ret();
        });
        m.method("Object", "leave", 0, 0, |a| {
            a.closure(0, 0, |b| {
                b.push_self();
                b.closure(0, 0, |c| {
                    c.push(42);
                    c.ret();
                });
                b.send("call2:");
                b.ret_block();
            });
            a.closure(0, 0, |b| {
                note(b, "ensured");
                b.push_nil();
                b.ret_block();
            });
            a.send("ensure:");
            a.pop();
            a.push(1);
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push_self();
            a.send("leave");
            a.push_global("log");
            a.pop_array(2);
        });
        assert_eq!(found, "(42 ((nil unwind) ensured))");
    });
}

/// A home that is marked itself has its unwind block run too, as in the reference.
#[test]
fn from_a_home_that_is_marked() {
    for_all(|m| {
        callers(m);
        m.method("Context", "aboutToReturn:through:", 2, 0, |a| {
            a.push_temp(1);
            a.push(4);
            a.send("instVarAt:");
            a.pop_global("result");
            a.push_nil();
            a.send("quit");
            a.ret();
        });
        m.method("Object", "marked:", 1, 0, |a| {
            a.primitive(198, None);
            a.push_self();
            a.closure(0, 0, |b| {
                b.push(1);
                b.ret();
            });
            a.send("call:");
            a.ret();
        });
        let method = m.eval(0, |a| {
            a.push_self();
            a.push_nil();
            a.send("marked:");
        });
        assert_eq!(m.vm.method_name(method), "Object>>marked:");
    });
}

fn leaves_a_block(m: &mut Machine) {
    m.method("Object", "block", 0, 0, |a| {
        a.closure(0, 0, |b| {
            b.push(42);
            b.ret();
        });
        a.ret();
    });
}

#[test]
fn to_a_home_that_returned() {
    for_all(|m| {
        callers(m);
        leaves_a_block(m);
        m.method("Context", "cannotReturn:", 1, 0, |a| {
            a.push_temp(0);
            a.this_context();
            a.push(1);
            a.send("instVarAt:");
            a.push_self();
            a.send("==");
            a.pop_array(2);
            a.pop_global("result");
            a.push_nil();
            a.send("quit");
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push_self();
            a.push_self();
            a.send("block");
            a.send("call2:");
        });
        assert_eq!(found, "(42 true)");
    });
}

/// `cannotReturn:` that answers is sent again; that comes to an end before the frame's stack does.
#[test]
fn cannot_return_for_ever() {
    for_all(|m| {
        callers(m);
        leaves_a_block(m);
        m.method("Context", "cannotReturn:", 1, 0, |a| a.ret_self());
        let error = m.try_eval(0, |a| {
            a.push_self();
            a.push_self();
            a.send("block");
            a.send("call2:");
        });
        assert!(error.unwrap_err().to_string().contains("cannotReturn:"));
    });
}

/// The lowest context of a process has nobody to return to.
#[test]
fn out_of_a_process() {
    for_all(|m| {
        m.method("Context", "cannotReturn:", 1, 0, |a| {
            a.push_temp(0);
            a.pop_global("result");
            a.push_nil();
            a.send("quit");
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push(9);
            a.ret();
            a.push_nil();
        });
        assert_eq!(found, "9");
    });
}

/// Without an outer context a block cannot return from a home.
#[test]
fn a_block_without_a_home() {
    for_sista(|m| {
        m.method("Context", "cannotReturn:", 1, 0, |a| {
            a.push_temp(0);
            a.pop_global("result");
            a.push_nil();
            a.send("quit");
            a.ret();
        });
        let found = m.text(0, |a| {
            a.full_closure(0, 0, 0, 64, |b| {
                b.push(8);
                b.ret();
            });
            a.send("value");
        });
        assert_eq!(found, "8");
    });
}

#[test]
fn contexts_that_are_marked() {
    for_all(|m| {
        ensure(m);
        for class in ["BlockClosure", "FullBlockClosure"] {
            m.method(class, "on:do:", 2, 0, |a| {
                a.primitive(199, None);
                a.push_self();
                a.send("value");
                a.ret();
            });
        }
        m.method("Object", "search", 0, 0, |a| {
            a.this_context();
            a.send("findNextHandlerContext");
            a.push(4);
            a.send("instVarAt:");
            a.this_context();
            a.push_nil();
            a.send("findNextUnwindContextUpTo:");
            a.push(4);
            a.send("instVarAt:");
            a.this_context();
            a.this_context();
            a.send("findNextHandlerContext");
            a.send("findNextUnwindContextUpTo:");
            a.pop_array(3);
            a.ret();
        });
        let found = m.eval(0, |a| {
            a.closure(0, 0, |b| {
                b.closure(0, 0, |c| {
                    c.push_self();
                    c.send("search");
                    c.ret_block();
                });
                b.push_nil();
                b.push_nil();
                b.send("on:do:");
                b.ret_block();
            });
            a.closure(0, 0, |b| {
                b.push_nil();
                b.ret_block();
            });
            a.send("ensure:");
        });
        let found: Vec<_> = m.vm.heap.slots(found).to_vec();
        assert_eq!(m.vm.method_name(found[0]), "BlockClosure>>on:do:");
        assert_eq!(m.vm.method_name(found[1]), "BlockClosure>>ensure:");
        assert_eq!(found[2], m.vm.heap.nil(), "ensure: is behind on:do:");
    });
}
