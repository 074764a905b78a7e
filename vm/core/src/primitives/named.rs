//! Primitives of the VM's own that images call by name, without a module. The interpreter comes here when the host of plugins has
//! none of that name.
//!
//! The reference also exports some of its numbered primitives by their names; here all of them can be called so.

use super::operands::{Answer, small};
use super::{Run, TABLE};
use crate::error::PrimError;
use crate::interp::MILLISECOND_MASK;
use crate::oop::Oop;
use crate::vm::{Args, Vm};

/// A row of [`NAMED`].
pub struct Named {
    /// Its name in the image.
    pub name: &'static str,
    /// The number of arguments that it takes.
    pub args: u8,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// How.
    pub run: Run,
}

const VERSION: &str = concat!("osvm ", env!("CARGO_PKG_VERSION"));
const BEFORE_SPUR: &str = "Belongs to the collector before Spur; VM parameters say how memory grows.";

const fn value(name: &'static str, args: u8, doc: &'static str, run: super::ValuePrimitive) -> Named {
    Named { name, args, doc, run: Run::Value(run) }
}

const fn fails(name: &'static str, args: u8, doc: &'static str) -> Named {
    Named { name, args, doc, run: Run::Fails(doc) }
}

/// The primitives that have a name only.
pub const NAMED: &[Named] = &[
    Named {
        name: "primitiveForceTenure",
        args: 0,
        doc: "Moves all young objects to old space.",
        run: Run::Control(|vm, args| {
            vm.collect(true).map_err(|e| vm.stop(e))?;
            let receiver = vm.stack_value(args);
            vm.answer(args, receiver);
            Ok(())
        }),
    },
    value("primitiveImageFormatVersion", 0, "Format number of the image.", |vm, _| {
        Ok(Oop::from_small_int(vm.header().version as i64))
    }),
    value("primitiveInterpreterSourceVersion", 0, "Name and version of the VM.", version),
    value("primitiveIsBigEnder", 0, "Whether words have their highest byte first: false.", |vm, _| Ok(vm.heap.false_())),
    value("primitiveIsRoot", 1, "Whether the collector looks at an old object for young ones.", |vm, args| {
        Ok(vm.heap.bool(vm.heap.is_remembered(args.get(0))))
    }),
    value("primitiveIsYoung", 1, "Whether an object is in new space.", |vm, args| Ok(vm.heap.bool(vm.heap.is_young(args.get(0))))),
    value("primitiveMillisecondClockMask", 0, "The largest value of the millisecond clock.", |_, _| {
        Ok(Oop::from_small_int(MILLISECOND_MASK as i64))
    }),
    value("primitivePlatformSourceVersion", 0, "Name and version of the VM.", version),
    value("primitiveRootTable", 0, "An Array of the old objects that the collector looks at for young ones.", |vm, _| {
        let roots = vm.heap.remembered_objects();
        vm.heap.array(&roots)
    }),
    value("primitiveRootTableAt", 1, "One of these by its number from 1; nil behind the last.", |vm, args| {
        let index = super::operands::index(args.get(0))?;
        Ok(vm.heap.remembered_objects().get(index).copied().unwrap_or(vm.heap.nil()))
    }),
    fails("primitiveSetGCBiasToGrow", 1, BEFORE_SPUR),
    fails("primitiveSetGCBiasToGrowGCLimit", 1, BEFORE_SPUR),
    value(
        "primitiveSetGCSemaphore",
        1,
        "Sets which external semaphore is signalled after each collection; 0 for none.",
        |vm, args| {
            vm.gc_semaphore = usize::try_from(small(args.get(0))?).map_err(|_| PrimError::GENERIC)?;
            Ok(args.receiver())
        },
    ),
    value("primitiveVMVersion", 0, "Name and version of the VM.", version),
    value("primitiveVoidReceiver", 0, "Nothing: there is no machine code to be dropped.", |_, args| Ok(args.receiver())),
];

fn version(vm: &mut Vm, _: Args) -> Answer {
    vm.heap.string(VERSION)
}

/// What a primitive of this name does with so many arguments.
pub(crate) fn lookup_by_name(name: &str, args: usize) -> Option<Run> {
    let named = NAMED.iter().find(|row| row.name == name && row.args as usize == args).map(|row| row.run);
    named.or_else(|| TABLE.iter().find(|row| row.name == name && row.accepts(args)).map(|row| row.run))
}
