//! Tests of the interpreter: small images that are built here, and code of both bytecode sets that runs in them.

mod bytecodes;
mod closures;
mod contexts;
mod driven;
mod errors;
mod held;
mod native;
mod performing;
mod processes;
mod random;
mod returns;
mod sends;
mod stores;
mod trying;

use crate::testing::{Asm, Literal, Machine, for_all, for_sista, string, symbol};
