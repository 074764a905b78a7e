//! `osvm plugin add`: writes a plugin's block into a configuration.

use super::file::PluginFile;
use crate::args::AddPluginArgs;
use crate::failure::Failure;
use osvm_host::config::{Config, Places};
use osvm_plugin_sdk::abi::Import;
use osvm_plugin_sdk::abi::interfaces::Interface;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Adds the block, and says what it grants.
pub fn run(args: &AddPluginArgs) -> Result<i32, Failure> {
    let plugin = PluginFile::read(&args.file)?;
    let unknown = plugin
        .description
        .imports
        .iter()
        .find(|import| Interface::named(&import.interface).is_none_or(|interface| !interface.version.serves(import.version)));
    if let Some(Import { interface, version }) = unknown {
        let why = format!("it uses the interface `{interface}` {version}, which this osvm does not have: use a newer osvm");
        return Err(Failure::bad_input(args.file.display(), why));
    }
    let file = &args.config;
    let unusable = |error: std::io::Error| Failure::bad_input(file.display(), error);
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(unusable)?,
    };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let source = plugin.source(folder)?;
    let added = Config::add(&text, file, &plugin.description, &source, &Places::of_process()).map_err(Failure::config)?;
    osvm_host::replace_file(file, &mut |to| to.write_all(added.text.as_bytes())).map_err(unusable)?;
    let module = &plugin.description.module;
    println!("{}: {module} was added, with {} signatures", file.display(), plugin.description.primitives.len());
    if !added.granted.is_empty() {
        println!("It may use {}.", added.granted.join(", "));
    }
    if added.in_default {
        println!(
            "The built-in default has a {module} too: what it grants holds for this one, where the file does not say otherwise."
        );
    }
    if !added.open.is_empty() {
        println!(
            "It also uses {}, and is not loaded until you grant that: the file has a comment in the place.",
            added.open.join(", ")
        );
    }
    Ok(0)
}
