//! `tryPrimitive:withArgs:` and `tryNamedPrimitiveIn:for:withArgs:`, by which debuggers run primitives.

use super::{Machine, for_all};

fn prepare(m: &mut Machine) {
    for (selector, primitive, args) in
        [("try:withArgs:", 118, 2), ("object:try:withArgs:", 118, 3), ("tryNamed:for:withArgs:", 218, 3)]
    {
        m.method("Object", selector, args, 1, |a| {
            a.primitive(primitive, Some(args as u8));
            a.push_temp(args as u8);
            a.ret();
        });
    }
}

/// A failure of the primitive that was tried has its code; one of the trying itself has a negative number.
#[test]
fn numbered() {
    for_all(|m| {
        prepare(m);
        let found = m.text(1, |a| {
            a.push(5);
            a.pop_array(1);
            a.pop_temp(0);
            for (number, argument) in
                [(60, Some(1)), (60, Some(2)), (60, None), (9999, Some(1)), (40_000_000, Some(1)), (264, None), (256, None)]
            {
                a.push_temp(0);
                a.push(number);
                match argument {
                    Some(argument) => {
                        a.push(argument);
                        a.pop_array(1);
                    }
                    None => a.push_array(0),
                }
                a.send("try:withArgs:");
            }
            a.push_temp(0);
            a.push(60);
            a.push_nil();
            a.send("try:withArgs:");
            a.push_nil();
            a.push_temp(0);
            a.push(60);
            a.push(1);
            a.pop_array(1);
            a.send("object:try:withArgs:");
            a.push_nil();
            a.push_temp(0);
            a.push(60);
            a.push(3);
            a.pop_array(1);
            a.send("object:try:withArgs:");
            a.pop_array(10);
        });
        assert_eq!(found, "(5 bad index -5 -4 -4 5 (5) -3 5 bad index)");
    });
}

/// A primitive that activates a block, tried.
#[test]
fn one_that_makes_a_frame() {
    for_all(|m| {
        prepare(m);
        let found = m.text(0, |a| {
            a.closure(1, 0, |b| {
                b.push_temp(0);
                b.push_temp(0);
                b.pop_array(2);
                b.ret_block();
            });
            a.push(202);
            a.push(4);
            a.pop_array(1);
            a.send("try:withArgs:");
            a.closure(1, 0, |b| {
                b.push_temp(0);
                b.ret_block();
            });
            a.push(206);
            a.push_array(2);
            a.pop_array(1);
            a.send("try:withArgs:");
            a.pop_array(2);
        });
        assert_eq!(found, "((4 4) bad number of arguments)");
    });
}

#[test]
fn named() {
    for_all(|m| {
        prepare(m);
        for function in ["double", "fail", "nope"] {
            let method = m.method("Object", &format!("{function}:"), 1, 0, |a| {
                a.named_primitive("Test", function, None);
                a.ret_self();
            });
            m.set_global(function, method);
        }
        let found = m.text(0, |a| {
            for (function, argument) in [("double", Some(4)), ("double", None), ("fail", Some(0)), ("nope", Some(0))] {
                a.push_nil();
                a.push_global(function);
                a.push(7);
                match argument {
                    Some(argument) => a.push(argument),
                    None => a.push_nil(),
                }
                a.pop_array(1);
                a.send("tryNamed:for:withArgs:");
            }
            a.push_nil();
            a.push_global("double");
            a.push(7);
            a.push_array(0);
            a.send("tryNamed:for:withArgs:");
            a.push_nil();
            a.push(3);
            a.push(7);
            a.push_array(0);
            a.send("tryNamed:for:withArgs:");
            a.pop_array(6);
        });
        assert_eq!(found, "(8 bad argument -1 -1 -2 -2)");
    });
}

/// Primitive 571, which the host of plugins of these tests has nothing for.
#[test]
fn unloading_a_module_that_is_not_there() {
    for_all(|m| {
        m.method("Object", "unload:", 1, 0, |a| {
            a.primitive(571, None);
            a.push_symbol("failed");
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push_nil();
            a.push_symbol("NoPlugin");
            a.send("unload:");
            a.push_nil();
            a.push(5);
            a.send("unload:");
            a.pop_array(2);
        });
        assert_eq!(found, "(failed failed)");
    });
}
