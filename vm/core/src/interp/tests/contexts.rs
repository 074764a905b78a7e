//! Contexts: what the image sees of frames, what it changes in them, and very deep stacks.

use super::{Machine, for_all, string};
use crate::bytecode::BytecodeSet;
use crate::error::VmError;
use crate::heap::HeapConfig;
use crate::testing::TestImage;

#[test]
fn the_fields_of_a_live_frame() {
    for_all(|m| {
        m.method("Thing", "look:", 1, 2, |a| {
            a.push(string("one"));
            a.pop_temp(1);
            a.this_context();
            a.pop_temp(2);
            a.push_temp(2);
            a.push(3);
            a.send("instVarAt:");
            a.push_temp(2);
            a.push(5);
            a.send("instVarAt:");
            a.push_temp(2);
            a.push(6);
            a.send("instVarAt:");
            a.push_self();
            a.send("==");
            a.push_temp(2);
            a.push(1);
            a.send("tempAt:");
            a.push_temp(2);
            a.push(2);
            a.send("tempAt:");
            a.push_temp(2);
            a.push(1);
            a.send("instVarAt:");
            a.send("class");
            a.push_temp(2);
            a.push(99);
            a.send("tempAt:");
            a.pop_array(7);
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push_class("Thing");
            a.send("new");
            a.push(11);
            a.send("look:");
        });
        // While instVarAt: runs the stack holds three temporaries and the context and the number that it was sent with.
        assert_eq!(found, "(5 nil true 11 one a Class failed)");
    });
}

#[test]
fn temporaries_changed_from_outside() {
    for_all(|m| {
        m.method("Context", "poke", 0, 0, |a| {
            a.push_self();
            a.push(1);
            a.push(77);
            a.send("tempAt:put:");
            a.ret();
        });
        let found = m.text(1, |a| {
            a.push(1);
            a.pop_temp(0);
            a.this_context();
            a.send("poke");
            a.push_temp(0);
            a.pop_array(2);
        });
        assert_eq!(found, "(77 77)");
    });
}

/// A context that is given another sender returns there.
#[test]
fn another_sender() {
    for_all(|m| {
        m.method("Object", "skip", 0, 0, |a| {
            a.this_context();
            a.push(1);
            a.this_context();
            a.push(1);
            a.send("instVarAt:");
            a.push(1);
            a.send("instVarAt:");
            a.send("instVarAt:put:");
            a.pop();
            a.push_symbol("skipped");
            a.ret();
        });
        m.method("Object", "between", 0, 0, |a| {
            a.push_self();
            a.send("skip");
            a.pop();
            a.push_symbol("not skipped");
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push_self();
            a.send("between");
        });
        assert_eq!(found, "skipped");
    });
}

/// A context that is given an earlier pc runs its code again.
#[test]
fn another_pc() {
    for_all(|m| {
        m.method("Context", "pcOfSender", 0, 0, |a| {
            a.push_self();
            a.push(2);
            a.send("instVarAt:");
            a.ret();
        });
        let found = m.text(2, |a| {
            a.push(0);
            a.pop_temp(0);
            a.this_context();
            a.send("pcOfSender");
            a.pop_temp(1);
            // The pc that was read is behind the send, where the stack has its answer.
            a.push_temp(0);
            a.push(1);
            a.send("+");
            a.pop_temp(0);
            a.push_temp(0);
            a.push(5);
            a.send("<");
            a.jump_if(false, "done");
            a.this_context();
            a.push(2);
            a.push_temp(1);
            a.send("instVarAt:put:");
            a.pop();
            a.label("done");
            a.push_temp(0);
        });
        assert_eq!(found, "5");
    });
}

/// A pc at which no instruction is stops the VM with a reason when the context goes on, and so does a pc of another scope.
#[test]
fn a_pc_that_makes_no_sense() {
    for_all(|m| {
        for pc in [0, 3, 100_000] {
            let error = m.try_eval(0, |a| {
                a.this_context();
                a.push(2);
                a.push(pc);
                a.send("instVarAt:put:");
            });
            assert!(error.unwrap_err().to_string().contains("pc"), "{pc}");
        }
        // Into a block of the method, from the method.
        let error = m.try_eval(1, |a| {
            a.closure(1, 0, |b| {
                b.push_temp(0);
                b.ret_block();
            });
            a.pop_temp(0);
            a.this_context();
            a.push(2);
            a.push_temp(0);
            a.push(2);
            a.send("instVarAt:");
            a.send("instVarAt:put:");
        });
        assert!(error.unwrap_err().to_string().contains("not in its code"));
    });
}

/// A stack pointer below what the code expects is made good: nothing below the frame is ever taken for its stack.
#[test]
fn a_stack_that_is_too_short() {
    for_all(|m| {
        let found = m.text(2, |a| {
            a.push(1);
            a.push(2);
            a.push(3);
            a.this_context();
            a.push(0);
            a.send("stackp:");
            a.pop();
            a.pop_array(3);
        });
        assert_eq!(found, "(nil nil nil)");
    });
}

#[test]
fn a_copy_is_no_frame() {
    for_all(|m| {
        let found = m.text(2, |a| {
            a.push(5);
            a.pop_temp(0);
            a.this_context();
            a.send("copy");
            a.pop_temp(1);
            a.push(6);
            a.pop_temp(0);
            a.push_temp(1);
            a.push(1);
            a.send("tempAt:");
            a.push_temp(1);
            a.push(1);
            a.push(7);
            a.send("tempAt:put:");
            a.pop();
            a.push_temp(0);
            a.push_temp(1);
            a.push(1);
            a.send("tempAt:");
            a.pop_array(3);
        });
        assert_eq!(found, "(5 6 7)");
    });
}

/// A become that fails wrote the frames out to contexts before it did, and the code behind it goes on in them.
#[test]
fn a_become_of_contexts_that_fails() {
    for_all(|m| {
        let found = m.text(1, |a| {
            a.push(7);
            a.pop_temp(0);
            a.push(3);
            a.this_context();
            a.pop_array(1);
            a.send("become:");
            a.push_temp(0);
            a.pop_array(2);
        });
        assert_eq!(found, "(failed 7)");
    });
}

/// Senders that lead back to where they began: searches along them end.
#[test]
fn a_chain_of_senders_without_end() {
    for_all(|m| {
        m.method("Context", "loop", 0, 1, |a| {
            // A copy of this context is its own sender.
            a.push_self();
            a.send("copy");
            a.store_temp(0);
            a.push(1);
            a.push_temp(0);
            a.send("instVarAt:put:");
            a.pop();
            a.push_temp(0);
            a.ret();
        });
        let found = m.text(1, |a| {
            a.this_context();
            a.send("loop");
            a.store_temp(0);
            a.send("findNextHandlerContext");
            a.push_temp(0);
            a.push_nil();
            a.send("findNextUnwindContextUpTo:");
            a.push_temp(0);
            a.this_context();
            a.send("terminateTo:");
            a.send("class");
            a.push_class("Context");
            a.send("==");
            a.pop_array(3);
        });
        assert_eq!(found, "(nil nil true)");
    });
}

/// A number as a sender would name a frame: it is nil, and nothing is found through it.
#[test]
fn a_number_as_a_sender() {
    for_all(|m| {
        m.method("Context", "beSender:", 1, 0, |a| {
            a.push_temp(0);
            a.pop_field(0);
            a.push_field(0);
            a.ret();
        });
        for number in [0, 1, 40, 4000, 1 << 40] {
            let found = m.text(1, |a| {
                a.this_context();
                a.send("copy");
                a.store_temp(0);
                a.push(number);
                a.send("beSender:");
                a.push_temp(0);
                a.push(1);
                a.push(number);
                a.send("instVarAt:put:");
                a.push_temp(0);
                a.push(1);
                a.send("instVarAt:");
                a.push_temp(0);
                a.push(1);
                a.send("tempAt:");
                a.pop_array(4);
            });
            assert_eq!(found, format!("(nil {number} nil nil)"));
        }
    });
}

/// Mirror primitives see a context as the context's own methods do, whoever the mirror is.
#[test]
fn contexts_in_mirrors() {
    for_all(|m| {
        let mirrors =
            [("of:at:", 60, 2), ("sizeOf:", 62, 1), ("of:instVarAt:", 73, 2), ("of:slotAt:", 173, 2), ("of:tempAt:", 210, 2)];
        for (selector, primitive, args) in mirrors {
            m.method("Thing", selector, args, 0, |a| {
                a.primitive(primitive, None);
                a.push_symbol("failed");
                a.ret();
            });
        }
        let found = m.text(2, |a| {
            a.push_class("Thing");
            a.send("new");
            a.pop_temp(0);
            a.push(9);
            a.pop_temp(1);
            for (selector, _, args) in mirrors {
                a.push_temp(0);
                a.this_context();
                if args == 2 {
                    a.push(if selector.contains("nstVar") || selector.contains("slot") { 8 } else { 2 });
                }
                a.send(selector);
            }
            a.pop_array(mirrors.len() as u8);
        });
        assert_eq!(found, "(9 5 9 9 9)");
    });
}

/// Memory runs out after a few full collections, not after thousands that free nothing, wherever its limit lies.
#[test]
fn a_recursion_without_end() {
    for megabytes in (8..24).step_by(3) {
        let image = TestImage::with_sizes(megabytes << 20, HeapConfig { eden_bytes: 1 << 20, survivor_bytes: 256 << 10 });
        let mut m = Machine::with_memory(BytecodeSet::SistaV1, 0, image);
        m.method("Object", "deeper", 0, 0, |a| {
            a.push_self();
            a.send("deeper");
            a.ret();
        });
        let error = m.try_eval(0, |a| {
            a.push_self();
            a.send("deeper");
        });
        assert!(matches!(error, Err(VmError::OutOfMemory { .. })), "{error:?}");
        assert!(m.vm.heap.stats.full_collections < 20, "{}", m.vm.heap.stats.full_collections);
        let (process, depth) = m.vm.deepest_stack();
        assert!(process.starts_with("active process") && depth as u64 > megabytes as u64 * 4000, "{process} {depth}");
    }
}

/// Frames leave the stack pages for contexts and come back.
#[test]
fn a_recursion_a_million_deep() {
    for set in [BytecodeSet::V3PlusClosures, BytecodeSet::SistaV1] {
        let image = TestImage::with_sizes(512 << 20, HeapConfig { eden_bytes: 4 << 20, survivor_bytes: 1 << 20 });
        let mut m = Machine::with_memory(set, 0, image);
        m.method("SmallInteger", "deep", 0, 0, |a| {
            a.push_self();
            a.push(0);
            a.send("=");
            a.jump_if(false, "deeper");
            a.push(0);
            a.ret();
            a.label("deeper");
            a.push_self();
            a.push(1);
            a.send("-");
            a.send("deep");
            a.push(1);
            a.send("+");
            a.ret();
        });
        let found = m.text(0, |a| {
            a.push(1_000_000);
            a.send("deep");
        });
        assert_eq!(found, "1000000");
        assert!(m.vm.counters.stack_pages_flushed > 1000);
    }
}
