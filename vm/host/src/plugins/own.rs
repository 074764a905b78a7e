//! The module without a name: primitives of the VM itself that need the world. Those that need only the heap are in `osvm-core`.

use osvm_core::error::PrimError;
use osvm_core::object;
use osvm_core::oop::Oop;
use osvm_core::plugin::Call;

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OwnPrimitive {
    /// No module is loaded from now on.
    DisableModuleLoading,
    /// A String with the working directory.
    CurrentWorkingDirectory,
}

/// Their names and signatures.
pub(super) const OWN: [(OwnPrimitive, &str, &str); 2] = [
    (OwnPrimitive::DisableModuleLoading, "primitiveDisableModuleLoading", "() -> self"),
    (OwnPrimitive::CurrentWorkingDirectory, "primitiveGetCurrentWorkingDirectory", "(buffer: oop) -> text"),
];

impl OwnPrimitive {
    pub(super) fn named(name: &str) -> Option<OwnPrimitive> {
        OWN.iter().find(|(_, own, _)| *own == name).map(|(primitive, ..)| *primitive)
    }
}

/// The argument is a buffer, which this VM has no need of.
pub(super) fn current_working_directory(call: &mut Call<'_>) -> Result<Oop, PrimError> {
    let number = |error: std::io::Error| PrimError::system(error.raw_os_error().unwrap_or(2));
    let path = crate::world::current_dir().map_err(number)?;
    call.heap.byte_object(object::CLASS_INDEX_STRING, path.as_os_str().as_encoded_bytes())
}
