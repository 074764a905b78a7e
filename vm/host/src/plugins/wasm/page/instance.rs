//! An instance of a plugin, and one call of it.

use super::host::{self, THREW};
use super::linear::Linear;
use super::{Compiled, fault, running};
use crate::interfaces::HostCall;
use crate::plugins::plan::Slots;
use crate::plugins::results::ResultSlots;
use crate::plugins::wasm::Broken;
use crate::plugins::wasm::arena::Arena;
use osvm_core::heap::Heap;
use osvm_plugin_sdk::abi::RESULT_SLOTS;
use std::time::Duration;

/// An instance.
pub(super) struct Instance {
    number: i32,
    /// The number of the function that asks for an arena.
    ask: u32,
    deadline: Duration,
    fuel: Option<u64>,
    arena: Arena,
}

impl Instance {
    /// Makes an instance and runs what it runs first, within the limits.
    pub(super) fn new(module: &Compiled, deadline: Duration, fuel: Option<u64>) -> Result<Instance, Box<Broken>> {
        running::begin(-1, deadline, fuel, None);
        let number = host::instance_new(module.number);
        running::end();
        if number < 0 {
            return Err(fault::broken(host::fault_take()));
        }
        let instance = Instance { number, ask: module.exports, deadline, fuel, arena: Arena::default() };
        // Memory never shrinks: what is in it now stays in it.
        let size = u64::from(host::memory_pages(number)) << 16;
        if u64::from(host::instance_results(number)) + RESULT_SLOTS as u64 * 8 > size {
            return Err(Broken::contradiction("its result slots are not in its memory"));
        }
        running::begin(number, deadline, fuel, None);
        let failed = host::instance_initialize(number) != 0;
        running::end();
        if failed { Err(fault::broken(host::fault_take())) } else { Ok(instance) }
    }

    /// Calls the function of this index. The result slots are filled if it comes back.
    #[inline]
    pub(super) fn call(
        &mut self,
        index: usize,
        slots: &mut Slots,
        results: &mut ResultSlots,
        cx: &mut HostCall<'_, '_>,
    ) -> Result<i32, Box<Broken>> {
        if slots.has_data()
            && let Some(objects) = &cx.objects
        {
            self.place(slots, objects.heap)?;
        }
        running::begin(self.number, self.deadline, self.fuel, Some(cx));
        self.run(index as u32, slots.values(), results)
    }

    #[inline]
    #[allow(unsafe_code)]
    fn run(&self, function: u32, slots: &[u64], results: &mut [u64]) -> Result<i32, Box<Broken>> {
        // SAFETY: the function was made for this export: it reads as many slots as that has parameters, and writes as many as it has results.
        let status = unsafe { host::instance_call(self.number, function, slots.as_ptr(), results.as_mut_ptr()) };
        running::end();
        match status {
            THREW => match host::fault_take() {
                0 => Ok(status),
                flags => Err(fault::broken(flags)),
            },
            status => Ok(status),
        }
    }

    /// Copies the data of arguments into the plugin's arena.
    #[cold]
    #[allow(unsafe_code)]
    fn place(&mut self, slots: &mut Slots, heap: &Heap) -> Result<(), Box<Broken>> {
        if let Some(size) = self.arena.wanted(slots, heap)? {
            running::begin(self.number, self.deadline, self.fuel, None);
            let address = self.run(self.ask, &[u64::from(size)], &mut [])?;
            self.arena = Arena::given(address.cast_unsigned(), size)?;
        }
        let number = self.number;
        // SAFETY: the host reads these bytes.
        self.arena.fill(slots, heap, |at, bytes| unsafe { host::memory_write(number, at, bytes.as_ptr(), bytes.len()) } == 0)
    }

    /// The memory as it is between two calls.
    pub(super) fn linear(&self) -> Linear {
        Linear::new(self.number)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        host::instance_drop(self.number);
    }
}
