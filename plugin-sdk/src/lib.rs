//! What a plugin of osvm is written against: primitives with typed signatures, the objects of the call, and the world.
//!
//! A plugin is a [`Module`]: a name, a state, and a table of [`Primitive`]s. Each has a signature, and the host checks and
//! converts every argument by it before the plugin's code runs:
//!
//! ```
//! use osvm_plugin_sdk::{Call, Module, Outcome, Plugin, Primitive, Value};
//!
//! fn count(_state: &mut (), call: &mut Call<'_>) -> Outcome {
//!     let wanted = call.int(1)?;
//!     let found = call.bytes(0)?.iter().filter(|&&byte| i64::from(byte) == wanted).count();
//!     Ok(Value::Int(found as i64))
//! }
//!
//! const PRIMITIVES: &[Primitive<()>] = &[Primitive::new("primitiveCountByte", "(bytes: bytes, byte: int) -> int", count)];
//!
//! pub fn plugin() -> Box<dyn Plugin> {
//!     Box::new(Module::new("CountPlugin", PRIMITIVES, ()))
//! }
//! # assert_eq!(plugin().name(), "CountPlugin");
//! ```
//!
//! Plugins depend on this crate and not on the VM: what they see of an object is a handle that is good for the call.

#![forbid(unsafe_code)]

mod call;
mod objects;
mod plugin;
mod slab;
pub mod testing;
mod world;

pub use call::{Arg, Call, Outcome, Value};
pub use objects::{Object, Objects, Shape};
pub use osvm_plugin_abi as abi;
pub use osvm_plugin_abi::{OsError, PrimitiveError};
pub use plugin::{Module, Plugin, Primitive, State};
pub use slab::Slab;
pub use world::{Console, Create, FileId, FileKind, Files, Level, Metadata, Open, Seek, World};
