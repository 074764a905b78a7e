//! What the methods of an image in the making can refer to.

use super::hierarchy::Hierarchy;
use super::objects::Objects;
use crate::install::{InstallError, Linker};
use crate::semantics::{Binding, Environment, VariableId};
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use std::collections::HashMap;

/// The class whose fields are in frames.
const CONTEXT: &str = "Context";

/// Variables outside of methods: globals and class variables.
#[derive(Default)]
pub(super) struct Variables {
    /// Their associations, by id.
    pub associations: Vec<Oop>,
    pub globals: HashMap<String, Binding>,
    /// Class variables of each class, those of its pools too.
    pub of_class: Vec<HashMap<String, VariableId>>,
}

impl Variables {
    /// A new variable with this association.
    pub fn add(&mut self, association: Oop) -> VariableId {
        self.associations.push(association);
        VariableId((self.associations.len() - 1) as u32)
    }

    /// The association of a variable.
    pub fn association(&self, id: VariableId) -> Oop {
        self.associations[id.0 as usize]
    }
}

/// What the methods of one side of a class can refer to.
pub(super) struct ClassNames<'a> {
    pub hierarchy: &'a Hierarchy,
    pub variables: &'a Variables,
    pub class: usize,
    /// The instance side (0) or the class side (1).
    pub side: usize,
    /// Fields of the receivers.
    pub fields: Vec<&'a str>,
    is_context: bool,
}

impl<'a> ClassNames<'a> {
    /// For the instance side (0) or the class side (1). `common` are the fields that every class has.
    pub fn new(
        hierarchy: &'a Hierarchy,
        variables: &'a Variables,
        class: usize,
        side: usize,
        common: &'a [String],
    ) -> ClassNames<'a> {
        let common = if side == 1 { common } else { &[] };
        let fields = common.iter().chain(&hierarchy.classes[class].all_fields[side]).map(String::as_str).collect();
        let is_context = side == 0 && superclasses(hierarchy, class).any(|class| hierarchy.classes[class].name == CONTEXT);
        ClassNames { hierarchy, variables, class, side, fields, is_context }
    }
}

/// A class and its superclasses.
fn superclasses(hierarchy: &Hierarchy, class: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(class), |&class| hierarchy.classes[class].superclass)
}

impl Environment for ClassNames<'_> {
    fn lookup(&self, name: &str) -> Option<Binding> {
        if let Some(index) = self.fields.iter().position(|field| *field == name) {
            return Some(Binding::Field(index as u16));
        }
        let mut classes = superclasses(self.hierarchy, self.class);
        match classes.find_map(|class| self.variables.of_class[class].get(name)) {
            Some(&id) => Some(Binding::Variable(id)),
            None => self.variables.globals.get(name).copied(),
        }
    }

    fn names(&self) -> Vec<String> {
        let classes = superclasses(self.hierarchy, self.class);
        let variables = classes.flat_map(|class| self.variables.of_class[class].keys());
        let fields = self.fields.iter().map(|field| field.to_string());
        fields.chain(variables.cloned()).chain(self.variables.globals.keys().cloned()).collect()
    }

    fn has_context_fields(&self) -> bool {
        self.is_context
    }
}

/// Literals of the methods of one class.
pub(super) struct ImageLinker<'a> {
    pub objects: &'a mut Objects,
    pub variables: &'a Variables,
    /// The association of the methods' class.
    pub class_binding: Oop,
    /// Classes by their names.
    pub classes: &'a HashMap<String, Oop>,
}

impl Linker for ImageLinker<'_> {
    fn symbol(&mut self, heap: &mut Heap, text: &str) -> Result<Oop, InstallError> {
        self.objects.symbol(heap, text)
    }

    fn variable(&mut self, id: VariableId) -> Oop {
        self.variables.association(id)
    }

    fn class_binding(&mut self) -> Oop {
        self.class_binding
    }

    fn class(&mut self, _: &Heap, name: &str) -> Option<Oop> {
        self.classes.get(name).copied()
    }
}
