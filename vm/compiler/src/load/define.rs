//! Classes of packages as objects of the image: new ones, and the changes of those that are there.

use super::classes::{self, Dictionaries, Fields};
use super::plan::{Plan, chain, name_and_side, wrong};
use super::report::{Progress, Report, Step};
use super::shape::{SUPERCLASS, Shape, has_fields, kind_of};
use super::symbols::Symbols;
use super::{LoadError, hashed};
use crate::packages::{ClassDefinition, Kind};
use crate::syntax::{RESERVED, is_name};
use crate::world::World;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use std::collections::HashMap;

/// A class, or metaclass, whose instances may need another shape.
pub(super) struct Before {
    /// The class.
    pub class: Oop,
    /// Names of all fields of its instances, as they are.
    pub fields: Vec<String>,
    /// Of which kind they are.
    pub kind: Kind,
}

/// What is still to be moved when all classes are defined.
pub(super) struct Moves {
    /// Classes whose fields may have moved, superclasses first.
    pub reshaped: Vec<Before>,
    /// Objects and what stands for them from now on.
    pub replaced: Vec<(Oop, Oop)>,
}

/// Makes and changes the classes of a plan.
pub(super) fn define(
    heap: &mut Heap,
    world: &World,
    plan: &Plan<'_>,
    report: &mut Report<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Moves, LoadError> {
    let shape = Shape::read(heap, world)?;
    let symbols = Symbols::read(heap, world)?;
    let dictionaries = Dictionaries::read(heap, world, &shape)?;
    let moves = Moves { reshaped: Vec::new(), replaced: Vec::new() };
    let subclasses = subclasses(heap, world);
    let new = HashMap::new();
    let mut definer = Definer { world, shape, symbols, dictionaries, subclasses, new, moves };
    for (index, class) in plan.classes.iter().enumerate() {
        progress(Progress { step: Step::Classes, done: index, of: plan.classes.len() });
        definer.class(heap, class, report)?;
    }
    for class in &plan.classes {
        definer.pools(heap, class, report)?;
    }
    definer.lay_out_again(heap, plan, report)?;
    definer.symbols.enter(heap)?;
    Ok(definer.moves)
}

/// The subclasses of all classes and metaclasses.
fn subclasses(heap: &Heap, world: &World) -> HashMap<Oop, Vec<Oop>> {
    let mut subclasses: HashMap<Oop, Vec<Oop>> = HashMap::new();
    for class in world.classes().flat_map(|class| [class, heap.class_of(class)]) {
        subclasses.entry(heap.follow(heap.fetch(class, SUPERCLASS))).or_default().push(class);
    }
    subclasses
}

struct Definer<'w> {
    world: &'w World,
    shape: Shape,
    symbols: Symbols,
    dictionaries: Dictionaries,
    subclasses: HashMap<Oop, Vec<Oop>>,
    /// Classes that were made.
    new: HashMap<String, Oop>,
    moves: Moves,
}

impl Definer<'_> {
    fn find(&self, name: &str) -> Option<Oop> {
        self.new.get(name).copied().or_else(|| self.world.class(name))
    }

    fn class(&mut self, heap: &mut Heap, definition: &ClassDefinition, report: &mut Report<'_>) -> Result<(), LoadError> {
        let superclass = definition.superclass.as_deref().map(|name| self.find(name));
        // One that could not be made was told.
        let Some(superclass) = superclass.map_or(Some(None), |found| found.map(Some)) else { return Ok(()) };
        if !self.has_right_names(heap, definition, superclass, report) {
            return Ok(());
        }
        let kind = inherited_kind(heap, superclass, definition.kind);
        if !has_fields(kind) && !definition.instance_variables.is_empty() {
            let message = format!("{} has bytes or words in its instances, and cannot have instance variables", definition.name);
            wrong(report, definition.place, message, None);
            return Ok(());
        }
        match self.find(&definition.name) {
            None if self.is_taken(heap, &definition.name) => {
                let message = format!("{} is a global of the image that is no class", definition.name);
                wrong(report, definition.place, message, None);
                Ok(())
            }
            None => {
                self.make(heap, definition, superclass, kind)?;
                report.new_classes.push(definition.name.clone());
                Ok(())
            }
            // A class that was left out was to go away from below this one; other loops the plan has told.
            Some(class) if superclass.is_some_and(|superclass| chain(heap, superclass).any(|above| above == class)) => {
                wrong(report, definition.place, format!("{} is a superclass of itself", definition.name), None);
                Ok(())
            }
            Some(class) => self.change(heap, class, definition, superclass, kind, report),
        }
    }

    /// Tells of names that a class and its variables cannot have; false if there are any.
    fn has_right_names(&self, heap: &Heap, definition: &ClassDefinition, superclass: Option<Oop>, report: &mut Report<'_>) -> bool {
        let name = &definition.name;
        let mut problems = Vec::new();
        if !is_name(name) || !name.starts_with(char::is_uppercase) {
            problems
                .push(format!("{name} is no name of a class: those begin with a capital letter, and have only letters and digits"));
        }
        let above_class_side = superclass.map_or(self.shape.class_class, |class| heap.class_of(class));
        let class_side = definition.class_instance_variables.as_deref().unwrap_or_default();
        for (own, above) in [(&definition.instance_variables[..], superclass), (class_side, Some(above_class_side))] {
            let inherited = above.map(|above| self.world.field_names(heap, above)).unwrap_or_default();
            for (index, variable) in own.iter().enumerate() {
                if own[..index].contains(variable) {
                    problems.push(format!("{name} has two instance variables {variable}"));
                } else if inherited.contains(variable) {
                    problems.push(format!("{name} has an instance variable {variable}, and inherits one"));
                }
            }
        }
        let variables = definition.instance_variables.iter().chain(class_side).chain(&definition.class_variables);
        let wrong_names = variables.filter(|variable| !is_name(variable) || RESERVED.contains(&variable.as_str()));
        problems.extend(wrong_names.map(|variable| format!("{name} has a variable {variable}, which is no name of a variable")));
        let is_right = problems.is_empty();
        problems.into_iter().for_each(|message| wrong(report, definition.place, message, None));
        is_right
    }

    /// Whether a global that is not nil has a name.
    fn is_taken(&self, heap: &Heap, name: &str) -> bool {
        self.world.global(name).is_some_and(|association| heap.follow(heap.fetch(association, 1)) != heap.nil())
    }

    fn make(
        &mut self,
        heap: &mut Heap,
        definition: &ClassDefinition,
        superclass: Option<Oop>,
        kind: Kind,
    ) -> Result<(), LoadError> {
        let name = self.symbols.get(heap, &definition.name)?;
        // The class side has its fields before the class is made, which is its instance.
        let class = classes::make(heap, &self.shape, superclass, name, |heap, shape, metaclass| {
            let names = definition.class_instance_variables.as_deref().unwrap_or_default();
            classes::set_fields(heap, shape, &mut self.symbols, metaclass, &Fields { kind: Kind::Normal, names })
        })?;
        let fields = Fields { kind, names: &definition.instance_variables };
        classes::set_fields(heap, &self.shape, &mut self.symbols, class, &fields)?;
        if let Some(superclass) = superclass {
            classes::set_subclass(heap, &self.shape, superclass, class, true)?;
        }
        let pool = self.dictionaries.new_pool(heap)?;
        self.shape.set(heap, class, "classPool", pool);
        self.class_variables(heap, class, definition)?;
        self.set_category(heap, class, definition)?;
        let association = match self.world.global(&definition.name) {
            // A variable that is nil becomes the class.
            Some(association) => {
                heap.store(association, 1, class);
                association
            }
            None => self.dictionaries.add_global(heap, name, class)?,
        };
        if let Some(undeclared) = self.dictionaries.declare(heap, &definition.name)? {
            self.moves.replaced.push((undeclared, association));
        }
        for (class, superclass) in [(class, superclass), (heap.class_of(class), superclass.map(|class| heap.class_of(class)))] {
            self.subclasses.entry(superclass.unwrap_or(heap.nil())).or_default().push(class);
        }
        self.new.insert(definition.name.clone(), class);
        Ok(())
    }

    fn set_category(&mut self, heap: &mut Heap, class: Oop, definition: &ClassDefinition) -> Result<(), LoadError> {
        if !definition.category.is_empty() && self.shape.field("category").is_some() {
            let category = self.symbols.get(heap, &definition.category)?;
            self.shape.set(heap, class, "category", category);
        }
        Ok(())
    }

    fn change(
        &mut self,
        heap: &mut Heap,
        class: Oop,
        definition: &ClassDefinition,
        superclass: Option<Oop>,
        kind: Kind,
        report: &mut Report<'_>,
    ) -> Result<(), LoadError> {
        let mut what = Vec::new();
        let metaclass = heap.class_of(class);
        let old_kind = heap.instance_spec(class).map_or(Kind::Normal, |spec| kind_of(spec.1));
        // Immediates are of no format that a class must have.
        let kind = if kind == Kind::Immediate { old_kind } else { kind };
        let old_superclass = heap.follow(heap.fetch(class, SUPERCLASS));
        let new_superclass = superclass.unwrap_or(heap.nil());
        if old_superclass != new_superclass {
            what.push("superclass");
            self.remember(heap, class);
            self.remember(heap, metaclass);
            self.set_superclass(heap, class, old_superclass, superclass)?;
        }
        if old_kind != kind || self.world.own_field_names(heap, class) != definition.instance_variables {
            what.push(if old_kind != kind { "kind of instances" } else { "instance variables" });
            self.remember(heap, class);
            let fields = Fields { kind, names: &definition.instance_variables };
            classes::set_fields(heap, &self.shape, &mut self.symbols, class, &fields)?;
        }
        if let Some(names) = &definition.class_instance_variables
            && self.world.own_field_names(heap, metaclass) != *names
        {
            what.push("class-side instance variables");
            self.remember(heap, metaclass);
            let fields = Fields { kind: Kind::Normal, names };
            classes::set_fields(heap, &self.shape, &mut self.symbols, metaclass, &fields)?;
        }
        if self.class_variables(heap, class, definition)? {
            what.push("class variables");
        }
        self.set_category(heap, class, definition)?;
        if !what.is_empty() {
            report.change(&definition.name).what.extend(what);
        }
        Ok(())
    }

    fn set_superclass(&mut self, heap: &mut Heap, class: Oop, old: Oop, new: Option<Oop>) -> Result<(), LoadError> {
        let (nil, metaclass) = (heap.nil(), heap.class_of(class));
        let new_meta = new.map_or(self.shape.class_class, |new| heap.class_of(new));
        let old_meta = heap.follow(heap.fetch(metaclass, SUPERCLASS));
        if old != nil {
            classes::set_subclass(heap, &self.shape, old, class, false)?;
        }
        if let Some(new) = new {
            classes::set_subclass(heap, &self.shape, new, class, true)?;
        }
        for (behavior, old, new) in [(class, old, new.unwrap_or(nil)), (metaclass, old_meta, new_meta)] {
            heap.store(behavior, SUPERCLASS, new);
            self.subclasses.entry(old).or_default().retain(|&other| other != behavior);
            self.subclasses.entry(new).or_default().push(behavior);
        }
        Ok(())
    }

    /// Notes how the instances of a class and of its subclasses are now, once.
    fn remember(&mut self, heap: &Heap, class: Oop) {
        if !self.moves.reshaped.iter().any(|before| before.class == class) {
            let fields = self.world.field_names(heap, class);
            let kind = heap.instance_spec(class).map_or(Kind::Normal, |spec| kind_of(spec.1));
            self.moves.reshaped.push(Before { class, fields, kind });
        }
        for subclass in self.subclasses.get(&class).cloned().unwrap_or_default() {
            self.remember(heap, subclass);
        }
    }

    /// Gives the class its class variables; answers whether they were others.
    fn class_variables(&mut self, heap: &mut Heap, class: Oop, definition: &ClassDefinition) -> Result<bool, LoadError> {
        let pool = self.shape.get(heap, class, "classPool");
        let mut old: Vec<String> = self.world.class_variables(heap, class).into_keys().collect();
        let mut new = definition.class_variables.clone();
        old.sort();
        new.sort();
        new.dedup();
        if old == new {
            return Ok(false);
        }
        let pool = match hashed::Table::is_table(heap, pool) {
            true => pool,
            false => self.dictionaries.new_pool(heap)?,
        };
        self.shape.set(heap, class, "classPool", pool);
        let names: Result<Vec<Oop>, LoadError> = new.iter().map(|name| self.symbols.get(heap, name)).collect();
        self.dictionaries.set_variables(heap, pool, &names?)?;
        Ok(true)
    }

    /// Gives a class the pools that it shares: classes with variables, or dictionaries among the globals.
    fn pools(&mut self, heap: &mut Heap, definition: &ClassDefinition, report: &mut Report<'_>) -> Result<(), LoadError> {
        let Some(class) = self.find(&definition.name) else { return Ok(()) };
        let mut pools = Vec::new();
        for name in &definition.pools {
            let global = || self.world.global(name).map(|association| heap.follow(heap.fetch(association, 1)));
            match self.find(name).or_else(global) {
                Some(pool) => pools.push(pool),
                None => {
                    let message = format!("the pool {name} of {} is neither in the image nor in the packages", definition.name);
                    wrong(report, definition.place, message, None);
                }
            }
        }
        if self.shared(heap, class) != pools {
            classes::set_pools(heap, self.world, &self.shape, class, &pools)?;
            if !self.new.contains_key(&definition.name) {
                report.change(&definition.name).what.push("pools");
            }
        }
        Ok(())
    }

    /// The pools that a class shares now.
    fn shared(&self, heap: &Heap, class: Oop) -> Vec<Oop> {
        let shared = self.shape.get(heap, class, "sharedPools");
        let is_pointers = |&oop: &Oop| oop.is_pointer() && oop != heap.nil() && heap.format(oop).is_pointers();
        let Some(shared) = Some(shared).filter(is_pointers) else { return Vec::new() };
        let arrays = heap.slots(shared).iter().copied().filter(is_pointers);
        arrays.flat_map(|array| heap.slots(array).iter().copied().filter(is_pointers)).collect()
    }

    /// Brings formats and layouts of the subclasses of what changed up to date, superclasses first.
    fn lay_out_again(&mut self, heap: &mut Heap, plan: &Plan<'_>, report: &mut Report<'_>) -> Result<(), LoadError> {
        self.moves.reshaped.sort_by_key(|before| chain(heap, before.class).count());
        for index in 0..self.moves.reshaped.len() {
            let class = self.moves.reshaped[index].class;
            let names = self.world.own_field_names(heap, class);
            let superclass = Some(heap.follow(heap.fetch(class, SUPERCLASS))).filter(|&class| class != heap.nil());
            let inherited = superclass.map(|superclass| self.world.field_names(heap, superclass)).unwrap_or_default();
            let (name, _) = name_and_side(heap, class);
            if let Some(variable) = names.iter().find(|name| inherited.contains(name)).filter(|_| !plan.defines(&name)) {
                report
                    .wrong_class(&name, format!("{name} has an instance variable {variable} already, which it would inherit now"));
            }
            let own = heap.instance_spec(class).map_or(Kind::Normal, |spec| kind_of(spec.1));
            let kind = inherited_kind(heap, superclass, own);
            classes::set_fields(heap, &self.shape, &mut self.symbols, class, &Fields { kind, names: &names })?;
        }
        Ok(())
    }
}

/// The kind of a class that says of itself nothing special: that of its superclass.
fn inherited_kind(heap: &Heap, superclass: Option<Oop>, kind: Kind) -> Kind {
    let Some(spec) = superclass.and_then(|superclass| heap.instance_spec(superclass)) else { return kind };
    match (kind, kind_of(spec.1)) {
        (Kind::Normal, Kind::Immediate | Kind::Ephemeron) => Kind::Normal,
        (Kind::Normal, inherited) => inherited,
        _ => kind,
    }
}
