//! A VM for the tests of primitives: the heap of [`TestImage`], and no image that runs.

use super::operands::Answer;
use super::{Run, lookup};
use crate::error::PrimError;
use crate::heap::{HeapConfig, NoRoots};
use crate::image::ImageHeader;
use crate::object::Format;
use crate::oop::Oop;
use crate::platform::{Event, Platform};
use crate::plugin::NoPlugins;
use crate::testing::TestImage;
use crate::vm::Vm;
use std::cell::RefCell;
use std::io::Write;
use std::ops::{Deref, DerefMut};

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

thread_local! {
    static SHARED: RefCell<TestVm> = RefCell::new(TestVm::new());
}

/// Runs `test` in a VM that the cases of a property share: making one takes longer than a case. Its eden is emptied before.
pub fn with_shared<T>(test: impl FnOnce(&mut TestVm) -> T) -> T {
    SHARED.with_borrow_mut(|vm| {
        vm.heap.scavenge(&mut NoRoots);
        test(vm)
    })
}

impl TestVm {
    pub fn new() -> TestVm {
        let image = TestImage::with_sizes(8 << 20, HeapConfig { eden_bytes: 1 << 20, survivor_bytes: 64 << 10 });
        let platform = Box::new(TestPlatform::default());
        TestVm(Vm::idle(image.heap, ImageHeader::new(), platform, Box::new(NoPlugins)))
    }

    /// What a primitive answers to a receiver and arguments.
    pub fn call(&mut self, number: u16, operands: &[Oop]) -> Answer {
        let row = lookup(number).unwrap_or_else(|| panic!("no primitive {number}"));
        assert!(row.accepts(operands.len() - 1), "{number} with {} arguments", operands.len() - 1);
        match row.run {
            Run::Value(run) => self.0.call_value(run, operands),
            _ => Err(PrimError::UNSUPPORTED),
        }
    }

    /// The class of this name.
    pub fn class(&self, name: &str) -> Oop {
        let classes = (1..2048).map(|index| self.heap.class_at(index));
        let found = classes.into_iter().find(|&class| class != self.heap.nil() && self.heap.class_name(class) == name);
        found.unwrap_or_else(|| panic!("no class {name}"))
    }

    /// A new class.
    pub fn new_class(&mut self, name: &str, format: Format, fields: i64) -> Oop {
        let class = self.make("Class", 0);
        let name = self.text(name);
        self.heap.store(class, 2, Oop::from_small_int((format.0 as i64) << 16 | fields));
        self.heap.store(class, 6, name);
        self.heap.class_table_index(class).unwrap();
        class
    }

    /// A new object of so many indexed fields.
    pub fn make(&mut self, class: &str, size: usize) -> Oop {
        let class = self.class(class);
        self.heap.instantiate(class, size).unwrap()
    }

    /// A new ByteString.
    pub fn text(&mut self, text: &str) -> Oop {
        self.heap.string(text).unwrap()
    }
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
