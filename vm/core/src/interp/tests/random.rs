//! Code that nobody would write: random instructions, contexts and closures that are changed at random, bytes that are replaced.
//! Whatever an image does, it answers or the VM stops with a reason; it never reads or writes what is not its own.

use super::{Asm, Machine, string};
use crate::bytecode::BytecodeSet;
use crate::vm::Outcome;
use proptest::prelude::*;

/// Methods that random code may send.
const SELECTORS: &[&str] = &[
    "value",
    "value:",
    "valueWithArguments:",
    "valueNoContextSwitch",
    "tempAt:",
    "tempAt:put:",
    "stackp:",
    "size",
    "copy",
    "instVarAt:",
    "instVarAt:put:",
    "at:",
    "at:put:",
    "+",
    "<",
    "=",
    "==",
    "bitShift:",
    "class",
    "new",
    "new:",
    "perform:",
    "perform:withArguments:",
    "become:",
    "becomeForward:",
    "changeClassTo:",
    "terminateTo:",
    "findNextUnwindContextUpTo:",
    "findNextHandlerContext",
    "beReadOnly:",
    "collect",
    "yield",
    "signal",
    "wait",
    "resume",
    "suspend",
    "suspendToWaitAgain",
    "nobody:understands:",
    "again:",
    "try:withArgs:",
    "object:try:withArgs:",
    "withArgs:execute:",
    "objectAt:",
    "objectAt:put:",
];

/// Makes code of a stream of bytes; what the stream does not say any more is 0.
struct Writer<'a> {
    choices: std::slice::Iter<'a, u8>,
    labels: usize,
}

impl Writer<'_> {
    fn choose(&mut self, below: usize) -> usize {
        self.choices.next().map_or(0, |&byte| byte as usize % below)
    }

    fn more(&self) -> bool {
        !self.choices.as_slice().is_empty()
    }

    fn label(&mut self) -> String {
        self.labels += 1;
        format!("label {}", self.labels)
    }

    /// Pushes one value.
    fn value(&mut self, a: &mut Asm, temps: usize, depth: usize) {
        match self.choose(if depth > 4 { 9 } else { 14 }) {
            0 => a.push(self.choose(256) as i64 * (1 + 2 * self.choose(2) as i64) - 5),
            1 => a.push_temp(self.choose(temps) as u8),
            2 => a.push_self(),
            3 => a.this_context(),
            4 => a.push_nil(),
            5 => a.push_field(self.choose(9) as u8),
            6 => a.push(1 << self.choose(61)),
            7 => a.push_symbol(SELECTORS[self.choose(SELECTORS.len())]),
            8 => a.push_class(["Array", "Thing", "Context", "BlockClosure", "Semaphore", "Process"][self.choose(6)]),
            9 => {
                let (args, copied) = (self.choose(3), self.choose(3));
                (0..copied).for_each(|_| self.value(a, temps, depth + 1));
                a.closure(args as u8, copied as u8, |b| {
                    b.push_nil();
                    self.statements(b, args + copied + 1, depth + 1);
                    self.value(b, args + copied + 1, depth + 1);
                    if self.choose(3) == 0 { b.ret() } else { b.ret_block() }
                });
            }
            10 => {
                let size = self.choose(5);
                (0..size).for_each(|_| self.value(a, temps, depth + 1));
                a.pop_array(size as u8);
            }
            _ => {
                let selector = SELECTORS[self.choose(SELECTORS.len())];
                (0..=crate::testing::arguments(selector)).for_each(|_| self.value(a, temps, depth + 1));
                a.send(selector);
            }
        }
    }

    /// Some statements, which leave the stack as it was.
    fn statements(&mut self, a: &mut Asm, temps: usize, depth: usize) {
        for _ in 0..self.choose(5) {
            match self.choose(if depth > 4 { 4 } else { 6 }) {
                0 => {
                    self.value(a, temps, depth + 1);
                    a.pop();
                }
                1 => {
                    self.value(a, temps, depth + 1);
                    a.pop_field(self.choose(9) as u8);
                }
                2 | 3 => {
                    self.value(a, temps, depth + 1);
                    a.pop_temp(self.choose(temps) as u8);
                }
                4 => {
                    let (otherwise, end) = (self.label(), self.label());
                    self.value(a, temps, depth + 1);
                    a.jump_if(self.choose(2) == 0, &otherwise);
                    self.statements(a, temps, depth + 1);
                    a.jump(&end);
                    a.label(&otherwise);
                    self.statements(a, temps, depth + 1);
                    a.label(&end);
                }
                _ => {
                    let (again, end) = (self.label(), self.label());
                    a.label(&again);
                    self.value(a, temps, depth + 1);
                    a.jump_if(true, &end);
                    self.statements(a, temps, depth + 1);
                    a.jump(&again);
                    a.label(&end);
                }
            }
        }
    }
}

/// What the VM sends of itself is answered, so that code goes on.
fn prepare(m: &mut Machine) {
    for (class, selector) in [
        ("Object", "doesNotUnderstand:"),
        ("Object", "mustBeBoolean"),
        ("Context", "cannotReturn:"),
        ("Context", "aboutToReturn:through:"),
        ("Context", "unusedBytecode"),
        ("Object", "attemptToAssign:withIndex:"),
    ] {
        m.method(class, selector, crate::testing::arguments(selector) as usize, 0, |a| match selector {
            // Ends loops.
            "mustBeBoolean" => {
                a.push_true();
                a.ret();
            }
            _ => a.ret_self(),
        });
    }
    for &(selector, primitive) in PRIMITIVES {
        m.method("Object", selector, crate::testing::arguments(selector) as usize, 0, |a| {
            a.primitive(primitive, None);
            a.ret_self();
        });
    }
}

/// Primitives for every receiver.
const PRIMITIVES: &[(&str, u16)] = &[
    ("becomeForward:", 72),
    ("changeClassTo:", 115),
    ("suspendToWaitAgain", 578),
    ("try:withArgs:", 118),
    ("object:try:withArgs:", 118),
    ("withArgs:execute:", 188),
    ("objectAt:", 68),
    ("objectAt:put:", 69),
];

fn run(set: BytecodeSet, gc_stress: u64, choices: &[u8], edits: &[(u16, u8)]) {
    let mut m = Machine::new(set, gc_stress);
    prepare(&mut m);
    let mut asm = Asm::new(set, 1, 3);
    let mut writer = Writer { choices: choices.iter(), labels: 0 };
    while writer.more() && asm.code.len() < 600 {
        writer.statements(&mut asm, 4, 0);
    }
    asm.ret_self();
    if !asm.is_sound() {
        // A jump is too long for the assembler.
        return;
    }
    let method = m.compile(&asm, "Thing", "again:");
    for &(at, byte) in edits {
        let bytes = m.vm.heap.bytes_mut(method);
        let place = at as usize % bytes.len();
        bytes[place] = byte;
    }
    m.install("Thing", "again:", method);
    m.global_process("other", 40, |a| {
        a.push_class("Thing");
        a.send("new");
        a.push(string("x"));
        a.send("again:");
        a.ret();
    });
    m.start(0, |a| {
        a.push_global("other");
        a.send("resume");
        a.pop();
        a.push_class("Thing");
        a.send("new");
        a.push(3);
        a.send("again:");
        a.pop();
        a.push_nil();
        a.send("quit");
        a.ret();
    })
    .expect("the process can start");
    while let Ok(Outcome::BudgetUsed) = m.vm.run(1)
        && m.vm.counters.event_checks < 4
    {}
    assert!(m.vm.heap.check(3).is_empty());
}

/// `PROPTEST_CASES` for a longer run.
fn config() -> ProptestConfig {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 60 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn code_of_any_kind(
        sista in any::<bool>(),
        stress in prop_oneof![Just(0u64), Just(1), Just(5)],
        choices in prop::collection::vec(any::<u8>(), 0..400),
        edits in prop_oneof![Just(Vec::new()), prop::collection::vec(any::<(u16, u8)>(), 0..3)],
    ) {
        run(if sista { BytecodeSet::SistaV1 } else { BytecodeSet::V3PlusClosures }, stress, &choices, &edits);
    }
}
