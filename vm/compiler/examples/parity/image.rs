//! The methods of an image.

use osvm_core::bytecode::MethodHeader;
use osvm_core::heap::{AllocRegion, Heap, HeapConfig};
use osvm_core::image::{self, ImageHeader};
use osvm_core::oop::Oop;
use osvm_core::special::Special;

/// Memory beside what the image needs.
const ROOM: usize = 64 << 20;

/// An image.
pub struct Image {
    pub heap: Heap,
}

/// A method of it.
pub struct Method {
    pub oop: Oop,
    pub header: MethodHeader,
    pub class: Oop,
    pub class_name: String,
    pub class_side: bool,
    pub selector: String,
}

impl Image {
    /// Reads an image; answers its header too.
    pub fn load(path: &str) -> Result<(Image, ImageHeader), String> {
        let bytes = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
        let mut source = bytes.as_slice();
        let config = HeapConfig { eden_bytes: 1 << 20, survivor_bytes: 256 << 10 };
        let header = image::read_header(&mut source).map_err(|error| error.to_string())?;
        let region =
            AllocRegion::new(image::minimum_region_bytes(&header, config) as usize + ROOM).ok_or("there is too little memory")?;
        let loaded = image::load(&mut source, Box::new(region), config).map_err(|error| error.to_string())?;
        Ok((Image { heap: loaded.heap }, loaded.header))
    }

    pub fn methods(&self) -> Vec<Method> {
        let compiled = self.heap.special(Special::ClassCompiledMethod);
        let oops = self.heap.objects().filter(|&oop| self.heap.class_of(oop) == compiled);
        oops.filter_map(|oop| self.method(oop)).collect()
    }

    fn method(&self, oop: Oop) -> Option<Method> {
        let header = MethodHeader::of(&self.heap, oop)?;
        let count = header.literals();
        let class = self.field(self.heap.fetch(oop, count), 1)?;
        let name = self.heap.class_name(class);
        let (class_name, class_side) = match name.strip_suffix(" class").or(name.strip_suffix(" classTrait")) {
            Some(name) => (name.to_string(), true),
            None => (name, false),
        };
        let selector = self.selector(self.heap.fetch(oop, count - 1))?;
        Some(Method { oop, header, class, class_name, class_side, selector })
    }

    /// A selector, or that of the object which has it.
    pub fn selector(&self, state: Oop) -> Option<String> {
        let slots = |oop: Oop| if oop.is_pointer() && self.heap.format(oop).is_pointers() { self.heap.slots(oop) } else { &[] };
        self.heap.text(state).or_else(|| slots(state).iter().find_map(|&part| self.heap.text(part)))
    }

    /// A field of an object of pointers.
    pub fn field(&self, oop: Oop, index: usize) -> Option<Oop> {
        let is_pointers = oop.is_pointer() && self.heap.format(oop).is_pointers();
        if is_pointers { self.heap.slots(oop).get(index).copied() } else { None }
    }

    /// Name of the class of an object.
    pub fn class_of(&self, oop: Oop) -> String {
        self.heap.class_name(self.heap.class_of(oop))
    }
}
