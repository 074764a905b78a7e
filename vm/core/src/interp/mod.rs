//! The interpreter: frames, sends, control primitives, processes.

mod cache;
mod closures;
mod code;
mod collect;
mod contexts;
mod control;
mod debug;
mod driven;
mod fields;
mod frames;
mod fuse;
mod handles;
pub(crate) mod layout;
mod lookup;
#[cfg_attr(not(all(target_arch = "x86_64", unix)), path = "native/none.rs")]
mod native;
mod perform;
mod process;
mod registers;
mod returns;
mod run;
mod semaphores;
mod send;
mod stack;
mod start;
#[cfg(test)]
mod tests;
mod trace;
mod translate;

pub(crate) use cache::{CodeCache, MethodCache};
pub(crate) use control::{CONTROL_PRIMITIVES, MILLISECOND_MASK};
pub use driven::Frame;
pub use handles::Handle;
pub(crate) use handles::Handles;
pub(crate) use native::Native;
pub use native::Resident;
pub(crate) use stack::StackZone;
