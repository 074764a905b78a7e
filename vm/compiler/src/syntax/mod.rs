//! Syntax: from text to a tree, and back.

mod ast;
mod lexer;
mod number;
mod parser;
mod print;
#[cfg(test)]
mod tests;

pub use ast::*;
pub use lexer::Dialect;
pub(crate) use lexer::{RESERVED, is_binary_char, is_letter, is_name};
pub(crate) use parser::constant;
pub use parser::{Parsed, parse_expression, parse_method};
pub use print::{print_literal, print_method};
