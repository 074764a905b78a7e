//! Making and running closures.

use super::cache::BlockEntry;
use super::layout::{closure, context, frame};
use crate::error::{PrimError, VmError};
use crate::object::{
    CLASS_INDEX_BLOCK_CLOSURE, CLASS_INDEX_CONTEXT, CLASS_INDEX_FORWARDER, CLASS_INDEX_FULL_BLOCK_CLOSURE, Format,
};
use crate::oop::Oop;
use crate::special::Special;
use crate::vm::Vm;

/// As many copied values as the bytecodes can give a closure.
const MAX_COPIED: usize = 63;

/// What runs when a closure is evaluated.
struct Block {
    entry: BlockEntry,
    method: Oop,
    receiver: Oop,
    first_copied: usize,
}

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

    /// Primitives 201 to 205 and 207: evaluates the closure below `args` arguments.
    pub(crate) fn primitive_closure_value(&mut self, args: usize) -> Result<(), PrimError> {
        self.primitive_closure_value_no_switch(args)?;
        self.poll()
    }

    /// Primitives 209, 221 and 222: the same, and no other process runs before the closure's first instruction.
    pub(crate) fn primitive_closure_value_no_switch(&mut self, args: usize) -> Result<(), PrimError> {
        let closure = self.stack_value(args);
        let block = self.block_of(closure, args)?;
        self.activate_closure(closure, args, &block).map_err(|e| self.stop(e))
    }

    fn poll(&mut self) -> Result<(), PrimError> {
        self.heap.poll_countdown -= 1;
        if self.heap.poll_countdown < 0 { self.safe_point().map_err(|e| self.stop(e)) } else { Ok(()) }
    }

    /// Code, method and receiver of a closure that ran lately and takes `args` arguments, and the index of its first copied value.
    #[inline(always)]
    pub(crate) fn quick_closure(&self, closure: Oop, args: usize) -> Option<(&BlockEntry, Oop, Oop, usize)> {
        if closure.is_immediate() {
            return None;
        }
        let slots = self.heap.slots(closure);
        let (class_index, count) = (self.heap.class_index(closure), slots.len());
        if count < closure::FULL_FIRST_COPIED.min(closure::FIRST_COPIED) || slots[closure::ARGS] != Oop::from_small_int(args as i64)
        {
            return None;
        }
        let (method, receiver, start_pc, first) = if class_index == CLASS_INDEX_BLOCK_CLOSURE {
            let outer = slots[closure::OUTER];
            let start_pc = slots[closure::CODE].as_small_int()? as u32;
            if outer.is_immediate() || self.heap.class_index(outer) != CLASS_INDEX_CONTEXT {
                return None;
            }
            let outer = self.heap.slots(outer);
            (*outer.get(context::METHOD)?, *outer.get(context::RECEIVER)?, start_pc, closure::FIRST_COPIED)
        } else if class_index == CLASS_INDEX_FULL_BLOCK_CLOSURE && count >= closure::FULL_FIRST_COPIED {
            (slots[closure::CODE], slots[closure::FULL_RECEIVER], 0, closure::FULL_FIRST_COPIED)
        } else {
            return None;
        };
        let receiver_class = self.heap.class_index_of(receiver);
        if receiver_class == CLASS_INDEX_CONTEXT || receiver_class == CLASS_INDEX_FORWARDER {
            return None;
        }
        let entry = self.cached_block(method, start_pc)?;
        (entry.args as usize == args && entry.copied as usize == count - first).then_some((entry, method, receiver, first))
    }

    fn check_closure(&self, closure: Oop, args: usize) -> Result<(), PrimError> {
        if closure.is_immediate() || self.heap.format(closure) != Format::INDEXABLE_FIXED {
            return Err(PrimError::BAD_RECEIVER);
        }
        if self.heap.num_slots(closure) < closure::FIRST_COPIED {
            return Err(PrimError::BAD_RECEIVER);
        }
        match self.heap.fetch(closure, closure::ARGS).as_small_int() {
            Some(n) if n == args as i64 => Ok(()),
            _ => Err(PrimError::BAD_NUM_ARGS),
        }
    }

    /// Primitives 206 and 208, `valueWithArguments:`.
    pub(crate) fn primitive_closure_value_with_arguments(&mut self, _args: usize) -> Result<(), PrimError> {
        let (array, closure) = (self.stack_value(0), self.stack_value(1));
        let count = self.array_size(array)?;
        let block = self.block_of(closure, count)?;
        self.spread(1, array, count);
        self.activate_closure(closure, count, &block).map_err(|e| self.stop(e))?;
        self.poll()
    }

    /// What runs for a closure that is called with `args` arguments; fails where the closure is malformed.
    fn block_of(&mut self, closure: Oop, args: usize) -> Result<Block, PrimError> {
        self.check_closure(closure, args)?;
        let code = self.heap.fetch_followed(closure, closure::CODE);
        let block = match code.as_small_int() {
            Some(start_pc) => self.block_in_method(closure, start_pc)?,
            None => self.compiled_block(closure, code)?,
        };
        if block.entry.args as usize == args { Ok(block) } else { Err(PrimError::BAD_RECEIVER) }
    }

    /// The code of a BlockClosure is in the method of its outer context.
    fn block_in_method(&mut self, closure: Oop, start_pc: i64) -> Result<Block, PrimError> {
        let outer = self.heap.fetch_followed(closure, closure::OUTER);
        if !self.is_context(outer) {
            return Err(PrimError::BAD_RECEIVER);
        }
        let method = self.heap.fetch_followed(outer, context::METHOD);
        let receiver = self.heap.fetch_followed(outer, context::RECEIVER);
        let start_pc = u32::try_from(start_pc).map_err(|_| PrimError::BAD_RECEIVER)?;
        let entry = self.block_code(method, start_pc, self.is_context(receiver)).map_err(|e| self.stop(e))?;
        let entry = entry.ok_or(PrimError::BAD_RECEIVER)?;
        if entry.copied as usize != self.heap.num_slots(closure) - closure::FIRST_COPIED {
            return Err(PrimError::BAD_RECEIVER);
        }
        Ok(Block { entry, method, receiver, first_copied: closure::FIRST_COPIED })
    }

    /// The code of a FullBlockClosure is a CompiledBlock.
    fn compiled_block(&mut self, closure: Oop, code: Oop) -> Result<Block, PrimError> {
        let first_copied = closure::FULL_FIRST_COPIED;
        if self.heap.num_slots(closure) < first_copied || self.format_of(code).is_none_or(|f| !f.is_compiled_method()) {
            return Err(PrimError::BAD_RECEIVER);
        }
        let receiver = self.heap.fetch_followed(closure, closure::FULL_RECEIVER);
        let copied = self.heap.num_slots(closure) - first_copied;
        if copied > MAX_COPIED {
            return Err(PrimError::BAD_RECEIVER);
        }
        let entry = self.full_block_code(code, copied, self.is_context(receiver)).map_err(|e| self.stop(e))?;
        // SAFETY: the code was just found in the cache, which drops none before the next full collection.
        let temps = unsafe { &*entry.code }.temps as usize;
        if entry.args as usize + copied > temps {
            return Err(PrimError::BAD_RECEIVER);
        }
        Ok(Block { entry, method: code, receiver, first_copied })
    }

    /// Makes a frame for a closure whose arguments are on the stack above it.
    fn activate_closure(&mut self, closure: Oop, args: usize, block: &Block) -> Result<(), VmError> {
        let entry = &block.entry;
        self.enter(entry.code, block.method, args as u64 | frame::IS_BLOCK, block.receiver, entry.ip as usize as u64);
        for i in 0..entry.copied as usize {
            self.push(self.heap.fetch(closure, block.first_copied + i));
        }
        for _ in 0..entry.temps {
            self.push(self.heap.nil());
        }
        if self.sp < self.limit { self.overflow() } else { Ok(()) }
    }

    /// Sends `attemptToAssign: value withIndex:` for a store into a read-only object. The image's method leaves without an answer.
    pub(crate) fn send_attempt_to_assign(&mut self, object: Oop, index: usize, value: Oop) -> Result<(), VmError> {
        if self.heap.special(Special::SelectorAttemptToAssign) == self.heap.nil() {
            return Err(VmError::Fatal(format!(
                "a store into {}, which is read-only, and the image has no way to be told",
                self.describe(object)
            )));
        }
        self.push(object);
        self.push(value);
        self.push(Oop::from_small_int(index as i64 + 1));
        self.send_special(Special::SelectorAttemptToAssign, 2)
    }
}
