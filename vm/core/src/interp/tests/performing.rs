//! Sends by selectors and methods that are objects: `perform:` and its kin, and their mirrors.

use super::{Asm, Literal, Machine, for_all};

fn prepare(m: &mut Machine) {
    m.method("Object", "pair:with:", 2, 0, |a| {
        a.push_self();
        a.push_temp(0);
        a.push_temp(1);
        a.pop_array(3);
        a.ret();
    });
    m.method("Thing", "pair:with:", 2, 0, |a| {
        a.push_symbol("things");
        a.ret();
    });
    m.method("Object", "doesNotUnderstand:", 1, 0, |a| {
        a.push_temp(0);
        a.push(1);
        a.send("instVarAt:");
        a.ret();
    });
    for (selector, primitive, args) in [
        ("perform:with:with:", 83, 3),
        ("perform:withAll:", 84, 2),
        ("object:perform:withAll:", 84, 3),
        ("perform:withAll:in:", 100, 3),
        ("object:perform:withAll:in:", 100, 4),
        ("withArgs:execute:", 188, 2),
        ("object:withArgs:execute:", 188, 3),
        ("with:with:execute:", 189, 3),
    ] {
        m.method("Object", selector, args, 1, |a| {
            a.primitive(primitive, Some(args as u8));
            a.push_temp(args as u8);
            a.ret();
        });
    }
}

fn one_two(a: &mut Asm) {
    a.push(1);
    a.push(2);
    a.pop_array(2);
}

#[test]
fn perform() {
    for_all(|m| {
        prepare(m);
        let found = m.text(0, |a| {
            a.push(7);
            a.push_symbol("pair:with:");
            a.push(1);
            a.push(2);
            a.send("perform:with:with:");
            a.push(7);
            a.push_symbol("pair:with:");
            one_two(a);
            a.send("perform:withAll:");
            // The mirror is not seen in the frame of the method, and nothing of it stays on the stack.
            a.push_nil();
            a.push(7);
            a.push_symbol("pair:with:");
            one_two(a);
            a.send("object:perform:withAll:");
            a.pop_array(3);
        });
        assert_eq!(found, "((7 1 2) (7 1 2) (7 1 2))");
    });
}

#[test]
fn perform_with_wrong_arguments() {
    for_all(|m| {
        prepare(m);
        let found = m.text(0, |a| {
            a.push(7);
            a.push_symbol("quit");
            a.push(1);
            a.push(2);
            a.send("perform:with:with:");
            a.push(7);
            a.push_symbol("quit");
            one_two(a);
            a.send("perform:withAll:");
            a.push(7);
            a.push_symbol("quit");
            a.push_nil();
            a.send("perform:withAll:");
            a.push(7);
            a.push_symbol("frob:nicate:");
            one_two(a);
            a.send("perform:withAll:");
            a.push(7);
            a.push_symbol("pair:with:");
            a.push_class("Array");
            a.push(3000);
            a.send("new:");
            a.send("perform:withAll:");
            a.pop_array(5);
        });
        let count = "bad number of arguments";
        assert_eq!(found, format!("({count} {count} bad argument frob:nicate: {count})"));
    });
}

#[test]
fn perform_in_a_superclass() {
    for_all(|m| {
        prepare(m);
        let found = m.text(1, |a| {
            a.push_class("Thing");
            a.send("new");
            a.pop_temp(0);
            for class in ["Thing", "Object", "Array"] {
                a.push_temp(0);
                a.push_symbol("pair:with:");
                one_two(a);
                a.push_class(class);
                a.send("perform:withAll:in:");
            }
            a.push_nil();
            a.push_temp(0);
            a.push_symbol("pair:with:");
            one_two(a);
            a.push_class("Thing");
            a.send("object:perform:withAll:in:");
            a.pop_array(4);
        });
        assert_eq!(found, "(things (a Thing 1 2) bad argument things)");
    });
}

#[test]
fn methods_that_are_run_directly() {
    for_all(|m| {
        prepare(m);
        let method = || Literal::Method("Object".into(), "pair:with:".into());
        let quick = m.method("Object", "third", 0, 0, |a| {
            a.primitive(263, None);
            a.ret_self();
        });
        m.set_global("quick", quick);
        let found = m.text(0, |a| {
            a.push(7);
            one_two(a);
            a.push(method());
            a.send("withArgs:execute:");
            a.push_nil();
            a.push(7);
            one_two(a);
            a.push(method());
            a.send("object:withArgs:execute:");
            a.push(7);
            a.push(1);
            a.push(2);
            a.push(method());
            a.send("with:with:execute:");
            a.push(7);
            a.push_array(1);
            a.push(method());
            a.send("withArgs:execute:");
            a.push(7);
            a.push_array(0);
            a.push_nil();
            a.send("withArgs:execute:");
            a.push(7);
            a.push_array(0);
            a.push_global("quick");
            a.send("withArgs:execute:");
            a.pop_array(6);
        });
        assert_eq!(found, "((7 1 2) (7 1 2) (7 1 2) bad number of arguments bad argument 2)");
    });
}
