//! What a plugin of osvm is written against.
//!
//! A Smalltalk method such as
//!
//! ```text
//! next
//!     <primitive: 'primitiveCounterNext' module: 'CounterPlugin'>
//!     ^self primitiveFailed
//! ```
//!
//! calls a function of a *plugin*, which is a crate like this one:
//!
//! ```
//! #![forbid(unsafe_code)]
//!
//! use osvm_plugin_sdk::prelude::*;
//!
//! /// Something that stays open between calls. The image has a handle for it.
//! pub struct Counter {
//!     value: i64,
//!     step: i64,
//! }
//!
//! impl Resource for Counter {}
//!
//! #[plugin(name = "CounterPlugin", imports(log))]
//! mod counter_plugin {
//!     use super::*;
//!
//!     /// What the plugin keeps for itself.
//!     #[derive(Default)]
//!     pub struct State {
//!         made: i64,
//!     }
//!
//!     /// `(start: int, step?: int) -> resource`
//!     #[primitive]
//!     fn primitive_counter_new(state: &mut State, start: i64, #[omittable] step: Option<i64>) -> New<Counter> {
//!         state.made += 1;
//!         New(Counter { value: start, step: step.unwrap_or(1) })
//!     }
//!
//!     /// `(counter: resource) -> int`
//!     #[primitive]
//!     fn primitive_counter_next(counter: &mut Counter) -> Result<i64, PrimitiveError> {
//!         counter.value = counter.value.checked_add(counter.step).ok_or(PrimitiveError::BadIndex)?;
//!         Ok(counter.value)
//!     }
//!
//!     /// `(counter: resource) -> self`
//!     #[primitive]
//!     fn primitive_counter_close(cx: &Context, counter: Closing<Counter>) {
//!         cx.log().debug(&format!("a counter ended at {}", counter.value));
//!     }
//!
//!     /// The VM is about to end.
//!     #[hook]
//!     fn quit(cx: &Context, state: &mut State) {
//!         cx.log().info(&format!("{} counters were made", state.made));
//!     }
//! }
//!
//! // In `tests/` of the crate:
//! use osvm_plugin_sdk::testing::{Fake, Tester};
//!
//! # fn main() {
//! let mut t = Tester::new(&PLUGIN);
//! let counter = t.call("primitiveCounterNew", (5, 2)).unwrap();
//! assert_eq!(t.call("primitiveCounterNext", (&counter,)), Ok(Fake::Int(7)));
//! assert_eq!(t.call("primitiveCounterClose", (&counter,)), Ok(Fake::Nil));
//! assert_eq!(t.call("primitiveCounterNext", (&counter,)), Err(PrimitiveError::BadArgument));
//! # }
//! ```
//!
//! The host checks and converts every argument by the signature before the function runs, and fails the primitive if one does not match.
//! Nothing that a plugin gets can be of a wrong type, and nothing that it does can reach outside: not the image's memory, and of the world
//! only what the configuration grants.
//!
//! # The attributes
//!
//! [`#[plugin]`](macro@plugin) makes a plugin of a module, [`#[primitive]`](macro@primitive) a primitive of a function in it, and
//! [`#[hook]`](macro@hook) something that the host calls. Their pages say what can be written there. The plugin itself is the static
//! `PLUGIN`, which `#[plugin]` adds beside the module.
//!
//! # Parameters
//!
//! | Rust | signature | accepts |
//! |---|---|---|
//! | `i64` | `int` | an Integer that fits in 64 bits |
//! | `f64` | `float` | a Float, or such an Integer |
//! | `bool` | `bool` | true, false |
//! | `char` | `char` | a Character that Unicode has |
//! | `&[u8]` | `bytes` | an object of bytes: String, Symbol, ByteArray, ... |
//! | `&[u32]` | `words` | an object of 32-bit units: Bitmap, WordArray, WideString, ... |
//! | `&[f32]` | `floats` | an object of 32-bit units, taken as single floats |
//! | `&str` | `text` | a String, converted to UTF-8 |
//! | [`Symbol<'_>`](Symbol) | `symbol` | a Symbol, converted to UTF-8 |
//! | [`Object`] | `oop` | any object |
//! | `&T`, `&mut T` | `resource` | a handle for a `T` that is a [`Resource`] |
//! | [`Closing<T>`] | `resource` | the same; the resource is taken out and its handles are dead |
//! | [`ResourceId<T>`] | `resource` | the same; its number |
//! | `Option<X>` | `X?` | nil, or what `X` accepts |
//! | `#[omittable] x: Option<X>` | `x?: X` | the same, and the call may come without it |
//! | `cx: &mut Context`, `&Context` | | no argument: see [`Context`] |
//! | `state: &mut State` | | no argument: the type `State` of the module, which is [`Default`] |
//!
//! A parameter named `receiver` takes the receiver of the message; it comes before the other arguments. Data (`&[u8]`, `&str`, ...) is lent for the
//! call, and an object that is lent so cannot be written to in the same call: take it as an [`Object`] to change it. One resource
//! cannot be `&mut` twice in a call: that fails with [`PrimitiveError::BadArgument`].
//!
//! # Results
//!
//! | Rust | signature | the image gets |
//! |---|---|---|
//! | nothing, `()` | `self` | the receiver |
//! | [`Nil`] | `nil` | nil |
//! | `i64`, `f64`, `bool`, `char` | `int`, `float`, `bool`, `char` | an Integer, a Float, true or false, a Character |
//! | `Vec<u8>`, `&'static [u8]` | `bytes` | a ByteArray |
//! | `Vec<u32>`, `&'static [u32]` | `words` | a WordArray |
//! | `Vec<f32>`, `&'static [f32]` | `floats` | a FloatArray |
//! | `String`, `&'static str` | `text` | a String |
//! | [`Object`] | `oop` | that object |
//! | [`New<T>`] | `resource` | a handle for a resource that is kept from now on |
//! | [`ResourceId<T>`] | `resource` | the handle for one that is kept already |
//! | `Option<X>` | `X?` | nil, or what `X` makes |
//! | a tuple | `(X, Y)` | an Array |
//! | `Option` of a tuple | `(X, Y)?` | nil, or an Array |
//!
//! Each can be in a `Result` whose error is a [`PrimitiveError`] or becomes one: then `?` hands on what fails, and the method's Smalltalk code runs and
//! sees the reason in its error-code variable. A type of your own becomes one by `impl From<MyError> for PrimitiveError`.
//!
//! A panic fails the primitive too, with [`PrimitiveError::Internal`]: what it says is in the VM's log. In a wasm module it also ends the
//! instance with its state and resources, and the next call makes a new one.
//!
//! # Objects and the world
//!
//! [`Context`] has them: the data of objects, new objects, files, clocks, random numbers, the log and what else the host offers. A plugin
//! says in `imports(...)` which interfaces it uses, and the configuration grants them:
//!
//! ```toml
//! [plugins.CounterPlugin]
//! module = "counter.wasm"
//! grants.log = true
//! ```
//!
//! # Tests
//!
//! [`testing`] runs a plugin in ordinary tests, with objects and a world in memory.
//!
//! # Three forms
//!
//! One crate is built as a wasm module, as a native library, and linked into `osvm`. Its `Cargo.toml` has
//!
//! ```toml
//! [package.metadata.osvm]
//! plugin = true
//!
//! [features]
//! export = []   # emits the symbols by which a host finds the plugin
//! ```
//!
//! and nothing else that is special: an ordinary library. What is exported is exported only with the feature `export`, so that several
//! plugins can be linked into one program by their `PLUGIN`. A wasm module is built for `wasm32-unknown-unknown`: there, what a
//! crate expects of an operating system (`std::fs`, `std::time`, threads) fails or panics, and [`Context`] has it instead.
//!
//! The code that the attributes write has `unsafe` blocks, each with the reason why it is sound; the compiler counts them as the macro's, so
//! `#![forbid(unsafe_code)]` in a plugin stays true of what its author wrote.

#![deny(unsafe_code)]

mod context;
#[doc(hidden)]
#[allow(unsafe_code)]
pub mod glue;
#[allow(unsafe_code)]
mod host;
pub mod interfaces;
mod object;
mod resource;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod words;

pub use context::Context;
pub use object::{Held, Object, Shape};
pub use osvm_plugin_abi as abi;
pub use osvm_plugin_abi::native::PluginTable;
pub use osvm_plugin_abi::{OsError, PrimitiveError};

/// Makes a plugin of a module.
///
/// ```
/// # use osvm_plugin_sdk::prelude::*;
/// #[plugin(name = "ShoutPlugin", imports(files, log))]
/// mod shout_plugin {
///     use super::*;
///
///     #[primitive]
///     fn primitive_shout(text: &str) -> String {
///         text.to_uppercase()
///     }
/// }
/// # fn main() {}
/// ```
///
/// `name` is the module's name in methods of the image. `imports(...)` lists the interfaces of the host that the plugin uses; the methods of
/// [`Context`] of the same names give them, and that for objects is always there. The plugin's version is that of its crate.
///
/// The functions with [`#[primitive]`](macro@primitive) and [`#[hook]`](macro@hook) must be in the module itself, not in one inside it; they can
/// call whatever they like. All else in the module stays as it is. If there is a type `State` in it, made there or brought in by `use`, then there is one value
/// of it for each VM, made by [`Default`] before the first call, and functions get it as `state: &mut State`.
///
/// Beside the module appears `pub static PLUGIN`, a [`PluginTable`]: what a host links in, and what
/// [`Tester::new`](crate::testing::Tester::new) takes. A crate has one plugin.
pub use osvm_plugin_macros::plugin;

/// Makes a primitive of a function in a module with [`#[plugin]`](macro@plugin).
///
/// Its name is the function's in camel case, `primitiveFileSize` for `primitive_file_size`, or what is written in
/// `#[primitive(name = "primitiveLog:level:")]`. Its signature follows from the types of its parameters and its result as the [page of the
/// crate](crate#parameters) says. The types are recognised by how they are written: an alias for `i64` is not, one for `Result` is.
pub use osvm_plugin_macros::primitive;

/// Makes a function in a module with [`#[plugin]`](macro@plugin) one that the host calls when something happens. Its name says what:
///
/// | function | when |
/// |---|---|
/// | `start()` | an image starts, or goes on after it was saved and loaded; before the first primitive |
/// | `snapshot()` | the image is about to be saved |
/// | `quit()` | the VM is about to end |
/// | `timer(token: i64)` | a timer has run out that the plugin started with [`Context::timers`] |
///
/// Each can also have `cx: &mut Context` and `state: &mut State`, and answers nothing or a `Result<(), PrimitiveError>`; a failure is logged.
pub use osvm_plugin_macros::hook;

pub use resource::{Closing, New, Resource, ResourceId};
pub use words::{Nil, Symbol};

/// What the source of a plugin usually needs.
pub mod prelude {
    pub use crate::{
        Closing, Context, Held, New, Nil, Object, OsError, PrimitiveError, Resource, ResourceId, Shape, Symbol, hook, plugin,
        primitive,
    };
}
