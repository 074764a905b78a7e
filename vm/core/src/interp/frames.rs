//! Frames and the contexts that stand for them.
//!
//! A context is made for a frame when something asks for one. From then on frame and context are the same thing: the context's
//! sender field holds the frame's number (a SmallInteger) and the frame refers to the context. When the frame returns, the
//! context is left dead (sender and pc nil). When a page is needed for other frames, or a context of a live frame is changed,
//! the page's frames are written out to contexts and come back to a page when control returns to them.

use super::code::Code;
use super::layout::{closure, context, frame};
use super::translate::LARGE_CONTEXT;
use crate::error::VmError;
use crate::object::{CLASS_INDEX_CONTEXT, Format};
use crate::oop::Oop;
use crate::vm::Vm;

/// An activation as a walk along senders finds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Activation {
    /// A frame, by its frame pointer.
    Frame(u64),
    /// A context without a frame.
    Context(Oop),
}

impl Vm {
    /// True for a Context.
    pub(crate) fn is_context(&self, oop: Oop) -> bool {
        oop.is_pointer() && self.heap.class_index(oop) == CLASS_INDEX_CONTEXT && self.heap.num_slots(oop) > context::RECEIVER
    }

    /// The frame of a context, if it has one.
    pub(crate) fn frame_of_context(&self, ctx: Oop) -> Option<u64> {
        self.heap.fetch(ctx, context::SENDER).as_small_int().and_then(|n| self.stack.frame_of(n))
    }

    /// The code of a frame.
    pub(crate) fn code_of_frame(&self, fp: u64) -> &Code {
        let code = self.stack.at(fp, frame::CODE) as usize as *const Code;
        // SAFETY: a frame's code word is set when the frame is made, and code is not dropped while a frame uses it.
        unsafe { &*code }
    }

    /// Writes the registers of the active frame to its page.
    pub(crate) fn sync_page(&mut self) {
        let page = &mut self.stack.pages[self.page];
        (page.fp, page.sp, page.ip) = (self.fp, self.sp, self.ip);
    }

    /// Makes `page` the active one, taking the registers from it.
    pub(crate) fn activate_page(&mut self, page: usize) {
        let p = self.stack.pages[page];
        (self.fp, self.sp, self.ip, self.limit, self.page) = (p.fp, p.sp, p.ip, p.limit, page);
        self.stack.touch(page);
    }

    /// The context of a frame, made now if there was none.
    pub(crate) fn marry(&mut self, fp: u64) -> Result<Oop, VmError> {
        let existing = self.stack.oop(fp, frame::CONTEXT);
        if existing != self.heap.nil() {
            return Ok(existing);
        }
        let slots = self.code_of_frame(fp).context_slots as usize;
        let ctx = self
            .heap
            .alloc_pointers(CLASS_INDEX_CONTEXT, Format::INDEXABLE_FIXED, context::FIRST_TEMP + slots)
            .map_err(|_| self.out_of_memory((slots as u64 + 8) * 8))?;
        let args = self.stack.args(fp);
        let closure = if self.stack.is_block(fp) { self.stack.oop(fp, 2 + args as isize) } else { self.heap.nil() };
        let number = Oop::from_small_int(self.stack.frame_number(fp));
        self.heap.store_word(ctx, context::SENDER, number.bits());
        self.heap.store(ctx, context::STACKP, Oop::from_small_int(args as i64));
        self.heap.store(ctx, context::METHOD, self.stack.oop(fp, frame::METHOD));
        self.heap.store(ctx, context::CLOSURE, closure);
        self.heap.store(ctx, context::RECEIVER, self.stack.oop(fp, frame::RECEIVER));
        for i in 0..args.min(slots) {
            let arg = self.stack.oop(fp, 1 + (args - i) as isize);
            self.heap.store(ctx, context::FIRST_TEMP + i, arg);
        }
        self.stack.put(fp, frame::CONTEXT, ctx.bits());
        Ok(ctx)
    }

    /// The error that memory ran out.
    pub(crate) fn out_of_memory(&self, requested: u64) -> VmError {
        VmError::OutOfMemory { requested, limit: self.heap.limit_bytes() }
    }

    /// Frames of a page from the newest on, each with its stack pointer and instruction pointer.
    fn frames_of_page(&self, page: usize) -> Vec<(u64, u64, u64)> {
        let p = self.stack.pages[page];
        let mut frames = vec![(p.fp, p.sp, p.ip)];
        let mut fp = p.fp;
        loop {
            let caller = self.stack.caller(fp);
            if caller == 0 {
                return frames;
            }
            let sp = fp + 8 * (3 + self.stack.args(fp) as u64);
            frames.push((caller, sp, self.stack.at(fp, frame::CALLER_IP)));
            fp = caller;
        }
    }

    /// Writes all frames of a page out to contexts and frees it; answers the context of its newest frame. The registers must
    /// have been written to the page if it is the active one.
    pub(crate) fn divorce_page(&mut self, page: usize) -> Result<Oop, VmError> {
        let frames = self.frames_of_page(page);
        let mut sender = self.stack.oop(frames[frames.len() - 1].0, frame::CALLER_IP);
        for &(fp, sp, ip) in frames.iter().rev() {
            let ctx = self.context_with_room(fp, sp)?;
            self.write_state(ctx, fp, sp, ip);
            self.heap.store(ctx, context::SENDER, sender);
            sender = ctx;
        }
        self.stack.pages[page].fp = 0;
        Ok(sender)
    }

    /// The context of a frame, checked to have room for all of it.
    fn context_with_room(&mut self, fp: u64, sp: u64) -> Result<Oop, VmError> {
        let ctx = self.marry(fp)?;
        let used = self.stack.args(fp) + self.values_of_frame(fp, sp);
        if context::FIRST_TEMP + used > self.heap.num_slots(ctx) {
            let method = self.method_name(self.stack.oop(fp, frame::METHOD));
            return Err(VmError::Corrupt(format!("{method} uses {used} stack slots, more than its frame has")));
        }
        Ok(ctx)
    }

    /// Number of temporaries and operands of a frame, arguments left out.
    pub(crate) fn values_of_frame(&self, fp: u64, sp: u64) -> usize {
        let first = fp.wrapping_add_signed(8 * frame::FIRST_TEMP as i64);
        ((first + 8 - sp) / 8) as usize
    }

    /// Writes pc, stack pointer, temporaries and operands of a frame to its context.
    fn write_state(&mut self, ctx: Oop, fp: u64, sp: u64, ip: u64) {
        let pc = self.code_of_frame(fp).pc_of(ip as usize as *const u64);
        let args = self.stack.args(fp);
        let values = self.values_of_frame(fp, sp);
        self.heap.store(ctx, context::PC, Oop::from_small_int(pc as i64));
        self.heap.store(ctx, context::STACKP, Oop::from_small_int((args + values) as i64));
        for i in 0..args {
            let arg = self.stack.oop(fp, 1 + (args - i) as isize);
            self.heap.store(ctx, context::FIRST_TEMP + i, arg);
        }
        for i in 0..values {
            let value = self.stack.oop(fp, frame::FIRST_TEMP - i as isize);
            self.heap.store(ctx, context::FIRST_TEMP + args + i, value);
        }
    }

    /// Writes every frame of every page out to contexts. Answers the active context; no page is active afterwards.
    pub(crate) fn flush_stack(&mut self) -> Result<Oop, VmError> {
        self.sync_page();
        let mut active = self.heap.nil();
        for page in 0..self.stack.pages.len() {
            if self.stack.pages[page].fp != 0 {
                let top = self.divorce_page(page)?;
                if page == self.page {
                    active = top;
                }
            }
        }
        Ok(active)
    }

    /// Writes the pages except the active one out to contexts, so that unreachable processes can be collected. While memory is short
    /// they stay as they are: a collection must not need what it is to bring, and new space must find room in old.
    pub(crate) fn flush_other_pages(&mut self) -> Result<(), VmError> {
        for page in 0..self.stack.pages.len() {
            if page != self.page
                && self.stack.pages[page].fp != 0
                && self.context_bytes(page) + self.heap.new_space_bytes() < self.heap.unused_bytes()
            {
                self.divorce_page(page)?;
            }
        }
        Ok(())
    }

    /// Bytes of the contexts that are made if a page is written out.
    fn context_bytes(&self, page: usize) -> u64 {
        let alone =
            self.frames_of_page(page).into_iter().filter(|frame| self.stack.oop(frame.0, frame::CONTEXT) == self.heap.nil());
        alone.map(|frame| 8 * (1 + context::FIRST_TEMP as u64 + self.code_of_frame(frame.0).context_slots as u64)).sum()
    }

    /// A free page, made free if none is.
    pub(crate) fn take_page(&mut self) -> Result<usize, VmError> {
        match self.stack.free_page(self.page) {
            Ok(page) => Ok(page),
            Err(oldest) => {
                self.counters.stack_pages_flushed += 1;
                self.divorce_page(oldest)?;
                Ok(oldest)
            }
        }
    }

    /// Makes a context the active frame: of its own page if it has a frame that is the newest there, else of a new one. The
    /// registers of the frame that was active must have been written to its page.
    pub(crate) fn resume_context(&mut self, ctx: Oop) -> Result<(), VmError> {
        self.make_active(ctx, None)
    }

    /// Returns `value` to a context: makes it the active frame as [`Vm::resume_context`] does, and pushes the value.
    pub(crate) fn resume_with(&mut self, ctx: Oop, value: Oop) -> Result<(), VmError> {
        self.make_active(ctx, Some(value))?;
        self.push(value);
        self.check_depth();
        Ok(())
    }

    /// Native code relies on the depth of the stack that a method has at each instruction. A context may go on with another one: then its method is
    /// interpreted from now on.
    pub(crate) fn check_depth(&mut self) {
        let code = self.code_of_frame(self.fp);
        let word = (self.ip as usize - code.words.as_ptr() as usize) / 8;
        // Behind the instructions is what jumps go on with for which there is no native code.
        if let Some(shape) = code.shapes.get(word)
            && self.stack.args(self.fp) + self.values_of_frame(self.fp, self.sp) != usize::from(shape.depth)
        {
            self.forget_native(code);
        }
    }

    fn make_active(&mut self, ctx: Oop, returned: Option<Oop>) -> Result<(), VmError> {
        // It may have become something else.
        if !self.is_context(ctx) {
            return Err(VmError::Corrupt(format!("{} is to go on running", self.describe(ctx))));
        }
        if let Some(fp) = self.frame_of_context(ctx) {
            let page = self.stack.page_of(fp);
            if self.stack.pages[page].fp == fp {
                self.activate_page(page);
                return Ok(());
            }
            self.divorce_page(page)?;
        }
        self.make_base_frame(ctx, returned)
    }

    /// True for a closure of so many arguments.
    fn takes(&self, closure: Oop, args: usize) -> bool {
        closure.is_pointer()
            && self.heap.pointer_slots(closure) > closure::ARGS
            && self.heap.fetch(closure, closure::ARGS) == Oop::from_small_int(args as i64)
    }

    /// The first pc of a method, if `pc` is that as an image counts it that was made for words of 32 bits and has their size in its code.
    fn initial_pc_in_long_words(&self, method: Oop, pc: i64) -> Option<u32> {
        let words = self.heap.literal_count(method) as u32 + 1;
        (pc == i64::from(4 * words + 1)).then_some(8 * words + 1)
    }

    /// Makes a frame for a context on a page of its own and activates it. `returned` is the value that will be pushed next: the
    /// context's code waits for it.
    fn make_base_frame(&mut self, ctx: Oop, returned: Option<Oop>) -> Result<(), VmError> {
        let corrupt = |what: &str| VmError::Corrupt(format!("a context {what}"));
        let method = self.heap.fetch_followed(ctx, context::METHOD);
        let closure = self.heap.fetch_followed(ctx, context::CLOSURE);
        let receiver = self.heap.fetch_followed(ctx, context::RECEIVER);
        let is_block = closure != self.heap.nil();
        let code = self.code_for(method, self.is_context(receiver))?;
        // SAFETY: code_for answers the address of code in the cache, which drops none while this function runs.
        let code_ref = unsafe { &*code };
        let pc = self.heap.fetch(ctx, context::PC).as_small_int().unwrap_or(0);
        let word = code_ref
            .word_at(pc.clamp(0, u32::MAX as i64) as u32)
            .or_else(|| code_ref.word_at(self.initial_pc_in_long_words(method, pc)?))
            .ok_or_else(|| corrupt(&format!("has the pc {pc}, where no instruction is")))?;
        let shape = code_ref.shapes[word];
        let args = shape.args as usize;
        if is_block != shape.is_block || (is_block && !self.takes(closure, args)) {
            return Err(corrupt(&format!("has the pc {pc}, which is not in its code")));
        }
        let stackp = self.heap.fetch(ctx, context::STACKP).as_small_int().unwrap_or(-1);
        let least = (shape.depth as usize).saturating_sub(returned.is_some() as usize).max(args);
        let room = (self.heap.num_slots(ctx) - context::FIRST_TEMP).min(LARGE_CONTEXT as usize);
        if stackp < 0 || stackp > room as i64 || least > room {
            return Err(corrupt(&format!("has the stack pointer {stackp}")));
        }
        // Images take the last value off the stack of a context and return it to that context, which need not be one that waits for
        // a value (`Context>>jump`): then it is a temporary that they put back so, and the value that is waited for, too.
        let (stackp, values) = (stackp as usize, (stackp as usize).max(least));
        let missing = returned.unwrap_or(self.heap.nil());
        let value = |vm: &mut Vm, i: usize| if i < stackp { vm.heap.fetch_followed(ctx, context::FIRST_TEMP + i) } else { missing };
        let page = self.take_page()?;
        self.page = page;
        self.limit = self.stack.pages[page].limit;
        self.sp = self.stack.pages[page].top;
        self.push(if is_block { closure } else { receiver });
        for i in 0..args {
            let value = value(self, i);
            self.push(value);
        }
        let sender = self.heap.fetch_followed(ctx, context::SENDER);
        self.push(sender);
        self.push(Oop(0));
        self.fp = self.sp;
        self.push(method);
        self.push(ctx);
        self.push(Oop(code as usize as u64));
        self.push(Oop(args as u64 | if is_block { frame::IS_BLOCK } else { 0 }));
        self.push(receiver);
        for i in args..values {
            let value = value(self, i);
            self.push(value);
        }
        self.ip = code_ref.ip_at(word) as usize as u64;
        let number = Oop::from_small_int(self.stack.frame_number(self.fp));
        self.heap.store_word(ctx, context::SENDER, number.bits());
        self.stack.touch(page);
        self.sync_page();
        Ok(())
    }

    /// Pushes a word on the active stack.
    #[inline(always)]
    pub(crate) fn push(&mut self, oop: Oop) {
        self.sp -= 8;
        self.stack.write(self.sp, oop.bits());
    }

    /// The value `depth` below the top of the active stack.
    #[inline(always)]
    pub(crate) fn stack_value(&self, depth: usize) -> Oop {
        Oop(self.stack.read(self.sp + 8 * depth as u64))
    }

    /// Removes receiver and `args` arguments and pushes the answer of a primitive.
    #[inline(always)]
    pub(crate) fn answer(&mut self, args: usize, value: Oop) {
        self.sp += 8 * args as u64;
        self.stack.write(self.sp, value.bits());
    }

    /// Moves the frame that was just made and does not fit its page to a new one.
    pub(crate) fn overflow(&mut self) -> Result<(), VmError> {
        let args = self.stack.args(self.fp) as u64;
        let end = self.fp + 8 * (3 + args);
        let (caller, caller_ip) = (self.stack.caller(self.fp), self.stack.at(self.fp, frame::CALLER_IP));
        if caller == 0 {
            return Err(VmError::Corrupt("a frame is larger than a stack page".into()));
        }
        let old = self.page;
        let sender = self.marry(caller)?;
        let page = self.take_page()?;
        let top = self.stack.pages[page].top;
        let words = (end - self.sp) / 8;
        for i in 0..words {
            let word = self.stack.read(self.sp + 8 * i);
            self.stack.write(top - 8 * words + 8 * i, word);
        }
        let p = &mut self.stack.pages[old];
        (p.fp, p.sp, p.ip) = (caller, end, caller_ip);
        let moved = top.wrapping_sub(end);
        self.fp = self.fp.wrapping_add(moved);
        self.sp = self.sp.wrapping_add(moved);
        self.stack.put(self.fp, frame::CALLER_FP, 0);
        self.stack.put(self.fp, frame::CALLER_IP, sender.bits());
        self.page = page;
        self.limit = self.stack.pages[page].limit;
        self.stack.touch(page);
        self.sync_page();
        Ok(())
    }

    /// What an activation returns to.
    pub(crate) fn sender_of(&self, activation: Activation) -> Option<Activation> {
        match activation {
            Activation::Frame(fp) => match self.stack.caller(fp) {
                0 => self.activation_of(self.stack.oop(fp, frame::CALLER_IP)),
                caller => Some(Activation::Frame(caller)),
            },
            Activation::Context(ctx) => self.activation_of(self.heap.fetch(ctx, context::SENDER)),
        }
    }

    /// Activations from `from` on along their senders. A chain that comes back to itself, which only an image that changes senders
    /// can make, ends there.
    pub(crate) fn chain(&self, from: Option<Activation>) -> impl Iterator<Item = Activation> + '_ {
        // Brent's way of finding a cycle: a mark that is set anew after 1, 2, 4 ... steps.
        let (mut at, mut mark, mut steps, mut power) = (from, None, 0u64, 1u64);
        std::iter::from_fn(move || {
            let current = at?;
            if Some(current) == mark {
                return None;
            }
            if steps == power {
                (mark, steps, power) = (Some(current), 0, power * 2);
            }
            steps += 1;
            at = self.sender_of(current);
            Some(current)
        })
    }

    /// A context as an activation; `None` for nil and other objects.
    pub(crate) fn activation_of(&self, ctx: Oop) -> Option<Activation> {
        let ctx = self.heap.follow(ctx);
        if !self.is_context(ctx) {
            return None;
        }
        Some(self.frame_of_context(ctx).map_or(Activation::Context(ctx), Activation::Frame))
    }

    /// The context of an activation.
    pub(crate) fn context_of(&mut self, activation: Activation) -> Result<Oop, VmError> {
        match activation {
            Activation::Frame(fp) => self.marry(fp),
            Activation::Context(ctx) => Ok(ctx),
        }
    }

    /// The method of an activation.
    pub(crate) fn method_of(&self, activation: Activation) -> Oop {
        match activation {
            Activation::Frame(fp) => self.stack.oop(fp, frame::METHOD),
            Activation::Context(ctx) => self.heap.follow(self.heap.fetch(ctx, context::METHOD)),
        }
    }

    /// Leaves a context as that of an activation that returned.
    pub(crate) fn widow(&mut self, ctx: Oop) {
        let nil = self.heap.nil();
        self.heap.store(ctx, context::SENDER, nil);
        self.heap.store(ctx, context::PC, nil);
    }

    /// Field `index` of a context, whether it has a frame or not.
    pub(crate) fn context_field(&mut self, ctx: Oop, index: usize) -> Result<Oop, VmError> {
        let Some(fp) = self.frame_of_context(ctx) else {
            return Ok(if index < self.heap.num_slots(ctx) { self.heap.fetch(ctx, index) } else { self.heap.nil() });
        };
        self.sync_page();
        let (sp, ip) = self.registers_of(fp);
        let args = self.stack.args(fp);
        Ok(match index {
            context::SENDER => match self.stack.caller(fp) {
                0 => self.stack.oop(fp, frame::CALLER_IP),
                caller => self.marry(caller)?,
            },
            context::PC => Oop::from_small_int(self.code_of_frame(fp).pc_of(ip as usize as *const u64) as i64),
            context::STACKP => Oop::from_small_int((args + self.values_of_frame(fp, sp)) as i64),
            context::METHOD..context::FIRST_TEMP => self.heap.fetch(ctx, index),
            _ => {
                let i = index - context::FIRST_TEMP;
                if i < args + self.values_of_frame(fp, sp) {
                    self.stack.oop(fp, super::translate::temp_offset(i, args))
                } else {
                    self.heap.nil()
                }
            }
        })
    }

    /// Changes field `index` of a context. A temporary of a live frame is changed in the frame; for the other fields the frames
    /// are written out first. A sender that is no context becomes nil: a number there would name a frame.
    pub(crate) fn set_context_field(&mut self, ctx: Oop, index: usize, value: Oop) -> Result<(), VmError> {
        let value = match index {
            context::SENDER if !self.is_context(self.heap.follow(value)) => self.heap.nil(),
            _ => value,
        };
        if let Some(fp) = self.frame_of_context(ctx) {
            self.sync_page();
            let (sp, _) = self.registers_of(fp);
            let args = self.stack.args(fp);
            let temps = args + self.values_of_frame(fp, sp);
            if index >= context::FIRST_TEMP && index - context::FIRST_TEMP < temps {
                self.stack.put(fp, super::translate::temp_offset(index - context::FIRST_TEMP, args), value.bits());
                return Ok(());
            }
            let active = self.flush_stack()?;
            self.store_if_there(ctx, index, value);
            return self.resume_context(active);
        }
        self.store_if_there(ctx, index, value);
        Ok(())
    }

    fn store_if_there(&mut self, oop: Oop, index: usize, value: Oop) {
        if index < self.heap.num_slots(oop) {
            self.heap.store(oop, index, value);
        }
    }

    /// Stack pointer and instruction pointer of a frame. The registers must have been written to the active page.
    fn registers_of(&self, fp: u64) -> (u64, u64) {
        let page = self.stack.page_of(fp);
        let found = self.frames_of_page(page).into_iter().find(|f| f.0 == fp);
        let (_, sp, ip) = found.expect("a context's frame is on its page");
        (sp, ip)
    }
}
