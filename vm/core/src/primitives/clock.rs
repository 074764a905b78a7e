//! Clocks: primitives 135, 137, 240, 241 and 243 to 246. The epoch is the start of 1901, as everywhere in Smalltalk.

use super::operands::Answer;
use super::{Primitive, value};
use crate::error::PrimError;
use crate::interp::MILLISECOND_MASK;
use crate::oop::Oop;
use crate::platform::Platform;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(135, "primitiveMillisecondClock", (0, 0), "Milliseconds of a clock that starts again after 2^29.", milliseconds),
    value(137, "primitiveSecondsClock", (0, 0), "Seconds of local time since 1901.", seconds),
    value(240, "primitiveUTCMicrosecondClock", (0, 0), "Microseconds since 1901 in UTC.", utc_microseconds),
    value(241, "primitiveLocalMicrosecondClock", (0, 0), "Microseconds since 1901 in local time.", local_microseconds),
    value(243, "primitiveUpdateTimezone", (0, 0), "Nothing to do: the time zone is asked for every time.", |_, args| {
        Ok(args.receiver())
    }),
    value(
        244,
        "primitiveUtcAndTimezoneOffset",
        (0, 1),
        "An Array, or the object given, of microseconds since 1901 in UTC and seconds that local time is ahead.",
        utc_and_offset,
    ),
    value(245, "primitiveCoarseUTCMicrosecondClock", (0, 0), "The same as 240.", utc_microseconds),
    value(246, "primitiveCoarseLocalMicrosecondClock", (0, 0), "The same as 241.", local_microseconds),
];

fn milliseconds(vm: &mut Vm, _: Args) -> Answer {
    let milliseconds = vm.platform.monotonic_microseconds() / 1000;
    Ok(Oop::from_small_int((milliseconds & MILLISECOND_MASK) as i64))
}

fn local(platform: &mut dyn Platform) -> u64 {
    let offset = platform.local_offset_seconds() * 1_000_000;
    platform.utc_microseconds().saturating_add_signed(offset)
}

fn seconds(vm: &mut Vm, _: Args) -> Answer {
    let seconds = local(&mut *vm.platform) / 1_000_000;
    vm.heap.unsigned_integer(seconds)
}

fn utc_microseconds(vm: &mut Vm, _: Args) -> Answer {
    let time = vm.platform.utc_microseconds();
    vm.heap.unsigned_integer(time)
}

fn local_microseconds(vm: &mut Vm, _: Args) -> Answer {
    let time = local(&mut *vm.platform);
    vm.heap.unsigned_integer(time)
}

fn utc_and_offset(vm: &mut Vm, args: Args) -> Answer {
    let time = vm.platform.utc_microseconds();
    let offset = Oop::from_small_int(vm.platform.local_offset_seconds());
    let time = vm.heap.unsigned_integer(time)?;
    if args.count() == 0 {
        return vm.heap.array(&[time, offset]);
    }
    let pair = super::operands::plain_object(&vm.heap, args.get(0), PrimError::BAD_ARGUMENT)?;
    if !vm.heap.format(pair).is_pointers() || vm.heap.num_slots(pair) < 2 {
        return Err(PrimError::BAD_ARGUMENT);
    }
    if vm.heap.is_immutable(pair) {
        return Err(PrimError::NO_MODIFICATION);
    }
    vm.heap.store(pair, 0, time);
    vm.heap.store(pair, 1, offset);
    Ok(pair)
}
