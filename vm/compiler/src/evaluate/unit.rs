//! The expressions of a session with their sources and code, by which places in stacks are found.

use crate::codegen::CompiledCode;
use crate::literal::Literal;
use crate::source::{Position, line_at};
use osvm_core::oop::Oop;
use osvm_core::vm::{Frame, Handle, Vm};
use std::fmt;
use std::rc::Rc;

/// So many expressions of a session are kept: blocks of older ones have no places in stacks.
const KEPT: usize = 256;

/// A place in the source of an expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// What the source is called.
    pub source: Rc<str>,
    /// Line and column.
    pub position: Position,
    /// The line.
    pub line: String,
}

impl Place {
    /// The line, and below it a caret; both indented.
    pub(super) fn marked_line(&self) -> String {
        format!("      {}\n      {}^", self.line.replace('\t', " "), " ".repeat(self.position.column - 1))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source, self.position.line, self.position.column)
    }
}

/// An expression.
#[derive(Debug)]
struct Unit {
    name: Rc<str>,
    source: String,
    code: CompiledCode,
    method: Handle,
}

/// The expressions.
#[derive(Debug, Default)]
pub(super) struct Units {
    units: Vec<Unit>,
}

impl Units {
    pub(super) fn add(&mut self, vm: &mut Vm, name: &str, source: &str, code: CompiledCode, method: Oop) {
        if self.units.len() == KEPT {
            let oldest = self.units.remove(0);
            vm.release(oldest.method);
        }
        let method = vm.hold(method);
        self.units.push(Unit { name: name.into(), source: source.into(), code, method });
    }

    /// The place of an activation of an expression, or of a block in one.
    pub(super) fn place(&self, vm: &Vm, frame: &Frame) -> Option<Place> {
        let found = |unit: &Unit| {
            let code = code_of(vm, &unit.code, vm.held(&unit.method), frame.method)?;
            // The instruction before the one that comes next is the one that is being executed.
            let position = code.source_position(&unit.source, frame.next?.saturating_sub(1))?;
            let offset = code.source_offset(frame.next?.saturating_sub(1))?;
            Some(Place { source: Rc::clone(&unit.name), position, line: line_at(&unit.source, offset).to_string() })
        };
        self.units.iter().rev().find_map(found)
    }
}

/// Of some code and the CompiledBlocks in it, the one that is this object.
fn code_of<'c>(vm: &Vm, code: &'c CompiledCode, object: Oop, wanted: Oop) -> Option<&'c CompiledCode> {
    if object == wanted {
        return Some(code);
    }
    code.literals.iter().enumerate().find_map(|(index, literal)| match literal {
        Literal::Block(block) => code_of(vm, block, vm.heap.follow(vm.heap.fetch(object, 1 + index)), wanted),
        _ => None,
    })
}
