//! Expressions evaluated in a running image, which needs no compiler of its own.
//!
//! A [`Session`] lets an image start up, and then evaluates expressions in it one after the other, each in a process of its own:
//!
//! ```ignore
//! let mut session = Session::start(machine)?;
//! let answer = session.evaluate("example", "3 + 4")?;
//! assert_eq!(answer.text, "7");
//! ```
//!
//! Who runs the VM (the desktop's machine, a browser's event loop, a test) is a [`Driver`]. The session compiles each expression here,
//! between two runs, and makes a process whose code, in `OsvmEvaluation.class.st`, evaluates it, asks the answer for its `printString`,
//! and catches what nobody else does. The process and the machine meet in the variables of an object that the machine holds, at which it
//! looks whenever the VM comes back from running.
//!
//! An error has the stack of its signaller, in which activations of expressions have a line and a column. Names that are assigned
//! and not declared become variables of the session.

mod agent;
mod driver;
mod error;
mod image;
mod input;
mod inspect;
mod names;
pub mod report;
mod run;
mod session;
mod stack;
mod unit;

pub use crate::text::text;
pub use driver::Driver;
pub use error::{EvalError, Failure, StartError};
pub use image::{options_for, selectors_of, understands};
pub use input::is_incomplete;
pub use inspect::{ClassSummary, Inspection};
pub use run::{Begun, Turn};
pub use session::{Evaluation, SAVE, Session};
pub use stack::{Stack, StackLine};
pub use unit::Place;
