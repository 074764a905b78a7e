//! Classes as objects: making one with its metaclass, and giving one its variables and pools.

use super::LoadError;
use super::hashed::{Rule, Table, method_dictionary, new_dictionary, rule_of};
use super::shape::{FORMAT, METHODS, SUPERCLASS, Shape, VARIABLES, format_of, has_fields};
use super::symbols::Symbols;
use crate::packages::Kind;
use crate::text::text;
use crate::world::{Bindings, World};
use osvm_core::heap::Heap;
use osvm_core::object::Format;
use osvm_core::oop::Oop;

/// The dictionaries of an image and how they are hashed.
pub(super) struct Dictionaries {
    /// The globals.
    pub globals: Table,
    globals_rule: Rule,
    /// What else has the globals if they are in an Environment, and its rule.
    bindings: Option<(Bindings, Rule)>,
    /// The class of the associations of globals.
    binding_class: Oop,
    /// What other dictionaries of symbols go by: those of class variables.
    pools_rule: Rule,
    /// The class of the associations of class variables.
    variable_class: Oop,
    /// A dictionary of class variables.
    pool_model: Oop,
    /// Variables that code refers to and nothing declares.
    pub undeclared: Option<Table>,
}

impl Dictionaries {
    pub fn read(heap: &Heap, world: &World, shape: &Shape) -> Result<Dictionaries, LoadError> {
        let places = world.globals().filter(|globals| Table::is_table(heap, globals.dictionary));
        let places = places.ok_or_else(|| LoadError::lacks("a SystemDictionary or an Environment with its globals"))?;
        let globals = Table::dictionary(places.dictionary);
        let bindings = places.bindings.filter(|bindings| Table::is_table(heap, bindings.dictionary));
        let model = world.global(&heap.class_name(shape.model)).ok_or_else(|| LoadError::lacks("a global Object"))?;
        let pool_model = shape.class_pool_model(heap, world)?;
        let pools: Vec<Table> = world
            .classes()
            .map(|class| shape.get(heap, class, "classPool"))
            .filter(|&pool| Table::is_table(heap, pool))
            .map(Table::dictionary)
            .collect();
        let variable = pools.iter().find_map(|pool| pool.elements(heap).first().copied());
        Ok(Dictionaries {
            globals,
            globals_rule: rule_of(heap, &[globals]),
            binding_class: heap.class_of(model),
            pools_rule: rule_of(heap, &pools),
            variable_class: heap.class_of(variable.unwrap_or(model)),
            pool_model,
            bindings: bindings.map(|found| (found, rule_of(heap, &[Table::dictionary(found.dictionary)]))),
            undeclared: places.undeclared.filter(|&oop| Table::is_table(heap, oop)).map(Table::dictionary),
        })
    }

    /// Makes an association of a global.
    pub fn add_global(&self, heap: &mut Heap, key: Oop, value: Oop) -> Result<Oop, LoadError> {
        let association = association(heap, self.binding_class, key, value)?;
        self.globals.add_all(heap, self.globals_rule, &[association])?;
        if let Some((bindings, rule)) = self.bindings {
            let entry = match bindings.are_values {
                true => {
                    let model = Table::dictionary(bindings.dictionary).elements(heap)[0];
                    self::association(heap, heap.class_of(model), key, association)?
                }
                false => association,
            };
            Table::dictionary(bindings.dictionary).add_all(heap, rule, &[entry])?;
        }
        Ok(association)
    }

    /// Makes an association for a name that nothing declares.
    pub fn add_undeclared(&self, heap: &mut Heap, key: Oop) -> Result<Oop, LoadError> {
        let association = association(heap, self.binding_class, key, heap.nil())?;
        if let Some(undeclared) = self.undeclared {
            undeclared.add_all(heap, self.pools_rule, &[association])?;
        }
        Ok(association)
    }

    /// Takes a name out of the undeclared ones, and answers its association.
    pub fn declare(&self, heap: &mut Heap, name: &str) -> Result<Option<Oop>, LoadError> {
        let Some(undeclared) = self.undeclared else { return Ok(None) };
        let has_name = |heap: &Heap, element: Oop| text(heap, heap.follow(heap.fetch(element, 0))).as_deref() == Some(name);
        let found = undeclared.elements(heap).into_iter().find(|&element| has_name(heap, element));
        if found.is_some() {
            undeclared.keep(heap, self.pools_rule, |heap, element| !has_name(heap, element))?;
        }
        Ok(found)
    }

    /// A dictionary of class variables without any.
    pub fn new_pool(&self, heap: &mut Heap) -> Result<Oop, LoadError> {
        new_dictionary(heap, self.pool_model)
    }

    /// Makes a dictionary have class variables of these names, with the values that it has.
    pub fn set_variables(&self, heap: &mut Heap, pool: Oop, names: &[Oop]) -> Result<(), LoadError> {
        let table = Table::dictionary(pool);
        let keys: Vec<Oop> = table.elements(heap).into_iter().map(|element| heap.follow(heap.fetch(element, 0))).collect();
        if keys.iter().any(|key| !names.contains(key)) {
            table.keep(heap, self.pools_rule, |heap, element| names.contains(&heap.follow(heap.fetch(element, 0))))?;
        }
        let nil = heap.nil();
        let new: Result<Vec<Oop>, LoadError> = names
            .iter()
            .filter(|name| !keys.contains(name))
            .map(|&name| association(heap, self.variable_class, name, nil))
            .collect();
        table.add_all(heap, self.pools_rule, &new?)
    }
}

fn association(heap: &mut Heap, class: Oop, key: Oop, value: Oop) -> Result<Oop, LoadError> {
    let association = heap.instantiate(class, 0)?;
    heap.store(association, 0, key);
    heap.store(association, 1, value);
    Ok(association)
}

/// What a class adds to the fields of its superclass.
pub(super) struct Fields<'f> {
    pub kind: Kind,
    pub names: &'f [String],
}

/// Makes a class and its metaclass, to which `set_class_side` gives its fields, and enters both in the class table.
pub(super) fn make(
    heap: &mut Heap,
    shape: &Shape,
    superclass: Option<Oop>,
    name: Oop,
    set_class_side: impl FnOnce(&mut Heap, &Shape, Oop) -> Result<bool, LoadError>,
) -> Result<Oop, LoadError> {
    let nil = heap.nil();
    let metaclass = heap.instantiate(shape.metaclass, 0)?;
    let super_meta = superclass.map_or(shape.class_class, |superclass| heap.class_of(superclass));
    let methods = heap.follow(heap.fetch(shape.model, METHODS));
    heap.store(metaclass, SUPERCLASS, super_meta);
    set_class_side(heap, shape, metaclass)?;
    let class = heap.instantiate(metaclass, 0)?;
    shape.set_this_class(heap, metaclass, class);
    heap.class_table_index(class)?;
    heap.store(class, SUPERCLASS, superclass.unwrap_or(nil));
    for behavior in [metaclass, class] {
        let dictionary = method_dictionary(heap, methods, &[])?;
        heap.store(behavior, METHODS, dictionary);
    }
    shape.set(heap, class, "name", name);
    let environment = shape.get(heap, shape.model, "environment");
    shape.set(heap, class, "environment", environment);
    Ok(class)
}

/// Number of named fields and format, as the third slot of a class has them.
fn spec(fixed: usize, format: Format) -> Oop {
    Oop::from_small_int(i64::from(format.0) << 16 | fixed as i64)
}

/// Gives a class, or a metaclass, its named fields: its format, and a layout or names. Answers whether the format has changed.
pub(super) fn set_fields(
    heap: &mut Heap,
    shape: &Shape,
    symbols: &mut Symbols,
    class: Oop,
    fields: &Fields<'_>,
) -> Result<bool, LoadError> {
    let superclass = heap.follow(heap.fetch(class, SUPERCLASS));
    let inherited = if superclass == heap.nil() { 0 } else { heap.instance_spec(superclass).map_or(0, |spec| spec.0) };
    let fixed = if has_fields(fields.kind) { inherited + fields.names.len() } else { 0 };
    let new = spec(fixed, format_of(fields.kind, fixed));
    let changed = heap.fetch(class, FORMAT) != new;
    heap.store(class, FORMAT, new);
    let variables = match &shape.layouts {
        Some(_) => layout(heap, shape, symbols, class, fields, inherited)?,
        None if fields.names.is_empty() => heap.nil(),
        None => {
            let names: Result<Vec<Oop>, _> = fields.names.iter().map(|name| heap.string(name)).collect();
            heap.array(&names?)?
        }
    };
    heap.store(class, VARIABLES, variables);
    Ok(changed)
}

fn layout(
    heap: &mut Heap,
    shape: &Shape,
    symbols: &mut Symbols,
    class: Oop,
    fields: &Fields<'_>,
    inherited: usize,
) -> Result<Oop, LoadError> {
    let layouts = shape.layouts.as_ref().expect("the image has layouts");
    let layout = heap.instantiate(layouts.class(fields.kind)?, 0)?;
    heap.store(layout, layouts.layout["host"], class);
    if !has_fields(fields.kind) {
        return Ok(layout);
    }
    let superclass = heap.follow(heap.fetch(class, SUPERCLASS));
    let parent = if superclass == heap.nil() { None } else { layouts.scope_of(heap, superclass) };
    let scope = heap.instantiate(layouts.scope.0, fields.names.len())?;
    heap.store(scope, layouts.scope.1["parentScope"], parent.unwrap_or(layouts.empty_scope));
    let first = heap.fixed_fields(scope);
    for (index, name) in fields.names.iter().enumerate() {
        let slot = heap.instantiate(layouts.slot.0, 0)?;
        let name = symbols.get(heap, name)?;
        heap.store(slot, layouts.slot.1["name"], name);
        heap.store(slot, layouts.slot.1["index"], Oop::from_small_int((inherited + index + 1) as i64));
        if let Some(&owner) = layouts.slot.1.get("owningClass") {
            heap.store(slot, owner, class);
        }
        heap.store(scope, first + index, slot);
    }
    heap.store(layout, layouts.layout["slotScope"], scope);
    Ok(layout)
}

/// Adds a class to those that its superclass knows, or takes it from them.
pub(super) fn set_subclass(heap: &mut Heap, shape: &Shape, superclass: Oop, class: Oop, is: bool) -> Result<(), LoadError> {
    let known = shape.get(heap, superclass, "subclasses");
    let mut subclasses: Vec<Oop> = match known == heap.nil() {
        true => Vec::new(),
        false if heap.format(known) == Format::INDEXABLE => heap.slots(known).iter().map(|&class| heap.follow(class)).collect(),
        // Some other collection, which the image keeps as it likes.
        false => return Ok(()),
    };
    subclasses.retain(|&other| other != class);
    if is {
        subclasses.push(class);
    }
    let array = if subclasses.is_empty() { heap.nil() } else { heap.array(&subclasses)? };
    shape.set(heap, superclass, "subclasses", array);
    Ok(())
}

/// Makes a class share these pools.
pub(super) fn set_pools(heap: &mut Heap, world: &World, shape: &Shape, class: Oop, pools: &[Oop]) -> Result<(), LoadError> {
    let mut shared = heap.nil();
    if !pools.is_empty() {
        let collection = world.class("OrderedCollection").ok_or_else(|| LoadError::lacks("a class OrderedCollection"))?;
        shared = heap.instantiate(collection, 0)?;
        let array = heap.array(pools)?;
        for (index, name) in world.field_names(heap, collection).iter().enumerate() {
            match name.as_str() {
                "array" => heap.store(shared, index, array),
                "firstIndex" => heap.store(shared, index, Oop::from_small_int(1)),
                "lastIndex" => heap.store(shared, index, Oop::from_small_int(pools.len() as i64)),
                _ => {}
            }
        }
    }
    shape.set(heap, class, "sharedPools", shared);
    Ok(())
}

/// Whether a class is a metaclass: its class is that of the class of `Object class`.
pub(super) fn is_metaclass(heap: &Heap, class: Oop) -> bool {
    let nil_class = heap.class_of(heap.nil());
    heap.class_of(class) == heap.class_of(heap.class_of(nil_class))
}
