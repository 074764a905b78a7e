//! A VM with an image built for a test: classes with methods, one process, and a world that the test moves.

use super::asm::{Asm, Literal};
use super::kernel::DICTIONARY_SIZE;
use super::world::{TestPlatform, TestPlugins, World};
use crate::bytecode::BytecodeSet;
use crate::error::VmError;
use crate::heap::HeapConfig;
use crate::image::ImageHeader;
use crate::interp::layout::{context, process};
use crate::object::{CLASS_INDEX_CONTEXT, Format};
use crate::oop::Oop;

use crate::plugin::PluginHost;
use crate::special::Special;
use crate::testing::TestImage;
use crate::vm::{JIT_AFTER, Options, Outcome, Vm};
use std::cell::RefCell;
use std::rc::Rc;

/// The VM of a test.
pub struct Machine {
    /// The VM.
    pub vm: Vm,
    /// Whose bytecodes its methods have.
    pub set: BytecodeSet,
    /// What is around it.
    pub world: Rc<RefCell<World>>,
}

/// Runs a test with both bytecode sets, each without and with a collector that is always at work.
pub fn for_all(test: impl Fn(&mut Machine)) {
    for set in [BytecodeSet::V3PlusClosures, BytecodeSet::SistaV1] {
        for gc_stress in [0, 3] {
            test(&mut Machine::new(set, gc_stress));
        }
    }
}

/// The same with Sista's set only.
pub fn for_sista(test: impl Fn(&mut Machine)) {
    for gc_stress in [0, 3] {
        test(&mut Machine::new(BytecodeSet::SistaV1, gc_stress));
    }
}

impl Machine {
    /// A machine that collects garbage at every `gc_stress`th allocation, and checks its memory then; with 0 it collects when it has to.
    pub fn new(set: BytecodeSet, gc_stress: u64) -> Machine {
        let config = HeapConfig { eden_bytes: 256 << 10, survivor_bytes: 64 << 10 };
        Machine::with_memory(set, gc_stress, TestImage::with_sizes(64 << 20, config))
    }

    /// A machine with the memory of an image, and a plugin `Test`: `double`, and `fail`, which fails with the system's error 42.
    pub fn with_memory(set: BytecodeSet, gc_stress: u64, image: TestImage) -> Machine {
        Machine::with_plugins(set, gc_stress, image, Box::new(TestPlugins))
    }

    /// A machine with the memory of an image and these plugins.
    pub fn with_plugins(set: BytecodeSet, gc_stress: u64, image: TestImage, plugins: Box<dyn PluginHost>) -> Machine {
        let TestImage { mut heap } = image;
        heap.set_stress(gc_stress);
        let world = Rc::new(RefCell::new(World { now: 1_000_000, ..World::default() }));
        let platform = Box::new(TestPlatform(world.clone()));
        let options = Options { gc_stress, jit_after: jit_after(), ..Options::default() };
        let vm = Vm { options, ..Vm::idle(heap, ImageHeader::new(), platform, plugins) };
        let mut machine = Machine { vm, set, world };
        machine.build();
        machine
    }

    /// The class of this name.
    pub fn class(&self, name: &str) -> Oop {
        let heap = &self.vm.heap;
        let mut classes = (1..2048).map(|index| heap.class_at(index)).filter(|&class| class != heap.nil());
        classes.find(|&class| heap.class_name(class) == name).unwrap_or_else(|| panic!("no class {name}"))
    }

    /// A new object.
    pub fn make(&mut self, class: &str, size: usize) -> Oop {
        let class = self.class(class);
        self.vm.heap.instantiate(class, size).unwrap()
    }

    /// The object of an array of objects that has this text; it is made where there is none.
    pub fn symbol(&mut self, text: &str) -> Oop {
        let symbols = self.vm.heap.special(Special::SmalltalkDictionary);
        for i in 0..self.vm.heap.num_slots(symbols) {
            let symbol = self.vm.heap.fetch(symbols, i);
            if symbol == self.vm.heap.nil() {
                let symbol = self.vm.heap.string(text).unwrap();
                self.vm.heap.identity_hash(symbol);
                self.vm.heap.store(symbols, i, symbol);
                return symbol;
            }
            if self.vm.heap.text(symbol).as_deref() == Some(text) {
                return symbol;
            }
        }
        panic!("too many symbols");
    }

    fn association(&mut self, name: &str) -> Oop {
        let globals = self.vm.heap.special(Special::TheDisplay);
        for i in 0..self.vm.heap.num_slots(globals) {
            let association = self.vm.heap.fetch(globals, i);
            if association == self.vm.heap.nil() {
                let association = self.make("Association", 0);
                let key = self.symbol(name);
                self.vm.heap.store(association, 0, key);
                self.vm.heap.store(globals, i, association);
                return association;
            }
            if self.vm.heap.text(self.vm.heap.fetch(association, 0)).as_deref() == Some(name) {
                return association;
            }
        }
        panic!("too many globals");
    }

    /// The value of a global variable.
    pub fn global(&mut self, name: &str) -> Oop {
        let association = self.association(name);
        self.vm.heap.fetch(association, 1)
    }

    /// Sets a global variable.
    pub fn set_global(&mut self, name: &str, value: Oop) {
        let association = self.association(name);
        self.vm.heap.store(association, 1, value);
    }

    /// Defines a method; `temps` are those beside the arguments.
    pub fn method(&mut self, class: &str, selector: &str, args: usize, temps: usize, body: impl FnOnce(&mut Asm)) -> Oop {
        let mut asm = Asm::new(self.set, args, temps);
        body(&mut asm);
        let method = self.compile(&asm, class, selector);
        self.install(class, selector, method);
        method
    }

    /// Enters an object in a class's method dictionary.
    pub fn install(&mut self, class: &str, selector: &str, method: Oop) {
        let selector = self.symbol(selector);
        let heap = &mut self.vm.heap;
        let class = (1..2048).map(|i| heap.class_at(i)).find(|&c| c != heap.nil() && heap.class_name(c) == class).unwrap();
        let dictionary = heap.fetch(class, 1);
        let values = heap.fetch(dictionary, 1);
        let start = heap.identity_hash(selector) as usize;
        for i in 0..DICTIONARY_SIZE {
            let index = (start + i) % DICTIONARY_SIZE;
            let key = heap.fetch(dictionary, 2 + index);
            if key == heap.nil() || key == selector {
                heap.store(dictionary, 2 + index, selector);
                heap.store(values, index, method);
                self.vm.flush_caches();
                return;
            }
        }
        panic!("too many methods");
    }

    /// A method that belongs to a class and is not installed.
    pub fn compile(&mut self, asm: &Asm, class: &str, selector: &str) -> Oop {
        let binding = self.make("Association", 0);
        let class = self.class(class);
        self.vm.heap.store(binding, 1, class);
        let selector = self.symbol(selector);
        self.compile_with(asm, &[selector, binding])
    }

    fn compile_with(&mut self, asm: &Asm, last: &[Oop]) -> Oop {
        let mut blocks = Vec::new();
        let mut literals = Vec::new();
        for literal in &asm.literals {
            let oop = self.object(literal);
            if matches!(literal, Literal::Block(_)) {
                blocks.push(oop);
            }
            literals.push(oop);
        }
        literals.extend_from_slice(last);
        let code = asm.finished_code();
        let heap = &mut self.vm.heap;
        let (format, code_slots) = Format::for_units(Format::COMPILED_METHOD, code.len() as u64, 0);
        let class = (1..2048).map(|i| heap.class_at(i)).find(|&c| heap.class_name(c) == "CompiledMethod").unwrap();
        let index = heap.class_table_index(class).unwrap();
        let method = heap.alloc_bits(index, format, 1 + literals.len() + code_slots as usize).unwrap();
        let sign = if asm.set == BytecodeSet::SistaV1 { Oop::MIN_SMALL_INTEGER } else { 0 };
        let flags = ((asm.primitive != 0) as i64) << 16 | (asm.is_large() as i64) << 17;
        let header = sign | literals.len() as i64 | flags | ((asm.args + asm.temps) as i64) << 18 | (asm.args as i64) << 24;
        heap.store(method, 0, Oop::from_small_int(header));
        for (i, &literal) in literals.iter().enumerate() {
            heap.store(method, 1 + i, literal);
        }
        heap.bytes_mut(method).copy_from_slice(&code);
        // A CompiledBlock's last literal is the code that it is in.
        for block in blocks {
            let count = heap.literal_count(block);
            heap.store(block, count, method);
        }
        method
    }

    /// The object of a literal.
    pub fn object(&mut self, literal: &Literal) -> Oop {
        match literal {
            Literal::Integer(value) => self.vm.heap.integer(*value).unwrap(),
            Literal::Symbol(text) => self.symbol(text),
            Literal::String(text) => self.vm.heap.string(text).unwrap(),
            Literal::Float(value) => self.vm.heap.float(*value).unwrap(),
            Literal::Class(name) => self.class(name),
            Literal::Global(name) => self.association(name),
            Literal::Method(class, selector) => {
                let (class, selector) = (self.class(class), self.symbol(selector));
                let dictionary = self.vm.heap.fetch(class, 1);
                self.vm.find_in(dictionary, selector).expect("the method is there")
            }
            Literal::Named(module, function) => {
                let nil = self.vm.heap.nil();
                let module = if module.is_empty() { nil } else { self.symbol(module) };
                let function = self.symbol(function);
                self.vm.heap.array(&[module, function, Oop::ZERO, Oop::ZERO]).unwrap()
            }
            Literal::Block(asm) => self.compile_with(asm, &[self.vm.heap.nil()]),
        }
    }

    /// A process that is about to run a method of `nil` without arguments, suspended.
    pub fn process(&mut self, priority: i64, temps: usize, body: impl FnOnce(&mut Asm)) -> Oop {
        let mut asm = Asm::new(self.set, 0, temps);
        body(&mut asm);
        let method = self.compile(&asm, "UndefinedObject", "run");
        let heap = &mut self.vm.heap;
        let nil = heap.nil();
        let ctx = heap.alloc_pointers(CLASS_INDEX_CONTEXT, Format::INDEXABLE_FIXED, context::FIRST_TEMP + 56).unwrap();
        let pc = 8 * (1 + heap.literal_count(method)) + 1;
        heap.store(ctx, context::PC, Oop::from_small_int(pc as i64));
        heap.store(ctx, context::STACKP, Oop::from_small_int(temps as i64));
        heap.store(ctx, context::METHOD, method);
        heap.store(ctx, context::CLOSURE, nil);
        heap.store(ctx, context::RECEIVER, nil);
        let process = self.make("Process", 0);
        self.vm.heap.store(process, process::SUSPENDED_CONTEXT, ctx);
        self.vm.heap.store(process, process::PRIORITY, Oop::from_small_int(priority));
        process
    }

    /// Defines a process as a global variable.
    pub fn global_process(&mut self, name: &str, priority: i64, body: impl FnOnce(&mut Asm)) {
        let process = self.process(priority, 0, body);
        self.set_global(name, process);
    }

    /// Makes code in a process of priority 40 what runs next.
    pub fn start(&mut self, temps: usize, body: impl FnOnce(&mut Asm)) -> Result<(), VmError> {
        let process = self.process(40, temps, body);
        let association = self.vm.heap.special(Special::SchedulerAssociation);
        let scheduler = self.vm.heap.fetch(association, 1);
        self.vm.heap.store(scheduler, process::SCHEDULER_ACTIVE, process);
        self.vm.outcome = None;
        if self.vm.fp != 0 {
            // What ran before was not asked to leave its page.
            self.vm.sync_page();
        }
        self.vm.resume_active_process()
    }

    /// Runs code in a process of priority 40 until the image quits, and answers the value that the code leaves on the stack. The
    /// world's clock goes on whenever the image sleeps.
    pub fn try_eval(&mut self, temps: usize, body: impl FnOnce(&mut Asm)) -> Result<Oop, VmError> {
        let nil = self.vm.heap.nil();
        self.set_global("result", nil);
        self.start(temps, |a| {
            body(a);
            a.pop_global("result");
            a.push_nil();
            a.send("quit");
            a.ret();
        })?;
        loop {
            match self.vm.run(1000)? {
                Outcome::Quit(_) => return Ok(self.global("result")),
                Outcome::BudgetUsed => {}
                Outcome::Idle { until } => {
                    let mut world = self.world.borrow_mut();
                    match until {
                        Some(time) => world.now = world.now.max(time),
                        None => assert!(!world.events.is_empty(), "the image sleeps for ever"),
                    }
                }
            }
        }
    }

    /// The same for code without errors.
    pub fn eval(&mut self, temps: usize, body: impl FnOnce(&mut Asm)) -> Oop {
        self.try_eval(temps, body).unwrap_or_else(|error| panic!("{error}\n{}", self.vm.all_stacks()))
    }

    /// What code answers, as text: integers, symbols and strings, nil, true, false, and Arrays of these.
    pub fn text(&mut self, temps: usize, body: impl FnOnce(&mut Asm)) -> String {
        let value = self.eval(temps, body);
        self.print(value)
    }

    /// An object as text.
    pub fn print(&self, oop: Oop) -> String {
        let heap = &self.vm.heap;
        let oop = heap.follow(oop);
        if let Some(value) = oop.as_small_int() {
            return value.to_string();
        }
        if let Some(text) = heap.text(oop).filter(|_| oop.is_pointer()) {
            return text;
        }
        if oop.is_pointer() && heap.class_name(heap.class_of(oop)) == "Array" {
            let elements: Vec<String> = heap.slots(oop).iter().map(|&element| self.print(element)).collect();
            return format!("({})", elements.join(" "));
        }
        self.vm.describe(oop)
    }
}

/// When methods are compiled to native code: `cargo xtask test` runs these tests once as it is by default, and once with all code native, which
/// this variable says.
fn jit_after() -> u32 {
    std::env::var("OSVM_JIT_AFTER").map_or(JIT_AFTER, |number| number.parse().expect("a number in OSVM_JIT_AFTER"))
}
