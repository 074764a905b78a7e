//! What is to be done, before anything is: the classes in the order of their superclasses, and all methods with their selectors, those
//! of traits among them.

use super::report::Report;
use super::shape::SUPERCLASS;
use super::traits::{Traits, is_requirement};
use super::{LoadOptions, classes};
use crate::diagnostic::{Diagnostic, Severity, near_names};
use crate::packages::{ClassDefinition, MethodDefinition, Packages, Place};
use crate::syntax::parse_method;
use crate::world::World;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use std::collections::{BTreeMap, HashMap, HashSet};

/// More superclasses than this are a loop.
const MAX_SUPERCLASSES: usize = 1000;

/// A method, for a class.
#[derive(Clone, Debug)]
pub(super) struct PlannedMethod<'p> {
    /// Its definition, which may be that of a trait.
    pub definition: &'p MethodDefinition,
    /// The class.
    pub class_name: &'p str,
    /// It is of the class side.
    pub class_side: bool,
    /// Its selector: another one than in its source if it is an alias of a trait's.
    pub selector: String,
    /// It only says that whoever uses its trait must have it.
    pub is_required: bool,
}

/// What is to be loaded.
pub(super) struct Plan<'p> {
    /// The classes, superclasses first.
    pub classes: Vec<ClassDefinition>,
    /// The methods, in the order of the files; of those that are defined twice the last.
    pub methods: Vec<PlannedMethod<'p>>,
    /// The comments of classes by their names, of those for one class the last.
    pub comments: BTreeMap<String, String>,
    keys: HashSet<(String, bool, String)>,
    names: HashSet<String>,
}

impl<'p> Plan<'p> {
    pub fn new(packages: &'p Packages, options: &LoadOptions, heap: &Heap, world: &World, report: &mut Report<'_>) -> Plan<'p> {
        let mut methods = Vec::new();
        for definition in &packages.methods {
            let parsed = parse_method(&definition.source.text, options.compile.dialect);
            let mut errors = parsed.diagnostics.iter().filter(|problem| problem.severity == Severity::Error).peekable();
            if errors.peek().is_none() {
                let (class_name, class_side) = (definition.class_name.as_str(), definition.class_side);
                let (selector, is_required) = (parsed.method.selector.to_string(), is_requirement(&parsed.method));
                methods.push(PlannedMethod { definition, class_name, class_side, selector, is_required });
                continue;
            }
            let file = definition.source.file;
            report.problems.extend(errors.map(|problem| (file, Packages::in_file(&definition.source, problem))));
        }
        let traits = Traits::new(packages, &methods);
        traits.check(packages, report);
        let from_traits = traits.methods_of_classes(packages, heap, world, &methods, report);
        methods.retain(|method| !traits.is_trait(method.class_name));
        let methods = last_of_each(from_traits.into_iter().chain(methods).collect());
        let definitions = packages.classes.iter().filter(|class| !class.is_trait).cloned().collect();
        let mut classes = in_order(without_doubles(definitions, report), heap, world, report);
        traits.add_variables(&mut classes, heap, world);
        let keys = methods.iter().map(|m| (m.class_name.to_string(), m.class_side, m.selector.clone())).collect();
        let names = classes.iter().map(|class| class.name.clone()).collect();
        // Those that came before any definition give way to what the definition has.
        let of_classes = classes.iter().filter(|class| !class.comment.is_empty());
        let of_classes = of_classes.map(|class| (class.name.clone(), class.comment.clone()));
        let others = packages.comments.iter().filter(|(name, text)| !text.is_empty() && !traits.is_trait(name)).cloned();
        let comments = others.chain(of_classes).collect();
        Plan { classes, methods, comments, keys, names }
    }

    /// Whether a method with this selector is to be loaded.
    pub fn has_method(&self, class_name: &str, class_side: bool, selector: &str) -> bool {
        self.keys.contains(&(class_name.to_string(), class_side, selector.to_string()))
    }

    /// Whether this class is among those that the packages define.
    pub fn defines(&self, class_name: &str) -> bool {
        self.names.contains(class_name)
    }
}

/// Of methods with the same class and selector the last.
fn last_of_each(methods: Vec<PlannedMethod<'_>>) -> Vec<PlannedMethod<'_>> {
    let mut seen = HashSet::new();
    let mut result: Vec<PlannedMethod<'_>> = Vec::with_capacity(methods.len());
    for method in methods.into_iter().rev() {
        if seen.insert((method.class_name, method.class_side, method.selector.clone())) {
            result.push(method);
        }
    }
    result.reverse();
    result
}

/// Of the definitions of one class the last, with a warning.
fn without_doubles(definitions: Vec<ClassDefinition>, report: &mut Report<'_>) -> Vec<ClassDefinition> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut result: Vec<ClassDefinition> = Vec::new();
    for class in definitions {
        match places.get(&class.name) {
            Some(&index) => {
                if result[index] != (ClassDefinition { place: result[index].place, ..class.clone() }) {
                    let message = format!("{} is defined again, and this definition holds", class.name);
                    report.problems.push((class.place.file, Diagnostic::warning(class.place.span, message)));
                }
                result[index] = class;
            }
            None => {
                places.insert(class.name.clone(), result.len());
                result.push(class);
            }
        }
    }
    result
}

/// Adds an error at the place of a class.
pub(super) fn wrong(report: &mut Report<'_>, place: Place, message: String, help: Option<String>) {
    report.problems.push((place.file, Diagnostic { help, ..Diagnostic::error(place.span, message) }));
}

/// The classes, each behind its superclass and the pools that it shares. Those that have no superclass are told and left out, with
/// their subclasses.
fn in_order(definitions: Vec<ClassDefinition>, heap: &Heap, world: &World, report: &mut Report<'_>) -> Vec<ClassDefinition> {
    let by_name = definitions.iter().enumerate().map(|(index, class)| (class.name.as_str(), index)).collect();
    let mut order = Order { definitions: &definitions, by_name, heap, world, states: HashMap::new(), result: Vec::new() };
    for index in 0..definitions.len() {
        order.visit(index, report);
    }
    let result = order.result;
    result.into_iter().map(|index| definitions[index].clone()).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Begun,
    Done,
    Impossible,
}

struct Order<'d> {
    definitions: &'d [ClassDefinition],
    by_name: HashMap<&'d str, usize>,
    heap: &'d Heap,
    world: &'d World,
    states: HashMap<usize, State>,
    result: Vec<usize>,
}

impl Order<'_> {
    /// Puts a class behind what it needs; answers whether it can be made.
    fn visit(&mut self, index: usize, report: &mut Report<'_>) -> bool {
        let class = &self.definitions[index];
        match self.states.get(&index) {
            Some(State::Done) => return true,
            Some(State::Impossible) => return false,
            Some(State::Begun) => {
                wrong(report, class.place, format!("{} is a superclass of itself", class.name), None);
                return false;
            }
            None => {}
        }
        self.states.insert(index, State::Begun);
        let possible = class.superclass.as_deref().is_none_or(|name| self.superclass(class, name, report));
        for pool in &class.pools {
            // A pool that needs this class in turn is made later; pools are looked up when all classes are there.
            let other = self.by_name.get(pool.as_str()).copied();
            if let Some(other) = other.filter(|other| !self.states.contains_key(other)) {
                self.visit(other, report);
            }
        }
        self.states.insert(index, if possible { State::Done } else { State::Impossible });
        if possible {
            self.result.push(index);
        }
        possible
    }

    fn superclass(&mut self, class: &ClassDefinition, name: &str, report: &mut Report<'_>) -> bool {
        if let Some(&index) = self.by_name.get(name) {
            return self.visit(index, report);
        }
        if let Some(superclass) = self.world.class(name) {
            return self.in_image(superclass, report);
        }
        let message = format!("the superclass of {}, {name}, is neither in the image nor in the packages", class.name);
        let names = self.world.class_names().chain(self.definitions.iter().map(|class| class.name.as_str()));
        let near = near_names(name, names);
        let help = (!near.is_empty()).then(|| format!("did you mean {}?", near.join(" or ")));
        wrong(report, class.place, message, help);
        false
    }

    /// Puts what the packages define among the superclasses of a class of the image first; false if that is a loop.
    fn in_image(&mut self, class: Oop, report: &mut Report<'_>) -> bool {
        // Those above the nearest one may be others soon.
        let Some(nearest) = chain(self.heap, class).find_map(|class| self.by_name.get(&*self.heap.class_name(class)).copied())
        else {
            return true;
        };
        let is_loop = self.states.get(&nearest) == Some(&State::Begun);
        // One that is left out stays as the image has it.
        self.visit(nearest, report) || !is_loop
    }
}

/// A class and its superclasses, as the image has them.
pub(super) fn chain(heap: &Heap, class: Oop) -> impl Iterator<Item = Oop> {
    let is_class = |&class: &Oop| class != heap.nil() && heap.instance_spec(class).is_some();
    let up = move |&class: &Oop| Some(heap.follow(heap.fetch(class, SUPERCLASS))).filter(is_class);
    std::iter::successors(Some(class), up).take(MAX_SUPERCLASSES)
}

/// The name of a class, and whether it is a metaclass.
pub(super) fn name_and_side(heap: &Heap, class: Oop) -> (String, bool) {
    let name = heap.class_name(class);
    match name.strip_suffix(" class") {
        Some(base) if classes::is_metaclass(heap, class) => (base.to_string(), true),
        _ => (name, false),
    }
}
