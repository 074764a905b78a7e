//! The interpreter's loop.
//!
//! What it relies on, and so why it need not check: words come from [`super::translate`], which verified every operand
//! against its method (literals, temporaries, jumps, depth of the stack); a frame is made only where its page has room for the
//! deepest stack of any method; an object's class index and size are read from its header before a field is.

use super::code::{Code, Entry, Op, SEND_WORDS, operand_a, operand_b, operand_c};
use super::layout::frame;
use super::send::Target;
use crate::error::VmError;
use crate::object::{CLASS_INDEX_ARRAY, CLASS_INDEX_MASK, Format, IMMUTABLE_BIT, SLOTS_SHIFT};
use crate::oop::Oop;
use crate::vm::{Args, Outcome, Vm};

/// Sends and backward jumps between two looks for events.
pub(crate) const POLL_INTERVAL: i64 = 20_000;

impl Vm {
    /// Runs the image until it quits, has nothing to do, or `budget` looks for events (each at most 20,000 sends and backward
    /// jumps apart) are used up. Afterwards it can be called again.
    pub fn run(&mut self, budget: u64) -> Result<Outcome, VmError> {
        self.budget = budget;
        if let Some(outcome @ Outcome::Quit(_)) = self.outcome {
            return Ok(outcome);
        }
        self.outcome = None;
        self.generation = self.plugins.generation();
        let options = &self.options;
        let watched = options.count || options.trace_sends || options.trace_bytecodes || options.trace_primitives;
        if watched { self.interpret::<true>() } else { self.interpret::<false>() }
    }

    /// The loop; `WATCHED` it counts and traces.
    fn interpret<const WATCHED: bool>(&mut self) -> Result<Outcome, VmError> {
        let nil = self.heap.nil();
        let (true_, false_) = (self.heap.true_(), self.heap.false_());
        let mut ip = self.ip as usize as *const u64;
        let mut sp = self.sp as usize as *mut Oop;
        let mut fp = self.fp as usize as *mut Oop;

        macro_rules! save {
            () => {
                self.ip = ip as usize as u64;
                self.sp = sp as usize as u64;
                self.fp = fp as usize as u64;
            };
        }
        macro_rules! load {
            () => {
                ip = self.ip as usize as *const u64;
                sp = self.sp as usize as *mut Oop;
                fp = self.fp as usize as *mut Oop;
            };
        }
        // SAFETY (these and all blocks below): the module's first paragraph.
        macro_rules! push {
            ($value:expr) => {{
                let value: Oop = $value;
                // SAFETY: the frame has room for the deepest stack of its method.
                unsafe {
                    sp = sp.sub(1);
                    *sp = value;
                }
            }};
        }
        macro_rules! top {
            ($depth:expr) => {{
                let depth: usize = $depth;
                // SAFETY: the translator checked the depth of the stack.
                unsafe { *sp.add(depth) }
            }};
        }
        macro_rules! set_top {
            ($value:expr) => {{
                let value: Oop = $value;
                // SAFETY: as for top.
                unsafe { *sp = value }
            }};
        }
        macro_rules! drop_values {
            ($count:expr) => {{
                let count: usize = $count;
                // SAFETY: as for top.
                sp = unsafe { sp.add(count) }
            }};
        }
        macro_rules! slot {
            ($offset:expr) => {{
                let offset: isize = $offset;
                // SAFETY: fixed words of a frame and the temporaries that the translator checked.
                unsafe { *fp.offset(offset) }
            }};
        }
        macro_rules! set_slot {
            ($offset:expr, $value:expr) => {{
                let (offset, value): (isize, Oop) = ($offset, $value);
                // SAFETY: as for slot.
                unsafe { *fp.offset(offset) = value }
            }};
        }
        macro_rules! skip {
            ($words:expr) => {{
                let words: isize = $words;
                // SAFETY: the translator resolved jumps to instructions of the same code.
                ip = unsafe { ip.offset(words) }
            }};
        }
        // Runs something that may change the registers, or stop the loop.
        macro_rules! slowly {
            ($call:expr) => {{
                save!();
                $call?;
                load!();
            }};
        }
        macro_rules! leave_if_asked {
            () => {
                if self.outcome.is_some() || self.fatal.is_some() {
                    return self.leave();
                }
            };
        }
        macro_rules! poll {
            () => {
                self.heap.poll_countdown -= 1;
                if self.heap.poll_countdown < 0 {
                    slowly!(self.safe_point());
                    leave_if_asked!();
                }
            };
        }

        'next: loop {
            // SAFETY: ip points to a word of the active frame's code.
            let word = unsafe { *ip };
            if WATCHED && self.options.trace_bytecodes {
                save!();
                self.trace_instruction();
            }
            // SAFETY: as above; code ends with `End`, which does not fall through.
            ip = unsafe { ip.add(1) };
            // SAFETY: the translator wrote only numbers of opcodes.
            let mut op = unsafe { std::mem::transmute::<u8, Op>(word as u8) };
            if WATCHED && self.options.trace_bytecodes {
                // So that every instruction is seen.
                op = op.unfused();
            }

            let (code, args) = 'invoke: {
                let word = 'send: {
                    let value = 'give: {
                        // Leaves the instruction for the send that `word` asks for; ip is at its inline cache.
                        macro_rules! send_word {
                            ($word:expr) => {
                                break 'send $word
                            };
                        }
                        macro_rules! jump_words {
                            ($from:expr, $word:expr) => {{
                                let words = operand_b($word);
                                // SAFETY: offsets of jumps count from their own word.
                                ip = unsafe { $from.offset(words) }
                            }};
                        }
                        // Integer operations on the tagged words: tag 1 in the low three bits.
                        macro_rules! arithmetic {
                            (|$a:ident, $b:ident| $compute:expr, $float:expr) => {{
                                let ($b, $a) = (top!(0), top!(1));
                                if Oop::both_small_ints($a, $b) {
                                    let result: Option<Oop> = $compute;
                                    if let Some(value) = result {
                                        drop_values!(1);
                                        set_top!(value);
                                        skip!(SEND_WORDS as isize - 1);
                                        continue 'next;
                                    }
                                } else if $a.is_small_float() && $b.is_small_float() {
                                    let operation: Option<fn(f64, f64) -> f64> = $float;
                                    if let Some(operation) = operation
                                        && let Some(value) = Oop::try_from_float(operation($a.small_float(), $b.small_float()))
                                    {
                                        drop_values!(1);
                                        set_top!(value);
                                        skip!(SEND_WORDS as isize - 1);
                                        continue 'next;
                                    }
                                }
                                send_word!(word)
                            }};
                        }
                        macro_rules! compare {
                ($op:tt) => {{
                    let (b, a) = (top!(0), top!(1));
                    let result = if Oop::both_small_ints(a, b) {
                        (a.bits() as i64) $op (b.bits() as i64)
                    } else if a.is_small_float() && b.is_small_float() {
                        a.small_float() $op b.small_float()
                    } else {
                        send_word!(word)
                    };
                    drop_values!(1);
                    set_top!(if result { true_ } else { false_ });
                    skip!(SEND_WORDS as isize - 1);
                }};
            }
                        // A comparison whose result only decides a jump.
                        macro_rules! compare_jump {
                ($op:tt) => {{
                    let (b, a) = (top!(0), top!(1));
                    if !Oop::both_small_ints(a, b) {
                        send_word!(word)
                    }
                    drop_values!(2);
                    if (a.bits() as i64) $op (b.bits() as i64) {
                        skip!(SEND_WORDS as isize);
                    } else {
                        skip!(SEND_WORDS as isize - 1);
                        // SAFETY: the next instruction is the jump.
                        let jump = unsafe { *ip };
                        jump_words!(ip, jump);
                    }
                }};
            }
                        macro_rules! push_field {
                            ($index:expr) => {{
                                let receiver = slot!(frame::RECEIVER);
                                let index = $index as usize;
                                if receiver.is_pointer() && (index as u64) < self.heap.header(receiver) >> SLOTS_SHIFT {
                                    // SAFETY: the receiver has more slots than the index.
                                    push!(unsafe { *receiver.ptr().add(1 + index) }.into_oop());
                                } else {
                                    let value = self.checked_field(receiver, index);
                                    push!(value);
                                }
                            }};
                        }
                        // The second and third word of a fused sequence that begins with single-word instructions.
                        macro_rules! following {
                            ($n:expr) => {
                                // SAFETY: fused sequences lie in one code.
                                unsafe { *ip.add($n) }
                            };
                        }
                        macro_rules! home_return {
                            ($value:expr) => {{
                                let value: Oop = $value;
                                // SAFETY: a return is one word.
                                ip = unsafe { ip.sub(1) };
                                slowly!(self.return_from_home(value));
                                leave_if_asked!();
                                continue 'next;
                            }};
                        }
                        macro_rules! literal {
                            ($index:expr) => {{
                                let method = slot!(frame::METHOD);
                                // SAFETY: the translator checked the index against the method's literals; slot 0 is the header.
                                unsafe { *method.ptr().add(2 + $index as usize) }.into_oop()
                            }};
                        }
                        macro_rules! store_field {
                            ($index:expr, $value:expr) => {{
                                let receiver = slot!(frame::RECEIVER);
                                let (index, value) = ($index as usize, $value);
                                if receiver.is_pointer()
                                    && self.heap.header(receiver) & IMMUTABLE_BIT == 0
                                    && (index as u64) < self.heap.header(receiver) >> SLOTS_SHIFT
                                {
                                    // SAFETY: the receiver has more slots than the index.
                                    unsafe { *receiver.ptr().add(1 + index) = value.bits() };
                                    self.heap.write_barrier(receiver, index, value);
                                } else {
                                    slowly!(self.store_refused(receiver, index, value));
                                }
                            }};
                        }

                        // PushTemp, PushConstant, comparison, JumpFalse.
                        macro_rules! temp_constant_jump {
                            ($op:tt) => {{
                                let a = slot!(operand_b(word));
                                let b = Oop::from_small_int(operand_b(following!(0)) as i64);
                                if !a.is_small_int() {
                                    push!(a);
                                } else if (a.bits() as i64) $op (b.bits() as i64) {
                                    skip!(2 + SEND_WORDS as isize);
                                } else {
                                    skip!(1 + SEND_WORDS as isize);
                                    jump_words!(ip, following!(0));
                                }
                            }};
                        }
                        // PushTemp, PushTemp, comparison, JumpFalse.
                        macro_rules! temp_temp_jump {
                            ($op:tt) => {{
                                let (a, b) = (slot!(operand_b(word)), slot!(operand_b(following!(0))));
                                if !Oop::both_small_ints(a, b) {
                                    push!(a);
                                } else if (a.bits() as i64) $op (b.bits() as i64) {
                                    skip!(2 + SEND_WORDS as isize);
                                } else {
                                    skip!(1 + SEND_WORDS as isize);
                                    jump_words!(ip, following!(0));
                                }
                            }};
                        }
                        // PushTemp, PushTemp, comparison.
                        macro_rules! temp_temp_compare {
                            ($op:tt) => {{
                                let (a, b) = (slot!(operand_b(word)), slot!(operand_b(following!(0))));
                                if Oop::both_small_ints(a, b) {
                                    push!(if (a.bits() as i64) $op (b.bits() as i64) { true_ } else { false_ });
                                    skip!(1 + SEND_WORDS as isize);
                                } else {
                                    push!(a);
                                }
                            }};
                        }
                        // PushTemp, PushConstant, addition or subtraction.
                        macro_rules! temp_constant {
                            ($compute:ident) => {{
                                let a = slot!(operand_b(word));
                                let (result, overflow) = (a.bits() as i64).$compute(operand_b(following!(0)) as i64 * 8);
                                if a.is_small_int() && !overflow {
                                    push!(Oop(result as u64));
                                    skip!(1 + SEND_WORDS as isize);
                                } else {
                                    push!(a);
                                }
                            }};
                        }
                        // PushConstant, addition or subtraction.
                        macro_rules! constant {
                            ($compute:ident) => {{
                                let a = top!(0);
                                let (result, overflow) = (a.bits() as i64).$compute(operand_b(word) as i64 * 8);
                                if a.is_small_int() && !overflow {
                                    set_top!(Oop(result as u64));
                                    skip!(SEND_WORDS as isize);
                                } else {
                                    push!(Oop::from_small_int(operand_b(word) as i64));
                                }
                            }};
                        }
                        // Addition or subtraction, PopTemp.
                        macro_rules! pop_temp_of {
                            ($compute:ident) => {{
                                let (b, a) = (top!(0), top!(1));
                                let (result, overflow) = (a.bits() as i64).$compute(b.bits() as i64 - 1);
                                if !Oop::both_small_ints(a, b) || overflow {
                                    send_word!(word)
                                }
                                drop_values!(2);
                                skip!(SEND_WORDS as isize - 1);
                                set_slot!(operand_b(following!(0)), Oop(result as u64));
                                skip!(1);
                            }};
                        }

                        // `at:` of the send `$word`, at whose inline cache ip is.
                        macro_rules! at {
                            ($word:expr) => {{
                                let (index, array) = (top!(0), top!(1));
                                // SAFETY: the cache of this send.
                                let (cached, code) = unsafe { (*ip, *ip.add(1) as usize as *const Code) };
                                if array.is_pointer()
                                    && index.is_small_int()
                                    && cached == self.heap.header(array) & CLASS_INDEX_MASK
                                {
                                    // SAFETY: a cache that is not empty holds code.
                                    let primitive = unsafe { (*code).primitive };
                                    if let Some(value) = self.fast_at(primitive, array, index.small_int()) {
                                        drop_values!(1);
                                        set_top!(value);
                                        skip!(SEND_WORDS as isize - 1);
                                        continue 'next;
                                    }
                                }
                                send_word!($word)
                            }};
                        }
                        // `at:put:` likewise.
                        macro_rules! at_put {
                            ($word:expr) => {{
                                let (value, index, array) = (top!(0), top!(1), top!(2));
                                // SAFETY: the cache of this send.
                                let (cached, code) = unsafe { (*ip, *ip.add(1) as usize as *const Code) };
                                if array.is_pointer()
                                    && index.is_small_int()
                                    && cached == self.heap.header(array) & CLASS_INDEX_MASK
                                {
                                    // SAFETY: a cache that is not empty holds code.
                                    let primitive = unsafe { (*code).primitive };
                                    if self.fast_at_put(primitive, array, index.small_int(), value) {
                                        drop_values!(2);
                                        set_top!(value);
                                        skip!(SEND_WORDS as isize - 1);
                                        continue 'next;
                                    }
                                }
                                send_word!($word)
                            }};
                        }
                        // Adds a constant to a temporary, whose PushTemp is `$temp`; its PushConstant is `$at` words from ip on.
                        macro_rules! increment {
                            ($temp:expr, $at:expr, $otherwise:expr, $then:expr) => {{
                                let a = slot!(operand_b($temp));
                                let (sum, overflow) = (a.bits() as i64).overflowing_add(operand_b(following!($at)) as i64 * 8);
                                if a.is_small_int() && !overflow {
                                    set_slot!(operand_b(following!($at + 1 + SEND_WORDS)), Oop(sum as u64));
                                    $then;
                                } else {
                                    $otherwise;
                                }
                            }};
                        }
                        // The backward jump `$at` words from ip on.
                        macro_rules! jump_back {
                            ($at:expr) => {{
                                skip!($at);
                                jump_words!(ip, following!(0));
                                poll!();
                            }};
                        }

                        match op {
                            Op::PushTemp => push!(slot!(operand_b(word))),
                            Op::TempTemp => {
                                push!(slot!(operand_b(word)));
                                push!(slot!(operand_b(following!(0))));
                                skip!(1);
                            }
                            Op::TempConstant => {
                                push!(slot!(operand_b(word)));
                                push!(Oop::from_small_int(operand_b(following!(0)) as i64));
                                skip!(1);
                            }
                            Op::PopPushTemp => {
                                set_top!(slot!(operand_b(following!(0))));
                                skip!(1);
                            }
                            Op::TempSend => {
                                push!(slot!(operand_b(word)));
                                let send = following!(0);
                                skip!(1);
                                send_word!(send)
                            }
                            Op::FieldSend => {
                                let receiver = slot!(frame::RECEIVER);
                                push!(self.checked_field(receiver, operand_b(word) as usize));
                                let send = following!(0);
                                skip!(1);
                                send_word!(send)
                            }
                            Op::TempReturn => break 'give slot!(operand_b(word)),
                            Op::ConstantReturn => break 'give Oop::from_small_int(operand_b(word) as i64),
                            Op::TempConstantLessJumpFalse => temp_constant_jump!(<),
                            Op::TempConstantLessEqualJumpFalse => temp_constant_jump!(<=),
                            Op::TempConstantGreaterJumpFalse => temp_constant_jump!(>),
                            Op::TempConstantGreaterEqualJumpFalse => temp_constant_jump!(>=),
                            Op::TempConstantEqualJumpFalse => temp_constant_jump!(==),
                            Op::TempTempLessJumpFalse => temp_temp_jump!(<),
                            Op::TempTempLessEqualJumpFalse => temp_temp_jump!(<=),
                            Op::TempTempGreaterJumpFalse => temp_temp_jump!(>),
                            Op::TempTempGreaterEqualJumpFalse => temp_temp_jump!(>=),
                            Op::TempTempLess => temp_temp_compare!(<),
                            Op::TempTempLessEqual => temp_temp_compare!(<=),
                            Op::TempTempGreater => temp_temp_compare!(>),
                            Op::TempTempGreaterEqual => temp_temp_compare!(>=),
                            Op::TempConstantAdd => temp_constant!(overflowing_add),
                            Op::TempConstantSubtract => temp_constant!(overflowing_sub),
                            Op::TempConstantAddPopTemp => {
                                increment!(word, 0, push!(slot!(operand_b(word))), skip!(2 + SEND_WORDS as isize));
                            }
                            Op::TempConstantAddPopTempJumpBack => {
                                increment!(word, 0, push!(slot!(operand_b(word))), jump_back!(2 + SEND_WORDS as isize));
                            }
                            Op::PopTempConstantAddPopTemp => {
                                drop_values!(1);
                                increment!(following!(0), 1, {}, skip!(3 + SEND_WORDS as isize));
                            }
                            Op::PopTempConstantAddPopTempJumpBack => {
                                drop_values!(1);
                                increment!(following!(0), 1, {}, jump_back!(3 + SEND_WORDS as isize));
                            }
                            Op::PopJumpBack => {
                                drop_values!(1);
                                jump_back!(0);
                            }
                            Op::TempField => {
                                push!(slot!(operand_b(word)));
                                push_field!(operand_b(following!(0)));
                                skip!(1);
                            }
                            Op::FieldTemp => {
                                push_field!(operand_b(word));
                                push!(slot!(operand_b(following!(0))));
                                skip!(1);
                            }
                            Op::TempPopTemp => {
                                set_slot!(operand_b(following!(0)), slot!(operand_b(word)));
                                skip!(1);
                            }
                            Op::TempTempAdd => {
                                let (a, b) = (slot!(operand_b(word)), slot!(operand_b(following!(0))));
                                let (sum, overflow) = (a.bits() as i64).overflowing_add(b.bits() as i64 - 1);
                                if Oop::both_small_ints(a, b) && !overflow {
                                    push!(Oop(sum as u64));
                                    skip!(1 + SEND_WORDS as isize);
                                } else {
                                    push!(a);
                                }
                            }
                            Op::TempAdd => {
                                let (a, b) = (top!(0), slot!(operand_b(word)));
                                let (sum, overflow) = (a.bits() as i64).overflowing_add(b.bits() as i64 - 1);
                                if Oop::both_small_ints(a, b) && !overflow {
                                    set_top!(Oop(sum as u64));
                                    skip!(SEND_WORDS as isize);
                                } else {
                                    push!(b);
                                }
                            }
                            Op::ConstantAdd => constant!(overflowing_add),
                            Op::ConstantSubtract => constant!(overflowing_sub),
                            Op::ConstantBitAnd => {
                                let (a, b) = (top!(0), Oop::from_small_int(operand_b(word) as i64));
                                if a.is_small_int() {
                                    set_top!(Oop(a.bits() & b.bits()));
                                    skip!(SEND_WORDS as isize);
                                } else {
                                    push!(b);
                                }
                            }
                            Op::AddPopTemp => pop_temp_of!(overflowing_add),
                            Op::SubtractPopTemp => pop_temp_of!(overflowing_sub),
                            Op::PushField => push_field!(operand_b(word)),
                            Op::PushFieldOfContext => {
                                save!();
                                let value = self.field_of_receiver(slot!(frame::RECEIVER), operand_b(word) as usize)?;
                                push!(value);
                            }
                            Op::PushLiteral => push!(literal!(operand_b(word))),
                            Op::PushLiteralVariable => {
                                let association = literal!(operand_b(word));
                                push!(self.association_value(association));
                            }
                            Op::PushRemote => {
                                let vector = slot!(operand_b(word));
                                push!(self.checked_field(vector, operand_a(word)));
                            }
                            Op::PushConstant => push!(Oop::from_small_int(operand_b(word) as i64)),
                            Op::PushCharacter => push!(Oop::from_character(operand_b(word) as u32)),
                            Op::PushTrue => push!(true_),
                            Op::PushFalse => push!(false_),
                            Op::PushNil => push!(nil),
                            Op::PushThisContext => {
                                save!();
                                let ctx = self.marry(self.fp)?;
                                push!(ctx);
                            }
                            Op::PushThisProcess => push!(self.active_process()),
                            Op::Duplicate => push!(top!(0)),
                            Op::Pop => drop_values!(1),
                            Op::Nop => {}
                            Op::StoreTemp | Op::StoreErrorCode => set_slot!(operand_b(word), top!(0)),
                            Op::PopTemp => {
                                set_slot!(operand_b(word), top!(0));
                                drop_values!(1);
                            }
                            Op::StoreField => store_field!(operand_b(word), top!(0)),
                            Op::PopField => {
                                let value = top!(0);
                                drop_values!(1);
                                store_field!(operand_b(word), value);
                            }
                            Op::StoreFieldOfContext | Op::PopFieldOfContext => {
                                let value = top!(0);
                                if op == Op::PopFieldOfContext {
                                    drop_values!(1);
                                }
                                let receiver = slot!(frame::RECEIVER);
                                slowly!(self.set_field_of_receiver(receiver, operand_b(word) as usize, value));
                            }
                            Op::StoreLiteralVariable | Op::PopLiteralVariable => {
                                let value = top!(0);
                                if op == Op::PopLiteralVariable {
                                    drop_values!(1);
                                }
                                let association = literal!(operand_b(word));
                                slowly!(self.set_association_value(association, value));
                            }
                            Op::StoreRemote => {
                                let vector = slot!(operand_b(word));
                                self.set_checked_field(vector, operand_a(word), top!(0));
                            }
                            Op::PopRemote => {
                                let vector = slot!(operand_b(word));
                                self.set_checked_field(vector, operand_a(word), top!(0));
                                drop_values!(1);
                            }
                            Op::NewArray => {
                                let size = operand_a(word);
                                let array = self.heap.alloc_pointers(CLASS_INDEX_ARRAY, Format::INDEXABLE, size);
                                push!(array.map_err(|_| self.out_of_memory(8 * size as u64))?);
                            }
                            Op::NewArrayPop => {
                                save!();
                                let array = self.pop_array(operand_a(word))?;
                                load!();
                                push!(array);
                            }
                            Op::PushClosure => {
                                save!();
                                let start_pc = following!(0) as i64;
                                let closure = self.make_closure(start_pc, operand_a(word), operand_c(word))?;
                                load!();
                                push!(closure);
                                skip!(operand_b(word) - 1);
                            }
                            Op::PushFullClosure => {
                                save!();
                                let block = literal!(operand_b(word));
                                let closure = self.make_full_closure(block, operand_a(word), operand_c(word))?;
                                load!();
                                push!(closure);
                            }
                            Op::Jump => skip!(operand_b(word) - 1),
                            Op::JumpBack => {
                                skip!(operand_b(word) - 1);
                                poll!();
                            }
                            Op::JumpTrue | Op::JumpFalse => {
                                let condition = top!(0);
                                let (taken, other) = if op == Op::JumpTrue { (true_, false_) } else { (false_, true_) };
                                drop_values!(1);
                                if condition == taken {
                                    skip!(operand_b(word) - 1);
                                } else if condition != other {
                                    push!(condition);
                                    slowly!(self.must_be_boolean(operand_c(word)));
                                    leave_if_asked!();
                                }
                            }
                            Op::TestAgain => skip!(operand_b(word) - 1),
                            Op::Send => send_word!(word),
                            Op::SendSpecial | Op::Divide | Op::MakePoint => {
                                if op == Op::Divide {
                                    let (b, a) = (top!(0), top!(1));
                                    if Oop::both_small_ints(a, b)
                                        && b != Oop::ZERO
                                        && a.small_int() % b.small_int() == 0
                                        && let Some(value) = Oop::try_from_small_int(a.small_int() / b.small_int())
                                    {
                                        drop_values!(1);
                                        set_top!(value);
                                        skip!(SEND_WORDS as isize - 1);
                                        continue 'next;
                                    }
                                }
                                send_word!(word)
                            }
                            Op::SendSuper => {
                                let args = operand_a(word);
                                // SAFETY: a send is followed by the two words of its cache. A super send's target is the same for every
                                // receiver but a context, for which there is code of its own.
                                let (seen, mut code) = unsafe { (*ip, *ip.add(1) as usize as *const Code) };
                                let cache = ip.cast_mut();
                                skip!(SEND_WORDS as isize - 1);
                                save!();
                                let selector = literal!(operand_b(word));
                                if WATCHED {
                                    self.watch_send(selector, args, seen != 0);
                                }
                                let mut found_args = args;
                                if seen == 0 {
                                    let target = self.find_super(slot!(frame::METHOD), selector, args)?;
                                    (code, found_args) = (target.code, target.args);
                                    load!();
                                    if target.is_method && !self.is_context(top!(args)) {
                                        // SAFETY: as above.
                                        unsafe {
                                            *cache = 1;
                                            *cache.add(1) = code as usize as u64;
                                        }
                                    }
                                }
                                break 'invoke (code, found_args);
                            }
                            Op::SendDirectedSuper => {
                                skip!(SEND_WORDS as isize - 1);
                                let class = top!(0);
                                drop_values!(1);
                                save!();
                                let (selector, args) = (literal!(operand_b(word)), operand_a(word));
                                if WATCHED {
                                    self.watch_send(selector, args, false);
                                }
                                let target = self.find_super_of(class, selector, args)?;
                                load!();
                                break 'invoke (target.code, target.args);
                            }
                            Op::Add => arithmetic!(
                                |a, b| {
                                    let (sum, overflow) = (a.bits() as i64).overflowing_add(b.bits() as i64 - 1);
                                    (!overflow).then_some(Oop(sum as u64))
                                },
                                Some(|a, b| a + b)
                            ),
                            Op::Subtract => arithmetic!(
                                |a, b| {
                                    let (difference, overflow) = (a.bits() as i64).overflowing_sub(b.bits() as i64 - 1);
                                    (!overflow).then_some(Oop(difference as u64))
                                },
                                Some(|a, b| a - b)
                            ),
                            Op::Multiply => arithmetic!(
                                |a, b| {
                                    let (product, overflow) = a.small_int().overflowing_mul(b.bits() as i64 - 1);
                                    (!overflow).then_some(Oop(product as u64 + 1))
                                },
                                Some(|a, b| a * b)
                            ),
                            Op::Modulo => arithmetic!(
                                |a, b| {
                                    let (a, b) = (a.small_int(), b.small_int());
                                    (b != 0).then(|| {
                                        let r = a.wrapping_rem(b);
                                        Oop::from_small_int(if r != 0 && (r < 0) != (b < 0) { r + b } else { r })
                                    })
                                },
                                None
                            ),
                            Op::IntegerDivide => arithmetic!(
                                |a, b| {
                                    let (a, b) = (a.small_int(), b.small_int());
                                    if b == 0 {
                                        None
                                    } else {
                                        let (q, r) = (a / b, a % b);
                                        Oop::try_from_small_int(if r != 0 && (r < 0) != (b < 0) { q - 1 } else { q })
                                    }
                                },
                                None
                            ),
                            Op::BitAnd => arithmetic!(|a, b| Some(Oop(a.bits() & b.bits())), None),
                            Op::BitOr => arithmetic!(|a, b| Some(Oop(a.bits() | b.bits())), None),
                            Op::BitShift => arithmetic!(
                                |a, b| {
                                    let (value, by) = (a.small_int(), b.small_int());
                                    if by < 0 {
                                        Some(Oop::from_small_int(value >> by.unsigned_abs().min(63)))
                                    } else if value >= 0 && by <= 60 && value <= Oop::MAX_SMALL_INTEGER >> by {
                                        Some(Oop::from_small_int(value << by))
                                    } else {
                                        None
                                    }
                                },
                                None
                            ),
                            Op::Less => compare!(<),
                            Op::Greater => compare!(>),
                            Op::LessEqual => compare!(<=),
                            Op::GreaterEqual => compare!(>=),
                            Op::Equal => compare!(==),
                            Op::NotEqual => compare!(!=),
                            Op::LessJumpFalse => compare_jump!(<),
                            Op::GreaterJumpFalse => compare_jump!(>),
                            Op::LessEqualJumpFalse => compare_jump!(<=),
                            Op::GreaterEqualJumpFalse => compare_jump!(>=),
                            Op::EqualJumpFalse => compare_jump!(==),
                            Op::Identical | Op::NotIdentical => {
                                let same = self.identical(top!(0), top!(1));
                                drop_values!(1);
                                set_top!(if same == (op == Op::Identical) { true_ } else { false_ });
                                skip!(SEND_WORDS as isize - 1);
                            }
                            Op::IdenticalJumpFalse | Op::IdenticalJumpTrue => {
                                let same = self.identical(top!(0), top!(1));
                                drop_values!(2);
                                if same == (op == Op::IdenticalJumpFalse) {
                                    skip!(SEND_WORDS as isize);
                                } else {
                                    skip!(SEND_WORDS as isize - 1);
                                    jump_words!(ip, following!(0));
                                }
                            }
                            Op::Class => {
                                if self.special_selector(operand_b(word) as usize) == nil {
                                    return Err(self.no_selector(operand_b(word)));
                                }
                                send_word!(word)
                            }
                            Op::At => at!(word),
                            Op::TempAt => {
                                push!(slot!(operand_b(word)));
                                let send = following!(0);
                                skip!(1);
                                at!(send)
                            }
                            Op::AtPut => at_put!(word),
                            Op::TempAtPut => {
                                push!(slot!(operand_b(word)));
                                let send = following!(0);
                                skip!(1);
                                at_put!(send)
                            }
                            Op::Size | Op::Value | Op::Value1 => send_word!(word),
                            Op::ReturnTop | Op::BlockReturnTop => break 'give top!(0),
                            Op::ReturnReceiver => break 'give slot!(frame::RECEIVER),
                            Op::ReturnTrue => break 'give true_,
                            Op::ReturnFalse => break 'give false_,
                            Op::ReturnNil | Op::BlockReturnNil => break 'give nil,
                            Op::HomeReturnTop => home_return!(top!(0)),
                            Op::HomeReturnReceiver => home_return!(slot!(frame::RECEIVER)),
                            Op::HomeReturnTrue => home_return!(true_),
                            Op::HomeReturnFalse => home_return!(false_),
                            Op::HomeReturnNil => home_return!(nil),
                            Op::Unused => {
                                skip!(-1);
                                slowly!(self.unused_bytecode(operand_a(word)));
                                leave_if_asked!();
                            }
                            Op::End => {
                                save!();
                                return Err(VmError::Corrupt(format!(
                                    "{} runs past its end",
                                    self.method_name(slot!(frame::METHOD))
                                )));
                            }
                        }
                        continue 'next;
                    };

                    // Return `value` from the active frame.
                    let caller = slot!(frame::CALLER_FP);
                    if caller.bits() == 0 {
                        // The frame shall see the same instruction again if it cannot return; a return is one word.
                        skip!(-1);
                        slowly!(self.return_from_base(value));
                        leave_if_asked!();
                        continue 'next;
                    }
                    let ctx = slot!(frame::CONTEXT);
                    if ctx != nil {
                        self.widow(ctx);
                    }
                    let args = (slot!(frame::FLAGS).bits() & 0xFF) as usize;
                    ip = slot!(frame::CALLER_IP).bits() as usize as *const u64;
                    // SAFETY: receiver and arguments lie above the frame's fixed words.
                    sp = unsafe { fp.add(2 + args) };
                    fp = caller.bits() as usize as *mut Oop;
                    set_top!(value);
                    continue 'next;
                };

                // The send of `word`, at whose inline cache ip is: receiver and arguments are on the stack.
                let args = operand_a(word);
                let receiver = top!(args);
                let class = self.heap.class_index_of(receiver) as u64;
                // SAFETY: a send is followed by the two words of its cache, which only this loop changes.
                let (cached, code) = unsafe { (*ip, *ip.add(1) as usize as *const Code) };
                let cache = ip;
                skip!(SEND_WORDS as isize - 1);
                if WATCHED {
                    save!();
                    let selector = self.selector_of_send(word);
                    self.watch_send(selector, args, cached == class);
                }
                if cached == class {
                    break 'invoke (code, args);
                }
                save!();
                let selector = self.selector_of_send(word);
                let Target { code, args: found_args, is_method } = self.find_method(selector, args)?;
                load!();
                // SAFETY: find_method answers code of the cache.
                if is_method && receiver == top!(args) && unsafe { &*code }.args as usize == args {
                    // SAFETY: as above; what was sent instead of the message is not remembered.
                    unsafe {
                        *cache.cast_mut() = class;
                        *cache.add(1).cast_mut() = code as usize as u64;
                    }
                }
                (code, found_args)
            };

            // Run `code` with the receiver and `args` arguments on the stack.
            // SAFETY: caches hold code of the code cache, which outlives them.
            let code_ref = unsafe { &*code };
            if code_ref.args as usize != args {
                slowly!(self.invoke(code, args));
                leave_if_asked!();
                continue 'next;
            }
            match code_ref.entry {
                Entry::Frame => {
                    let receiver = top!(args);
                    push!(Oop(ip as usize as u64));
                    push!(Oop(fp as usize as u64));
                    fp = sp;
                    push!(code_ref.method);
                    push!(nil);
                    push!(Oop(code as usize as u64));
                    push!(Oop(args as u64));
                    push!(receiver);
                    for _ in args..code_ref.temps as usize {
                        push!(nil);
                    }
                    ip = code_ref.start();
                    if (sp as usize as u64) < self.limit {
                        slowly!(self.overflow());
                    }
                    poll!();
                }
                Entry::Value(run) => {
                    save!();
                    // SAFETY: receiver and arguments are on the stack, which a value primitive leaves alone.
                    let operands = unsafe { Args::new(sp, args) };
                    match run(self, operands) {
                        Ok(value) => {
                            drop_values!(args);
                            set_top!(value);
                            if WATCHED {
                                self.watch_primitive(code_ref, Ok(()));
                            }
                        }
                        Err(failure) => {
                            slowly!(self.primitive_failed(code, args, failure));
                            leave_if_asked!();
                        }
                    }
                }
                Entry::Named if !WATCHED && let Some(primitive) = self.resolved(code_ref) => {
                    save!();
                    match self.call_plugin(primitive, args) {
                        Ok(value) => {
                            drop_values!(args);
                            set_top!(value);
                        }
                        Err(failure) => {
                            slowly!(self.primitive_failed(code, args, failure));
                            leave_if_asked!();
                        }
                    }
                }
                Entry::Closure if !WATCHED => {
                    let closure = top!(args);
                    if let Some((entry, method, receiver, first)) = self.quick_closure(closure, args) {
                        let (entry_code, entry_ip, copied, temps) = (entry.code, entry.ip, entry.copied as usize, entry.temps);
                        push!(Oop(ip as usize as u64));
                        push!(Oop(fp as usize as u64));
                        fp = sp;
                        push!(method);
                        push!(nil);
                        push!(Oop(entry_code as usize as u64));
                        push!(Oop(args as u64 | frame::IS_BLOCK));
                        push!(receiver);
                        for index in first..first + copied {
                            // SAFETY: quick_closure compared the number of copied values with the closure's size.
                            push!(unsafe { *closure.ptr().add(1 + index) }.into_oop());
                        }
                        for _ in 0..temps {
                            push!(nil);
                        }
                        ip = entry_ip;
                        if (sp as usize as u64) < self.limit {
                            slowly!(self.overflow());
                        }
                        poll!();
                    } else {
                        save!();
                        match self.primitive_closure_value(args) {
                            Ok(()) => {
                                load!();
                            }
                            Err(failure) => {
                                // It may have written frames out and made the active one anew.
                                load!();
                                slowly!(self.primitive_failed(code, args, failure));
                            }
                        }
                        leave_if_asked!();
                    }
                }
                Entry::Control(run) if !WATCHED => {
                    save!();
                    match run(self, args) {
                        Ok(()) => {
                            load!();
                        }
                        Err(failure) => {
                            load!();
                            slowly!(self.primitive_failed(code, args, failure));
                        }
                    }
                    leave_if_asked!();
                }
                Entry::Receiver => {}
                Entry::Field(index) => {
                    let receiver = top!(0);
                    let value = self.checked_field(receiver, index as usize);
                    set_top!(value);
                }
                _ => {
                    slowly!(self.invoke(code, args));
                    leave_if_asked!();
                }
            }
        }
    }

    /// The selector of a send instruction of the active frame.
    fn selector_of_send(&self, word: u64) -> Oop {
        let index = operand_b(word) as usize;
        if word as u8 == Op::Send as u8 {
            let method = self.stack.oop(self.fp, frame::METHOD);
            self.heap.fetch(method, 1 + index)
        } else {
            self.special_selector(index)
        }
    }
}

/// A raw word as an oop.
trait IntoOop {
    fn into_oop(self) -> Oop;
}

impl IntoOop for u64 {
    #[inline(always)]
    fn into_oop(self) -> Oop {
        Oop(self)
    }
}
