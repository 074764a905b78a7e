//! Literals by what the image has: its symbols and classes, and the variables of the method that is replaced.

use super::image::{Image, Method};
use super::sources::ClassEnvironment;
use osvm_compiler::install::{InstallError, Linker};
use osvm_compiler::semantics::VariableId;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use std::collections::HashMap;

/// The symbols and classes of an image.
pub struct ImageLinker {
    symbols: HashMap<String, Oop>,
    classes: HashMap<String, Oop>,
    symbol_class: u32,
    environment: Option<ClassEnvironment>,
    variables: HashMap<String, Oop>,
    class_binding: Oop,
}

impl ImageLinker {
    pub fn new(image: &Image) -> ImageLinker {
        let heap = &image.heap;
        let (mut symbols, mut classes, mut symbol_class) = (HashMap::new(), HashMap::new(), 0);
        for oop in heap.objects() {
            match image.class_of(oop).as_str() {
                "ByteSymbol" => {
                    symbol_class = heap.class_index(oop);
                    symbols.insert(heap.bytes(oop).iter().map(|&byte| char::from(byte)).collect(), oop);
                }
                class if class.ends_with(" class") => drop(classes.insert(heap.class_name(oop), oop)),
                _ => {}
            }
        }
        ImageLinker { symbols, classes, symbol_class, environment: None, variables: HashMap::new(), class_binding: heap.nil() }
    }

    /// What follows replaces this method.
    pub fn start(&mut self, image: &Image, method: &Method, environment: ClassEnvironment) {
        let literals = image.literals(method);
        let named = |&oop: &Oop| Some((image.heap.text(image.field(oop, 0)?)?, oop));
        self.variables = literals.iter().filter_map(named).collect();
        self.class_binding = literals[literals.len() - 1];
        self.environment = Some(environment);
    }
}

impl Linker for ImageLinker {
    fn symbol(&mut self, heap: &mut Heap, text: &str) -> Result<Oop, InstallError> {
        if let Some(&symbol) = self.symbols.get(text) {
            return Ok(symbol);
        }
        let bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
        let symbol = heap.byte_object(self.symbol_class, &bytes)?;
        self.symbols.insert(text.into(), symbol);
        Ok(symbol)
    }

    fn variable(&mut self, id: VariableId) -> Oop {
        let name = self.environment.as_ref().expect("a method is replaced").name(id);
        *self.variables.get(&name).unwrap_or_else(|| panic!("the method that is replaced does not refer to {name}"))
    }

    fn class_binding(&mut self) -> Oop {
        self.class_binding
    }

    fn class(&mut self, _: &Heap, name: &str) -> Option<Oop> {
        self.classes.get(name).copied()
    }
}
