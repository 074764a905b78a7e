//! The variables of a session beside those of the image, and what literals of its methods refer to.

use crate::install::{InstallError, Linker};
use crate::literal::Literal;
use crate::semantics::{Binding, Environment, VariableId};
use crate::world::{ClassEnvironment, World};
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use std::cell::RefCell;
use std::collections::HashMap;

/// Variables of the session have numbers from here on.
const FIRST: u32 = 1 << 31;

/// What an expression can refer to: variables of the session, and what the class of its receiver sees.
pub(super) struct SessionEnvironment<'e, 'w> {
    inner: &'e ClassEnvironment<'w>,
    /// Those of the session, then those that the expression declares.
    variables: RefCell<Vec<String>>,
}

impl<'e, 'w> SessionEnvironment<'e, 'w> {
    pub(super) fn new(inner: &'e ClassEnvironment<'w>, variables: Vec<String>) -> Self {
        SessionEnvironment { inner, variables: RefCell::new(variables) }
    }

    /// All variables, new ones at the end.
    pub(super) fn into_variables(self) -> Vec<String> {
        self.variables.into_inner()
    }
}

impl Environment for SessionEnvironment<'_, '_> {
    fn lookup(&self, name: &str) -> Option<Binding> {
        let own = self.variables.borrow().iter().position(|variable| variable == name);
        own.map_or_else(|| self.inner.lookup(name), |index| Some(Binding::Variable(VariableId(FIRST + index as u32))))
    }

    fn declare(&self, name: &str) -> Option<VariableId> {
        let mut variables = self.variables.borrow_mut();
        variables.push(name.into());
        Some(VariableId(FIRST + variables.len() as u32 - 1))
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.inner.names();
        names.extend(self.variables.borrow().iter().cloned());
        names
    }

    fn has_context_fields(&self) -> bool {
        self.inner.has_context_fields()
    }

    fn has_foreign_calls(&self) -> bool {
        self.inner.has_foreign_calls()
    }
}

/// Literals of methods as the image has them.
pub(super) struct SessionLinker<'w, F: Fn(VariableId) -> Oop> {
    pub(super) world: &'w World,
    /// The association of a variable.
    pub(super) variable: F,
    /// The association of the methods' class.
    pub(super) class_binding: Oop,
    /// Symbols that were made because the image has none.
    pub(super) symbols: HashMap<String, Oop>,
}

/// The association of a variable of the session, or what `inner` says.
pub(super) fn session_variable(associations: &[Oop], inner: &ClassEnvironment<'_>, id: VariableId) -> Oop {
    match id.0.checked_sub(FIRST) {
        Some(index) => associations[index as usize],
        None => inner.association(id),
    }
}

impl<F: Fn(VariableId) -> Oop> Linker for SessionLinker<'_, F> {
    fn symbol(&mut self, heap: &mut Heap, text: &str) -> Result<Oop, InstallError> {
        if let Some(symbol) = self.world.symbol(heap, text).or_else(|| self.symbols.get(text).copied()) {
            return Ok(symbol);
        }
        let symbol = self.world.make_symbol(heap, text)?;
        self.symbols.insert(text.into(), symbol);
        Ok(symbol)
    }

    fn variable(&mut self, id: VariableId) -> Oop {
        (self.variable)(id)
    }

    fn class_binding(&mut self) -> Oop {
        self.class_binding
    }

    fn class(&mut self, _: &Heap, name: &str) -> Option<Oop> {
        self.world.class(name)
    }
}

/// Symbols that literals need and that are not in the image.
pub(super) fn missing_symbols(heap: &Heap, world: &World, literals: &[Literal], found: &mut Vec<String>) {
    for literal in literals {
        match literal {
            Literal::Symbol(text) => note(heap, world, text, found),
            Literal::Array(elements) => missing_symbols(heap, world, elements, found),
            Literal::Block(code) => missing_symbols(heap, world, &code.literals, found),
            Literal::ConstantBlock(block) => missing_symbols(heap, world, &block.code.literals, found),
            Literal::Foreign(function) => function.symbols().for_each(|text| note(heap, world, text, found)),
            Literal::State(state) => {
                note(heap, world, &state.selector, found);
                for (selector, arguments) in &state.pragmas {
                    note(heap, world, selector, found);
                    missing_symbols(heap, world, arguments, found);
                }
            }
            _ => {}
        }
    }
}

fn note(heap: &Heap, world: &World, text: &str, found: &mut Vec<String>) {
    if world.symbol(heap, text).is_none() && !found.iter().any(|other| other == text) {
        found.push(text.into());
    }
}
