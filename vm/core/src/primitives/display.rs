//! Display, mouse, keyboard and clipboard where there are none: primitives 94, 101, 102, 106 to 109, 126, 127, 140, 141 and 233.
//! Images start without errors and find that nothing is shown and nothing comes in, as with the reference's null display.

use super::integer::point;
use super::operands::{Answer, boolean, plain_object, small};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::object::Format;
use crate::oop::Oop;
use crate::special::Special;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(
        94,
        "primitiveGetNextEvent",
        (1, 1),
        "Tells an Array of eight by a 0 in its first element that there is no event.",
        next_event,
    ),
    value(101, "primitiveBeCursor", (0, 1), "Nothing: no cursor is shown.", |_, args| Ok(args.receiver())),
    value(102, "primitiveBeDisplay", (0, 0), "Makes a Form the display, which is not shown.", be_display),
    value(106, "primitiveScreenSize", (0, 0), "The Point of the window's size when the image was saved.", screen_size),
    value(107, "primitiveMouseButtons", (0, 0), "0: no button is down.", |_, _| Ok(Oop::ZERO)),
    value(108, "primitiveKbdNext", (0, 0), "nil: no key was hit.", |vm, _| Ok(vm.heap.nil())),
    value(109, "primitiveKbdPeek", (0, 0), "nil: no key was hit.", |vm, _| Ok(vm.heap.nil())),
    value(126, "primitiveDeferDisplayUpdates", (1, 1), "Nothing: no update is shown.", |vm, args| {
        boolean(&vm.heap, args.get(0)).map(|_| args.receiver()).ok_or(PrimError::GENERIC)
    }),
    value(127, "primitiveShowDisplayRect", (4, 4), "Nothing: no rectangle is shown.", |_, args| {
        (0..4).try_for_each(|i| small(args.get(i)).map(|_| ()))?;
        Ok(args.receiver())
    }),
    value(140, "primitiveBeep", (0, 0), "Nothing: the VM makes no sound.", |_, args| Ok(args.receiver())),
    value(141, "primitiveClipboardText", (0, 1), "An empty String; with an argument, nothing.", clipboard),
    value(233, "primitiveSetFullScreen", (1, 1), "Nothing: there is no window.", |vm, args| {
        boolean(&vm.heap, args.get(0)).map(|_| args.receiver()).ok_or(PrimError::GENERIC)
    }),
];

/// Elements of the Array of an event.
const EVENT_SIZE: usize = 8;
/// Fields of a Form: bits, width, height, depth.
const FORM_FIELDS: usize = 4;
/// The size of a window in an image that was never in one, as in the reference.
const SMALLEST: i64 = 64;

fn next_event(vm: &mut Vm, args: Args) -> Answer {
    let event = args.get(0);
    let fits = event.is_pointer() && vm.heap.format(event) == Format::INDEXABLE && vm.heap.num_slots(event) == EVENT_SIZE;
    if !fits {
        return Err(PrimError::BAD_ARGUMENT);
    }
    if vm.heap.is_immutable(event) {
        return Err(PrimError::NO_MODIFICATION);
    }
    vm.heap.store(event, 0, Oop::ZERO);
    Ok(args.receiver())
}

fn be_display(vm: &mut Vm, args: Args) -> Answer {
    let form = plain_object(&vm.heap, args.receiver(), PrimError::BAD_RECEIVER)?;
    if !vm.heap.format(form).is_pointers() || vm.heap.num_slots(form) < FORM_FIELDS {
        return Err(PrimError::BAD_RECEIVER);
    }
    vm.heap.set_special(Special::TheDisplay, form);
    Ok(form)
}

fn screen_size(vm: &mut Vm, _: Args) -> Answer {
    let (width, height) = match vm.header().screen() {
        (0, _) | (_, 0) => (SMALLEST, SMALLEST),
        (width, height) => (width as i64, height as i64),
    };
    point(vm, Oop::from_small_int(width), Oop::from_small_int(height))
}

fn clipboard(vm: &mut Vm, args: Args) -> Answer {
    if args.count() == 1 { Ok(args.receiver()) } else { vm.heap.string("") }
}
