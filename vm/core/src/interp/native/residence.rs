//! Native code that resides in a plugin ([`Residence`]): to have a primitive of that plugin called it comes back, instead of calling out.
//!
//! Nothing else of the plugin may be used meanwhile, for its host is in the middle of a call of it. So what may reach the host of plugins ends the
//! residence first ([`Vm::leaves_residence`]). Where to reside is decided when native code looks for events.

use super::helpers::{GO_ON, LEAVE};
use super::stubs::Answer;
use crate::error::VmError;
use crate::interp::code::Code;
use crate::oop::Oop;
use crate::plugin::{Call, NamedPrimitive, Operands, Residence, ResidenceEnd, Wanted};
use crate::vm::Vm;
use std::mem;

/// No plugin has this number.
pub(super) const NOWHERE: u32 = u32::MAX;
/// So many calls make a residence worth while: to go on with it after events were looked at, and to come back at once when it had to be left.
const WORTHWHILE: u64 = 100;

impl Vm {
    /// True while native code resides in a plugin.
    pub(super) fn resides(&self) -> bool {
        self.native.resides_in != NOWHERE
    }

    /// Has native code leave the plugin in which it resides, if it does, and the callee be run afterwards.
    pub(super) fn leaves_residence(&mut self) -> bool {
        self.native.has_left_for_callee = self.resides();
        self.native.has_left_for_callee
    }

    /// After native code has looked for events: whether it goes on, or moves to or from a plugin.
    #[cold]
    pub(super) fn where_to_go_on(&mut self) -> i32 {
        let before = mem::replace(&mut self.native.calls_before, self.native.calls);
        if self.resides() && self.native.calls - before >= WORTHWHILE {
            return GO_ON;
        }
        let residence = self.plugins.residence();
        if residence.map_or(NOWHERE, |residence| residence.plugin.0.get()) == self.native.resides_in {
            return GO_ON;
        }
        self.native.calls = 0;
        self.native.residence = residence;
        LEAVE
    }

    /// Runs native code in a plugin, and afterwards what it has left the plugin for.
    #[cold]
    pub(super) fn reside(&mut self, residence: Residence, target: *const u8, code: *const Code) -> Result<(), VmError> {
        let host = self.native.plugins;
        self.native.resides_in = residence.plugin.0.get();
        (self.native.calls, self.native.calls_before) = (0, 0);
        let mut resident = Resident { vm: self, start: (target, code) };
        // SAFETY: the host is that of the residence, and what native code does there but direct calls leaves it first.
        let end = unsafe { (residence.reside)(host, residence.plugin, &mut resident) };
        self.native.resides_in = NOWHERE;
        if matches!(end, ResidenceEnd::NotEntered) {
            self.run_native_code(target, code);
        }
        self.pass_panic_on();
        if self.native.calls >= WORTHWHILE {
            self.native.residence = Some(residence);
        }
        self.after_residence(end)
    }

    fn after_residence(&mut self, end: ResidenceEnd) -> Result<(), VmError> {
        let has_left_for_callee = mem::take(&mut self.native.has_left_for_callee);
        match end {
            ResidenceEnd::NotEntered => return Ok(()),
            ResidenceEnd::Left if !has_left_for_callee => return Ok(()),
            _ => {}
        }
        let callee = self.native.callee;
        // SAFETY: inline caches hold code of the code cache, which drops none before a safe point.
        let args = usize::from(unsafe { (*callee).args });
        if !has_left_for_callee {
            // The operands of what was wanted are still there.
            self.sp -= 8 * args as u64;
        }
        match end {
            ResidenceEnd::Called(Ok(answer)) => {
                self.answer(args, answer);
                Ok(())
            }
            ResidenceEnd::Called(Err(failure)) => self.primitive_failed(callee, args, failure),
            _ => self.invoke(callee, args),
        }
    }
}

/// Native code as the plugin in which it resides sees it.
pub struct Resident<'a> {
    vm: &'a mut Vm,
    /// Where it starts.
    start: (*const u8, *const Code),
}

impl Resident<'_> {
    /// Runs it from its start until it wants a primitive of the plugin called; `None` if it has come to an end instead.
    pub fn start(&mut self) -> Option<Wanted> {
        let (target, code) = self.start;
        let stack = self.vm.run_native_code(target, code);
        self.wanted(stack)
    }

    /// Goes on with what the primitive that it wanted has answered.
    #[inline(always)]
    pub fn go_on(&mut self, answer: Oop) -> Option<Wanted> {
        // SAFETY: the shared code is there when native code has run, and `answer` is such a function.
        let go_on = unsafe { mem::transmute::<*const u8, Answer>(self.vm.native.stubs.answer) };
        // SAFETY: as in `Vm::run_native_code`; the VM has the registers with which native code came back.
        let stack = unsafe { go_on(std::ptr::from_mut(self.vm), answer) };
        self.wanted(stack)
    }

    #[inline(always)]
    fn wanted(&mut self, stack: *const Oop) -> Option<Wanted> {
        if stack.is_null() {
            return None;
        }
        let native = &mut self.vm.native;
        native.calls += 1;
        // SAFETY: as in `Vm::after_residence`.
        Some(Wanted { number: unsafe { (*native.callee).native.direct_number }, stack })
    }

    /// The primitive that it wants called or has just had called, and what that sees.
    pub fn call(&mut self) -> (NamedPrimitive, Call<'_>) {
        let vm = &mut *self.vm;
        // SAFETY: as in `Vm::after_residence`.
        let callee = unsafe { &*vm.native.callee };
        let args = usize::from(callee.args);
        // SAFETY: the operands lie below the place for the answer until that is there, and nobody writes to them during the call.
        let operands = unsafe { std::slice::from_raw_parts((vm.sp as usize as *const Oop).sub(args), args + 1) };
        (callee.native.direct_primitive, Call { heap: &mut vm.heap, operands: Operands::new(operands) })
    }
}
