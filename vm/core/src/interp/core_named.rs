//! Primitives that images call by name and that belong to the VM itself: the module is nil or empty.

use crate::error::PrimError;
use crate::oop::Oop;
use crate::vm::Vm;

/// Calls the primitive `function`; fails with `#'not found'` if there is none.
pub(super) fn call(vm: &mut Vm, function: &str, args: usize) -> Result<(), PrimError> {
    let value = match function {
        "primitiveImageFormatVersion" => Oop::from_small_int(vm.header().version as i64),
        "primitiveInterpreterSourceVersion" | "primitivePlatformSourceVersion" | "primitiveVMVersion" => {
            vm.heap.string(concat!("osvm ", env!("CARGO_PKG_VERSION")))?
        }
        "primitiveIsYoung" => {
            let object = vm.stack_value(0);
            vm.heap.bool(vm.heap.is_young(object))
        }
        "primitiveIsRoot" => {
            let object = vm.stack_value(0);
            vm.heap.bool(object.is_pointer() && vm.heap.header(object) & crate::object::REMEMBERED_BIT != 0)
        }
        "primitiveForceTenure" => {
            // What is alive in new space is moved to old space by a full collection.
            vm.collect(true).map_err(|e| vm.stop(e))?;
            vm.stack_value(args)
        }
        "primitiveScreenSize" => return Err(PrimError::Unsupported),
        _ => return Err(PrimError::NotFound),
    };
    vm.answer(args, value);
    Ok(())
}
