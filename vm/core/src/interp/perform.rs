//! Primitives that send a selector or run a method or a primitive that is given to them.

use super::control::lookup_for_context;
use super::layout::class;
use super::lookup::Found;
use super::translate::LARGE_CONTEXT;
use crate::error::{PrimError, VmError};
use crate::object::Format;
use crate::oop::Oop;
use crate::primitives::Run;
use crate::vm::Vm;

/// A failure of the primitives that try others: its code, negative.
fn own_failure(error: PrimError) -> PrimError {
    PrimError::object(Oop::from_small_int(-(error.code() as i64)))
}

impl Vm {
    /// Primitive 83: the selector is the first argument.
    pub(super) fn primitive_perform(&mut self, args: usize) -> Result<(), PrimError> {
        if args == 0 {
            return Err(PrimError::BAD_NUM_ARGS);
        }
        let (receiver, selector) = (self.heap.follow(self.stack_value(args)), self.stack_value(args - 1));
        let class_index = self.heap.class_index_of(receiver);
        self.check_performed(|vm| vm.lookup(class_index, selector), args - 1)?;
        for i in (1..args).rev() {
            let value = self.stack_value(i - 1);
            self.stack.write(self.sp + 8 * i as u64, value.bits());
        }
        self.sp += 8;
        self.send(selector, args - 1).map_err(|e| self.stop(e))
    }

    /// Fails if the method that a lookup finds takes another number of arguments.
    fn check_performed(&mut self, lookup: impl FnOnce(&mut Vm) -> Result<Found, VmError>, args: usize) -> Result<Found, PrimError> {
        let found = lookup(self).map_err(|e| self.stop(e))?;
        if let Found::Code(code) = found {
            // SAFETY: the code was just found in the cache, which drops none before the next safe point.
            if unsafe { &*code }.args as usize != args {
                return Err(PrimError::BAD_NUM_ARGS);
            }
        }
        Ok(found)
    }

    /// Replaces the top `drop` values by the `count` elements of an Array.
    pub(crate) fn spread(&mut self, drop: usize, array: Oop, count: usize) {
        self.sp += 8 * drop as u64;
        for i in 0..count {
            self.push(self.heap.fetch(array, i));
        }
    }

    /// Size of an argument that must be an Array small enough for a frame.
    pub(crate) fn array_size(&self, array: Oop) -> Result<usize, PrimError> {
        if self.format_of(array) != Some(Format::INDEXABLE) {
            return Err(PrimError::BAD_ARGUMENT);
        }
        let count = self.heap.num_slots(array);
        if count <= LARGE_CONTEXT as usize { Ok(count) } else { Err(PrimError::BAD_NUM_ARGS) }
    }

    /// Makes the object that a mirror primitive is about its receiver: the first argument takes the place of the receiver.
    fn drop_mirror(&mut self, args: usize, usual: usize) {
        if args > usual {
            let object = self.stack_value(usual);
            self.stack.write(self.sp + 8 * args as u64, object.bits());
        }
    }

    /// Primitive 84: receiver, selector, arguments; as a mirror primitive with the object as first argument.
    pub(super) fn primitive_perform_with_arguments(&mut self, args: usize) -> Result<(), PrimError> {
        let (array, selector, receiver) = (self.stack_value(0), self.stack_value(1), self.heap.follow(self.stack_value(2)));
        let count = self.array_size(array)?;
        let class_index = self.heap.class_index_of(receiver);
        self.check_performed(|vm| vm.lookup(class_index, selector), count)?;
        self.drop_mirror(args, 2);
        self.spread(args, array, count);
        self.send(selector, count).map_err(|e| self.stop(e))
    }

    /// Primitive 100: receiver, selector, arguments, class; as a mirror primitive with the object as first argument.
    pub(super) fn primitive_perform_in_superclass(&mut self, args: usize) -> Result<(), PrimError> {
        let (class, array, selector) = (self.stack_value(0), self.stack_value(1), self.stack_value(2));
        let receiver = self.heap.follow(self.stack_value(3));
        let count = self.array_size(array)?;
        let mut above = self.heap.class_of(receiver);
        while above != class {
            if above == self.heap.nil() || above.is_immediate() {
                return Err(PrimError::BAD_ARGUMENT);
            }
            above = self.heap.fetch_followed(above, class::SUPERCLASS);
        }
        let for_context = self.is_context(receiver);
        let found = self.check_performed(|vm| vm.lookup_in(class, selector, for_context), count)?;
        self.drop_mirror(args, 3);
        self.spread(args, array, count);
        match found {
            Found::Code(code) => self.invoke(code, count),
            _ => self.send(selector, count),
        }
        .map_err(|e| self.stop(e))
    }

    /// Primitive 188: receiver, arguments, method; as a mirror primitive with the object as first argument, and one more in some
    /// classes.
    pub(super) fn primitive_execute_method_with_arguments(&mut self, args: usize) -> Result<(), PrimError> {
        let (method, array, receiver) = (self.stack_value(0), self.stack_value(1), self.stack_value(2));
        let count = self.array_size(array)?;
        let code = self.executable(method, receiver, count)?;
        self.drop_mirror(args, 2);
        self.spread(args, array, count);
        self.invoke(code, count).map_err(|e| self.stop(e))
    }

    fn executable(&mut self, method: Oop, receiver: Oop, args: usize) -> Result<*const super::code::Code, PrimError> {
        if self.format_of(method).is_none_or(|f| !f.is_compiled_method()) {
            return Err(PrimError::BAD_ARGUMENT);
        }
        let code = self.code_for(method, self.is_context(receiver)).map_err(|e| self.stop(e))?;
        // SAFETY: as in `check_performed`.
        if unsafe { &*code }.args as usize == args { Ok(code) } else { Err(PrimError::BAD_NUM_ARGS) }
    }

    /// Primitive 189: receiver, arguments, method.
    pub(super) fn primitive_execute_method(&mut self, args: usize) -> Result<(), PrimError> {
        let count = args.checked_sub(1).ok_or(PrimError::BAD_NUM_ARGS)?;
        let (method, receiver) = (self.stack_value(0), self.stack_value(args));
        let code = self.executable(method, receiver, count)?;
        self.sp += 8;
        self.invoke(code, count).map_err(|e| self.stop(e))
    }

    /// Primitive 118: receiver, primitive number, arguments; as a mirror primitive with the object as first argument. Its own
    /// failures have negative codes, which tells them from those of the primitive that it runs.
    pub(super) fn primitive_try_primitive(&mut self, args: usize) -> Result<(), PrimError> {
        let (array, number, receiver) = (self.stack_value(0), self.stack_value(1), self.stack_value(2));
        let index = number.as_small_int().ok_or(own_failure(PrimError::BAD_ARGUMENT))?;
        let count = self.array_size(array).map_err(own_failure)?;
        let index = u16::try_from(index).map_err(|_| own_failure(PrimError::BAD_INDEX))?;
        let for_context = lookup_for_context(index, count, self.is_context(receiver));
        let run = match crate::primitives::lookup(index) {
            Some(row) if row.accepts(count) => for_context.map_or(row.run, Run::Control),
            Some(_) => return Err(own_failure(PrimError::BAD_NUM_ARGS)),
            None if (256..=519).contains(&index) && count == 0 => return self.try_quick_method(index, args),
            None => return Err(own_failure(PrimError::BAD_INDEX)),
        };
        let mirror = self.stack_value(args);
        self.drop_mirror(args, 2);
        self.spread(args, array, count);
        self.run_row(run, count).inspect_err(|_| {
            self.sp += 8 * count as u64;
            if args > 2 {
                self.stack.write(self.sp, mirror.bits());
                self.push(receiver);
            }
            self.push(number);
            self.push(array);
        })
    }

    /// What a quick method of this number would answer to the object.
    fn try_quick_method(&mut self, number: u16, args: usize) -> Result<(), PrimError> {
        let object = self.stack_value(2);
        let value = match number {
            256 => object,
            257 => self.heap.true_(),
            258 => self.heap.false_(),
            259 => self.heap.nil(),
            260..=263 => Oop::from_small_int(number as i64 - 261),
            _ => self.field_of_receiver(object, number as usize - 264).map_err(|e| self.stop(e))?,
        };
        self.answer(args, value);
        Ok(())
    }

    /// Primitive 218: context, method, receiver, arguments. Its own failures have negative codes, and so has one of the primitive
    /// that has no reason.
    pub(super) fn primitive_try_named_primitive(&mut self, args: usize) -> Result<(), PrimError> {
        let (array, receiver, method) = (self.stack_value(0), self.stack_value(1), self.stack_value(2));
        let count = self.array_size(array).map_err(|_| own_failure(PrimError::BAD_RECEIVER))?;
        let header = crate::bytecode::MethodHeader::of(&self.heap, method).ok_or(own_failure(PrimError::BAD_RECEIVER))?;
        let names = self.names_of(method).filter(|_| self.primitive_of(method) == 117);
        let (module, function) = names.ok_or(own_failure(PrimError::BAD_ARGUMENT))?;
        if header.args() != count {
            return Err(own_failure(PrimError::BAD_RECEIVER));
        }
        let saved = self.sp;
        self.push(receiver);
        for i in 0..count {
            self.push(self.heap.fetch(array, i));
        }
        let result = match self.plugins.resolve(&module, &function) {
            Ok(primitive) => self.call_resolved(primitive, count),
            Err(_) if module.is_empty() => self.run_by_name(&function, count),
            Err(_) => Err(PrimError::GENERIC),
        };
        let value = self.stack_value(0);
        self.sp = saved;
        result.map_err(|error| if error == PrimError::GENERIC { own_failure(error) } else { error })?;
        self.answer(args, value);
        Ok(())
    }
}
