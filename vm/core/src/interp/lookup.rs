//! From a class and a selector to code: method dictionaries, and the translations of methods.

use super::cache::{BlockEntry, MethodCache};
use super::code::{Code, Entry};
use super::layout::class;
use super::translate::translate;
use crate::bytecode::{Instruction, MethodHeader, decode};
use crate::error::VmError;
use crate::object::{CLASS_INDEX_CONTEXT, Format, HASH_MASK, HASH_SHIFT};
use crate::oop::Oop;
use crate::primitives::{self, Run};
use crate::vm::Vm;

/// A class hierarchy deeper than this is a loop.
const MAX_SUPERCLASSES: usize = 10_000;

/// What a lookup found.
pub(crate) enum Found {
    /// Code to run.
    Code(*const Code),
    /// An object in a method dictionary that is no method: it is sent `run:with:in:`.
    Object(Oop),
    /// Nothing.
    Nothing,
    /// A class on the way has nil for its methods: its superclass is asked for `cannotInterpret:`.
    NoMethods(Oop),
}

impl Vm {
    /// The translation of a method, made now if there was none.
    pub(crate) fn code_for(&mut self, method: Oop, for_context: bool) -> Result<*const Code, VmError> {
        if let Some(code) = self.codes.codes.get(&(method.bits(), for_context)) {
            return Ok(&**code);
        }
        self.counters.translations += 1;
        if method.is_immediate() || !self.heap.format(method).is_compiled_method() {
            return Err(VmError::Corrupt(format!("{} is to be run as a method", self.describe(method))));
        }
        let is_block = self.is_compiled_block(method);
        let mut code = translate(&self.heap, method, for_context, is_block)
            .map_err(|what| VmError::Corrupt(format!("{} cannot be run: {what}", self.method_name(method))))?;
        if !is_block {
            (code.primitive, code.entry) = self.entry_of(method, for_context);
        }
        code.start = code.words[(code.primitive != 0) as usize..].as_ptr();
        self.native.adopt(&mut code, self.options.jit_after);
        self.codes.any_young |= self.heap.is_young(method);
        let code = Box::new(code);
        let address: *const Code = &*code;
        self.codes.codes.insert((method.bits(), for_context), code);
        Ok(address)
    }

    /// The code of the block that starts at `start_pc` of `method`; `None` if no block starts there.
    pub(crate) fn block_code(&mut self, method: Oop, start_pc: u32, for_context: bool) -> Result<Option<BlockEntry>, VmError> {
        let code = self.code_for(method, for_context)?;
        // SAFETY: code_for answers the address of code in the cache, which drops none before the next full collection.
        let code_ref = unsafe { &*code };
        let Some(&block) = code_ref.block_at(start_pc) else { return Ok(None) };
        let ip = code_ref.ip_at(block.word as usize);
        let (args, copied) = (block.args, block.copied);
        Ok(Some(self.remember_block(BlockEntry { method: method.bits(), start_pc, args, copied, temps: 0, code, ip }, for_context)))
    }

    /// The code of a CompiledBlock whose closure has `copied` copied values.
    pub(crate) fn full_block_code(&mut self, block: Oop, copied: usize, for_context: bool) -> Result<BlockEntry, VmError> {
        let code = self.code_for(block, for_context)?;
        // SAFETY: as in `block_code`.
        let code_ref = unsafe { &*code };
        let temps = code_ref.temps.saturating_sub(code_ref.args).saturating_sub(copied as u8);
        let (args, ip) = (code_ref.args, code_ref.start());
        let entry = BlockEntry { method: block.bits(), start_pc: 0, args, copied: copied as u8, temps, code, ip };
        Ok(self.remember_block(entry, for_context))
    }

    fn remember_block(&mut self, entry: BlockEntry, for_context: bool) -> BlockEntry {
        if !for_context {
            self.method_cache.blocks[MethodCache::block_slot(entry.method, entry.start_pc)] = entry;
        }
        entry
    }

    /// What was found lately for a closure whose receiver is no context.
    #[inline(always)]
    pub(crate) fn cached_block(&self, method: Oop, start_pc: u32) -> Option<&BlockEntry> {
        let entry = &self.method_cache.blocks[MethodCache::block_slot(method.bits(), start_pc)];
        (entry.method == method.bits() && entry.start_pc == start_pc).then_some(entry)
    }

    /// A CompiledBlock has its outer code where a method has its class's association: as its last literal.
    fn is_compiled_block(&self, method: Oop) -> bool {
        let literals = self.heap.literal_count(method);
        if literals == 0 {
            return false;
        }
        let last = self.heap.follow(self.heap.fetch(method, literals));
        last.is_pointer() && self.heap.format(last).is_compiled_method()
    }

    /// The primitive number of a method; 0 for none.
    pub(crate) fn primitive_of(&self, method: Oop) -> u16 {
        let Some(header) = MethodHeader::of(&self.heap, method) else { return 0 };
        if !header.has_primitive() {
            return 0;
        }
        match decode(header.set(), self.heap.bytes(method), header.initial_pc()) {
            Some((Instruction::CallPrimitive(number), _)) => number,
            _ => 0,
        }
    }

    /// Primitive number and entry of a method.
    fn entry_of(&self, method: Oop, for_context: bool) -> (u16, Entry) {
        let number = self.primitive_of(method);
        let args = MethodHeader::of(&self.heap, method).map_or(0, MethodHeader::args);
        let entry = match number {
            0 => Entry::Frame,
            256 if args == 0 => Entry::Receiver,
            257..=259 if args == 0 => Entry::Constant((number - 257) as u8),
            260..=263 if args == 0 => Entry::Integer((number as i16 - 261) as i8),
            264..=519 if args == 0 && for_context => Entry::FieldOfContext((number - 264) as u8),
            264..=519 if args == 0 => Entry::Field((number - 264) as u8),
            117 => Entry::Named,
            201..=205 | 207 => Entry::Closure,
            // These only mark a method; their code runs.
            19 | 198 | 199 => Entry::Frame,
            _ => match super::control::lookup_for_context(number, args, for_context) {
                Some(run) => Entry::Control(run),
                None => match primitives::lookup(number).filter(|p| p.accepts(args)).map(|p| p.run) {
                    Some(Run::Value(run)) => Entry::Value(run),
                    Some(Run::Control(run)) => Entry::Control(run),
                    Some(Run::Fails(_)) | None => Entry::Missing,
                },
            },
        };
        (number, entry)
    }

    /// Looks `selector` up for objects of class index `class_index`.
    #[inline]
    pub(crate) fn lookup(&mut self, class_index: u32, selector: Oop) -> Result<Found, VmError> {
        if let Some(code) = self.method_cache.get(class_index, selector) {
            self.counters.method_cache_hits += 1;
            return Ok(Found::Code(code));
        }
        let class = self.heap.class_at(class_index);
        let found = self.lookup_in(class, selector, class_index == CLASS_INDEX_CONTEXT)?;
        if let Found::Code(code) = found {
            self.method_cache.put(class_index, selector, code);
        }
        Ok(found)
    }

    /// Looks `selector` up in `class` and its superclasses, past the method cache.
    pub(crate) fn lookup_in(&mut self, class: Oop, selector: Oop, for_context: bool) -> Result<Found, VmError> {
        self.counters.lookups += 1;
        let nil = self.heap.nil();
        let mut class = self.heap.follow(class);
        for _ in 0..MAX_SUPERCLASSES {
            if class == nil {
                return Ok(Found::Nothing);
            }
            if class.is_immediate() || self.heap.pointer_slots(class) < 3 {
                return Err(VmError::Corrupt(format!("{} is a class by its place and has no methods", self.describe(class))));
            }
            let methods = self.heap.fetch_followed(class, class::METHODS);
            if methods == nil {
                return Ok(Found::NoMethods(class));
            }
            match self.find_in(methods, selector) {
                None => class = self.heap.fetch_followed(class, class::SUPERCLASS),
                Some(method) if method.is_pointer() && self.heap.format(method).is_compiled_method() => {
                    return Ok(Found::Code(self.code_for(method, for_context)?));
                }
                Some(object) => return Ok(Found::Object(object)),
            }
        }
        Err(VmError::Corrupt(format!("the superclasses of {} form a loop", self.heap.class_name(class))))
    }

    /// The entry of a method dictionary for `selector`. Keys lie from where the selector's hash says on; nil ends the search.
    pub(crate) fn find_in(&mut self, dictionary: Oop, selector: Oop) -> Option<Oop> {
        let slots = self.heap.pointer_slots(dictionary);
        let capacity = slots.checked_sub(class::DICTIONARY_FIRST_KEY).filter(|&n| n > 0)?;
        let values = self.heap.fetch_followed(dictionary, class::DICTIONARY_VALUES);
        if values.is_immediate() || self.heap.pointer_slots(values) < capacity {
            return None;
        }
        let hash = match selector.is_immediate() {
            true => selector.bits() >> 3,
            false => (self.heap.header(selector) >> HASH_SHIFT) & HASH_MASK,
        };
        let nil = self.heap.nil();
        let start = if capacity.is_power_of_two() { hash as usize & (capacity - 1) } else { hash as usize % capacity };
        for i in 0..capacity {
            let index = (start + i) % capacity;
            let mut key = self.heap.fetch(dictionary, class::DICTIONARY_FIRST_KEY + index);
            if key == nil {
                return None;
            }
            if self.heap.is_forwarded(key) {
                key = self.heap.fetch_followed(dictionary, class::DICTIONARY_FIRST_KEY + index);
            }
            if key == selector {
                return Some(self.heap.fetch_followed(values, index));
            }
        }
        None
    }

    /// The class whose superclass a super send in `method` starts at: the value of its last literal, of a block its method's.
    pub(crate) fn method_class(&self, method: Oop) -> Option<Oop> {
        let mut code = method;
        for _ in 0..64 {
            let literals = self.heap.literal_count(code);
            if literals == 0 {
                return None;
            }
            let last = self.heap.follow(self.heap.fetch(code, literals));
            if last.is_immediate() {
                return None;
            }
            if self.heap.format(last).is_compiled_method() {
                code = last;
            } else if self.heap.pointer_slots(last) >= 2 {
                let class = self.heap.follow(self.heap.fetch(last, 1));
                return (class.is_pointer() && class != self.heap.nil()).then_some(class);
            } else {
                return None;
            }
        }
        None
    }

    /// Forgets everything that sends found.
    pub(crate) fn flush_caches(&mut self) {
        self.method_cache.clear();
        for code in self.codes.codes.values_mut() {
            code.reset_caches();
        }
        for code in self.codes.retired.iter_mut().chain(&mut self.codes.condemned) {
            code.reset_caches();
        }
    }

    /// Forgets the translation of a method, whose bytes or header changed.
    pub(crate) fn flush_method(&mut self, method: Oop) {
        for for_context in [false, true] {
            if let Some(code) = self.codes.codes.remove(&(method.bits(), for_context)) {
                self.codes.retired.push(code);
            }
        }
        self.flush_caches();
    }

    /// Forgets the translation of a method that a primitive stored into, if it has one.
    pub(crate) fn method_changed(&mut self, method: Oop) {
        if [false, true].iter().any(|&for_context| self.codes.codes.contains_key(&(method.bits(), for_context))) {
            self.flush_method(method);
        }
    }

    /// The format of an object, if it is one.
    pub(crate) fn format_of(&self, oop: Oop) -> Option<Format> {
        oop.is_pointer().then(|| self.heap.format(oop))
    }
}
