//! The interface `environment`.

use super::arguments::Arguments;
use super::security::Right;
use super::{Answer, Memory, Open, Shared};
use crate::config::Names;
use crate::world;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::environment as op;

pub(super) fn answer(function: u32, a: Arguments<'_>, memory: &mut dyn Memory, open: &Open, shared: &Shared) -> Answer {
    let given_up = !shared.rights.has(Right::Environment);
    let granted = |name: &[u8]| match &open.environment {
        _ if given_up => false,
        Names::All => true,
        Names::Only(names) => names.iter().any(|granted| granted.as_bytes() == name),
    };
    match function {
        op::get => {
            let name = a.data(0, memory)?;
            let value = granted(name).then(|| world::variable(name)).flatten().ok_or(PrimitiveError::NotFound)?;
            a.store(2, &value, memory)
        }
        op::list => {
            let names = world::variable_names().into_iter().filter(|name| granted(name));
            let list: Vec<u8> = names.flat_map(|name| [&name[..], &[0]].concat()).collect();
            a.store(0, &list, memory)
        }
        _ => Err(PrimitiveError::Unsupported),
    }
}
