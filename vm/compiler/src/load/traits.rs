//! Traits, for images that have none: their methods and variables become those of the classes that use them.
//!
//! Source of the rules: `TaSequence`, `TaRemoveMethod` and `TaAliasMethod` of Pharo 8. A class's own method goes before a trait's; two
//! different ones from two traits are a conflict; a method that only says that it is required gives way to any other, also to an
//! inherited one.

use super::plan::{PlannedMethod, chain, wrong};
use super::report::Report;
use crate::packages::{ClassDefinition, MethodDefinition, Packages, TraitUse};
use crate::world::World;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use std::collections::{HashMap, HashSet};

/// Traits in traits deeper than this are a loop.
const MAX_DEPTH: usize = 64;

/// A method that says that whoever uses the trait must have it.
const REQUIRED: &str = "self explicitRequirement";

/// The traits of some packages.
pub(super) struct Traits<'p> {
    definitions: HashMap<&'p str, &'p ClassDefinition>,
    methods: HashMap<(&'p str, bool), Vec<(String, &'p MethodDefinition)>>,
}

/// Methods of a composition by their selectors.
type Composed<'p> = Vec<(String, &'p MethodDefinition)>;

fn is_required(method: &MethodDefinition) -> bool {
    method.source.text.contains(REQUIRED)
}

impl<'p> Traits<'p> {
    pub fn new(packages: &'p Packages, methods: &[PlannedMethod<'p>]) -> Traits<'p> {
        let definitions: HashMap<&str, &ClassDefinition> =
            packages.classes.iter().filter(|class| class.is_trait).map(|class| (class.name.as_str(), class)).collect();
        let mut by_trait: HashMap<(&str, bool), Vec<_>> = HashMap::new();
        for method in methods.iter().filter(|method| definitions.contains_key(method.class_name)) {
            let key = (method.class_name, method.class_side);
            by_trait.entry(key).or_default().push((method.selector.clone(), method.definition));
        }
        Traits { definitions, methods: by_trait }
    }

    pub fn is_trait(&self, name: &str) -> bool {
        self.definitions.contains_key(name)
    }

    /// The classes of the packages, with the instance variables of their traits. Traits that are missing are told.
    pub fn with_variables(&self, packages: &Packages, report: &mut Report<'_>) -> Vec<ClassDefinition> {
        let mut classes = packages.classes.clone();
        for class in classes.iter_mut().filter(|class| !class.is_trait) {
            let mut variables = Vec::new();
            for used in &class.traits {
                self.add_variables(used, &mut variables, 0);
            }
            variables.retain(|name| !class.instance_variables.contains(name));
            class.instance_variables.splice(0..0, variables);
            for used in class.traits.iter().chain(&class.class_traits).filter(|used| !self.is_trait(&used.name)) {
                let message = format!("{} uses the trait {}, which is in none of the packages", class.name, used.name);
                let help = "the image has no traits: load the package of the trait with this one".to_string();
                wrong(report, class.place, message, Some(help));
            }
        }
        classes
    }

    fn add_variables(&self, used: &TraitUse, variables: &mut Vec<String>, depth: usize) {
        let Some(definition) = self.definitions.get(used.name.as_str()).filter(|_| depth < MAX_DEPTH) else { return };
        for other in &definition.traits {
            self.add_variables(other, variables, depth + 1);
        }
        let new = definition.instance_variables.iter().filter(|name| !variables.contains(name));
        let new: Vec<String> = new.cloned().collect();
        variables.extend(new);
    }

    /// The methods that classes have from traits.
    pub fn methods_of_classes(
        &self,
        packages: &'p Packages,
        heap: &Heap,
        world: &World,
        methods: &[PlannedMethod<'p>],
        report: &mut Report<'_>,
    ) -> Vec<PlannedMethod<'p>> {
        let own: HashSet<(&str, bool, &str)> =
            methods.iter().map(|method| (method.class_name, method.class_side, method.selector.as_str())).collect();
        let inheritance = Inheritance { packages, heap, world, own: &own };
        let mut result = Vec::new();
        let has_traits = |class: &&ClassDefinition| !(class.is_trait || class.traits.is_empty() && class.class_traits.is_empty());
        for class in packages.classes.iter().filter(has_traits) {
            for class_side in [false, true] {
                let uses: Vec<TraitUse> = match class_side {
                    false => class.traits.clone(),
                    // The class sides of the traits come along.
                    true => {
                        let sides = class.traits.iter().map(class_side_of);
                        sides.chain(class.class_traits.iter().filter(|used| !is_side_of(used, &class.traits)).cloned()).collect()
                    }
                };
                let composed = self.composed(&uses, class, report, 0);
                for (selector, definition) in composed {
                    let is_own = own.contains(&(class.name.as_str(), class_side, selector.as_str()));
                    if !(is_own || is_required(definition) && inheritance.has(class, class_side, &selector)) {
                        result.push(PlannedMethod { definition, class_name: &class.name, class_side, selector });
                    }
                }
            }
        }
        result
    }

    /// The methods of a composition.
    fn composed(&self, uses: &[TraitUse], class: &ClassDefinition, report: &mut Report<'_>, depth: usize) -> Composed<'p> {
        let mut result: Composed<'p> = Vec::new();
        for used in uses {
            for (selector, method) in self.of_use(used, class, report, depth) {
                match result.iter().position(|(other, _)| *other == selector) {
                    None => result.push((selector, method)),
                    Some(index) if is_required(result[index].1) => result[index].1 = method,
                    Some(index) if is_required(method) || result[index].1.source == method.source => {}
                    Some(index) => {
                        let other = &result[index].1.class_name;
                        let message = format!("{} gets {selector} from {other} and from {}", class.name, method.class_name);
                        wrong(report, class.place, message, Some("exclude one of them, or define it in the class".into()));
                    }
                }
            }
        }
        result
    }

    /// The methods of a trait in a composition.
    fn of_use(&self, used: &TraitUse, class: &ClassDefinition, report: &mut Report<'_>, depth: usize) -> Composed<'p> {
        let Some(&definition) = self.definitions.get(used.name.as_str()).filter(|_| depth < MAX_DEPTH) else { return Vec::new() };
        let key = (definition.name.as_str(), used.class_side);
        let own = self.methods.get(&key).cloned().unwrap_or_default();
        let uses: Vec<TraitUse> = match used.class_side {
            false => definition.traits.clone(),
            true => definition.traits.iter().map(class_side_of).collect(),
        };
        let mut all = self.composed(&uses, class, report, depth + 1);
        all.retain(|(selector, _)| own.iter().all(|(other, _)| other != selector));
        all.extend(own);
        let aliases: Composed<'p> = used
            .aliases
            .iter()
            .filter_map(|(new, old)| all.iter().find(|(selector, _)| selector == old).map(|&(_, method)| (new.clone(), method)))
            .collect();
        all.retain(|(selector, _)| !used.exclusions.contains(selector));
        all.extend(aliases);
        all
    }
}

/// The class side of a trait in a composition; what is left out and renamed is about the instance side.
fn class_side_of(used: &TraitUse) -> TraitUse {
    TraitUse { name: used.name.clone(), class_side: true, exclusions: Vec::new(), aliases: Vec::new() }
}

fn is_side_of(used: &TraitUse, traits: &[TraitUse]) -> bool {
    traits.iter().any(|other| other.name == used.name) && used.exclusions.is_empty() && used.aliases.is_empty()
}

/// What classes inherit, in the packages and in the image.
struct Inheritance<'i> {
    packages: &'i Packages,
    heap: &'i Heap,
    world: &'i World,
    own: &'i HashSet<(&'i str, bool, &'i str)>,
}

impl Inheritance<'_> {
    /// Whether a superclass of a class has a method.
    fn has(&self, class: &ClassDefinition, class_side: bool, selector: &str) -> bool {
        let mut next = class.superclass.as_deref();
        for _ in 0..MAX_DEPTH {
            let Some(name) = next else { return false };
            if self.own.contains(&(name, class_side, selector)) {
                return true;
            }
            match self.packages.classes.iter().find(|class| class.name == name) {
                Some(class) => next = class.superclass.as_deref(),
                None => return self.image_has(name, class_side, selector),
            }
        }
        false
    }

    fn image_has(&self, name: &str, class_side: bool, selector: &str) -> bool {
        let heap = self.heap;
        let Some(class) = self.world.class(name) else { return false };
        let start = if class_side { heap.class_of(class) } else { class };
        let methods = |class: Oop| super::hashed::methods(heap, heap.follow(heap.fetch(class, 1)));
        chain(heap, start).any(|class| methods(class).iter().any(|&(key, _)| heap.text(key).as_deref() == Some(selector)))
    }
}
