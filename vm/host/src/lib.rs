//! The desktop around `osvm-core`: memory from the operating system, clocks, signals, the image file, and the plugins.
//!
//! The command line and the tests build a VM from what is here; a browser has its own counterpart.

#![deny(unsafe_code)]

mod attributes;
pub mod config;
mod divert;
mod interfaces;
mod load;
mod local_time;
mod machine;
mod mmap;
mod platform;
mod plugins;
mod signals;
mod snapshot;
pub mod testing;

pub use divert::Diverted;
pub use load::{LoadError, load_image, load_image_bytes};
pub use machine::{Machine, MachineOptions, StartError};
pub use mmap::{ImageFile, MmapRegion};
pub use platform::{DesktopPlatform, PlatformOptions};
pub use plugins::{PluginOptions, Plugins, Refusal, Service, builtin_plugins, check, own_primitives};
pub use signals::{EventSender, Events, end_on_closed_pipes};
pub use snapshot::replace_file;
