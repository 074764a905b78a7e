//! The types and signatures of the plugin boundary. The host and the plugin SDK share this crate, so that both read the
//! same words.

#![forbid(unsafe_code)]

mod parse;
mod signature;

pub use parse::SignatureError;
pub use signature::{Param, ResultType, Signature, Type, TypeRef};
