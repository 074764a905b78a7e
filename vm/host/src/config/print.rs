//! A configuration as the text of a file that says the same by itself.

use super::units::{format_duration, format_size};
use super::{Config, FileGrant, Grants, Limits, Names, PluginConfig, Source};
use osvm_plugin_sdk::abi::Signature;
use std::fmt::{self, Write};
use std::path::Path;

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[vm]\ndefaults = false")?;
        if let Some(image) = &self.image {
            writeln!(f, "image = {}", path(image))?;
        }
        if let Some(bytes) = self.max_heap {
            writeln!(f, "max-heap = \"{}\"", format_size(bytes))?;
        }
        self.plugins.iter().try_for_each(|(name, plugin)| write!(f, "\n{}", block(name, plugin)))
    }
}

/// The block of a plugin, `[plugins.NAME]` and its keys.
fn block(name: &str, plugin: &PluginConfig) -> String {
    let mut lines = format!("[plugins.{}]\n", key(name));
    let mut line = |key: &str, value: &dyn fmt::Display| writeln!(lines, "{key} = {value}").expect("a string grows");
    if !plugin.enabled {
        line("enabled", &false);
    }
    match &plugin.source {
        Source::Wasm(file) => line("module", &path(file)),
        Source::Native(file) => line("native", &path(file)),
        Source::Builtin => line("builtin", &true),
    }
    let Grants { files, environment, net, .. } = &plugin.grants;
    if !files.is_empty() {
        let files: String = files.iter().map(file_grant).collect();
        line("grants.files", &format_args!("[\n{files}]"));
    }
    for (grant, given) in flags(&plugin.grants) {
        if given {
            line(&format!("grants.{grant}"), &true);
        }
    }
    for (grant, given) in [("environment", environment), ("net", net)] {
        if *given != Names::default() {
            line(&format!("grants.{grant}"), &names(given));
        }
    }
    let Limits { memory, table, stack, deadline } = &plugin.limits;
    if plugin.limits != Limits::default() {
        let (memory, stack, deadline) = (format_size(*memory), format_size(*stack), format_duration(*deadline));
        let limits = format_args!("{{ memory = \"{memory}\", table = {table}, stack = \"{stack}\", deadline = \"{deadline}\" }}");
        line("limits", &limits);
    }
    for (name, value) in &plugin.settings {
        line(&format!("settings.{}", key(name)), &text(&value.replace('$', "$$")));
    }
    lines + &exports(name, plugin.exports.iter().map(|(name, signature)| (name.as_str(), signature)))
}

/// The grants that are given or not.
fn flags(grants: &Grants) -> [(&'static str, bool); 8] {
    let Grants { files: _, stdio, clock, random, log, console, semaphores, timers, environment: _, security, net: _ } = grants;
    [
        ("stdio", *stdio),
        ("clock", *clock),
        ("random", *random),
        ("log", *log),
        ("console", *console),
        ("semaphores", *semaphores),
        ("timers", *timers),
        ("security", *security),
    ]
}

/// What is granted, an item each, as messages and lists show it.
pub(super) fn grants(grants: &Grants) -> Vec<String> {
    let Grants { files, environment, net, .. } = grants;
    let folder = |grant: &FileGrant| {
        let guest = if grant.guest == grant.host { String::new() } else { format!(" as {}", grant.guest.display()) };
        let write = if grant.write { " to write" } else { " to read" };
        format!("files {}{guest}{write}", grant.host.display())
    };
    let mut lines: Vec<String> = files.iter().map(folder).collect();
    for (name, given) in flags(grants) {
        if given {
            lines.push(name.into());
        }
    }
    for (name, given) in [("environment", environment), ("net", net)] {
        match given {
            Names::All => lines.push(name.into()),
            Names::Only(names) if names.is_empty() => {}
            Names::Only(names) => lines.push(format!("{name} {}", names.join(" "))),
        }
    }
    lines
}

/// The table of the signatures that are relied on; nothing, if there are none.
pub(super) fn exports<'a>(plugin: &str, signatures: impl Iterator<Item = (&'a str, &'a Signature)>) -> String {
    let lines: String = signatures.map(|(name, signature)| format!("{} = \"{signature}\"\n", key(name))).collect();
    if lines.is_empty() { lines } else { format!("\n[plugins.{}.exports]\n{lines}", key(plugin)) }
}

fn file_grant(grant: &FileGrant) -> String {
    format!("    {{ host = {}, guest = {}, write = {} }},\n", path(&grant.host), path(&grant.guest), grant.write)
}

fn names(names: &Names) -> String {
    match names {
        Names::All => "true".into(),
        Names::Only(names) => format!("[{}]", names.iter().map(|name| text(name)).collect::<Vec<_>>().join(", ")),
    }
}

/// A path as a string of TOML. What is not UTF-8 in it cannot be written, and is shown as U+FFFD.
pub(super) fn path(path: &Path) -> String {
    text(&path.to_string_lossy().replace('$', "$$"))
}

/// A string of TOML.
fn text(text: &str) -> String {
    toml::Value::String(text.into()).to_string()
}

/// A key of TOML, in quotes if it needs them.
pub fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.into() } else { text(name) }
}
