//! VM parameters, primitive 254: a table of numbers from 1, as the Pharo and OpenSmalltalk VMs have them.

use super::operands::Answer;
use super::{Primitive, value};
use crate::error::PrimError;
use crate::image::ImageHeader;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[value(
    254,
    "primitiveVMParameter",
    (0, 2),
    "An Array of all VM parameters; the one of a number from 1; with a second argument sets it and answers the old one.",
    vm_parameter,
)];

use Value::{Float, Int};

/// The value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// An Integer.
    Int(u64),
    /// A Float.
    Float(f64),
}

/// Sets a parameter to a number; fails if it is out of range, or not whole where the parameter is an integer.
pub type Setter = fn(&mut Vm, f64) -> Result<(), PrimError>;

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
/// Parameter 48 is the header's flags without the two lowest.
const FLAGS_SHIFT: u32 = 2;
/// Bytes of an object that survives, on average: parameter 6 counts objects, the heap bytes. From the reference.
const SURVIVOR_BYTES: u64 = 32;
/// The external semaphores that there are at least.
const EXTERNAL_SEMAPHORES: u64 = 256;

/// All parameters, sorted by number.
pub const PARAMETERS: &[Parameter] = &[
    read(1, "bytes of old space in use", |vm| Int(vm.heap.old_bytes())),
    read(2, "bytes of new space", |vm| Int(vm.heap.new_space_bytes())),
    read(3, "bytes of old space in use and of new space", |vm| Int(vm.heap.old_bytes() + vm.heap.new_space_bytes())),
    write(6, "survivors above which a scavenge tenures the oldest", tenuring_threshold, set_tenuring_threshold),
    read(7, "full collections", |vm| Int(vm.heap.stats.full_collections)),
    read(8, "milliseconds in full collections", |vm| milliseconds(vm.heap.stats.full_microseconds)),
    read(9, "scavenges", |vm| Int(vm.heap.stats.scavenges)),
    read(10, "milliseconds in scavenges", |vm| milliseconds(vm.heap.stats.scavenge_microseconds)),
    write(
        11,
        "objects that scavenges tenured",
        |vm| Int(vm.heap.stats.tenured_objects),
        |vm, count| {
            vm.heap.stats.tenured_objects = ranged(count, i64::MAX as u64)?;
            Ok(())
        },
    ),
    read(16, "microseconds idle: 0, it is the surroundings that wait", |_| Int(0)),
    read(20, "when the VM started, in microseconds since 1901 in UTC", |vm| Int(vm.start_time)),
    read(21, "old objects noted to refer to young ones", |vm| Int(vm.heap.remembered_len() as u64)),
    write(
        23,
        "bytes that the image asks for beside its own (kept for it)",
        |vm| Int(vm.header.extra_vm_memory as u64),
        |vm, bytes| {
            vm.header.extra_vm_memory = ranged(bytes, u32::MAX as u64)? as u32;
            Ok(())
        },
    ),
    write(
        24,
        "bytes behind old space that are kept when free",
        |vm| Int(vm.heap.policy.shrink_bytes),
        |vm, bytes| {
            vm.heap.policy.shrink_bytes = positive(bytes)?;
            Ok(())
        },
    ),
    write(
        25,
        "bytes that old space grows by at least between full collections",
        |vm| Int(vm.heap.policy.headroom_bytes),
        |vm, bytes| {
            vm.heap.policy.headroom_bytes = positive(bytes)?;
            Ok(())
        },
    ),
    read(31, "times that old space was let grow", |vm| Int(vm.heap.stats.grow_requests)),
    read(32, "times that memory was given back", |vm| Int(vm.heap.stats.shrinks)),
    read(33, "old objects looked at by the last scavenge", |vm| Int(vm.heap.stats.remembered_scanned)),
    read(34, "bytes allocated, as of the last collection", |vm| Int(vm.heap.stats.allocated_bytes)),
    read(35, "young objects that survived the last collection", |vm| Int(vm.heap.stats.survivors)),
    read(40, "bytes of a word", |_| Int(8)),
    read(41, "format number of the image", |vm| Int(vm.header.version as u64)),
    write(
        43,
        "stack pages wanted at the next start (kept for it)",
        |vm| Int(vm.header.stack_pages as u64),
        |vm, pages| {
            vm.header.stack_pages = ranged(pages, u16::MAX as u64)? as u16;
            Ok(())
        },
    ),
    read(44, "bytes of eden", |vm| Int(vm.heap.eden_bytes())),
    write(
        45,
        "bytes of eden wanted at the next start; 0 for the VM's choice",
        |vm| Int(vm.header.eden_bytes as u64),
        |vm, bytes| {
            vm.header.eden_bytes = ranged(bytes, u32::MAX as u64)? as u32;
            Ok(())
        },
    ),
    read(46, "bytes of machine code: none", |_| Int(0)),
    read(47, "bytes of machine code wanted: none", |_| Int(0)),
    write(
        48,
        "flags saved with the image; 4: a preempted process stays in front of its list, 16: weak arrays are mourned too, \
         32: wheel events",
        |vm| Int(vm.header.flags >> FLAGS_SHIFT),
        set_flags,
    ),
    write(49, "semaphores that may be signalled from outside (there is no limit)", external_semaphores, |vm, count| {
        vm.header.max_external_semaphores = ranged(count, u16::MAX as u64)? as u16;
        Ok(())
    }),
    read(53, "segments of old space", |_| Int(1)),
    read(54, "bytes that objects may still take", |vm| Int(vm.heap.bytes_left())),
    write(55, "growth of old space, as a part of what lives, that asks for a full collection", growth, set_growth),
    read(56, "switches of processes", |vm| Int(vm.counters.process_switches)),
    read(59, "looks for events", |vm| Int(vm.counters.event_checks)),
    read(61, "stack pages written out to contexts", |vm| Int(vm.counters.stack_pages_flushed)),
    read(65, "features; 1: both bytecode sets, 2: read-only objects", |_| Int(FEATURES)),
    read(67, "bytes that memory may have", |vm| Int(vm.heap.limit_bytes())),
    write(
        79,
        "Pharo's version of the image",
        |vm| Int(vm.header.image_version as u64),
        |vm, version| {
            vm.header.image_version = ranged(version, u16::MAX as u64)? as u16;
            Ok(())
        },
    ),
];

fn milliseconds(microseconds: u64) -> Value {
    Int((microseconds + 500) / 1000)
}

/// The integer of `number` if it is one from 0 to `highest`.
fn ranged(number: f64, highest: u64) -> Result<u64, PrimError> {
    if (0.0..=highest as f64).contains(&number) && number.fract() == 0.0 {
        Ok(number as u64)
    } else {
        Err(PrimError::INAPPROPRIATE)
    }
}

fn positive(number: f64) -> Result<u64, PrimError> {
    ranged(number, 1 << 48).and_then(|number| if number > 0 { Ok(number) } else { Err(PrimError::INAPPROPRIATE) })
}

fn survivor_space_bytes(vm: &Vm) -> u64 {
    (vm.heap.past.end - vm.heap.past.start).max(1)
}

fn tenuring_threshold(vm: &Vm) -> Value {
    Int(vm.heap.policy.tenure_above_256ths as u64 * survivor_space_bytes(vm) / 256 / SURVIVOR_BYTES)
}

fn set_tenuring_threshold(vm: &mut Vm, survivors: f64) -> Result<(), PrimError> {
    let bytes = ranged(survivors, 1 << 40)? * SURVIVOR_BYTES;
    vm.heap.policy.tenure_above_256ths = (bytes * 256 / survivor_space_bytes(vm)).min(256) as u32;
    Ok(())
}

fn growth(vm: &Vm) -> Value {
    Float(vm.heap.policy.growth_256ths as f64 / 256.0)
}

fn set_growth(vm: &mut Vm, growth: f64) -> Result<(), PrimError> {
    if !(0.0..=1e6).contains(&growth) {
        return Err(PrimError::INAPPROPRIATE);
    }
    vm.heap.policy.growth_256ths = (growth * 256.0).round() as u32;
    Ok(())
}

fn external_semaphores(vm: &Vm) -> Value {
    Int((vm.header.max_external_semaphores as u64).max(EXTERNAL_SEMAPHORES))
}

fn set_flags(vm: &mut Vm, flags: f64) -> Result<(), PrimError> {
    let flags = ranged(flags, 0xFFFF)? << FLAGS_SHIFT;
    vm.header.flags = (vm.header.flags & ((1 << FLAGS_SHIFT) - 1)) | flags;
    vm.preemption_yields = vm.header.preemption_yields();
    vm.heap.new_finalization = flags & ImageHeader::NEW_FINALIZATION != 0;
    Ok(())
}

fn answer(vm: &mut Vm, get: fn(&Vm) -> Value) -> Answer {
    match get(vm) {
        Int(value) => vm.heap.unsigned_integer(value),
        Float(value) => vm.heap.float(value),
    }
}

fn vm_parameter(vm: &mut Vm, args: Args) -> Answer {
    if args.count() == 0 {
        return all(vm);
    }
    let number = args.get(0).as_small_int().ok_or(PrimError::BAD_ARGUMENT)?;
    if !(1..=COUNT as i64).contains(&number) {
        return Err(PrimError::BAD_INDEX);
    }
    let parameter = PARAMETERS.iter().find(|parameter| parameter.number as i64 == number);
    if args.count() == 1 {
        return match parameter {
            Some(parameter) => answer(vm, parameter.get),
            None => Ok(vm.heap.nil()),
        };
    }
    let new = match args.get(1).as_small_int() {
        Some(new) => new as f64,
        None => vm.heap.float_value(args.get(1)).ok_or(PrimError::BAD_ARGUMENT)?,
    };
    let (get, set) = parameter.and_then(|p| p.set.map(|set| (p.get, set))).ok_or(PrimError::INAPPROPRIATE)?;
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
        assert_eq!(vm.call(254, &[nil, int(0)]), Err(PrimError::BAD_INDEX));
        assert_eq!(vm.call(254, &[nil, int(43), int(30)]), Ok(int(0)));
        assert_eq!(vm.call(254, &[nil, int(43)]), Ok(int(30)));
        assert_eq!(vm.call(254, &[nil, int(40), int(4)]), Err(PrimError::INAPPROPRIATE));
        let all = vm.call(254, &[nil]).unwrap();
        assert_eq!(vm.heap.num_slots(all), COUNT);
        assert_eq!(vm.heap.fetch(all, 39), int(8));
    }
}
