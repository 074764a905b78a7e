//! The virtual machine as a value.

use crate::error::VmError;
use crate::heap::Heap;
use crate::image::ImageHeader;
use crate::interp::{CodeCache, Handles, MethodCache, Native, StackZone};
use crate::oop::Oop;
use crate::platform::Platform;
use crate::plugin::PluginHost;
use crate::trace_filter::TraceFilter;
use std::collections::BTreeSet;

pub use crate::interp::{Frame, Handle};

/// What [`Options::jit_after`] is unless somebody asks for another number.
pub const JIT_AFTER: u32 = 100;

/// What a person asked of a VM.
#[derive(Clone, Debug)]
pub struct Options {
    /// A method is compiled to native code when it was activated, or jumped back, so many times; 0 never.
    pub jit_after: u32,
    /// Collect at every so many allocations and check the heap afterwards; 0 never.
    pub gc_stress: u64,
    /// Count sends and primitives, which takes time.
    pub count: bool,
    /// Report every send.
    pub trace_sends: bool,
    /// Report every primitive that is called, and how it ended.
    pub trace_primitives: bool,
    /// Report every instruction.
    pub trace_bytecodes: bool,
    /// Report collections.
    pub trace_gc: bool,
    /// Only sends, instructions and primitives that it accepts are reported.
    pub trace_filter: Option<TraceFilter>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            jit_after: JIT_AFTER,
            gc_stress: 0,
            count: false,
            trace_sends: false,
            trace_primitives: false,
            trace_bytecodes: false,
            trace_gc: false,
            trace_filter: None,
        }
    }
}

/// Why [`Vm::run`] came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The budget is used up; call again to go on.
    BudgetUsed,
    /// Nothing to do until this time (UTC microseconds since 1901) or an event.
    Idle {
        /// When the next delay ends, if one is pending.
        until: Option<u64>,
    },
    /// The image quit with this exit status.
    Quit(i32),
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// Sends, if they are counted ([`Options::count`]).
    pub sends: u64,
    /// Sends that the inline cache answered, if they are counted.
    pub inline_cache_hits: u64,
    /// Primitives that were called, if they are counted; quick methods are none.
    pub primitives: u64,
    /// Sends that neither an inline cache nor the method cache answered.
    pub lookups: u64,
    /// Sends that the inline cache did not answer and the method cache did.
    pub method_cache_hits: u64,
    /// Primitives that failed, so that the method's own code ran.
    pub primitive_failures: u64,
    /// Methods translated.
    pub translations: u64,
    /// Process switches.
    pub process_switches: u64,
    /// Looks for events.
    pub event_checks: u64,
    /// Microseconds of the longest scavenge.
    pub longest_scavenge: u64,
    /// Microseconds of the longest full collection.
    pub longest_full: u64,
    /// Stack pages that were written out to contexts because another frame needed one.
    pub stack_pages_flushed: u64,
}

/// A virtual machine with one image in its memory.
pub struct Vm {
    /// The image's objects.
    pub heap: Heap,
    /// The world.
    pub platform: Box<dyn Platform>,
    /// Named primitives.
    pub plugins: Box<dyn PluginHost>,
    /// What was asked for.
    pub options: Options,
    /// Counts since the start.
    pub counters: Counters,
    pub(crate) handles: Handles,
    pub(crate) stack: StackZone,
    /// Frame pointer of the active frame.
    pub(crate) fp: u64,
    /// Stack pointer of the active frame.
    pub(crate) sp: u64,
    /// Next word of translated code.
    pub(crate) ip: u64,
    /// The active stack page.
    pub(crate) page: usize,
    /// Stack pointers below this overflow the active page.
    pub(crate) limit: u64,
    pub(crate) codes: CodeCache,
    pub(crate) native: Native,
    pub(crate) method_cache: MethodCache,
    /// What stops the VM, set where an error cannot be returned.
    pub(crate) fatal: Option<VmError>,
    /// Why the loop shall come back.
    pub(crate) outcome: Option<Outcome>,
    /// When the timer semaphore is to be signalled (UTC microseconds); 0 never.
    pub(crate) next_wake: u64,
    /// Looks for events left in this run.
    pub(crate) budget: u64,
    /// A preempted process goes behind the others of its priority, not before them.
    pub(crate) preemption_yields: bool,
    /// The generation of what named primitives are resolved to ([`PluginHost::generation`]).
    pub(crate) generation: u32,
    /// Modules that named primitives asked for in vain.
    pub(crate) missing_modules: BTreeSet<String>,
    /// External semaphore that is signalled after each collection; 0 for none.
    pub(crate) gc_semaphore: usize,
    /// Full collections in a row that left memory full.
    pub(crate) futile_collections: u32,
    /// There was a collection, which the image has not been told of.
    pub(crate) collected: bool,
    /// What the image's file said about it.
    pub(crate) header: ImageHeader,
    /// When it was started (UTC microseconds).
    pub(crate) start_time: u64,
}

impl Vm {
    /// Modules that the image asked for so far and that are not here.
    pub fn missing_modules(&self) -> &BTreeSet<String> {
        &self.missing_modules
    }
}

#[cfg(test)]
impl Vm {
    /// What a value primitive answers to a receiver and the arguments behind it, which need not be on the stack.
    pub(crate) fn call_value(
        &mut self,
        run: crate::primitives::ValuePrimitive,
        operands: &[Oop],
    ) -> Result<Oop, crate::error::PrimError> {
        let stack: Vec<Oop> = operands.iter().rev().copied().collect();
        assert!(!stack.is_empty(), "a call has a receiver");
        // SAFETY: receiver and arguments are in `stack`, which outlives the call; a primitive does not keep its `Args`.
        run(self, unsafe { Args::new(stack.as_ptr(), stack.len() - 1) })
    }
}

/// Receiver and arguments of a primitive that is being called, where they lie on the VM's stack.
#[derive(Clone, Copy)]
pub struct Args {
    /// The last argument; the others and the receiver lie at higher addresses.
    top: *const Oop,
    count: usize,
}

impl Args {
    /// The arguments of a call whose operands lie at `top`.
    ///
    /// # Safety
    /// `top[0 ..= count]` must be readable and unchanged as long as the value is used.
    #[inline(always)]
    pub(crate) unsafe fn new(top: *const Oop, count: usize) -> Args {
        Args { top, count }
    }

    /// Number of arguments, without the receiver.
    #[inline(always)]
    pub fn count(self) -> usize {
        self.count
    }

    /// The receiver.
    #[inline(always)]
    pub fn receiver(self) -> Oop {
        // SAFETY: the constructor's promise.
        unsafe { *self.top.add(self.count) }
    }

    /// Argument `index` from 0. One that is not there is a mistake of the primitives' table; it reads as SmallInteger 0.
    #[inline(always)]
    pub fn get(self, index: usize) -> Oop {
        if index >= self.count {
            debug_assert!(false, "argument {index} of {}", self.count);
            return Oop::ZERO;
        }
        // SAFETY: the constructor's promise, and the index was just checked.
        unsafe { *self.top.add(self.count - 1 - index) }
    }
}
