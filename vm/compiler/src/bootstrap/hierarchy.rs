//! From definitions to classes in the order of their superclasses, with all that is wrong with them.

use super::known::{KNOWN, Known, NIL_CLASS};
use super::shape::Kind;
use super::sources::{Problem, Sources};
use crate::diagnostic::{Diagnostic, near_names};
use crate::tonel::{self, Definition, Method, Value};
use std::collections::{HashMap, HashSet};

/// Places in the class table behind those of nil, false and true.
const FIRST_FREE_INDEX: u32 = NIL_CLASS + 3;
/// Named fields that a class can have: what its format has room for, and instructions reach.
const MAX_FIELDS: usize = 255;

/// A class in the making.
pub(super) struct ClassPlan {
    pub name: String,
    /// The file that defines it.
    pub file: usize,
    pub package: String,
    pub comment: String,
    pub superclass: Option<usize>,
    pub kind: Kind,
    /// Names of the fields of instances, and of the class itself behind those that every class has.
    pub own_fields: [Vec<String>; 2],
    /// Fields of instances with those that are inherited; of the class itself those that every class has are not among them.
    pub all_fields: [Vec<String>; 2],
    pub class_variables: Vec<String>,
    pub pools: Vec<String>,
    /// Class indices of the class and of its metaclass.
    pub indices: [u32; 2],
    /// Methods of the instance side and of the class side, each with its file.
    pub methods: [Vec<(usize, Method)>; 2],
}

/// All classes, each behind its superclass.
pub(super) struct Hierarchy {
    pub classes: Vec<ClassPlan>,
    pub by_name: HashMap<String, usize>,
}

impl Hierarchy {
    /// Puts definitions in order. Nothing but problems is of use if there are any.
    pub fn build(sources: &Sources, definitions: Vec<(usize, Definition)>, problems: &mut Vec<Problem>) -> Hierarchy {
        let (classes, others): (Vec<_>, Vec<_>) =
            definitions.into_iter().partition(|(_, definition)| definition.kind == tonel::Kind::Class);
        let mut builder = Builder { sources, problems, hierarchy: Hierarchy { classes: Vec::new(), by_name: HashMap::new() } };
        builder.add_classes(classes);
        builder.number();
        builder.check_known();
        for (file, definition) in others {
            builder.extend(file, definition);
        }
        builder.check_pools();
        builder.hierarchy
    }

    /// The class of this name.
    pub fn class(&self, name: &str) -> Option<&ClassPlan> {
        self.by_name.get(name).map(|&index| &self.classes[index])
    }
}

struct Builder<'a> {
    sources: &'a Sources,
    problems: &'a mut Vec<Problem>,
    hierarchy: Hierarchy,
}

impl Builder<'_> {
    /// Something is wrong with a property of a file.
    fn wrong(&mut self, file: usize, key: &str, value: &str, message: String) {
        let diagnostic = Diagnostic::error(self.sources.span_of(file, key, value), message);
        self.problems.push(Problem { file: Some(file), diagnostic });
    }

    fn wrong_with_names<'n>(&mut self, file: usize, key: &str, value: &str, message: String, names: impl Iterator<Item = &'n str>) {
        let mut diagnostic = Diagnostic::error(self.sources.span_of(file, key, value), message);
        if let Some(near) = near_names(value, names).first() {
            diagnostic = diagnostic.help(format!("did you mean {near}?"));
        }
        self.problems.push(Problem { file: Some(file), diagnostic });
    }

    fn add_classes(&mut self, definitions: Vec<(usize, Definition)>) {
        let mut waiting: HashMap<String, Vec<(usize, Definition)>> = HashMap::new();
        let mut files: HashMap<String, usize> = HashMap::new();
        for (file, definition) in definitions {
            let name = definition.name("name").to_string();
            if name.is_empty() {
                self.wrong(file, "name", "", "this class has no #name".into());
            } else if let Some(&first) = files.get(&name) {
                let other = &self.sources.files[first].name;
                self.wrong(file, "name", &name, format!("{name} is defined already, in {other}"));
            } else {
                files.insert(name, file);
                let superclass = definition.name("superclass");
                let superclass = if superclass == "nil" { "" } else { superclass };
                waiting.entry(superclass.to_string()).or_default().push((file, definition));
            }
        }
        let mut next = vec![(None, String::new())];
        while let Some((superclass, name)) = next.pop() {
            let subclasses = waiting.remove(&name).unwrap_or_default();
            let first = self.hierarchy.classes.len();
            for (file, definition) in subclasses {
                self.add_class(superclass, file, definition);
            }
            for index in (first..self.hierarchy.classes.len()).rev() {
                next.push((Some(index), self.hierarchy.classes[index].name.clone()));
            }
        }
        self.report_unreached(waiting, &files);
    }

    /// Classes whose superclasses lead to no root: some superclass is not there, or they form a loop.
    fn report_unreached(&mut self, waiting: HashMap<String, Vec<(usize, Definition)>>, files: &HashMap<String, usize>) {
        let mut left: Vec<(usize, Definition)> = waiting.into_values().flatten().collect();
        left.sort_by_key(|&(file, _)| file);
        let superclasses: HashMap<&str, &str> =
            left.iter().map(|(_, definition)| (definition.name("name"), definition.name("superclass"))).collect();
        for (file, definition) in &left {
            let (name, superclass) = (definition.name("name"), definition.name("superclass"));
            if !files.contains_key(superclass) {
                let message = format!("there is no class {superclass}, the superclass of {name}");
                self.wrong_with_names(*file, "superclass", superclass, message, files.keys().map(String::as_str));
            } else if is_in_loop(name, &superclasses) {
                self.wrong(*file, "superclass", superclass, format!("{name} is among its own superclasses"));
            }
        }
    }

    fn add_class(&mut self, superclass: Option<usize>, file: usize, definition: Definition) {
        let name = definition.name("name").to_string();
        let parent = superclass.map(|index| &self.hierarchy.classes[index]);
        let inherited = parent.map_or([Vec::new(), Vec::new()], |parent| parent.all_fields.clone());
        let inherited_kind = parent.map_or(Kind::Fixed, |parent| parent.kind);
        let kind = self.kind_of(file, &definition).unwrap_or(inherited_kind);
        let mut plan = ClassPlan {
            file,
            package: ["category", "package"].map(|key| definition.name(key)).concat(),
            comment: definition.comment.trim().to_string(),
            superclass,
            kind,
            own_fields: ["instVars", "classInstVars"].map(|key| self.names(file, &definition, key)),
            all_fields: inherited,
            class_variables: self.names(file, &definition, "classVars"),
            pools: ["pools", "sharedPools"].map(|key| self.names(file, &definition, key)).concat(),
            indices: [0; 2],
            methods: Default::default(),
            name,
        };
        for (side, key) in ["instVars", "classInstVars"].into_iter().enumerate() {
            for field in &plan.own_fields[side] {
                if plan.all_fields[side].contains(field) {
                    self.wrong(file, key, field, format!("{} has a field {field} already", plan.name));
                }
                plan.all_fields[side].push(field.clone());
            }
        }
        if !kind.has_fields() && !plan.all_fields[0].is_empty() {
            let message = format!("instances of {} have bits and no fields, as its #type is {}", plan.name, kind.name());
            self.wrong(file, "instVars", &plan.all_fields[0][0], message);
        } else if plan.all_fields[0].len() > MAX_FIELDS {
            self.wrong(file, "instVars", "", format!("{} has more than {MAX_FIELDS} fields", plan.name));
        }
        self.hierarchy.by_name.insert(plan.name.clone(), self.hierarchy.classes.len());
        self.hierarchy.classes.push(plan);
        self.add_methods(file, definition.methods);
    }

    fn names(&mut self, file: usize, definition: &Definition, key: &str) -> Vec<String> {
        let names = definition.names(key).unwrap_or_else(|message| {
            self.wrong(file, key, "", message);
            Vec::new()
        });
        names.into_iter().map(String::from).collect()
    }

    fn kind_of(&mut self, file: usize, definition: &Definition) -> Option<Kind> {
        let name = definition.property("type").and_then(Value::as_text)?;
        let kind = Kind::named(name);
        if kind.is_none() {
            self.wrong(file, "type", name, format!("{name} is no type of instances: {}", Kind::NAMES));
        }
        kind
    }

    fn extend(&mut self, file: usize, definition: Definition) {
        let name = definition.name("name");
        if definition.kind == tonel::Kind::Trait {
            return self.wrong(file, "name", name, format!("{name} is a trait, and an image that is made from source has none"));
        }
        if self.hierarchy.class(name).is_none() {
            let names: Vec<String> = self.hierarchy.by_name.keys().cloned().collect();
            let message = format!("there is no class {name} that could be extended");
            return self.wrong_with_names(file, "name", name, message, names.iter().map(String::as_str));
        }
        self.add_methods(file, definition.methods);
    }

    fn add_methods(&mut self, file: usize, methods: Vec<Method>) {
        for method in methods {
            match self.hierarchy.by_name.get(&method.class_name) {
                Some(&index) => {
                    self.hierarchy.classes[index].methods[usize::from(method.class_side)].push((file, method));
                }
                None => {
                    let message = format!("this method is of a class {}, which is not here", method.class_name);
                    self.problems.push(Problem { file: Some(file), diagnostic: Diagnostic::error(method.span, message) });
                }
            }
        }
    }

    /// Gives each class, and then each metaclass, an index of the class table.
    fn number(&mut self) {
        let mut free = FIRST_FREE_INDEX;
        let fixed: HashMap<&str, u32> =
            KNOWN.iter().filter(|known| known.index != 0).map(|known| (known.name, known.index)).collect();
        for plan in &mut self.hierarchy.classes {
            let mut next = || {
                free += 1;
                free - 1
            };
            plan.indices = [fixed.get(plan.name.as_str()).copied().unwrap_or_else(&mut next), next()];
        }
    }

    fn check_known(&mut self) {
        for known in KNOWN {
            let message = match self.hierarchy.class(known.name) {
                None => Some((None, missing(known))),
                Some(class) => misfit(known, class).map(|message| (Some(class.file), message)),
            };
            match message {
                Some((Some(file), message)) => self.wrong(file, "name", known.name, message),
                Some((None, message)) => {
                    let diagnostic = Diagnostic::error(Default::default(), message);
                    self.problems.push(Problem { file: None, diagnostic });
                }
                None => {}
            }
        }
    }

    /// Pools are classes.
    fn check_pools(&mut self) {
        let missing = |plan: &ClassPlan| {
            let pools = plan.pools.iter().filter(|pool| !self.hierarchy.by_name.contains_key(*pool));
            pools.map(|pool| (plan.file, pool.clone(), plan.name.clone())).collect::<Vec<_>>()
        };
        let missing: Vec<_> = self.hierarchy.classes.iter().flat_map(missing).collect();
        for (file, pool, name) in missing {
            self.wrong(file, "pools", &pool, format!("there is no class {pool} whose variables {name} could share"));
        }
    }
}

fn is_in_loop(name: &str, superclasses: &HashMap<&str, &str>) -> bool {
    let mut seen = HashSet::new();
    let mut next = superclasses.get(name).copied();
    while let Some(superclass) = next.filter(|superclass| seen.insert(*superclass)) {
        if superclass == name {
            return true;
        }
        next = superclasses.get(superclass).copied();
    }
    false
}

fn missing(known: &Known) -> String {
    let fields = if known.fields.is_empty() { String::new() } else { format!(" with the fields {}", known.fields.join(", ")) };
    format!("the sources define no class {}, which a VM needs: of type {}{fields}", known.name, known.kind.name())
}

/// What a VM would not find where it looks.
fn misfit(known: &Known, class: &ClassPlan) -> Option<String> {
    if class.kind != known.kind {
        return Some(format!(
            "a VM needs {} to be of type {}, and it is of type {}",
            known.name,
            known.kind.name(),
            class.kind.name()
        ));
    }
    let fits =
        known.fields.len() <= class.all_fields[0].len() && known.fields.iter().zip(&class.all_fields[0]).all(|(a, b)| a == b);
    (!fits).then(|| format!("a VM needs the first fields of {} to be {}", known.name, known.fields.join(", ")))
}
