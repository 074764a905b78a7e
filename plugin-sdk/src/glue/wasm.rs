//! Calls of wasm plugins: one instance, one place for results, one for the data of arguments.

use super::{Call, Instance};
use crate::PrimitiveError;
use crate::abi::RESULT_SLOTS;
use std::cell::UnsafeCell;

/// The result slots, whose address is exported as `osvm_results`.
#[repr(C, align(8))]
pub struct ResultSlots(UnsafeCell<[u64; RESULT_SLOTS]>);

impl ResultSlots {
    /// The slots.
    #[expect(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> ResultSlots {
        ResultSlots(UnsafeCell::new([0; RESULT_SLOTS]))
    }
}

// SAFETY: a wasm plugin has one thread, and the host calls it only when no call runs.
unsafe impl Sync for ResultSlots {}

/// The plugin's instance, made at the first call.
pub struct WasmInstance<S>(UnsafeCell<Option<Instance<S>>>);

impl<S> WasmInstance<S> {
    /// Not made yet.
    #[expect(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> WasmInstance<S> {
        WasmInstance(UnsafeCell::new(None))
    }
}

// SAFETY: as for `ResultSlots`.
unsafe impl<S> Sync for WasmInstance<S> {}

/// One call of a primitive or hook.
///
/// # Safety
/// `slots` are the arguments that the host gave the export that calls this, which it calls only when no other call runs. `start` is
/// called before the first call.
#[inline]
pub unsafe fn wasm<S: Default + 'static>(
    instance: &WasmInstance<S>,
    results: &ResultSlots,
    start: fn(),
    slots: &[u64],
    function: impl FnOnce(Call<'_, S>) -> Result<i32, PrimitiveError>,
) -> i32 {
    // SAFETY: no other call runs, so nobody else has these.
    let (instance, results) = unsafe { (&mut *instance.0.get(), &mut *results.0.get()) };
    let instance = match instance {
        Some(instance) => instance,
        None => first(instance, start),
    };
    instance.run(slots, results, function)
}

#[cold]
fn first<S: Default>(instance: &mut Option<Instance<S>>, start: fn()) -> &mut Instance<S> {
    start();
    instance.insert(Instance::new())
}

/// Makes panics say in the log what happened and where. For plugins that import `log`.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        // There is nobody whom a failure of the log could be told.
        let _ = crate::host::log::write(crate::host::Host::NONE, 0, panic.to_string().as_bytes());
    }));
}

struct Arena(UnsafeCell<Vec<u64>>);

// SAFETY: as for `ResultSlots`.
unsafe impl Sync for Arena {}

static ARENA: Arena = Arena(UnsafeCell::new(Vec::new()));

/// How many slots of 8 bytes the arena may keep that are not needed.
const KEPT: usize = 1 << 17;

/// `osvm_arena`: room for the data of arguments.
pub fn arena(len: u32) -> u32 {
    // SAFETY: the host calls this only when no call runs: nothing borrows from the arena.
    let arena = unsafe { &mut *ARENA.0.get() };
    let slots = (len as usize).div_ceil(8);
    if arena.capacity() < slots || (arena.capacity() > KEPT && arena.capacity() / 4 > slots) {
        *arena = Vec::new();
        // An address is wanted even for no bytes.
        if arena.try_reserve_exact(slots.max(512)).is_err() {
            return 0;
        }
    }
    arena.as_mut_ptr() as usize as u32
}
