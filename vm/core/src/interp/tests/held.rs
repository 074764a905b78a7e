//! Objects that a plugin holds from call to call, while the image runs: they move with collections and become what they are made to become.

use super::*;
use crate::bytecode::BytecodeSet;
use crate::error::PrimError;
use crate::heap::HeapConfig;
use crate::oop::Oop;
use crate::plugin::{Call, NamedPrimitive, NotFound, PluginHost};
use crate::testing::TestImage;
use std::cell::Cell;
use std::rc::Rc;

/// A module that holds what it is given (`hold`), and answers it (`held`).
struct Holder(Rc<Cell<Oop>>);

impl PluginHost for Holder {
    fn resolve(&mut self, _module: &str, function: &str) -> Result<NamedPrimitive, NotFound> {
        ["hold", "held"].iter().position(|&name| name == function).map(|i| NamedPrimitive(i as u32)).ok_or(NotFound::Function)
    }

    fn call(&mut self, primitive: NamedPrimitive, call: &mut Call<'_>) -> Result<Oop, PrimError> {
        if primitive.0 == 0 {
            self.0.set(call.operands.arg(0).expect("an argument"));
        }
        Ok(self.0.get())
    }

    fn visit_held(&mut self, visit: &mut dyn FnMut(&mut Oop)) {
        let mut oop = self.0.get();
        if oop.is_pointer() {
            visit(&mut oop);
        }
        self.0.set(oop);
    }
}

/// Runs a test with both bytecode sets, each without and with a collector that is always at work.
fn for_holders(test: impl Fn(&mut Machine, &Cell<Oop>)) {
    for set in [BytecodeSet::V3PlusClosures, BytecodeSet::SistaV1] {
        for gc_stress in [0, 3] {
            let held = Rc::new(Cell::new(Oop::ZERO));
            let config = HeapConfig { eden_bytes: 256 << 10, survivor_bytes: 64 << 10 };
            let image = TestImage::with_sizes(64 << 20, config);
            let mut machine = Machine::with_plugins(set, gc_stress, image, Box::new(Holder(held.clone())));
            for (selector, function, args) in [("hold:", "hold", 1), ("held", "held", 0)] {
                machine.method("Object", selector, args, 0, |a| {
                    a.named_primitive("Test", function, None);
                    a.push_nil();
                    a.ret();
                });
            }
            for (selector, number, args) in [("scavenge", 131, 0), ("collectAll", 130, 0), ("becomeForward:", 72, 1)] {
                machine.method("Object", selector, args, 0, |a| {
                    a.primitive(number, None);
                    a.push_nil();
                    a.ret();
                });
            }
            test(&mut machine, &held);
        }
    }
}

/// An Array of integers, which nobody else has.
fn push_array(a: &mut Asm, elements: &[i64]) {
    elements.iter().for_each(|&element| a.push(element));
    a.pop_array(elements.len() as u8);
}

fn send_to_nil(a: &mut Asm, selector: &str) {
    a.push_nil();
    a.send(selector);
}

#[test]
fn held_objects_outlive_collections() {
    for_holders(|m, held| {
        let found = m.text(0, |a| {
            a.push_nil();
            push_array(a, &[7, 8]);
            a.send("hold:");
            a.pop();
            // Through new space, into old space, and there to another place.
            for collection in ["scavenge", "scavenge", "scavenge", "collectAll", "scavenge", "collectAll"] {
                send_to_nil(a, collection);
                a.pop();
                push_array(a, &[1, 2, 3]);
                a.pop();
            }
            send_to_nil(a, "held");
        });
        assert_eq!(found, "(7 8)");
        assert_eq!(m.print(held.get()), "(7 8)");
        assert_eq!(m.vm.heap.check(3), Vec::<String>::new());
    });
}

#[test]
fn held_objects_become_others() {
    for_holders(|m, held| {
        let found = m.text(1, |a| {
            a.push_nil();
            push_array(a, &[7, 8]);
            a.store_temp(0);
            a.send("hold:");
            a.pop();
            a.push_temp(0);
            a.pop_array(1);
            push_array(a, &[1, 2, 3]);
            a.pop_array(1);
            a.send("becomeForward:");
            a.pop();
            send_to_nil(a, "held");
            a.push_temp(0);
            send_to_nil(a, "scavenge");
            a.pop();
            send_to_nil(a, "collectAll");
            a.pop();
            send_to_nil(a, "held");
            a.pop_array(3);
        });
        assert_eq!(found, "((1 2 3) (1 2 3) (1 2 3))");
        assert!(!m.vm.heap.is_forwarded(held.get()), "what it holds is the other object itself");
    });
}
