//! The plugin boundary of osvm, as both of its sides read it: types and signatures, how values cross, how a primitive fails,
//! what a plugin says of itself, and what a host offers. `docs/plugin-abi.md` is the specification.
//!
//! The host, the plugin SDK, its macros and the tools share this crate, so that each fact is written once.

#![deny(unsafe_code)]

mod description;
mod failure;
pub mod interfaces;
mod lower;
pub mod native;
mod parse;
mod section;
mod signature;
mod version;

pub use description::{Description, DescriptionError, Hook, Import, MAX_DESCRIPTION, PrimitiveDescription};
pub use failure::{OsError, PrimitiveError, decode, encode};
pub use lower::{ARGUMENT_SLOTS, RESULT_SLOTS, Slot, WasmType};
pub use parse::SignatureError;
pub use section::{SectionError, description_section};
pub use signature::{Param, ResultType, Signature, Type, TypeRef};
pub use version::{ABI, Version};

/// The custom section of a wasm module that holds its [`Description`].
pub const SECTION: &str = "osvm.plugin";

/// What a wasm plugin exports besides its primitives and hooks.
pub mod exports {
    /// Its memory.
    pub const MEMORY: &str = "memory";
    /// An immutable global of type i32: where in its memory the results of a call are, [`crate::RESULT_SLOTS`] slots of 8 bytes.
    pub const RESULTS: &str = "osvm_results";
    /// `(len: i32) -> i32`: the address of at least `len` bytes, a multiple of 8, for the arguments of the next calls. What an
    /// earlier call of it answered is no longer used. 0 where there is no such room.
    pub const ARENA: &str = "osvm_arena";
}

/// What a primitive or hook answers, `status`: values are in the result slots.
pub const STATUS_VALUES: i32 = 0;
/// What a primitive answers for nil, where its result is optional.
pub const STATUS_NIL: i32 = 1;
