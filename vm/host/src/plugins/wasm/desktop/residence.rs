//! How native code resides in an instance: a small module of our own, in the same store, calls a function of the host to have it run, and then
//! what the function answers: a primitive of the plugin. So for many calls there is one entry into wasm.

use super::engine::Engines;
use super::instance::{Function, Guest, Instance, broken};
use crate::plugins::quick::MOST;
use crate::plugins::residence::Lodger;
use crate::plugins::wasm::Broken;
use osvm_core::oop::Oop;
use osvm_core::plugin::{ResidenceEnd, Wanted};
use osvm_plugin_sdk::abi::STATUS_VALUES;
use std::ptr::NonNull;
use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, FunctionSection, ImportSection, InstructionSink, MemArg,
    MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wasmtime::{AsContextMut, Caller, Func, Memory, TypedFunc};

/// A page of wasm memory, in bytes.
const PAGE: usize = 1 << 16;
/// What the function of the host answers where no primitive is to be called.
const MOVES_OUT: i32 = 0;
/// The status before the first call: no primitive answers it.
const FIRST: i32 = i32::MIN;
/// The name of what our module exports: its function, and the memory with the arguments of a call.
const RESIDE: &str = "reside";
const ARGUMENTS: &str = "arguments";

/// The function of our module that native code is let in by, and its memory.
#[derive(Clone)]
pub(super) struct Entrance {
    reside: TypedFunc<(), ()>,
    arguments: Memory,
}

/// Native code that resides in an instance.
pub(super) struct Visit<'a, 'b, 'c> {
    lodger: &'a mut Lodger<'b, 'c>,
    /// The first result slot, and where arguments go.
    results: NonNull<u64>,
    arguments: NonNull<[u64; MOST]>,
    epochs: u64,
    /// It has started, so that a call runs.
    has_started: bool,
    /// The status of a call that did more than a quick call does.
    attention: Option<i32>,
}

impl Instance {
    /// Has native code reside here until it wants to leave or must. An error if it cannot, and was not run.
    pub(super) fn reside(&mut self, lodger: &mut Lodger<'_, '_>) -> wasmtime::Result<()> {
        let Entrance { reside, arguments } = self.entrance(&lodger.modules().engines)?;
        self.prepare_quickly(lodger).map_err(|broken| wasmtime::Error::msg(broken.reason))?;
        let arguments = NonNull::from(arguments.data_mut(&mut self.store)).cast();
        let mut visit =
            Visit { lodger, results: self.results, arguments, epochs: self.epochs, has_started: false, attention: None };
        self.store.set_epoch_deadline(self.epochs);
        visit.lodger.modules().engines.ticker.calls_begin();
        self.store.data_mut().visit = Some(NonNull::from(&mut visit).cast());
        let visited = reside.call(&mut self.store, ());
        let guest = self.store.data_mut();
        (guest.visit, guest.running) = (None, None);
        visit.lodger.modules().engines.ticker.calls_ended();
        match (visited, visit.attention) {
            (Err(error), _) if !visit.has_started => return Err(error),
            (Err(error), _) => visit.ended(Err(broken(&error, self.store.data())), 0),
            (Ok(()), Some(status)) => {
                self.attend(status, visit.lodger.modules());
            }
            (Ok(()), None) => {}
        }
        Ok(())
    }

    /// The way in, which is made at the first time.
    fn entrance(&mut self, engines: &Engines) -> wasmtime::Result<Entrance> {
        if let Some(entrance) = &self.entrance {
            return Ok(entrance.clone());
        }
        let engine = self.store.engine().clone();
        let module = engines.compile(&engine, "of native code", &module(&self.functions))?;
        let turn = Func::wrap(&mut self.store, turn);
        let functions = self.functions.iter().filter(|function| function.integers.is_some()).map(|function| function.func);
        let imports: Vec<_> = [turn].into_iter().chain(functions).map(Into::into).collect();
        // The limits are the plugin's, not ours.
        let limit = self.store.data().growth.memory;
        self.store.data_mut().growth.memory = limit.max(PAGE);
        let instance = wasmtime::Instance::new(&mut self.store, &module, &imports);
        self.store.data_mut().growth.memory = limit;
        let instance = instance?;
        let reside = instance.get_typed_func(&mut self.store, RESIDE)?;
        let arguments = instance.get_memory(&mut self.store, ARGUMENTS).ok_or_else(|| wasmtime::Error::msg("no memory"))?;
        Ok(self.entrance.insert(Entrance { reside, arguments }).clone())
    }
}

/// Goes on with native code after a call with this status; then the number of the primitive that it wants called.
fn turn(mut caller: Caller<'_, Guest>, status: i32) -> i32 {
    let guest = caller.data_mut();
    let Some(mut visit) = guest.visit else { return MOVES_OUT };
    #[allow(unsafe_code)]
    // SAFETY: `reside` set it for as long as it lasts, and uses it only afterwards.
    let visit = unsafe { visit.as_mut() };
    let wanted = if status == STATUS_VALUES && !guest.growth.attention {
        visit.go_on()
    } else {
        visit.go_on_otherwise(status, guest.growth.attention)
    };
    let Some(number) = wanted else { return MOVES_OUT };
    caller.as_context_mut().set_epoch_deadline(visit.epochs);
    number as i32
}

impl Visit<'_, '_, '_> {
    /// After a call that did nothing else than to answer.
    #[inline(always)]
    fn go_on(&mut self) -> Option<u32> {
        let result = self.result();
        let Some(answer) = Oop::try_from_small_int(result.cast_signed()) else {
            self.ended(Ok(STATUS_VALUES), result);
            return None;
        };
        let wanted = self.lodger.resident.go_on(answer);
        self.call(wanted)
    }

    /// At the start, and after any other call.
    #[cold]
    fn go_on_otherwise(&mut self, status: i32, attention: bool) -> Option<u32> {
        if status == FIRST {
            self.has_started = true;
            let wanted = self.lodger.resident.start();
            return self.call(wanted);
        }
        if attention {
            self.attention = Some(status);
        } else {
            let result = self.result();
            self.ended(Ok(status), result);
        }
        None
    }

    /// A call has ended in another way than by a SmallInteger, or has broken the plugin: native code moves out.
    #[cold]
    fn ended(&mut self, outcome: Result<i32, Box<Broken>>, result: u64) {
        self.lodger.modules().pending.ended(outcome, result);
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    fn result(&self) -> u64 {
        // SAFETY: as in `Instance::call_quickly`.
        u64::from_le(unsafe { self.results.as_ptr().read_unaligned() })
    }

    /// Puts the arguments of a call in their place.
    #[inline(always)]
    fn call(&mut self, wanted: Option<Wanted>) -> Option<u32> {
        let Some(Wanted { number, stack }) = wanted else {
            self.lodger.end = ResidenceEnd::Left;
            return None;
        };
        let placed = match number & 3 {
            0 => true,
            1 => self.place::<1>(stack),
            2 => self.place::<2>(stack),
            _ => self.place::<3>(stack),
        };
        if !placed {
            self.lodger.end = ResidenceEnd::NotCalled;
            return None;
        }
        Some(number)
    }

    /// Puts `N` arguments in their place; false if they are not all SmallIntegers.
    #[inline(always)]
    #[allow(unsafe_code)]
    fn place<const N: usize>(&mut self, stack: *const Oop) -> bool {
        // SAFETY: native code has as many operands as the number that it wants says.
        let operands = unsafe { &*stack.cast::<[Oop; N]>() };
        if !operands.iter().all(|oop| oop.is_small_int()) {
            return false;
        }
        // SAFETY: the memory is one page, which never grows and so stays where it is.
        let arguments = unsafe { self.arguments.as_mut() };
        for (argument, oop) in arguments.iter_mut().zip(operands.iter().rev()) {
            *argument = oop.small_int().cast_unsigned().to_le();
        }
        true
    }
}

/// Our module. It imports the function of the host, and then those of the plugin's that have only Integers:
///
/// ```wat
/// (module
///   (import "" "" (func $turn (param $status i32) (result i32)))
///   (import "" "" (func $add (param i64 i64) (result i32)))
///   (memory (export "arguments") 1 1)
///   (func (export "reside") (local $status i32)
///     (local.set $status (i32.const FIRST))
///     (loop $next
///       ;; by (i32.shr_u (call $turn (local.get $status)) (i32.const 2)), 0 returns, and 1 is the plugin's first function:
///       (local.set $status (call $add (i64.load (i32.const 0)) (i64.load (i32.const 8))))
///       (br $next))))
/// ```
fn module(functions: &[Function]) -> Vec<u8> {
    let mut types = TypeSection::new();
    for params in 0..=MOST {
        types.ty().function(vec![ValType::I64; params], [ValType::I32]);
    }
    let (turn, reside) = (types.len(), types.len() + 1);
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([], []);
    let mut imports = ImportSection::new();
    imports.import("", "", EntityType::Function(turn));
    for params in functions.iter().filter_map(|function| function.integers) {
        imports.import("", "", EntityType::Function(params as u32));
    }
    let mut defined = FunctionSection::new();
    defined.function(reside);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: Some(1), memory64: false, shared: false, page_size_log2: None });
    let mut exports = ExportSection::new();
    exports.export(RESIDE, ExportKind::Func, imports.len()).export(ARGUMENTS, ExportKind::Memory, 0);
    let mut code = CodeSection::new();
    code.function(&residing(functions));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&defined).section(&memories).section(&exports).section(&code);
    module.finish()
}

/// The function by which native code resides.
fn residing(functions: &[Function]) -> wasm_encoder::Function {
    const STATUS: u32 = 0;
    let mut function = wasm_encoder::Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    code.i32_const(FIRST).local_set(STATUS).loop_(BlockType::Empty);
    // A block for each function, and innermost one for the end; what is no function is the end too.
    let count = functions.len() as u32;
    for _ in 0..=count {
        code.block(BlockType::Empty);
    }
    let targets: Vec<u32> = std::iter::once(0)
        .chain(functions.iter().zip(1..).map(|(function, block)| if function.integers.is_some() { block } else { 0 }))
        .collect();
    code.local_get(STATUS).call(0).i32_const(2).i32_shr_u().br_table(targets, 0).end().return_();
    let mut import = 1;
    for (function, index) in functions.iter().zip(0..) {
        code.end();
        if let Some(params) = function.integers {
            call(&mut code, import, params);
            import += 1;
            // The blocks of functions behind it are around this one, and the loop around them.
            code.local_set(STATUS).br(count - 1 - index);
        }
    }
    code.end().end();
    function
}

/// Calls a function with so many arguments.
fn call(code: &mut InstructionSink<'_>, function: u32, params: usize) {
    for argument in 0..params as u64 {
        code.i32_const(0).i64_load(MemArg { offset: 8 * argument, align: 3, memory_index: 0 });
    }
    code.call(function);
}
