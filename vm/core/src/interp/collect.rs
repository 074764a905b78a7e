//! Collections, and what the interpreter keeps of objects that move, die or become others: frames, code, caches.

use super::cache::{CodeCache, EMPTY, MethodCache};
use super::code::Code;
use super::handles::Handles;
use crate::error::{PrimError, VmError};
use crate::heap::Roots;
use crate::oop::Oop;
use crate::plugin::PluginHost;
use crate::vm::Vm;

/// More full collections in a row than this that leave memory full are a waste of time.
const MAX_FUTILE_COLLECTIONS: u32 = 5;

impl Vm {
    /// Drops code that is in no frame and was retired before the last full collection: what was retired in this one may be of
    /// the primitive that asked for it. Frames must all be written to their pages.
    fn sweep_codes(&mut self) {
        let in_use = self.codes_in_frames();
        let codes = &mut self.codes;
        codes.condemned.retain(|code| in_use.contains(&(&**code as *const Code as usize)));
        codes.condemned.append(&mut codes.retired);
    }

    /// Addresses of code that frames run.
    fn codes_in_frames(&self) -> std::collections::HashSet<usize> {
        let mut found = std::collections::HashSet::new();
        for page in &self.stack.pages {
            let mut fp = page.fp;
            while fp != 0 {
                found.insert(self.code_of_frame(fp) as *const Code as usize);
                fp = self.stack.caller(fp);
            }
        }
        found
    }

    /// Collects young objects, or all. Registers are written to the page and taken from it again.
    pub(crate) fn collect(&mut self, full: bool) -> Result<(), VmError> {
        self.sync_page();
        let started = self.platform.monotonic_microseconds();
        let before = self.heap.old_bytes();
        if full {
            self.flush_other_pages()?;
        }
        let old_start = self.heap.old_start;
        let mut roots = VmRoots {
            stack: &mut self.stack,
            plugins: &mut *self.plugins,
            handles: &mut self.handles,
            codes: &mut self.codes,
            method_cache: &mut self.method_cache,
            full,
            old_start,
        };
        if full {
            self.heap.full_collect(&mut roots);
            self.flush_caches();
            self.sweep_codes();
        } else {
            self.heap.scavenge(&mut roots);
        }
        let micros = self.platform.monotonic_microseconds().saturating_sub(started);
        self.count_collection(full, micros);
        self.collected = true;
        if self.options.trace_gc {
            let kind = if full { "full collection" } else { "scavenge" };
            let after = self.heap.old_bytes();
            self.platform.report(&format!("{kind}: {micros} us, old space {before} -> {after} bytes\n"));
        }
        if full {
            self.check_progress()?;
        }
        if self.options.gc_stress > 0 {
            let found = self.heap.check(3);
            if !found.is_empty() {
                return Err(VmError::Corrupt(format!("the heap is damaged after a collection: {}", found.join("; "))));
            }
        }
        Ok(())
    }

    /// Gives up when one full collection after another leaves memory full. The image was told that memory runs short.
    fn check_progress(&mut self) -> Result<(), VmError> {
        self.futile_collections = if self.heap.is_full() { self.futile_collections + 1 } else { 0 };
        if self.futile_collections > MAX_FUTILE_COLLECTIONS { Err(self.out_of_memory(0)) } else { Ok(()) }
    }

    fn count_collection(&mut self, full: bool, micros: u64) {
        let stats = &mut self.heap.stats;
        let (total, last, longest) = match full {
            true => (&mut stats.full_microseconds, &mut stats.last_full_microseconds, &mut self.counters.longest_full),
            false => (&mut stats.scavenge_microseconds, &mut stats.last_scavenge_microseconds, &mut self.counters.longest_scavenge),
        };
        *total += micros;
        *last = micros;
        *longest = micros.max(*longest);
    }

    /// Makes the heap ready to be written, frames being written out already.
    pub(crate) fn prepare_heap_for_snapshot(&mut self) -> Result<(), PrimError> {
        let old_start = self.heap.old_start;
        let (stack, codes, method_cache) = (&mut self.stack, &mut self.codes, &mut self.method_cache);
        let (plugins, handles) = (&mut *self.plugins, &mut self.handles);
        let mut roots = VmRoots { stack, plugins, handles, codes, method_cache, full: true, old_start };
        let result = self.heap.prepare_snapshot(&mut roots);
        self.flush_caches();
        self.sweep_codes();
        result
    }

    /// Replaces references to forwarders in frames after a become. With `methods` code and caches are brought up to date too.
    pub(crate) fn follow_frames(&mut self, methods: bool) {
        self.sync_page();
        let heap = &self.heap;
        let mut visit = |oop: &mut Oop| {
            if oop.is_pointer() && !oop.is_null() {
                *oop = heap.follow(*oop);
            }
        };
        for i in 0..self.stack.pages.len() {
            let page = self.stack.pages[i];
            if page.fp != 0 {
                self.stack.visit_frames(page.fp, page.sp, &mut visit);
            }
        }
        self.plugins.visit_held(&mut visit);
        self.handles.visit(&mut visit);
        if !methods {
            return;
        }
        self.flush_caches();
        let codes = std::mem::take(&mut self.codes.codes);
        for ((_, for_context), mut code) in codes {
            code.method = self.heap.follow(code.method);
            // A method that became another runs its old bytecodes in frames that are there, and the other's afterwards.
            if let Some(other) = self.codes.codes.insert((code.method.bits(), for_context), code) {
                self.codes.retired.push(other);
            }
        }
    }
}

/// The interpreter's references into the heap, for the collector.
struct VmRoots<'a> {
    stack: &'a mut super::StackZone,
    plugins: &'a mut dyn PluginHost,
    handles: &'a mut Handles,
    codes: &'a mut CodeCache,
    method_cache: &'a mut MethodCache,
    full: bool,
    old_start: u64,
}

impl VmRoots<'_> {
    /// Finds code under the new addresses of its methods. Code of dead methods is kept for frames until the next full collection.
    fn rehash(&mut self, resolve: &mut dyn FnMut(Oop) -> Option<Oop>) {
        let old_start = self.old_start;
        self.codes.any_young = false;
        let moved: Vec<_> = self.codes.codes.extract_if(|&(key, _), _| resolve(Oop(key)).is_none_or(|m| m.bits() != key)).collect();
        for ((key, for_context), mut code) in moved {
            match resolve(Oop(key)) {
                Some(method) => {
                    code.method = method;
                    self.codes.codes.insert((method.bits(), for_context), code);
                }
                None => {
                    code.method = Oop::ZERO;
                    self.codes.retired.push(code);
                }
            }
        }
        self.codes.any_young = self.codes.codes.keys().any(|&(key, _)| key < old_start);
        for code in self.codes.retired.iter_mut().chain(&mut self.codes.condemned) {
            if code.method != Oop::ZERO {
                code.method = resolve(code.method).unwrap_or(Oop::ZERO);
            }
        }
    }
}

impl Roots for VmRoots<'_> {
    fn strong(&mut self, visit: &mut dyn FnMut(&mut Oop)) {
        for i in 0..self.stack.pages.len() {
            let page = self.stack.pages[i];
            if page.fp != 0 {
                self.stack.visit_frames(page.fp, page.sp, visit);
            }
        }
        self.plugins.visit_held(visit);
        self.handles.visit(visit);
    }

    fn weak(&mut self, resolve: &mut dyn FnMut(Oop) -> Option<Oop>) {
        if self.full || self.codes.any_young {
            self.rehash(resolve);
        }
        self.method_cache.clear_blocks();
        if self.full {
            self.method_cache.clear();
        } else {
            for entry in &mut self.method_cache.entries {
                if entry.class != 0
                    && entry.selector < self.old_start
                    && resolve(Oop(entry.selector)).is_none_or(|s| s.bits() != entry.selector)
                {
                    *entry = EMPTY;
                }
            }
        }
    }
}
