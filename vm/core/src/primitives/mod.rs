//! The numbered primitives: one table says number, name, arguments and what each does.

mod tmp;

use crate::error::PrimError;
use crate::oop::Oop;
use crate::vm::{Args, Vm};

/// A primitive that answers a value, which replaces receiver and arguments on the stack.
pub type ValuePrimitive = fn(&mut Vm, Args) -> Result<Oop, PrimError>;

/// A primitive that changes frames or processes: it finds its arguments on the stack and leaves the stack as it shall be.
pub type ControlPrimitive = fn(&mut Vm, usize) -> Result<(), PrimError>;

/// What the VM does for a primitive number.
#[derive(Clone, Copy)]
pub enum Run {
    /// Computes a value.
    Value(ValuePrimitive),
    /// Changes the flow of control.
    Control(ControlPrimitive),
    /// Always fails, for this reason; the Smalltalk fallback code is the implementation.
    Fails(&'static str),
}

/// A row of the table.
#[derive(Clone, Copy)]
pub struct Primitive {
    /// The number in the method's header or callPrimitive bytecode.
    pub number: u16,
    /// Its name in the OpenSmalltalk VM.
    pub name: &'static str,
    /// The numbers of arguments that it takes, lowest and highest.
    pub args: (u8, u8),
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// How.
    pub run: Run,
}

/// TEMPORARY
pub fn lookup(number: u16) -> Option<&'static Primitive> {
    tmp::TABLE.iter().find(|p| p.number == number)
}
