//! The quick way to call a primitive that has only Integers to take and to answer.
//!
//! A call of such a primitive moves a few words, so that what the general way prepares for every call (slots with data, the objects that the
//! plugin may ask for) would take longer than the call itself. Here it is prepared when the plugin first calls a function of the host, and what
//! is not usual goes back to the general way: an argument that is no SmallInteger before the call, and everything but a plain result after it.

use super::module::TableInstance;
use super::residence;
use super::wasm::{Broken, QuickInstance};
use super::{Modules, Plugins, Resolved};
use crate::interfaces::{CallObjects, HostCall, Interfaces, Memory, Scratch};
use osvm_core::error::PrimError;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use osvm_core::plugin::{Direct, DirectCall, Inside, NamedPrimitive, Operands, PluginNumber};
use osvm_plugin_sdk::abi::{PrimitiveError, STATUS_VALUES, encode};
use std::ffi::c_void;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// The most arguments of a primitive that is called quickly.
pub(super) const MOST: usize = 3;

/// How to call a primitive quickly.
pub(super) struct Quick {
    /// The number of its module, and its own there.
    pub(super) module: usize,
    pub(super) index: usize,
    pub(super) params: usize,
    pub(super) callee: Callee,
}

/// The plugin's instance, while there is one.
pub(super) enum Callee {
    Table(TableInstance),
    Wasm(QuickInstance),
}

impl Quick {
    /// For a primitive with so many arguments.
    pub(super) fn new(module: usize, index: usize, params: usize, callee: Callee) -> Option<Quick> {
        (params <= MOST).then_some(Quick { module, index, params, callee })
    }

    /// The way for native code to call it with so many arguments.
    pub(super) fn direct(&self, args: usize) -> Option<Direct> {
        let call = match self.params {
            params if params != args => return None,
            0 => direct::<0>,
            1 => direct::<1>,
            2 => direct::<2>,
            3 => direct::<3>,
            _ => return None,
        };
        Some(Direct { call: call as DirectCall, inside: self.inside() })
    }

    /// How it is called by native code that resides in its plugin, if it can.
    pub(super) fn inside(&self) -> Option<Inside> {
        let plugin = NonZeroU32::new(u32::try_from(self.module).ok()? + 1).map(PluginNumber)?;
        match &self.callee {
            Callee::Wasm(instance) if instance.is_habitable() => {
                Some(Inside { plugin, number: residence::number(self.index, self.params) })
            }
            _ => None,
        }
    }

    /// Calls the primitive with its number of arguments; `None` if the general way must be gone, and nothing was called.
    #[inline(always)]
    pub(super) fn call(&self, modules: &mut Modules, heap: &mut Heap, operands: Operands<'_>) -> Option<Result<Oop, PrimError>> {
        modules.pending.begin(self, heap, operands);
        let arguments = operands.args();
        let outcome = match &self.callee {
            Callee::Wasm(plugin) => {
                modules.pending.count(self.module);
                plugin.call(self.index, arguments, modules)
            }
            Callee::Table(plugin) => self.call_table(plugin, arguments, modules),
        };
        match outcome {
            Quickly::Value(oop) => Some(Ok(oop)),
            Quickly::Ended => Some(modules.finish_pending()),
            Quickly::Not => None,
        }
    }

    #[inline(always)]
    fn call_table(&self, plugin: &TableInstance, arguments: impl Iterator<Item = Oop>, modules: &mut Modules) -> Quickly {
        let mut slots = [0; MOST];
        for (slot, oop) in slots.iter_mut().zip(arguments) {
            let Some(integer) = oop.as_small_int() else { return Quickly::Not };
            *slot = integer.cast_unsigned();
        }
        let mut place = plugin.borrow_mut();
        let Some(plugin) = &mut *place else { return Quickly::Not };
        match plugin.call_quickly(self.index, &slots, modules) {
            (STATUS_VALUES, result) if !modules.pending.has_objects => modules.pending.answered(result),
            (status, result) => modules.pending.ended(Ok(status), result),
        }
    }
}

/// What came of a quick call.
pub(super) enum Quickly {
    /// It answered this SmallInteger, and did nothing else.
    Value(Oop),
    /// It ended otherwise: [`Pending`] has how.
    Ended,
    /// It was not called: an argument is no SmallInteger, or there is no instance.
    Not,
}

/// Calls a primitive that has a quick way and `ARGS` arguments, for native code.
///
/// # Safety
/// As [`DirectCall`] says; the host must be a [`Plugins`].
#[allow(unsafe_code)]
pub(super) unsafe extern "C" fn direct<const ARGS: usize>(
    host: *mut c_void,
    primitive: NamedPrimitive,
    heap: &mut Heap,
    stack: *const Oop,
) -> u64 {
    // SAFETY: the caller's promise.
    let (plugins, stack) = unsafe { (&mut *host.cast::<Plugins>(), std::slice::from_raw_parts(stack, ARGS + 1)) };
    let Some(Resolved { quick: Some(quick), .. }) = plugins.resolved.get(primitive.0 as usize) else { return 0 };
    let modules = &mut plugins.modules;
    match catch_unwind(AssertUnwindSafe(|| quick.call(modules, heap, Operands::new(stack)))) {
        Ok(Some(Ok(oop))) => oop.bits(),
        Ok(None) => 0,
        Ok(Some(Err(error))) => {
            plugins.ended = Some(Ok(error));
            0
        }
        Err(panic) => {
            plugins.ended = Some(Err(panic));
            0
        }
    }
}

/// The quick call that runs, or the last one that ran: what is needed if it is more than quick. Three words are all that it costs.
#[derive(Debug)]
pub(super) struct Pending {
    /// Calls of wasm plugins in a row, and the number of the module that was called last.
    calls: u32,
    called: usize,
    quick: *const Quick,
    heap: *mut Heap,
    stack: *const Oop,
    /// The plugin has called a function of the host.
    has_objects: bool,
    /// How it ended, if it did not just answer a SmallInteger: with a status and its first result slot, or by breaking.
    outcome: Option<Result<i32, Box<Broken>>>,
    result: u64,
}

impl Default for Pending {
    fn default() -> Pending {
        Pending {
            calls: 0,
            called: 0,
            quick: ptr::null(),
            heap: ptr::null_mut(),
            stack: ptr::null(),
            has_objects: false,
            outcome: None,
            result: 0,
        }
    }
}

impl Pending {
    /// A call begins.
    #[inline(always)]
    pub(super) fn begin(&mut self, quick: &Quick, heap: &mut Heap, operands: Operands<'_>) {
        (self.quick, self.heap, self.stack) = (quick, heap, operands.as_ptr());
    }

    /// A wasm plugin is called.
    #[inline(always)]
    fn count(&mut self, module: usize) {
        self.calls = self.calls.wrapping_add(1);
        self.called = module;
    }

    /// The module of the wasm plugin that was called last, if there were so many calls since this was last asked or
    /// [`Pending::forget`] was called.
    pub(super) fn called(&mut self, often: u32) -> Option<usize> {
        (std::mem::take(&mut self.calls) >= often).then_some(self.called)
    }

    /// No calls are in a row now: something else was called.
    pub(super) fn forget(&mut self) {
        self.calls = 0;
    }

    /// The call has ended with this value.
    #[inline(always)]
    pub(super) fn answered(&mut self, value: u64) -> Quickly {
        match Oop::try_from_small_int(value.cast_signed()) {
            Some(oop) => Quickly::Value(oop),
            None => self.ended(Ok(STATUS_VALUES), value),
        }
    }

    /// The call has ended in another way.
    #[cold]
    pub(super) fn ended(&mut self, outcome: Result<i32, Box<Broken>>, result: u64) -> Quickly {
        (self.outcome, self.result) = (Some(outcome), result);
        Quickly::Ended
    }

    /// The call has ended in another way than by answering a SmallInteger.
    pub(super) fn has_ended(&self) -> bool {
        self.outcome.is_some()
    }

    /// The objects of the call, which must run or have just ended.
    #[allow(unsafe_code)]
    fn objects<'a>(&self, scratch: &'a mut Scratch) -> CallObjects<'a> {
        // SAFETY: `begin` set the pointers, for as long as the call takes: it has borrowed all three, and uses none of them before it is over.
        let (heap, stack) = unsafe { (&mut *self.heap, std::slice::from_raw_parts(self.stack, (*self.quick).params + 1)) };
        let make = if self.has_objects { CallObjects::again } else { CallObjects::new };
        make(heap, Operands::new(stack), scratch)
    }
}

impl Modules {
    /// What the general way makes of how a quick call has ended. The first result slot is the only one that such a primitive has.
    #[cold]
    #[allow(unsafe_code)]
    pub(super) fn finish_pending(&mut self) -> Result<Oop, PrimError> {
        let Modules { list, scratch, workspace, pending, .. } = self;
        let mut objects = pending.objects(scratch);
        pending.has_objects = false;
        // SAFETY: as in `Pending::objects`.
        let (module, index) = unsafe { ((*pending.quick).module, (*pending.quick).index) };
        let Some((outcome, loaded)) = pending.outcome.take().zip(list[module].loaded()) else {
            return Err(PrimError::NAMED_INTERNAL);
        };
        workspace.results[0] = pending.result;
        if outcome.is_err() {
            loaded.drop_instance();
        }
        loaded.finish(index, outcome, &mut objects, workspace)
    }
}

/// The host's side of a quick call.
impl Interfaces for Modules {
    #[cold]
    #[allow(unsafe_code)]
    fn call(&mut self, op: u32, arguments: &[u64], memory: &mut dyn Memory) -> i64 {
        let Modules { list, shared, scratch, pending, .. } = self;
        // SAFETY: as in `Pending::objects`.
        let module = unsafe { (*pending.quick).module };
        let Some(loaded) = list[module].loaded() else { return encode(Err(PrimitiveError::Internal)) };
        let mut objects = pending.objects(scratch);
        pending.has_objects = true;
        HostCall { objects: Some(&mut objects), open: &mut loaded.open, shared }.call(op, arguments, memory)
    }
}
