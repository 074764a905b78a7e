//! Primitives on contexts, whose fields may be in frames.

use super::layout::context;
use crate::error::PrimError;
use crate::object::{CLASS_INDEX_CONTEXT, Format};
use crate::oop::{Oop, to_index};
use crate::vm::Vm;

impl Vm {
    fn index_argument(&self, depth: usize) -> Result<usize, PrimError> {
        let index = self.stack_value(depth).as_small_int().ok_or(PrimError::BAD_ARGUMENT)?;
        usize::try_from(index - 1).map_err(|_| PrimError::BAD_INDEX)
    }

    fn context_operand(&self, depth: usize) -> Result<Oop, PrimError> {
        let ctx = self.stack_value(depth);
        if self.is_context(ctx) { Ok(ctx) } else { Err(PrimError::BAD_RECEIVER) }
    }

    fn context_stackp(&mut self, ctx: Oop) -> Result<usize, PrimError> {
        let stackp = self.context_field(ctx, context::STACKP).map_err(|e| self.stop(e))?;
        Ok(stackp.as_small_int().map_or(0, |n| to_index(n.max(0).cast_unsigned())))
    }

    pub(super) fn primitive_context_at(&mut self, args: usize) -> Result<(), PrimError> {
        let ctx = self.context_operand(1)?;
        let index = self.index_argument(0)?;
        if index >= self.context_stackp(ctx)? {
            return Err(PrimError::BAD_INDEX);
        }
        let value = self.context_field(ctx, context::FIRST_TEMP + index).map_err(|e| self.stop(e))?;
        self.answer(args, value);
        Ok(())
    }

    pub(super) fn primitive_context_at_put(&mut self, args: usize) -> Result<(), PrimError> {
        let ctx = self.context_operand(2)?;
        let (index, value) = (self.index_argument(1)?, self.stack_value(0));
        if index >= self.context_stackp(ctx)? {
            return Err(PrimError::BAD_INDEX);
        }
        self.set_context_field(ctx, context::FIRST_TEMP + index, value).map_err(|e| self.stop(e))?;
        self.answer(args, value);
        Ok(())
    }

    pub(super) fn primitive_context_size(&mut self, args: usize) -> Result<(), PrimError> {
        let ctx = self.context_operand(0)?;
        let stackp = self.context_stackp(ctx)?;
        self.answer(args, Oop::from_small_int(stackp as i64));
        Ok(())
    }

    pub(super) fn primitive_context_inst_var_at(&mut self, args: usize) -> Result<(), PrimError> {
        let ctx = self.context_operand(1)?;
        let index = self.index_argument(0)?;
        if index >= self.heap.num_slots(ctx) {
            return Err(PrimError::BAD_INDEX);
        }
        let value = self.context_field(ctx, index).map_err(|e| self.stop(e))?;
        self.answer(args, value);
        Ok(())
    }

    pub(super) fn primitive_context_inst_var_at_put(&mut self, args: usize) -> Result<(), PrimError> {
        let ctx = self.context_operand(2)?;
        let (index, value) = (self.index_argument(1)?, self.stack_value(0));
        if index >= self.heap.num_slots(ctx) {
            return Err(PrimError::BAD_INDEX);
        }
        self.set_context_field(ctx, index, value).map_err(|e| self.stop(e))?;
        self.answer(args, value);
        Ok(())
    }

    pub(super) fn primitive_context_clone(&mut self, args: usize) -> Result<(), PrimError> {
        let ctx = self.context_operand(0)?;
        let slots = self.heap.num_slots(ctx);
        let stackp = self.context_stackp(ctx)?;
        let copy = self.heap.alloc_pointers(CLASS_INDEX_CONTEXT, Format::INDEXABLE_FIXED, slots)?;
        for i in 0..(context::FIRST_TEMP + stackp).min(slots) {
            let value = self.context_field(ctx, i).map_err(|e| self.stop(e))?;
            self.heap.store(copy, i, value);
        }
        self.answer(args, copy);
        Ok(())
    }

    pub(super) fn primitive_store_stackp(&mut self, args: usize) -> Result<(), PrimError> {
        let ctx = self.context_operand(1)?;
        let stackp = self.stack_value(0).as_small_int().ok_or(PrimError::BAD_ARGUMENT)?;
        let room = self.heap.num_slots(ctx) - context::FIRST_TEMP;
        if stackp < 0 || stackp > room as i64 {
            return Err(PrimError::BAD_ARGUMENT);
        }
        let active = self.flush_stack().map_err(|e| self.stop(e))?;
        let nil = self.heap.nil();
        let old = self.heap.fetch(ctx, context::STACKP).as_small_int().unwrap_or(0).clamp(0, room as i64) as usize;
        for i in old..stackp as usize {
            self.heap.store(ctx, context::FIRST_TEMP + i, nil);
        }
        self.heap.store(ctx, context::STACKP, Oop::from_small_int(stackp));
        self.resume_context(active).map_err(|e| self.stop(e))?;
        self.sp += 8 * args as u64;
        Ok(())
    }
}
