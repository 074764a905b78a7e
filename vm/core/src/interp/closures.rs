//! Making and running closures.

use super::layout::{closure, context, frame};
use crate::error::{PrimError, VmError};
use crate::object::{CLASS_INDEX_BLOCK_CLOSURE, CLASS_INDEX_FULL_BLOCK_CLOSURE, Format};
use crate::oop::Oop;
use crate::special::Special;
use crate::vm::Vm;

impl Vm {
    /// A BlockClosure of the active frame; its copied values are taken off the stack.
    pub(crate) fn make_closure(&mut self, start_pc: i64, args: usize, copied: usize) -> Result<Oop, VmError> {
        let outer = self.marry(self.fp)?;
        let slots = closure::FIRST_COPIED + copied;
        let closure = self
            .heap
            .alloc_pointers(CLASS_INDEX_BLOCK_CLOSURE, Format::INDEXABLE_FIXED, slots)
            .map_err(|_| self.out_of_memory(8 * slots as u64))?;
        self.heap.store(closure, closure::OUTER, outer);
        self.heap.store(closure, closure::CODE, Oop::from_small_int(start_pc));
        self.heap.store(closure, closure::ARGS, Oop::from_small_int(args as i64));
        self.pop_copied(closure, closure::FIRST_COPIED, copied);
        Ok(closure)
    }

    /// A FullBlockClosure of `block`. `flags` bit 0: its receiver is on the stack; bit 1: it has no outer context.
    pub(crate) fn make_full_closure(&mut self, block: Oop, copied: usize, flags: usize) -> Result<Oop, VmError> {
        let args = crate::bytecode::MethodHeader::of(&self.heap, block).map(|h| h.args());
        let args = args.ok_or_else(|| VmError::Corrupt(format!("{} is used as a block's code", self.describe(block))))?;
        let nil = self.heap.nil();
        let outer = if flags & 2 != 0 { nil } else { self.marry(self.fp)? };
        let slots = closure::FULL_FIRST_COPIED + copied;
        let closure = self
            .heap
            .alloc_pointers(CLASS_INDEX_FULL_BLOCK_CLOSURE, Format::INDEXABLE_FIXED, slots)
            .map_err(|_| self.out_of_memory(8 * slots as u64))?;
        let receiver = if flags & 1 != 0 { self.stack_value(copied) } else { self.stack.oop(self.fp, frame::RECEIVER) };
        self.heap.store(closure, closure::OUTER, outer);
        self.heap.store(closure, closure::CODE, block);
        self.heap.store(closure, closure::ARGS, Oop::from_small_int(args as i64));
        self.heap.store(closure, closure::FULL_RECEIVER, receiver);
        self.pop_copied(closure, closure::FULL_FIRST_COPIED, copied);
        self.sp += 8 * (flags & 1) as u64;
        Ok(closure)
    }

    fn pop_copied(&mut self, closure: Oop, first: usize, copied: usize) {
        for i in 0..copied {
            let value = self.stack_value(copied - 1 - i);
            self.heap.store(closure, first + i, value);
        }
        self.sp += 8 * copied as u64;
    }

    /// Primitives 201 to 205, 207 and the like: evaluates the closure below `args` arguments.
    pub(crate) fn primitive_closure_value(&mut self, args: usize) -> Result<(), PrimError> {
        let closure = self.stack_value(args);
        self.check_closure(closure, args)?;
        self.activate_closure(closure, args)
    }

    fn check_closure(&self, closure: Oop, args: usize) -> Result<(), PrimError> {
        if closure.is_immediate() || self.heap.format(closure) != Format::INDEXABLE_FIXED {
            return Err(PrimError::BadReceiver);
        }
        if self.heap.num_slots(closure) < closure::FIRST_COPIED {
            return Err(PrimError::BadReceiver);
        }
        match self.heap.fetch(closure, closure::ARGS).as_small_int() {
            Some(n) if n == args as i64 => Ok(()),
            _ => Err(PrimError::BadNumArgs),
        }
    }

    /// Primitives 206 and 208, `valueWithArguments:`.
    pub(crate) fn primitive_closure_value_with_arguments(&mut self, _args: usize) -> Result<(), PrimError> {
        let (array, closure) = (self.stack_value(0), self.stack_value(1));
        if self.format_of(array) != Some(Format::INDEXABLE) {
            return Err(PrimError::BadArgument);
        }
        let count = self.heap.num_slots(array);
        self.check_closure(closure, count)?;
        self.sp += 8;
        for i in 0..count {
            self.push(self.heap.fetch(array, i));
        }
        self.activate_closure(closure, count)
    }

    /// Makes a frame for a closure whose arguments are on the stack above it. Fails without a change where it is malformed.
    fn activate_closure(&mut self, closure: Oop, args: usize) -> Result<(), PrimError> {
        let code_field = self.heap.fetch_followed(closure, closure::CODE);
        let flags = args as u64 | frame::IS_BLOCK;
        if let Some(start_pc) = code_field.as_small_int() {
            let outer = self.heap.fetch_followed(closure, closure::OUTER);
            if !self.is_context(outer) {
                return Err(PrimError::BadReceiver);
            }
            let method = self.heap.fetch_followed(outer, context::METHOD);
            let receiver = self.heap.fetch_followed(outer, context::RECEIVER);
            let start_pc = u32::try_from(start_pc).map_err(|_| PrimError::BadReceiver)?;
            let block = self.block_code(method, start_pc, self.is_context(receiver)).map_err(|e| self.stop(e))?;
            let block = block.ok_or(PrimError::BadReceiver)?;
            let copied = self.heap.num_slots(closure) - closure::FIRST_COPIED;
            if block.args != args || block.copied != copied {
                return Err(PrimError::BadReceiver);
            }
            self.enter(block.code, method, flags, receiver, block.ip as usize as u64);
            self.push_copied(closure, closure::FIRST_COPIED, copied);
        } else {
            let first = closure::FULL_FIRST_COPIED;
            if self.heap.num_slots(closure) < first || self.format_of(code_field).is_none_or(|f| !f.is_compiled_method()) {
                return Err(PrimError::BadReceiver);
            }
            let receiver = self.heap.fetch_followed(closure, closure::FULL_RECEIVER);
            let code = self.code_for(code_field, self.is_context(receiver)).map_err(|e| self.stop(e))?;
            // SAFETY: code_for answers the address of code in the cache, which drops none before the next safe point.
            let code_ref = unsafe { &*code };
            let copied = self.heap.num_slots(closure) - first;
            if code_ref.args as usize != args || args + copied > code_ref.temps as usize {
                return Err(PrimError::BadReceiver);
            }
            self.enter(code, code_field, flags, receiver, code_ref.start() as usize as u64);
            self.push_copied(closure, first, copied);
            for _ in args + copied..code_ref.temps as usize {
                self.push(self.heap.nil());
            }
        }
        if self.sp < self.limit {
            self.overflow().map_err(|e| self.stop(e))?;
        }
        self.heap.poll_countdown -= 1;
        if self.heap.poll_countdown < 0 {
            self.safe_point().map_err(|e| self.stop(e))?;
        }
        Ok(())
    }

    #[inline]
    fn push_copied(&mut self, closure: Oop, first: usize, copied: usize) {
        for i in 0..copied {
            self.push(self.heap.fetch(closure, first + i));
        }
    }

    /// Sends `attemptToAssign: value withIndex:` for a store into a read-only object. The image's method leaves without an answer.
    pub(crate) fn send_attempt_to_assign(&mut self, object: Oop, index: usize, value: Oop) -> Result<(), VmError> {
        let selector = self.heap.special(Special::SelectorAttemptToAssign);
        if selector == self.heap.nil() {
            return Err(VmError::Fatal(format!(
                "a store into {}, which is read-only, and the image has no way to be told",
                self.describe(object)
            )));
        }
        self.push(object);
        self.push(value);
        self.push(Oop::from_small_int(index as i64 + 1));
        self.send(selector, 2)
    }
}
