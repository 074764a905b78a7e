//! Native code: methods that run often are compiled to instructions of the processor.
//!
//! A method is compiled from its translation ([`Code`]), an instruction at a time. Frames are those of the interpreter, word for word, and what
//! an instruction has to check is checked here as there: native code and the interpreter take turns within a frame, and nothing else knows which
//! of the two runs it. So native code does only what is frequent, and leaves the rest to the interpreter, instruction by instruction.
//!
//! No address of native code is in a frame: a word of the translation stands for it, from which a table leads to it.

mod arithmetic;
mod closures;
mod compile;
mod control;
mod helpers;
mod layout;
mod lookup;
mod memory;
mod objects;
mod primitives;
mod residence;
mod sends;
mod shared;
mod stubs;

use super::cache::{BlockEntry, CacheEntry, CodeCache};
use super::code::{Code, Entry, Op, operand_a, operand_b, operand_c};
use crate::error::{PrimError, VmError};
use crate::object::{CLASS_INDEX_ARRAY, Format};
use crate::oop::Oop;
use crate::plugin::{Direct, DirectCall, NamedPrimitive, Residence};
use crate::vm::Vm;
use memory::Memory;
pub use residence::Resident;
use shared::Shared;
use std::any::Any;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use stubs::Enter;
pub(crate) use stubs::Stubs;

/// What a method has for native code.
pub(crate) struct MethodCode {
    /// Where native code goes that sends to it: null before there is any.
    entry: *const u8,
    /// What leads from the address of a word to that of its place in `map`; 0 as long as the method is interpreted alone.
    delta: isize,
    /// For each word its native code.
    map: Box<[*const u8]>,
    /// So many activations and jumps back from now it is compiled; 0 never.
    heat: Cell<u32>,
    /// How native code calls its named primitive, which one that is, and in which generation of the host.
    direct: Option<DirectCall>,
    direct_primitive: NamedPrimitive,
    direct_generation: u32,
    /// The plugin that native code can reside in to call it, or 0, and what that is told to call.
    direct_plugin: u32,
    direct_number: u32,
}

impl Default for MethodCode {
    fn default() -> MethodCode {
        MethodCode {
            entry: ptr::null(),
            delta: 0,
            map: Box::default(),
            heat: Cell::new(0),
            direct: None,
            direct_plugin: 0,
            direct_number: 0,
            direct_primitive: NamedPrimitive(0),
            direct_generation: 0,
        }
    }
}

impl MethodCode {
    /// It has native code.
    #[inline(always)]
    pub(crate) fn is_compiled(&self) -> bool {
        self.delta != 0
    }

    /// Native code calls the named primitive in this way, if there is one, in this generation of the host.
    pub(crate) fn set_direct(&mut self, direct: Option<Direct>, primitive: NamedPrimitive, generation: u32) {
        self.direct = direct.map(|direct| direct.call);
        let inside = direct.and_then(|direct| direct.inside);
        self.direct_plugin = inside.map_or(0, |inside| inside.plugin.0.get());
        self.direct_number = inside.map_or(0, |inside| inside.number);
        (self.direct_primitive, self.direct_generation) = (primitive, generation);
    }
}

/// The native code of a VM, and what it leaves in the VM.
pub(crate) struct Native {
    /// The shared code, once there is some.
    pub(crate) stubs: Stubs,
    /// The address of the VM's plugins, for direct calls.
    plugins: *mut c_void,
    /// The cache of sends.
    cache: *const CacheEntry,
    /// The cache of closures' blocks.
    blocks: *const BlockEntry,
    /// The plugin in which native code resides, or [`residence::NOWHERE`].
    resides_in: u32,
    /// Where it shall reside when it is next entered.
    residence: Option<Residence>,
    /// How many calls were wanted in this residence, and how many of them before events were looked at.
    calls: u64,
    calls_before: u64,
    /// It has left a residence to have the callee run.
    has_left_for_callee: bool,
    /// What native code was about to run.
    pub(crate) callee: *const Code,
    /// The primitive of the callee was not looked up yet.
    is_unresolved: bool,
    /// Why the primitive of the callee failed.
    failure: PrimError,
    /// A panic that must not cross native code.
    panic: Option<Box<dyn Any + Send>>,
    memory: Memory,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// There is no native code yet.
    Unprepared,
    Ready,
    /// There cannot be any.
    Off,
}

impl Default for Native {
    fn default() -> Native {
        Native {
            stubs: Stubs::NONE,
            plugins: ptr::null_mut(),
            cache: ptr::null(),
            blocks: ptr::null(),
            resides_in: residence::NOWHERE,
            residence: None,
            calls: 0,
            calls_before: 0,
            has_left_for_callee: false,
            callee: ptr::null(),
            is_unresolved: false,
            failure: PrimError::GENERIC,
            panic: None,
            memory: Memory::default(),
            state: State::Unprepared,
        }
    }
}

impl Native {
    /// Native code may send to this method, which is compiled after so many activations.
    pub(crate) fn adopt(&self, code: &mut Code, jit_after: u32) {
        code.native.heat.set(jit_after);
        code.native.entry = self.stubs.of(code);
    }
}

impl CodeCache {
    /// All code, also that which is kept for frames alone.
    fn all(&mut self) -> impl Iterator<Item = &mut Box<Code>> {
        self.codes.values_mut().chain(&mut self.retired).chain(&mut self.condemned)
    }
}

impl Vm {
    /// Counts an activation of a method, or a jump back in it; true if it has native code. What is hot is compiled now.
    #[inline(always)]
    pub(crate) fn warms_up(&mut self, code: *const Code) -> bool {
        // SAFETY: as for all code that frames or caches know.
        let native = &unsafe { &*code }.native;
        if native.is_compiled() {
            return true;
        }
        let heat = native.heat.get();
        if heat > 1 {
            native.heat.set(heat - 1);
            return false;
        }
        heat == 1 && self.compile(code)
    }

    /// Compiles a method; false if it stays as it is.
    #[cold]
    fn compile(&mut self, code: *const Code) -> bool {
        // Once and never again.
        // SAFETY: as in `warms_up`.
        unsafe { &*code }.native.heat.set(0);
        if !self.prepare() {
            return false;
        }
        // SAFETY: as in `warms_up`; from here on nothing else refers to its fields for native code, which are set.
        let code = unsafe { &mut *code.cast_mut() };
        let compiled = compile::compile(code, self.heap.nil(), self.heap.true_(), self.heap.false_());
        let Some(compiled) = compiled else { return false };
        let Ok(base) = self.native.memory.add(&compiled.bytes) else { return false };
        let mut map = vec![self.native.stubs.exit; code.words.len()].into_boxed_slice();
        for (word, offset) in compiled.entries {
            map[word] = base.wrapping_add(offset);
        }
        code.native.delta = (map.as_ptr() as isize).wrapping_sub(code.words.as_ptr() as isize);
        code.native.map = map;
        if matches!(code.entry, Entry::Frame) {
            code.native.entry = base.wrapping_add(compiled.prologue);
        }
        true
    }

    /// Has a method interpreted from now on.
    #[cold]
    pub(crate) fn forget_native(&mut self, code: *const Code) {
        // SAFETY: as in `compile`. Native code that runs returns to the frames of this method by these fields.
        let code = unsafe { &mut *code.cast_mut() };
        code.native.heat.set(0);
        code.native.delta = 0;
        code.native.entry = self.native.stubs.of(code);
    }

    /// Makes the shared code, if there shall be native code; false if not.
    fn prepare(&mut self) -> bool {
        if self.native.state == State::Unprepared {
            let shared = Shared::new();
            self.native.cache = self.method_cache.entries.as_ptr();
            self.native.blocks = self.method_cache.blocks.as_ptr();
            self.native.state = match self.native.memory.add(&shared.bytes) {
                Ok(base) => {
                    self.native.stubs = shared.at(base);
                    State::Ready
                }
                Err(_) => State::Off,
            };
            let stubs = self.native.stubs;
            self.codes.all().for_each(|code| code.native.entry = stubs.of(code));
        }
        self.native.state == State::Ready
    }

    /// Runs native code of the active frame from the word at ip on, or leaves it to the interpreter if there is none.
    #[inline(always)]
    pub(crate) fn resume_natively(&mut self, code: *const Code) -> Result<(), VmError> {
        // SAFETY: as in `warms_up`; ip is at a word of the active frame's code.
        let target = unsafe { *((self.ip as usize).wrapping_add_signed((*code).native.delta) as *const *const u8) };
        self.run_natively(target, code)
    }

    /// Runs the native code of a method whose receiver and arguments are on the stack.
    #[inline(always)]
    pub(crate) fn call_natively(&mut self, code: *const Code) -> Result<(), VmError> {
        // SAFETY: as in `warms_up`.
        self.run_natively(unsafe { (*code).native.entry }, code)
    }

    fn run_natively(&mut self, target: *const u8, code: *const Code) -> Result<(), VmError> {
        self.native.plugins = ptr::from_mut(&mut *self.plugins).cast();
        if let Some(residence) = self.native.residence.take() {
            return self.reside(residence, target, code);
        }
        self.run_native_code(target, code);
        self.pass_panic_on();
        Ok(())
    }

    /// Runs native code until it comes back: with the operands of a call that it wants of the plugin in which it resides, or null.
    #[inline(always)]
    fn run_native_code(&mut self, target: *const u8, code: *const Code) -> *const Oop {
        // SAFETY: the shared code is there when other native code is, and `enter` is such a function.
        let enter = unsafe { std::mem::transmute::<*const u8, Enter>(self.native.stubs.enter) };
        // SAFETY: the VM has the registers of a sound frame, and `target` is native code for the place where they are. It keeps the rules
        // of C's functions, and relies on what the interpreter's loop relies on.
        unsafe { enter(ptr::from_mut(self), target, code) }
    }

    /// Goes on with a panic that was kept from crossing native code, now that this has come back.
    #[inline(always)]
    fn pass_panic_on(&mut self) {
        if let Some(panic) = self.native.panic.take() {
            std::panic::resume_unwind(panic);
        }
    }

    /// Makes the frame of the closure below `args` arguments, if it is one that ran lately; its code.
    fn activate_quickly(&mut self, args: usize) -> Option<*const Code> {
        let closure = self.stack_value(args);
        let (&entry, method, receiver, first) = self.quick_closure(closure, args)?;
        self.enter(entry.code, method, args as u64 | super::layout::frame::IS_BLOCK, receiver, entry.ip as usize as u64);
        for index in first..first + usize::from(entry.copied) {
            self.push(self.heap.fetch(closure, index));
        }
        for _ in 0..entry.temps {
            self.push(self.heap.nil());
        }
        Some(entry.code)
    }

    /// Makes what the instruction `word` pushes, whose operands are taken off the stack; `None`, and nothing is changed, if that fails.
    fn make_object(&mut self, word: u64, ip: *const u64) -> Option<Oop> {
        let size = operand_a(word);
        match Op::ALL[(word & 0xFF) as usize].unfused() {
            Op::NewArray => self.heap.alloc_pointers(CLASS_INDEX_ARRAY, Format::INDEXABLE, size).ok(),
            Op::NewArrayPop => self.pop_array(size).ok(),
            Op::PushClosure => {
                // SAFETY: the start pc is in the word behind.
                let start_pc = unsafe { *ip.add(1) };
                self.make_closure(start_pc as i64, size, operand_c(word)).ok()
            }
            Op::PushFullClosure => {
                let method = self.stack.oop(self.fp, super::layout::frame::METHOD);
                let block = self.heap.fetch(method, 1 + operand_b(word) as usize);
                self.make_full_closure(block, size, operand_c(word)).ok()
            }
            Op::PushThisContext => self.marry(self.fp).ok(),
            _ => None,
        }
    }
}
