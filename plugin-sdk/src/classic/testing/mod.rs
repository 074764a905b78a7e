//! Testing a plugin without a VM: objects and a world in memory, and calls that convert by signature as the host does.
//!
//! ```
//! use osvm_plugin_sdk::classic::testing::{Fake, Tester};
//! # use osvm_plugin_sdk::classic::{Call, Module, Outcome, Plugin, Primitive, Value};
//! # fn double(_: &mut (), call: &mut Call<'_>) -> Outcome { Ok(Value::Int(call.int(0)? * 2)) }
//! # const PRIMITIVES: &[Primitive<()>] = &[Primitive::new("primitiveDouble", "(number: int) -> int", double)];
//! # fn plugin() -> Box<dyn Plugin> { Box::new(Module::new("DoublePlugin", PRIMITIVES, ())) }
//!
//! let mut tester = Tester::new(plugin());
//! assert_eq!(tester.call("primitiveDouble", Fake::Nil, &mut [Fake::Int(21)]), Ok(Fake::Int(42)));
//! ```

mod fake;
mod tester;
mod world;

pub use fake::Fake;
pub use tester::Tester;
pub use world::MemoryWorld;
