//! ConsolePlugin: lines for the person who runs the image, as SqueakJS's plugin of that name prints them.

#![forbid(unsafe_code)]

use osvm_plugin_sdk::classic::{Call, Level, Module, Outcome, Plugin, Primitive, PrimitiveError, Value};

/// The plugin.
pub fn plugin() -> Box<dyn Plugin> {
    Box::new(Module::new("ConsolePlugin", PRIMITIVES, ()))
}

const PRIMITIVES: &[Primitive<()>] = &[Primitive::new("primitiveLog:level:", "(message: bytes, level: bytes) -> self", log)];

/// Prints the message and a line feed: `log`, `info` and `debug` on standard output, `warn` and `error` on standard error.
fn log(_: &mut (), call: &mut Call<'_>) -> Outcome {
    let level = match call.bytes(1)? {
        b"log" | b"info" | b"debug" => Level::Info,
        b"warn" | b"error" => Level::Error,
        _ => return Err(PrimitiveError::BadArgument),
    };
    let message = call.objects.bytes(call.object(0)?);
    call.world.console()?.print_line(level, message)?;
    Ok(Value::Receiver)
}
