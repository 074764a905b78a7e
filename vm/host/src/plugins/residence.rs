//! Native code that resides in a wasm plugin, which it would otherwise enter for each call: see [`Residence`].
//!
//! It resides where a plugin is called often, and only by quick calls (`plugins::quick`): anything else ends the residence first. So the plugin's
//! instance is lent out for as long as it lasts.

use super::quick::{Callee, Quick};
use super::{Modules, Plugins};
use crate::interfaces::{Interfaces, Memory};
use osvm_core::plugin::{PluginNumber, Residence, ResidenceEnd, Resident};
use std::ffi::c_void;
use std::ptr::NonNull;

/// So many quick calls in a row, between two looks for events, make it worth while to move in.
const OFTEN: u32 = 100;

/// The number by which native code asks for the primitive of this index, which has so many arguments, at most 3. None is 0.
pub(super) fn number(index: usize, params: usize) -> u32 {
    ((index as u32 + 1) << 2) | params as u32
}

impl Plugins {
    /// Where native code had better reside.
    pub(super) fn where_to_reside(&mut self) -> Option<Residence> {
        let module = self.modules.pending.called(OFTEN)?;
        let plugin = self.quick_calls().find(|quick| quick.module == module)?.inside()?.plugin;
        Some(Residence { plugin, reside })
    }

    fn quick_calls(&self) -> impl Iterator<Item = &Quick> {
        self.resolved.iter().filter_map(|resolved| resolved.quick.as_ref())
    }
}

/// # Safety
/// As [`Residence`] says; the host must be a [`Plugins`].
#[allow(unsafe_code)]
unsafe fn reside(host: *mut c_void, plugin: PluginNumber, resident: &mut Resident<'_>) -> ResidenceEnd {
    let Some(plugins) = NonNull::new(host.cast::<Plugins>()) else { return ResidenceEnd::NotEntered };
    let mut lodger = Lodger { plugins, resident, end: ResidenceEnd::NotEntered };
    let instance = lodger.plugins().quick_calls().find_map(|quick| match &quick.callee {
        Callee::Wasm(instance) if quick.inside().is_some_and(|inside| inside.plugin == plugin) => Some(instance.clone()),
        _ => None,
    });
    let Some(instance) = instance else { return ResidenceEnd::NotEntered };
    if !instance.reside(&mut lodger) {
        return ResidenceEnd::NotEntered;
    }
    if lodger.modules().pending.has_ended() {
        lodger.end = ResidenceEnd::Called(lodger.with_call().finish_pending());
    }
    tracing::trace!(plugin = plugin.0, end = ?lodger.end, "native code has resided in a plugin");
    lodger.end
}

/// Native code, for the plugin that it resides in.
pub(super) struct Lodger<'a, 'b> {
    plugins: NonNull<Plugins>,
    pub(super) resident: &'a mut Resident<'b>,
    /// Why it has moved out, if it was not by how a call has ended.
    pub(super) end: ResidenceEnd,
}

impl Lodger<'_, '_> {
    /// The plugins, which nothing else refers to while native code does not run.
    #[allow(unsafe_code)]
    fn plugins(&mut self) -> &mut Plugins {
        // SAFETY: `reside` was given them for as long as the lodger is there, and native code, which is lent them too, has come back.
        unsafe { self.plugins.as_mut() }
    }

    /// The plugins' modules.
    pub(super) fn modules(&mut self) -> &mut Modules {
        &mut self.plugins().modules
    }

    /// The plugins' modules, where the call that native code wants or has just had is the pending one.
    #[allow(unsafe_code)]
    fn with_call(&mut self) -> &mut Modules {
        let (primitive, call) = self.resident.call();
        // SAFETY: as in `plugins`.
        let Plugins { resolved, modules, .. } = unsafe { self.plugins.as_mut() };
        let quick = resolved.get(primitive.0 as usize).and_then(|resolved| resolved.quick.as_ref());
        modules.pending.begin(quick.expect("native code calls what was resolved"), call.heap, call.operands);
        modules
    }
}

/// The host's side of a call that native code wanted.
impl Interfaces for Lodger<'_, '_> {
    #[cold]
    fn call(&mut self, op: u32, arguments: &[u64], memory: &mut dyn Memory) -> i64 {
        self.with_call().call(op, arguments, memory)
    }
}
