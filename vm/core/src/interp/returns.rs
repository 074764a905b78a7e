//! Returns that leave a page or more than one frame, and the primitives that unwind.

use super::frames::Activation;
use super::layout::{closure, context, frame};
use crate::error::{PrimError, VmError};
use crate::oop::Oop;
use crate::special::Special;
use crate::vm::Vm;

/// Primitive number that marks `ensure:` and `ifCurtailed:`.
const UNWIND_MARK: u16 = 198;
/// Primitive number that marks `on:do:`.
const HANDLER_MARK: u16 = 199;

impl Vm {
    /// Returns `value` from the lowest frame of the active page to the context that called it.
    pub(crate) fn return_from_base(&mut self, value: Oop) -> Result<(), VmError> {
        let sender = self.heap.follow(self.stack.oop(self.fp, frame::CALLER_IP));
        if !self.can_resume(sender) {
            return self.cannot_return(value);
        }
        self.leave_frame_context(self.fp);
        self.stack.pages[self.page].fp = 0;
        self.resume_with(sender, value)
    }

    /// True for a context that control can return to.
    fn can_resume(&self, ctx: Oop) -> bool {
        self.is_context(ctx) && (self.frame_of_context(ctx).is_some() || self.heap.fetch(ctx, context::PC).is_small_int())
    }

    fn leave_frame_context(&mut self, fp: u64) {
        let ctx = self.stack.oop(fp, frame::CONTEXT);
        if ctx != self.heap.nil() {
            self.widow(ctx);
        }
    }

    /// Sends `cannotReturn:` to the active context. It is sent again if that answers.
    fn cannot_return(&mut self, value: Oop) -> Result<(), VmError> {
        let ctx = self.marry(self.fp)?;
        self.push(ctx);
        self.push(value);
        self.send_special(Special::SelectorCannotReturn, 1)
    }

    /// The context that a block's `^` returns from: the home of its closure. `None` if the block has none.
    fn home_of_active(&self) -> Option<Oop> {
        let args = self.stack.args(self.fp) as isize;
        let mut closure = self.stack.oop(self.fp, 2 + args);
        for _ in 0..100_000 {
            if closure.is_immediate() || self.heap.pointer_slots(closure) <= closure::ARGS {
                return None;
            }
            let outer = self.heap.follow(self.heap.fetch(closure, closure::OUTER));
            if !self.is_context(outer) {
                return None;
            }
            closure = self.heap.follow(self.heap.fetch(outer, context::CLOSURE));
            if closure == self.heap.nil() {
                return Some(outer);
            }
        }
        None
    }

    /// Returns `value` from the home method of the active block, running the unwind blocks in between first.
    pub(crate) fn return_from_home(&mut self, value: Oop) -> Result<(), VmError> {
        let target = self.home_of_active().and_then(|home| self.activation_of(home));
        let Some(target) = target else { return self.cannot_return(value) };
        let active = Activation::Frame(self.fp);
        let (mut reached, mut unwind) = (false, None);
        for at in self.chain(Some(active)) {
            if at == target {
                reached = true;
                break;
            }
            if unwind.is_none() && at != active && self.is_marked(at, UNWIND_MARK) {
                unwind = Some(at);
            }
        }
        if !reached {
            return self.cannot_return(value);
        }
        // A home that is marked itself has its unwind block too.
        if let Some(unwind) = unwind.or_else(|| self.is_marked(target, UNWIND_MARK).then_some(target)) {
            return self.about_to_return(value, unwind);
        }
        self.return_from(target, value)
    }

    /// Sends `aboutToReturn:through:` to the active context.
    fn about_to_return(&mut self, value: Oop, unwind: Activation) -> Result<(), VmError> {
        let ctx = self.marry(self.fp)?;
        let through = self.context_of(unwind)?;
        self.push(ctx);
        self.push(value);
        self.push(through);
        self.send_special(Special::SelectorAboutToReturn, 2)
    }

    /// Returns `value` from `target`, which is on the sender chain of the active frame: everything above it is dropped.
    fn return_from(&mut self, target: Activation, value: Oop) -> Result<(), VmError> {
        loop {
            // Frames of the active page.
            while Activation::Frame(self.fp) != target {
                let caller = self.stack.caller(self.fp);
                if caller == 0 {
                    break;
                }
                self.leave_frame_context(self.fp);
                self.fp = caller;
            }
            if Activation::Frame(self.fp) == target {
                return self.return_from_frame(value);
            }
            let mut sender = self.stack.oop(self.fp, frame::CALLER_IP);
            self.leave_frame_context(self.fp);
            self.stack.pages[self.page].fp = 0;
            // Contexts without frames.
            loop {
                match self.activation_of(sender) {
                    None => return Err(VmError::Corrupt("the sender of a context changed while it returned".into())),
                    Some(Activation::Frame(fp)) => {
                        self.activate_page_at(fp)?;
                        break;
                    }
                    Some(at @ Activation::Context(ctx)) => {
                        let next = self.heap.fetch(ctx, context::SENDER);
                        if at == target {
                            return self.return_from_context(ctx, next, value);
                        }
                        self.widow(ctx);
                        sender = next;
                    }
                }
            }
        }
    }

    /// Makes the page of a frame active. Frames above it on the page are dropped from it: they belong to nobody that returns here.
    fn activate_page_at(&mut self, fp: u64) -> Result<(), VmError> {
        let page = self.stack.page_of(fp);
        if self.stack.pages[page].fp == fp {
            self.activate_page(page);
            return Ok(());
        }
        let ctx = self.marry(fp)?;
        self.divorce_page(page)?;
        self.resume_context(ctx)
    }

    /// An ordinary return from the active frame, whatever instruction it is at.
    fn return_from_frame(&mut self, value: Oop) -> Result<(), VmError> {
        let caller = self.stack.caller(self.fp);
        if caller == 0 {
            // The frame's instruction pointer is out of date, so it cannot be told that it cannot return.
            let sender = self.heap.follow(self.stack.oop(self.fp, frame::CALLER_IP));
            if !self.can_resume(sender) {
                return self.cannot_return(value);
            }
            return self.return_from_base(value);
        }
        self.leave_frame_context(self.fp);
        self.ip = self.stack.at(self.fp, frame::CALLER_IP);
        self.sp = self.fp + 8 * (2 + self.stack.args(self.fp) as u64);
        self.fp = caller;
        self.stack.write(self.sp, value.bits());
        Ok(())
    }

    fn return_from_context(&mut self, ctx: Oop, sender: Oop, value: Oop) -> Result<(), VmError> {
        let sender = self.heap.follow(sender);
        if !self.can_resume(sender) {
            self.resume_context(ctx)?;
            return self.cannot_return(value);
        }
        self.widow(ctx);
        self.resume_with(sender, value)
    }

    /// The method of an activation has this primitive number, which only marks it.
    fn is_marked(&self, activation: Activation, mark: u16) -> bool {
        match activation {
            Activation::Frame(fp) => self.code_of_frame(fp).primitive == mark && !self.stack.is_block(fp),
            Activation::Context(ctx) => {
                self.heap.fetch(ctx, context::CLOSURE) == self.heap.nil() && self.primitive_of(self.method_of(activation)) == mark
            }
        }
    }

    /// The first activation from `from` on that is marked, before `stop`.
    fn find_marked(&self, from: Option<Activation>, stop: Option<Activation>, mark: u16) -> Option<Activation> {
        self.chain(from).take_while(|&at| Some(at) != stop).find(|&at| self.is_marked(at, mark))
    }

    /// Primitive 195, `findNextUnwindContextUpTo:`.
    pub(crate) fn primitive_find_next_unwind(&mut self, args: usize) -> Result<(), PrimError> {
        let (stop, receiver) = (self.stack_value(0), self.stack_value(args));
        if !self.is_context(receiver) || !(stop == self.heap.nil() || self.is_context(stop)) {
            return Err(PrimError::GENERIC);
        }
        self.sync_page();
        let from = self.activation_of(receiver).and_then(|a| self.sender_of(a));
        let found = self.find_marked(from, self.activation_of(stop), UNWIND_MARK);
        self.answer_activation(args, found)
    }

    /// Primitive 197, `findNextHandlerOrSignalingContext`.
    pub(crate) fn primitive_find_next_handler(&mut self, args: usize) -> Result<(), PrimError> {
        let receiver = self.stack_value(args);
        if !self.is_context(receiver) {
            return Err(PrimError::GENERIC);
        }
        self.sync_page();
        let found = self.find_marked(self.activation_of(receiver), None, HANDLER_MARK);
        self.answer_activation(args, found)
    }

    fn answer_activation(&mut self, args: usize, found: Option<Activation>) -> Result<(), PrimError> {
        let value = match found {
            None => self.heap.nil(),
            Some(activation) => self.context_of(activation).map_err(|e| self.stop(e))?,
        };
        self.answer(args, value);
        Ok(())
    }

    /// Primitive 196, `terminateTo:`: cuts the contexts between the receiver and the argument out of the sender chain.
    pub(crate) fn primitive_terminate_to(&mut self, args: usize) -> Result<(), PrimError> {
        let (target, receiver) = (self.stack_value(0), self.stack_value(args));
        let nil = self.heap.nil();
        if !self.is_context(receiver) || !(target == nil || self.is_context(target)) || receiver == target {
            return Err(PrimError::GENERIC);
        }
        let active = self.flush_stack().map_err(|e| self.stop(e))?;
        let sender = self.heap.fetch_followed(receiver, context::SENDER);
        let contexts = self.chain(self.activation_of(sender)).map_while(|at| match at {
            Activation::Context(ctx) => Some(ctx),
            Activation::Frame(_) => None,
        });
        let between: Vec<Oop> = contexts.take_while(|&ctx| ctx != target).collect();
        let last = between.last().map_or(receiver, |&ctx| ctx);
        // Where the target is no sender of the receiver, and where it is nil, the others stay alive.
        if target != nil && self.heap.fetch_followed(last, context::SENDER) == target {
            for ctx in between {
                self.widow(ctx);
            }
        }
        self.heap.store(receiver, context::SENDER, target);
        self.resume_context(active).map_err(|e| self.stop(e))?;
        self.answer(args, receiver);
        Ok(())
    }

    /// Notes an error that stops the VM, where only a primitive's failure can be returned.
    pub(crate) fn stop(&mut self, error: VmError) -> PrimError {
        self.fatal = Some(error);
        PrimError::GENERIC
    }
}
