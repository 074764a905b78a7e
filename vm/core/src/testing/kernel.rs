//! What the image of a test is made of: classes, selectors, a scheduler, the symbols of failures, and methods of primitives.

use super::Machine;
use crate::error::PRIMITIVE_ERROR_SYMBOLS;
use crate::interp::layout::process;
use crate::object::Format;
use crate::oop::Oop;
use crate::special::{SPECIAL_SYMBOLS, Special};

/// Classes beside those of [`TestImage`]: name, format, named fields.
const CLASSES: &[(&str, Format, usize)] = &[
    ("MethodDictionary", Format::INDEXABLE_FIXED, 2),
    ("Process", Format::FIXED, 4),
    ("LinkedList", Format::FIXED, 2),
    ("ProcessorScheduler", Format::FIXED, 2),
    ("Mutex", Format::FIXED, 3),
    ("Thing", Format::FIXED, 3),
    ("SubThing", Format::FIXED, 3),
    ("PrimitiveError", Format::FIXED, 2),
];
/// Methods that a class can have.
pub(super) const DICTIONARY_SIZE: usize = 64;
const PRIORITIES: usize = 80;

impl Machine {
    pub(super) fn build(&mut self) {
        let class_class = self.class("Class");
        for &(name, format, fields) in CLASSES {
            let heap = &mut self.vm.heap;
            let class = heap.instantiate(class_class, 0).unwrap();
            heap.store(class, 2, Oop::from_small_int((format.0 as i64) << 16 | fields as i64));
            let name = heap.string(name).unwrap();
            heap.store(class, 6, name);
            heap.class_table_index(class).unwrap();
        }
        // A class that nothing refers to would be collected.
        let classes: Vec<Oop> = CLASSES.iter().map(|&(name, ..)| self.class(name)).collect();
        let classes = self.vm.heap.array(&classes).unwrap();
        self.vm.heap.set_special(Special::CompactClasses, classes);
        let symbols = self.vm.heap.array(&vec![self.vm.heap.nil(); 512]).unwrap();
        self.vm.heap.set_special(Special::SmalltalkDictionary, symbols);
        let globals = self.vm.heap.array(&vec![self.vm.heap.nil(); 32]).unwrap();
        self.vm.heap.set_special(Special::TheDisplay, globals);
        for index in 1..2048 {
            let class = self.vm.heap.class_at(index);
            if class.is_pointer() && class != self.vm.heap.nil() && self.vm.heap.num_slots(class) > 6 {
                self.give_methods(class);
            }
        }
        let thing = self.class("Thing");
        let sub_thing = self.class("SubThing");
        self.vm.heap.store(sub_thing, 0, thing);
        self.selectors();
        self.scheduler();
        self.errors();
        for (class, selector, primitive, args) in BASE_METHODS {
            self.method(class, selector, *args, 0, |a| {
                a.primitive(*primitive, None);
                a.push_symbol("failed");
                a.ret();
            });
        }
    }

    fn give_methods(&mut self, class: Oop) {
        let dictionary_class = self.class("MethodDictionary");
        let nil = self.vm.heap.nil();
        let dictionary = self.vm.heap.instantiate(dictionary_class, DICTIONARY_SIZE).unwrap();
        let values = self.vm.heap.array(&vec![nil; DICTIONARY_SIZE]).unwrap();
        self.vm.heap.store(dictionary, 1, values);
        self.vm.heap.store(class, 1, dictionary);
        let object = self.class("Object");
        self.vm.heap.store(class, 0, if class == object { nil } else { object });
    }

    fn selectors(&mut self) {
        let mut specials = Vec::new();
        for (name, args) in crate::bytecode::SPECIAL_SELECTORS {
            specials.push(self.symbol(name));
            specials.push(Oop::from_small_int(args as i64));
        }
        let specials = self.vm.heap.array(&specials).unwrap();
        self.vm.heap.set_special(Special::SpecialSelectors, specials);
        for (which, text) in SPECIAL_SYMBOLS {
            let symbol = self.symbol(text);
            self.vm.heap.set_special(which, symbol);
        }
    }

    fn scheduler(&mut self) {
        let lists: Vec<Oop> = (0..PRIORITIES).map(|_| self.make("LinkedList", 0)).collect();
        let lists = self.vm.heap.array(&lists).unwrap();
        let scheduler = self.make("ProcessorScheduler", 0);
        self.vm.heap.store(scheduler, process::SCHEDULER_LISTS, lists);
        let association = self.make("Association", 0);
        self.vm.heap.store(association, 1, scheduler);
        self.vm.heap.set_special(Special::SchedulerAssociation, association);
        let process = self.class("Process");
        self.vm.heap.set_special(Special::ClassProcess, process);
    }

    /// The symbols of failure codes; the last is an object with the system's number.
    fn errors(&mut self) {
        let nil = self.vm.heap.nil();
        let mut table: Vec<Oop> = vec![nil];
        let (last, symbols) = PRIMITIVE_ERROR_SYMBOLS.split_last().expect("there are codes");
        table.extend(symbols.iter().map(|text| self.symbol(text)));
        let error = self.make("PrimitiveError", 0);
        let name = self.symbol(last);
        self.vm.heap.store(error, 0, name);
        table.push(error);
        let table = self.vm.heap.array(&table).unwrap();
        self.vm.heap.set_special(Special::PrimErrTable, table);
    }
}

/// Primitives that every test may use: class, selector, number, arguments.
const BASE_METHODS: &[(&str, &str, u16, usize)] = &[
    ("Object", "quit", 113, 0),
    ("Object", "class", 111, 0),
    ("Object", "perform:", 83, 1),
    ("Object", "perform:with:", 83, 2),
    ("Object", "perform:withArguments:", 84, 2),
    ("Object", "instVarAt:", 73, 1),
    ("Object", "instVarAt:put:", 74, 2),
    ("Object", "beReadOnly:", 164, 1),
    ("Object", "relinquish:", 230, 1),
    ("Object", "collect", 130, 0),
    ("Object", "become:", 128, 1),
    ("Class", "new", 70, 0),
    ("Class", "new:", 71, 1),
    ("Array", "at:", 60, 1),
    ("Array", "at:put:", 61, 2),
    ("Array", "size", 62, 0),
    ("BlockClosure", "value", 201, 0),
    ("BlockClosure", "value:", 202, 1),
    ("BlockClosure", "value:value:", 203, 2),
    ("BlockClosure", "valueWithArguments:", 206, 1),
    ("BlockClosure", "valueNoContextSwitch", 221, 0),
    ("FullBlockClosure", "value", 207, 0),
    ("FullBlockClosure", "value:", 207, 1),
    ("FullBlockClosure", "valueWithArguments:", 208, 1),
    ("FullBlockClosure", "valueNoContextSwitch", 209, 0),
    ("Context", "tempAt:", 210, 1),
    ("Context", "tempAt:put:", 211, 2),
    ("Context", "size", 212, 0),
    ("Context", "stackp:", 76, 1),
    ("Context", "copy", 148, 0),
    ("Context", "findNextUnwindContextUpTo:", 195, 1),
    ("Context", "terminateTo:", 196, 1),
    ("Context", "findNextHandlerContext", 197, 0),
    ("Semaphore", "signal", 85, 0),
    ("Semaphore", "wait", 86, 0),
    ("Process", "resume", 87, 0),
    ("Process", "suspend", 88, 0),
    ("Object", "yield", 167, 0),
];
