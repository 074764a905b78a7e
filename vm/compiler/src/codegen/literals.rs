//! The literal frame of code that is being assembled.

use super::builder::Builder;
use super::{Limit, Options};
use crate::literal::Literal;
use crate::semantics::{HashOrder, string_hash};

/// Literals that a method can have in the encoding of V3PlusClosures.
const ROOM: usize = 255;

/// Literals in the order in which instructions first refer to them.
#[derive(Default)]
pub(super) struct LiteralFrame {
    literals: Vec<Literal>,
}

impl LiteralFrame {
    pub fn index(&mut self, literal: &Literal) -> Result<u16, Limit> {
        if let Some(index) = self.literals.iter().position(|other| other.same(literal)) {
            return Ok(index as u16);
        }
        self.literals.push(literal.clone());
        u16::try_from(self.literals.len() - 1).map_err(|_| Limit::Literals)
    }

    /// All literals: those referred to, then the others, so that a search for what uses them finds them.
    pub fn finish(self, builder: &Builder, options: &Options) -> Vec<Literal> {
        let mut literals = self.literals;
        let missing: Vec<Literal> = in_hash_order(&builder.additional, options.initial_hash);
        let missing: Vec<Literal> =
            missing.into_iter().filter(|literal| !literals.iter().any(|other| other.contains(literal))).collect();
        if literals.len() + missing.len() + 2 > ROOM {
            literals.push(Literal::Array(missing));
        } else {
            literals.extend(missing);
        }
        literals
    }
}

/// Literals in the order of a hashed collection.
fn in_hash_order(literals: &[Literal], initial_hash: u32) -> Vec<Literal> {
    let mut order = HashOrder::default();
    for (index, literal) in literals.iter().enumerate() {
        if literals[..index].iter().any(|other| other.same(literal)) {
            continue;
        }
        let hash = match literal {
            Literal::Symbol(text) | Literal::String(text) => string_hash(text, initial_hash),
            Literal::Integer(value) => *value as u32,
            _ => 0,
        };
        order.add(hash, index);
    }
    order.iter().map(|&index| literals[index].clone()).collect()
}
