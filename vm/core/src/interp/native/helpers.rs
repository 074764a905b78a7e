//! What native code has done in Rust. The VM has its registers when one of these is called, and afterwards those with which it goes on.

use super::super::code::{Code, Entry, SEND_WORDS, operand_a};
use super::super::lookup::Found;
use super::super::run::fill_cache;
use crate::error::{PrimError, VmError};
use crate::object::CLASS_INDEX_FORWARDER;
use crate::oop::Oop;
use crate::small_integer;
use crate::vm::{Args, Vm};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The type of those that may change everything.
pub(super) type Helper = extern "C" fn(&mut Vm) -> i32;

/// Go on at the VM's registers: in native code, if there is some.
pub(super) const GO_ON: i32 = 0;
/// Leave it to the interpreter.
pub(super) const LEAVE: i32 = 1;
/// Enter the native code of the method in `Native::callee`.
pub(super) const ENTER: i32 = 2;

/// Does something that may panic or stop the VM: neither may cross native code.
fn guarded(vm: &mut Vm, run: impl FnOnce(&mut Vm) -> Result<i32, VmError>) -> i32 {
    match catch_unwind(AssertUnwindSafe(|| run(vm))) {
        Ok(Ok(answer)) => {
            if vm.outcome.is_some() || vm.fatal.is_some() {
                LEAVE
            } else {
                answer
            }
        }
        Ok(Err(error)) => {
            vm.fatal = Some(error);
            LEAVE
        }
        Err(panic) => {
            vm.native.panic = Some(panic);
            LEAVE
        }
    }
}

/// The send of the word at ip, whose inline cache is for another class.
pub(super) extern "C" fn miss(vm: &mut Vm) -> i32 {
    guarded(vm, |vm| {
        let ip = vm.ip as usize as *const u64;
        // SAFETY: native code hands over the address of a send of its method's words.
        let word = unsafe { *ip };
        let args = operand_a(word);
        let class = vm.heap.class_index_of(vm.stack_value(args));
        if class == CLASS_INDEX_FORWARDER {
            return Ok(LEAVE);
        }
        let selector = vm.selector_of_send(word);
        if selector == vm.heap.nil() {
            return Ok(LEAVE);
        }
        let Found::Code(code) = vm.lookup(class, selector)? else { return Ok(LEAVE) };
        // SAFETY: a lookup answers code of the cache.
        if usize::from(unsafe { (*code).args }) != args {
            return Ok(LEAVE);
        }
        // SAFETY: behind the word of a send is its cache.
        fill_cache(unsafe { ip.add(1) }, u64::from(class), code);
        vm.ip += 8 * SEND_WORDS as u64;
        vm.native.callee = code;
        Ok(ENTER)
    })
}

/// Events are due at a jump back.
pub(super) extern "C" fn polled(vm: &mut Vm) -> i32 {
    guarded(vm, |vm| vm.safe_point().map(|()| vm.where_to_go_on()))
}

/// A frame was made that overflows its page, or at which events are due.
pub(super) extern "C" fn entered(vm: &mut Vm) -> i32 {
    guarded(vm, after_entering)
}

fn after_entering(vm: &mut Vm) -> Result<i32, VmError> {
    if vm.sp < vm.limit {
        vm.overflow()?;
    }
    if vm.heap.poll_countdown >= 0 {
        return Ok(GO_ON);
    }
    vm.safe_point()?;
    Ok(vm.where_to_go_on())
}

/// The method in `Native::callee` is sent to, and has no native code.
pub(super) extern "C" fn call(vm: &mut Vm) -> i32 {
    guarded(vm, run_callee)
}

fn run_callee(vm: &mut Vm) -> Result<i32, VmError> {
    let code = vm.native.callee;
    // SAFETY: inline caches hold code of the code cache, which drops none before a safe point.
    let code_ref = unsafe { &*code };
    let args = usize::from(code_ref.args);
    match code_ref.entry {
        Entry::Frame => {
            if vm.warms_up(code) {
                return Ok(ENTER);
            }
            vm.heap.poll_countdown -= 1;
            vm.activate(code, args, None)?;
            after_entering(vm)
        }
        Entry::Closure if let Some(block) = vm.activate_quickly(args) => {
            vm.warms_up(block);
            vm.heap.poll_countdown -= 1;
            after_entering(vm)
        }
        // It may call any plugin.
        _ if vm.leaves_residence() => Ok(LEAVE),
        _ => vm.invoke(code, args).map(|()| GO_ON),
    }
}

/// The type of those that compute the value of a primitive for the receiver and arguments at the stack pointer: the stack pointer behind, where
/// the value is then, or 0 where the primitive fails.
pub(super) type Primitive = extern "C" fn(&mut Vm, &Code) -> u64;

/// The numbered primitive of a method.
pub(super) extern "C" fn value(vm: &mut Vm, code: &Code) -> u64 {
    computed(vm, code, |vm, args| {
        let Entry::Value(run) = code.entry else { return Err(PrimError::GENERIC) };
        // SAFETY: receiver and arguments are on the stack, which a value primitive leaves alone.
        run(vm, unsafe { Args::new(vm.sp as usize as *const Oop, args) })
    })
}

/// The named primitive of a method.
pub(super) extern "C" fn named(vm: &mut Vm, code: &Code) -> u64 {
    let primitive = vm.resolved(code).filter(|_| !vm.resides());
    let Some(primitive) = primitive else {
        // It is looked up, or called from elsewhere, when it is tried again.
        vm.native.is_unresolved = true;
        return 0;
    };
    computed(vm, code, |vm, args| vm.call_plugin(primitive, args))
}

#[inline(always)]
fn computed(vm: &mut Vm, code: &Code, run: impl FnOnce(&mut Vm, usize) -> Result<Oop, PrimError>) -> u64 {
    let args = usize::from(code.args);
    match catch_unwind(AssertUnwindSafe(|| run(vm, args))) {
        Ok(Ok(value)) => {
            let place = vm.sp + 8 * args as u64;
            vm.stack.write(place, value.bits());
            place
        }
        Ok(Err(failure)) => {
            vm.native.failure = failure;
            0
        }
        Err(panic) => {
            vm.native.panic = Some(panic);
            0
        }
    }
}

/// The primitive of the callee has failed.
pub(super) extern "C" fn failed(vm: &mut Vm) -> i32 {
    guarded(vm, |vm| {
        let code = vm.native.callee;
        if vm.native.panic.is_some() {
            return Ok(LEAVE);
        }
        // SAFETY: as in `run_callee`.
        let args = usize::from(unsafe { (*code).args });
        let is_unresolved = std::mem::take(&mut vm.native.is_unresolved);
        if is_unresolved {
            if vm.leaves_residence() {
                return Ok(LEAVE);
            }
            vm.invoke(code, args)?;
        } else {
            vm.primitive_failed(code, args, vm.native.failure)?;
        }
        Ok(GO_ON)
    })
}

/// Two words in registers: whether there is a result, and it.
#[repr(C)]
pub(super) struct Computed {
    is_some: u64,
    value: Oop,
}

impl From<Option<Oop>> for Computed {
    fn from(found: Option<Oop>) -> Computed {
        Computed { is_some: u64::from(found.is_some()), value: found.unwrap_or(Oop::ZERO) }
    }
}

/// The type of those that compute a value of two others.
pub(super) type Arithmetic = extern "C" fn(Oop, Oop) -> Computed;

macro_rules! arithmetic {
    ($($(#[$doc:meta])* $name:ident = |$a:ident, $b:ident| $result:expr;)*) => {
        $($(#[$doc])* pub(super) extern "C" fn $name($a: Oop, $b: Oop) -> Computed { Computed::from($result) })*
    };
}

arithmetic! {
    /// Of SmallFloats; SmallIntegers are added, subtracted and multiplied in native code.
    add = |a, b| of_floats(a, b, |a, b| a + b);
    subtract = |a, b| of_floats(a, b, |a, b| a - b);
    multiply = |a, b| of_floats(a, b, |a, b| a * b);
    divide = |a, b| small_integer::exact_quotient(a, b);
    modulo = |a, b| small_integer::floor_remainder(a, b);
    integer_divide = |a, b| small_integer::floor_quotient(a, b);
    bit_shift = |a, b| small_integer::shifted(a, b);
}

fn of_floats(a: Oop, b: Oop, operation: fn(f64, f64) -> f64) -> Option<Oop> {
    if !a.is_small_float() || !b.is_small_float() {
        return None;
    }
    Oop::try_from_float(operation(a.small_float(), b.small_float()))
}

/// Compares SmallFloats: 1 true, 0 false, 2 where they are none.
pub(super) type Comparison = extern "C" fn(Oop, Oop) -> u64;

macro_rules! comparison {
    ($($name:ident $op:tt;)*) => {
        $(pub(super) extern "C" fn $name(a: Oop, b: Oop) -> u64 {
            if a.is_small_float() && b.is_small_float() { u64::from(a.small_float() $op b.small_float()) } else { 2 }
        })*
    };
}

comparison! { less <; greater >; less_equal <=; greater_equal >=; equal ==; not_equal !=; }

/// `at:` of an object that has a header, for a method with this primitive.
pub(super) extern "C" fn at(vm: &Vm, primitive: u64, array: Oop, index: Oop) -> Computed {
    Computed::from(vm.fast_at(primitive as u16, array, index.small_int()))
}

/// `at:put:` likewise, whose result is the value.
pub(super) extern "C" fn at_put(vm: &mut Vm, primitive: u64, array: Oop, index: Oop, value: Oop) -> Computed {
    Computed::from(vm.fast_at_put(primitive as u16, array, index.small_int(), value).then_some(value))
}

/// The store of a young object into an old one is remembered.
pub(super) extern "C" fn remember(vm: &mut Vm, object: Oop, index: u64, value: Oop) {
    vm.heap.write_barrier(object, index as usize, value);
}

/// Changes element `index` of a vector of remote variables.
pub(super) extern "C" fn set_remote(vm: &mut Vm, vector: Oop, index: u64, value: Oop) {
    vm.set_checked_field(vector, index as usize, value);
}

/// Makes the object of the instruction before ip, whose operands are on the stack; 0 where the interpreter shall make it.
pub(super) extern "C" fn make(vm: &mut Vm) -> u64 {
    let made = catch_unwind(AssertUnwindSafe(|| {
        let ip = vm.ip as usize as *const u64;
        // SAFETY: native code hands over the address of such an instruction.
        vm.make_object(unsafe { *ip }, ip)
    }));
    match made {
        Ok(Some(object)) => object.bits(),
        Ok(None) => 0,
        Err(panic) => {
            vm.native.panic = Some(panic);
            0
        }
    }
}
