//! The packages: classes with their variables, and sources of methods.

use osvm_compiler::semantics::{Binding, Environment, VariableId};
use osvm_compiler::syntax::{Dialect, parse_method};
use osvm_compiler::tonel::{self, Definition, Kind};
use std::cell::RefCell;
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

    /// Whether a class is another, or inherits from it.
    fn inherits(&self, class: &str, other: &str) -> bool {
        class == other || self.classes.get(class).is_some_and(|definition| self.inherits(definition.name("superclass"), other))
    }

    /// Names of the fields of the instances of a class, or of the class itself.
    fn fields(&self, class: &str, class_side: bool) -> Vec<String> {
        let Some(definition) = self.classes.get(class) else { return Vec::new() };
        let superclass = definition.name("superclass");
        let mut fields = match (superclass, class_side) {
            ("" | "nil", true) => self.fields("Class", false),
            (superclass, _) => self.fields(superclass, class_side),
        };
        let key = if class_side { "classInstVars" } else { "instVars" };
        // A slot of another class than the usual one is written as an expression.
        fields.extend(
            definition
                .names(key)
                .into_iter()
                .map(|name| name.split([' ', '=']).next().unwrap_or(name).trim_start_matches('#').to_string()),
        );
        fields
    }
}

/// A class of the packages, for the compiler. Whatever is no field is a variable outside.
pub struct ClassEnvironment {
    fields: Vec<String>,
    is_context: bool,
    names: RefCell<Vec<String>>,
}

impl ClassEnvironment {
    pub fn new(sources: &Sources, class: &str, class_side: bool) -> ClassEnvironment {
        ClassEnvironment {
            fields: sources.fields(class, class_side),
            is_context: !class_side && sources.inherits(class, "Context"),
            names: RefCell::default(),
        }
    }

    /// The name of a variable outside.
    pub fn name(&self, id: VariableId) -> String {
        self.names.borrow()[id.0 as usize].clone()
    }
}

impl Environment for ClassEnvironment {
    fn has_context_fields(&self) -> bool {
        self.is_context
    }

    fn lookup(&self, name: &str) -> Option<Binding> {
        if let Some(index) = self.fields.iter().position(|field| field == name) {
            return Some(Binding::Field(index as u16));
        }
        let mut names = self.names.borrow_mut();
        let index = names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_string());
            names.len() - 1
        });
        Some(Binding::Variable(VariableId(index as u32)))
    }
}
