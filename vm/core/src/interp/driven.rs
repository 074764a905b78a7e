//! What whoever drives the VM does between two runs: it starts processes, and looks at their stacks.

use super::frames::Activation;
use super::layout::{context, frame, process};
use crate::bytecode::MethodHeader;
use crate::error::VmError;
use crate::object::{CLASS_INDEX_CONTEXT, Format};
use crate::oop::Oop;
use crate::special::Special;
use crate::vm::{Outcome, Vm};

/// An activation as a stack shows it. Its references are good until the VM runs again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// What it runs: a method, or a CompiledBlock.
    pub method: Oop,
    /// Its receiver; of a block that of the method around it.
    pub receiver: Oop,
    /// It runs a block.
    pub is_block: bool,
    /// The bytecode that comes next, by its index among those of the method; `None` if the activation has returned.
    pub next: Option<usize>,
}

impl Vm {
    /// The highest priority that a process can have: images have 8 or 80, of which the middle one is the user's.
    pub fn highest_priority(&mut self) -> i64 {
        (1..).take_while(|&priority| self.ready_list(priority).is_some()).count() as i64
    }

    /// Makes a process in which `method`, which takes no arguments, runs with `receiver`, and makes it ready to run. Where the image has
    /// quit, the process that did so ends, and the new one runs in its place. A priority that is too high is the highest.
    ///
    /// The method must not return: a process is given up by suspending it.
    pub fn spawn(&mut self, method: Oop, receiver: Oop, priority: i64) -> Result<Oop, VmError> {
        let no_memory = |vm: &Vm| vm.out_of_memory(1 << 10);
        let ctx = self.first_context(method, receiver)?;
        let class = self.heap.special(Special::ClassProcess);
        let class = if class == self.heap.nil() { self.class_of_active_process() } else { class };
        let proc = self.heap.instantiate(class, 0).map_err(|_| no_memory(self))?;
        if !self.is_process(proc) {
            return Err(VmError::Corrupt(format!("{} is no class of processes", self.heap.class_name(class))));
        }
        self.heap.store(proc, process::SUSPENDED_CONTEXT, ctx);
        let priority = priority.min(self.highest_priority());
        self.heap.store(proc, process::PRIORITY, Oop::from_small_int(priority));
        if matches!(self.outcome, Some(Outcome::Quit(_))) {
            self.outcome = None;
            self.transfer_to(proc)?;
        } else {
            self.resume(proc)?;
        }
        Ok(proc)
    }

    fn class_of_active_process(&mut self) -> Oop {
        let active = self.active_process();
        self.heap.class_of(active)
    }

    /// The context in which a method without arguments is about to begin.
    fn first_context(&mut self, method: Oop, receiver: Oop) -> Result<Oop, VmError> {
        let code = self.code_for(method, self.is_context(receiver))?;
        // SAFETY: code_for answers the address of code in the cache, which drops none while this function runs.
        let (slots, temps) = unsafe { ((*code).context_slots as usize, (*code).temps as usize) };
        let pc = MethodHeader::of(&self.heap, method).map_or(0, MethodHeader::initial_pc) + 1;
        let ctx = self
            .heap
            .alloc_pointers(CLASS_INDEX_CONTEXT, Format::INDEXABLE_FIXED, context::FIRST_TEMP + slots)
            .map_err(|_| self.out_of_memory(1 << 10))?;
        self.heap.store(ctx, context::PC, Oop::from_small_int(pc as i64));
        self.heap.store(ctx, context::STACKP, Oop::from_small_int(temps as i64));
        self.heap.store(ctx, context::METHOD, method);
        self.heap.store(ctx, context::RECEIVER, receiver);
        Ok(ctx)
    }

    /// Whether a process has ended: it is not the active one and has nothing to go on with.
    pub fn has_ended(&mut self, proc: Oop) -> bool {
        proc != self.active_process() && self.first_activation(proc).is_none_or(|first| self.frame_at(first, None).next.is_none())
    }

    /// Whether a process neither runs nor is on a list, of those that are ready or of those that wait for something: another process must resume it.
    pub fn is_suspended(&mut self, proc: Oop) -> bool {
        proc != self.active_process() && self.field(proc, process::MY_LIST) == self.heap.nil()
    }

    /// The stack of a process, newest activation first; empty if it has ended.
    pub fn stack_of(&mut self, proc: Oop) -> Vec<Frame> {
        if self.fp != 0 {
            self.sync_page();
        }
        let mut frames = Vec::new();
        let mut newer = None;
        let first = self.first_activation_of(proc);
        for activation in self.chain(first) {
            frames.push(self.frame_at(activation, newer));
            newer = Some(activation);
        }
        frames
    }

    fn first_activation(&mut self, proc: Oop) -> Option<Activation> {
        self.activation_of(self.field(proc, process::SUSPENDED_CONTEXT))
    }

    fn first_activation_of(&mut self, proc: Oop) -> Option<Activation> {
        match proc == self.active_process() && self.fp != 0 {
            true => Some(Activation::Frame(self.fp)),
            false => self.first_activation(proc),
        }
    }

    /// An activation, and the one that it called.
    fn frame_at(&self, activation: Activation, newer: Option<Activation>) -> Frame {
        let method = self.method_of(activation);
        let first = MethodHeader::of(&self.heap, method).map_or(0, MethodHeader::initial_pc) + 1;
        let (receiver, is_block, pc) = match activation {
            Activation::Frame(fp) => {
                let pc = self.code_of_frame(fp).pc_of(self.instruction_of(fp, newer) as usize as *const u64);
                (self.stack.oop(fp, frame::RECEIVER), self.stack.is_block(fp), Some(pc as usize))
            }
            Activation::Context(ctx) => {
                let pc = self.heap.fetch(ctx, context::PC).as_small_int().and_then(|pc| usize::try_from(pc).ok());
                (self.heap.fetch(ctx, context::RECEIVER), self.heap.fetch(ctx, context::CLOSURE) != self.heap.nil(), pc)
            }
        };
        let next = pc.map(|pc| pc.saturating_sub(first));
        Frame { method, receiver: self.heap.follow(receiver), is_block, next }
    }

    /// Where a frame goes on: as the frame that it called on the same page knows, or as the page does of its newest.
    fn instruction_of(&self, fp: u64, newer: Option<Activation>) -> u64 {
        match newer {
            Some(Activation::Frame(callee)) if self.stack.caller(callee) == fp => self.stack.at(callee, frame::CALLER_IP),
            _ => self.stack.pages[self.stack.page_of(fp)].ip,
        }
    }

    /// What a frame runs, as stacks name it: `Class>>selector`, with `[] in ` before it where that is a block, and with the receiver's class
    /// before the one that the method is of.
    pub fn frame_name(&self, frame: &Frame) -> String {
        let name = self.code_name(frame.method, frame.is_block);
        let (block, name) = name.strip_prefix("[] in ").map_or(("", name.as_str()), |name| ("[] in ", name));
        let class = self.heap.class_name(self.heap.class_of(frame.receiver));
        match name.split_once(">>") {
            Some((method_class, selector)) if method_class != class => format!("{block}{class}({method_class})>>{selector}"),
            _ => format!("{block}{name}"),
        }
    }
}
