//! Adds a plugin's block to the text of a configuration, which stays as it is otherwise.

use super::problem::{ConfigError, Problem};
use super::{Config, Grants, Places, Source, print};
use osvm_plugin_sdk::abi::Description;
use std::path::Path;
use toml::de::DeTable;

/// The interfaces that are granted by a list, with the line to begin with. Whoever adds the plugin has to say what is in it.
const BY_LIST: [(&str, &str); 3] = [
    ("files", "grants.files = [{ host = \".\", guest = \"/\", write = false }]"),
    ("environment", "grants.environment = [\"LANG\"]"),
    ("net", "grants.net = [\"localhost:8080\"]"),
];

/// A configuration with a plugin more.
#[derive(Debug)]
pub struct Added {
    /// The new text of the file.
    pub text: String,
    /// Interfaces that the block grants.
    pub granted: Vec<String>,
    /// Interfaces that the plugin uses and that somebody has to grant: the block has a comment for each.
    pub open: Vec<String>,
    /// The built-in default has a plugin of this name, and what it grants holds too.
    pub in_default: bool,
}

impl Config {
    /// Adds a block for the plugin of this description to the text of the file `path`. A file that has one already is left alone; so
    /// is one that is wrong.
    pub fn add(text: &str, path: &Path, plugin: &Description, source: &Source, places: &Places) -> Result<Added, ConfigError> {
        Config::parse(text, path, None, places)?;
        if let Some(span) = existing(text, &plugin.module) {
            let message = format!("there is already a block for {}", plugin.module);
            let help = "change it, or take it out before the plugin is added".to_string();
            return Err(ConfigError::Wrong(path.into(), vec![Problem::new(text, span, message, Some(help))]));
        }
        let known = Config::builtin(places).plugins.remove(&plugin.module);
        let grants = known.as_ref().map_or_else(Grants::default, |known| known.grants.clone());
        let (mut granted, mut open, mut lines) = (Vec::new(), Vec::new(), String::new());
        for interface in plugin.imports.iter().map(|import| import.interface.as_str()).filter(|name| !grants.has(name)) {
            match BY_LIST.iter().find(|(name, _)| *name == interface) {
                Some((_, example)) => {
                    lines += &format!("# It uses `{interface}`, so say what it may reach, for example:\n# {example}\n");
                    open.push(interface.to_string());
                }
                None => {
                    lines += &format!("grants.{interface} = true\n");
                    granted.push(interface.to_string());
                }
            }
        }
        let code = match source {
            Source::Wasm(file) => format!("module = {}\n", print::path(file)),
            Source::Native(file) => format!("native = {}\n", print::path(file)),
            Source::Builtin => "builtin = true\n".into(),
        };
        let exports = plugin.primitives.iter().map(|primitive| (primitive.name.as_str(), &primitive.signature));
        let space = if text.is_empty() || text.ends_with("\n\n") {
            ""
        } else if text.ends_with('\n') {
            "\n"
        } else {
            "\n\n"
        };
        let added = format!(
            "{text}{space}# {} {}\n[plugins.{}]\n{code}{lines}{}",
            plugin.module,
            plugin.version,
            print::key(&plugin.module),
            print::exports(&plugin.module, exports)
        );
        // Where the file has an inline table of plugins, for example, no block can follow.
        Config::parse(&added, path, None, places)?;
        Ok(Added { text: added, granted, open, in_default: known.is_some() })
    }
}

/// The place of a plugin's name in a text that can be read.
fn existing(text: &str, name: &str) -> Option<std::ops::Range<usize>> {
    let document = DeTable::parse(text).ok()?;
    let plugins = document.get_ref().get("plugins")?.get_ref().as_table()?;
    plugins.get_key_value(name).map(|(key, _)| key.span())
}

#[cfg(test)]
mod tests {
    use super::super::places::places_for_tests;
    use super::*;

    const DESCRIPTION: &str = "osvm-plugin 1.0\nmodule HelloPlugin 0.2.0\nimport log 1.0\nimport files 1.0\nimport objects 1.0\n\
        primitive primitiveGreet (name: text) -> text\nprimitive primitiveLog:level: (a: text) -> self\n";

    fn add(text: &str, description: &str) -> Result<Added, String> {
        let source = Source::Wasm("plugins/a$b.wasm".into());
        let places = places_for_tests();
        Config::add(text, Path::new("vm.toml"), &description.parse().unwrap(), &source, &places).map_err(|error| error.to_string())
    }

    #[test]
    fn a_block_follows_what_is_there() {
        let before = "# mine\n[plugins.FilePlugin]   # with a comment\nenabled = false";
        let added = add(before, DESCRIPTION).unwrap();
        assert_eq!(
            added.text,
            format!(
                "{before}\n\n# HelloPlugin 0.2.0\n[plugins.HelloPlugin]\nmodule = \"plugins/a$$b.wasm\"\ngrants.log = true\n\
                 # It uses `files`, so say what it may reach, for example:\n# grants.files = [{{ host = \".\", guest = \"/\", write = false }}]\n\n\
                 [plugins.HelloPlugin.exports]\nprimitiveGreet = \"(name: text) -> text\"\n\"primitiveLog:level:\" = \"(a: text) -> self\"\n"
            )
        );
        assert_eq!((added.granted, added.open, added.in_default), (vec!["log".to_string()], vec!["files".to_string()], false));
        let places = places_for_tests();
        let config = Config::parse(&added.text, Path::new("vm.toml"), None, &places).unwrap();
        assert_eq!(config.plugins["HelloPlugin"].source, Source::Wasm("/work/plugins/a$b.wasm".into()));
        assert_eq!(config.plugins["HelloPlugin"].exports.len(), 2);
        let again = add(&added.text, DESCRIPTION).unwrap_err();
        assert_eq!(
            again,
            "vm.toml:6:10: there is already a block for HelloPlugin\n    6 | [plugins.HelloPlugin]\n      |          ^^^^^^^^^^^\n      \
             = change it, or take it out before the plugin is added"
        );
    }

    #[test]
    fn what_the_default_grants_is_not_granted_again() {
        let added = add("", &DESCRIPTION.replace("HelloPlugin", "FilePlugin")).unwrap();
        assert!(added.in_default && added.open.is_empty() && added.text.starts_with("# FilePlugin 0.2.0\n"), "{added:?}");
    }

    #[test]
    fn what_cannot_be_added_to_is_left_alone() {
        assert!(add("[vm]\nimag = 1\n", DESCRIPTION).unwrap_err().contains("did you mean `image`?"));
        assert!(add("plugins = { X = { builtin = true } }\n", DESCRIPTION).unwrap_err().starts_with("vm.toml:"));
    }
}
