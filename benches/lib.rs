//! What the measurements share: an image that calls primitives in a loop, and times.

use osvm_core::bytecode::BytecodeSet;
use osvm_core::heap::HeapConfig;
use osvm_core::oop::Oop;
use osvm_core::plugin::PluginHost;
use osvm_core::testing::{Asm, Machine, TestImage, arguments};
use osvm_core::vm::Outcome;
use std::time::{Duration, Instant};

/// A measurement takes about so long.
const TIME: Duration = Duration::from_millis(150);
/// The best of so many counts.
const ROUNDS: usize = 7;
/// Memory of the image.
const MEMORY: usize = 128 << 20;

/// How long one of many takes, in nanoseconds: the best of a few rounds, each of about a sixth of a second. `run` does it so many times.
pub fn nanoseconds(mut run: impl FnMut(u64)) -> f64 {
    let mut time = |times: u64| {
        let start = Instant::now();
        run(times);
        start.elapsed()
    };
    // What happens once, such as compiling a module, is not measured.
    time(1);
    let mut times = 1;
    while time(times) < TIME / 10 {
        times *= 2;
    }
    times *= 10;
    let best = (0..ROUNDS).map(|_| time(times)).min().unwrap_or_default();
    best.as_nanos() as f64 / times as f64
}

/// An image whose code calls primitives.
pub struct Image(Machine);

impl Image {
    /// An image with these plugins.
    pub fn new(plugins: Box<dyn PluginHost>) -> Image {
        let sizes = HeapConfig { eden_bytes: 4 << 20, survivor_bytes: 1 << 20 };
        Image(Machine::with_plugins(BytecodeSet::V3PlusClosures, 0, TestImage::with_sizes(MEMORY, sizes), plugins))
    }

    /// A method of every object whose primitive is a plugin's.
    pub fn named(&mut self, selector: &str, module: &str, function: &str) {
        self.method("Object", selector, |a, error| a.named_primitive(module, function, error));
    }

    /// A method of SmallIntegers whose primitive is one of the VM's.
    pub fn numbered(&mut self, selector: &str, number: u16) {
        self.method("SmallInteger", selector, |a, error| a.primitive(number, error));
    }

    /// A method with a primitive, which is given the temporary of the failure code. It remembers that code if the primitive fails.
    fn method(&mut self, class: &str, selector: &str, primitive: impl FnOnce(&mut Asm, Option<u8>)) {
        let args = arguments(selector);
        self.0.method(class, selector, args.into(), 1, |a| {
            primitive(a, Some(args));
            a.push_temp(args);
            a.pop_global("failure");
            a.ret_self();
        });
    }

    /// A ByteArray as a global variable.
    pub fn global_bytes(&mut self, name: &str, size: usize) {
        let bytes = self.0.make("ByteArray", size);
        self.0.set_global(name, bytes);
    }

    /// How long `code`, which leaves one value, takes beside a loop that only leaves nil.
    pub fn nanoseconds(&mut self, code: impl Fn(&mut Asm)) -> f64 {
        let loop_alone = nanoseconds(|times| self.repeat(times, Asm::push_nil));
        nanoseconds(|times| self.repeat(times, &code)) - loop_alone
    }

    /// Runs a loop in the image.
    fn repeat(&mut self, times: u64, code: impl Fn(&mut Asm)) {
        let forever = self.0.make("Semaphore", 0);
        self.0.vm.heap.store(forever, 2, Oop::ZERO);
        self.0.set_global("forever", forever);
        self.0.global_process("idle", 10, |a| {
            a.label("sleep");
            a.push_nil();
            a.push(0);
            a.send("relinquish:");
            a.pop();
            a.jump("sleep");
        });
        let started = self.0.start(1, |a| {
            a.push_global("idle");
            a.send("resume");
            a.pop();
            a.push(times as i64);
            a.pop_temp(0);
            a.label("loop");
            a.push_temp(0);
            a.push(0);
            a.send(">");
            a.jump_if(false, "end");
            code(a);
            a.pop();
            a.push_temp(0);
            a.push(1);
            a.send("-");
            a.pop_temp(0);
            a.jump("loop");
            a.label("end");
            // Quitting would end the plugins.
            a.push_global("forever");
            a.send("wait");
            a.ret();
        });
        started.expect("the loop starts");
        let outcome = self.0.vm.run(u64::MAX).expect("the loop runs");
        assert!(matches!(outcome, Outcome::Idle { .. }), "{outcome:?}");
        let failure = self.0.global("failure");
        assert!(failure == self.0.vm.heap.nil(), "a primitive failed: {}", self.0.print(failure));
    }
}
