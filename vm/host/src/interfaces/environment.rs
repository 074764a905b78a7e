//! The interface `environment`.

use super::arguments::Arguments;
use super::security::Right;
use super::{Answer, Memory, Open, Shared};
use crate::config::Names;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::environment as op;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

pub(super) fn answer(function: u32, a: Arguments<'_>, memory: &mut dyn Memory, open: &Open, shared: &Shared) -> Answer {
    let given_up = !shared.rights.has(Right::Environment);
    let granted = |name: &OsStr| match &open.environment {
        _ if given_up => false,
        Names::All => true,
        Names::Only(names) => names.iter().any(|granted| OsStr::new(granted) == name),
    };
    match function {
        op::get => {
            let name = OsStr::from_bytes(a.data(0, memory)?);
            // The system's function panics with such names.
            let possible = !name.is_empty() && !name.as_bytes().iter().any(|byte| matches!(byte, b'=' | 0));
            let value = (possible && granted(name)).then(|| std::env::var_os(name)).flatten().ok_or(PrimitiveError::NotFound)?;
            a.store(2, value.as_bytes(), memory)
        }
        op::list => {
            let names = std::env::vars_os().map(|(name, _)| name).filter(|name| granted(name));
            let list: Vec<u8> = names.flat_map(|name| [name.as_bytes(), &[0]].concat()).collect();
            a.store(0, &list, memory)
        }
        _ => Err(PrimitiveError::Unsupported),
    }
}
