//! Sends: lookup, super in both forms, caches that must forget, quick methods.

use super::{Asm, Literal, for_all, for_sista};

fn answers(text: &str) -> impl Fn(&mut Asm) + '_ {
    move |a| {
        a.push_symbol(text);
        a.ret();
    }
}

#[test]
fn super_starts_above_the_class_of_the_method() {
    for_all(|m| {
        m.method("Object", "who", 0, 0, answers("object"));
        m.method("Thing", "who", 0, 0, |a| {
            a.push_self();
            a.send_super("who");
            a.push_symbol("thing");
            a.pop_array(2);
            a.ret();
        });
        m.method("SubThing", "who", 0, 0, |a| {
            a.push_self();
            a.send_super("who");
            a.push_symbol("sub");
            a.pop_array(2);
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push_class("SubThing");
            a.send("new");
            a.send("who");
        });
        assert_eq!(found, "((object thing) sub)");
    });
}

#[test]
fn super_in_a_block() {
    for_sista(|m| {
        m.method("Object", "who", 0, 0, answers("object"));
        m.method("Thing", "who", 0, 0, |a| {
            a.full_closure(0, 0, 0, 0, |b| {
                b.push_self();
                b.send_super("who");
                b.ret_block();
            });
            a.send("value");
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push_class("SubThing");
            a.send("new");
            a.send("who");
        });
        assert_eq!(found, "object");
    });
}

/// The class that the lookup starts above is on the stack.
#[test]
fn directed_super() {
    for_sista(|m| {
        m.method("Object", "who:", 1, 0, answers("object"));
        m.method("Thing", "who:", 1, 0, answers("thing"));
        m.method("SubThing", "who:", 1, 0, answers("sub"));
        for (class, expected) in [("SubThing", "thing"), ("Thing", "object")] {
            let found = m.text(0, |a| {
                a.push_class("SubThing");
                a.send("new");
                a.push(1);
                a.push_class(class);
                let selector = a.literal(super::symbol("who:"));
                a.code.extend([225, 64, 235, selector << 3 | 1]);
            });
            assert_eq!(found, expected);
        }
    });
}

#[test]
fn many_receivers_at_one_send() {
    for_all(|m| {
        m.method("Object", "kind", 0, 0, answers("object"));
        m.method("SmallInteger", "kind", 0, 0, answers("integer"));
        m.method("Thing", "kind", 0, 0, answers("thing"));
        m.method("Array", "kinds", 0, 2, |a| {
            a.push_self();
            a.send("size");
            a.send("newArray");
            a.pop_temp(0);
            a.push(1);
            a.pop_temp(1);
            a.label("next");
            a.push_temp(0);
            a.push_temp(1);
            a.push_self();
            a.push_temp(1);
            a.send("at:");
            a.send("kind");
            a.send("at:put:");
            a.pop();
            a.push_temp(1);
            a.push(1);
            a.send("+");
            a.store_temp(1);
            a.push_self();
            a.send("size");
            a.send("<=");
            a.jump_if(false, "done");
            a.jump("next");
            a.label("done");
            a.push_temp(0);
            a.ret();
        });
        m.method("SmallInteger", "newArray", 0, 0, |a| {
            a.push_class("Array");
            a.push_self();
            a.send("new:");
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push(1);
            a.push_nil();
            a.push_class("Thing");
            a.send("new");
            a.push(2);
            a.push(Literal::Float(1.5));
            a.push_class("SubThing");
            a.send("new");
            a.pop_array(6);
            a.send("kinds");
        });
        assert_eq!(found, "(integer object thing integer object thing)");
    });
}

/// A method that is replaced while a send has it cached, with the flush that images do after such a change.
#[test]
fn a_method_is_replaced() {
    for_all(|m| {
        for (selector, primitive, args) in [("flushCache", 89, 0), ("flushMethod", 116, 0), ("flushSelector:", 119, 1)] {
            m.method("Object", selector, args, 0, |a| {
                a.primitive(primitive, None);
                a.ret_self();
            });
        }
        for flush in ["flushCache", "flushMethod", "flushSelector:"] {
            m.method("Thing", "what", 0, 0, answers("old"));
            let mut new = Asm::new(m.set, 0, 0);
            answers("new")(&mut new);
            let new = m.compile(&new, "Thing", "what");
            m.set_global("new", new);
            let class = m.class("Thing");
            let values = m.vm.heap.fetch(m.vm.heap.fetch(class, 1), 1);
            let is_method = |&i: &usize| m.vm.format_of(m.vm.heap.fetch(values, i)).is_some_and(|f| f.is_compiled_method());
            let place = (0..m.vm.heap.num_slots(values)).find(is_method).unwrap() as i64 + 1;
            m.set_global("methods", values);
            let found = m.text(4, |a| {
                a.push_class("Thing");
                a.send("new");
                a.pop_temp(0);
                a.push_array(0);
                a.pop_temp(1);
                a.push(2);
                a.pop_temp(2);
                a.label("again");
                a.push_temp(1);
                a.push_temp(0);
                a.send("what");
                a.pop_array(2);
                a.pop_temp(1);
                // What images do to replace a method, and what they do afterwards.
                a.push_global("methods");
                a.push(place);
                a.push_global("new");
                a.send("at:put:");
                a.pop();
                if flush == "flushSelector:" {
                    a.push_nil();
                    a.push_symbol("what");
                } else {
                    a.push_global("new");
                }
                a.send(flush);
                a.pop();
                a.push_temp(2);
                a.push(1);
                a.send("-");
                a.store_temp(2);
                a.push(0);
                a.send("=");
                a.jump_if(true, "done");
                a.jump("again");
                a.label("done");
                a.push_temp(1);
            });
            assert_eq!(found, "((() old) new)", "{flush}");
        }
    });
}

#[test]
fn quick_methods() {
    for_all(|m| {
        for (selector, primitive) in
            [("yourself", 256), ("t", 257), ("f", 258), ("n", 259), ("m1", 260), ("one", 262), ("two", 263)]
        {
            m.method("Thing", selector, 0, 0, |a| {
                a.primitive(primitive, None);
                a.ret_self();
            });
        }
        m.method("Thing", "zero", 0, 0, |a| {
            a.primitive(261, None);
            a.ret_self();
        });
        m.method("Thing", "third", 0, 0, |a| {
            a.primitive(266, None);
            a.ret_self();
        });
        m.method("Context", "methodOfContext", 0, 0, |a| {
            a.primitive(267, None);
            a.ret_self();
        });
        let found = m.eval(1, |a| {
            a.push_class("Thing");
            a.send("new");
            a.store_temp(0);
            a.push(3);
            a.push(33);
            a.send("instVarAt:put:");
            a.pop();
            for selector in ["t", "f", "n", "m1", "zero", "one", "two", "third"] {
                a.push_temp(0);
                a.send(selector);
            }
            a.push_temp(0);
            a.send("yourself");
            a.push_temp(0);
            a.send("==");
            a.this_context();
            a.send("methodOfContext");
            a.pop_array(10);
        });
        let elements: Vec<String> = m.vm.heap.slots(found)[..9].iter().map(|&e| m.print(e)).collect();
        assert_eq!(elements, ["true", "false", "nil", "-1", "0", "1", "2", "33", "true"]);
        assert_eq!(m.vm.method_name(m.vm.heap.fetch(found, 9)), "UndefinedObject>>run");
    });
}
