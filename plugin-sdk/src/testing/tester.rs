//! Calling a plugin's primitives and hooks.

use super::arguments::Arguments;
use super::convert::{self, Resources, Slots};
use super::fake::Fake;
use super::host::{self, Host};
use super::objects::Heap;
use super::world::World;
use crate::abi::native::{Frame, PluginTable};
use crate::abi::{Description, Hook, RESULT_SLOTS, STATUS_VALUES};
use crate::{PluginTable as Table, PrimitiveError};
use std::collections::BTreeSet;
use std::ffi::c_void;
use std::time::Duration;

/// A plugin that runs in a test, through the same table through which a host runs it.
pub struct Tester {
    table: &'static PluginTable,
    description: Description,
    instance: *mut c_void,
    imports: BTreeSet<String>,
    denied: BTreeSet<String>,
    resources: Resources,
    /// What the plugin can reach.
    pub world: World,
}

impl Tester {
    /// An instance of a plugin, with all that it imports granted.
    ///
    /// # Panics
    /// If its description cannot be read, or its `State` panics.
    pub fn new(table: &'static Table) -> Tester {
        // SAFETY: the macro made the table, and its pointers lead to constants of these lengths.
        let text = unsafe { std::slice::from_raw_parts(table.description, table.description_len) };
        let description = Description::read(text).unwrap_or_else(|error| panic!("the plugin's description: {error}"));
        let instance = (table.create)();
        assert!(!instance.is_null(), "{}: making its state failed", description.module);
        Tester {
            table,
            imports: description.imports.iter().map(|import| import.interface.clone()).collect(),
            description,
            instance,
            denied: BTreeSet::new(),
            resources: Resources::default(),
            world: World::default(),
        }
    }

    /// What the plugin says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Takes an interface away, as a configuration does that does not grant it.
    ///
    /// # Panics
    /// If the plugin does not import it.
    pub fn deny(&mut self, interface: &str) {
        assert!(self.imports.contains(interface), "{} does not import {interface}", self.description.module);
        self.denied.insert(interface.into());
    }

    /// How many of the plugin's resources have handles that are alive.
    pub fn open_resources(&self) -> usize {
        self.resources.count()
    }

    /// Calls a primitive with nil as the receiver.
    ///
    /// # Panics
    /// If there is no such primitive, if it answers something else than its signature says, or if it uses what it does not import.
    pub fn call(&mut self, name: &str, arguments: impl Arguments) -> Result<Fake, PrimitiveError> {
        self.call_on(Fake::Nil, name, arguments)
    }

    /// Calls a primitive with a receiver.
    ///
    /// # Panics
    /// As for [`call`](Tester::call).
    pub fn call_on(&mut self, receiver: impl Into<Fake>, name: &str, arguments: impl Arguments) -> Result<Fake, PrimitiveError> {
        let found = self.description.find(name).map(|(index, primitive)| (index, primitive.signature.clone()));
        let (index, signature) = found.unwrap_or_else(|| panic!("{} has no primitive {name}", self.description.module));
        let mut heap = Heap::new(receiver.into());
        let slots = Slots::convert(&signature, &arguments.into_fakes(), &mut heap, &self.resources)?;
        let (status, results, heap) = self.run(index, &slots.slots, heap, name);
        convert::result(&signature, status, &results, &heap, &mut self.resources)
            .unwrap_or_else(|wrong| panic!("{name} {signature}: {wrong}"))
    }

    /// The hook `start`: an image starts.
    ///
    /// # Panics
    /// If the plugin has no such hook.
    pub fn start(&mut self) -> Result<(), PrimitiveError> {
        self.hook(Hook::Start, &[])
    }

    /// The hook `snapshot`: the image is about to be saved.
    ///
    /// # Panics
    /// If the plugin has no such hook.
    pub fn snapshot(&mut self) -> Result<(), PrimitiveError> {
        self.hook(Hook::Snapshot, &[])
    }

    /// The hook `quit`: the VM is about to end.
    ///
    /// # Panics
    /// If the plugin has no such hook.
    pub fn quit(&mut self) -> Result<(), PrimitiveError> {
        self.hook(Hook::Quit, &[])
    }

    /// The hook `timer`, whether or not a timer runs.
    ///
    /// # Panics
    /// If the plugin has no such hook.
    pub fn timer(&mut self, token: i64) -> Result<(), PrimitiveError> {
        self.hook(Hook::Timer, &[token as u64])
    }

    /// Lets time go by: clocks advance, and timers that run out meanwhile call the hook `timer`, in their order.
    ///
    /// # Panics
    /// If one does, and the plugin has no such hook.
    pub fn advance(&mut self, time: Duration) -> Result<(), PrimitiveError> {
        let micros = u64::try_from(time.as_micros()).expect("a test takes less than a million years");
        let end = self.world.monotonic_micros + micros;
        loop {
            let due = self.world.timers.iter().enumerate().filter(|(_, timer)| timer.due <= end);
            let Some((index, timer)) = due.min_by_key(|(_, timer)| timer.due).map(|(index, timer)| (index, *timer)) else { break };
            self.move_clocks(timer.due);
            match timer.period {
                Some(period) => self.world.timers[index].due += period,
                None => drop(self.world.timers.remove(index)),
            }
            self.timer(timer.token)?;
        }
        self.move_clocks(end);
        Ok(())
    }

    fn move_clocks(&mut self, to: u64) {
        let by = to.saturating_sub(self.world.monotonic_micros);
        self.world.monotonic_micros += by;
        self.world.utc_micros += by as i64;
    }

    fn hook(&mut self, hook: Hook, slots: &[u64]) -> Result<(), PrimitiveError> {
        let found = self.description.hooks.iter().position(|&other| other == hook);
        let place = found.unwrap_or_else(|| panic!("{} has no hook `{}`", self.description.module, hook.name()));
        let index = self.description.primitives.len() + place;
        let (status, results, _) = self.run(index, slots, Heap::new(Fake::Nil), hook.name());
        if status == STATUS_VALUES {
            return Ok(());
        }
        let error =
            u8::try_from(-i64::from(status)).ok().and_then(|code| PrimitiveError::from_code(code, results[0] as u32 as i32));
        Err(error.unwrap_or_else(|| panic!("the hook `{}` answers the status {status}", hook.name())))
    }

    /// Runs a function of the table.
    fn run(&mut self, index: usize, slots: &[u64], heap: Heap, name: &str) -> (i32, [u64; RESULT_SLOTS], Heap) {
        let mut results = [0; RESULT_SLOTS];
        let mut host = Host { heap, world: &mut self.world, imports: &self.imports, denied: &self.denied, fault: None };
        let context = (&raw mut host).cast::<c_void>();
        let mut frame = Frame { arguments: slots.as_ptr(), results: results.as_mut_ptr(), context, host: host::call };
        // SAFETY: the description has as many primitives and hooks as the table has functions. The instance is the table's, the
        // arguments are those that the description says, and there is room for the results.
        let status = unsafe { (*self.table.functions.add(index))(self.instance, &raw mut frame) };
        if let Some(fault) = host.fault {
            panic!("{name}: {fault}");
        }
        let heap = host.heap;
        for &number in &heap.closed {
            self.resources.close(number);
        }
        (status, results, heap)
    }
}

impl Drop for Tester {
    fn drop(&mut self) {
        // SAFETY: the table made the instance, and nobody uses it any more.
        unsafe { (self.table.destroy)(self.instance) }
    }
}
