//! osvm as a WebAssembly module.
//!
//! `js/osvm.mjs` instantiates it in a page's worker or in Node. Both sides talk through explicit imports (`world`) and exports
//! (`exports`) of plain numbers; text and bytes cross as an address and a length, and answers of more than a number as JSON.
//! A VM is a value behind a handle, and one module can hold several.

#![cfg(target_family = "wasm")]

mod exports;
mod figures;
mod listing;
mod log;
mod machine;
mod memory;
mod platform;
mod reply;
mod runner;
mod start;
mod world;
