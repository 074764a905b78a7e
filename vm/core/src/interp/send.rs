//! Sends that leave the fast path: cache misses, messages that are not understood, primitives that fail, `perform:`.

use super::code::{Code, Entry};
use super::layout::{class, frame};
use super::lookup::Found;
use crate::error::{PrimError, VmError};
use crate::object::{CLASS_INDEX_FORWARDER, Format};
use crate::oop::Oop;
use crate::plugin::{Call, NamedPrimitive, NotFound, Operands};
use crate::special::Special;
use crate::vm::{Args, Vm};

/// Bytes that the operands of a sound frame may take below the limit of its page, by far.
const OPERANDS: u64 = 8 * 256;
/// A `doesNotUnderstand:` that is not understood either stops the VM; so many redirections of one send are a loop.
const MAX_REDIRECTIONS: usize = 16;

/// What a send runs.
pub(crate) struct Target {
    /// The code.
    pub code: *const Code,
    /// Its number of arguments.
    pub args: usize,
    /// It is the method of the message itself, and not of one that is sent instead.
    pub is_method: bool,
}

impl Vm {
    /// Finds the code for a send whose receiver and arguments are on the stack. Where the message is not understood the stack is
    /// changed to that of the message that is sent instead.
    pub(crate) fn find_method(&mut self, selector: Oop, args: usize) -> Result<Target, VmError> {
        let mut receiver = self.stack_value(args);
        if self.heap.is_forwarded(receiver) {
            receiver = self.heap.follow(receiver);
            self.stack.write(self.sp + 8 * args as u64, receiver.bits());
        }
        let found = self.lookup(self.heap.class_index_of(receiver), selector)?;
        self.redirect(found, selector, args)
    }

    /// Finds the code for a super send in `method`.
    pub(crate) fn find_super(&mut self, method: Oop, selector: Oop, args: usize) -> Result<Target, VmError> {
        let class = self.method_class(method);
        let class =
            class.ok_or_else(|| VmError::Corrupt(format!("{} sends to super and has no class", self.method_name(method))))?;
        self.find_super_of(class, selector, args)
    }

    /// Finds the code for a send that starts above `class`.
    pub(crate) fn find_super_of(&mut self, class: Oop, selector: Oop, args: usize) -> Result<Target, VmError> {
        let mut receiver = self.stack_value(args);
        if self.heap.is_forwarded(receiver) {
            receiver = self.heap.follow(receiver);
            self.stack.write(self.sp + 8 * args as u64, receiver.bits());
        }
        let class = self.heap.follow(class);
        if class.is_immediate() || self.heap.pointer_slots(class) < 3 {
            return Err(VmError::Corrupt(format!("{} is used as a class", self.describe(class))));
        }
        let superclass = self.heap.fetch_followed(class, class::SUPERCLASS);
        let for_context = self.is_context(receiver);
        let found = self.lookup_in(superclass, selector, for_context)?;
        self.redirect(found, selector, args)
    }

    fn redirect(&mut self, mut found: Found, mut selector: Oop, mut args: usize) -> Result<Target, VmError> {
        for redirections in 0..MAX_REDIRECTIONS {
            match found {
                Found::Code(code) => return Ok(Target { code, args, is_method: redirections == 0 }),
                Found::Object(object) => {
                    self.push_run_with_in(object, selector, args)?;
                    (selector, args) = (self.heap.special(Special::SelectorRunWithIn), 3);
                    found = self.lookup(self.heap.class_index_of(self.stack_value(3)), selector)?;
                }
                Found::Nothing => {
                    self.push_message(selector, args)?;
                    let dnu = self.heap.special(Special::SelectorDoesNotUnderstand);
                    if selector == dnu {
                        return Err(VmError::Fatal(format!(
                            "doesNotUnderstand: is not understood by {}",
                            self.describe(self.stack_value(1))
                        )));
                    }
                    (selector, args) = (dnu, 1);
                    found = self.lookup(self.heap.class_index_of(self.stack_value(1)), selector)?;
                }
                Found::NoMethods(class) => {
                    self.push_message(selector, args)?;
                    (selector, args) = (self.heap.special(Special::SelectorCannotInterpret), 1);
                    let superclass = self.heap.fetch_followed(class, class::SUPERCLASS);
                    found = self.lookup_in(superclass, selector, false)?;
                }
            }
        }
        Err(VmError::Fatal("a message is redirected for ever".into()))
    }

    /// Takes the top `count` values off the stack into an Array.
    pub(crate) fn pop_array(&mut self, count: usize) -> Result<Oop, VmError> {
        let values: Vec<Oop> = (0..count).rev().map(|i| self.stack_value(i)).collect();
        let array = self.heap.array(&values).map_err(|_| self.out_of_memory(8 * count as u64))?;
        self.sp += 8 * count as u64;
        Ok(array)
    }

    /// Replaces the arguments of a send by a Message of them.
    fn push_message(&mut self, selector: Oop, args: usize) -> Result<(), VmError> {
        let arguments = self.pop_array(args)?;
        let receiver = self.stack_value(0);
        let lookup_class = self.heap.class_of(receiver);
        let message_class = self.heap.special(Special::ClassMessage);
        let message = self.heap.instantiate(message_class, 0).map_err(|_| self.out_of_memory(32))?;
        for (i, value) in [selector, arguments, lookup_class].into_iter().enumerate() {
            if i < self.heap.num_slots(message) {
                self.heap.store(message, i, value);
            }
        }
        self.push(message);
        Ok(())
    }

    /// Replaces receiver and arguments by those of `object run: selector with: arguments in: receiver`.
    fn push_run_with_in(&mut self, object: Oop, selector: Oop, args: usize) -> Result<(), VmError> {
        let arguments = self.pop_array(args)?;
        let receiver = self.stack_value(0);
        self.stack.write(self.sp, object.bits());
        self.push(selector);
        self.push(arguments);
        self.push(receiver);
        Ok(())
    }

    /// Sends `selector`, whose receiver and arguments are on the stack, from the active frame.
    pub(crate) fn send(&mut self, selector: Oop, args: usize) -> Result<(), VmError> {
        let target = self.find_method(selector, args)?;
        self.invoke(target.code, target.args)
    }

    /// Sends a message of the VM's own, whose receiver and arguments were pushed, from the active frame. None of these is meant to
    /// be answered by the image; each one that is leaves its answer on the frame's stack, which ends that before it leaves its page.
    pub(crate) fn send_special(&mut self, selector: Special, args: usize) -> Result<(), VmError> {
        if selector != Special::SelectorAboutToReturn {
            // Native code does not know of an answer that is left on the stack.
            self.forget_native(self.stack.at(self.fp, frame::CODE) as usize as *const Code);
        }
        let selector = self.heap.special(selector);
        if self.sp < self.limit - OPERANDS {
            let method = self.method_name(self.stack.oop(self.fp, frame::METHOD));
            return Err(VmError::Fatal(format!("{method} is sent {} for ever", self.describe(selector))));
        }
        self.send(selector, args)
    }

    /// Runs a method whose receiver and arguments are on the stack: its primitive, or else a new frame.
    pub(crate) fn invoke(&mut self, code: *const Code, args: usize) -> Result<(), VmError> {
        // SAFETY: code comes from the cache, which drops nothing before the next full collection, at a safe point.
        let code_ref = unsafe { &*code };
        if code_ref.args as usize != args {
            return self.wrong_arguments(code_ref, args);
        }
        let failure = match code_ref.entry {
            Entry::Frame => return self.activate(code, args, None),
            Entry::Receiver => return Ok(()),
            Entry::Constant(which) => {
                let value = [self.heap.true_(), self.heap.false_(), self.heap.nil()][which as usize];
                self.answer(args, value);
                return Ok(());
            }
            Entry::Integer(value) => {
                self.answer(args, Oop::from_small_int(value as i64));
                return Ok(());
            }
            Entry::Field(index) => {
                let receiver = self.stack_value(0);
                let value = self.checked_field(receiver, index as usize);
                self.answer(0, value);
                return Ok(());
            }
            Entry::FieldOfContext(index) => {
                let value = self.context_field(self.stack_value(0), index as usize)?;
                self.answer(0, value);
                return Ok(());
            }
            _ => match self.try_primitive(code, args) {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            },
        };
        self.run_fallback(code, args, failure)
    }

    /// Goes on after the primitive of a method failed for the first time: tries again where that can help, or runs the
    /// method's own code.
    #[cold]
    pub(crate) fn primitive_failed(&mut self, code: *const Code, args: usize, failure: PrimError) -> Result<(), VmError> {
        // SAFETY: as in `invoke`.
        self.watch_primitive(unsafe { &*code }, Err(failure));
        match self.retry_primitive(code, args, failure) {
            Ok(()) => Ok(()),
            Err(failure) => self.run_fallback(code, args, failure),
        }
    }

    fn run_fallback(&mut self, code: *const Code, args: usize, failure: PrimError) -> Result<(), VmError> {
        self.counters.primitive_failures += 1;
        if self.fatal.is_some() {
            return Ok(());
        }
        self.activate(code, args, Some(failure))
    }

    /// Runs the primitive of a method; on success the stack is as it shall be. One that failed for want of memory, or because
    /// of forwarders among its operands, is tried once more.
    pub(crate) fn try_primitive(&mut self, code: *const Code, args: usize) -> Result<(), PrimError> {
        match self.run_primitive(code, args) {
            Ok(()) => Ok(()),
            Err(failure) => self.retry_primitive(code, args, failure),
        }
    }

    fn retry_primitive(&mut self, code: *const Code, args: usize, failure: PrimError) -> Result<(), PrimError> {
        if failure == PrimError::NO_MEMORY {
            // A method that was handed over to be run may be referred to from nowhere else.
            // SAFETY: as in `invoke`.
            self.push(unsafe { &*code }.method);
            let collected = self.collect(true);
            self.sp += 8;
            if let Err(error) = collected {
                self.fatal = Some(error);
                return Err(failure);
            }
            return self.run_primitive(code, args);
        }
        if self.heap.has_forwarders && self.follow_operands(args) {
            return self.run_primitive(code, args);
        }
        Err(failure)
    }

    fn run_primitive(&mut self, code: *const Code, args: usize) -> Result<(), PrimError> {
        // SAFETY: as in `invoke`.
        let code_ref = unsafe { &*code };
        let result = match code_ref.entry {
            Entry::Value(run) => {
                // SAFETY: receiver and arguments are on the active stack, which a value primitive does not change.
                let operands = unsafe { Args::new(self.sp as usize as *const Oop, args) };
                run(self, operands).map(|value| self.answer(args, value))
            }
            Entry::Control(run) => run(self, args),
            Entry::Closure => self.primitive_closure_value(args),
            Entry::Named => self.call_named(code, args),
            _ => Err(PrimError::GENERIC),
        };
        self.watch_primitive(code_ref, result);
        result
    }

    /// Replaces forwarders among receiver and arguments and in their fields; true if there were any.
    fn follow_operands(&mut self, args: usize) -> bool {
        let mut any = false;
        for i in 0..=args {
            let mut value = self.stack_value(i);
            if self.heap.is_forwarded(value) {
                value = self.heap.follow(value);
                self.stack.write(self.sp + 8 * i as u64, value.bits());
                any = true;
            }
            if value.is_pointer() && self.heap.class_index(value) != CLASS_INDEX_FORWARDER {
                any |= self.follow_fields(value, 2);
            }
        }
        any
    }

    fn follow_fields(&mut self, oop: Oop, depth: usize) -> bool {
        let mut any = false;
        for i in 0..self.heap.pointer_slots(oop).min(64) {
            let field = self.heap.fetch(oop, i);
            if self.heap.is_forwarded(field) {
                let target = self.heap.follow(field);
                self.heap.store(oop, i, target);
                any = true;
            } else if depth > 1 && field.is_pointer() {
                any |= self.follow_fields(field, depth - 1);
            }
        }
        any
    }

    /// Calls the named primitive of a method, looking it up the first time.
    fn call_named(&mut self, code: *const Code, args: usize) -> Result<(), PrimError> {
        // SAFETY: as in `invoke`; nothing else refers to this field while it is changed.
        let named = unsafe { &mut (*code.cast_mut()).named };
        let resolved = match *named {
            Some((resolved, seen)) if seen == self.generation => resolved,
            _ => {
                // SAFETY: as above.
                let method = unsafe { (*code).method };
                let (module, function) = self.names_of(method).ok_or(PrimError::BAD_METHOD)?;
                let resolved = self.plugins.resolve(&module, &function);
                if resolved == Err(NotFound::Module) && !module.is_empty() {
                    self.missing_modules.insert(module);
                }
                *named = Some((resolved, self.generation));
                if let Ok(primitive) = resolved {
                    // SAFETY: as above.
                    let code = unsafe { &mut *code.cast_mut() };
                    let direct = self.plugins.direct_call(primitive, usize::from(code.args));
                    code.native.set_direct(direct, primitive, self.generation);
                }
                resolved
            }
        };
        if let Err(_missing) = resolved {
            // SAFETY: as above.
            let method = unsafe { (*code).method };
            let (module, function) = self.names_of(method).ok_or(PrimError::BAD_METHOD)?;
            return if module.is_empty() { self.run_by_name(&function, args) } else { Err(PrimError::NOT_FOUND) };
        }
        self.call_resolved(resolved.map_err(|_| PrimError::NOT_FOUND)?, args)
    }

    /// Calls a named primitive with receiver and arguments on the stack.
    pub(crate) fn call_resolved(&mut self, primitive: NamedPrimitive, args: usize) -> Result<(), PrimError> {
        let answer = self.call_plugin(primitive, args)?;
        self.answer(args, answer);
        Ok(())
    }

    /// What a named primitive answers to receiver and arguments on the stack.
    #[inline(always)]
    pub(crate) fn call_plugin(&mut self, primitive: NamedPrimitive, args: usize) -> Result<Oop, PrimError> {
        // SAFETY: receiver and arguments are on the active stack, which nobody writes to during the call: the host has the heap alone.
        let operands = unsafe { std::slice::from_raw_parts(self.sp as usize as *const Oop, args + 1) };
        self.plugins.call(primitive, &mut Call { heap: &mut self.heap, operands: Operands::new(operands) })
    }

    /// What the named primitive of a method was resolved to, if it was and that still holds.
    #[inline(always)]
    pub(crate) fn resolved(&self, code: &Code) -> Option<NamedPrimitive> {
        match code.named {
            Some((Ok(primitive), seen)) if seen == self.generation => Some(primitive),
            _ => None,
        }
    }

    /// Module and function of a named primitive: the first literal of its method is an Array of them.
    pub(crate) fn names_of(&self, method: Oop) -> Option<(String, String)> {
        if self.heap.literal_count(method) == 0 {
            return None;
        }
        let spec = self.heap.follow(self.heap.fetch(method, 1));
        if self.format_of(spec) != Some(Format::INDEXABLE) || self.heap.num_slots(spec) < 2 {
            return None;
        }
        let name = |i: usize| self.heap.text(self.heap.follow(self.heap.fetch(spec, i)));
        Some((name(0).unwrap_or_default(), name(1)?))
    }

    /// Makes a frame for `code`, whose receiver and arguments are on the stack.
    pub(crate) fn activate(&mut self, code: *const Code, args: usize, failure: Option<PrimError>) -> Result<(), VmError> {
        // SAFETY: as in `invoke`.
        let code_ref = unsafe { &*code };
        let receiver = self.stack_value(args);
        self.enter(code, code_ref.method, args as u64, receiver, code_ref.start() as usize as u64);
        for _ in args..code_ref.temps as usize {
            self.push(self.heap.nil());
        }
        if let Some(failure) = failure
            && code_ref.takes_error_code()
        {
            let value = self.error_code(failure);
            self.stack.write(self.sp, value.bits());
        }
        if self.sp < self.limit { self.overflow() } else { Ok(()) }
    }

    /// Pushes the fixed part of a frame.
    #[inline(always)]
    pub(crate) fn enter(&mut self, code: *const Code, method: Oop, flags: u64, receiver: Oop, ip: u64) {
        self.push(Oop(self.ip));
        self.push(Oop(self.fp));
        self.fp = self.sp;
        self.push(method);
        self.push(self.heap.nil());
        self.push(Oop(code as usize as u64));
        self.push(Oop(flags));
        self.push(receiver);
        self.ip = ip;
        debug_assert_eq!(self.sp, self.fp.wrapping_add_signed(8 * frame::RECEIVER as i64));
    }

    /// What a method's error-code temporary is given.
    fn error_code(&mut self, failure: PrimError) -> Oop {
        if let Some(oop) = failure.as_object() {
            return oop;
        }
        let table = self.heap.special(Special::PrimErrTable);
        let index = failure.code() - 1;
        if table.is_pointer() && index < self.heap.pointer_slots(table) {
            let symbol = self.heap.fetch_followed(table, index);
            if let Some(number) = failure.system_number() {
                return self.os_error(symbol, i64::from(number));
            }
            return symbol;
        }
        Oop::from_small_int(failure.code() as i64)
    }

    /// An instance of the class in the error table (PrimitiveError: its name and the system's number) or its symbol.
    fn os_error(&mut self, prototype: Oop, number: i64) -> Oop {
        if self.format_of(prototype) != Some(Format::FIXED) || self.heap.num_slots(prototype) < 2 {
            return prototype;
        }
        let class = self.heap.class_of(prototype);
        let Ok(error) = self.heap.instantiate(class, 0) else { return prototype };
        let Ok(value) = self.heap.integer(number) else { return prototype };
        let name = self.heap.fetch(prototype, 0);
        self.heap.store(error, 0, name);
        self.heap.store(error, 1, value);
        error
    }

    /// A method was called with a number of arguments that it does not take: `perform:` and the like check before, so this is
    /// a method under a selector that is not for it.
    #[cold]
    fn wrong_arguments(&mut self, code: &Code, args: usize) -> Result<(), VmError> {
        Err(VmError::Corrupt(format!("{} is sent with {args} arguments", self.method_name(code.method))))
    }
}

impl Code {
    /// The method has a temporary for the failure code of its primitive.
    pub(crate) fn takes_error_code(&self) -> bool {
        self.words.get(1).is_some_and(|&w| w & 0xFF == super::code::Op::StoreErrorCode as u64)
    }
}
