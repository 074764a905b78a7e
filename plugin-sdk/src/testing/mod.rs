//! Testing a plugin without a VM: objects and a world in memory, and calls that convert by signature as the host does.
//!
//! ```
//! use osvm_plugin_sdk::prelude::*;
//! use osvm_plugin_sdk::testing::{Fake, Tester};
//!
//! #[plugin(name = "GreetingPlugin", imports(console))]
//! mod greeting_plugin {
//!     use super::*;
//!
//!     #[primitive]
//!     fn primitive_greet(cx: &Context, name: &str, times: i64) -> Result<String, PrimitiveError> {
//!         let greeting = format!("Hello, {name}!");
//!         for _ in 0..times {
//!             cx.console().print(greeting.as_bytes())?;
//!         }
//!         Ok(greeting)
//!     }
//! }
//!
//! # fn main() {
//! let mut t = Tester::new(&PLUGIN);
//! assert_eq!(t.call("primitiveGreet", ("Ada", 2)), Ok(Fake::string("Hello, Ada!")));
//! assert_eq!(t.world.stdout_text(), "Hello, Ada!\nHello, Ada!\n");
//! // What does not match the signature fails before the plugin runs, as in a VM.
//! assert_eq!(t.call("primitiveGreet", (5, "Ada")), Err(PrimitiveError::BadArgument));
//! // So does what was not granted.
//! t.deny("console");
//! assert_eq!(t.call("primitiveGreet", ("Ada", 1)), Err(PrimitiveError::Unsupported));
//! # }
//! ```
//!
//! Arguments are a tuple of what is a [`Fake`] or becomes one, or an array or vector of [`Fake`]s. A `Fake` that is an object keeps its
//! identity: what the plugin writes into it can be seen in the test's own clone of it.
//!
//! ```
//! # use osvm_plugin_sdk::prelude::*;
//! # use osvm_plugin_sdk::testing::{Fake, Tester};
//! # #[plugin(name = "ClearPlugin")]
//! # mod clear_plugin {
//! #     use super::*;
//! #     #[primitive]
//! #     fn primitive_clear(cx: &Context, object: Object) -> Result<(), PrimitiveError> {
//! #         let size = cx.byte_size(object)?;
//! #         cx.write(object, 0, &vec![0; size])
//! #     }
//! # }
//! # fn main() {
//! # let mut t = Tester::new(&PLUGIN);
//! let buffer = Fake::bytes([1, 2, 3]);
//! t.call("primitiveClear", [buffer.clone()]).unwrap();
//! assert_eq!(buffer, Fake::bytes([0, 0, 0]));
//! assert_eq!(t.call("primitiveClear", [buffer.read_only()]), Err(PrimitiveError::NoModification));
//! # }
//! ```
//!
//! The same tests run against a built file, or in the real host, with `osvm_host::testing::PluginTest`, which takes the same arguments and
//! answers the same values.

mod arguments;
#[allow(unsafe_code)]
mod convert;
mod fake;
mod files;
#[allow(unsafe_code)]
mod host;
mod node;
mod objects;
mod others;
#[allow(unsafe_code)]
mod tester;
mod world;

pub use arguments::Arguments;
pub use fake::{Body, Fake, FakeObject, FakeResource};
pub use files::MemoryFiles;
pub use others::{FakeSocket, FakeTimer};
pub use tester::Tester;
pub use world::World;
