//! What `--trace` reports of sends, instructions and primitives, and what `--stats` counts of them.
//!
//! The loop is compiled twice; only the one that is watched calls this.

use super::code::Code;
use crate::bytecode;
use crate::error::PrimError;
use crate::oop::Oop;
use crate::primitives::{self, Run};
use crate::vm::Vm;

impl Vm {
    /// Reports the instruction at the saved instruction pointer: the code, the pc, the bytes and what they do.
    pub(crate) fn trace_instruction(&mut self) {
        let code = self.code_of_frame(self.fp);
        let (method, ip) = (code.method, self.ip as usize as *const u64);
        // What lies behind the code stands for no instruction.
        if code.is_behind(ip) || !self.traced(method, &[]) {
            return;
        }
        let pc = code.pc_of(ip);
        let name = self.code_name(method, self.stack.is_block(self.fp));
        let instruction = bytecode::describe_at(&self.heap, method, pc as usize).unwrap_or_else(|| "end of the code".into());
        self.platform.report(&format!("{name} {pc} {instruction}\n"));
    }

    /// Counts a send, and reports it: the class of the receiver and the selector. `cached`: its inline cache has the method.
    pub(crate) fn watch_send(&mut self, selector: Oop, args: usize, cached: bool) {
        self.counters.sends += 1;
        self.counters.inline_cache_hits += cached as u64;
        if !self.options.trace_sends {
            return;
        }
        let receiver = self.heap.follow(self.stack_value(args));
        let selector = self.heap.text(selector).unwrap_or_else(|| self.describe(selector));
        let class = self.heap.class_name(self.heap.class_of(receiver));
        if self.options.trace_filter.as_ref().is_none_or(|filter| filter.accepts(&class, &selector, &[])) {
            self.platform.report(&format!("{class}>>{selector}\n"));
        }
    }

    /// Counts a primitive, and reports it and how it ended.
    #[inline]
    pub(crate) fn watch_primitive(&mut self, code: &Code, result: Result<(), PrimError>) {
        self.counters.primitives += 1;
        if self.options.trace_primitives {
            self.report_primitive(code, result);
        }
    }

    #[cold]
    fn report_primitive(&mut self, code: &Code, result: Result<(), PrimError>) {
        let (module, function) = self.names_of(code.method).filter(|_| code.primitive == 117).unwrap_or_default();
        if !self.traced(code.method, &[&module, &function]) {
            return;
        }
        let name = if function.is_empty() { code.primitive.to_string() } else { format!("{module}.{function}") };
        let outcome = match (result, primitives::lookup(code.primitive).map(|row| row.run)) {
            (Ok(()), _) => "ok".to_string(),
            (Err(_), Some(Run::Fails(reason))) => format!("always fails: {reason}"),
            (Err(error), _) => format!("failed: {error:?}"),
        };
        self.platform.report(&format!("primitive {name} of {}: {outcome}\n", self.method_name(code.method)));
    }

    /// The filter lets through what concerns this method, or what has one of the other names.
    fn traced(&self, method: Oop, names: &[&str]) -> bool {
        self.options.trace_filter.as_ref().is_none_or(|filter| {
            let (class, selector) = self.class_and_selector(method);
            filter.accepts(&class, &selector, names)
        })
    }
}
