//! The packages: sources of methods, by class and selector.

use osvm_compiler::syntax::{Dialect, parse_method};
use osvm_compiler::tonel::{self, Definition, Kind};
use std::collections::HashMap;
use std::path::Path;

/// Class, class side, selector.
type MethodKey = (String, bool, String);

/// What the packages define.
pub struct Sources {
    classes: HashMap<String, Definition>,
    methods: HashMap<MethodKey, Vec<String>>,
}

impl Sources {
    /// Reads all packages in a directory.
    pub fn read(directory: &str) -> Result<Sources, String> {
        let mut sources = Sources { classes: HashMap::new(), methods: HashMap::new() };
        sources.directory(Path::new(directory))?;
        Ok(sources)
    }

    fn directory(&mut self, directory: &Path) -> Result<(), String> {
        let entries = std::fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                self.directory(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "st") {
                self.file(&path)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<(), String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut definition = match tonel::read(&text) {
            Ok(definition) => definition,
            Err(error) => {
                eprint!("{}", error.render(&path.display().to_string(), &text));
                return Ok(());
            }
        };
        for method in definition.methods.drain(..) {
            let selector = parse_method(&method.source, Dialect::PHARO).method.selector.to_string();
            self.methods
                .entry((method.class_name, method.class_side, selector))
                .or_default()
                .push(method.source.replace('\n', "\r"));
        }
        if matches!(definition.kind, Kind::Class | Kind::Trait) {
            self.classes.insert(definition.name("name").to_string(), definition);
        }
        Ok(())
    }

    /// The sources that a method of a class may have: its own, or those of its traits.
    pub fn of(&self, class: &str, class_side: bool, selector: &str) -> Vec<&String> {
        let own = self.methods.get(&(class.to_string(), class_side, selector.to_string()));
        if let Some(own) = own {
            return own.iter().collect();
        }
        let traits = self.classes.get(class).map(|definition| definition.name("traits")).unwrap_or("");
        let names = traits.split(|c: char| !c.is_alphanumeric()).filter(|name| name.starts_with(char::is_uppercase));
        names.filter(|name| *name != class).flat_map(|name| self.of(name, class_side, selector)).collect()
    }
}
