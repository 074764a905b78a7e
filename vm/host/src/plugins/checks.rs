//! What a plugin says of itself beside what the configuration says of it.

use super::refusal::Fault;
use crate::config::PluginConfig;
use osvm_plugin_sdk::abi::interfaces::{INTERFACES, Interface};
use osvm_plugin_sdk::abi::{Description, Import};

/// What to do with a plugin that somebody else has to mend.
pub(super) const REBUILD: &str = "build the plugin again with the osvm-plugin-sdk that goes with this osvm";

/// Reads a description.
pub(super) fn description(text: &[u8]) -> Result<Description, Fault> {
    Description::read(text).map_err(|error| {
        let fault = Fault::new(format!("its description cannot be read: {error}"), REBUILD);
        match std::str::from_utf8(text).ok().and_then(|text| text.lines().nth(error.line.checked_sub(1)?)) {
            Some(line) => fault.found(format!("`{line}`")),
            None => fault,
        }
    })
}

/// Compares a description with the configuration of the module `name`.
pub(super) fn configuration(name: &str, description: &Description, config: &PluginConfig) -> Result<(), Fault> {
    if description.module != name {
        return Err(Fault::new("it serves another module than the one that it is configured for", {
            format!("write it under [plugins.{}], or name the right file", description.module)
        })
        .found(&description.module)
        .expected(name));
    }
    description.imports.iter().try_for_each(|import| granted(name, import, config))?;
    config.exports.iter().try_for_each(|(primitive, signature)| {
        let differs = |found: String| {
            let help = format!("correct [plugins.{name}.exports] (`osvm plugin inspect` shows the signatures), or use the plugin that it was written for");
            Err(Fault::new("the configuration relies on a signature that the plugin does not have", help)
                .function(primitive)
                .found(found)
                .expected(signature.to_string()))
        };
        match description.find(primitive) {
            None => differs("no such primitive".into()),
            Some((_, found)) if found.signature != *signature => differs(found.signature.to_string()),
            Some(_) => Ok(()),
        }
    })
}

/// That an interface is there, in a version that serves, and granted.
fn granted(name: &str, import: &Import, config: &PluginConfig) -> Result<(), Fault> {
    let Import { interface, version } = import;
    let served = Interface::named(interface).ok_or_else(|| {
        let known: Vec<&str> = INTERFACES.iter().map(|i| i.name).collect();
        Fault::new(
            format!("it imports the interface `{interface}`, which this osvm does not have"),
            "use a newer osvm, or an older version of the plugin",
        )
        .found(format!("{interface} {version}"))
        .expected(format!("one of {}", known.join(", ")))
    })?;
    if !served.version.serves(*version) {
        let help = if *version > served.version { "osvm is the older side: use a newer osvm" } else { REBUILD };
        return Err(Fault::new(format!("it imports another version of the interface `{interface}`"), help)
            .found(format!("{interface} {version}"))
            .expected(format!("{interface} {}", served.version)));
    }
    if config.grants.has(interface) {
        return Ok(());
    }
    Err(Fault::new(
        format!("it imports the interface `{interface}`, which is not granted"),
        format!("if it may have it, write {} under [plugins.{name}]", line_that_grants(interface)),
    ))
}

/// The line of a configuration that grants an interface.
fn line_that_grants(interface: &str) -> String {
    match interface {
        "files" => "`grants.files = [{ host = \"...\", guest = \"/...\" }]`, or `grants.stdio = true`,".into(),
        "environment" => "`grants.environment = [\"NAME\"]`".into(),
        "net" => "`grants.net = [\"host:port\"]`".into(),
        other => format!("`grants.{other} = true`"),
    }
}
