//! The interface `settings`.

use super::arguments::Arguments;
use super::{Answer, Memory, Open};
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::settings as op;

pub(super) fn answer(function: u32, a: Arguments<'_>, memory: &mut dyn Memory, open: &Open) -> Answer {
    match function {
        op::get => {
            let key = std::str::from_utf8(a.data(0, memory)?).map_err(|_| PrimitiveError::BadArgument)?;
            let value = open.settings.get(key).ok_or(PrimitiveError::NotFound)?;
            a.store(2, value.as_bytes(), memory)
        }
        _ => Err(PrimitiveError::Unsupported),
    }
}
