//! Primitives that change frames, processes or what is cached, and those on contexts.

use super::layout::class;
use crate::error::PrimError;
use crate::heap::BecomeEffects;
use crate::object::Format;
use crate::oop::Oop;
use crate::primitives::{ControlPrimitive, Run};
use crate::vm::{Args, Outcome, Vm};

/// Microseconds in a millisecond.
const MILLISECOND: u64 = 1000;
/// The millisecond clock runs to 2^29 - 1 and starts again.
pub(crate) const MILLISECOND_MASK: u64 = 0x1FFF_FFFF;

/// What each control primitive does; names, numbers of arguments and meanings are in [`crate::primitives::CONTROL`].
pub(crate) const CONTROL_PRIMITIVES: &[(u16, ControlPrimitive)] = &[
    (72, Vm::primitive_become_forward),
    (76, Vm::primitive_store_stackp),
    (83, Vm::primitive_perform),
    (84, Vm::primitive_perform_with_arguments),
    (85, Vm::primitive_signal),
    (86, Vm::primitive_wait),
    (87, Vm::primitive_resume),
    (88, Vm::primitive_suspend),
    (89, Vm::primitive_flush_cache),
    (97, Vm::primitive_snapshot),
    (100, Vm::primitive_perform_in_superclass),
    (113, Vm::primitive_quit),
    (116, Vm::primitive_flush_cache),
    (118, Vm::primitive_try_primitive),
    (119, Vm::primitive_flush_cache),
    (128, Vm::primitive_become),
    (130, Vm::primitive_full_collection),
    (131, Vm::primitive_scavenge),
    (136, Vm::primitive_signal_at_milliseconds),
    (167, Vm::primitive_yield),
    (185, Vm::primitive_exit_critical),
    (186, Vm::primitive_enter_critical),
    (187, Vm::primitive_test_critical),
    (188, Vm::primitive_execute_method_with_arguments),
    (189, Vm::primitive_execute_method),
    (195, Vm::primitive_find_next_unwind),
    (196, Vm::primitive_terminate_to),
    (197, Vm::primitive_find_next_handler),
    (201, Vm::primitive_closure_value),
    (202, Vm::primitive_closure_value),
    (203, Vm::primitive_closure_value),
    (204, Vm::primitive_closure_value),
    (205, Vm::primitive_closure_value),
    (206, Vm::primitive_closure_value_with_arguments),
    (207, Vm::primitive_closure_value),
    (208, Vm::primitive_closure_value_with_arguments),
    (209, Vm::primitive_closure_value_no_switch),
    (210, Vm::primitive_context_at),
    (211, Vm::primitive_context_at_put),
    (212, Vm::primitive_context_size),
    (214, Vm::primitive_flush_cache),
    (215, Vm::primitive_flush_cache),
    (216, Vm::primitive_flush_cache),
    (218, Vm::primitive_try_named_primitive),
    (221, Vm::primitive_closure_value_no_switch),
    (222, Vm::primitive_closure_value_no_switch),
    (230, Vm::primitive_relinquish),
    (242, Vm::primitive_signal_at_utc_microseconds),
    (248, Vm::primitive_become_forward_keep_hash),
    (249, Vm::primitive_become_forward_copy_hash),
    (568, Vm::primitive_suspend_and_answer_list),
    (570, Vm::primitive_flush_cache),
    (571, Vm::primitive_unload_module),
    (578, Vm::primitive_suspend_to_wait_again),
];

/// Primitives whose object may be a context, whose fields may be in a frame: number, number of arguments without the mirrors',
/// and what they do then.
const ON_CONTEXTS: &[(u16, usize, ControlPrimitive)] = &[
    (60, 1, |vm, args| vm.context_or(60, args, 1, Vm::primitive_context_at)),
    (61, 2, |vm, args| vm.context_or(61, args, 2, Vm::primitive_context_at_put)),
    (62, 0, |vm, args| vm.context_or(62, args, 0, Vm::primitive_context_size)),
    (73, 1, |vm, args| vm.context_or(73, args, 1, Vm::primitive_context_inst_var_at)),
    (74, 2, |vm, args| vm.context_or(74, args, 2, Vm::primitive_context_inst_var_at_put)),
    (148, 0, |vm, args| vm.context_or(148, args, 0, Vm::primitive_context_clone)),
    (173, 1, |vm, args| vm.context_or(173, args, 1, Vm::primitive_context_inst_var_at)),
    (174, 2, |vm, args| vm.context_or(174, args, 2, Vm::primitive_context_inst_var_at_put)),
];

/// What a primitive with this number of arguments does where the object that it is about may be a context: where the receiver is
/// one, and where the object is the first argument (mirror primitives).
pub(crate) fn lookup_for_context(number: u16, args: usize, receiver_is_context: bool) -> Option<ControlPrimitive> {
    let row = ON_CONTEXTS.iter().find(|row| row.0 == number)?;
    (receiver_is_context || args > row.1).then_some(row.2)
}

impl Vm {
    /// Runs `on_context` if the object that the primitive is about is a context, else the numbered primitive. With one
    /// argument more than `usual` the object is the first argument.
    fn context_or(&mut self, number: u16, args: usize, usual: usize, on_context: ControlPrimitive) -> Result<(), PrimError> {
        let Some(primitive) = crate::primitives::lookup(number).filter(|p| p.accepts(args)) else {
            return Err(PrimError::BAD_NUM_ARGS);
        };
        if self.is_context(self.stack_value(usual)) {
            return on_context(self, args);
        }
        self.run_row(primitive.run, args)
    }

    /// Runs the VM's own primitive of this name.
    pub(crate) fn run_by_name(&mut self, name: &str, args: usize) -> Result<(), PrimError> {
        let run = crate::primitives::lookup_by_name(name, args).ok_or(PrimError::NOT_FOUND)?;
        self.run_row(run, args)
    }

    /// Runs a primitive of the table.
    pub(super) fn run_row(&mut self, run: Run, args: usize) -> Result<(), PrimError> {
        match run {
            Run::Value(run) => {
                // SAFETY: receiver and arguments are on the active stack, which a value primitive does not change.
                let operands = unsafe { Args::new(self.sp as usize as *const Oop, args) };
                let value = run(self, operands)?;
                self.answer(args, value);
                Ok(())
            }
            Run::Control(run) => run(self, args),
            Run::Fails(_) => Err(PrimError::UNSUPPORTED),
        }
    }

    /// Primitives 89, 116, 119: what was cached of methods is out of date.
    fn primitive_flush_cache(&mut self, args: usize) -> Result<(), PrimError> {
        let receiver = self.stack_value(args);
        if self.format_of(receiver).is_some_and(|f| f.is_compiled_method()) {
            self.flush_method(receiver);
        } else {
            self.flush_caches();
        }
        self.sp += 8 * args as u64;
        Ok(())
    }

    /// Primitive 113: ends the VM with the status in the argument, or 0.
    fn primitive_quit(&mut self, args: usize) -> Result<(), PrimError> {
        let status = if args > 0 { self.stack_value(0).as_small_int().unwrap_or(0) } else { 0 };
        self.plugins.shutdown();
        self.outcome = Some(Outcome::Quit(status as i32));
        Ok(())
    }

    /// Primitive 571: the name of a module.
    fn primitive_unload_module(&mut self, args: usize) -> Result<(), PrimError> {
        let name = self.heap.text(self.stack_value(0)).ok_or(PrimError::GENERIC)?;
        let unloaded = self.plugins.unload(&name);
        self.generation = self.plugins.generation();
        if !unloaded {
            return Err(PrimError::GENERIC);
        }
        self.sp += 8 * args as u64;
        Ok(())
    }

    fn primitive_full_collection(&mut self, args: usize) -> Result<(), PrimError> {
        self.collect(true).map_err(|e| self.stop(e))?;
        self.answer_bytes_left(args)
    }

    fn primitive_scavenge(&mut self, args: usize) -> Result<(), PrimError> {
        self.collect(false).map_err(|e| self.stop(e))?;
        self.answer_bytes_left(args)
    }

    fn answer_bytes_left(&mut self, args: usize) -> Result<(), PrimError> {
        let left = self.heap.integer(self.heap.bytes_left() as i64)?;
        self.answer(args, left);
        Ok(())
    }

    /// Primitive 136: semaphore (or nil), tick of the millisecond clock.
    fn primitive_signal_at_milliseconds(&mut self, args: usize) -> Result<(), PrimError> {
        let tick = self.stack_value(0).as_small_int().ok_or(PrimError::BAD_ARGUMENT)? as u64;
        let semaphore = self.semaphore_or_nil(1)?;
        let now = self.platform.utc_microseconds();
        let now_tick = (self.platform.monotonic_microseconds() / MILLISECOND) & MILLISECOND_MASK;
        let ahead = tick.wrapping_sub(now_tick) & MILLISECOND_MASK;
        // A tick in the second half of the clock's range is in the past.
        let ahead = if ahead > MILLISECOND_MASK / 2 { 0 } else { ahead };
        self.set_timer(semaphore, now + ahead * MILLISECOND);
        self.sp += 8 * args as u64;
        Ok(())
    }

    /// Primitive 242: semaphore (or nil), UTC microseconds.
    fn primitive_signal_at_utc_microseconds(&mut self, args: usize) -> Result<(), PrimError> {
        let time = crate::primitives::unsigned_64(&self.heap, self.stack_value(0)).ok_or(PrimError::BAD_ARGUMENT)?;
        let semaphore = self.semaphore_or_nil(1)?;
        self.set_timer(semaphore, time);
        self.sp += 8 * args as u64;
        Ok(())
    }

    fn become_with(
        &mut self,
        args: usize,
        operation: impl FnOnce(&mut Vm, Oop, Oop) -> Result<BecomeEffects, PrimError>,
    ) -> Result<(), PrimError> {
        let (to, from) = (self.stack_value(args - 1), self.stack_value(args));
        let contexts = self.any_element(from, Vm::is_context) || self.any_element(to, Vm::is_context);
        let methods = self.any_element(from, Vm::holds_methods) || self.any_element(to, Vm::holds_methods);
        // Frames are written out where contexts are among the objects, so that these are whole.
        let active = if contexts { Some(self.flush_stack().map_err(|e| self.stop(e))?) } else { None };
        let result = operation(self, from, to);
        let effects = result.unwrap_or_default();
        if contexts {
            let active = active.map_or(self.heap.nil(), |ctx| self.heap.follow(ctx));
            self.resume_context(active).map_err(|e| self.stop(e))?;
        }
        self.follow_frames(methods || effects.class || effects.compiled_method);
        result?;
        self.sp += 8 * args as u64;
        Ok(())
    }

    /// True if `test` holds for an element of an Array.
    fn any_element(&self, array: Oop, test: fn(&Vm, Oop) -> bool) -> bool {
        self.format_of(array) == Some(Format::INDEXABLE)
            && self.heap.slots(array).iter().any(|&element| test(self, self.heap.follow(element)))
    }

    /// True for a method dictionary and for the array of its methods: what sends found may come from it.
    fn holds_methods(&self, oop: Oop) -> bool {
        let oop = self.heap.follow(oop);
        if oop.is_immediate() || !self.heap.format(oop).is_pointers() {
            return false;
        }
        let is_method = |value: &Oop| self.format_of(*value).is_some_and(|f| f.is_compiled_method());
        let slots = self.heap.slots(oop);
        slots.iter().any(is_method)
            || (slots.len() > class::DICTIONARY_VALUES
                && self.heap.format(oop) == Format::INDEXABLE_FIXED
                && self.any_element(self.heap.follow(slots[class::DICTIONARY_VALUES]), |vm, value| {
                    vm.format_of(value).is_some_and(|f| f.is_compiled_method())
                }))
    }

    fn primitive_become(&mut self, args: usize) -> Result<(), PrimError> {
        self.become_with(args, |vm, from, to| vm.heap.become_two_way(from, to, false))
    }

    fn primitive_become_forward(&mut self, args: usize) -> Result<(), PrimError> {
        self.become_with(args, |vm, from, to| vm.heap.become_one_way(from, to, true))
    }

    fn primitive_become_forward_keep_hash(&mut self, args: usize) -> Result<(), PrimError> {
        self.become_with(args, |vm, from, to| vm.heap.become_one_way(from, to, false))
    }

    /// Primitive 249: the last argument says whether the identity hash is copied.
    fn primitive_become_forward_copy_hash(&mut self, args: usize) -> Result<(), PrimError> {
        if args != 2 {
            return Err(PrimError::BAD_NUM_ARGS);
        }
        let copy_hash = self.stack_value(0) == self.heap.true_();
        self.become_with(args, |vm, from, to| vm.heap.become_one_way(from, to, copy_hash))
    }

    /// Primitive 97: writes the image. In the image that is written, and starts later, it answers true; here false.
    fn primitive_snapshot(&mut self, args: usize) -> Result<(), PrimError> {
        self.answer(args, self.heap.true_());
        let written = self.snapshot().map_err(|e| self.stop(e))?;
        let value = if written { self.heap.false_() } else { self.heap.nil() };
        self.answer(0, value);
        Ok(())
    }
}
