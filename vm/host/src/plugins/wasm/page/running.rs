//! The call that runs, which imports of the plugin and questions about its time come back to.

use crate::interfaces::{HostCall, Interfaces};
use crate::plugins::wasm::rewrite::QUANTUM;
use crate::world::Instant;
use osvm_plugin_sdk::abi::interfaces::function;
use osvm_plugin_sdk::abi::{PrimitiveError, encode};
use std::cell::{Cell, UnsafeCell};
use std::ptr::NonNull;
use std::time::Duration;

use super::linear::Linear;

/// The most parameters of a function of an interface, as slots.
const MAX_PARAMETERS: usize = 6;

/// Where the functions that plugins import leave their parameters.
struct Parameters(UnsafeCell<[u64; MAX_PARAMETERS]>);

#[allow(unsafe_code)]
// SAFETY: there is one thread, and what is here is read before anything else runs.
unsafe impl Sync for Parameters {}

static PARAMETERS: Parameters = Parameters(UnsafeCell::new([0; MAX_PARAMETERS]));

/// The address of the parameters of imports.
pub(super) fn parameters() -> u32 {
    PARAMETERS.0.get().addr() as u32
}

/// Why a call was told to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ended {
    Deadline,
    Fuel,
}

/// The running call.
struct Running {
    call: Cell<Option<NonNull<HostCall<'static, 'static>>>>,
    instance: Cell<i32>,
    deadline: Cell<Duration>,
    /// When it was first asked about: within a millisecond of its beginning, if it computes.
    since: Cell<Option<Instant>>,
    /// The steps that it may still make, if they are limited.
    fuel: Cell<Option<u64>>,
    ended: Cell<Option<Ended>>,
    /// A function of the host runs.
    in_host: Cell<bool>,
}

thread_local! {
    static RUNNING: Running = const {
        Running {
            call: Cell::new(None),
            instance: Cell::new(-1),
            deadline: Cell::new(Duration::ZERO),
            since: Cell::new(None),
            fuel: Cell::new(None),
            ended: Cell::new(None),
            in_host: Cell::new(false),
        }
    };
}

/// A call begins, or an instance is being made, which has no call to speak for.
pub(super) fn begin(instance: i32, deadline: Duration, fuel: Option<u64>, call: Option<&mut HostCall<'_, '_>>) {
    RUNNING.with(|running| {
        running.instance.set(instance);
        running.deadline.set(deadline);
        running.since.set(None);
        running.fuel.set(fuel.map(|fuel| fuel.saturating_sub(QUANTUM as u64)));
        running.ended.set(None);
        // The lifetimes are those of this call, after which the pointer is gone.
        running.call.set(call.map(|call| NonNull::from(call).cast()));
    });
}

/// The call has ended.
pub(super) fn end() {
    RUNNING.with(|running| {
        running.call.set(None);
        // What ends a plugin must not end a function of the VM midway. If it did, nothing here can be relied upon.
        assert!(!running.in_host.get(), "a function of the host was cut off while a plugin called it: no stack was left for it");
    });
}

/// Why the call was told to end, if it was.
pub(super) fn ended() -> Option<Ended> {
    RUNNING.with(|running| running.ended.get())
}

impl Running {
    fn ask(&self) -> Option<Ended> {
        if let Some(fuel) = self.fuel.get() {
            if fuel == 0 {
                return Some(Ended::Fuel);
            }
            self.fuel.set(Some(fuel.saturating_sub(QUANTUM as u64)));
        }
        let now = Instant::now();
        match self.since.get() {
            Some(since) if now.duration_since(since) > self.deadline.get() => Some(Ended::Deadline),
            Some(_) => None,
            None => {
                self.since.set(Some(now));
                None
            }
        }
    }

    fn import(&self, op: u32) -> i64 {
        // Code that runs while an instance is made has no call to speak for.
        let Some(call) = self.call.get() else { return encode(Err(PrimitiveError::Inappropriate)) };
        let Some((_, function)) = function(op) else { return encode(Err(PrimitiveError::Unsupported)) };
        #[allow(unsafe_code)]
        // SAFETY: nothing else runs while they are copied.
        let slots = unsafe { *PARAMETERS.0.get() };
        #[allow(unsafe_code)]
        // SAFETY: `begin` set it for as long as the call runs, and has lent it to nobody else. One function of the host runs at a time, and
        // none of them calls the plugin.
        let cx = unsafe { &mut *call.as_ptr() };
        let mut memory = Linear::new(self.instance.get());
        let answer = cx.call(op, &slots[..function.parameters.len()], &mut memory);
        memory.flush();
        answer
    }
}

/// What a running plugin is asked by way of when its quantum of steps is used up: not 0 ends it.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
extern "C" fn osvm_plugin_ask() -> i32 {
    RUNNING.with(|running| {
        running.ended.set(running.ask());
        i32::from(running.ended.get().is_some())
    })
}

/// What every function that a plugin imports ends in: the function of this number, with its parameters in [`PARAMETERS`].
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
extern "C" fn osvm_plugin_import(op: u32) -> i64 {
    RUNNING.with(|running| {
        running.in_host.set(true);
        let answer = running.import(op);
        running.in_host.set(false);
        answer
    })
}
