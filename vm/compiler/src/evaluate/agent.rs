//! The class whose instances run expressions inside of the image. It is made in the heap, and no list of the image's has it.

use super::error::StartError;
use super::image::{
    DICTIONARY_FIRST_KEY, DICTIONARY_TALLY, DICTIONARY_VALUES, METHODS, SPEC, SUPERCLASS, understands, with_superclasses,
};
use super::names::SessionLinker;
use crate::codegen::{CompiledCode, Options, compile_method};
use crate::install::install_method;
use crate::semantics::{Binding, Environment, VariableId};
use crate::tonel;
use crate::world::World;
use osvm_core::heap::Heap;
use osvm_core::image::WordSize;
use osvm_core::object::{Format, HASH_MASK, HASH_SHIFT};
use osvm_core::oop::Oop;
use osvm_core::special::Special;
use osvm_core::vm::{Handle, Vm};
use std::collections::HashMap;

const SOURCE: &str = include_str!("OsvmEvaluation.class.st");

/// Room for methods in the class's dictionary: a power of two, and more than twice as many as there are.
const CAPACITY: usize = 32;

/// Variables of an evaluation, in the order of the class's definition.
pub(super) mod field {
    pub const METHOD: usize = 0;
    pub const PHASE: usize = 1;
    pub const VALUE: usize = 2;
    pub const TEXT: usize = 3;
    pub const CAUSE: usize = 4;
    pub const MESSAGE: usize = 5;
    pub const PROCESS: usize = 6;
    pub const OVER: usize = 7;
}

/// What an evaluation's process is to run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Task {
    /// The method, with its errors caught where the image has exceptions.
    Evaluate,
    /// The end of another process.
    Terminate,
    /// Symbols for strings.
    Intern,
    /// Texts for objects.
    Print,
}

/// The class, and its methods that processes begin with.
#[derive(Debug)]
pub(super) struct Agent {
    class: Handle,
    evaluate: Handle,
    terminate: Handle,
    intern: Option<Handle>,
    print: Option<Handle>,
}

/// What the image can do, which decides how expressions are run.
struct Abilities {
    /// The class of the exceptions that say that nobody handled another, and the message by which they tell it.
    unhandled: Option<(Oop, &'static str)>,
    /// The class of halts, where those do not become one of these.
    halt: Option<Oop>,
    forks: bool,
    terminates: bool,
    interns: bool,
}

/// Classes of exceptions that nobody handled, and how they tell what they are about.
const UNHANDLED: [(&str, &str); 3] =
    [("UnhandledException", "osvmExceptionOf:"), ("UnhandledError", "osvmExceptionOf:"), ("Error", "osvmItself:")];

impl Abilities {
    fn of(heap: &Heap, world: &World) -> Abilities {
        let class = |name: &str| {
            world.global(name).map(|association| heap.follow(heap.fetch(association, 1))).or_else(|| world.class(name))
        };
        let answers = |class: Oop, selector: &str| understands(heap, class, selector);
        let closures = heap.special(Special::ClassBlockClosure);
        let usable = |&(name, how): &(&str, &'static str)| {
            let class = class(name)?;
            (how != "osvmExceptionOf:" || answers(class, "exception")).then_some((class, how))
        };
        let catches = closures != heap.nil() && answers(closures, "on:do:") && answers(closures, "ensure:");
        let processes = heap.special(Special::ClassProcess);
        Abilities {
            halt: class("Halt").filter(|&halt| answers(halt, "exception")),
            unhandled: if catches { UNHANDLED.iter().find_map(usable) } else { None },
            forks: closures != heap.nil() && answers(closures, "newProcess"),
            terminates: processes != heap.nil() && answers(processes, "terminate"),
            interns: answers(heap.special(Special::ClassString), "asSymbol"),
        }
    }

    /// The method that runs an expression.
    fn evaluate(&self) -> &'static str {
        match (self.unhandled.is_some(), self.forks) {
            (true, true) => "osvmFork",
            (true, false) => "osvmEvaluateHere",
            (false, _) => "osvmRunHere",
        }
    }

    /// Whether the image can run a method.
    fn allow(&self, selector: &str) -> bool {
        match selector {
            "osvmFork" => self.unhandled.is_some() && self.forks,
            "osvmEvaluate" | "osvmEvaluateHere" | "osvmFail:" | "osvmStop" | "osvmExceptionOf:" | "osvmItself:" | "osvmPrint" => {
                self.unhandled.is_some()
            }
            "osvmTerminate" => self.terminates,
            "osvmIntern" => self.interns,
            _ => true,
        }
    }
}

/// Names by which the class's source calls classes of exceptions.
const EXCEPTIONS: [&str; 2] = ["OsvmUnhandled", "OsvmHalt"];

/// What the methods of the class see: its variables, and the class of exceptions.
struct AgentEnvironment {
    fields: Vec<String>,
}

impl Environment for AgentEnvironment {
    fn lookup(&self, name: &str) -> Option<Binding> {
        if let Some(index) = EXCEPTIONS.iter().position(|&exception| exception == name) {
            return Some(Binding::Constant(VariableId(index as u32)));
        }
        self.fields.iter().position(|field| field == name).map(|index| Binding::Field(index as u16))
    }
}

impl Agent {
    /// Makes the class in the heap of a VM.
    pub(super) fn new(vm: &mut Vm, world: &World, options: &Options) -> Result<Agent, StartError> {
        let mut abilities = Abilities::of(&vm.heap, world);
        if vm.header().word_size == WordSize::Bits32 {
            // Some find handlers by reading primitives out of methods, where those are in images of 32 bits.
            abilities.unhandled = None;
        }
        let (class, fields) = make_class(&mut vm.heap)?;
        let binding = world.make_association(&mut vm.heap, "OsvmEvaluation", class)?;
        let unhandled = abilities.unhandled.map_or(vm.heap.nil(), |(class, _)| class);
        let mut exceptions = [unhandled, abilities.halt.unwrap_or(unhandled)];
        for exception in &mut exceptions {
            *exception = world.make_association(&mut vm.heap, "Error", *exception)?;
        }
        let environment = AgentEnvironment { fields };
        let symbols = HashMap::new();
        let mut linker =
            SessionLinker { world, variable: |id: VariableId| exceptions[id.0 as usize], class_binding: binding, symbols };
        let mut methods = HashMap::new();
        for (selector, code) in compile(&environment, &abilities, options) {
            let method = install_method(&mut vm.heap, &code, &mut linker)?;
            let symbol = crate::install::Linker::symbol(&mut linker, &mut vm.heap, &selector)?;
            methods.insert(selector, (symbol, method));
        }
        fill_dictionary(&mut vm.heap, class, methods.values().copied());
        let terminate = if abilities.terminates { "osvmTerminate" } else { "osvmSuspend" };
        let mut hold = |selector: &str| methods.get(selector).map(|&(_, method)| vm.hold(method));
        let present = "the class's source has this method";
        let (evaluate, terminate) = (hold(abilities.evaluate()).expect(present), hold(terminate).expect(present));
        Ok(Agent { evaluate, terminate, intern: hold("osvmIntern"), print: hold("osvmPrint"), class: vm.hold(class) })
    }

    /// A new evaluation; `None` if the image cannot do this.
    pub(super) fn instance(&self, vm: &mut Vm) -> Result<Oop, StartError> {
        let class = vm.held(&self.class);
        let evaluation = vm.heap.instantiate(class, 0)?;
        vm.heap.store(evaluation, field::PHASE, Oop::ZERO);
        vm.heap.store(evaluation, field::OVER, vm.heap.false_());
        Ok(evaluation)
    }

    /// The method for a task; `None` if the image cannot do that.
    pub(super) fn method(&self, vm: &Vm, task: Task) -> Option<Oop> {
        let handle = match task {
            Task::Evaluate => &self.evaluate,
            Task::Terminate => &self.terminate,
            Task::Intern => self.intern.as_ref()?,
            Task::Print => self.print.as_ref()?,
        };
        Some(vm.held(handle))
    }
}

/// A class beside `UndefinedObject`, without methods yet; and the names of its variables.
fn make_class(heap: &mut Heap) -> Result<(Oop, Vec<String>), StartError> {
    let definition = tonel::read(SOURCE).expect("the class's source is well-formed");
    let fields = definition.names("instVars").expect("the class's variables are names");
    let fields: Vec<String> = fields.into_iter().map(String::from).collect();
    let model = heap.class_of(heap.nil());
    let superclass =
        with_superclasses(heap, model).nth(1).ok_or_else(|| StartError::unsupported("the class of nil has no superclass"))?;
    let class = heap.alloc_pointers(heap.class_index(model), heap.format(model), heap.num_slots(model))?;
    for index in 0..heap.num_slots(model) {
        heap.store(class, index, heap.fetch(model, index));
    }
    let name = heap.string("OsvmEvaluation")?;
    if let Some(index) = (SPEC + 1..heap.num_slots(model)).find(|&index| heap.text(heap.follow(heap.fetch(model, index))).is_some())
    {
        heap.store(class, index, name);
    }
    let spec = fields.len() as i64 | i64::from(Format::FIXED.0) << 16;
    heap.store(class, SUPERCLASS, superclass);
    heap.store(class, SPEC, Oop::from_small_int(spec));
    let model_methods = heap.follow(heap.fetch(model, METHODS));
    let methods = heap.instantiate(heap.class_of(model_methods), CAPACITY)?;
    let values = heap.array(&[heap.nil(); CAPACITY])?;
    heap.store(methods, DICTIONARY_VALUES, values);
    heap.store(class, METHODS, methods);
    Ok((class, fields))
}

/// The methods that the image can run.
fn compile(environment: &AgentEnvironment, abilities: &Abilities, options: &Options) -> Vec<(String, CompiledCode)> {
    let definition = tonel::read(SOURCE).expect("the class's source is well-formed");
    let cause = abilities.unhandled.map_or("osvmItself:", |(_, how)| how);
    // Without halts of its own the image has what stands for errors in their place.
    let halt = if abilities.halt.is_some() { "osvmItself:" } else { cause };
    let mut compiled = Vec::new();
    for method in &definition.methods {
        let source = method.source.replace("osvmCauseOf:", cause).replace("osvmHaltOf:", halt);
        let compilation = compile_method(&source, environment, options);
        if abilities.allow(&compilation.selector) {
            let code = compilation.code.unwrap_or_else(|| panic!("{source}: {:?}", compilation.diagnostics));
            compiled.push((compilation.selector, code));
        }
    }
    compiled
}

fn fill_dictionary(heap: &mut Heap, class: Oop, methods: impl Iterator<Item = (Oop, Oop)>) {
    let dictionary = heap.fetch(class, METHODS);
    let values = heap.fetch(dictionary, DICTIONARY_VALUES);
    let mut tally = 0;
    for (selector, method) in methods {
        heap.identity_hash(selector);
        let hash = (heap.header(selector) >> HASH_SHIFT) & HASH_MASK;
        let mut index = hash as usize % CAPACITY;
        while heap.fetch(dictionary, DICTIONARY_FIRST_KEY + index) != heap.nil() {
            index = (index + 1) % CAPACITY;
        }
        heap.store(dictionary, DICTIONARY_FIRST_KEY + index, selector);
        heap.store(values, index, method);
        tally += 1;
    }
    heap.store(dictionary, DICTIONARY_TALLY, Oop::from_small_int(tally));
}
