//! The host of a test: the one function through which a plugin reaches all interfaces.

use super::objects::Heap;
use super::world::World;
use crate::PrimitiveError;
use crate::abi::interfaces;
use std::collections::BTreeSet;
use std::ffi::c_void;
use std::marker::PhantomData;

/// What a function of an interface answers.
pub(super) type Answer = Result<u64, PrimitiveError>;

/// What a call can reach.
pub(super) struct Host<'t> {
    pub(super) heap: Heap,
    pub(super) world: &'t mut World,
    /// The interfaces that the plugin says it uses.
    pub(super) imports: &'t BTreeSet<String>,
    /// Those that it was not granted.
    pub(super) denied: &'t BTreeSet<String>,
    /// What the plugin did that no plugin may, to be told when the call is over.
    pub(super) fault: Option<String>,
}

impl Host<'_> {
    fn answer(&mut self, op: u32, arguments: *const u64) -> Answer {
        let Some((interface, function)) = interfaces::function(op) else {
            self.fault = Some(format!("the plugin calls a function of the number {op:#x}, which is none"));
            return Err(PrimitiveError::Unsupported);
        };
        if !self.imports.contains(interface.name) {
            let name = interface.name;
            self.fault = Some(format!("the plugin uses {name}.{}: write imports({name}) in #[plugin]", function.name));
            return Err(PrimitiveError::Unsupported);
        }
        if self.denied.contains(interface.name) {
            return Err(PrimitiveError::Unsupported);
        }
        let arguments = HostArguments { slots: arguments, count: function.parameters.len(), call: PhantomData };
        match interface.name {
            "objects" => self.heap.answer(op, arguments, &mut self.world.held),
            "files" => self.world.files.answer(op, arguments, &mut self.heap, &mut self.world.signals),
            _ => self.world.answer(op, arguments),
        }
    }
}

/// The function in the frame of a call, whose context is a [`Host`].
pub(super) unsafe extern "C" fn call(context: *mut c_void, op: u32, arguments: *const u64) -> i64 {
    // SAFETY: the tester put a host there, which nobody else uses while the plugin runs.
    let host = unsafe { &mut *context.cast::<Host<'_>>() };
    crate::abi::encode(host.answer(op, arguments))
}

/// The slots of the parameters of a function of an interface.
#[derive(Clone, Copy)]
pub(super) struct HostArguments<'a> {
    slots: *const u64,
    count: usize,
    call: PhantomData<&'a ()>,
}

impl<'a> HostArguments<'a> {
    fn slot(self, index: usize) -> u64 {
        assert!(index < self.count, "the function has {} parameters", self.count);
        // SAFETY: the plugin's side gives a slot for each parameter.
        unsafe { *self.slots.add(index) }
    }

    pub(super) fn u32(self, index: usize) -> u32 {
        self.slot(index) as u32
    }

    pub(super) fn i64(self, index: usize) -> i64 {
        self.slot(index) as i64
    }

    pub(super) fn f64(self, index: usize) -> f64 {
        f64::from_bits(self.slot(index))
    }

    /// A length, an index or an offset that is given as an i64.
    pub(super) fn size(self, index: usize) -> Result<usize, PrimitiveError> {
        usize::try_from(self.i64(index)).map_err(|_| PrimitiveError::BadIndex)
    }

    /// Data to be read: this parameter and the next.
    pub(super) fn data(self, index: usize) -> &'a [u8] {
        match self.slot(index + 1) {
            0 => &[],
            // SAFETY: the plugin's side borrows a slice for the call and gives its address and length.
            len => unsafe { std::slice::from_raw_parts(self.slot(index) as usize as *const u8, len as usize) },
        }
    }

    /// Room to be written to: this parameter and the next. A function asks for it once.
    pub(super) fn room(self, index: usize) -> &'a mut [u8] {
        match self.slot(index + 1) {
            0 => &mut [],
            // SAFETY: as for `data`; the slice is borrowed mutably, and this is its only use while the call runs.
            len => unsafe { std::slice::from_raw_parts_mut(self.slot(index) as usize as *mut u8, len as usize) },
        }
    }

    /// Stores as much as fits into room; answers the whole length.
    pub(super) fn store(self, index: usize, data: &[u8]) -> Answer {
        let room = self.room(index);
        let fits = room.len().min(data.len());
        room[..fits].copy_from_slice(&data[..fits]);
        Ok(data.len() as u64)
    }
}
