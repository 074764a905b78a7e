//! The interface `random`.

use super::arguments::Arguments;
use super::{Answer, Memory};
use crate::world;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::random as op;

pub(super) fn answer(function: u32, a: Arguments<'_>, memory: &mut dyn Memory) -> Answer {
    match function {
        op::fill => {
            let error = |error: std::io::Error| PrimitiveError::OperatingSystem(error.raw_os_error().unwrap_or(5));
            world::fill_random(a.room(0, memory)?).map(|()| 0).map_err(error)
        }
        _ => Err(PrimitiveError::Unsupported),
    }
}
