//! The interpreter: frames, sends, control primitives, processes.

mod closures;
mod code;
mod control;
mod debug;
mod fields;
mod frames;
mod layout;
mod lookup;
mod process;
mod returns;
mod run;
mod send;
mod stack;
mod start;
#[cfg(test)]
mod tests;
mod trace;
mod translate;

pub(crate) use control::{CONTROL_PRIMITIVES, MILLISECOND_MASK};
pub(crate) use lookup::{CodeCache, MethodCache};
pub(crate) use stack::StackZone;
