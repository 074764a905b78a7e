//! Builds plugins: the same crate as a wasm module, as a native library, and checked as a part of `osvm`. `cargo xtask` calls this for
//! the workspace's own plugins.
//!
//! A plugin is a package with
//!
//! ```toml
//! [package.metadata.osvm]
//! plugin = true
//!
//! [features]
//! export = []   # emits the symbols by which a host finds the plugin
//! ```
//!
//! and an ordinary library target. It is built by
//!
//! ```no_run
//! use osvm_plugin_build::{Setup, WasmToolchain, Workspace, place, wasm};
//! # fn main() -> Result<(), osvm_plugin_build::BuildError> {
//! let workspace = Workspace::read("my-plugin".as_ref())?;
//! let toolchain = WasmToolchain::find(&workspace.target, Setup::Install, &mut |done| eprintln!("{done}"))?;
//! for plugin in &workspace.plugins {
//!     let built = wasm(&workspace, plugin, &toolchain)?;
//!     place(&built.file, &workspace.target.join("plugins").join(plugin.wasm_name()))?;
//! }
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod command;
mod debian;
mod error;
mod forms;
mod place;
mod toolchain;
mod workspace;

pub use command::cargo;
pub use debian::DebianToolchain;
pub use error::{Attempt, BuildError};
pub use forms::{Built, builtin, native, wasm, wasm_module};
pub use place::place;
pub use toolchain::{CHOICE, Setup, WASM_TARGET, WasmToolchain};
pub use workspace::{Plugin, Workspace};
