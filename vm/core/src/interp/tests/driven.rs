//! What whoever drives the VM does between two runs: processes that it starts, objects that it holds, stacks that it reads.

use super::*;
use crate::oop::Oop;
use crate::vm::Outcome;

/// An image that waits in its idle process, in which `method` of `UndefinedObject` sends `sleep`, which relinquishes the processor.
fn idle(m: &mut Machine) {
    m.method("Object", "sleep", 0, 0, |a| {
        a.primitive(230, None);
        a.push_self();
        a.ret();
    });
    m.method("Object", "collectAll", 0, 0, |a| {
        a.primitive(130, None);
        a.push_nil();
        a.ret();
    });
    m.start(0, |a| {
        a.label("again");
        a.push_nil();
        a.send("sleep");
        a.pop();
        a.jump("again");
    })
    .unwrap();
    assert_eq!(m.vm.run(1000).unwrap(), Outcome::Idle { until: None });
}

#[test]
fn a_process_runs_with_its_receiver_and_has_a_stack() {
    for_all(|m| {
        idle(m);
        let body = |a: &mut Asm| {
            a.push_self();
            a.send("collectAll");
            a.pop();
            a.push_self();
            a.send("sleep");
            a.pop();
            a.push_nil();
            a.send("sleep");
            a.ret();
        };
        let mut asm = Asm::new(m.set, 0, 0);
        body(&mut asm);
        let method = m.compile(&asm, "Array", "work");
        let receiver = m.vm.heap.array(&[Oop::from_small_int(7)]).unwrap();
        let held = m.vm.hold(receiver);
        let process = m.vm.spawn(method, receiver, 60).unwrap();
        let process = m.vm.hold(process);
        assert!(matches!(m.vm.run(1000).unwrap(), Outcome::Idle { .. }));
        let proc = m.vm.held(&process);
        let stack = m.vm.stack_of(proc);
        assert_eq!(stack.len(), 1);
        assert_eq!(stack[0].receiver, m.vm.held(&held), "it moved, and so did what is held");
        assert_eq!(m.print(stack[0].receiver), "(7)");
        assert_eq!(m.vm.frame_name(&stack[0]), "Array>>work");
        assert!(stack[0].next.unwrap() > 0);
        assert!(!m.vm.has_ended(proc));
        m.vm.release(held);
        m.vm.release(process);
        assert_eq!(m.vm.heap.check(3), Vec::<String>::new());
    });
}

#[test]
fn a_process_takes_the_place_of_one_that_quit() {
    for_all(|m| {
        m.start(0, |a| {
            a.push_nil();
            a.send("quit");
            a.push(1);
            a.pop_global("result");
            a.push_nil();
            a.send("quit");
            a.ret();
        })
        .unwrap();
        m.set_global("result", Oop::ZERO);
        assert!(matches!(m.vm.run(1000).unwrap(), Outcome::Quit(_)));
        assert!(matches!(m.vm.run(1000).unwrap(), Outcome::Quit(_)), "it stays so");
        let mut asm = Asm::new(m.set, 0, 0);
        asm.push(5);
        asm.pop_global("other");
        asm.push_nil();
        asm.send("quit");
        asm.ret();
        let nil = m.vm.heap.nil();
        m.set_global("other", nil);
        let method = m.compile(&asm, "UndefinedObject", "after");
        m.vm.spawn(method, nil, 40).unwrap();
        assert!(matches!(m.vm.run(1000).unwrap(), Outcome::Quit(_)));
        let found = (m.global("other"), m.global("result"));
        assert_eq!(found, (Oop::from_small_int(5), Oop::ZERO), "what quit does not go on");
    });
}

#[test]
fn a_process_that_has_nothing_to_go_on_with_has_ended() {
    for_all(|m| {
        idle(m);
        let process = m.make("Process", 0);
        assert!(m.vm.has_ended(process) && m.vm.is_suspended(process));
        assert_eq!(m.vm.highest_priority(), 80);
        assert!(m.vm.stack_of(process).is_empty());
    });
}
