//! The interface `clock`.

use super::arguments::Arguments;
use super::{Answer, Memory, Shared};
use crate::world;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::clock as op;

/// Added to an offset, so that no answer is negative: the seconds of a day.
const DAY: i64 = 86_400;

pub(super) fn answer(function: u32, a: Arguments<'_>, memory: &mut dyn Memory, shared: &mut Shared) -> Answer {
    match function {
        op::utc_micros => Ok(world::unix_micros()),
        op::local_offset => Ok((shared.local_time.offset_at(a.i64(0)) + DAY) as u64),
        op::monotonic_micros => Ok(shared.monotonic_micros()),
        op::zone_name => a.store(0, world::zone_name().as_bytes(), memory),
        _ => Err(PrimitiveError::Unsupported),
    }
}
