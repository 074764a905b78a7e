//! What an image has that source refers to: its classes with their variables, its globals and symbols.
//!
//! A [`World`] is read from a heap once. It holds references into the heap, which are good until the heap collects.

mod classes;
mod globals;
mod symbols;
#[cfg(test)]
mod tests;

use crate::install::{InstallError, Linker, has_foreign_calls};
use crate::semantics::{Binding, Environment, VariableId};
use crate::text::from_text;
pub(crate) use classes::all_field_names;
use classes::{association_key, dictionary_entries, field_names, is_class, pools};
pub use globals::{Bindings, Globals};
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use symbols::Symbols;

/// Classes whose instances are read as contexts: their fields are in frames.
const CONTEXT_CLASSES: [&str; 2] = ["Context", "MethodContext"];

/// The classes, globals and symbols of an image.
pub struct World {
    /// Classes by their names; of those that have one name that which is a global.
    classes: HashMap<String, Oop>,
    /// All classes that are no metaclasses.
    all_classes: Vec<Oop>,
    globals: HashMap<String, Oop>,
    /// Variables that code refers to and nothing declares.
    undeclared: HashMap<String, Oop>,
    symbols: Symbols,
    symbol_class: u32,
    /// Globals that are the names of classes.
    class_names: HashSet<String>,
    /// The dictionaries of the globals.
    dictionaries: Option<Globals>,
    /// Methods can call functions of libraries.
    has_foreign_calls: bool,
}

/// What objects are for who reads a heap.
#[derive(Clone, Copy)]
enum Kind {
    Symbol,
    WideSymbol,
    /// Perhaps the globals.
    Globals,
    /// Perhaps a class.
    Class,
    Other,
}

impl Kind {
    /// What the instances of the class of this name are.
    fn of_instances(class: &str) -> Kind {
        match class {
            "ByteSymbol" | "Symbol" => Kind::Symbol,
            "WideSymbol" => Kind::WideSymbol,
            "SystemDictionary" | "Environment" => Kind::Globals,
            class if class.ends_with(" class") => Kind::Class,
            _ => Kind::Other,
        }
    }
}

impl World {
    /// Reads what is in a heap.
    pub fn read(heap: &Heap) -> World {
        let (classes, globals, undeclared) = (HashMap::new(), HashMap::new(), HashMap::new());
        let (all_classes, class_names, dictionaries) = (Vec::new(), HashSet::new(), None);
        let symbol_class = 0;
        let mut world = World {
            classes,
            all_classes,
            globals,
            undeclared,
            symbols: Symbols::default(),
            symbol_class,
            class_names,
            dictionaries,
            has_foreign_calls: false,
        };
        let (mut candidates, mut symbols) = (Vec::new(), Vec::new());
        // By class index, which is small.
        let mut kinds: Vec<Option<Kind>> = Vec::new();
        for oop in heap.objects() {
            let index = heap.class_index(oop);
            if kinds.len() <= index as usize {
                kinds.resize(index as usize + 1, None);
            }
            let kind = kinds[index as usize].get_or_insert_with(|| Kind::of_instances(&heap.class_name(heap.class_of(oop))));
            match kind {
                Kind::Symbol => {
                    world.symbol_class = index;
                    symbols.push(oop);
                }
                Kind::WideSymbol => symbols.push(oop),
                Kind::Globals => candidates.push(oop),
                Kind::Class if is_class(heap, oop) => {
                    world.classes.insert(heap.class_name(oop), oop);
                    world.all_classes.push(oop);
                }
                Kind::Class | Kind::Other => {}
            }
        }
        world.symbols = Symbols::of(heap, &symbols);
        if let Some(mut globals) = Globals::find(heap, &candidates) {
            world.globals = globals.entries(heap);
            let named = world.globals.get("Undeclared").map(|&association| heap.follow(heap.fetch(association, 1)));
            globals.undeclared = globals.undeclared.or(named);
            world.undeclared = globals.undeclared.iter().flat_map(|&oop| dictionary_entries(heap, oop)).collect();
            world.dictionaries = Some(globals);
        }
        let all: HashSet<Oop> = world.all_classes.iter().copied().collect();
        for (name, &association) in &world.globals {
            let value = heap.follow(heap.fetch(association, 1));
            if all.contains(&value) && heap.class_name(value) == *name {
                world.classes.insert(name.clone(), value);
            }
        }
        world.has_foreign_calls = has_foreign_calls(heap, |name| world.class(name));
        let is_class_name = |(key, &association): (&String, &Oop)| world.class(key) == Some(heap.fetch(association, 1));
        world.class_names = world.globals.iter().filter(|&entry| is_class_name(entry)).map(|(key, _)| key.clone()).collect();
        world
    }

    /// Reads what is in a heap into which packages are to be loaded: only classes that are globals are found by their names, unless
    /// there are no globals at all. Others may be left over from classes that were removed.
    pub fn read_for_load(heap: &Heap) -> World {
        let mut world = World::read(heap);
        let globals = &world.globals;
        let is_global = |name: &String, class: Oop| globals.get(name).is_some_and(|&oop| heap.follow(heap.fetch(oop, 1)) == class);
        world.classes.retain(|name, class| globals.is_empty() || is_global(name, *class));
        world
    }

    /// All classes that are no metaclasses, in the order of the heap, those among them that no name leads to.
    pub fn classes(&self) -> impl Iterator<Item = Oop> + '_ {
        self.all_classes.iter().copied()
    }

    /// The class of this name; the one that is a global goes before others.
    pub fn class(&self, name: &str) -> Option<Oop> {
        self.classes.get(name).copied()
    }

    /// Names of the fields of a class's instances, those of its superclasses first.
    pub fn field_names(&self, heap: &Heap, class: Oop) -> Vec<String> {
        all_field_names(heap, class)
    }

    /// The association of a global.
    pub fn global(&self, name: &str) -> Option<Oop> {
        self.globals.get(name).copied()
    }

    /// The dictionaries of the globals.
    pub fn globals(&self) -> Option<&Globals> {
        self.dictionaries.as_ref()
    }

    /// Names of the classes that are found by them, in no order.
    pub fn class_names(&self) -> impl Iterator<Item = &str> {
        self.classes.keys().map(String::as_str)
    }

    /// The names of the fields that a class adds to those of its superclass.
    pub fn own_field_names(&self, heap: &Heap, class: Oop) -> Vec<String> {
        field_names(heap, class)
    }

    /// The associations of the variables that a class itself has, without those of pools.
    pub fn class_variables(&self, heap: &Heap, class: Oop) -> HashMap<String, Oop> {
        class_variables(heap, class)
    }

    /// Names of the globals, classes among them.
    pub fn global_names(&self) -> impl Iterator<Item = &str> {
        self.globals.keys().map(String::as_str)
    }

    /// The symbol of this text.
    pub fn symbol(&self, heap: &Heap, text: &str) -> Option<Oop> {
        self.symbols.get(heap, text)
    }

    /// A new symbol of this text, which the image does not know of.
    pub fn make_symbol(&self, heap: &mut Heap, text: &str) -> Result<Oop, InstallError> {
        from_text(heap, text, self.symbol_class, |heap| {
            let class = self.class("WideSymbol").ok_or_else(|| InstallError::NoClass("WideSymbol".into()))?;
            Ok(heap.class_table_index(class)?)
        })
    }

    /// A new variable: an Association, or as good as one where the image has no such class.
    pub fn make_association(&self, heap: &mut Heap, key: &str, value: Oop) -> Result<Oop, InstallError> {
        let association = match self.class("Association").filter(|&class| heap.instance_spec(class).is_some_and(|spec| spec.0 >= 2))
        {
            Some(class) => heap.instantiate(class, 0)?,
            None => heap.array(&[heap.nil(); 2])?,
        };
        let key = match self.symbol(heap, key) {
            Some(symbol) => symbol,
            None => heap.string(key)?,
        };
        heap.store(association, 0, key);
        heap.store(association, 1, value);
        Ok(association)
    }

    /// What a method of a class, or of a metaclass, can refer to.
    pub fn environment<'w>(&'w self, heap: &Heap, class: Oop) -> ClassEnvironment<'w> {
        let mut fields = Vec::new();
        let mut variables = HashMap::new();
        let mut is_context = false;
        let mut next = class;
        while is_class(heap, next) {
            let name = heap.class_name(next);
            is_context |= CONTEXT_CLASSES.contains(&name.as_str());
            fields.splice(0..0, field_names(heap, next));
            // The class side sees the variables of its class.
            let base = name.strip_suffix(" class").and_then(|name| self.class(name)).unwrap_or(next);
            for pool in pools(heap, base) {
                for (key, association) in dictionary_entries(heap, pool) {
                    variables.entry(key).or_insert(association);
                }
            }
            next = heap.follow(heap.fetch(next, 0));
        }
        ClassEnvironment { world: self, fields, variables, is_context, ids: RefCell::default() }
    }
}

/// The associations of the variables that a class itself has.
pub(crate) fn class_variables(heap: &Heap, class: Oop) -> HashMap<String, Oop> {
    pools(heap, class).first().map(|&pool| dictionary_entries(heap, pool).collect()).unwrap_or_default()
}

/// What a method of one class can refer to.
pub struct ClassEnvironment<'w> {
    world: &'w World,
    fields: Vec<String>,
    variables: HashMap<String, Oop>,
    is_context: bool,
    /// The associations by their ids.
    ids: RefCell<Vec<Oop>>,
}

impl ClassEnvironment<'_> {
    /// The association of a variable.
    pub fn association(&self, id: VariableId) -> Oop {
        self.ids.borrow()[id.0 as usize]
    }

    fn id(&self, association: Oop) -> VariableId {
        let mut ids = self.ids.borrow_mut();
        let index = ids.iter().position(|&other| other == association).unwrap_or_else(|| {
            ids.push(association);
            ids.len() - 1
        });
        VariableId(index as u32)
    }
}

impl Environment for ClassEnvironment<'_> {
    fn lookup(&self, name: &str) -> Option<Binding> {
        if let Some(index) = self.fields.iter().position(|field| field == name) {
            return Some(Binding::Field(index as u16));
        }
        if let Some(&association) = self.variables.get(name) {
            return Some(Binding::Variable(self.id(association)));
        }
        let id = self.id(*self.world.globals.get(name)?);
        Some(if self.world.class_names.contains(name) { Binding::Constant(id) } else { Binding::Variable(id) })
    }

    fn undeclared(&self, name: &str) -> Option<VariableId> {
        self.world.undeclared.get(name).map(|&association| self.id(association))
    }

    fn names(&self) -> Vec<String> {
        let names = self.fields.iter().chain(self.variables.keys()).chain(self.world.globals.keys());
        names.cloned().collect()
    }

    fn has_context_fields(&self) -> bool {
        self.is_context
    }

    fn has_foreign_calls(&self) -> bool {
        self.world.has_foreign_calls
    }
}

/// Literals of a method of one class, as the image has them.
pub struct WorldLinker<'e, 'w> {
    /// The environment that the method was compiled in.
    pub environment: &'e ClassEnvironment<'w>,
    /// The association of the method's class.
    pub class_binding: Oop,
    /// Symbols that were made for methods.
    pub symbols: HashMap<String, Oop>,
}

impl Linker for WorldLinker<'_, '_> {
    fn symbol(&mut self, heap: &mut Heap, text: &str) -> Result<Oop, InstallError> {
        if let Some(symbol) = self.environment.world.symbol(heap, text).or_else(|| self.symbols.get(text).copied()) {
            return Ok(symbol);
        }
        let symbol = self.environment.world.make_symbol(heap, text)?;
        self.symbols.insert(text.into(), symbol);
        Ok(symbol)
    }

    fn variable(&mut self, id: VariableId) -> Oop {
        self.environment.association(id)
    }

    fn class_binding(&mut self) -> Oop {
        self.class_binding
    }

    fn class(&mut self, _: &Heap, name: &str) -> Option<Oop> {
        self.environment.world.class(name)
    }
}

/// The association of a class among the globals; `None` for a class that is no global, as a metaclass.
pub fn class_binding(world: &World, heap: &Heap, class: Oop) -> Option<Oop> {
    let association = *world.globals.get(&heap.class_name(class))?;
    (association_key(heap, association).is_some() && heap.fetch(association, 1) == class).then_some(association)
}
