//! Smalltalk source to compiled methods, in either bytecode set.
//!
//! [`syntax`] reads text to a tree, [`semantics`] finds what each name means and which variables closures share, and
//! [`codegen`] makes bytecodes and literals of it, choosing as Pharo's compiler does. [`tonel`] reads the files that packages
//! are kept in. What an image has (classes, globals, special selectors) comes in through [`semantics::Environment`], so
//! nothing here needs a running VM.

pub mod bootstrap;
pub mod codegen;
pub mod diagnostic;
pub mod evaluate;
pub mod install;
pub mod literal;
pub mod load;
pub mod magnitude;
pub mod packages;
pub mod semantics;
pub mod service;
pub mod source;
pub mod syntax;
mod text;
pub mod tonel;
pub mod world;

pub use codegen::{Compilation, CompiledCode, Options, compile_expression, compile_method};
