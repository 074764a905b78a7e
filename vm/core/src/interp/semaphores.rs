//! Primitives on processes, semaphores and mutexes.

use super::layout::{context, process};
use crate::error::{PrimError, VmError};
use crate::oop::Oop;
use crate::vm::{Outcome, Vm};

impl Vm {
    /// Primitive 85, `signal`.
    pub(crate) fn primitive_signal(&mut self, args: usize) -> Result<(), PrimError> {
        let semaphore = self.stack_value(args);
        if !self.is_semaphore(semaphore) {
            return Err(PrimError::BAD_RECEIVER);
        }
        self.signal(semaphore).map_err(|e| self.stop(e))
    }

    /// Primitive 86, `wait`.
    pub(crate) fn primitive_wait(&mut self, args: usize) -> Result<(), PrimError> {
        let semaphore = self.stack_value(args);
        if !self.is_semaphore(semaphore) {
            return Err(PrimError::BAD_RECEIVER);
        }
        let excess = self.heap.fetch(semaphore, process::EXCESS_SIGNALS).as_small_int().unwrap_or(0);
        if excess > 0 {
            self.set_checked_field(semaphore, process::EXCESS_SIGNALS, Oop::from_small_int(excess - 1));
            return Ok(());
        }
        let active = self.active_process();
        self.add_last(active, semaphore);
        self.transfer_to_next().map_err(|e| self.stop(e))
    }

    /// Primitive 87, `resume`.
    pub(crate) fn primitive_resume(&mut self, args: usize) -> Result<(), PrimError> {
        let proc = self.stack_value(args);
        if !self.is_process(proc) {
            return Err(PrimError::BAD_RECEIVER);
        }
        let ctx = self.field(proc, process::SUSPENDED_CONTEXT);
        if !self.is_context(ctx) {
            return Err(PrimError::BAD_RECEIVER);
        }
        self.resume(proc).map(|_| ()).map_err(|e| self.stop(e))
    }

    /// Primitives 88 and 578, `suspend`: answers the list that the process waited on.
    pub(crate) fn primitive_suspend(&mut self, args: usize) -> Result<(), PrimError> {
        let proc = self.stack_value(args);
        if !self.is_process(proc) {
            return Err(PrimError::BAD_RECEIVER);
        }
        let nil = self.heap.nil();
        if proc == self.active_process() {
            self.answer(args, nil);
            return self.transfer_to_next().map_err(|e| self.stop(e));
        }
        let list = self.field(proc, process::MY_LIST);
        if list == nil || list.is_immediate() || self.heap.pointer_slots(list) < 2 {
            return Err(PrimError::BAD_RECEIVER);
        }
        if !self.remove_from_list(proc, list) {
            return Err(PrimError::GENERIC);
        }
        self.set_checked_field(proc, process::MY_LIST, nil);
        self.answer(args, list);
        Ok(())
    }

    /// Primitive 568: suspends a process that waits on a semaphore or mutex so that it waits again when it is resumed. Answers the
    /// list that it was on.
    pub(crate) fn primitive_suspend_and_answer_list(&mut self, args: usize) -> Result<(), PrimError> {
        self.suspend_to_wait_again(args, true)
    }

    /// Primitive 578: the same, but answers nil where the process waited.
    pub(crate) fn primitive_suspend_to_wait_again(&mut self, args: usize) -> Result<(), PrimError> {
        self.suspend_to_wait_again(args, false)
    }

    fn suspend_to_wait_again(&mut self, args: usize, answer_any_list: bool) -> Result<(), PrimError> {
        let proc = self.stack_value(args);
        self.primitive_suspend(args)?;
        let list = self.stack_value(0);
        if list == self.heap.nil() || proc == self.active_process() {
            return Ok(());
        }
        if self.ready_list(self.priority(proc)) == Some(list) {
            return Ok(());
        }
        let ctx = self.field(proc, process::SUSPENDED_CONTEXT);
        if self.is_context(ctx) {
            self.back_to_send(ctx, proc, list).map_err(|e| self.stop(e))?;
        }
        if !answer_any_list {
            self.answer(0, self.heap.nil());
        }
        Ok(())
    }

    /// Sets a context, which waits for `list` behind the send that made it wait, back to that send. On its stack is what the send
    /// answers; in its place go the receiver of the send and, if it has an argument, the process (a mutex is also entered on behalf
    /// of another). Nothing is changed where no such send is before the context's pc.
    fn back_to_send(&mut self, ctx: Oop, proc: Oop, list: Oop) -> Result<(), VmError> {
        let active = self.flush_stack()?;
        let (method, receiver) = (self.heap.fetch_followed(ctx, context::METHOD), self.heap.fetch_followed(ctx, context::RECEIVER));
        let code = self.code_for(method, self.is_context(receiver))?;
        // SAFETY: code_for answers the address of code in the cache, which drops none while this function runs.
        let code = unsafe { &*code };
        let pc = self.heap.fetch(ctx, context::PC).as_small_int().and_then(|pc| u32::try_from(pc).ok());
        let send = pc.and_then(|pc| code.word_at(pc)).and_then(|word| code.word_before(word));
        if let Some(word) = send
            && let Some(args) = code.sends_at(word).filter(|&args| args <= 1)
        {
            let depth = code.shapes[word].depth as usize;
            let operands = [list, proc];
            if self.heap.fetch(ctx, context::STACKP) == Oop::from_small_int((depth - args) as i64)
                && context::FIRST_TEMP + depth <= self.heap.num_slots(ctx)
            {
                for (i, &operand) in operands[..=args].iter().enumerate() {
                    self.heap.store(ctx, context::FIRST_TEMP + depth - 1 - args + i, operand);
                }
                self.heap.store(ctx, context::STACKP, Oop::from_small_int(depth as i64));
                self.heap.store(ctx, context::PC, Oop::from_small_int(code.pcs[word] as i64));
            }
        }
        self.resume_context(active)
    }

    /// Primitive 167, `yield`.
    pub(crate) fn primitive_yield(&mut self, _args: usize) -> Result<(), PrimError> {
        let active = self.active_process();
        let priority = self.priority(active);
        let Some(list) = self.ready_list(priority) else { return Err(PrimError::GENERIC) };
        if !self.is_empty_list(list) {
            self.add_last(active, list);
            self.transfer_to_next().map_err(|e| self.stop(e))?;
        }
        Ok(())
    }

    /// Primitive 185, `primitiveExitCriticalSection`.
    pub(crate) fn primitive_exit_critical(&mut self, args: usize) -> Result<(), PrimError> {
        let mutex = self.stack_value(args);
        if !self.is_semaphore(mutex) {
            return Err(PrimError::BAD_RECEIVER);
        }
        let nil = self.heap.nil();
        if self.is_empty_list(mutex) {
            self.set_checked_field(mutex, process::OWNER, nil);
            return Ok(());
        }
        let next = self.remove_first(mutex);
        self.set_checked_field(mutex, process::OWNER, next);
        self.resume(next).map(|_| ()).map_err(|e| self.stop(e))
    }

    /// Primitives 186 and 187: takes the mutex for the process in the argument or the active one. `test` does not wait.
    fn enter_critical(&mut self, args: usize, test: bool) -> Result<(), PrimError> {
        let mutex = self.stack_value(args);
        if !self.is_semaphore(mutex) {
            return Err(PrimError::BAD_RECEIVER);
        }
        let active = self.active_process();
        let proc = if args > 0 { self.stack_value(0) } else { active };
        let owner = self.field(mutex, process::OWNER);
        let nil = self.heap.nil();
        if owner == nil {
            self.set_checked_field(mutex, process::OWNER, proc);
            self.answer(args, self.heap.false_());
        } else if owner == proc {
            self.answer(args, self.heap.true_());
        } else if test {
            self.answer(args, nil);
        } else {
            self.answer(args, self.heap.false_());
            self.add_last(active, mutex);
            return self.transfer_to_next().map_err(|e| self.stop(e));
        }
        Ok(())
    }

    /// Primitive 186, `primitiveEnterCriticalSection`.
    pub(crate) fn primitive_enter_critical(&mut self, args: usize) -> Result<(), PrimError> {
        self.enter_critical(args, false)
    }

    /// Primitive 187, `primitiveTestAndSetOwnershipOfCriticalSection`.
    pub(crate) fn primitive_test_critical(&mut self, args: usize) -> Result<(), PrimError> {
        self.enter_critical(args, true)
    }

    /// Primitive 230, `relinquishProcessorForMicroseconds:`: the image has nothing to do.
    pub(crate) fn primitive_relinquish(&mut self, args: usize) -> Result<(), PrimError> {
        if args > 0 && !self.stack_value(0).is_small_int() {
            return Err(PrimError::BAD_ARGUMENT);
        }
        self.sp += 8 * args as u64;
        let switches = self.counters.process_switches;
        self.tell_of_memory().and_then(|()| self.check_events()).map_err(|e| self.stop(e))?;
        if self.counters.process_switches == switches {
            // Nothing that was due woke a process: sleep until something is.
            let until = (self.next_wake != 0).then_some(self.next_wake);
            self.outcome = Some(Outcome::Idle { until });
        }
        Ok(())
    }
}
