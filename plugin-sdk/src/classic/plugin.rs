//! A plugin as the host sees it.

use crate::classic::{Call, Outcome, PrimitiveError, World};

/// A primitive of a plugin whose state is `S`.
pub struct Primitive<S: 'static> {
    /// The name by which methods of the image refer to it.
    pub name: &'static str,
    /// Its signature, in the grammar of [`osvm_plugin_abi::Signature`].
    pub signature: &'static str,
    function: fn(&mut S, &mut Call<'_>) -> Outcome,
}

impl<S> Primitive<S> {
    /// A row of a plugin's table.
    pub const fn new(name: &'static str, signature: &'static str, function: fn(&mut S, &mut Call<'_>) -> Outcome) -> Self {
        Primitive { name, signature, function }
    }
}

/// What a plugin keeps between calls.
pub trait State {
    /// The VM is about to end: write out what is buffered.
    fn shutdown(&mut self, _world: &mut dyn World) {}
}

impl State for () {}

/// A module of named primitives, with its state hidden.
pub trait Plugin {
    /// The module's name.
    fn name(&self) -> &'static str;
    /// Name and signature of the primitive at `index`, from 0.
    fn primitive(&self, index: usize) -> Option<(&'static str, &'static str)>;
    /// Index of the primitive of this name.
    fn find(&self, name: &str) -> Option<usize>;
    /// Runs the primitive at `index`.
    fn call(&mut self, index: usize, call: &mut Call<'_>) -> Outcome;
    /// The VM is about to end.
    fn shutdown(&mut self, world: &mut dyn World);
}

/// A plugin made of a name, a table and a state.
pub struct Module<S: 'static> {
    name: &'static str,
    primitives: &'static [Primitive<S>],
    state: S,
}

impl<S: State> Module<S> {
    /// A plugin in its first state.
    pub fn new(name: &'static str, primitives: &'static [Primitive<S>], state: S) -> Module<S> {
        Module { name, primitives, state }
    }
}

impl<S: State> Plugin for Module<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn primitive(&self, index: usize) -> Option<(&'static str, &'static str)> {
        self.primitives.get(index).map(|p| (p.name, p.signature))
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.primitives.iter().position(|p| p.name == name)
    }

    fn call(&mut self, index: usize, call: &mut Call<'_>) -> Outcome {
        let primitive = self.primitives.get(index).ok_or(PrimitiveError::NotFound)?;
        (primitive.function)(&mut self.state, call)
    }

    fn shutdown(&mut self, world: &mut dyn World) {
        self.state.shutdown(world);
    }
}
