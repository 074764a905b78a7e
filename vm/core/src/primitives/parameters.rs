//! VM parameters, primitive 254: a table of numbers from 1, as the Pharo and OpenSmalltalk VMs have them.

use super::operands::Answer;
use super::{Primitive, value};
use crate::error::PrimError;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[value(
    254,
    "primitiveVMParameter",
    (0, 2),
    "An Array of all VM parameters; the one of a number from 1; with a second argument sets it and answers the old one.",
    vm_parameter,
)];

/// What the image set by primitives and parameters and is not kept elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// When the VM started, in microseconds since 1901 in UTC.
    pub start_time: u64,
    /// Fewer bytes left than this are short.
    pub low_space_bytes: u64,
    /// Stack pages wanted at the next start; 0 for the VM's choice.
    pub stack_pages: i64,
    /// Bytes of eden wanted at the next start; 0 for the VM's choice.
    pub eden_bytes: i64,
    /// Semaphores that may be signalled from outside.
    pub external_semaphores: i64,
}

/// The value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// An Integer.
    Int(u64),
    /// A Float.
    Float(f64),
}

/// Sets a parameter; fails if the value is out of range.
pub type Setter = fn(&mut Vm, i64) -> Result<(), PrimError>;

/// A VM parameter.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// Its number, from 1.
    pub number: u8,
    /// What it is.
    pub doc: &'static str,
    /// Its value.
    pub get: fn(&Vm) -> Value,
    /// How it is set, if it may be set.
    pub set: Option<Setter>,
}

const fn read(number: u8, doc: &'static str, get: fn(&Vm) -> Value) -> Parameter {
    Parameter { number, doc, get, set: None }
}

const fn write(number: u8, doc: &'static str, get: fn(&Vm) -> Value, set: Setter) -> Parameter {
    Parameter { number, doc, get, set: Some(set) }
}

/// Size of the array of all parameters.
const COUNT: usize = 86;
/// What parameter 65 says: two bytecode sets (1) and read-only objects (2).
const FEATURES: u64 = 1 | 2;
/// The two lowest flags of the image header, which are no part of parameter 48.
const HEADER_ONLY_FLAGS: u64 = 3;
/// Parameter 48 is the header's flags without the two lowest.
const FLAGS_SHIFT: u32 = 2;
/// The header's flag by which a preempted process stays in front of its list.
const PREEMPTION_DOES_NOT_YIELD: u64 = 16;

/// All parameters, sorted by number.
pub const PARAMETERS: &[Parameter] = &[
    read(1, "bytes of old space in use", |vm| Value::Int(vm.heap.old_bytes())),
    read(2, "bytes of new space", |vm| Value::Int(vm.heap.old_start - vm.heap.region.base())),
    read(3, "bytes of memory in use", |vm| Value::Int(vm.heap.old_bytes() + vm.heap.old_start - vm.heap.region.base())),
    read(7, "full collections", |vm| Value::Int(vm.counters.full_collections)),
    read(8, "milliseconds in full collections", |vm| milliseconds(vm.counters.full_micros.0)),
    read(9, "scavenges", |vm| Value::Int(vm.counters.scavenges)),
    read(10, "milliseconds in scavenges", |vm| milliseconds(vm.counters.scavenge_micros.0)),
    read(20, "when the VM started, in microseconds since 1901 in UTC", |vm| Value::Int(vm.settings.start_time)),
    read(40, "bytes of a word", |_| Value::Int(8)),
    read(41, "format number of the image", |vm| Value::Int(vm.header.version as u64)),
    write(
        43,
        "stack pages wanted at the next start",
        |vm| Value::Int(vm.settings.stack_pages as u64),
        |vm, pages| {
            vm.settings.stack_pages = ranged(pages, 65535)?;
            Ok(())
        },
    ),
    read(44, "bytes of eden", |vm| Value::Int(vm.heap.eden.end - vm.heap.eden.start)),
    write(
        45,
        "bytes of eden wanted at the next start",
        |vm| Value::Int(vm.settings.eden_bytes as u64),
        |vm, bytes| {
            vm.settings.eden_bytes = ranged(bytes, u32::MAX as i64)?;
            Ok(())
        },
    ),
    read(46, "bytes of machine code: none", |_| Value::Int(0)),
    read(47, "bytes of machine code wanted: none", |_| Value::Int(0)),
    write(48, "flags saved with the image; 4: a preempted process stays in front of its list", flags, set_flags),
    write(
        49,
        "semaphores that may be signalled from outside",
        |vm| Value::Int(vm.settings.external_semaphores as u64),
        |vm, count| {
            vm.settings.external_semaphores = ranged(count, 65535)?;
            Ok(())
        },
    ),
    read(53, "segments of old space", |_| Value::Int(1)),
    read(54, "bytes that objects may still take", |vm| Value::Int(vm.heap.bytes_left())),
    read(56, "switches of processes", |vm| Value::Int(vm.counters.process_switches)),
    read(59, "looks for events", |vm| Value::Int(vm.counters.event_checks)),
    read(61, "stack pages written out to contexts", |vm| Value::Int(vm.counters.stack_pages_flushed)),
    read(65, "features; 1: both bytecode sets, 2: read-only objects", |_| Value::Int(FEATURES)),
    read(67, "bytes that memory may have", |vm| Value::Int(vm.heap.limit_bytes())),
];

fn milliseconds(microseconds: u64) -> Value {
    Value::Int((microseconds + 500) / 1000)
}

/// A number from 0 to `highest`.
fn ranged(number: i64, highest: i64) -> Result<i64, PrimError> {
    if (0..=highest).contains(&number) { Ok(number) } else { Err(PrimError::Inappropriate) }
}

fn flags(vm: &Vm) -> Value {
    Value::Int(vm.header.flags >> FLAGS_SHIFT)
}

fn set_flags(vm: &mut Vm, flags: i64) -> Result<(), PrimError> {
    let flags = ranged(flags, 0xFFFF)? as u64;
    vm.header.flags = (vm.header.flags & HEADER_ONLY_FLAGS) | flags << FLAGS_SHIFT;
    vm.preemption_yields = vm.header.flags & PREEMPTION_DOES_NOT_YIELD == 0;
    Ok(())
}

fn answer(vm: &mut Vm, get: fn(&Vm) -> Value) -> Answer {
    match get(vm) {
        Value::Int(value) => vm.heap.unsigned_integer(value),
        Value::Float(value) => vm.heap.float(value),
    }
}

fn vm_parameter(vm: &mut Vm, args: Args) -> Answer {
    if args.count() == 0 {
        return all(vm);
    }
    let number = args.get(0).as_small_int().ok_or(PrimError::BadArgument)?;
    if !(1..=COUNT as i64).contains(&number) {
        return Err(PrimError::BadIndex);
    }
    let parameter = PARAMETERS.iter().find(|parameter| parameter.number as i64 == number);
    if args.count() == 1 {
        return match parameter {
            Some(parameter) => answer(vm, parameter.get),
            None => Ok(vm.heap.nil()),
        };
    }
    let new = args.get(1).as_small_int().ok_or(PrimError::BadArgument)?;
    let (get, set) = parameter.and_then(|p| p.set.map(|set| (p.get, set))).ok_or(PrimError::Inappropriate)?;
    let old = answer(vm, get)?;
    set(vm, new)?;
    Ok(old)
}

fn all(vm: &mut Vm) -> Answer {
    let mut values = vec![vm.heap.nil(); COUNT];
    for parameter in PARAMETERS {
        values[parameter.number as usize - 1] = answer(vm, parameter.get)?;
    }
    vm.heap.array(&values)
}

/// A parameter must be found by its number, and fit in the array.
const _: () = {
    let mut i = 0;
    while i < PARAMETERS.len() {
        assert!(PARAMETERS[i].number as usize <= COUNT && (i == 0 || PARAMETERS[i - 1].number < PARAMETERS[i].number));
        i += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oop::Oop;
    use crate::primitives::testing::TestVm;

    #[test]
    fn parameters_are_read_and_set() {
        let mut vm = TestVm::new();
        let (nil, int) = (vm.heap.nil(), Oop::from_small_int);
        assert_eq!(vm.call(254, &[nil, int(40)]), Ok(int(8)));
        assert_eq!(vm.call(254, &[nil, int(12)]), Ok(nil));
        assert_eq!(vm.call(254, &[nil, int(0)]), Err(PrimError::BadIndex));
        assert_eq!(vm.call(254, &[nil, int(43), int(30)]), Ok(int(0)));
        assert_eq!(vm.call(254, &[nil, int(43)]), Ok(int(30)));
        assert_eq!(vm.call(254, &[nil, int(40), int(4)]), Err(PrimError::Inappropriate));
        let all = vm.call(254, &[nil]).unwrap();
        assert_eq!(vm.heap.num_slots(all), COUNT);
        assert_eq!(vm.heap.fetch(all, 39), int(8));
    }
}
