//! Plugins in the real host, over a small image: for tests of plugins in each form, and for commands that call a primitive.

#[cfg(not(target_family = "wasm"))]
mod fakes;
#[cfg(not(target_family = "wasm"))]
mod plugin_test;

use crate::config::Config;
use crate::interfaces::{Rights, Shared};
use crate::plugins::{PluginOptions, Plugins};
use crate::signals::Events;
use osvm_core::error::PrimError;
use osvm_core::heap::{Heap, HeapConfig, Roots};
use osvm_core::oop::Oop;
use osvm_core::platform::Event;
use osvm_core::plugin::{Call, Operands, PluginHost};
use osvm_core::testing::TestImage;
use std::io;
use std::path::Path;

#[cfg(not(target_family = "wasm"))]
pub use plugin_test::{PluginTest, TestError};

/// Bytes of memory for objects.
const MEMORY: usize = 64 << 20;

/// When more bytes of new objects are there, or more than after the last collection are old, they are collected.
const ROOM: u64 = 8 << 20;

/// A host with the plugins of a configuration, and an image that has nothing but a few classes.
pub struct RealHost {
    /// The image, to make arguments and to look at results. Nothing is collected in it.
    pub image: TestImage,
    /// The plugins.
    pub plugins: Plugins,
    events: Events,
    /// Bytes of old objects after the last collection.
    old: u64,
}

impl RealHost {
    /// The plugins of a configuration.
    pub fn new(config: &Config, options: PluginOptions) -> io::Result<RealHost> {
        let events = Events::new()?;
        let shared = Shared::new(Path::new("test.image"), events.sender(), Rights::default());
        let sizes = HeapConfig { eden_bytes: 16 << 20, survivor_bytes: 1 << 20 };
        Ok(RealHost { image: TestImage::with_sizes(MEMORY, sizes), plugins: Plugins::new(config, options, shared), events, old: 0 })
    }

    /// The object memory.
    pub fn heap(&mut self) -> &mut Heap {
        &mut self.image.heap
    }

    /// Calls a primitive as a method does that names it; one that is not there fails with `#'not found'`.
    pub fn call(&mut self, module: &str, function: &str, receiver: Oop, args: &[Oop]) -> Result<Oop, PrimError> {
        let primitive = self.plugins.resolve(module, function).map_err(|_| PrimError::NOT_FOUND)?;
        let stack = Operands::stack(receiver, args);
        self.plugins.call(primitive, &mut Call { heap: &mut self.image.heap, operands: Operands::new(&stack) })
    }

    /// Objects fill so much of the memory that it should be collected.
    pub fn is_filled(&self) -> bool {
        let heap = &self.image.heap;
        heap.young_bytes() > ROOM || heap.old_bytes() > self.old + ROOM
    }

    /// Frees the objects that nobody has any more: call it only while no object is held outside the image but by plugins.
    pub fn collect(&mut self) {
        let heap = &mut self.image.heap;
        if heap.old_bytes() > self.old + ROOM {
            heap.full_collect(&mut HeldByPlugins(&mut self.plugins));
            self.old = heap.old_bytes();
        } else {
            heap.scavenge(&mut HeldByPlugins(&mut self.plugins));
        }
    }

    /// Frees all objects that nobody has any more, and moves the others together: under the same condition.
    pub fn collect_fully(&mut self) {
        self.image.heap.full_collect(&mut HeldByPlugins(&mut self.plugins));
    }

    /// The next event that a plugin sent, such as the signal of a semaphore.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.poll()
    }
}

/// What plugins hold from call to call.
struct HeldByPlugins<'a>(&'a mut Plugins);

impl Roots for HeldByPlugins<'_> {
    fn strong(&mut self, visit: &mut dyn FnMut(&mut Oop)) {
        self.0.visit_held(visit);
    }

    fn weak(&mut self, _resolve: &mut dyn FnMut(Oop) -> Option<Oop>) {}
}
