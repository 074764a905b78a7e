//! What a plugin of osvm is written against.

#![deny(unsafe_code)]

pub mod classic;
mod context;
#[doc(hidden)]
#[allow(unsafe_code)]
pub mod glue;
#[allow(unsafe_code)]
mod host;
pub mod interfaces;
mod object;
mod resource;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod words;

pub use context::Context;
pub use object::{Object, Shape};
pub use osvm_plugin_abi as abi;
pub use osvm_plugin_abi::native::PluginTable;
pub use osvm_plugin_abi::{OsError, PrimitiveError};
pub use osvm_plugin_macros::{hook, plugin, primitive};
pub use resource::{Closing, New, Resource, ResourceId};
pub use words::{Nil, Symbol};

/// What the source of a plugin usually needs.
pub mod prelude {
    pub use crate::{
        Closing, Context, New, Nil, Object, OsError, PrimitiveError, Resource, ResourceId, Shape, Symbol, hook, plugin, primitive,
    };
}
