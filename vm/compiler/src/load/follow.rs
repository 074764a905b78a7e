//! A copy of a method for instances whose fields have moved, for images that change their classes while they run. The method itself
//! stays as it is: it may be active, and something may still go wrong.

use super::rewrite::{Failure, Rewritten, rewrite};
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;

/// Makes the copy, with copies of its blocks; `map` answers where a field is now, `None` if it is gone.
pub(crate) fn followed(heap: &mut Heap, code: Oop, map: &dyn Fn(u16) -> Option<u16>) -> Result<Oop, Failure> {
    let mut copy = heap.clone_object(code).map_err(|_| Failure::NoMemory)?;
    if let Rewritten::Replaced(other) = rewrite(heap, copy, map)? {
        copy = other;
    }
    let literals = heap.literal_count(copy);
    // The last literal of a method is the association of its class, that of a block the code that it is in.
    for index in 1..literals {
        let literal = heap.follow(heap.fetch(copy, index));
        if !literal.is_pointer() {
            continue;
        }
        if heap.format(literal).is_compiled_method() {
            let block = followed(heap, literal, map)?;
            heap.store(block, heap.literal_count(block), copy);
            heap.store(copy, index, block);
        } else if index + 1 == literals && names_method(heap, literal, code) {
            let state = state_of(heap, literal, code, copy)?;
            heap.store(copy, index, state);
        }
    }
    Ok(copy)
}

/// Whether an object has a method as its first field, as an AdditionalMethodState and a Pragma have.
fn names_method(heap: &Heap, oop: Oop, method: Oop) -> bool {
    let has_fields = oop.is_pointer() && oop != heap.nil() && heap.format(oop).is_pointers() && heap.num_slots(oop) > 0;
    has_fields && heap.follow(heap.fetch(oop, 0)) == method
}

/// A copy of what a method has instead of its selector, with copies of the pragmas that know the method.
fn state_of(heap: &mut Heap, state: Oop, method: Oop, copy: Oop) -> Result<Oop, Failure> {
    let new = heap.clone_object(state).map_err(|_| Failure::NoMemory)?;
    heap.store(new, 0, copy);
    for index in 1..heap.num_slots(new) {
        let part = heap.follow(heap.fetch(new, index));
        if names_method(heap, part, method) {
            let part = heap.clone_object(part).map_err(|_| Failure::NoMemory)?;
            heap.store(part, 0, copy);
            heap.store(new, index, part);
        }
    }
    Ok(new)
}
