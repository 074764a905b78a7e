//! The quick way to call a primitive that has only Integers to take and to answer.
//!
//! A call of such a primitive moves a few words, so that what the general way prepares for every call (slots with data, the objects that the
//! plugin may ask for) would take longer than the call itself. Here it is prepared when the plugin first calls a function of the host, and what
//! is not usual goes back to the general way: an argument that is no SmallInteger before the call, and everything but a plain result after it.

use super::module::TableInstance;
use super::wasm::{Broken, QuickInstance};
use super::{Modules, Plugins, Resolved};
use crate::interfaces::{CallObjects, HostCall, Interfaces, Memory, Scratch};
use osvm_core::error::PrimError;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use osvm_core::plugin::{DirectCall, NamedPrimitive, Operands};
use osvm_plugin_sdk::abi::{PrimitiveError, STATUS_VALUES, encode};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// The most arguments of a primitive that is called quickly.
const MOST: usize = 3;

/// How to call a primitive quickly.
pub(super) struct Quick {
    /// The number of its module, and its own there.
    module: usize,
    index: usize,
    params: usize,
    callee: Callee,
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

    /// The number of arguments.
    pub(super) fn params(&self) -> usize {
        self.params
    }

    /// Calls the primitive with its number of arguments; `None` if the general way must be gone, and nothing was called.
    #[inline(always)]
    pub(super) fn call(&self, modules: &mut Modules, heap: &mut Heap, operands: Operands<'_>) -> Option<Result<Oop, PrimError>> {
        modules.pending.begin(self, heap, operands);
        let arguments = operands.args();
        let outcome = match &self.callee {
            Callee::Wasm(plugin) => plugin.call(self.index, arguments, modules),
            Callee::Table(plugin) => self.call_table(plugin, arguments, modules),
        };
        match outcome {
            Quickly::Value(oop) => Some(Ok(oop)),
            Quickly::Ended => Some(self.finish(modules)),
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

    /// What the general way makes of how the call ended. The first result slot is the only one that such a primitive has.
    #[cold]
    fn finish(&self, modules: &mut Modules) -> Result<Oop, PrimError> {
        let Modules { list, scratch, workspace, pending, .. } = modules;
        let mut objects = pending.objects(scratch);
        pending.has_objects = false;
        let Some((outcome, loaded)) = pending.outcome.take().zip(list[self.module].loaded()) else {
            return Err(PrimError::NAMED_INTERNAL);
        };
        workspace.results[0] = pending.result;
        if outcome.is_err() {
            loaded.drop_instance();
        }
        loaded.finish(self.index, outcome, &mut objects, workspace)
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

/// The direct call of a primitive that has a quick way and so many arguments.
pub(super) fn direct_call(args: usize) -> Option<DirectCall> {
    Some(match args {
        0 => direct::<0>,
        1 => direct::<1>,
        2 => direct::<2>,
        3 => direct::<3>,
        _ => return None,
    })
}

/// The quick call that runs, or the last one that ran: what is needed if it is more than quick. Three words are all that it costs.
#[derive(Debug)]
pub(super) struct Pending {
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
        Pending { quick: ptr::null(), heap: ptr::null_mut(), stack: ptr::null(), has_objects: false, outcome: None, result: 0 }
    }
}

impl Pending {
    #[inline(always)]
    fn begin(&mut self, quick: &Quick, heap: &mut Heap, operands: Operands<'_>) {
        (self.quick, self.heap, self.stack) = (quick, heap, operands.as_ptr());
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

    /// The objects of the call, which must run or have just ended.
    #[allow(unsafe_code)]
    fn objects<'a>(&self, scratch: &'a mut Scratch) -> CallObjects<'a> {
        // SAFETY: `begin` set the pointers, for as long as the call takes: it has borrowed all three, and uses none of them before it is over.
        let (heap, stack) = unsafe { (&mut *self.heap, std::slice::from_raw_parts(self.stack, (*self.quick).params + 1)) };
        let make = if self.has_objects { CallObjects::again } else { CallObjects::new };
        make(heap, Operands::new(stack), scratch)
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
