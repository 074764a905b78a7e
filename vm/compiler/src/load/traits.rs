//! Traits, for images that have none: their methods and variables become those of the classes that use them.
//!
//! Source of the rules: `TaSequence`, `TaRemoveMethod` and `TaAliasMethod` of Pharo 8. A class's own method goes before a trait's; two
//! different ones from two traits are a conflict; a method that only says that it is required gives way to any other, also to an
//! inherited one.

use super::plan::{PlannedMethod, chain, wrong};
use super::report::Report;
use crate::packages::{ClassDefinition, Packages, TraitUse};
use crate::syntax::{ExpressionKind, Method, Statement};
use crate::world::World;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use std::collections::{HashMap, HashSet};

/// More superclasses among those of the packages than this are a loop.
const MAX_DEPTH: usize = 64;

/// What a method sends to itself that says that whoever uses the trait must have it.
const REQUIRED: &str = "explicitRequirement";

/// The traits of some packages.
pub(super) struct Traits<'p> {
    definitions: HashMap<&'p str, &'p ClassDefinition>,
    methods: HashMap<(&'p str, bool), Composed<'p>>,
}

/// Methods of a composition, as their traits have them.
type Composed<'p> = Vec<PlannedMethod<'p>>;

/// Whether a method does nothing but say that it is required.
pub(super) fn is_requirement(method: &Method<'_>) -> bool {
    let [Statement::Expression(only) | Statement::Return(only, _)] = &method.body.statements[..] else { return false };
    match &only.kind {
        ExpressionKind::Send(send) => send.receiver.as_variable() == Some("self") && send.message.selector == REQUIRED,
        _ => false,
    }
}

impl<'p> Traits<'p> {
    pub fn new(packages: &'p Packages, methods: &[PlannedMethod<'p>]) -> Traits<'p> {
        let definitions: HashMap<&str, &ClassDefinition> =
            packages.classes.iter().filter(|class| class.is_trait).map(|class| (class.name.as_str(), class)).collect();
        let mut by_trait: HashMap<(&str, bool), Composed<'_>> = HashMap::new();
        for method in methods.iter().filter(|method| definitions.contains_key(method.class_name)) {
            by_trait.entry((method.class_name, method.class_side)).or_default().push(method.clone());
        }
        Traits { definitions, methods: by_trait }
    }

    pub fn is_trait(&self, name: &str) -> bool {
        self.definitions.contains_key(name)
    }

    /// Tells of traits that are missing, and of those that use themselves.
    pub fn check(&self, packages: &Packages, report: &mut Report<'_>) {
        for definition in packages.classes.iter().filter(|class| class.is_trait) {
            let mut reached: Vec<&str> = Vec::new();
            let mut next = vec![definition];
            while let Some(other) = next.pop() {
                for used in other.traits.iter().chain(&other.class_traits) {
                    if !reached.contains(&used.name.as_str()) {
                        reached.push(&used.name);
                        next.extend(self.definitions.get(used.name.as_str()));
                    }
                }
            }
            if reached.contains(&definition.name.as_str()) {
                wrong(report, definition.place, format!("the trait {} uses itself", definition.name), None);
            }
        }
        for class in packages.classes.iter().filter(|class| !class.is_trait) {
            for used in class.traits.iter().chain(&class.class_traits).filter(|used| !self.is_trait(&used.name)) {
                let message = format!("{} uses the trait {}, which is in none of the packages", class.name, used.name);
                let help = "the image has no traits: load the package of the trait with this one".to_string();
                wrong(report, class.place, message, Some(help));
            }
        }
    }

    /// Gives classes, superclasses first, the variables of their traits that they neither have nor inherit, on both sides.
    pub fn add_variables(&self, classes: &mut [ClassDefinition], heap: &Heap, world: &World) {
        let mut known: HashMap<String, [Vec<String>; 2]> = HashMap::new();
        for class in classes.iter_mut().filter(|_| !self.definitions.is_empty()) {
            let superclass = class.superclass.as_deref();
            let inherited = superclass.map(|name| variables_of(name, &known, heap, world)).unwrap_or_default();
            // A definition that does not speak of its class side leaves it as it is.
            let in_image = || world.class(&class.name).map(|class| world.own_field_names(heap, heap.class_of(class)));
            let class_side = class.class_instance_variables.clone().or_else(in_image).unwrap_or_default();
            let mut own = [class.instance_variables.clone(), class_side];
            for (side, own) in own.iter_mut().enumerate() {
                let mut variables = Vec::new();
                for used in uses(class, side == 1) {
                    self.collect_variables(&used, &mut variables, &mut HashSet::new());
                }
                variables.retain(|name| !own.contains(name) && !inherited[side].contains(name));
                if !variables.is_empty() {
                    own.splice(0..0, variables);
                    match side {
                        0 => class.instance_variables.clone_from(own),
                        _ => class.class_instance_variables = Some(own.clone()),
                    }
                }
            }
            let mut all = inherited;
            all.iter_mut().zip(own).for_each(|(all, own)| all.extend(own));
            known.insert(class.name.clone(), all);
        }
    }

    fn collect_variables(&self, used: &TraitUse, variables: &mut Vec<String>, seen: &mut HashSet<(String, bool)>) {
        let Some(definition) = self.definitions.get(used.name.as_str()) else { return };
        if !seen.insert((used.name.clone(), used.class_side)) {
            return;
        }
        for other in uses(definition, used.class_side) {
            self.collect_variables(&other, variables, seen);
        }
        let own =
            if used.class_side { definition.class_instance_variables.as_deref() } else { Some(&definition.instance_variables[..]) };
        for name in own.unwrap_or_default() {
            if !variables.contains(name) {
                variables.push(name.clone());
            }
        }
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
                let composed = self.composed(&uses(class, class_side), class, report, &mut Vec::new());
                for method in composed {
                    let is_own = own.contains(&(class.name.as_str(), class_side, method.selector.as_str()));
                    if !(is_own || method.is_required && inheritance.has(class, class_side, &method.selector)) {
                        result.push(PlannedMethod { class_name: &class.name, class_side, ..method });
                    }
                }
            }
        }
        result
    }

    /// The methods of a composition, which is that of a class or of the last of the traits in `path`.
    fn composed(
        &self,
        uses: &[TraitUse],
        class: &ClassDefinition,
        report: &mut Report<'_>,
        path: &mut Vec<&'p str>,
    ) -> Composed<'p> {
        let mut result: Composed<'p> = Vec::new();
        for used in uses {
            for method in self.of_use(used, class, report, path) {
                match result.iter().position(|other| other.selector == method.selector) {
                    None => result.push(method),
                    Some(index) if result[index].is_required => result[index] = method,
                    Some(index) if method.is_required || result[index].definition.source == method.definition.source => {}
                    Some(index) => {
                        let (selector, other) = (&method.selector, result[index].class_name);
                        let message = format!("{} gets {selector} from {other} and from {}", class.name, method.class_name);
                        wrong(report, class.place, message, Some("exclude one of them, or define it in the class".into()));
                    }
                }
            }
        }
        result
    }

    /// The methods of a trait in a composition.
    fn of_use(&self, used: &TraitUse, class: &ClassDefinition, report: &mut Report<'_>, path: &mut Vec<&'p str>) -> Composed<'p> {
        let found = self.definitions.get(used.name.as_str()).filter(|definition| !path.contains(&definition.name.as_str()));
        let Some(&definition) = found else { return Vec::new() };
        let key = (definition.name.as_str(), used.class_side);
        let own = self.methods.get(&key).cloned().unwrap_or_default();
        path.push(&definition.name);
        let mut all = self.composed(&uses(definition, used.class_side), class, report, path);
        path.pop();
        all.retain(|method| own.iter().all(|other| other.selector != method.selector));
        all.extend(own);
        let of_alias = |(new, old): &(String, String)| {
            let method = all.iter().find(|method| method.selector == *old)?.clone();
            Some(PlannedMethod { selector: new.clone(), ..method })
        };
        let aliases: Composed<'p> = used.aliases.iter().filter_map(of_alias).collect();
        all.retain(|method| !used.exclusions.contains(&method.selector));
        all.extend(aliases);
        all
    }
}

/// The traits that one side of a class or trait uses; the class sides of the traits come along.
fn uses(class: &ClassDefinition, class_side: bool) -> Vec<TraitUse> {
    if !class_side {
        return class.traits.clone();
    }
    let sides = class.traits.iter().map(class_side_of);
    sides.chain(class.class_traits.iter().filter(|used| !is_side_of(used, &class.traits)).cloned()).collect()
}

/// The variables of instances and of the class side of a class, those that it inherits among them: as they are `known` of classes of the
/// packages, else as the image has them.
fn variables_of(name: &str, known: &HashMap<String, [Vec<String>; 2]>, heap: &Heap, world: &World) -> [Vec<String>; 2] {
    if let Some(known) = known.get(name) {
        return known.clone();
    }
    let mut result = [Vec::new(), Vec::new()];
    for class in world.class(name).into_iter().flat_map(|class| chain(heap, class)) {
        if let Some(known) = known.get(&heap.class_name(class)) {
            result.iter_mut().zip(known).for_each(|(result, known)| result.extend(known.iter().cloned()));
            break;
        }
        result[0].extend(world.own_field_names(heap, class));
        result[1].extend(world.own_field_names(heap, heap.class_of(class)));
    }
    result
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
