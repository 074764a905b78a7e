//! What is around the VM of a test: its clock, its events, and a module of two primitives.

use crate::error::PrimError;
use crate::oop::Oop;
use crate::platform::{Event, Platform};
use crate::plugin::{Call, NamedPrimitive, NotFound, PluginHost};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Write;
use std::rc::Rc;

/// What happens around the VM.
#[derive(Default)]
pub struct World {
    /// UTC microseconds.
    pub now: u64,
    /// What the VM is to be told.
    pub events: VecDeque<Event>,
    /// What the VM said.
    pub reports: String,
}

pub(super) struct TestPlatform(pub(super) Rc<RefCell<World>>);

impl Platform for TestPlatform {
    fn utc_microseconds(&mut self) -> u64 {
        self.0.borrow().now
    }

    fn monotonic_microseconds(&mut self) -> u64 {
        self.0.borrow().now
    }

    fn local_offset_seconds(&mut self) -> i64 {
        0
    }

    fn entropy(&mut self) -> u64 {
        7
    }

    fn attribute(&mut self, _: i64) -> Option<String> {
        None
    }

    fn next_event(&mut self) -> Option<Event> {
        self.0.borrow_mut().events.pop_front()
    }

    fn image_name(&mut self) -> String {
        "test.image".into()
    }

    fn set_image_name(&mut self, _: String) {}

    fn write_snapshot(&mut self, snapshot: &mut dyn FnMut(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
        snapshot(&mut Vec::new())
    }

    fn report(&mut self, text: &str) {
        self.0.borrow_mut().reports.push_str(text);
    }
}

/// A module `Test` with two primitives: `double`, and `fail`, which fails with the system's error 42.
pub(super) struct TestPlugins;

impl PluginHost for TestPlugins {
    fn resolve(&mut self, module: &str, function: &str) -> Result<NamedPrimitive, NotFound> {
        match (module, function) {
            ("Test", "double") => Ok(NamedPrimitive(0)),
            ("Test", "fail") => Ok(NamedPrimitive(1)),
            ("Test", _) => Err(NotFound::Function),
            _ => Err(NotFound::Module),
        }
    }

    fn call(&mut self, primitive: NamedPrimitive, call: &mut Call<'_>) -> Result<Oop, PrimError> {
        match (primitive.0, call.operands.arg(0).and_then(Oop::as_small_int)) {
            (0, Some(value)) => Ok(Oop::from_small_int(2 * value)),
            (0, None) => Err(PrimError::BAD_ARGUMENT),
            (_, Some(0)) => Err(PrimError::GENERIC),
            _ => Err(PrimError::system(42)),
        }
    }
}
