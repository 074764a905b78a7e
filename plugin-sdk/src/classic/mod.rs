//! The interface that the plugins of this repository were first written against: a function takes a [`Call`] and looks its arguments up.

mod call;
mod objects;
mod plugin;
mod slab;
pub mod testing;
mod world;

pub use call::{Arg, Call, Outcome, Value};
pub use objects::{Object, Objects, Shape};
pub use osvm_plugin_abi::{OsError, PrimitiveError};
pub use plugin::{Module, Plugin, Primitive, State};
pub use slab::Slab;
pub use world::{Console, Create, FileId, FileKind, Files, Level, Metadata, Open, Seek, World};
