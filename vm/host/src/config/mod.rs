//! What a configuration says, as values: which plugins a VM has, where they are from, and what each may touch.
//!
//! `vm.toml` is read to these; `osvm_host::plugins` acts on them. docs/configuration.md is the page for users.

mod add;
#[cfg(not(target_family = "wasm"))]
mod find;
mod keys;
mod near;
mod places;
mod print;
mod problem;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod units;
mod values;

pub use add::Added;
#[cfg(not(target_family = "wasm"))]
pub use find::Search;
pub(crate) use places::clean;
pub use places::{Places, companion};
pub use print::key;
pub use problem::{ConfigError, Problem};
pub use read::DEFAULT;
pub use schema::{markdown, schema};
pub use units::{format_duration, format_size};

use osvm_plugin_sdk::abi::Signature;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A whole configuration.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Config {
    /// Where it was read; `None` for the one that is built in.
    pub path: Option<PathBuf>,
    /// The image to run, if none is named.
    pub image: Option<PathBuf>,
    /// The most bytes that the image's objects may take.
    pub max_heap: Option<u64>,
    /// The plugins, by module name.
    pub plugins: BTreeMap<String, PluginConfig>,
}

impl Config {
    /// The files of the plugins that are enabled, to be fetched where the VM cannot read files itself.
    pub fn plugin_files(&self) -> impl Iterator<Item = &Path> {
        self.plugins.values().filter(|plugin| plugin.enabled).filter_map(|plugin| match &plugin.source {
            Source::Wasm(path) | Source::Native(path) => Some(path.as_path()),
            Source::Builtin => None,
        })
    }
}

/// What is said of one plugin.
#[derive(Clone, PartialEq, Debug)]
pub struct PluginConfig {
    /// A disabled plugin is as if it were missing, and the log says so.
    pub enabled: bool,
    /// Where its code is.
    pub source: Source,
    /// What it may touch.
    pub grants: Grants,
    /// How much it may use.
    pub limits: Limits,
    /// What its interface `settings` answers.
    pub settings: BTreeMap<String, String>,
    /// The signatures that the configuration relies on, by the primitive's name.
    pub exports: BTreeMap<String, Signature>,
}

impl PluginConfig {
    /// A plugin that is enabled, with nothing granted and the usual limits.
    pub fn new(source: Source) -> PluginConfig {
        PluginConfig {
            enabled: true,
            source,
            grants: Grants::default(),
            limits: Limits::default(),
            settings: BTreeMap::new(),
            exports: BTreeMap::new(),
        }
    }
}

/// Where a plugin's code is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// A wasm module.
    Wasm(PathBuf),
    /// A native library.
    Native(PathBuf),
    /// Linked in.
    Builtin,
}

/// What a plugin may touch. By default nothing of the outside world; `objects` and `settings` need no grant.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Grants {
    /// Directories; a path belongs to the grants whose `guest` it begins with, and those with the longest are tried first.
    pub files: Vec<FileGrant>,
    /// Standard input, output and error, and descriptors, by the interface `files`.
    pub stdio: bool,
    /// The interface `clock`.
    pub clock: bool,
    /// The interface `random`.
    pub random: bool,
    /// The interface `log`.
    pub log: bool,
    /// The interface `console`.
    pub console: bool,
    /// The interface `semaphores`.
    pub semaphores: bool,
    /// The interface `timers`.
    pub timers: bool,
    /// Environment variables, by the interface `environment`.
    pub environment: Names,
    /// The interface `security`.
    pub security: bool,
    /// Hosts to connect to, each `name` or `name:port`, by the interface `net`.
    pub net: Names,
}

impl Grants {
    /// All that can be granted, but no folder.
    pub fn all() -> Grants {
        Grants {
            files: Vec::new(),
            stdio: true,
            clock: true,
            random: true,
            log: true,
            console: true,
            semaphores: true,
            timers: true,
            environment: Names::All,
            security: true,
            net: Names::All,
        }
    }

    /// What is granted, an item each, for people: `clock`, `files /data to read`.
    pub fn lines(&self) -> Vec<String> {
        print::grants(self)
    }

    /// True if the interface of this name was granted, at least in part.
    pub fn has(&self, interface: &str) -> bool {
        match interface {
            "objects" | "settings" => true,
            "files" => self.stdio || !self.files.is_empty(),
            "clock" => self.clock,
            "random" => self.random,
            "log" => self.log,
            "console" => self.console,
            "semaphores" => self.semaphores,
            "timers" => self.timers,
            "environment" => self.environment != Names::default(),
            "security" => self.security,
            "net" => self.net != Names::default(),
            _ => false,
        }
    }
}

/// Some names, or all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Names {
    /// Every name.
    All,
    /// These.
    Only(Vec<String>),
}

impl Default for Names {
    fn default() -> Names {
        Names::Only(Vec::new())
    }
}

/// A directory that a plugin may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileGrant {
    /// The directory.
    pub host: PathBuf,
    /// The absolute path by which the image knows it.
    pub guest: PathBuf,
    /// It may be changed too.
    pub write: bool,
}

/// How much a wasm plugin may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: u64,
    /// Elements of its tables.
    pub table: u32,
    /// Bytes of stack.
    pub stack: u64,
    /// The longest that one call may take.
    pub deadline: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { memory: 64 << 20, table: 10_000, stack: 512 << 10, deadline: Duration::from_secs(5) }
    }
}
