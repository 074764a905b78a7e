//! What the host offers to plugins: every function of every interface, once, for plugins of all three forms.
//!
//! A plugin's call arrives at [`Interfaces::call`] with the function's number and its parameters in slots; data is an address and a length that
//! [`Memory`] leads to. What a function does, what it answers and how it fails is in the table `osvm_plugin_abi::interfaces`.

mod arguments;
mod clock;
mod console;
mod environment;
mod files;
mod held;
mod log;
mod net;
mod objects;
mod open;
mod random;
mod security;
mod semaphores;
mod settings;
mod shared;
mod stdio;
#[cfg_attr(target_family = "wasm", path = "page/streams.rs")]
mod streams;
#[cfg(test)]
mod tests;
mod timers;

use arguments::Arguments;
pub(crate) use objects::{CallObjects, Scratch, int};
pub(crate) use open::Open;
use osvm_plugin_sdk::abi::interfaces::op;
use osvm_plugin_sdk::abi::{PrimitiveError, encode};
pub use security::{Right, Rights};
pub(crate) use shared::Shared;

/// What a function answers.
type Answer = Result<u64, PrimitiveError>;

/// The memory to which a plugin's addresses lead: a wasm instance's, or the process's.
pub(crate) trait Memory {
    /// Bytes to read; `bad argument` if they are not all inside.
    fn read(&self, address: u64, len: u64) -> Result<&[u8], PrimitiveError>;
    /// Bytes to write; `bad argument` if they are not all inside.
    fn write(&mut self, address: u64, len: u64) -> Result<&mut [u8], PrimitiveError>;
}

/// What a running call of a primitive or a hook reaches through the interfaces.
pub(crate) struct HostCall<'a, 'h> {
    /// The objects of a primitive's call. Hooks have none.
    pub(crate) objects: Option<&'a mut CallObjects<'h>>,
    /// What the plugin may touch and has open.
    pub(crate) open: &'a mut Open,
    /// What all plugins of the VM share.
    pub(crate) shared: &'a mut Shared,
}

/// The host's side of a running call: it serves the functions of interfaces that the plugin calls.
pub(crate) trait Interfaces {
    /// Calls the function of this number. There are as many arguments as it has parameters.
    fn call(&mut self, op: u32, arguments: &[u64], memory: &mut dyn Memory) -> i64;
}

impl Interfaces for HostCall<'_, '_> {
    fn call(&mut self, op: u32, arguments: &[u64], memory: &mut dyn Memory) -> i64 {
        encode(answer(op, Arguments::new(arguments), memory, self))
    }
}

/// The place of an interface in the table.
const fn place(op: u32) -> u32 {
    op >> 8
}

const OBJECTS: u32 = place(op::objects::shape);
const FILES: u32 = place(op::files::open);
const CLOCK: u32 = place(op::clock::utc_micros);
const RANDOM: u32 = place(op::random::fill);
const LOG: u32 = place(op::log::write);
const CONSOLE: u32 = place(op::console::print);
const SEMAPHORES: u32 = place(op::semaphores::signal);
const TIMERS: u32 = place(op::timers::start);
const ENVIRONMENT: u32 = place(op::environment::get);
const SECURITY: u32 = place(op::security::allowed);
const SETTINGS: u32 = place(op::settings::get);
const NET: u32 = place(op::net::websocket_open);

fn answer(op: u32, arguments: Arguments<'_>, memory: &mut dyn Memory, cx: &mut HostCall<'_, '_>) -> Answer {
    let interface = place(op);
    if interface == OBJECTS {
        return match &mut cx.objects {
            Some(objects) => objects.answer(op, arguments, memory, &mut cx.open.held),
            None => Err(PrimitiveError::Inappropriate),
        };
    }
    if !cx.open.may_use(interface) {
        return Err(PrimitiveError::Unsupported);
    }
    match interface {
        FILES => files::answer(op, arguments, memory, cx),
        CLOCK => clock::answer(op, arguments, memory, cx.shared),
        RANDOM => random::answer(op, arguments, memory),
        LOG => cx.open.log.answer(op, arguments, memory),
        CONSOLE => console::answer(op, arguments, memory, cx.shared),
        SEMAPHORES => semaphores::answer(op, arguments, cx.shared),
        TIMERS => cx.open.timers.answer(op, arguments, cx.shared.monotonic_micros()),
        ENVIRONMENT => environment::answer(op, arguments, memory, cx.open, cx.shared),
        SECURITY => security::answer(op, arguments, memory, cx.shared),
        SETTINGS => settings::answer(op, arguments, memory, cx.open),
        NET => net::answer(op, arguments, memory, cx),
        _ => Err(PrimitiveError::Unsupported),
    }
}
