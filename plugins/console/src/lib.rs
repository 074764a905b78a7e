//! ConsolePlugin: lines for the person who runs the image, as SqueakJS's plugin of that name prints them.

#![forbid(unsafe_code)]

use osvm_plugin_sdk::prelude::*;

/// The plugin.
#[plugin(name = "ConsolePlugin", imports(console))]
mod console_plugin {
    use super::*;

    /// Prints the message and a line feed: `log`, `info` and `debug` on standard output, `warn` and `error` on standard error.
    #[primitive(name = "primitiveLog:level:")]
    fn log(cx: &Context, message: &[u8], level: &[u8]) -> Result<(), PrimitiveError> {
        match level {
            b"log" | b"info" | b"debug" => cx.console().print(message),
            b"warn" | b"error" => cx.console().print_error(message),
            _ => Err(PrimitiveError::BadArgument),
        }
    }
}
