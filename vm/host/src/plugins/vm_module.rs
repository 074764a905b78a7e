//! The module without a name: primitives of the VM that need the world. Those that need only the heap are in `osvm-core`.

use osvm_plugin_sdk::classic::{Call, Module, Outcome, Plugin, Primitive, Value};

/// The module.
pub(super) fn plugin() -> Box<dyn Plugin> {
    Box::new(Module::new("", PRIMITIVES, ()))
}

const PRIMITIVES: &[Primitive<()>] =
    &[Primitive::new("primitiveGetCurrentWorkingDirectory", "(buffer: oop) -> oop", current_working_directory)];

/// A String with the working directory. The argument is a buffer that this VM has no need of.
fn current_working_directory(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let path = call.world.files()?.current_dir()?;
    Ok(Value::Object(call.objects.new_string(&path)?))
}
