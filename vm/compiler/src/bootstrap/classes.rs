//! Classes and metaclasses as objects, and the variables that they declare.
//!
//! Fields of a class are found by the names that the sources give them, so a class library may arrange them as it likes behind
//! superclass, methods and format.

use super::hierarchy::{ClassPlan, Hierarchy};
use super::known::ALIASES;
use super::names::Variables;
use super::objects::Objects;
use super::shape::Kind;
use crate::install::InstallError;
use crate::semantics::Binding;
use osvm_core::heap::Heap;
use osvm_core::object::Format;
use osvm_core::oop::Oop;
use std::collections::HashMap;

/// Fields that every class has, in this order.
const SUPERCLASS: usize = 0;
pub(super) const METHODS: usize = 1;
const FORMAT: usize = 2;

/// Globals that are no classes.
pub(super) const SYSTEM: &str = "Smalltalk";
pub(super) const SCHEDULER: &str = "Processor";
pub(super) const TRANSCRIPT: &str = "Transcript";
pub(super) const UNDECLARED: &str = "Undeclared";

/// The classes as objects.
pub(super) struct Classes {
    /// Class and metaclass of each.
    pub oops: Vec<[Oop; 2]>,
    pub by_name: HashMap<String, Oop>,
    /// The associations that methods of each side have as their last literal: super sends begin at the value.
    pub bindings: Vec<[Oop; 2]>,
    pub variables: Variables,
    /// Smalltalk.
    pub system: Oop,
}

/// Makes the classes without their methods, and the globals.
pub(super) fn make(heap: &mut Heap, objects: &mut Objects, hierarchy: &Hierarchy) -> Result<Classes, InstallError> {
    let mut maker = Maker { heap, objects, hierarchy, oops: Vec::new() };
    maker.make_oops()?;
    let by_name = hierarchy.by_name.iter().map(|(name, &index)| (name.clone(), maker.oops[index][0])).collect();
    let system_class = maker.class("SystemDictionary");
    let system = maker.heap.instantiate(system_class, 0)?;
    let (variables, bindings) = maker.make_variables(system)?;
    maker.fill(&variables, system)?;
    Ok(Classes { oops: maker.oops, by_name, bindings, variables, system })
}

struct Maker<'a> {
    heap: &'a mut Heap,
    objects: &'a mut Objects,
    hierarchy: &'a Hierarchy,
    oops: Vec<[Oop; 2]>,
}

impl Maker<'_> {
    /// A class that is known to be there.
    fn class(&self, name: &str) -> Oop {
        self.oops[self.hierarchy.by_name[name]][0]
    }

    fn plan(&self, name: &str) -> &ClassPlan {
        &self.hierarchy.classes[self.hierarchy.by_name[name]]
    }

    /// All classes and metaclasses, entered in the class table and empty.
    fn make_oops(&mut self) -> Result<(), InstallError> {
        let metaclass = self.plan("Metaclass");
        let (metaclass_index, metaclass_fields) = (metaclass.indices[0], metaclass.all_fields[0].len());
        let class_fields = self.plan("Class").all_fields[0].len();
        for plan in &self.hierarchy.classes {
            let fields = class_fields + plan.all_fields[1].len();
            let class = self.heap.alloc_pointers(plan.indices[1], Format::FIXED, fields)?;
            let metaclass = self.heap.alloc_pointers(metaclass_index, Format::FIXED, metaclass_fields)?;
            let formats = [plan.kind.class_format(plan.all_fields[0].len()), Kind::Fixed.class_format(fields)];
            // An entry that comes first is not the one that the class has as its hash.
            for &(_, alias) in ALIASES.iter().filter(|(name, _)| *name == plan.name) {
                self.heap.enter_class_at(class, alias)?;
            }
            for (side, oop) in [class, metaclass].into_iter().enumerate() {
                self.heap.enter_class_at(oop, plan.indices[side])?;
                self.heap.store(oop, FORMAT, Oop::from_small_int(formats[side]));
            }
            self.oops.push([class, metaclass]);
        }
        Ok(())
    }

    /// Globals and class variables, and the associations of the classes.
    fn make_variables(&mut self, system: Oop) -> Result<(Variables, Vec<[Oop; 2]>), InstallError> {
        let mut variables = Variables::default();
        let mut bindings = Vec::new();
        let mut globals = Vec::new();
        for (plan, &[class, metaclass]) in self.hierarchy.classes.iter().zip(&self.oops) {
            let association = self.objects.association(self.heap, &plan.name, class)?;
            let id = variables.add(association);
            variables.globals.insert(plan.name.clone(), Binding::Constant(id));
            bindings.push([association, self.objects.nameless_association(self.heap, metaclass)?]);
            globals.push(association);
        }
        let scheduler = self.heap.instantiate(self.class("ProcessorScheduler"), 0)?;
        let undeclared = self.heap.instantiate(self.class("IdentityDictionary"), 0)?;
        self.objects.fill_dictionary(self.heap, undeclared, &[])?;
        let nil = self.heap.nil();
        for (name, value) in [(SYSTEM, system), (SCHEDULER, scheduler), (TRANSCRIPT, nil), (UNDECLARED, undeclared)] {
            let association = self.objects.association(self.heap, name, value)?;
            let id = variables.add(association);
            variables.globals.insert(name.into(), Binding::Variable(id));
            globals.push(association);
        }
        self.objects.fill_dictionary(self.heap, system, &globals)?;
        for index in 0..self.oops.len() {
            let pool = self.class_pool(&self.hierarchy.classes[index], &mut variables)?;
            self.set(self.oops[index][0], "Class", "classPool", pool);
        }
        self.share_pools(&mut variables);
        Ok((variables, bindings))
    }

    /// The dictionary of a class's variables; nil if it has none.
    fn class_pool(&mut self, plan: &ClassPlan, variables: &mut Variables) -> Result<Oop, InstallError> {
        let nil = self.heap.nil();
        let mut associations = Vec::new();
        let mut ids = HashMap::new();
        for name in &plan.class_variables {
            let association = self.objects.association(self.heap, name, nil)?;
            ids.insert(name.clone(), variables.add(association));
            associations.push(association);
        }
        variables.of_class.push(ids);
        if associations.is_empty() {
            return Ok(nil);
        }
        let pool = self.heap.instantiate(self.class("IdentityDictionary"), 0)?;
        self.objects.fill_dictionary(self.heap, pool, &associations)?;
        Ok(pool)
    }

    /// Lets classes see the variables of the classes that are their pools.
    fn share_pools(&self, variables: &mut Variables) {
        for (index, plan) in self.hierarchy.classes.iter().enumerate() {
            for pool in plan.pools.iter().filter_map(|pool| self.hierarchy.by_name.get(pool)) {
                let shared = variables.of_class[*pool].clone();
                for (name, id) in shared {
                    variables.of_class[index].entry(name).or_insert(id);
                }
            }
        }
    }

    /// Fills in everything but the methods.
    fn fill(&mut self, variables: &Variables, system: Oop) -> Result<(), InstallError> {
        debug_assert_eq!(variables.of_class.len(), self.oops.len());
        let nil = self.heap.nil();
        let class_class = self.class("Class");
        for (index, plan) in self.hierarchy.classes.iter().enumerate() {
            let [class, metaclass] = self.oops[index];
            let [superclass, super_metaclass] = plan.superclass.map_or([nil, class_class], |parent| self.oops[parent]);
            self.heap.store(class, SUPERCLASS, superclass);
            self.heap.store(metaclass, SUPERCLASS, super_metaclass);
            let names = [
                self.objects.symbol_array(self.heap, &plan.own_fields[0])?,
                self.objects.symbol_array(self.heap, &plan.own_fields[1])?,
            ];
            let name = self.objects.symbol(self.heap, &plan.name)?;
            let category = self.objects.symbol(self.heap, &plan.package)?;
            let comment = self.comment(plan)?;
            let pools: Vec<Oop> = plan.pools.iter().map(|pool| self.class(pool)).collect();
            let pools = self.heap.array(&pools)?;
            let children: Vec<Oop> = self.children(index);
            let subclasses = self.heap.array(&children)?;
            for (field, value) in [
                ("instanceVariables", names[0]),
                ("name", name),
                ("category", category),
                ("comment", comment),
                ("sharedPools", pools),
                ("subclasses", subclasses),
                ("environment", system),
            ] {
                self.set(class, "Class", field, value);
            }
            self.set(metaclass, "Metaclass", "instanceVariables", names[1]);
            self.set(metaclass, "Metaclass", "thisClass", class);
        }
        Ok(())
    }

    fn comment(&mut self, plan: &ClassPlan) -> Result<Oop, InstallError> {
        // Comments in other letters than Latin-1 are rare; what a ByteString has no room for is a question mark there.
        let bytes: Vec<u8> = plan.comment.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
        Ok(self.heap.byte_object(osvm_core::object::CLASS_INDEX_STRING, &bytes)?)
    }

    fn children(&self, parent: usize) -> Vec<Oop> {
        let classes = self.hierarchy.classes.iter().zip(&self.oops);
        classes.filter(|(plan, _)| plan.superclass == Some(parent)).map(|(_, oops)| oops[0]).collect()
    }

    /// Sets a field of a class if classes have one of this name.
    fn set(&mut self, oop: Oop, class: &str, field: &str, value: Oop) {
        if let Some(index) = self.plan(class).all_fields[0].iter().position(|name| name == field) {
            self.heap.store(oop, index, value);
        }
    }
}
