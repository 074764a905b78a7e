//! The interpreter's loop.
//!
//! What it relies on, and so why it need not check: words come from [`super::translate`], which verified every operand
//! against its method (literals, temporaries, jumps, depth of the stack); a frame is made only where its page has room for the
//! deepest stack of any method; an object's class index and size are read from its header before a field is.

use super::code::{Code, Entry, Op, SEND_WORDS, operand_a, operand_b, operand_c};
use super::layout::frame;
use super::registers::Registers;
use super::send::Target;
use crate::error::VmError;
use crate::object::{CLASS_INDEX_ARRAY, CLASS_INDEX_MASK, Format, IMMUTABLE_BIT, has_oop};
use crate::oop::Oop;
use crate::small_integer;
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
        let mut r = Registers::of(self);

        // Runs something that may change the registers, or stop the loop.
        macro_rules! slowly {
            ($call:expr) => {{
                r.save(self);
                $call?;
                r = Registers::of(self);
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
            // Goes on in native code, as far as that leads.
            macro_rules! natively {
                ($call:expr) => {{
                    slowly!($call);
                    leave_if_asked!();
                    continue 'next;
                }};
            }
            // Goes on at ip in the native code of the active frame, if it has some: it becomes hot by this.
            macro_rules! warm_up {
                () => {
                    if !WATCHED {
                        let code = r.slot(frame::CODE).bits() as usize as *const Code;
                        if self.warms_up(code) {
                            natively!(self.resume_natively(code));
                        }
                    }
                };
            }

            if WATCHED && self.options.trace_bytecodes {
                r.save(self);
                self.trace_instruction();
            }
            let word = r.fetch();
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
                        // Leaves the result of a send of one argument, or goes on with the send if there is none.
                        macro_rules! answer {
                            ($result:expr) => {{
                                let Some(value) = $result else { send_word!(word) };
                                r.drop_values(1);
                                r.set_top(value);
                                r.skip(SEND_WORDS as isize - 1);
                            }};
                        }
                        macro_rules! arithmetic {
                            ($integers:ident, $floats:expr) => {{
                                let (b, a) = (r.top(0), r.top(1));
                                answer!(small_integer::$integers(a, b).or_else(|| of_floats(a, b, $floats)))
                            }};
                        }
                        macro_rules! integers {
                            ($operation:ident) => {
                                answer!(small_integer::$operation(r.top(1), r.top(0)))
                            };
                        }
                        macro_rules! compare {
                ($op:tt) => {{
                    let (b, a) = (r.top(0), r.top(1));
                    let result = if Oop::both_small_ints(a, b) {
                        (a.bits() as i64) $op (b.bits() as i64)
                    } else if a.is_small_float() && b.is_small_float() {
                        a.small_float() $op b.small_float()
                    } else {
                        send_word!(word)
                    };
                    r.drop_values(1);
                    r.set_top(if result { true_ } else { false_ });
                    r.skip(SEND_WORDS as isize - 1);
                }};
            }
                        // A comparison whose result only decides a jump.
                        macro_rules! compare_jump {
                ($op:tt) => {{
                    let (b, a) = (r.top(0), r.top(1));
                    if !Oop::both_small_ints(a, b) {
                        send_word!(word)
                    }
                    r.drop_values(2);
                    if (a.bits() as i64) $op (b.bits() as i64) {
                        r.skip(SEND_WORDS as isize);
                    } else {
                        r.skip(SEND_WORDS as isize - 1);
                        r.jump();
                    }
                }};
            }
                        macro_rules! push_field {
                            ($index:expr) => {{
                                let receiver = r.slot(frame::RECEIVER);
                                let index = $index as usize;
                                if receiver.is_pointer() && has_oop(self.heap.header(receiver), index) {
                                    // SAFETY: the receiver has more slots than the index.
                                    r.push(Oop(unsafe { *receiver.ptr().add(1 + index) }));
                                } else {
                                    let value = self.checked_field(receiver, index);
                                    r.push(value);
                                }
                            }};
                        }
                        macro_rules! home_return {
                            ($value:expr) => {{
                                let value: Oop = $value;
                                // A return is one word.
                                r.skip(-1);
                                slowly!(self.return_from_home(value));
                                leave_if_asked!();
                                continue 'next;
                            }};
                        }
                        macro_rules! store_field {
                            ($index:expr, $value:expr) => {{
                                let receiver = r.slot(frame::RECEIVER);
                                let (index, value) = ($index as usize, $value);
                                if receiver.is_pointer()
                                    && self.heap.header(receiver) & IMMUTABLE_BIT == 0
                                    && has_oop(self.heap.header(receiver), index)
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
                                let a = r.slot(operand_b(word));
                                let b = constant(r.following(0));
                                if !a.is_small_int() {
                                    r.push(a);
                                } else if (a.bits() as i64) $op (b.bits() as i64) {
                                    r.skip(2 + SEND_WORDS as isize);
                                } else {
                                    r.skip(1 + SEND_WORDS as isize);
                                    r.jump();
                                }
                            }};
                        }
                        // PushTemp, PushTemp, comparison, JumpFalse.
                        macro_rules! temp_temp_jump {
                            ($op:tt) => {{
                                let (a, b) = (r.slot(operand_b(word)), r.slot(operand_b(r.following(0))));
                                if !Oop::both_small_ints(a, b) {
                                    r.push(a);
                                } else if (a.bits() as i64) $op (b.bits() as i64) {
                                    r.skip(2 + SEND_WORDS as isize);
                                } else {
                                    r.skip(1 + SEND_WORDS as isize);
                                    r.jump();
                                }
                            }};
                        }
                        // PushTemp, PushTemp, comparison.
                        macro_rules! temp_temp_compare {
                            ($op:tt) => {{
                                let (a, b) = (r.slot(operand_b(word)), r.slot(operand_b(r.following(0))));
                                if Oop::both_small_ints(a, b) {
                                    r.push(if (a.bits() as i64) $op (b.bits() as i64) { true_ } else { false_ });
                                    r.skip(1 + SEND_WORDS as isize);
                                } else {
                                    r.push(a);
                                }
                            }};
                        }
                        // PushTemp, the push of `$b`, addition or subtraction.
                        macro_rules! of_temp_and {
                            ($b:expr, $operation:ident) => {{
                                let a = r.slot(operand_b(word));
                                if let Some(value) = small_integer::$operation(a, $b) {
                                    r.push(value);
                                    r.skip(1 + SEND_WORDS as isize);
                                } else {
                                    r.push(a);
                                }
                            }};
                        }
                        // The push of `$b`, operation.
                        macro_rules! of_top_and {
                            ($b:expr, $operation:ident) => {{
                                let b = $b;
                                if let Some(value) = small_integer::$operation(r.top(0), b) {
                                    r.set_top(value);
                                    r.skip(SEND_WORDS as isize);
                                } else {
                                    r.push(b);
                                }
                            }};
                        }
                        // Addition or subtraction, PopTemp.
                        macro_rules! pop_temp_of {
                            ($operation:ident) => {{
                                let Some(value) = small_integer::$operation(r.top(1), r.top(0)) else { send_word!(word) };
                                r.drop_values(2);
                                r.skip(SEND_WORDS as isize - 1);
                                r.set_slot(operand_b(r.following(0)), value);
                                r.skip(1);
                            }};
                        }

                        // `at:` of the send `$word`, at whose inline cache ip is.
                        macro_rules! at {
                            ($word:expr) => {{
                                let (index, array) = (r.top(0), r.top(1));
                                let (cached, code) = r.cache();
                                if array.is_pointer()
                                    && index.is_small_int()
                                    && cached == self.heap.header(array) & CLASS_INDEX_MASK
                                {
                                    // SAFETY: a cache that is not empty holds code.
                                    let primitive = unsafe { (*code).primitive };
                                    if let Some(value) = self.fast_at(primitive, array, index.small_int()) {
                                        r.drop_values(1);
                                        r.set_top(value);
                                        r.skip(SEND_WORDS as isize - 1);
                                        continue 'next;
                                    }
                                }
                                send_word!($word)
                            }};
                        }
                        // `at:put:` likewise.
                        macro_rules! at_put {
                            ($word:expr) => {{
                                let (value, index, array) = (r.top(0), r.top(1), r.top(2));
                                let (cached, code) = r.cache();
                                if array.is_pointer()
                                    && index.is_small_int()
                                    && cached == self.heap.header(array) & CLASS_INDEX_MASK
                                {
                                    // SAFETY: a cache that is not empty holds code.
                                    let primitive = unsafe { (*code).primitive };
                                    if self.fast_at_put(primitive, array, index.small_int(), value) {
                                        r.drop_values(2);
                                        r.set_top(value);
                                        r.skip(SEND_WORDS as isize - 1);
                                        continue 'next;
                                    }
                                }
                                send_word!($word)
                            }};
                        }
                        // Adds a constant to a temporary, whose PushTemp is `$temp`; its PushConstant is `$at` words from ip on.
                        macro_rules! increment {
                            ($temp:expr, $at:expr, $otherwise:expr, $then:expr) => {{
                                let a = r.slot(operand_b($temp));
                                if let Some(sum) = small_integer::sum(a, constant(r.following($at))) {
                                    r.set_slot(operand_b(r.following($at + 1 + SEND_WORDS)), sum);
                                    $then;
                                } else {
                                    $otherwise;
                                }
                            }};
                        }
                        // The backward jump `$at` words from ip on.
                        macro_rules! jump_back {
                            ($at:expr) => {{
                                r.skip($at);
                                r.jump();
                                poll!();
                                warm_up!();
                            }};
                        }

                        match op {
                            Op::PushTemp => r.push(r.slot(operand_b(word))),
                            Op::TempTemp => {
                                r.push(r.slot(operand_b(word)));
                                r.push(r.slot(operand_b(r.following(0))));
                                r.skip(1);
                            }
                            Op::TempConstant => {
                                r.push(r.slot(operand_b(word)));
                                r.push(constant(r.following(0)));
                                r.skip(1);
                            }
                            Op::PopPushTemp => {
                                r.set_top(r.slot(operand_b(r.following(0))));
                                r.skip(1);
                            }
                            Op::TempSend => {
                                r.push(r.slot(operand_b(word)));
                                let send = r.following(0);
                                r.skip(1);
                                send_word!(send)
                            }
                            Op::FieldSend => {
                                let receiver = r.slot(frame::RECEIVER);
                                r.push(self.checked_field(receiver, operand_b(word) as usize));
                                let send = r.following(0);
                                r.skip(1);
                                send_word!(send)
                            }
                            Op::TempReturn => break 'give r.slot(operand_b(word)),
                            Op::ConstantReturn => break 'give constant(word),
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
                            Op::TempConstantAdd => of_temp_and!(constant(r.following(0)), sum),
                            Op::TempConstantSubtract => of_temp_and!(constant(r.following(0)), difference),
                            Op::TempConstantAddPopTemp => {
                                increment!(word, 0, r.push(r.slot(operand_b(word))), r.skip(2 + SEND_WORDS as isize));
                            }
                            Op::TempConstantAddPopTempJumpBack => {
                                increment!(word, 0, r.push(r.slot(operand_b(word))), jump_back!(2 + SEND_WORDS as isize));
                            }
                            Op::PopTempConstantAddPopTemp => {
                                r.drop_values(1);
                                increment!(r.following(0), 1, {}, r.skip(3 + SEND_WORDS as isize));
                            }
                            Op::PopTempConstantAddPopTempJumpBack => {
                                r.drop_values(1);
                                increment!(r.following(0), 1, {}, jump_back!(3 + SEND_WORDS as isize));
                            }
                            Op::PopJumpBack => {
                                r.drop_values(1);
                                jump_back!(0);
                            }
                            Op::TempField => {
                                r.push(r.slot(operand_b(word)));
                                push_field!(operand_b(r.following(0)));
                                r.skip(1);
                            }
                            Op::FieldTemp => {
                                push_field!(operand_b(word));
                                r.push(r.slot(operand_b(r.following(0))));
                                r.skip(1);
                            }
                            Op::TempPopTemp => {
                                r.set_slot(operand_b(r.following(0)), r.slot(operand_b(word)));
                                r.skip(1);
                            }
                            Op::TempTempAdd => of_temp_and!(r.slot(operand_b(r.following(0))), sum),
                            Op::TempAdd => of_top_and!(r.slot(operand_b(word)), sum),
                            Op::ConstantAdd => of_top_and!(constant(word), sum),
                            Op::ConstantSubtract => of_top_and!(constant(word), difference),
                            Op::ConstantBitAnd => of_top_and!(constant(word), and),
                            Op::AddPopTemp => pop_temp_of!(sum),
                            Op::SubtractPopTemp => pop_temp_of!(difference),
                            Op::PushField => push_field!(operand_b(word)),
                            Op::PushFieldOfContext => {
                                r.save(self);
                                let value = self.field_of_receiver(r.slot(frame::RECEIVER), operand_b(word) as usize)?;
                                r.push(value);
                            }
                            Op::PushLiteral => r.push(r.literal(operand_b(word))),
                            Op::PushLiteralVariable => {
                                let association = r.literal(operand_b(word));
                                r.push(self.association_value(association));
                            }
                            Op::PushRemote => {
                                let vector = r.slot(operand_b(word));
                                r.push(self.checked_field(vector, operand_a(word)));
                            }
                            Op::PushConstant => r.push(constant(word)),
                            Op::PushCharacter => r.push(Oop::from_character(operand_b(word) as u32)),
                            Op::PushTrue => r.push(true_),
                            Op::PushFalse => r.push(false_),
                            Op::PushNil => r.push(nil),
                            Op::PushThisContext => {
                                r.save(self);
                                let ctx = self.marry(self.fp)?;
                                r.push(ctx);
                            }
                            Op::PushThisProcess => r.push(self.active_process()),
                            Op::Duplicate => r.push(r.top(0)),
                            Op::Pop => r.drop_values(1),
                            Op::Nop => {}
                            Op::StoreTemp | Op::StoreErrorCode => r.set_slot(operand_b(word), r.top(0)),
                            Op::PopTemp => {
                                r.set_slot(operand_b(word), r.top(0));
                                r.drop_values(1);
                            }
                            Op::StoreField => store_field!(operand_b(word), r.top(0)),
                            Op::PopField => {
                                let value = r.top(0);
                                r.drop_values(1);
                                store_field!(operand_b(word), value);
                            }
                            Op::StoreFieldOfContext | Op::PopFieldOfContext => {
                                let value = r.top(0);
                                if op == Op::PopFieldOfContext {
                                    r.drop_values(1);
                                }
                                let receiver = r.slot(frame::RECEIVER);
                                slowly!(self.set_field_of_receiver(receiver, operand_b(word) as usize, value));
                            }
                            Op::StoreLiteralVariable | Op::PopLiteralVariable => {
                                let value = r.top(0);
                                if op == Op::PopLiteralVariable {
                                    r.drop_values(1);
                                }
                                let association = r.literal(operand_b(word));
                                slowly!(self.set_association_value(association, value));
                            }
                            Op::StoreRemote => {
                                let vector = r.slot(operand_b(word));
                                self.set_checked_field(vector, operand_a(word), r.top(0));
                            }
                            Op::PopRemote => {
                                let vector = r.slot(operand_b(word));
                                self.set_checked_field(vector, operand_a(word), r.top(0));
                                r.drop_values(1);
                            }
                            Op::NewArray => {
                                let size = operand_a(word);
                                let array = self.heap.alloc_pointers(CLASS_INDEX_ARRAY, Format::INDEXABLE, size);
                                r.push(array.map_err(|_| self.out_of_memory(8 * size as u64))?);
                            }
                            Op::NewArrayPop => {
                                r.save(self);
                                let array = self.pop_array(operand_a(word))?;
                                r = Registers::of(self);
                                r.push(array);
                            }
                            Op::PushClosure => {
                                r.save(self);
                                let start_pc = r.following(0) as i64;
                                let closure = self.make_closure(start_pc, operand_a(word), operand_c(word))?;
                                r = Registers::of(self);
                                r.push(closure);
                                r.skip(operand_b(word) - 1);
                            }
                            Op::PushFullClosure => {
                                r.save(self);
                                let block = r.literal(operand_b(word));
                                let closure = self.make_full_closure(block, operand_a(word), operand_c(word))?;
                                r = Registers::of(self);
                                r.push(closure);
                            }
                            Op::Jump => r.skip(operand_b(word) - 1),
                            Op::JumpBack => {
                                r.skip(operand_b(word) - 1);
                                poll!();
                                warm_up!();
                            }
                            Op::JumpTrue | Op::JumpFalse => {
                                let condition = r.top(0);
                                let (taken, other) = if op == Op::JumpTrue { (true_, false_) } else { (false_, true_) };
                                r.drop_values(1);
                                if condition == taken {
                                    r.skip(operand_b(word) - 1);
                                } else if condition != other {
                                    r.push(condition);
                                    slowly!(self.must_be_boolean(operand_c(word)));
                                    leave_if_asked!();
                                }
                            }
                            Op::TestAgain => r.skip(operand_b(word) - 1),
                            Op::Send => send_word!(word),
                            Op::SendSpecial | Op::MakePoint => send_word!(word),
                            Op::SendSuper => {
                                let args = operand_a(word);
                                // A super send's target is the same for every receiver but a context, for which there is code of its own.
                                let (seen, mut code) = r.cache();
                                let cache = r.ip;
                                r.skip(SEND_WORDS as isize - 1);
                                r.save(self);
                                let selector = r.literal(operand_b(word));
                                if WATCHED {
                                    self.watch_send(selector, args, seen != 0);
                                }
                                let mut found_args = args;
                                if seen == 0 {
                                    let target = self.find_super(r.slot(frame::METHOD), selector, args)?;
                                    (code, found_args) = (target.code, target.args);
                                    r = Registers::of(self);
                                    if target.is_method && !self.is_context(r.top(args)) {
                                        fill_cache(cache, 1, code);
                                    }
                                }
                                break 'invoke (code, found_args);
                            }
                            Op::SendDirectedSuper => {
                                r.skip(SEND_WORDS as isize - 1);
                                let class = r.top(0);
                                r.drop_values(1);
                                r.save(self);
                                let (selector, args) = (r.literal(operand_b(word)), operand_a(word));
                                if WATCHED {
                                    self.watch_send(selector, args, false);
                                }
                                let target = self.find_super_of(class, selector, args)?;
                                r = Registers::of(self);
                                break 'invoke (target.code, target.args);
                            }
                            Op::Add => arithmetic!(sum, |a, b| a + b),
                            Op::Subtract => arithmetic!(difference, |a, b| a - b),
                            Op::Multiply => arithmetic!(product, |a, b| a * b),
                            Op::Divide => integers!(exact_quotient),
                            Op::Modulo => integers!(floor_remainder),
                            Op::IntegerDivide => integers!(floor_quotient),
                            Op::BitAnd => integers!(and),
                            Op::BitOr => integers!(or),
                            Op::BitShift => integers!(shifted),
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
                                let same = self.identical(r.top(0), r.top(1));
                                r.drop_values(1);
                                r.set_top(if same == (op == Op::Identical) { true_ } else { false_ });
                                r.skip(SEND_WORDS as isize - 1);
                            }
                            Op::IdenticalJumpFalse | Op::IdenticalJumpTrue => {
                                let same = self.identical(r.top(0), r.top(1));
                                r.drop_values(2);
                                if same == (op == Op::IdenticalJumpFalse) {
                                    r.skip(SEND_WORDS as isize);
                                } else {
                                    r.skip(SEND_WORDS as isize - 1);
                                    r.jump();
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
                                r.push(r.slot(operand_b(word)));
                                let send = r.following(0);
                                r.skip(1);
                                at!(send)
                            }
                            Op::AtPut => at_put!(word),
                            Op::TempAtPut => {
                                r.push(r.slot(operand_b(word)));
                                let send = r.following(0);
                                r.skip(1);
                                at_put!(send)
                            }
                            Op::Size | Op::Value | Op::Value1 => send_word!(word),
                            Op::ReturnTop | Op::BlockReturnTop => break 'give r.top(0),
                            Op::ReturnReceiver => break 'give r.slot(frame::RECEIVER),
                            Op::ReturnTrue => break 'give true_,
                            Op::ReturnFalse => break 'give false_,
                            Op::ReturnNil | Op::BlockReturnNil => break 'give nil,
                            Op::HomeReturnTop => home_return!(r.top(0)),
                            Op::HomeReturnReceiver => home_return!(r.slot(frame::RECEIVER)),
                            Op::HomeReturnTrue => home_return!(true_),
                            Op::HomeReturnFalse => home_return!(false_),
                            Op::HomeReturnNil => home_return!(nil),
                            Op::Unused => {
                                r.skip(-1);
                                slowly!(self.unused_bytecode(operand_a(word)));
                                leave_if_asked!();
                            }
                            Op::End => {
                                r.save(self);
                                return Err(VmError::Corrupt(format!(
                                    "{} runs past its end",
                                    self.method_name(r.slot(frame::METHOD))
                                )));
                            }
                        }
                        continue 'next;
                    };

                    // Return `value` from the active frame.
                    let caller = r.slot(frame::CALLER_FP);
                    if caller.bits() == 0 {
                        // The frame shall see the same instruction again if it cannot return; a return is one word.
                        r.skip(-1);
                        slowly!(self.return_from_base(value));
                        leave_if_asked!();
                        continue 'next;
                    }
                    let ctx = r.slot(frame::CONTEXT);
                    if ctx != nil {
                        self.widow(ctx);
                    }
                    r.leave(value);
                    if !WATCHED {
                        let code = r.slot(frame::CODE).bits() as usize as *const Code;
                        // SAFETY: a frame has the address of its code.
                        if unsafe { &*code }.native.is_compiled() {
                            natively!(self.resume_natively(code));
                        }
                    }
                    continue 'next;
                };

                // The send of `word`, at whose inline cache ip is: receiver and arguments are on the stack.
                let args = operand_a(word);
                let receiver = r.top(args);
                let class = self.heap.class_index_of(receiver) as u64;
                let (cached, code) = r.cache();
                let cache = r.ip;
                r.skip(SEND_WORDS as isize - 1);
                if WATCHED {
                    r.save(self);
                    let selector = self.selector_of_send(word);
                    self.watch_send(selector, args, cached == class);
                }
                if cached == class {
                    break 'invoke (code, args);
                }
                r.save(self);
                let selector = self.selector_of_send(word);
                let Target { code, args: found_args, is_method } = self.find_method(selector, args)?;
                r = Registers::of(self);
                // SAFETY: find_method answers code of the cache.
                if is_method && receiver == r.top(args) && unsafe { &*code }.args as usize == args {
                    // What was sent instead of the message is not remembered.
                    fill_cache(cache, class, code);
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
                Entry::Frame if !WATCHED && self.warms_up(code) => natively!(self.call_natively(code)),
                Entry::Frame => {
                    let receiver = r.top(args);
                    r.enter(code_ref.start(), code_ref.method, nil, code, args as u64, receiver);
                    for _ in args..code_ref.temps as usize {
                        r.push(nil);
                    }
                    if (r.sp as usize as u64) < self.limit {
                        slowly!(self.overflow());
                    }
                    poll!();
                }
                Entry::Value(run) => {
                    r.save(self);
                    // SAFETY: receiver and arguments are on the stack, which a value primitive leaves alone.
                    let operands = unsafe { Args::new(r.sp, args) };
                    match run(self, operands) {
                        Ok(value) => {
                            r.drop_values(args);
                            r.set_top(value);
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
                    r.save(self);
                    match self.call_plugin(primitive, args) {
                        Ok(value) => {
                            r.drop_values(args);
                            r.set_top(value);
                        }
                        Err(failure) => {
                            slowly!(self.primitive_failed(code, args, failure));
                            leave_if_asked!();
                        }
                    }
                }
                Entry::Closure if !WATCHED => {
                    let closure = r.top(args);
                    if let Some((entry, method, receiver, first)) = self.quick_closure(closure, args) {
                        let (copied, temps) = (entry.copied as usize, entry.temps);
                        r.enter(entry.ip, method, nil, entry.code, args as u64 | frame::IS_BLOCK, receiver);
                        for index in first..first + copied {
                            // SAFETY: quick_closure compared the number of copied values with the closure's size.
                            r.push(Oop(unsafe { *closure.ptr().add(1 + index) }));
                        }
                        for _ in 0..temps {
                            r.push(nil);
                        }
                        if (r.sp as usize as u64) < self.limit {
                            slowly!(self.overflow());
                        }
                        poll!();
                        warm_up!();
                    } else {
                        r.save(self);
                        match self.primitive_closure_value(args) {
                            Ok(()) => {
                                r = Registers::of(self);
                            }
                            Err(failure) => {
                                // It may have written frames out and made the active one anew.
                                r = Registers::of(self);
                                slowly!(self.primitive_failed(code, args, failure));
                            }
                        }
                        leave_if_asked!();
                    }
                }
                Entry::Control(run) if !WATCHED => {
                    r.save(self);
                    match run(self, args) {
                        Ok(()) => {
                            r = Registers::of(self);
                        }
                        Err(failure) => {
                            r = Registers::of(self);
                            slowly!(self.primitive_failed(code, args, failure));
                        }
                    }
                    leave_if_asked!();
                }
                Entry::Receiver => {}
                Entry::Field(index) => {
                    let receiver = r.top(0);
                    let value = self.checked_field(receiver, index as usize);
                    r.set_top(value);
                }
                _ => {
                    slowly!(self.invoke(code, args));
                    leave_if_asked!();
                }
            }
        }
    }

    /// The selector of a send instruction of the active frame.
    pub(super) fn selector_of_send(&self, word: u64) -> Oop {
        let index = operand_b(word) as usize;
        if word as u8 == Op::Send as u8 {
            let method = self.stack.oop(self.fp, frame::METHOD);
            self.heap.fetch(method, 1 + index)
        } else {
            self.special_selector(index)
        }
    }
}

/// Remembers what a send runs for receivers of a class.
#[inline(always)]
pub(super) fn fill_cache(cache: *const u64, class: u64, code: *const Code) {
    // SAFETY: it is the cache of a send, which only the loop changes.
    unsafe {
        *cache.cast_mut() = class;
        *cache.add(1).cast_mut() = code as usize as u64;
    }
}

/// The SmallInteger that an instruction pushes.
#[inline(always)]
fn constant(word: u64) -> Oop {
    Oop::from_small_int(operand_b(word) as i64)
}

/// What an operation makes of two SmallFloats, if that is one.
#[inline(always)]
fn of_floats(a: Oop, b: Oop, operation: fn(f64, f64) -> f64) -> Option<Oop> {
    if !a.is_small_float() || !b.is_small_float() {
        return None;
    }
    Oop::try_from_float(operation(a.small_float(), b.small_float()))
}
