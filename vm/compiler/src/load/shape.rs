//! How the classes of an image are made: which field of a class holds what, by the names that the image's own classes give them.
//!
//! Systems of the Pharo family keep a layout with slots and scopes in the fourth field, those of the Squeak family an array of names.
//! Source: `Behavior`, `Class`, `AbstractLayout`, `LayoutClassScope` and `Slot` of Pharo 8; `ClassDescription` of Squeak and Cuis.

use super::LoadError;
use super::hashed::Table;
use crate::packages::Kind;
use crate::world::World;
use osvm_core::heap::Heap;
use osvm_core::object::Format;
use osvm_core::oop::Oop;
use std::collections::HashMap;

/// Fields of every class.
pub(super) const SUPERCLASS: usize = 0;
pub(super) const METHODS: usize = 1;
pub(super) const FORMAT: usize = 2;
/// The layout, or the array of names.
pub(super) const VARIABLES: usize = 3;

/// The fields of some class by their names.
pub(super) type Fields = HashMap<String, usize>;

/// How classes are made in an image.
pub(super) struct Shape {
    /// Fields of a class.
    class: Fields,
    /// The field of a metaclass that holds its only instance.
    this_class: usize,
    /// The class of metaclasses.
    pub metaclass: Oop,
    /// `Class`, whose subclass the metaclass of a class without a superclass is.
    pub class_class: Oop,
    /// A class to take things from that are like in all: `Object`, or what stands there for it.
    pub model: Oop,
    /// What layouts are made of; `None` where instance variables are in arrays.
    pub layouts: Option<Layouts>,
}

/// The classes that layouts are made of, and their fields.
pub(super) struct Layouts {
    /// Layout classes.
    classes: HashMap<&'static str, Oop>,
    /// Fields of `FixedLayout`.
    pub layout: Fields,
    /// The scope of a class, and its fields.
    pub scope: (Oop, Fields),
    /// Instance variables, and their fields.
    pub slot: (Oop, Fields),
    /// The scope that ends a chain of them.
    pub empty_scope: Oop,
}

/// The names of fields as the image has them.
pub(super) fn fields(heap: &Heap, world: &World, class: Oop) -> Fields {
    world.field_names(heap, class).into_iter().enumerate().map(|(index, name)| (name, index)).collect()
}

/// The class of layout of each kind of class.
const LAYOUTS: [(Kind, &str); 10] = [
    (Kind::Normal, "FixedLayout"),
    (Kind::Variable, "VariableLayout"),
    (Kind::Weak, "WeakLayout"),
    (Kind::Ephemeron, "EphemeronLayout"),
    (Kind::Bytes, "ByteLayout"),
    (Kind::DoubleBytes, "DoubleByteLayout"),
    (Kind::Words, "WordLayout"),
    (Kind::DoubleWords, "DoubleWordLayout"),
    (Kind::Immediate, "ImmediateLayout"),
    (Kind::CompiledMethod, "CompiledMethodLayout"),
];

/// Whether instances have fields that are objects.
pub(super) fn has_fields(kind: Kind) -> bool {
    matches!(kind, Kind::Normal | Kind::Variable | Kind::Weak | Kind::Ephemeron)
}

/// The format of instances of a kind with so many named fields.
pub(super) fn format_of(kind: Kind, fields: usize) -> Format {
    match kind {
        Kind::Normal if fields == 0 => Format::EMPTY,
        Kind::Normal => Format::FIXED,
        Kind::Variable if fields == 0 => Format::INDEXABLE,
        Kind::Variable => Format::INDEXABLE_FIXED,
        Kind::Weak => Format::WEAK,
        Kind::Ephemeron => Format::EPHEMERON,
        Kind::Bytes => Format::BYTES,
        Kind::DoubleBytes => Format::SHORTS,
        Kind::Words => Format::WORDS_32,
        Kind::DoubleWords => Format::WORDS_64,
        Kind::Immediate => Format(7),
        Kind::CompiledMethod => Format::COMPILED_METHOD,
    }
}

/// The kind that the format of a class says.
pub(super) fn kind_of(format: Format) -> Kind {
    match format.0 {
        0 | 1 => Kind::Normal,
        2 | 3 => Kind::Variable,
        4 => Kind::Weak,
        5 => Kind::Ephemeron,
        9 => Kind::DoubleWords,
        10 | 11 => Kind::Words,
        12..=15 => Kind::DoubleBytes,
        16..=23 => Kind::Bytes,
        24.. => Kind::CompiledMethod,
        _ => Kind::Immediate,
    }
}

impl Shape {
    /// Reads how an image makes its classes.
    pub fn read(heap: &Heap, world: &World) -> Result<Shape, LoadError> {
        let class = |name: &str| world.class(name).ok_or_else(|| LoadError::lacks(format!("a class {name}")));
        let (class_class, metaclass) = (class("Class")?, class("Metaclass")?);
        let class_fields = fields(heap, world, class_class);
        for name in ["superclass", "subclasses", "name", "classPool", "sharedPools"] {
            if !class_fields.contains_key(name) {
                return Err(LoadError::lacks(format!("a variable {name} in its class Class")));
            }
        }
        let this_class = fields(heap, world, metaclass).get("thisClass").copied();
        let this_class = this_class.ok_or_else(|| LoadError::lacks("a variable thisClass in its class Metaclass"))?;
        let model = class("Object")?;
        let layouts = if class_fields.contains_key("layout") { Some(Layouts::read(heap, world, model)?) } else { None };
        Ok(Shape { class: class_fields, this_class, metaclass, class_class, model, layouts })
    }

    /// The field of a class with this name, if classes have it.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.class.get(name).copied()
    }

    /// What a class has in the field of this name.
    pub fn get(&self, heap: &Heap, class: Oop, name: &str) -> Oop {
        self.field(name).filter(|&index| index < heap.num_slots(class)).map_or(heap.nil(), |i| heap.follow(heap.fetch(class, i)))
    }

    /// Stores in the field of this name, if classes have it.
    pub fn set(&self, heap: &mut Heap, class: Oop, name: &str, value: Oop) {
        if let Some(index) = self.field(name) {
            heap.store(class, index, value);
        }
    }

    /// Makes a metaclass know its class.
    pub fn set_this_class(&self, heap: &mut Heap, metaclass: Oop, class: Oop) {
        heap.store(metaclass, self.this_class, class);
    }

    /// A dictionary of class variables of some class, to make others like it.
    pub fn class_pool_model(&self, heap: &Heap, world: &World) -> Result<Oop, LoadError> {
        let pool = self.get(heap, self.model, "classPool");
        let pools = std::iter::once(pool).chain(world.classes().map(|class| self.get(heap, class, "classPool")));
        pools.into_iter().find(|&pool| Table::is_table(heap, pool)).ok_or_else(|| LoadError::lacks("a class with class variables"))
    }
}

impl Layouts {
    fn read(heap: &Heap, world: &World, model: Oop) -> Result<Layouts, LoadError> {
        let class = |name: &str| world.class(name).ok_or_else(|| LoadError::lacks(format!("a class {name}")));
        let found = LAYOUTS.iter().filter_map(|&(_, name)| Some((name, world.class(name)?)));
        let classes: HashMap<&'static str, Oop> = found.collect();
        let fixed = class("FixedLayout")?;
        let (scope, slot) = (class("LayoutClassScope")?, class("InstanceVariableSlot")?);
        let mut layouts = Layouts {
            layout: fields(heap, world, fixed),
            scope: (scope, fields(heap, world, scope)),
            slot: (slot, fields(heap, world, slot)),
            empty_scope: heap.nil(),
            classes,
        };
        for (names, fields, of) in [
            (&["host", "slotScope"][..], &layouts.layout, "FixedLayout"),
            (&["parentScope"], &layouts.scope.1, "LayoutClassScope"),
            (&["name", "index"], &layouts.slot.1, "InstanceVariableSlot"),
        ] {
            if let Some(name) = names.iter().find(|&&name| !fields.contains_key(name)) {
                return Err(LoadError::lacks(format!("a variable {name} in its class {of}")));
            }
        }
        layouts.empty_scope = layouts.last_scope(heap, model);
        Ok(layouts)
    }

    /// The scope that ends the chain of those of a class.
    fn last_scope(&self, heap: &Heap, class: Oop) -> Oop {
        let mut scope = self.scope_of(heap, class).unwrap_or(heap.nil());
        let parent = self.scope.1["parentScope"];
        while scope != heap.nil() && heap.class_of(scope) == self.scope.0 {
            scope = heap.follow(heap.fetch(scope, parent));
        }
        scope
    }

    /// The scope of a class, if its instances have fields.
    pub fn scope_of(&self, heap: &Heap, class: Oop) -> Option<Oop> {
        let layout = heap.follow(heap.fetch(class, VARIABLES));
        let is_layout = layout.is_pointer() && layout != heap.nil() && heap.format(layout).is_pointers();
        let scope = is_layout.then(|| heap.slots(layout).get(self.layout["slotScope"]).copied()).flatten()?;
        Some(heap.follow(scope)).filter(|&scope| scope != heap.nil())
    }

    /// The class of the layouts of a kind of class.
    pub fn class(&self, kind: Kind) -> Result<Oop, LoadError> {
        let name = LAYOUTS.iter().find(|&&(other, _)| other == kind).map_or("FixedLayout", |&(_, name)| name);
        self.classes.get(name).copied().ok_or_else(|| LoadError::lacks(format!("a class {name}")))
    }
}
