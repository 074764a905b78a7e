//! Processes: priorities, semaphores, mutexes, timers, and what comes from outside.

use super::{Asm, Machine, for_all};
use crate::bytecode::BytecodeSet;
use crate::heap::HeapConfig;
use crate::platform::Event;
use crate::special::Special;
use crate::testing::TestImage;

/// Adds a symbol to the log, which the processes of a test share.
fn note(a: &mut Asm, what: &str) {
    a.push_global("log");
    a.push_symbol(what);
    a.send("with:");
    a.pop_global("log");
}

/// Calls `body` with a global variable that holds a new semaphore.
fn semaphore(m: &mut Machine, name: &str) {
    let semaphore = m.make("Semaphore", 0);
    m.vm.heap.store(semaphore, 2, crate::oop::Oop::ZERO);
    m.set_global(name, semaphore);
}

fn prepare(m: &mut Machine) {
    // A log is an Array; `with:` answers a longer one.
    m.method("UndefinedObject", "with:", 1, 0, |a| {
        a.push_temp(0);
        a.pop_array(1);
        a.ret();
    });
    m.method("Array", "with:", 1, 2, |a| {
        a.push_class("Array");
        a.push_self();
        a.send("size");
        a.push(1);
        a.send("+");
        a.send("new:");
        a.pop_temp(1);
        a.push(1);
        a.pop_temp(2);
        a.label("next");
        a.push_temp(2);
        a.push_self();
        a.send("size");
        a.send(">");
        a.jump_if(true, "done");
        a.push_temp(1);
        a.push_temp(2);
        a.push_self();
        a.push_temp(2);
        a.send("at:");
        a.send("at:put:");
        a.pop();
        a.push_temp(2);
        a.push(1);
        a.send("+");
        a.pop_temp(2);
        a.jump("next");
        a.label("done");
        a.push_temp(1);
        a.push_temp(2);
        a.push_temp(0);
        a.send("at:put:");
        a.pop();
        a.push_temp(1);
        a.ret();
    });
    for (class, selector, primitive, args) in [
        ("Mutex", "exit", 185, 0),
        ("Mutex", "enter", 186, 0),
        ("Mutex", "enterFor:", 186, 1),
        ("Mutex", "tryEnter", 187, 0),
        ("Process", "suspend568", 568, 0),
        ("Process", "suspend578", 578, 0),
        ("Object", "signal:atMilliseconds:", 136, 2),
        ("Object", "signal:atMicroseconds:", 242, 2),
        ("Object", "milliseconds", 135, 0),
        ("Object", "interruptSemaphore:", 134, 1),
        ("Object", "lowSpaceSemaphore:", 124, 1),
        ("Object", "signalAtBytesLeft:", 125, 1),
    ] {
        m.method(class, selector, args, 1, |a| {
            a.primitive(primitive, Some(args as u8));
            a.push_temp(args as u8);
            a.ret();
        });
    }
    // Whoever has nothing else to do sleeps.
    m.global_process("idle", 10, |a| {
        a.label("again");
        a.push_self();
        a.push(1000);
        a.send("relinquish:");
        a.pop();
        a.jump("again");
    });
}

fn send(a: &mut Asm, global: &str, selector: &str) {
    a.push_global(global);
    a.send(selector);
    a.pop();
}

#[test]
fn priorities() {
    for_all(|m| {
        for yields in [true, false] {
            prepare(m);
            let nil = m.vm.heap.nil();
            m.set_global("log", nil);
            m.vm.preemption_yields = yields;
            for (name, priority) in [("low", 30), ("same", 40), ("high", 50)] {
                m.global_process(name, priority, |a| {
                    note(a, name);
                    a.push_global(name);
                    a.send("suspend");
                    a.ret();
                });
            }
            let found = m.text(0, |a| {
                send(a, "idle", "resume");
                for name in ["low", "same", "high"] {
                    send(a, name, "resume");
                    note(a, "resumed");
                }
                a.push_self();
                a.send("yield");
                a.pop();
                note(a, "yielded");
                a.push_global("log");
            });
            // A process of higher priority runs at once; the one that it preempts goes behind the others of its priority or stays in
            // front of them. One of the same priority runs when it is let, one of lower never here.
            let same_first = "(resumed resumed high same resumed yielded)";
            let same_last = "(resumed resumed high resumed same yielded)";
            assert_eq!(found, if yields { same_first } else { same_last });
        }
    });
}

#[test]
fn semaphores() {
    for_all(|m| {
        prepare(m);
        semaphore(m, "s");
        for name in ["first", "second"] {
            m.global_process(name, 50, |a| {
                note(a, name);
                send(a, "s", "wait");
                note(a, name);
                a.push_global(name);
                a.send("suspend");
                a.ret();
            });
        }
        let found = m.text(0, |a| {
            send(a, "idle", "resume");
            send(a, "first", "resume");
            send(a, "second", "resume");
            send(a, "s", "signal");
            note(a, "once");
            send(a, "s", "signal");
            note(a, "twice");
            // Signals that nobody waits for are kept.
            send(a, "s", "signal");
            send(a, "s", "wait");
            note(a, "end");
            a.push_global("log");
        });
        assert_eq!(found, "(first second first once second twice end)");
    });
}

/// A process in the middle of something is suspended from outside, resumed, and terminated: its frames are cut off.
#[test]
fn suspended_and_terminated_from_outside() {
    for_all(|m| {
        prepare(m);
        semaphore(m, "s");
        m.method("Object", "loop", 0, 0, |a| {
            a.label("again");
            note(a, "turn");
            a.push_self();
            a.send("yield");
            a.pop();
            a.jump("again");
        });
        m.global_process("worker", 40, |a| {
            a.push_self();
            a.send("loop");
            a.ret();
        });
        let found = m.text(1, |a| {
            send(a, "idle", "resume");
            send(a, "worker", "resume");
            let turn = |a: &mut Asm| {
                a.push_self();
                a.send("yield");
                a.pop();
            };
            turn(a);
            a.push_global("worker");
            a.send("suspend");
            a.send("class");
            a.push_class("LinkedList");
            a.send("==");
            a.pop_temp(0);
            note(a, "suspended");
            turn(a);
            // Suspended twice: the second fails.
            a.push_global("worker");
            a.send("suspend");
            a.pop_global("second");
            send(a, "worker", "resume");
            turn(a);
            a.push_global("worker");
            a.send("suspend");
            a.pop();
            // Its lowest context is given to it to run, past all others.
            a.push_global("worker");
            a.push(2);
            a.push_global("worker");
            a.push(2);
            a.send("instVarAt:");
            a.push(1);
            a.send("instVarAt:");
            a.send("instVarAt:put:");
            a.pop();
            turn(a);
            note(a, "end");
            a.push_global("log");
            a.push_temp(0);
            a.push_global("second");
            a.pop_array(3);
        });
        assert_eq!(found, "((turn suspended turn end) true failed)");
    });
}

/// A process that is suspended while it waits: the primitives that set it back make it wait again.
#[test]
fn suspended_while_waiting() {
    for_all(|m| {
        for (selector, waits_again, answer) in
            [("suspend", false, "a Semaphore"), ("suspend568", true, "a Semaphore"), ("suspend578", true, "nil")]
        {
            let nil = m.vm.heap.nil();
            prepare(m);
            m.set_global("log", nil);
            semaphore(m, "s");
            m.global_process("waiter", 50, |a| {
                send(a, "s", "wait");
                note(a, "went on");
                a.push_global("waiter");
                a.send("suspend");
                a.ret();
            });
            let found = m.text(1, |a| {
                send(a, "idle", "resume");
                send(a, "waiter", "resume");
                a.push_global("waiter");
                a.send(selector);
                a.pop_temp(0);
                send(a, "waiter", "resume");
                note(a, "resumed");
                send(a, "s", "signal");
                note(a, "signalled");
                a.push_global("log");
                a.push_temp(0);
                a.pop_array(2);
            });
            let log = if waits_again { "(resumed went on signalled)" } else { "(went on resumed signalled)" };
            assert_eq!(found, format!("({log} {answer})"), "{selector}");
        }
    });
}

#[test]
fn mutexes() {
    for_all(|m| {
        prepare(m);
        let mutex = m.make("Mutex", 0);
        m.set_global("m", mutex);
        m.global_process("other", 50, |a| {
            a.push_global("m");
            a.send("tryEnter");
            a.pop_global("tried");
            a.push_global("m");
            a.send("enter");
            a.pop_global("entered");
            note(a, "inside");
            send(a, "m", "exit");
            a.push_global("other");
            a.send("suspend");
            a.ret();
        });
        let found = m.text(3, |a| {
            send(a, "idle", "resume");
            // Entered for the first time: it was not owned. By its owner again: it was.
            a.push_global("m");
            a.send("enter");
            a.pop_temp(0);
            a.push_global("m");
            a.send("enter");
            a.pop_temp(1);
            a.push_global("m");
            a.send("tryEnter");
            a.pop_temp(2);
            send(a, "other", "resume");
            note(a, "waiting");
            send(a, "m", "exit");
            note(a, "left");
            a.push_temp(0);
            a.push_temp(1);
            a.push_temp(2);
            a.push_global("tried");
            a.push_global("entered");
            a.push_global("m");
            a.push(3);
            a.send("instVarAt:");
            a.push_global("log");
            a.pop_array(7);
        });
        assert_eq!(found, "(false true true nil false nil (waiting inside left))");
    });
}

/// A process that waits for a mutex on behalf of itself by an argument waits again with that argument.
#[test]
fn a_mutex_waited_for_again() {
    for_all(|m| {
        prepare(m);
        let mutex = m.make("Mutex", 0);
        m.set_global("m", mutex);
        m.global_process("other", 50, |a| {
            a.push_global("m");
            a.push_global("other");
            a.send("enterFor:");
            a.pop_global("entered");
            note(a, "inside");
            a.push_global("other");
            a.send("suspend");
            a.ret();
        });
        let found = m.text(1, |a| {
            send(a, "idle", "resume");
            send(a, "m", "enter");
            send(a, "other", "resume");
            send(a, "other", "suspend578");
            send(a, "other", "resume");
            note(a, "waiting again");
            send(a, "m", "exit");
            a.push_global("log");
            a.push_global("entered");
            a.push_global("m");
            a.push(3);
            a.send("instVarAt:");
            a.push_global("other");
            a.send("==");
            a.pop_array(3);
        });
        assert_eq!(found, "((waiting again inside) false true)");
    });
}

#[test]
fn delays() {
    for_all(|m| {
        prepare(m);
        semaphore(m, "timer");
        let start = m.world.borrow().now;
        let found = m.text(1, |a| {
            send(a, "idle", "resume");
            a.push_self();
            a.push_global("timer");
            a.push_self();
            a.send("milliseconds");
            a.push(50);
            a.send("+");
            a.send("signal:atMilliseconds:");
            a.pop();
            send(a, "timer", "wait");
            note(a, "fifty");
            a.push_self();
            a.push_global("timer");
            a.push(start as i64 + 2_000_000);
            a.send("signal:atMicroseconds:");
            a.pop();
            send(a, "timer", "wait");
            note(a, "two seconds");
            // A time in the past is due at once; nil turns the timer off; other objects are no semaphores.
            a.push_self();
            a.push_global("timer");
            a.push(5);
            a.send("signal:atMicroseconds:");
            a.pop();
            send(a, "timer", "wait");
            a.push_self();
            a.push_nil();
            a.push(0);
            a.send("signal:atMilliseconds:");
            a.pop();
            a.push_self();
            a.push(3);
            a.push(0);
            a.send("signal:atMicroseconds:");
            a.push_global("log");
            a.pop_array(2);
        });
        assert_eq!(found, "(bad argument (fifty two seconds))");
        let now = m.world.borrow().now;
        assert_eq!(now, start + 2_000_000, "the image slept exactly so long");
        assert_eq!(m.vm.heap.special(Special::TheTimerSemaphore), m.vm.heap.nil());
    });
}

/// A timer that is due wakes a process of higher priority when a block is activated, but not by the primitives that say so.
#[test]
fn no_switch_at_the_start_of_a_block() {
    for_all(|m| {
        for (selector, seen) in [("value", "nil"), ("valueNoContextSwitch", "true")] {
            prepare(m);
            let nil = m.vm.heap.nil();
            m.set_global("ran", nil);
            semaphore(m, "timer");
            m.global_process("high", 50, |a| {
                send(a, "timer", "wait");
                a.push_global("ran");
                a.pop_global("seen");
                a.push_global("high");
                a.send("suspend");
                a.ret();
            });
            let found = m.text(1, |a| {
                send(a, "idle", "resume");
                send(a, "high", "resume");
                a.closure(0, 0, |b| {
                    b.push_true();
                    b.store_global("ran");
                    b.ret_block();
                });
                a.pop_temp(0);
                a.push_self();
                a.push_global("timer");
                a.push(1);
                a.send("signal:atMicroseconds:");
                a.pop();
                a.push_temp(0);
                a.send(selector);
                a.pop();
                note(a, "ran");
                a.push_global("seen");
            });
            assert_eq!(found, seen, "{selector}");
        }
    });
}

#[test]
fn what_comes_from_outside() {
    for_all(|m| {
        prepare(m);
        semaphore(m, "external");
        semaphore(m, "interrupt");
        let external = m.global("external");
        let table = m.vm.heap.array(&[m.vm.heap.nil(), external]).unwrap();
        m.vm.heap.set_special(Special::ExternalObjectsArray, table);
        let events =
            [Event::Semaphore(2, 2), Event::Semaphore(1, 1), Event::Semaphore(9, 1), Event::PrintStacks, Event::UserInterrupt];
        m.world.borrow_mut().events.extend(events);
        let found = m.text(0, |a| {
            a.push_self();
            a.push_global("interrupt");
            a.send("interruptSemaphore:");
            a.pop();
            send(a, "idle", "resume");
            send(a, "external", "wait");
            send(a, "external", "wait");
            note(a, "external");
            send(a, "interrupt", "wait");
            note(a, "interrupt");
            a.push_global("log");
        });
        assert_eq!(found, "(external interrupt)");
        let reports = &m.world.borrow().reports;
        assert!(reports.starts_with("active process, priority ") && reports.contains("\n  UndefinedObject>>run "), "{reports}");
    });
}

/// The external semaphore that is signalled after each collection.
#[test]
fn told_of_collections() {
    for_all(|m| {
        prepare(m);
        semaphore(m, "collected");
        let collected = m.global("collected");
        let table = m.vm.heap.array(&[collected]).unwrap();
        m.vm.heap.set_special(Special::ExternalObjectsArray, table);
        m.method("Object", "gcSemaphore:", 1, 0, |a| {
            a.named_primitive("", "primitiveSetGCSemaphore", None);
            a.push_symbol("failed");
            a.ret();
        });
        let found = m.text(0, |a| {
            send(a, "idle", "resume");
            a.push(7);
            a.push(1);
            a.send("gcSemaphore:");
            a.push_nil();
            a.send("collect");
            a.pop();
            send(a, "collected", "wait");
        });
        assert_eq!(found, "7");
    });
}

#[test]
fn told_that_memory_is_short() {
    for_all(|m| {
        prepare(m);
        semaphore(m, "low");
        let found = m.text(0, |a| {
            send(a, "idle", "resume");
            a.push_self();
            a.push_global("low");
            a.send("lowSpaceSemaphore:");
            a.pop();
            a.push_self();
            a.push(1 << 30);
            a.send("signalAtBytesLeft:");
            a.pop();
            a.push_class("Array");
            a.push(100_000);
            a.send("new:");
            a.pop();
            send(a, "low", "wait");
            note(a, "low");
            a.push_global("log");
        });
        assert_eq!(found, "(low)");
        assert_ne!(m.vm.heap.special(Special::ProcessSignalingLowSpace), m.vm.heap.nil());
    });
}

/// A process that uses up all memory is stopped by the one that the image has for that, which makes much garbage meanwhile.
#[test]
fn memory_is_left_for_the_image_to_act() {
    for set in [BytecodeSet::V3PlusClosures, BytecodeSet::SistaV1] {
        for hog in ["hoard", "deeper"] {
            let image = TestImage::with_sizes(16 << 20, HeapConfig { eden_bytes: 1 << 20, survivor_bytes: 256 << 10 });
            let mut m = Machine::with_memory(set, 0, image);
            prepare(&mut m);
            semaphore(&mut m, "low");
            m.method("Object", "deeper", 0, 0, |a| {
                a.push_self();
                a.send("deeper");
                a.ret();
            });
            m.method("Object", "hoard", 0, 0, |a| {
                a.label("again");
                note(a, "more");
                a.push_global("hoard");
                a.push_global("log");
                a.pop_array(2);
                a.pop_global("hoard");
                a.jump("again");
            });
            m.method("Object", "watch:", 1, 0, |a| {
                a.label("again");
                a.push_class("Array");
                a.push(50);
                a.send("new:");
                a.pop();
                a.push_temp(0);
                a.push(1);
                a.send("-");
                a.pop_temp(0);
                a.push_temp(0);
                a.push(0);
                a.send(">");
                a.jump_if(false, "done");
                a.jump("again");
                a.label("done");
                a.ret_self();
            });
            m.global_process("watcher", 60, |a| {
                a.push_self();
                a.push_global("low");
                a.send("lowSpaceSemaphore:");
                a.pop();
                a.push_self();
                a.push(400_000);
                a.send("signalAtBytesLeft:");
                a.pop();
                send(a, "low", "wait");
                a.push_self();
                a.push(50_000);
                a.send("watch:");
                a.pop();
                a.push_symbol("stopped");
                a.pop_global("result");
                a.push_nil();
                a.send("quit");
                a.ret();
            });
            let found = m.text(0, |a| {
                send(a, "watcher", "resume");
                a.push_self();
                a.send(hog);
            });
            assert_eq!(found, "stopped");
            assert!(m.vm.heap.stats.full_collections < 20, "{}", m.vm.heap.stats.full_collections);
        }
    }
}

/// Without a process that could run the VM stops, and says why.
#[test]
fn everybody_waits() {
    for_all(|m| {
        semaphore(m, "s");
        let error = m.try_eval(0, |a| {
            send(a, "s", "wait");
            a.push_nil();
        });
        assert!(error.unwrap_err().to_string().contains("no idle process"));
    });
}
