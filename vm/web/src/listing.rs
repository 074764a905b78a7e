//! The plugins of a VM, for people to look at.

use osvm_core::plugin::PluginHost;
use osvm_host::PluginOptions;
use osvm_host::check::check;
use osvm_host::config::{Config, PluginConfig, Source};
use serde_json::{Value, json};

/// What a configuration says of each plugin, what the plugin says of itself, and whether the VM has loaded it.
pub fn plugins(config: &Config, host: &dyn PluginHost) -> Value {
    let loaded: Vec<String> = (1..).map_while(|index| host.loaded_module(index)).collect();
    config.plugins.iter().map(|(name, plugin)| object(name, plugin, loaded.contains(name))).collect()
}

fn object(name: &str, plugin: &PluginConfig, is_loaded: bool) -> Value {
    let (form, file) = match &plugin.source {
        Source::Wasm(path) => ("wasm", Some(path)),
        Source::Native(path) => ("native", Some(path)),
        Source::Builtin => ("builtin", None),
    };
    let mut object = json!({
        "name": name,
        "form": form,
        "file": file,
        "enabled": plugin.enabled,
        "grants": plugin.grants.lines(),
    });
    if !plugin.enabled {
        object["state"] = "disabled".into();
        return object;
    }
    match check(name, plugin, &PluginOptions::default()) {
        Ok(description) => {
            let signatures = description.primitives.iter();
            object["state"] = if is_loaded { "loaded" } else { "unloaded" }.into();
            object["version"] = description.version.into();
            object["primitives"] = signatures.map(|p| json!({ "name": p.name, "signature": p.signature.to_string() })).collect();
        }
        Err(refusal) => {
            object["state"] = "refused".into();
            object["refusal"] = refusal.to_string().into();
        }
    }
    object
}
