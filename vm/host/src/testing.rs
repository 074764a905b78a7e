//! Plugins in the real host, over a small image: for tests of plugins in each form, and for commands that call a primitive.

use crate::config::Config;
use crate::interfaces::{Rights, Shared};
use crate::plugins::{PluginOptions, Plugins};
use crate::signals::Events;
use osvm_core::error::PrimError;
use osvm_core::heap::{Heap, HeapConfig};
use osvm_core::oop::Oop;
use osvm_core::platform::Event;
use osvm_core::plugin::{Call, PluginHost};
use osvm_core::testing::TestImage;
use std::io;
use std::path::Path;

/// Bytes of memory for objects.
const MEMORY: usize = 64 << 20;

/// A host with the plugins of a configuration, and an image that has nothing but a few classes.
pub struct RealHost {
    /// The image, to make arguments and to look at results. Nothing is collected in it.
    pub image: TestImage,
    /// The plugins.
    pub plugins: Plugins,
    events: Events,
}

impl RealHost {
    /// The plugins of a configuration.
    pub fn new(config: &Config, options: PluginOptions) -> io::Result<RealHost> {
        let events = Events::new()?;
        let shared = Shared::new(Path::new("test.image"), events.sender(), Rights::default());
        let sizes = HeapConfig { eden_bytes: 16 << 20, survivor_bytes: 1 << 20 };
        Ok(RealHost { image: TestImage::with_sizes(MEMORY, sizes), plugins: Plugins::new(config, options, shared), events })
    }

    /// The object memory.
    pub fn heap(&mut self) -> &mut Heap {
        &mut self.image.heap
    }

    /// Calls a primitive as a method does that names it; one that is not there fails with `#'not found'`.
    pub fn call(&mut self, module: &str, function: &str, receiver: Oop, args: &[Oop]) -> Result<Oop, PrimError> {
        let primitive = self.plugins.resolve(module, function).map_err(|_| PrimError::NotFound)?;
        self.plugins.call(primitive, &mut Call { heap: &mut self.image.heap, receiver, args })
    }

    /// The next event that a plugin sent, such as the signal of a semaphore.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.poll()
    }
}
