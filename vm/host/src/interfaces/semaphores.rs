//! The interface `semaphores`.

use super::arguments::Arguments;
use super::{Answer, Shared};
use osvm_core::platform::Event;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::semaphores as op;

pub(super) fn answer(function: u32, a: Arguments<'_>, shared: &Shared) -> Answer {
    match (function, a.u32(0)) {
        (op::signal, 0) => Err(PrimitiveError::BadIndex),
        (op::signal, index) => {
            shared.events.send(Event::Semaphore(index as usize, 1));
            Ok(0)
        }
        _ => Err(PrimitiveError::Unsupported),
    }
}
