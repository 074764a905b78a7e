//! Processes: the scheduler, semaphores, mutexes, timers, and what happens at a safe point.

use super::layout::process;
use super::run::POLL_INTERVAL;
use crate::error::{PrimError, VmError};
use crate::oop::{Oop, to_index};
use crate::platform::Event;
use crate::special::Special;
use crate::vm::{Outcome, Vm};

impl Vm {
    /// Field of an object that an image may have put in the place of another: nil where it has none.
    pub(super) fn field(&self, oop: Oop, index: usize) -> Oop {
        self.heap.follow(self.checked_field(oop, index))
    }

    fn scheduler(&mut self) -> Oop {
        let association = self.heap.special(Special::SchedulerAssociation);
        self.field(association, process::ASSOCIATION_VALUE)
    }

    /// The active process.
    pub(crate) fn active_process(&mut self) -> Oop {
        let scheduler = self.scheduler();
        self.field(scheduler, process::SCHEDULER_ACTIVE)
    }

    pub(super) fn priority(&self, proc: Oop) -> usize {
        self.heap.fetch(proc, process::PRIORITY).as_small_int().map_or(1, |p| to_index(p.max(1).cast_unsigned()))
    }

    /// The list of processes of a priority that are ready to run.
    pub(super) fn ready_list(&mut self, priority: usize) -> Option<Oop> {
        let scheduler = self.scheduler();
        let lists = self.field(scheduler, process::SCHEDULER_LISTS);
        (priority <= self.heap.pointer_slots(lists)).then(|| self.field(lists, priority - 1))
    }

    /// True if `oop` has the fields of a process, and is no context.
    pub(super) fn is_process(&self, oop: Oop) -> bool {
        oop.is_pointer() && self.heap.pointer_slots(oop) > process::MY_LIST && !self.is_context(oop)
    }

    /// Appends a process to a list.
    pub(super) fn add_last(&mut self, proc: Oop, list: Oop) {
        let nil = self.heap.nil();
        let last = self.field(list, process::LAST_LINK);
        let first = self.field(list, process::FIRST_LINK);
        if first == nil {
            self.set_checked_field(list, process::FIRST_LINK, proc);
        } else {
            self.set_checked_field(last, process::NEXT_LINK, proc);
        }
        self.set_checked_field(list, process::LAST_LINK, proc);
        self.set_checked_field(proc, process::NEXT_LINK, nil);
        self.set_checked_field(proc, process::MY_LIST, list);
    }

    /// Puts a process at the front of a list.
    fn add_first(&mut self, proc: Oop, list: Oop) {
        let nil = self.heap.nil();
        let first = self.field(list, process::FIRST_LINK);
        if first == nil {
            self.set_checked_field(list, process::LAST_LINK, proc);
        }
        self.set_checked_field(proc, process::NEXT_LINK, first);
        self.set_checked_field(list, process::FIRST_LINK, proc);
        self.set_checked_field(proc, process::MY_LIST, list);
    }

    /// Takes the first process off a list that is not empty.
    pub(super) fn remove_first(&mut self, list: Oop) -> Oop {
        let nil = self.heap.nil();
        let first = self.field(list, process::FIRST_LINK);
        let last = self.field(list, process::LAST_LINK);
        if first == last {
            self.set_checked_field(list, process::FIRST_LINK, nil);
            self.set_checked_field(list, process::LAST_LINK, nil);
        } else {
            let next = self.field(first, process::NEXT_LINK);
            self.set_checked_field(list, process::FIRST_LINK, next);
        }
        self.set_checked_field(first, process::NEXT_LINK, nil);
        self.set_checked_field(first, process::MY_LIST, nil);
        first
    }

    /// Takes a process off the list that it is on; false if it is not there.
    pub(super) fn remove_from_list(&mut self, proc: Oop, list: Oop) -> bool {
        let nil = self.heap.nil();
        let first = self.field(list, process::FIRST_LINK);
        let next = self.field(proc, process::NEXT_LINK);
        if first == proc {
            self.set_checked_field(list, process::FIRST_LINK, next);
            if self.field(list, process::LAST_LINK) == proc {
                self.set_checked_field(list, process::LAST_LINK, nil);
            }
        } else {
            let mut at = first;
            loop {
                if !self.is_process(at) || at == nil {
                    return false;
                }
                let following = self.field(at, process::NEXT_LINK);
                if following == proc {
                    break;
                }
                at = following;
            }
            self.set_checked_field(at, process::NEXT_LINK, next);
            if self.field(list, process::LAST_LINK) == proc {
                self.set_checked_field(list, process::LAST_LINK, at);
            }
        }
        self.set_checked_field(proc, process::NEXT_LINK, nil);
        true
    }

    pub(super) fn is_empty_list(&mut self, list: Oop) -> bool {
        let nil = self.heap.nil();
        list.is_immediate() || self.heap.pointer_slots(list) < 2 || self.field(list, process::FIRST_LINK) == nil
    }

    /// The first ready process of the highest priority, taken off its list.
    fn wake_highest_priority(&mut self) -> Option<Oop> {
        let scheduler = self.scheduler();
        let lists = self.field(scheduler, process::SCHEDULER_LISTS);
        for priority in (1..=self.heap.pointer_slots(lists)).rev() {
            let list = self.ready_list(priority)?;
            if !self.is_empty_list(list) {
                return Some(self.remove_first(list));
            }
        }
        None
    }

    /// Suspends the active process, whose registers are current, and runs `proc`.
    pub(crate) fn transfer_to(&mut self, proc: Oop) -> Result<(), VmError> {
        self.counters.process_switches += 1;
        let nil = self.heap.nil();
        let scheduler = self.scheduler();
        let old = self.active_process();
        let ctx = self.marry(self.fp)?;
        self.sync_page();
        self.set_checked_field(old, process::SUSPENDED_CONTEXT, ctx);
        let new_ctx = self.field(proc, process::SUSPENDED_CONTEXT);
        if !self.is_context(new_ctx) {
            return Err(VmError::Corrupt(format!("the process {} has no context to run", self.describe(proc))));
        }
        self.set_checked_field(scheduler, process::SCHEDULER_ACTIVE, proc);
        self.set_checked_field(proc, process::SUSPENDED_CONTEXT, nil);
        self.set_checked_field(proc, process::MY_LIST, nil);
        self.resume_context(new_ctx)?;
        self.check_depth();
        Ok(())
    }

    /// Runs the next ready process; the active one waits on some list or is suspended.
    pub(super) fn transfer_to_next(&mut self) -> Result<(), VmError> {
        match self.wake_highest_priority() {
            Some(next) => self.transfer_to(next),
            None => Err(VmError::Fatal("every process waits and nothing can wake one: the image has no idle process".into())),
        }
    }

    /// Makes a process ready; it runs at once if its priority is higher than the active one's.
    pub(crate) fn resume(&mut self, proc: Oop) -> Result<bool, VmError> {
        let active = self.active_process();
        let (active_priority, priority) = (self.priority(active), self.priority(proc));
        if priority > active_priority {
            let Some(list) = self.ready_list(active_priority) else { return Ok(false) };
            // The preempted process goes to the front or the back of its priority's list, as the image asked.
            if self.preemption_yields {
                self.add_last(active, list)
            } else {
                self.add_first(active, list)
            }
            self.transfer_to(proc)?;
            return Ok(true);
        }
        if let Some(list) = self.ready_list(priority) {
            self.add_last(proc, list);
        }
        Ok(false)
    }

    /// Signals a semaphore.
    pub(crate) fn signal(&mut self, semaphore: Oop) -> Result<(), VmError> {
        if self.is_empty_list(semaphore) {
            if semaphore.is_pointer() && self.heap.pointer_slots(semaphore) > process::EXCESS_SIGNALS {
                let excess = self.heap.fetch(semaphore, process::EXCESS_SIGNALS).as_small_int().unwrap_or(0);
                self.set_checked_field(semaphore, process::EXCESS_SIGNALS, Oop::from_small_int(excess + 1));
            }
            return Ok(());
        }
        let waiting = self.remove_first(semaphore);
        self.resume(waiting)?;
        Ok(())
    }

    /// Signals a semaphore of the special objects, if it is one.
    fn signal_special(&mut self, which: Special) -> Result<(), VmError> {
        let semaphore = self.heap.follow(self.heap.special(which));
        if semaphore != self.heap.nil() && self.is_semaphore(semaphore) { self.signal(semaphore) } else { Ok(()) }
    }

    pub(super) fn is_semaphore(&self, oop: Oop) -> bool {
        oop.is_pointer() && self.heap.pointer_slots(oop) > process::EXCESS_SIGNALS
    }

    /// Signals the external semaphore `index` (from 1).
    fn signal_external(&mut self, index: usize) -> Result<(), VmError> {
        let table = self.heap.follow(self.heap.special(Special::ExternalObjectsArray));
        if table.is_immediate() || index == 0 || index > self.heap.pointer_slots(table) {
            return Ok(());
        }
        let semaphore = self.heap.fetch_followed(table, index - 1);
        if self.is_semaphore(semaphore) { self.signal(semaphore) } else { Ok(()) }
    }

    /// Collections, timers, events: what waits for the interpreter to be between two instructions. Registers are in the VM.
    #[cold]
    pub(crate) fn safe_point(&mut self) -> Result<(), VmError> {
        self.heap.poll_countdown = POLL_INTERVAL;
        let request = std::mem::take(&mut self.heap.gc_request);
        if request.scavenge || request.full {
            self.collect(request.full)?;
        }
        self.tell_of_memory()?;
        self.counters.event_checks += 1;
        self.check_events()?;
        self.budget = self.budget.saturating_sub(1);
        if self.budget == 0 && self.outcome.is_none() {
            self.outcome = Some(Outcome::BudgetUsed);
        }
        Ok(())
    }

    /// Signals that something became unreachable and that memory runs short.
    pub(super) fn tell_of_memory(&mut self) -> Result<(), VmError> {
        if std::mem::take(&mut self.collected) && self.gc_semaphore != 0 {
            self.signal_external(self.gc_semaphore)?;
        }
        for _ in 0..std::mem::take(&mut self.heap.pending_finalization) {
            self.signal_special(Special::TheFinalizationSemaphore)?;
        }
        if std::mem::take(&mut self.heap.low_space_pending) {
            let active = self.active_process();
            self.heap.set_special(Special::ProcessSignalingLowSpace, active);
            self.signal_special(Special::TheLowSpaceSemaphore)?;
        }
        Ok(())
    }

    /// Signals what is due: the timer and what happened outside.
    pub(crate) fn check_events(&mut self) -> Result<(), VmError> {
        if self.next_wake != 0 && self.platform.utc_microseconds() >= self.next_wake {
            self.next_wake = 0;
            self.signal_special(Special::TheTimerSemaphore)?;
        }
        while let Some(event) = self.platform.next_event() {
            match event {
                Event::Semaphore(index, count) => {
                    for _ in 0..count {
                        self.signal_external(index)?;
                    }
                }
                Event::UserInterrupt if self.heap.special(Special::TheInterruptSemaphore) == self.heap.nil() => {
                    self.platform.report("the image does not handle interrupts; a second one ends it\n");
                }
                Event::UserInterrupt => self.signal_special(Special::TheInterruptSemaphore)?,
                Event::PrintStacks => {
                    let text = self.all_stacks();
                    self.platform.report(&text);
                }
            }
        }
        Ok(())
    }

    /// The operand at this depth, if it is a semaphore or nil.
    pub(crate) fn semaphore_or_nil(&self, depth: usize) -> Result<Oop, PrimError> {
        let semaphore = self.stack_value(depth);
        if semaphore == self.heap.nil() || self.is_semaphore(semaphore) { Ok(semaphore) } else { Err(PrimError::BAD_ARGUMENT) }
    }

    /// Signals `semaphore` at `time` (UTC microseconds); nil for never.
    pub(crate) fn set_timer(&mut self, semaphore: Oop, time: u64) {
        let nil = self.heap.nil();
        let on = semaphore != nil && self.is_semaphore(semaphore);
        self.heap.set_special(Special::TheTimerSemaphore, if on { semaphore } else { nil });
        self.next_wake = if on { time.max(1) } else { 0 };
        self.heap.poll_countdown = 0;
    }
}
