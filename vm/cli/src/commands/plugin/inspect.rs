//! `osvm plugin inspect`: what a plugin's file says of itself.

use super::file::PluginFile;
use crate::args::InspectPluginArgs;
use crate::failure::Failure;
use serde_json::json;

/// Prints it, as text or as JSON.
pub fn run(args: &InspectPluginArgs) -> Result<i32, Failure> {
    let plugin = PluginFile::read(&args.file)?;
    if args.json {
        print_json(&plugin);
    } else {
        print_text(&plugin);
    }
    Ok(0)
}

fn print_json(plugin: &PluginFile) {
    let description = &plugin.description;
    let value = json!({
        "file": plugin.path.to_string_lossy(),
        "form": "wasm",
        "bytes": plugin.size,
        "boundary": description.abi.to_string(),
        "module": description.module,
        "version": description.version,
        "imports": description.imports.iter().map(|import| {
            json!({ "interface": import.interface, "version": import.version.to_string() })
        }).collect::<Vec<_>>(),
        "hooks": description.hooks.iter().map(|hook| hook.name()).collect::<Vec<_>>(),
        "primitives": description.primitives.iter().map(|primitive| {
            json!({ "name": primitive.name, "signature": primitive.signature.to_string() })
        }).collect::<Vec<_>>(),
    });
    println!("{value:#}");
}

fn print_text(plugin: &PluginFile) {
    let description = &plugin.description;
    println!("{}", plugin.path.display());
    println!("  module     {} {}", description.module, description.version);
    println!("  form       a wasm module of {} bytes, for version {} of the boundary", plugin.size, description.abi);
    let imports = description.imports.iter().map(|import| format!("{} {}", import.interface, import.version));
    println!("  imports    {}", listed(imports));
    println!("  hooks      {}", listed(description.hooks.iter().map(|hook| hook.name().to_string())));
    println!("  primitives {}", description.primitives.len());
    let width = description.primitives.iter().map(|primitive| primitive.name.chars().count()).max().unwrap_or(0);
    for primitive in &description.primitives {
        println!("    {:width$} {}", primitive.name, primitive.signature);
    }
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
