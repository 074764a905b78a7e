//! The virtual machine without its surroundings: image format, object memory, bytecodes, interpreter, numbered primitives.
//!
//! It opens no file, starts no thread and reads no clock; the world comes in through [`platform::Platform`] and
//! [`plugin::PluginHost`]. A VM is a value: two of them can run in one process.

pub mod bytecode;
pub mod error;
pub mod heap;
pub mod image;
pub(crate) mod interp;
pub mod object;
pub mod oop;
pub mod platform;
pub mod plugin;
pub mod primitives;
mod small_integer;
pub mod special;
pub mod testing;
mod trace_filter;
pub mod vm;

pub use trace_filter::TraceFilter;
