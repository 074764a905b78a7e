//! Named primitives: how the interpreter asks for one and calls it. `osvm-host` implements this.

use crate::{error::PrimError, heap::Heap, oop::Oop};

/// A named primitive that was found: an index that only its [`PluginHost`] understands, never an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct NamedPrimitive(pub u32);

/// Why a named primitive was not found. Both fail with `#'not found'`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotFound {
    /// No such module, or it is disabled.
    Module,
    /// The module has no such function.
    Function,
}

/// What a named primitive sees of the call: the heap, and receiver and arguments.
pub struct Call<'a> {
    /// The object memory; objects do not move during a call.
    pub heap: &'a mut Heap,
    /// The receiver of the message.
    pub receiver: Oop,
    /// The arguments of the message.
    pub args: &'a [Oop],
}

/// The provider of named primitives.
pub trait PluginHost {
    /// Looks up a primitive; the answer is cached in the method until [`PluginHost::generation`] changes.
    fn resolve(&mut self, module: &str, function: &str) -> Result<NamedPrimitive, NotFound>;
    /// Calls it. The answer replaces receiver and arguments on the stack.
    fn call(&mut self, primitive: NamedPrimitive, call: &mut Call<'_>) -> Result<Oop, PrimError>;
    /// Changes when what was resolved before no longer holds.
    fn generation(&self) -> u32 {
        0
    }
    /// Unloads a module; false if it was not loaded.
    fn unload(&mut self, _module: &str) -> bool {
        false
    }
    /// Name of the `index`th (from 1) module that is built in.
    fn builtin_module(&self, _index: usize) -> Option<String> {
        None
    }
    /// Name of the `index`th (from 1) module that was loaded.
    fn loaded_module(&self, _index: usize) -> Option<String> {
        None
    }
    /// Called by who drives the VM whenever it has come back from running: runs what plugins do between two primitives, such as timers
    /// that have run out. Answers in how many microseconds it wants to be called again, however idle the image is.
    fn between_primitives(&mut self) -> Option<u64> {
        None
    }
    /// Calls `visit` with every object that plugins hold, and lets it change the reference: the object may have moved.
    fn visit_held(&mut self, _visit: &mut dyn FnMut(&mut Oop)) {}
    /// Writes out what is buffered.
    fn flush(&mut self) {}
    /// The image is about to be saved.
    fn snapshot(&mut self) {}
    /// The VM is about to end: flush what is buffered.
    fn shutdown(&mut self) {}
}

/// A host without any plugin.
#[derive(Default, Debug)]
pub struct NoPlugins;

impl PluginHost for NoPlugins {
    fn resolve(&mut self, _module: &str, _function: &str) -> Result<NamedPrimitive, NotFound> {
        Err(NotFound::Module)
    }

    fn call(&mut self, _primitive: NamedPrimitive, _call: &mut Call<'_>) -> Result<Oop, PrimError> {
        Err(PrimError::NotFound)
    }
}
