//! Methods: all are compiled, and only if all is well is the first one put into a method dictionary.

use super::classes::Dictionaries;
use super::hashed::{method_dictionary, methods};
use super::initializers;
use super::organize::{Loaded, organize};
use super::plan::{Plan, PlannedMethod};
use super::report::{Progress, Report, Step};
use super::shape::{METHODS, Shape};
use super::symbols::Symbols;
use super::{LoadError, LoadOptions};
use crate::codegen::{CompiledCode, compile_method};
use crate::diagnostic::{Diagnostic, Severity, near_names};
use crate::install::{InstallError, Linker, install_method};
use crate::literal::Literal;
use crate::packages::Packages;
use crate::semantics::{Binding, Environment, VariableId};
use crate::syntax::Dialect;
use crate::world::{ClassEnvironment, World, class_binding};
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

/// Ids of variables that nothing declares begin here.
const FIRST_UNDECLARED: u32 = 1 << 24;

/// A compiled method that waits to be installed.
struct Compiled<'m> {
    method: &'m PlannedMethod<'m>,
    class: Oop,
    code: CompiledCode,
}

/// Compiles and installs the methods of a plan.
pub(super) fn load(
    heap: &mut Heap,
    packages: &Packages,
    plan: &Plan<'_>,
    options: &LoadOptions,
    report: &mut Report<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), LoadError> {
    let world = World::read_for_load(heap);
    // Pharo and Squeak do; Cuis and the built-in image do not.
    let ends_lines_with_returns = options.compile.dialect != Dialect::CUIS && world.class("SmalltalkImage").is_some();
    let undeclared = Undeclared::default();
    let mut environments: HashMap<Oop, ClassEnvironment<'_>> = HashMap::new();
    let mut compiled = Vec::with_capacity(plan.methods.len());
    for (index, method) in plan.methods.iter().enumerate() {
        progress(Progress { step: Step::Compiling, done: index, of: plan.methods.len() });
        let Some(class) = class_of(heap, &world, method) else {
            no_class(&world, method, report);
            continue;
        };
        let inner = environments.entry(class).or_insert_with(|| world.environment(heap, class));
        let environment = LoadEnvironment { inner, undeclared: options.keep_going.then_some(&undeclared) };
        if let Some(code) = compile(method, &environment, options, ends_lines_with_returns, report) {
            compiled.push(Compiled { method, class, code });
        }
    }
    report.undeclared = undeclared.names.borrow().clone();
    report.undeclared.sort();
    if report.stops() {
        return Ok(());
    }
    install(heap, &world, packages, plan, compiled, &environments, &undeclared, ends_lines_with_returns, report, progress)
}

fn class_of(heap: &Heap, world: &World, method: &PlannedMethod<'_>) -> Option<Oop> {
    let class = world.class(method.class_name)?;
    Some(if method.class_side { heap.class_of(class) } else { class })
}

/// Tells that a method's class is not there.
fn no_class(world: &World, method: &PlannedMethod<'_>, report: &mut Report<'_>) {
    let source = &method.definition.source;
    let message = format!("there is no class {}, of which this method is to be", method.class_name);
    let near = near_names(method.class_name, world.class_names());
    let help = (!near.is_empty()).then(|| format!("did you mean {}?", near.join(" or ")));
    let end = source.text.lines().next().unwrap_or("").len();
    let diagnostic = Diagnostic { help, ..Diagnostic::error(crate::source::Span::new(0, end), message) };
    report.problems.push((source.file, Packages::in_file(source, &diagnostic)));
}

fn compile(
    method: &PlannedMethod<'_>,
    environment: &LoadEnvironment<'_, '_>,
    options: &LoadOptions,
    ends_lines_with_returns: bool,
    report: &mut Report<'_>,
) -> Option<CompiledCode> {
    let source = &method.definition.source;
    // Lines end as the image has them in its texts; the length stays.
    let text = if ends_lines_with_returns { source.text.replace('\n', "\r") } else { source.text.clone() };
    let compilation = compile_method(&text, environment, &options.compile);
    let is_told = |diagnostic: &&Diagnostic| diagnostic.severity == Severity::Error;
    let told = compilation.diagnostics.iter().filter(is_told);
    report.problems.extend(told.map(|diagnostic| (source.file, Packages::in_file(source, diagnostic))));
    let mut code = compilation.code?;
    // An alias of a trait's method knows the name that it goes by.
    if let Some(Literal::State(state)) = code.literals.iter_mut().rev().nth(1) {
        state.selector.clone_from(&method.selector);
    }
    Some(code)
}

#[expect(clippy::too_many_arguments, reason = "what was compiled, and all that it refers to")]
fn install(
    heap: &mut Heap,
    world: &World,
    packages: &Packages,
    plan: &Plan<'_>,
    compiled: Vec<Compiled<'_>>,
    environments: &HashMap<Oop, ClassEnvironment<'_>>,
    undeclared: &Undeclared,
    ends_lines_with_returns: bool,
    report: &mut Report<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), LoadError> {
    let shape = Shape::read(heap, world)?;
    let dictionaries = Dictionaries::read(heap, world, &shape)?;
    let mut symbols = Symbols::read(heap, world)?;
    let mut associations = Vec::new();
    for name in undeclared.names.borrow().iter() {
        let key = symbols.get(heap, name)?;
        associations.push(dictionaries.add_undeclared(heap, key)?);
    }
    let mut bindings = HashMap::new();
    let mut protocols: Loaded<'_> = BTreeMap::new();
    // In the order of addresses, so that the same packages make the same image.
    let mut by_class: BTreeMap<Oop, Vec<(Oop, Oop)>> = BTreeMap::new();
    let mut uses = HashMap::new();
    let of = compiled.len();
    for (index, Compiled { method, class, code }) in compiled.into_iter().enumerate() {
        progress(Progress { step: Step::Installing, done: index, of });
        let binding = binding(heap, world, class, &mut bindings)?;
        let environment = &environments[&class];
        let mut linker = LoadLinker { world, environment, undeclared: &associations, symbols: &mut symbols, binding };
        let oop = install_method(heap, &code, &mut linker)?;
        let selector = symbols.get(heap, &method.selector)?;
        by_class.entry(class).or_default().push((selector, oop));
        protocols.entry(class).or_default().push((selector, method.definition.category.as_str()));
        if initializers::is_one(method) {
            uses.insert(method.class_name, initializers::globals(heap, oop));
        }
        if !plan.defines(method.class_name) {
            report.extensions += 1;
        }
    }
    for (class, new) in by_class {
        let replaced = add_methods(heap, class, new.clone())?;
        report.replaced_methods += replaced;
        report.new_methods += new.len() - replaced;
    }
    organize(heap, world, &shape, &mut symbols, plan, &protocols, ends_lines_with_returns, report)?;
    symbols.enter(heap)?;
    report.initializers = initializers::in_order(plan, packages, &uses);
    Ok(())
}

/// The last literal of the methods of a class: its association among the globals; of a metaclass one that has no key.
fn binding(heap: &mut Heap, world: &World, class: Oop, made: &mut HashMap<Oop, Oop>) -> Result<Oop, LoadError> {
    if let Some(&binding) = made.get(&class) {
        return Ok(binding);
    }
    let binding = binding_of(heap, world, class)?;
    made.insert(class, binding);
    Ok(binding)
}

/// The association by which methods know their class: the global's; of a metaclass the one that its methods share, or else a new one
/// without a key.
pub fn binding_of(heap: &mut Heap, world: &World, class: Oop) -> Result<Oop, LoadError> {
    if let Some(binding) = class_binding(world, heap, class) {
        return Ok(binding);
    }
    let dictionary = heap.follow(heap.fetch(class, METHODS));
    let is_method = |&(_, method): &(Oop, Oop)| method.is_pointer() && heap.format(method).is_compiled_method();
    let last = |method: Oop| heap.follow(heap.fetch(method, heap.literal_count(method)));
    let is_binding = |&oop: &Oop| {
        let has_value = oop.is_pointer() && heap.format(oop).is_pointers() && heap.num_slots(oop) >= 2;
        has_value && heap.follow(heap.fetch(oop, 1)) == class
    };
    let shared = methods(heap, dictionary).into_iter().filter(is_method).map(|(_, method)| last(method)).find(is_binding);
    if let Some(binding) = shared {
        return Ok(binding);
    }
    let model = world.class("Association").ok_or_else(|| LoadError::lacks("a class Association"))?;
    let binding = heap.instantiate(model, 0)?;
    heap.store(binding, 1, class);
    Ok(binding)
}

/// Puts methods into the dictionary of a class; answers how many took the place of another.
fn add_methods(heap: &mut Heap, class: Oop, new: Vec<(Oop, Oop)>) -> Result<usize, LoadError> {
    let dictionary = heap.follow(heap.fetch(class, METHODS));
    let mut all = methods(heap, dictionary);
    let places: HashMap<Oop, usize> = all.iter().enumerate().map(|(index, &(selector, _))| (selector, index)).collect();
    let mut replaced = 0;
    for (selector, method) in new {
        match places.get(&selector) {
            Some(&index) => {
                all[index].1 = method;
                replaced += 1;
            }
            None => all.push((selector, method)),
        }
    }
    let dictionary = method_dictionary(heap, dictionary, &all)?;
    heap.store(class, METHODS, dictionary);
    Ok(replaced)
}

/// Names that nothing declares, by which methods are compiled all the same.
#[derive(Default)]
struct Undeclared {
    names: RefCell<Vec<String>>,
}

impl Undeclared {
    fn id(&self, name: &str) -> VariableId {
        let mut names = self.names.borrow_mut();
        let index = names.iter().position(|other| other == name).unwrap_or_else(|| {
            names.push(name.into());
            names.len() - 1
        });
        VariableId(FIRST_UNDECLARED + index as u32)
    }
}

/// What a method can refer to.
struct LoadEnvironment<'e, 'w> {
    inner: &'e ClassEnvironment<'w>,
    undeclared: Option<&'e Undeclared>,
}

impl Environment for LoadEnvironment<'_, '_> {
    fn lookup(&self, name: &str) -> Option<Binding> {
        self.inner.lookup(name)
    }

    fn undeclared(&self, name: &str) -> Option<VariableId> {
        // A variable of a method is not declared somewhere else.
        let undeclared = self.undeclared.filter(|_| name.starts_with(char::is_uppercase))?;
        self.inner.undeclared(name).or_else(|| Some(undeclared.id(name)))
    }

    fn names(&self) -> Vec<String> {
        self.inner.names()
    }

    fn has_context_fields(&self) -> bool {
        self.inner.has_context_fields()
    }

    fn has_foreign_calls(&self) -> bool {
        self.inner.has_foreign_calls()
    }
}

/// What the literals of a method refer to.
struct LoadLinker<'l, 'w> {
    world: &'w World,
    environment: &'l ClassEnvironment<'w>,
    undeclared: &'l [Oop],
    symbols: &'l mut Symbols,
    binding: Oop,
}

impl Linker for LoadLinker<'_, '_> {
    fn symbol(&mut self, heap: &mut Heap, text: &str) -> Result<Oop, InstallError> {
        self.symbols.get(heap, text).map_err(|error| match error {
            LoadError::Lacks(what) => InstallError::NoClass(what.trim_start_matches("a class ").into()),
            LoadError::NoMemory | LoadError::Become(_) => InstallError::Object(osvm_core::error::PrimError::NO_MEMORY),
        })
    }

    fn variable(&mut self, id: VariableId) -> Oop {
        match id.0.checked_sub(FIRST_UNDECLARED) {
            Some(index) => self.undeclared[index as usize],
            None => self.environment.association(id),
        }
    }

    fn class_binding(&mut self) -> Oop {
        self.binding
    }

    fn class(&mut self, _: &Heap, name: &str) -> Option<Oop> {
        self.world.class(name)
    }
}
