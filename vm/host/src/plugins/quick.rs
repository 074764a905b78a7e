//! The quick way to call a primitive that has only Integers to take and to answer.
//!
//! A call of such a primitive moves a few words, so that what the general way prepares for every call (slots with data, the objects that the
//! plugin may ask for) would take longer than the call itself. Here it is prepared when the plugin first calls a function of the host, and what
//! is not usual goes back to the general way: an argument that is no SmallInteger before the call, and everything but a plain result after it.

use super::Modules;
use super::module::TableInstance;
use super::wasm::{Broken, QuickInstance};
use crate::interfaces::{CallObjects, HostCall, Interfaces, Memory};
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_core::plugin::Call;
use osvm_plugin_sdk::abi::{PrimitiveError, STATUS_VALUES, encode};

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

    /// Calls the primitive; `None` if the general way must be gone, and nothing was called.
    #[inline(always)]
    pub(super) fn call(&self, modules: &mut Modules, call: &mut Call<'_>) -> Option<Result<Oop, PrimError>> {
        if call.operands.arg_count() != self.params {
            return None;
        }
        let arguments = call.operands.args();
        let mut cx = QuickCall { module: self.module, has_objects: false, modules, call };
        let (outcome, result) = match &self.callee {
            Callee::Table(plugin) => {
                let mut slots = [0; MOST];
                for (slot, oop) in slots.iter_mut().zip(arguments) {
                    *slot = oop.as_small_int()?.cast_unsigned();
                }
                let (status, result) = plugin.borrow_mut().as_mut()?.call_quickly(self.index, &slots, &mut cx);
                (Ok(status), result)
            }
            Callee::Wasm(plugin) => plugin.call(self.index, arguments, &mut cx)?,
        };
        if matches!(outcome, Ok(STATUS_VALUES))
            && !cx.has_objects
            && let Some(oop) = Oop::try_from_small_int(result.cast_signed())
        {
            return Some(Ok(oop));
        }
        Some(cx.finish(self.index, outcome, result))
    }
}

/// A quick call that runs.
pub(super) struct QuickCall<'a, 'c> {
    module: usize,
    /// The plugin has called a function of the host.
    has_objects: bool,
    pub(super) modules: &'a mut Modules,
    call: &'a mut Call<'c>,
}

impl QuickCall<'_, '_> {
    /// What the general way makes of an outcome. The first result slot is the only one that such a primitive has.
    #[cold]
    fn finish(self, index: usize, outcome: Result<i32, Box<Broken>>, result: u64) -> Result<Oop, PrimError> {
        let QuickCall { module, has_objects, modules, call } = self;
        let make = if has_objects { CallObjects::again } else { CallObjects::new };
        let mut objects = make(call.heap, call.operands, &mut modules.scratch);
        modules.workspace.results[0] = result;
        match modules.list[module].loaded() {
            Some(loaded) => loaded.finish(index, outcome, &mut objects, &modules.workspace),
            None => Err(PrimError::NAMED_INTERNAL),
        }
    }
}

impl Interfaces for QuickCall<'_, '_> {
    #[cold]
    fn call(&mut self, op: u32, arguments: &[u64], memory: &mut dyn Memory) -> i64 {
        let Modules { list, shared, scratch, .. } = &mut *self.modules;
        let Some(loaded) = list[self.module].loaded() else { return encode(Err(PrimitiveError::Internal)) };
        let make = if self.has_objects { CallObjects::again } else { CallObjects::new };
        self.has_objects = true;
        let mut objects = make(self.call.heap, self.call.operands, scratch);
        HostCall { objects: Some(&mut objects), open: &mut loaded.open, shared }.call(op, arguments, memory)
    }
}
