//! Small images for tests: a heap with the objects that every image has, built by hand ([`TestImage`]), and a VM that runs code in one
//! ([`Machine`]).
//!
//! ```
//! use osvm_core::testing::TestImage;
//! let mut image = TestImage::new();
//! let array = image.heap.array(&[]).unwrap();
//! assert_eq!(image.heap.class_of(array), image.class("Array"));
//! ```

mod asm;
mod kernel;
mod machine;
mod world;

pub use asm::{Asm, Literal, arguments, string, symbol};
pub use machine::{Machine, for_all, for_sista};
pub use world::World;

use crate::heap::{AllocRegion, Heap, HeapConfig, Region};
use crate::object::{self, Format};
use crate::oop::Oop;
use crate::special::{SPECIAL_OBJECTS, Special};

/// Class index of nil's class in a test image.
const CLASS_INDEX_NIL: u32 = 1024;

/// The classes of a test image: class index, name, format and number of named fields of the instances, special object.
const CLASSES: &[(u32, &str, Format, usize, Option<Special>)] = &[
    (object::CLASS_INDEX_SMALL_INTEGER, "SmallInteger", Format::EMPTY, 0, Some(Special::ClassSmallInteger)),
    (object::CLASS_INDEX_CHARACTER, "Character", Format::EMPTY, 0, Some(Special::ClassCharacter)),
    (object::CLASS_INDEX_SMALL_FLOAT, "SmallFloat64", Format::EMPTY, 0, None),
    (object::CLASS_INDEX_LARGE_NEGATIVE, "LargeNegativeInteger", Format::BYTES, 0, Some(Special::ClassLargeNegativeInteger)),
    (object::CLASS_INDEX_LARGE_POSITIVE, "LargePositiveInteger", Format::BYTES, 0, Some(Special::ClassLargePositiveInteger)),
    (object::CLASS_INDEX_FLOAT, "BoxedFloat64", Format::WORDS_32, 0, Some(Special::ClassFloat)),
    (object::CLASS_INDEX_MESSAGE, "Message", Format::FIXED, 3, Some(Special::ClassMessage)),
    (object::CLASS_INDEX_CONTEXT, "Context", Format::INDEXABLE_FIXED, 6, Some(Special::ClassContext)),
    (object::CLASS_INDEX_BLOCK_CLOSURE, "BlockClosure", Format::INDEXABLE_FIXED, 3, Some(Special::ClassBlockClosure)),
    (object::CLASS_INDEX_FULL_BLOCK_CLOSURE, "FullBlockClosure", Format::INDEXABLE_FIXED, 4, Some(Special::ClassFullBlockClosure)),
    (object::CLASS_INDEX_BYTE_ARRAY, "ByteArray", Format::BYTES, 0, Some(Special::ClassByteArray)),
    (object::CLASS_INDEX_ARRAY, "Array", Format::INDEXABLE, 0, Some(Special::ClassArray)),
    (object::CLASS_INDEX_STRING, "ByteString", Format::BYTES, 0, Some(Special::ClassString)),
    (object::CLASS_INDEX_BITMAP, "Bitmap", Format::WORDS_32, 0, Some(Special::ClassBitmap)),
    (object::CLASS_INDEX_POINT, "Point", Format::FIXED, 2, Some(Special::ClassPoint)),
    (CLASS_INDEX_NIL, "UndefinedObject", Format::EMPTY, 0, None),
    (1025, "False", Format::EMPTY, 0, None),
    (1026, "True", Format::EMPTY, 0, None),
    (1027, "Class", Format::FIXED, 8, None),
    (1028, "CompiledMethod", Format::COMPILED_METHOD, 0, Some(Special::ClassCompiledMethod)),
    (1029, "WeakArray", Format::WEAK, 0, None),
    (1030, "WeakHolder", Format::WEAK, 2, None),
    (1031, "Ephemeron", Format::EPHEMERON, 3, None),
    (1032, "Semaphore", Format::FIXED, 4, Some(Special::ClassSemaphore)),
    (1033, "Object", Format::EMPTY, 0, None),
    (1034, "Association", Format::FIXED, 2, None),
    (1035, "DoubleByteArray", Format::SHORTS, 0, None),
    (1036, "DoubleWordArray", Format::WORDS_64, 0, None),
    (1037, "WordArray", Format::WORDS_32, 0, None),
    (1038, "FloatArray", Format::WORDS_32, 0, None),
    (1039, "WideString", Format::WORDS_32, 0, None),
    (1040, "ByteSymbol", Format::BYTES, 0, None),
];

/// A heap with nil, false, true, class table, a few classes and a special objects array, and nothing that runs.
pub struct TestImage {
    /// The object memory.
    pub heap: Heap,
}

impl Default for TestImage {
    fn default() -> Self {
        TestImage::new()
    }
}

impl TestImage {
    /// An image in a region of 8 MiB, with an eden of 64 KiB so that tests fill it soon.
    pub fn new() -> TestImage {
        TestImage::with_sizes(8 << 20, HeapConfig { eden_bytes: 64 << 10, survivor_bytes: 16 << 10 })
    }

    /// An image in a region of `region_bytes`.
    ///
    /// # Panics
    /// If the region is too small for the image or there is no memory for it.
    pub fn with_sizes(region_bytes: usize, config: HeapConfig) -> TestImage {
        let region = AllocRegion::new(region_bytes).expect("memory for the test image");
        TestImage::in_region(Box::new(region), config)
    }

    /// An image in this region.
    ///
    /// # Panics
    /// If the region is too small for the image.
    pub fn in_region(region: Box<dyn Region>, config: HeapConfig) -> TestImage {
        let mut heap = Heap::fresh(region, config, CLASS_INDEX_NIL).expect("the region has room for an image");
        build(&mut heap);
        TestImage { heap }
    }

    /// The class of this name.
    ///
    /// # Panics
    /// If the image has no such class.
    pub fn class(&self, name: &str) -> Oop {
        self.heap.class_at(class_index(name))
    }

    /// The class of this name, if the image has one from the beginning.
    pub fn find_class(&self, name: &str) -> Option<Oop> {
        CLASSES.iter().find(|class| class.1 == name).map(|class| self.heap.class_at(class.0))
    }

    /// A new class whose instances have this format and so many named fields; entered in the class table with its first instance.
    ///
    /// # Panics
    /// If memory is full.
    pub fn new_class(&mut self, name: &str, format: Format, fields: usize) -> Oop {
        let class = self.class("Class");
        let class = self.heap.instantiate(class, 0).expect("memory for a class");
        let name = self.heap.string(name).expect("memory for a name");
        fill_class(&mut self.heap, class, name, format, fields);
        class
    }

    /// A new class with a metaclass, as images have them: it has no superclass, and its fourth field has the names of the fields of its
    /// instances.
    ///
    /// # Panics
    /// If memory is full.
    pub fn new_class_with_names(&mut self, name: &str, format: Format, fields: &[&str]) -> Oop {
        const ENOUGH: &str = "memory for a class";
        let (nil, metaclass) = (self.heap.nil(), self.new_class(name, Format::FIXED, 8));
        let class = self.heap.instantiate(metaclass, 0).expect(ENOUGH);
        let name = self.heap.fetch(metaclass, NAME);
        fill_class(&mut self.heap, class, name, format, fields.len());
        // A metaclass has its class and no name.
        self.heap.store(metaclass, NAME, nil);
        self.heap.store(metaclass, NAME + 1, class);
        let names: Vec<Oop> = fields.iter().map(|name| self.heap.string(name).expect(ENOUGH)).collect();
        let names = self.heap.array(&names).expect(ENOUGH);
        self.heap.store(class, 3, names);
        class
    }

    /// A new compiled method with these literals and bytecodes.
    ///
    /// # Panics
    /// If memory is full.
    pub fn method(&mut self, literals: &[Oop], bytecodes: &[u8]) -> Oop {
        let (format, code_slots) = Format::for_units(Format::COMPILED_METHOD, bytecodes.len() as u64, 0);
        let slots = 1 + literals.len() + code_slots as usize;
        let method = self.heap.alloc_bits(class_index("CompiledMethod"), format, slots).expect("memory for a method");
        self.heap.store(method, 0, Oop::from_small_int(literals.len() as i64));
        for (i, &literal) in literals.iter().enumerate() {
            self.heap.store(method, 1 + i, literal);
        }
        self.heap.bytes_mut(method).copy_from_slice(bytecodes);
        method
    }
}

/// The class index of a class of the test image.
fn class_index(name: &str) -> u32 {
    CLASSES.iter().find(|class| class.1 == name).unwrap_or_else(|| panic!("the test image has no class {name}")).0
}

fn build(heap: &mut Heap) {
    const ENOUGH: &str = "the region has room for the image";
    let nil = heap.nil;
    for &(index, ..) in CLASSES {
        let class = heap.alloc_raw_old(8, Format::FIXED, class_index("Class")).expect(ENOUGH);
        heap.slots_mut(class).fill(nil);
        heap.enter_class_at(class, index).expect(ENOUGH);
    }
    for &(index, name, format, fields, special) in CLASSES {
        let class = heap.class_at(index);
        let (string_format, slots) = Format::for_units(Format::BYTES, name.len() as u64, 0);
        let string = heap.alloc_raw_old(slots, string_format, object::CLASS_INDEX_STRING).expect(ENOUGH);
        heap.bytes_mut(string).copy_from_slice(name.as_bytes());
        fill_class(heap, class, string, format, fields);
        if let Some(special) = special {
            heap.set_special(special, class);
        }
    }
    // The class of selectors is told by one of them.
    let selector = "doesNotUnderstand:";
    let (string_format, slots) = Format::for_units(Format::BYTES, selector.len() as u64, 0);
    let symbol = heap.alloc_raw_old(slots, string_format, class_index("ByteSymbol")).expect(ENOUGH);
    heap.bytes_mut(symbol).copy_from_slice(selector.as_bytes());
    heap.set_special(Special::SelectorDoesNotUnderstand, symbol);
    debug_assert!(SPECIAL_OBJECTS.iter().all(|special| special.0 < heap.num_slots(heap.special_objects)));
}

/// The field of a class with its name.
const NAME: usize = 6;

fn fill_class(heap: &mut Heap, class: Oop, name: Oop, format: Format, fields: usize) {
    heap.store(class, 2, Oop::from_small_int((format.0 as i64) << 16 | fields as i64));
    heap.store(class, NAME, name);
}
