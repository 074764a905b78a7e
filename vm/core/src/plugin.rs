//! Named primitives: how the interpreter asks for one and calls it. `osvm-host` implements this.

use crate::{error::PrimError, heap::Heap, oop::Oop};
use std::ffi::c_void;
use std::num::NonZeroU32;

pub use crate::interp::Resident;

/// A named primitive that was found: an index that only its [`PluginHost`] understands, never an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(transparent)]
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
    /// Receiver and arguments of the message.
    pub operands: Operands<'a>,
}

/// Receiver and arguments of a message, as they lie on the VM's stack: the last argument first, and the receiver behind all.
#[derive(Clone, Copy, Debug)]
pub struct Operands<'a>(&'a [Oop]);

impl<'a> Operands<'a> {
    /// Those of a stack that [`Operands::stack`] made, or that is as it would be.
    ///
    /// # Panics
    /// If not even a receiver is there.
    #[inline]
    pub fn new(stack: &'a [Oop]) -> Operands<'a> {
        assert!(!stack.is_empty(), "a message has a receiver");
        Operands(stack)
    }

    /// The stack of a message.
    pub fn stack(receiver: Oop, args: &[Oop]) -> Vec<Oop> {
        args.iter().rev().copied().chain([receiver]).collect()
    }

    /// Where the operands lie: the last argument first.
    #[inline]
    pub fn as_ptr(self) -> *const Oop {
        self.0.as_ptr()
    }

    /// The receiver of the message.
    #[inline]
    pub fn receiver(self) -> Oop {
        self.0[self.0.len() - 1]
    }

    /// The number of arguments.
    #[inline]
    pub fn arg_count(self) -> usize {
        self.0.len() - 1
    }

    /// The arguments, the first one first.
    #[inline]
    pub fn args(self) -> impl ExactSizeIterator<Item = Oop> {
        self.0[..self.arg_count()].iter().rev().copied()
    }

    /// Argument `index` from 0, if there are so many.
    #[inline]
    pub fn arg(self, index: usize) -> Option<Oop> {
        self.0.get(self.arg_count().checked_sub(index + 1)?).copied()
    }
}

/// A function by which native code calls a primitive: with the address of the [`PluginHost`], the primitive, the heap, and the stack with the
/// operands, as [`Operands`] have them. It answers the bits of the object that replaces the operands; or 0, which stands for no object, and
/// [`PluginHost::call`] with the same operands is called next.
pub type DirectCall = unsafe extern "C" fn(*mut c_void, NamedPrimitive, &mut Heap, *const Oop) -> u64;

/// How native code calls a primitive.
#[derive(Clone, Copy, Debug)]
pub struct Direct {
    /// The function to call, wherever native code runs.
    pub call: DirectCall,
    /// How it is called where native code resides in its plugin, if it can.
    pub inside: Option<Inside>,
}

/// How native code calls a primitive of the plugin in which it resides.
#[derive(Clone, Copy, Debug)]
pub struct Inside {
    /// The plugin.
    pub plugin: PluginNumber,
    /// What the plugin is told to call: a number that only the [`PluginHost`] understands.
    pub number: u32,
}

/// A plugin that native code can reside in: a number that only its [`PluginHost`] understands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct PluginNumber(pub NonZeroU32);

/// Where native code resides: it runs inside a function that a plugin imports, and comes back to the plugin to have one of its primitives
/// called. For many calls of one plugin that takes less than to enter the plugin for each.
#[derive(Clone, Copy, Debug)]
pub struct Residence {
    /// The plugin.
    pub plugin: PluginNumber,
    /// Has native code reside there, until it ends: with the address of the [`PluginHost`] and the plugin. Nothing may refer to the host
    /// meanwhile, and native code may call nothing of it but direct calls of other plugins, [`PluginHost::residence`] and
    /// [`PluginHost::visit_held`].
    pub reside: unsafe fn(*mut c_void, PluginNumber, &mut Resident<'_>) -> ResidenceEnd,
}

/// A call that native code wants, of the plugin in which it resides.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// [`Inside::number`].
    pub number: u32,
    /// Receiver and as many arguments as the primitive has, as [`Operands`] have them.
    pub stack: *const Oop,
}

/// How a residence came to its end.
#[derive(Debug)]
pub enum ResidenceEnd {
    /// The plugin could not be entered: native code has not run.
    NotEntered,
    /// Native code has come to an end.
    Left,
    /// What it wanted last was not called, and is called by [`PluginHost::call`] next.
    NotCalled,
    /// What it wanted last was called, and this is how it ended.
    Called(Result<Oop, PrimError>),
}

/// The provider of named primitives.
pub trait PluginHost {
    /// Looks up a primitive; the answer is kept with the method until [`PluginHost::generation`] changes.
    fn resolve(&mut self, module: &str, function: &str) -> Result<NamedPrimitive, NotFound>;
    /// Calls it. The answer replaces receiver and arguments on the stack.
    fn call(&mut self, primitive: NamedPrimitive, call: &mut Call<'_>) -> Result<Oop, PrimError>;
    /// The way for native code to call a primitive with so many arguments, if there is one. It holds as what was resolved holds.
    fn direct_call(&self, _primitive: NamedPrimitive, _args: usize) -> Option<Direct> {
        None
    }
    /// Where native code had better reside, by the direct calls since this was last asked.
    fn residence(&mut self) -> Option<Residence> {
        None
    }
    /// Changes when what was resolved before no longer holds: by [`PluginHost::unload`], or while the VM is not running.
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
        Err(PrimError::NOT_FOUND)
    }
}
