//! A VM for the tests of primitives: a heap with classes, and no image that runs.

use super::operands::Answer;
use super::{Run, lookup};
use crate::error::PrimError;
use crate::heap::{AllocRegion, Heap, HeapConfig};
use crate::image::ImageHeader;
use crate::object::{self, Format};
use crate::oop::Oop;
use crate::platform::{Event, Platform};
use crate::plugin::NoPlugins;
use crate::special::Special;
use crate::vm::Vm;
use std::io::Write;
use std::ops::{Deref, DerefMut};

/// A class of the test heap: its index, the format of its instances, their named fields.
type Class = (u32, Format, i64);

pub const CONTEXT: Class = (object::CLASS_INDEX_CONTEXT, Format::INDEXABLE_FIXED, 6);
pub const ARRAY: Class = (object::CLASS_INDEX_ARRAY, Format::INDEXABLE, 0);
pub const BYTE_ARRAY: Class = (object::CLASS_INDEX_BYTE_ARRAY, Format::BYTES, 0);
pub const STRING: Class = (object::CLASS_INDEX_STRING, Format::BYTES, 0);
pub const WORDS: Class = (object::CLASS_INDEX_BITMAP, Format::WORDS_32, 0);
pub const POINT: Class = (object::CLASS_INDEX_POINT, Format::FIXED, 2);
pub const CLASS: Class = (1024, Format::FIXED, 7);
pub const METHOD: Class = (1025, Format::COMPILED_METHOD, 0);
pub const SHORTS: Class = (1026, Format::SHORTS, 0);
pub const LONGS: Class = (1027, Format::WORDS_64, 0);
pub const MIXED: Class = (1028, Format::INDEXABLE_FIXED, 2);
pub const WEAK: Class = (1029, Format::WEAK, 1);
pub const SEMAPHORE: Class = (1030, Format::FIXED, 4);
pub const PAIR: Class = (1031, Format::FIXED, 2);

const CLASSES: &[Class] = &[
    (object::CLASS_INDEX_SMALL_INTEGER, Format::EMPTY, 0),
    (object::CLASS_INDEX_CHARACTER, Format::EMPTY, 0),
    (object::CLASS_INDEX_SMALL_FLOAT, Format::EMPTY, 0),
    (object::CLASS_INDEX_LARGE_NEGATIVE, Format::BYTES, 0),
    (object::CLASS_INDEX_LARGE_POSITIVE, Format::BYTES, 0),
    (object::CLASS_INDEX_FLOAT, Format::WORDS_32, 0),
    (40, Format::EMPTY, 0),
    CONTEXT,
    ARRAY,
    BYTE_ARRAY,
    STRING,
    WORDS,
    POINT,
    CLASS,
    METHOD,
    SHORTS,
    LONGS,
    MIXED,
    WEAK,
    SEMAPHORE,
    PAIR,
];

/// A VM that runs nothing.
pub struct TestVm(Vm);

impl Deref for TestVm {
    type Target = Vm;

    fn deref(&self) -> &Vm {
        &self.0
    }
}

impl DerefMut for TestVm {
    fn deref_mut(&mut self) -> &mut Vm {
        &mut self.0
    }
}

impl TestVm {
    pub fn new() -> TestVm {
        let region = AllocRegion::new(8 << 20).unwrap();
        let mut heap = Heap::new(Box::new(region), HeapConfig { eden_bytes: 1 << 20, survivor_bytes: 64 << 10 });
        build(&mut heap);
        TestVm(Vm::idle(heap, ImageHeader::default(), Box::new(TestPlatform::default()), Box::new(NoPlugins)))
    }

    /// What a primitive answers to receiver and arguments.
    pub fn call(&mut self, number: u16, operands: &[Oop]) -> Answer {
        let row = lookup(number).unwrap_or_else(|| panic!("no primitive {number}"));
        assert!(row.accepts(operands.len() - 1), "{number} with {} arguments", operands.len() - 1);
        match row.run {
            Run::Value(run) => self.0.call_value(run, operands),
            _ => Err(PrimError::Unsupported),
        }
    }

    pub fn class(&self, class: Class) -> Oop {
        self.heap.class_at(class.0)
    }

    /// A new object of so many indexed fields.
    pub fn make(&mut self, class: Class, size: usize) -> Oop {
        let class = self.class(class);
        self.heap.instantiate(class, size).unwrap()
    }

    pub fn text(&mut self, text: &str) -> Oop {
        self.heap.string(text).unwrap()
    }
}

fn build(heap: &mut Heap) {
    let nil = heap.nil();
    for _ in 0..3 {
        heap.alloc_raw_old(0, Format::EMPTY, 40).unwrap();
    }
    let nils = |heap: &mut Heap, slots, class_index| {
        let oop = heap.alloc_raw_old(slots, Format::INDEXABLE, class_index).unwrap();
        heap.slots_mut(oop).fill(nil);
        oop
    };
    heap.hidden_roots = nils(heap, 4104, object::CLASS_INDEX_ARRAY_PUN);
    for page in 0..2 {
        let entries = nils(heap, 1024, object::CLASS_INDEX_ARRAY_PUN);
        heap.store(heap.hidden_roots, page, entries);
    }
    heap.special_objects = nils(heap, 60, ARRAY.0);
    for &(index, format, fields) in CLASSES {
        let class = heap.alloc_raw_old(7, Format::FIXED, CLASS.0).unwrap();
        heap.slots_mut(class).fill(nil);
        heap.store(class, 2, Oop::from_small_int((format.0 as i64) << 16 | fields));
        heap.set_header(class, heap.header(class) | (index as u64) << object::HASH_SHIFT);
        let page = heap.fetch(heap.hidden_roots, (index >> 10) as usize);
        heap.store(page, (index & 1023) as usize, class);
    }
    let semaphore = heap.class_at(SEMAPHORE.0);
    heap.set_special(Special::ClassSemaphore, semaphore);
    let point = heap.class_at(POINT.0);
    heap.set_special(Special::ClassPoint, point);
    let byte_array = heap.class_at(BYTE_ARRAY.0);
    heap.store(heap.special_objects, 43, byte_array);
}

/// Surroundings that answer the same every time.
#[derive(Default)]
struct TestPlatform {
    image_name: String,
}

impl Platform for TestPlatform {
    fn utc_microseconds(&mut self) -> u64 {
        3_900_000_000_000_000
    }

    fn monotonic_microseconds(&mut self) -> u64 {
        5_000_000
    }

    fn local_offset_seconds(&mut self) -> i64 {
        7200
    }

    fn entropy(&mut self) -> u64 {
        1
    }

    fn attribute(&mut self, number: i64) -> Option<String> {
        match number {
            0 => Some("/usr/bin/osvm".into()),
            1001 => Some("unix".into()),
            _ => None,
        }
    }

    fn next_event(&mut self) -> Option<Event> {
        None
    }

    fn image_name(&mut self) -> String {
        self.image_name.clone()
    }

    fn set_image_name(&mut self, name: String) {
        self.image_name = name;
    }

    fn write_snapshot(&mut self, _: &mut dyn FnMut(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
        Ok(())
    }

    fn report(&mut self, _: &str) {}
}
