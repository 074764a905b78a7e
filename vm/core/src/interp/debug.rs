//! Text about the running image for people: stacks and names.

use super::frames::Activation;
use super::layout::{context, frame, process};
use crate::oop::Oop;
use crate::special::Special;
use crate::vm::Vm;

/// A stack is printed to this depth, and then only its end.
const PRINTED_DEPTH: usize = 200;

impl Vm {
    /// An oop in a few words.
    pub fn describe(&self, oop: Oop) -> String {
        let heap = &self.heap;
        if oop.is_immediate() || oop.is_null() {
            return format!("{oop:?}");
        }
        if !heap.contains(oop) {
            return format!("{oop:?}, which is outside the heap");
        }
        if oop == heap.nil() || oop == heap.true_() || oop == heap.false_() {
            return if oop == heap.nil() {
                "nil"
            } else if oop == heap.true_() {
                "true"
            } else {
                "false"
            }
            .into();
        }
        let name = heap.class_name(heap.class_of(oop));
        match heap.text(oop) {
            Some(text) if text.len() < 60 => format!("{name} '{text}'"),
            _ => format!("{}{name}", if name.starts_with(['A', 'E', 'I', 'O', 'U']) { "an " } else { "a " }),
        }
    }

    /// `Class>>selector` of a method or CompiledBlock.
    pub fn method_name(&self, method: Oop) -> String {
        if self.format_of(method).is_none_or(|f| !f.is_compiled_method()) {
            return self.describe(method);
        }
        let prefix = if self.home_method(method) == method { "" } else { "[] in " };
        let (class, selector) = self.class_and_selector(method);
        format!("{prefix}{class}>>{selector}")
    }

    /// The names of a method's class and selector; of a CompiledBlock those of the method that it is in.
    pub(super) fn class_and_selector(&self, method: Oop) -> (String, String) {
        let unknown = || "?".to_string();
        let class = self.method_class(method).map_or_else(unknown, |c| self.heap.class_name(c));
        (class, self.selector_of(self.home_method(method)).unwrap_or_else(unknown))
    }

    /// The method that a CompiledBlock is in: a block's last literal is the code around it.
    fn home_method(&self, method: Oop) -> Oop {
        let mut code = method;
        for _ in 0..64 {
            let literals = self.heap.literal_count(code);
            let last = if literals == 0 { Oop::ZERO } else { self.heap.follow(self.heap.fetch(code, literals)) };
            if self.format_of(last).is_none_or(|f| !f.is_compiled_method()) {
                break;
            }
            code = last;
        }
        code
    }

    /// The last literal but one is the selector, or an AdditionalMethodState whose second field it is.
    fn selector_of(&self, method: Oop) -> Option<String> {
        let literals = self.heap.literal_count(method);
        let literal = self.heap.follow(self.heap.fetch(method, literals.checked_sub(1).filter(|&n| n > 0)?));
        if let Some(text) = self.heap.text(literal) {
            return Some(text);
        }
        let slots = if literal.is_pointer() { self.heap.slots(literal) } else { &[] };
        slots.get(1).and_then(|&s| self.heap.text(self.heap.follow(s)))
    }

    fn print_activation(&self, activation: Activation, out: &mut String) {
        let (method, receiver, is_block) = match activation {
            Activation::Frame(fp) => {
                (self.stack.oop(fp, frame::METHOD), self.stack.oop(fp, frame::RECEIVER), self.stack.is_block(fp))
            }
            Activation::Context(ctx) => {
                let closure = self.heap.fetch(ctx, context::CLOSURE);
                (self.method_of(activation), self.heap.fetch(ctx, context::RECEIVER), closure != self.heap.nil())
            }
        };
        let name = self.code_name(method, is_block);
        out.push_str(&format!("  {name}   receiver: {}\n", self.describe(self.heap.follow(receiver))));
    }

    /// The name of what a frame runs: a block of a V3PlusClosures method has no code of its own.
    pub(super) fn code_name(&self, method: Oop, is_block: bool) -> String {
        let name = self.method_name(method);
        if is_block && !name.starts_with("[] in ") { format!("[] in {name}") } else { name }
    }

    fn print_stack(&self, from: Option<Activation>, out: &mut String) {
        let mut depth = 0;
        for activation in self.chain(from) {
            if depth < PRINTED_DEPTH {
                self.print_activation(activation, out);
            }
            depth += 1;
        }
        if depth > PRINTED_DEPTH {
            out.push_str(&format!("  ... and {} more\n", depth - PRINTED_DEPTH));
        }
    }

    /// A process's priority, and its name where the image gives it one in the field behind those that the VM knows.
    fn name_and_priority(&self, proc: Oop) -> String {
        let priority = self.describe(self.heap.fetch(proc, process::PRIORITY));
        let has_name = self.heap.pointer_slots(proc) > process::NAME;
        let name = has_name.then(|| self.heap.follow(self.heap.fetch(proc, process::NAME))).and_then(|name| self.heap.text(name));
        match name {
            Some(name) => format!("priority {priority}, '{name}'"),
            None => format!("priority {priority}"),
        }
    }

    /// The process with the most activations, named as in [`Vm::all_stacks`], and their number. Without an end, a recursion uses up
    /// memory while it is active, but another process may be active when the VM gives up.
    pub fn deepest_stack(&mut self) -> (String, usize) {
        let all = self.processes();
        let depths = all.into_iter().map(|(heading, activation)| (heading, self.chain(Some(activation)).count()));
        depths.max_by_key(|&(_, depth)| depth).unwrap_or_default()
    }

    /// The stack of every process: the active one, those that are ready, and those that wait.
    pub fn all_stacks(&mut self) -> String {
        let mut out = String::new();
        for (heading, activation) in self.processes() {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&heading);
            out.push('\n');
            self.print_stack(Some(activation), &mut out);
        }
        out
    }

    /// Each process that has a stack, the active one first and then by priority: what it is, and its newest activation.
    fn processes(&mut self) -> Vec<(String, Activation)> {
        let mut found = Vec::new();
        let active = self.active_process();
        if self.fp != 0 {
            self.sync_page();
            found.push((format!("active process, {}", self.name_and_priority(active)), Activation::Frame(self.fp)));
        }
        let process_class = match self.heap.special(Special::ClassProcess) {
            class if class == self.heap.nil() => self.heap.class_of(active),
            class => class,
        };
        let mut processes: Vec<Oop> =
            self.heap.objects().filter(|&o| self.heap.class_of(o) == process_class && (o != active || self.fp == 0)).collect();
        processes.retain(|&proc| self.heap.pointer_slots(proc) > process::MY_LIST);
        processes.sort_by_key(|&proc| std::cmp::Reverse(self.heap.fetch(proc, process::PRIORITY).as_small_int()));
        for proc in processes {
            let ctx = self.heap.fetch(proc, process::SUSPENDED_CONTEXT);
            let Some(activation) = self.activation_of(ctx) else { continue };
            let list = self.heap.follow(self.heap.fetch(proc, process::MY_LIST));
            let state = match list == self.heap.nil() {
                true => "suspended".to_string(),
                false => format!("on {}", self.describe(list)),
            };
            found.push((format!("process {state}, {}", self.name_and_priority(proc)), activation));
        }
        found
    }
}
