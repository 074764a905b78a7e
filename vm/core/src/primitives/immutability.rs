//! Read-only objects: primitives 163 and 164.

use super::operands::{Answer, Operands, boolean};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::heap::Heap;
use crate::object::{CLASS_INDEX_CONTEXT, Format};
use crate::oop::Oop;
use crate::special::Special;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(163, "primitiveGetImmutability", (0, 1), "Whether an object is read-only.", get),
    value(164, "primitiveSetImmutability", (1, 2), "Makes an object read-only or writable; answers what it was.", set),
];

/// Index of the value in an association, and of the lists and the active process in the scheduler.
const ASSOCIATION_VALUE: usize = 1;
const SCHEDULER_LISTS: usize = 0;
const SCHEDULER_ACTIVE: usize = 1;

fn get(vm: &mut Vm, args: Args) -> Answer {
    Ok(vm.heap.bool(vm.heap.is_immutable(args.operand(0))))
}

fn set(vm: &mut Vm, args: Args) -> Answer {
    let (object, flag) = (args.operand(1), args.operand(0));
    if object.is_immediate() || vm.heap.is_forwarded(object) {
        return Err(PrimError::BAD_RECEIVER);
    }
    let immutable = boolean(&vm.heap, flag).ok_or(PrimError::BAD_ARGUMENT)?;
    let was = vm.heap.is_immutable(object);
    if immutable && !can_be_immutable(&vm.heap, object) {
        return Err(PrimError::INAPPROPRIATE);
    }
    vm.heap.set_immutable(object, immutable);
    Ok(vm.heap.bool(was))
}

/// False for what the VM itself stores into: contexts, weak objects and ephemerons, semaphores, and all that processes are scheduled by.
fn can_be_immutable(heap: &Heap, object: Oop) -> bool {
    if heap.class_index(object) == CLASS_INDEX_CONTEXT || matches!(heap.format(object), Format::WEAK | Format::EPHEMERON) {
        return false;
    }
    if heap.is_instance_of(object, Special::ClassSemaphore) || heap.is_instance_of(object, Special::ClassMutex) {
        return false;
    }
    let field = |oop: Oop, index: usize| -> Oop {
        if oop.is_pointer() { heap.slots(oop).get(index).copied().unwrap_or(heap.nil()) } else { heap.nil() }
    };
    let scheduler = field(heap.special(Special::SchedulerAssociation), ASSOCIATION_VALUE);
    if scheduler == heap.nil() {
        return true;
    }
    let lists = field(scheduler, SCHEDULER_LISTS);
    let same_class = |other: Oop| other != heap.nil() && heap.class_index_of(other) == heap.class_index(object);
    object != scheduler && object != lists && !same_class(field(lists, 0)) && !same_class(field(scheduler, SCHEDULER_ACTIVE))
}
