//! What a VM looks for when it starts an image: special objects, the scheduler, and the process that is active.

use super::classes::{Classes, METHODS, SCHEDULER};
use super::hierarchy::Hierarchy;
use super::known::KNOWN;
use super::objects::Objects;
use super::sources::Problem;
use crate::diagnostic::Diagnostic;
use crate::install::InstallError;
use crate::semantics::Binding;
use osvm_core::bytecode::{MethodHeader, SPECIAL_SELECTORS};
use osvm_core::error::PRIMITIVE_ERROR_SYMBOLS;
use osvm_core::heap::Heap;
use osvm_core::object::{CLASS_INDEX_CONTEXT, Format};
use osvm_core::oop::Oop;
use osvm_core::special::{SPECIAL_SYMBOLS, Special};

/// Where a new image starts: a method of Smalltalk.
pub(super) const START_CLASS: &str = "SystemDictionary";
const START_SELECTOR: &str = "start";
/// Priorities of processes, and that of the first.
const PRIORITIES: usize = 80;
const START_PRIORITY: i64 = 40;
/// Slots of contexts: those with names, and the rest of small and of large ones.
const CONTEXT_FIELDS: usize = 6;
const CONTEXT_ROOM: [usize; 2] = [16, 56];

/// Enters the classes that the VM knows in the special objects array: methods are made by what is there.
pub(super) fn enter_known_classes(heap: &mut Heap, classes: &Classes) {
    for known in KNOWN {
        if let Some(special) = known.special {
            heap.set_special(special, classes.by_name[known.name]);
        }
    }
}

/// The parts of an image that are there already.
pub(super) struct Starter<'a> {
    pub heap: &'a mut Heap,
    pub objects: &'a mut Objects,
    pub hierarchy: &'a Hierarchy,
    pub classes: &'a Classes,
}

impl Starter<'_> {
    fn class(&self, name: &str) -> Oop {
        self.classes.by_name[name]
    }

    fn global(&self, name: &str) -> Option<Oop> {
        match self.classes.variables.globals.get(name)? {
            Binding::Constant(id) | Binding::Variable(id) => Some(self.classes.variables.association(*id)),
            Binding::Field(_) => None,
        }
    }

    /// Fills the rest of the special objects array.
    pub fn special_objects(&mut self) -> Result<(), InstallError> {
        for (special, selector) in SPECIAL_SYMBOLS {
            let symbol = self.objects.symbol(self.heap, selector)?;
            self.heap.set_special(special, symbol);
        }
        let mut selectors = Vec::new();
        for (selector, arguments) in SPECIAL_SELECTORS {
            selectors.push(self.objects.symbol(self.heap, selector)?);
            selectors.push(Oop::from_small_int(arguments as i64));
        }
        let errors = self.primitive_errors()?;
        for (special, elements) in
            [(Special::SpecialSelectors, &selectors[..]), (Special::PrimErrTable, &errors), (Special::ExternalObjectsArray, &[])]
        {
            let array = self.heap.array(elements)?;
            self.heap.set_special(special, array);
        }
        Ok(())
    }

    /// nil for failures without a reason, then symbols, and last an object that has room for the system's number.
    fn primitive_errors(&mut self) -> Result<Vec<Oop>, InstallError> {
        let mut errors = vec![self.heap.nil()];
        for text in PRIMITIVE_ERROR_SYMBOLS {
            errors.push(self.objects.symbol(self.heap, text)?);
        }
        if let Some(last) = errors.last_mut() {
            let error = self.heap.instantiate(self.classes.by_name["PrimitiveError"], 0)?;
            self.heap.store(error, 0, *last);
            *last = error;
        }
        Ok(errors)
    }

    /// Makes the process that runs the method of the start, and the scheduler with it as its active process.
    pub fn processes(&mut self, problems: &mut Vec<Problem>) -> Result<(), InstallError> {
        let Some(method) = self.start_method()? else {
            // One that did not compile has been told of.
            if !problems.is_empty() {
                return Ok(());
            }
            let message = format!("{START_CLASS} has no method {START_SELECTOR}, which a new image runs");
            let file = self.hierarchy.class(START_CLASS).map(|class| class.file);
            problems.push(Problem { file, diagnostic: Diagnostic::error(Default::default(), message) });
            return Ok(());
        };
        let context = self.context(method)?;
        let process = self.heap.instantiate(self.class("Process"), 0)?;
        self.heap.store(process, 1, context);
        self.heap.store(process, 2, Oop::from_small_int(START_PRIORITY));
        let list = self.class("LinkedList");
        let lists: Result<Vec<Oop>, _> = (0..PRIORITIES).map(|_| self.heap.instantiate(list, 0)).collect();
        let lists = self.heap.array(&lists?)?;
        if let Some(association) = self.global(SCHEDULER) {
            let scheduler = self.heap.fetch(association, 1);
            self.heap.store(scheduler, 0, lists);
            self.heap.store(scheduler, 1, process);
            self.heap.set_special(Special::SchedulerAssociation, association);
        }
        if let Some(association) = self.global(super::classes::SYSTEM) {
            self.heap.set_special(Special::SmalltalkDictionary, association);
        }
        Ok(())
    }

    fn start_method(&mut self) -> Result<Option<Oop>, InstallError> {
        let selector = self.objects.symbol(self.heap, START_SELECTOR)?;
        let dictionary = self.heap.fetch(self.class(START_CLASS), METHODS);
        let place = self.heap.slots(dictionary).iter().skip(2).position(|&key| key == selector);
        Ok(place.map(|place| self.heap.fetch(self.heap.fetch(dictionary, 1), place)))
    }

    /// A context that is about to run a method of Smalltalk without arguments.
    fn context(&mut self, method: Oop) -> Result<Oop, InstallError> {
        let header = MethodHeader::of(self.heap, method).ok_or(osvm_core::error::PrimError::BAD_METHOD)?;
        let slots = CONTEXT_FIELDS + CONTEXT_ROOM[usize::from(header.large_frame())];
        let context = self.heap.alloc_pointers(CLASS_INDEX_CONTEXT, Format::INDEXABLE_FIXED, slots)?;
        let number = |value: usize| Oop::from_small_int(value as i64);
        let nil = self.heap.nil();
        // Sender, program counter (the first byte is 1), stack pointer, method, closure, receiver.
        let fields = [nil, number(header.initial_pc() + 1), number(header.temps()), method, nil, self.classes.system];
        fields.into_iter().enumerate().for_each(|(index, field)| self.heap.store(context, index, field));
        Ok(context)
    }

    /// Gives class variables that the image's own code expects their values: the symbols, and the classes to initialise.
    pub fn tables(&mut self) -> Result<(), InstallError> {
        let mut classes = Vec::new();
        let initialize = self.objects.symbol(self.heap, "initialize")?;
        for &[class, metaclass] in &self.classes.oops {
            let dictionary = self.heap.fetch(metaclass, METHODS);
            if self.heap.slots(dictionary).iter().skip(2).any(|&key| key == initialize) {
                classes.push(class);
            }
        }
        let classes = self.heap.array(&classes)?;
        self.set_variable(START_CLASS, "Initializers", classes);
        let symbols = self.objects.symbol_table(self.heap)?;
        self.set_variable("Symbol", "Table", symbols);
        Ok(())
    }

    fn set_variable(&mut self, class: &str, name: &str, value: Oop) {
        let Some(&class) = self.hierarchy.by_name.get(class) else { return };
        if let Some(&id) = self.classes.variables.of_class[class].get(name) {
            let association = self.classes.variables.association(id);
            self.heap.store(association, 1, value);
        }
    }
}
