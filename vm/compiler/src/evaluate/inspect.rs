//! Objects and classes of the image as people look at them.

use super::agent::Task;
use super::driver::Driver;
use super::error::EvalError;
use super::image::selectors_of;
use super::run::user_priority;
use super::session::Session;
use crate::text::text;
use crate::world::World;
use osvm_core::oop::Oop;
use std::collections::BTreeSet;

/// The most elements of an object that are shown.
const ELEMENTS: usize = 100;

/// An object and what it holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inspection {
    /// Its class.
    pub class: String,
    /// Names of its variables, and numbers of its elements, each with the text of its object.
    pub parts: Vec<(String, String)>,
    /// How many more elements it has.
    pub left_out: usize,
}

/// A class and its methods.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClassSummary {
    /// Its name.
    pub name: String,
    /// Its superclass; `None` if it has none.
    pub superclass: Option<String>,
    /// Names of the variables of its instances, those of its superclasses first.
    pub variables: Vec<String>,
    /// Selectors of its methods.
    pub methods: Vec<String>,
    /// Selectors of its metaclass's methods.
    pub class_methods: Vec<String>,
}

impl<D: Driver> Session<D> {
    /// The object that the last expression answered, with its parts; `None` before the first.
    pub fn inspect(&mut self) -> Result<Option<Inspection>, EvalError> {
        let Some(value) = self.value() else { return Ok(None) };
        let heap = &self.driver.vm().heap;
        let world = World::read(heap);
        let class = heap.class_of(value);
        let names = world.field_names(heap, class);
        let is_pointers = value.is_pointer() && heap.format(value).is_pointers();
        let slots: &[Oop] = if is_pointers { heap.slots(value) } else { &[] };
        let fixed = names.len().min(slots.len());
        let shown = slots.len().min(fixed + ELEMENTS);
        let numbers = (1..=shown - fixed).map(|number| number.to_string());
        let labels: Vec<String> = names.into_iter().take(fixed).chain(numbers).collect();
        let (class, left_out) = (heap.class_name(class), slots.len() - shown);
        let parts: Vec<Oop> = slots[..shown].iter().map(|&part| heap.follow(part)).collect();
        let texts = self.texts(&parts)?;
        Ok(Some(Inspection { class, parts: labels.into_iter().zip(texts).collect(), left_out }))
    }

    /// What objects say to `printString`, or in a few words what they are.
    fn texts(&mut self, objects: &[Oop]) -> Result<Vec<String>, EvalError> {
        let vm = self.driver.vm();
        let described: Vec<String> = objects.iter().map(|&object| vm.describe(object)).collect();
        let Some(method) = self.agent.method(vm, Task::Print) else { return Ok(described) };
        let array = vm.heap.array(objects)?;
        let handle = vm.hold(array);
        let priority = user_priority(vm);
        let result = self.run_service(method, array, priority);
        let vm = self.driver.vm();
        let array = vm.held(&handle);
        let answers: Vec<Option<String>> =
            vm.heap.slots(array).iter().map(|&answer| text(&vm.heap, vm.heap.follow(answer))).collect();
        vm.release(handle);
        result?;
        Ok(answers.into_iter().zip(described).map(|(answer, described)| answer.unwrap_or(described)).collect())
    }

    /// A class; `None` if the image has none of this name.
    pub fn browse(&mut self, name: &str) -> Option<ClassSummary> {
        let heap = &self.driver.vm().heap;
        let world = World::read(heap);
        let class = world.class(name)?;
        let superclass = heap.follow(heap.fetch(class, 0));
        let sorted = |class: Oop| {
            let mut selectors = selectors_of(heap, class);
            selectors.sort();
            selectors
        };
        Some(ClassSummary {
            name: name.into(),
            superclass: (superclass != heap.nil()).then(|| heap.class_name(superclass)),
            variables: world.field_names(heap, class),
            methods: sorted(class),
            class_methods: sorted(heap.class_of(class)),
        })
    }

    /// What can be written in an expression: globals, variables of the session, and selectors of methods.
    pub fn words(&mut self) -> BTreeSet<String> {
        let variables: Vec<String> = self.variable_names().map(str::to_string).collect();
        let heap = &self.driver.vm().heap;
        let world = World::read(heap);
        let mut words: BTreeSet<String> = variables.into_iter().chain(world.global_names().map(str::to_string)).collect();
        for class in world.classes() {
            words.extend(selectors_of(heap, class));
            words.extend(selectors_of(heap, heap.class_of(class)));
        }
        words
    }
}
