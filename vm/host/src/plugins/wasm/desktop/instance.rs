//! An instance of a wasm plugin, and one call of it.

use super::residence::{Entrance, Visit};
use crate::config::Limits;
use crate::interfaces::{HostCall, Interfaces, Memory as GuestMemory};
use crate::plugins::Modules;
use crate::plugins::plan::Slots;
use crate::plugins::quick::{MOST, Quickly};
use crate::plugins::results::ResultSlots;
use crate::plugins::wasm::arena::Arena;
use crate::plugins::wasm::shape::INITIALIZE;
use crate::plugins::wasm::{Broken, Export};
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use osvm_plugin_sdk::abi::{ARGUMENT_SLOTS, PrimitiveError, RESULT_SLOTS, STATUS_VALUES, WasmType, exports};
use std::cell::RefMut;
use std::ptr::NonNull;
use wasmtime::{Caller, Engine, Func, InstancePre, Memory, ResourceLimiter, Store, Trap, Val, ValRaw, WasmBacktrace};

/// What belongs to an instance's store.
pub(super) struct Guest {
    pub(super) growth: Growth,
    memory: Option<Memory>,
    /// The running call.
    pub(super) running: Option<Running>,
    /// The native code that resides here.
    pub(super) visit: Option<NonNull<Visit<'static, 'static, 'static>>>,
}

/// The host's side of a call, for as long as it runs.
#[derive(Clone, Copy)]
pub(super) struct Running {
    host: NonNull<()>,
    serve: unsafe fn(NonNull<()>, u32, &[u64], &mut dyn GuestMemory) -> i64,
}

impl Running {
    fn new<T: Interfaces>(host: &mut T) -> Running {
        Running { host: NonNull::from(host).cast(), serve: serve::<T> }
    }

    /// Calls a function of the host.
    #[allow(unsafe_code)]
    pub(super) fn call(self, op: u32, arguments: &[u64], memory: &mut dyn GuestMemory) -> i64 {
        // SAFETY: `Instance` set it for as long as the call runs, with the function for its type, and has lent it to nobody else. One
        // function of the host runs at a time, and none of them calls the plugin.
        unsafe { (self.serve)(self.host, op, arguments, memory) }
    }
}

/// # Safety
/// `host` must be a `T` that nobody else uses.
#[allow(unsafe_code)]
unsafe fn serve<T: Interfaces>(host: NonNull<()>, op: u32, arguments: &[u64], memory: &mut dyn GuestMemory) -> i64 {
    // SAFETY: the caller's promise.
    unsafe { host.cast::<T>().as_mut() }.call(op, arguments, memory)
}

/// How far memory and tables may grow.
pub(super) struct Growth {
    pub(super) memory: usize,
    table: usize,
    /// More was asked for than is allowed, in this call.
    denied: bool,
    /// Memory has grown and may be elsewhere, more was denied, or a function of the host was called: more than a quick call does.
    pub(super) attention: bool,
}

impl Guest {
    /// The memory, and the call that runs; none while the instance is made.
    pub(super) fn running<'a>(caller: &'a mut Caller<'_, Guest>) -> Option<(Linear<'a>, Running)> {
        let guest = caller.data_mut();
        guest.growth.attention = true;
        let (memory, running) = (guest.memory?, guest.running?);
        let (bytes, _) = memory.data_and_store_mut(caller);
        Some((Linear(bytes), running))
    }
}

impl ResourceLimiter for Growth {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= self.memory;
        self.denied |= !allowed;
        self.attention = true;
        Ok(allowed)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= self.table;
        self.denied |= !allowed;
        self.attention = true;
        Ok(allowed)
    }
}

/// The linear memory of an instance. Everything outside of it is a bad argument.
pub(in crate::plugins) struct Linear<'a>(&'a mut [u8]);

impl GuestMemory for Linear<'_> {
    fn read(&self, address: u64, len: u64) -> Result<&[u8], PrimitiveError> {
        inside(self.0, address, len)
    }

    fn write(&mut self, address: u64, len: u64) -> Result<&mut [u8], PrimitiveError> {
        inside_mut(self.0, address, len)
    }
}

fn inside(memory: &[u8], address: u64, len: u64) -> Result<&[u8], PrimitiveError> {
    range(address, len).and_then(|range| memory.get(range)).ok_or(PrimitiveError::BadArgument)
}

fn inside_mut(memory: &mut [u8], address: u64, len: u64) -> Result<&mut [u8], PrimitiveError> {
    range(address, len).and_then(|range| memory.get_mut(range)).ok_or(PrimitiveError::BadArgument)
}

fn range(address: u64, len: u64) -> Option<std::ops::Range<usize>> {
    let end = address.checked_add(len)?;
    Some(usize::try_from(address).ok()?..usize::try_from(end).ok()?)
}

/// An instance between two calls: results are read from its memory.
pub(super) struct Between<'a>(pub(super) RefMut<'a, Instance>);

impl GuestMemory for Between<'_> {
    fn read(&self, address: u64, len: u64) -> Result<&[u8], PrimitiveError> {
        let instance = &*self.0;
        inside(instance.memory.data(&instance.store), address, len)
    }

    fn write(&mut self, address: u64, len: u64) -> Result<&mut [u8], PrimitiveError> {
        let instance = &mut *self.0;
        inside_mut(instance.memory.data_mut(&mut instance.store), address, len)
    }
}

/// An instance.
pub(super) struct Instance {
    pub(super) store: Store<Guest>,
    memory: Memory,
    pub(super) functions: Vec<Function>,
    /// The function that asks for an arena.
    ask: Func,
    arena: Arena,
    /// Where the result slots are in memory, and in the VM's own, until the memory grows.
    results_at: usize,
    pub(super) results: NonNull<u64>,
    /// Parameters and the result of the running call, as the engine wants them.
    values: Box<[ValRaw; ARGUMENT_SLOTS]>,
    /// The time for a call, in epochs.
    pub(super) epochs: u64,
    /// What native code enters that comes to reside here, once it has.
    pub(super) entrance: Option<Entrance>,
}

/// A function that is called.
pub(super) struct Function {
    pub(super) func: Func,
    /// How many parameters it has, if they are at most three Integers.
    pub(super) integers: Option<usize>,
    /// How many values the engine needs for parameters and the result.
    values: usize,
    /// How many result slots are looked at.
    results: usize,
}

impl Instance {
    /// Makes an instance and runs what it runs first, within the limits.
    pub(super) fn new(
        engine: &Engine,
        module: &InstancePre<Guest>,
        limits: &Limits,
        exports: &[Export],
        epochs: u64,
        fuel: Option<u64>,
    ) -> Result<Instance, Box<Broken>> {
        let memory = usize::try_from(limits.memory).unwrap_or(usize::MAX);
        let growth = Growth { memory, table: limits.table as usize, denied: false, attention: true };
        let mut store = Store::new(engine, Guest { growth, memory: None, running: None, visit: None });
        store.limiter(|guest| &mut guest.growth);
        store.set_epoch_deadline(epochs);
        refuel(&mut store, fuel);
        let instance = module.instantiate(&mut store).map_err(|error| broken(&error, store.data()))?;
        let lost = |name: &str| Broken::contradiction(format!("it has no export `{name}`"));
        let memory = instance.get_memory(&mut store, exports::MEMORY).ok_or_else(|| lost(exports::MEMORY))?;
        store.data_mut().memory = Some(memory);
        let results = instance.get_global(&mut store, exports::RESULTS).ok_or_else(|| lost(exports::RESULTS))?;
        let results_at = match results.get(&mut store) {
            Val::I32(address) => address.cast_unsigned() as usize,
            _ => return Err(lost(exports::RESULTS)),
        };
        let function = |export: &Export| {
            let func = instance.get_func(&mut store, &export.name).ok_or_else(|| lost(&export.name))?;
            let is_quick = export.params.len() <= MOST && export.params.iter().all(|ty| *ty == WasmType::I64);
            let integers = is_quick.then_some(export.params.len());
            Ok(Function { func, integers, values: export.params.len().max(1), results: export.results })
        };
        let functions = exports.iter().map(function).collect::<Result<Vec<_>, Box<Broken>>>()?;
        let ask = instance.get_func(&mut store, exports::ARENA).ok_or_else(|| lost(exports::ARENA))?;
        // Memory never shrinks: what is in it now stays in it.
        if results_at + RESULT_SLOTS * 8 > memory.data_size(&store) {
            return Err(Broken::contradiction("its result slots are not in its memory"));
        }
        if let Some(initialize) = instance.get_func(&mut store, INITIALIZE) {
            initialize.call(&mut store, &[], &mut []).map_err(|error| broken(&error, store.data()))?;
        }
        let values = Box::new([ValRaw::i64(0); ARGUMENT_SLOTS]);
        Ok(Instance {
            store,
            memory,
            functions,
            ask,
            arena: Arena::default(),
            results_at,
            results: NonNull::dangling(),
            values,
            epochs,
            entrance: None,
        })
    }

    /// Calls the function of this index. The result slots are filled if it comes back.
    #[inline]
    pub(super) fn call(
        &mut self,
        index: usize,
        slots: &mut Slots,
        results: &mut ResultSlots,
        cx: &mut HostCall<'_, '_>,
        fuel: Option<u64>,
    ) -> Result<i32, Box<Broken>> {
        self.store.set_epoch_deadline(self.epochs);
        refuel(&mut self.store, fuel);
        let guest = self.store.data_mut();
        guest.growth.denied = false;
        guest.running = None;
        if slots.has_data()
            && let Some(objects) = &cx.objects
        {
            self.place(slots, objects.heap)?;
        }
        // All types of parameters are read from the low bytes.
        for (value, slot) in self.values.iter_mut().zip(slots.values()) {
            *value = ValRaw::u64(*slot);
        }
        self.store.data_mut().running = Some(Running::new(cx));
        let function = &self.functions[index];
        #[allow(unsafe_code)]
        // SAFETY: the function's type was compared with its signature when the module was loaded: the slots are its parameters, and there is
        // room for its one result.
        let called = unsafe { function.func.call_unchecked(&mut self.store, &raw mut self.values[..function.values]) };
        self.store.data_mut().running = None;
        if let Err(error) = called {
            return Err(broken(&error, self.store.data()));
        }
        self.read_results(&mut results[..self.functions[index].results])?;
        Ok(self.values[0].get_i32())
    }

    /// Calls a primitive that takes only Integers.
    #[inline(always)]
    pub(super) fn call_quickly(&mut self, index: usize, arguments: impl Iterator<Item = Oop>, modules: &mut Modules) -> Quickly {
        let Some(function) = self.functions.get(index) else { return Quickly::Not };
        for (value, oop) in self.values.iter_mut().zip(arguments) {
            let Some(integer) = oop.as_small_int() else { return Quickly::Not };
            *value = ValRaw::i64(integer);
        }
        let func = function.func;
        if self.store.data().running.map(|running| running.host) != Some(NonNull::from(&mut *modules).cast())
            && let Err(broken) = self.prepare_quickly(modules)
        {
            return modules.pending.ended(Err(broken), 0);
        }
        self.store.set_epoch_deadline(self.epochs);
        modules.engines.ticker.call_begins();
        #[allow(unsafe_code)]
        // SAFETY: as in `call`: there is room for what any function takes and answers.
        let called = unsafe { func.call_unchecked(&mut self.store, &raw mut self.values[..]) };
        modules.engines.ticker.call_ended();
        if let Err(error) = called {
            return modules.pending.ended(Err(broken(&error, self.store.data())), 0);
        }
        if self.store.data().growth.attention {
            return self.attend(self.values[0].get_i32(), modules);
        }
        #[allow(unsafe_code)]
        // SAFETY: `find_results` found it in the memory, which has not grown since and so is where it was.
        let result = u64::from_le(unsafe { self.results.as_ptr().read_unaligned() });
        match self.values[0].get_i32() {
            STATUS_VALUES => modules.pending.answered(result),
            status => modules.pending.ended(Ok(status), result),
        }
    }

    /// After another kind of call, and before the first: what all quick calls have in common.
    #[cold]
    pub(super) fn prepare_quickly(&mut self, host: &mut impl Interfaces) -> Result<(), Box<Broken>> {
        let guest = self.store.data_mut();
        guest.running = Some(Running::new(host));
        (guest.growth.denied, guest.growth.attention) = (false, false);
        self.find_results()
    }

    /// What a quick call answers that did more than that.
    #[cold]
    pub(super) fn attend(&mut self, status: i32, modules: &mut Modules) -> Quickly {
        let growth = &mut self.store.data_mut().growth;
        (growth.denied, growth.attention) = (false, false);
        let mut results = [0];
        match self.find_results().and_then(|()| self.read_results(&mut results)) {
            Ok(()) => modules.pending.ended(Ok(status), results[0]),
            Err(broken) => modules.pending.ended(Err(broken), 0),
        }
    }

    /// Copies the data of arguments into the plugin's arena.
    #[cold]
    fn place(&mut self, slots: &mut Slots, heap: &Heap) -> Result<(), Box<Broken>> {
        if let Some(size) = self.arena.wanted(slots, heap)? {
            let mut values = [ValRaw::u32(size)];
            #[allow(unsafe_code)]
            // SAFETY: the type of the function was checked when the module was loaded.
            let called = unsafe { self.ask.call_unchecked(&mut self.store, &raw mut values[..]) };
            called.map_err(|error| broken(&error, self.store.data()))?;
            self.arena = Arena::given(values[0].get_u32(), size)?;
        }
        let memory = self.memory.data_mut(&mut self.store);
        self.arena.fill(slots, heap, |at, bytes| match memory.get_mut(at as usize..at as usize + bytes.len()) {
            Some(to) => {
                to.copy_from_slice(bytes);
                true
            }
            None => false,
        })
    }

    /// Finds the result slots in memory, which moves only when it grows.
    #[cold]
    fn find_results(&mut self) -> Result<(), Box<Broken>> {
        let slots = self.memory.data_mut(&mut self.store).get_mut(self.results_at..).filter(|slots| slots.len() >= 8);
        let slots = slots.ok_or_else(|| Broken::contradiction("its result slots are not in its memory"))?;
        self.results = NonNull::from(slots).cast();
        Ok(())
    }

    #[inline]
    fn read_results(&self, results: &mut [u64]) -> Result<(), Box<Broken>> {
        let memory = self.memory.data(&self.store);
        let end = self.results_at + results.len() * 8;
        let bytes =
            memory.get(self.results_at..end).ok_or_else(|| Broken::contradiction("its result slots are not in its memory"))?;
        match (results, bytes.as_chunks().0) {
            // Most primitives have one result, and a copy of 8 bytes needs no loop.
            ([slot], [bytes]) => *slot = u64::from_le_bytes(*bytes),
            (results, chunks) => results.iter_mut().zip(chunks).for_each(|(slot, bytes)| *slot = u64::from_le_bytes(*bytes)),
        }
        Ok(())
    }
}

#[inline]
fn refuel(store: &mut Store<Guest>, fuel: Option<u64>) {
    if let Some(fuel) = fuel {
        // It fails only for engines without fuel, which have none to give.
        let _ = store.set_fuel(fuel);
    }
}

/// What an error of the engine means.
#[cold]
pub(super) fn broken(error: &wasmtime::Error, guest: &Guest) -> Box<Broken> {
    let trap = error.downcast_ref::<Trap>();
    let limit = match trap {
        Some(Trap::Interrupt) => Some("it ran longer than `limits.deadline` allows"),
        Some(Trap::OutOfFuel) => Some("it used up its fuel"),
        Some(Trap::StackOverflow) => Some("it used more stack than `limits.stack` allows"),
        _ if guest.growth.denied => Some("it asked for more memory or table than `limits` allow"),
        _ => None,
    };
    let reason = match (limit, trap) {
        (Some(limit), _) => limit.into(),
        (None, Some(trap)) => trap.to_string(),
        (None, None) => super::reason(error),
    };
    Box::new(Broken {
        error: if limit.is_some() { PrimitiveError::LimitExceeded } else { PrimitiveError::Internal },
        reason,
        backtrace: error.downcast_ref::<WasmBacktrace>().map(WasmBacktrace::to_string),
    })
}
