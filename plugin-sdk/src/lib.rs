//! What a plugin of osvm is written against.

#![forbid(unsafe_code)]

pub mod classic;

pub use osvm_plugin_abi as abi;
pub use osvm_plugin_abi::{OsError, PrimitiveError};
