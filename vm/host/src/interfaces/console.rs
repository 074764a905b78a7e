//! The interface `console`.

use super::arguments::Arguments;
use super::{Answer, Memory, Shared};
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::console as op;

pub(super) fn answer(function: u32, a: Arguments<'_>, memory: &mut dyn Memory, shared: &mut Shared) -> Answer {
    match (function, a.u32(0)) {
        (op::print, stream @ (1 | 2)) => {
            let line = [a.data(1, memory)?, b"\n"].concat();
            shared.stdio.write(stream as usize, &line).map(|()| 0)
        }
        (op::print, _) => Err(PrimitiveError::BadArgument),
        _ => Err(PrimitiveError::Unsupported),
    }
}
