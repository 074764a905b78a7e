//! An instance of a plugin, and one call of it.

use super::host::{self, THREW};
use super::linear::Linear;
use super::{Compiled, fault, running};
use crate::interfaces::HostCall;
use crate::plugins::plan::Slots;
use crate::plugins::results::ResultSlots;
use crate::plugins::wasm::Broken;
use osvm_core::heap::Heap;
use osvm_plugin_sdk::abi::{PrimitiveError, RESULT_SLOTS};
use std::time::Duration;

/// The smallest room that is asked for the data of arguments.
const SMALL_ARENA: usize = 4 << 10;
/// A larger room is given back when a call needs less than a quarter of it.
const LARGE_ARENA: usize = 1 << 20;

/// An instance.
pub(super) struct Instance {
    number: i32,
    /// The number of the function that calls the arena.
    arena: u32,
    deadline: Duration,
    fuel: Option<u64>,
    /// Where the data of arguments goes, and how much fits.
    room: (usize, usize),
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
        let instance = Instance { number, arena: module.exports, deadline, fuel, room: (0, 0) };
        // Memory never shrinks: what is in it now stays in it.
        let size = u64::from(host::memory_pages(number)) << 16;
        if u64::from(host::instance_results(number)) + RESULT_SLOTS as u64 * 8 > size {
            return Err(contradiction("its result slots are not in its memory"));
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
        let size = slots.data_size(heap);
        let (_, len) = self.room;
        if len < size || (len > LARGE_ARENA && size < len / 4) {
            self.room = self.ask_for_room(size.max(SMALL_ARENA))?;
        }
        let (mut at, _) = self.room;
        slots.place(heap, |bytes| {
            let address = at;
            // SAFETY: the host reads these bytes.
            if unsafe { host::memory_write(self.number, address as u32, bytes.as_ptr(), bytes.len()) } != 0 {
                return Err(contradiction("its arena is not in its memory"));
            }
            at += bytes.len().next_multiple_of(8);
            Ok(address as u64)
        })
    }

    fn ask_for_room(&mut self, size: usize) -> Result<(usize, usize), Box<Broken>> {
        let no_room = |reason: String| Broken::new(PrimitiveError::LimitExceeded, reason);
        running::begin(self.number, self.deadline, self.fuel, None);
        let address = self.run(self.arena, &[size as u64], &mut [])?.cast_unsigned();
        if address == 0 {
            return Err(no_room(format!("it has no room for {size} bytes of arguments")));
        }
        if !address.is_multiple_of(8) {
            return Err(contradiction("the address of its arena is no multiple of 8"));
        }
        Ok((address as usize, size))
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

fn contradiction(reason: impl Into<String>) -> Box<Broken> {
    Broken::new(PrimitiveError::Internal, reason)
}
