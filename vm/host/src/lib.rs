//! The world around `osvm-core`: the configuration, the plugins, and the interfaces that they are offered. On the desktop also memory from
//! the operating system, clocks, signals and the image file.
//!
//! The command line and the tests build a VM from what is here; `osvm-web` builds one in a browser. What differs there has a counterpart of the
//! same name and use in a folder `page`, chosen where the module is declared.

#![deny(unsafe_code)]

mod attributes;
pub mod config;
#[cfg(not(target_family = "wasm"))]
mod divert;
mod interfaces;
#[cfg(not(target_family = "wasm"))]
mod load;
#[cfg(not(target_family = "wasm"))]
mod machine;
#[cfg(not(target_family = "wasm"))]
mod mmap;
#[cfg(not(target_family = "wasm"))]
mod platform;
mod plugins;
#[cfg_attr(target_family = "wasm", path = "page/signals.rs")]
mod signals;
#[cfg(not(target_family = "wasm"))]
mod snapshot;
pub mod testing;
#[cfg_attr(target_family = "wasm", path = "page/world.rs")]
mod world;

pub use attributes::attribute;
#[cfg(not(target_family = "wasm"))]
pub use desktop::*;
pub use interfaces::{Right, Rights};
pub use plugins::{PluginOptions, Plugins, Refusal, Service, builtin_plugins, check, own_primitives};
pub use signals::{EventSender, Events};
#[cfg(target_family = "wasm")]
pub use world::{Instant, LocalTime, random, unix_micros};

/// What there is on the desktop alone.
#[cfg(not(target_family = "wasm"))]
mod desktop {
    pub use crate::divert::Diverted;
    pub use crate::load::{LoadError, load_image, load_image_bytes};
    pub use crate::machine::{Machine, MachineOptions, StartError};
    pub use crate::mmap::{ImageFile, MmapRegion};
    pub use crate::platform::{DesktopPlatform, PlatformOptions};
    pub use crate::signals::end_on_closed_pipes;
    pub use crate::snapshot::replace_file;
}
