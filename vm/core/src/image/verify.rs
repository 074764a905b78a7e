//! Whether what is in a heap makes sense to a VM, beyond what [`super::load`] insists on: class table, methods, contexts,
//! closures, scheduler. For `osvm info --verify`, for tests, and before a snapshot is trusted.

use super::method::{self, MethodHeader};
use super::roots::KNOWN_CLASSES;
use crate::heap::Heap;
use crate::object::{CLASS_INDEX_LARGE_NEGATIVE, Format, MAX_CLASS_INDEX};
use crate::oop::Oop;
use crate::special::Special;

/// Findings that [`verify`] answers at most.
pub const MAX_FINDINGS: usize = 100;
/// Slots of a context before its arguments: sender, program counter, stack pointer, method, closure, receiver.
const CONTEXT_FIXED_SLOTS: usize = 6;

/// Checks a whole heap. Each finding is one line; none is good news.
pub fn verify(heap: &Heap) -> Vec<String> {
    let mut verifier = Verifier { heap, found: heap.check(MAX_FINDINGS) };
    verifier.special_objects();
    verifier.class_table();
    let (context, closure) = (heap.special(Special::ClassContext), heap.special(Special::ClassBlockClosure));
    for oop in heap.objects() {
        if verifier.found.len() >= MAX_FINDINGS {
            break;
        }
        if heap.format(oop).is_compiled_method() {
            verifier.method(oop);
            continue;
        }
        match heap.class_of(oop) {
            class if class == context => verifier.context(oop),
            class if class == closure => verifier.closure(oop),
            _ => {}
        }
    }
    verifier.found.truncate(MAX_FINDINGS);
    verifier.found
}

struct Verifier<'a> {
    heap: &'a Heap,
    found: Vec<String>,
}

impl Verifier<'_> {
    /// Slot `index` of an object that may be anything.
    fn slot(&self, oop: Oop, index: usize) -> Option<Oop> {
        if oop.is_pointer() { self.heap.slots(oop).get(index).copied() } else { None }
    }

    fn special_objects(&mut self) {
        let heap = self.heap;
        let fixed = [(Special::Nil, heap.nil()), (Special::False, heap.false_()), (Special::True, heap.true_())];
        let classes = KNOWN_CLASSES.iter().map(|&(which, index)| (which, heap.class_at(index)));
        for (which, expected) in fixed.into_iter().chain(classes) {
            let is = heap.special(which);
            if is != expected {
                self.found.push(format!("special object {} ({which:?}) is {is:?}, not {expected:?}", which as usize));
            }
        }
        let scheduler = self.slot(heap.special(Special::SchedulerAssociation), 1);
        let lists = scheduler.and_then(|scheduler| self.slot(scheduler, 0));
        if !lists.is_some_and(|lists| lists.is_pointer() && heap.format(lists) == Format::INDEXABLE) {
            self.found.push("the scheduler has no array of process lists".into());
        }
        let selectors = heap.special(Special::SpecialSelectors);
        if selectors.is_immediate() || heap.slots(selectors).len() < 64 {
            self.found.push("the special selectors are no array of 64".into());
        }
    }

    fn class_table(&mut self) {
        let heap = self.heap;
        for index in 1..=MAX_CLASS_INDEX {
            // A page that is nil has no classes; the table is mostly such pages.
            if index & 1023 == 0 && heap.fetch(heap.hidden_roots(), (index >> 10) as usize) == heap.nil() {
                break;
            }
            let class = heap.class_at(index);
            if class == heap.nil() {
                continue;
            }
            if heap.instance_spec(class).is_none() {
                self.found.push(format!("entry {index} of the class table, {class:?}, has no format of instances"));
                continue;
            }
            let hash = (heap.header(class) >> crate::object::HASH_SHIFT & crate::object::HASH_MASK) as u32;
            if index >= CLASS_INDEX_LARGE_NEGATIVE && heap.class_at(hash) != class {
                let name = heap.class_name(class);
                self.found.push(format!("{name}, entry {index} of the class table, has hash {hash}, an entry of another"));
            }
        }
    }

    fn method(&mut self, oop: Oop) {
        let Some(header) = MethodHeader::of(self.heap, oop) else {
            return self.found.push(format!("compiled code {oop:?} has no header"));
        };
        if header.first_byte() > self.heap.byte_size(oop) {
            self.found.push(format!("compiled code {oop:?} has {} literals, more than fit", header.literals()));
        }
        if header.temporaries() < header.arguments() {
            let (temporaries, arguments) = (header.temporaries(), header.arguments());
            self.found.push(format!("compiled code {oop:?} has {arguments} arguments and {temporaries} temporaries"));
        }
        if let Err(why) = method::primitive(self.heap, oop) {
            self.found.push(format!("compiled code {oop:?} {why}"));
        }
    }

    /// Range of program counters in a method: from its first bytecode's to behind its last one.
    fn program_counters(&self, method: Option<Oop>) -> Option<std::ops::RangeInclusive<i64>> {
        let method = method.filter(|&method| method.is_pointer() && self.heap.format(method).is_compiled_method())?;
        let header = MethodHeader::of(self.heap, method)?;
        Some(header.first_byte() as i64 + 1..=self.heap.byte_size(method) as i64 + 1)
    }

    fn context(&mut self, oop: Oop) {
        let [pc, sp, method] = [1, 2, 3].map(|index| self.slot(oop, index));
        // A context that has returned keeps nothing but its arguments; its program counter is nil.
        let Some(pc) = pc.and_then(Oop::as_small_int) else { return };
        let Some(pcs) = self.program_counters(method) else {
            return self.found.push(format!("context {oop:?} has no method, but {method:?}"));
        };
        if !pcs.contains(&pc) {
            self.found.push(format!("context {oop:?} has program counter {pc}, and its method's are {pcs:?}"));
        }
        let room = (self.heap.num_slots(oop).saturating_sub(CONTEXT_FIXED_SLOTS)) as i64;
        if !sp.and_then(Oop::as_small_int).is_some_and(|sp| (0..=room).contains(&sp)) {
            self.found.push(format!("context {oop:?} has stack pointer {sp:?} and room for {room}"));
        }
    }

    fn closure(&mut self, oop: Oop) {
        let [outer, start, arguments] = [0, 1, 2].map(|index| self.slot(oop, index));
        if !arguments.and_then(Oop::as_small_int).is_some_and(|n| (0..=255).contains(&n)) {
            self.found.push(format!("block {oop:?} has {arguments:?} arguments"));
        }
        let Some(start) = start.and_then(Oop::as_small_int) else { return };
        let method = outer.and_then(|outer| self.slot(outer, 3));
        if let Some(pcs) = self.program_counters(method)
            && !pcs.contains(&start)
        {
            self.found.push(format!("block {oop:?} starts at {start}, and its method's program counters are {pcs:?}"));
        }
    }
}
