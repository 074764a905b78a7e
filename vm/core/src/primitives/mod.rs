//! The numbered primitives: one table says number, name, arguments and what each does.
//!
//! Each family has a file, and each file a slice of rows; they are put together at compile time, so that two rows of one number do
//! not compile. `docs/primitives.md` is written from the same rows (`cargo xtask docs`). What a primitive does and why it fails is specified by `InterpreterPrimitives` and `StackInterpreterPrimitives` of the OpenSmalltalk
//! and Pharo VMs; where one here does more or other than those, the file of its family says so.
//!
//! A primitive that fails changes nothing before: the interpreter may call it again with forwarders followed or memory collected.

mod absent;
#[cfg(test)]
mod access_tests;
#[cfg(test)]
mod arithmetic_tests;
mod arrays;
mod bytes;
mod classes;
mod clock;
mod control;
mod create;
mod display;
mod docs;
mod enumerate;
mod float;
mod identity;
mod immutability;
mod integer;
mod large_integer;
mod named;
#[cfg(test)]
mod object_tests;
mod operands;
mod parameters;
mod slots;
mod small_float;
mod subscript;
mod system;
#[cfg(test)]
mod testing;

pub use control::{CONTROL, QUICK};
pub use docs::markdown;
pub(crate) use named::lookup_by_name;
pub use named::{NAMED, Named};
pub(crate) use operands::unsigned_64;
pub use parameters::{PARAMETERS, Parameter, Setter, Value};

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
    /// The numbers of arguments that it takes, lowest and highest. One more than the method in question has means that debuggers
    /// call it too, with the object that it is about as first argument.
    pub args: (u8, u8),
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// How.
    pub run: Run,
}

impl Primitive {
    /// True if it may be called with this number of arguments. A method with another number must not call it.
    pub const fn accepts(&self, args: usize) -> bool {
        self.args.0 as usize <= args && args <= self.args.1 as usize
    }
}

/// A row that computes a value.
const fn value(number: u16, name: &'static str, args: (u8, u8), doc: &'static str, run: ValuePrimitive) -> Primitive {
    Primitive { number, name, args, doc, run: Run::Value(run) }
}

/// A row that always fails, for this reason.
const fn fails(number: u16, name: &'static str, reason: &'static str) -> Primitive {
    Primitive { number, name, args: (0, 15), doc: reason, run: Run::Fails(reason) }
}

const FAMILIES: &[&[Primitive]] = &[
    absent::PRIMITIVES,
    arrays::PRIMITIVES,
    bytes::PRIMITIVES,
    classes::PRIMITIVES,
    clock::PRIMITIVES,
    control::PRIMITIVES,
    create::PRIMITIVES,
    display::PRIMITIVES,
    enumerate::PRIMITIVES,
    float::PRIMITIVES,
    identity::PRIMITIVES,
    immutability::PRIMITIVES,
    integer::PRIMITIVES,
    large_integer::PRIMITIVES,
    parameters::PRIMITIVES,
    slots::PRIMITIVES,
    small_float::PRIMITIVES,
    subscript::PRIMITIVES,
    system::PRIMITIVES,
];

/// Numbers run up to this; what a method asks for beyond is absent.
pub const MAX_NUMBER: usize = 660;
/// Marks a number without a row in [`PLACES`].
const NO_ROW: u16 = u16::MAX;
const ROWS: usize = count_rows();
/// The row of every number, or [`NO_ROW`].
static PLACES: [u16; MAX_NUMBER + 1] = places();
static SORTED: [Primitive; ROWS] = sorted();

/// All rows, sorted by number.
pub static TABLE: &[Primitive] = &SORTED;

/// The primitive of this number, if it has a row.
#[inline]
pub fn lookup(number: u16) -> Option<&'static Primitive> {
    let place = *PLACES.get(number as usize)?;
    SORTED.get(place as usize)
}

const fn count_rows() -> usize {
    let (mut rows, mut family) = (0, 0);
    while family < FAMILIES.len() {
        rows += FAMILIES[family].len();
        family += 1;
    }
    rows
}

/// The row of each number before sorting: family and place in it.
const fn rows_by_number() -> [Option<Primitive>; MAX_NUMBER + 1] {
    let mut by_number = [None; MAX_NUMBER + 1];
    let mut family = 0;
    while family < FAMILIES.len() {
        let mut row = 0;
        while row < FAMILIES[family].len() {
            let primitive = FAMILIES[family][row];
            assert!(by_number[primitive.number as usize].is_none(), "two primitives of one number");
            by_number[primitive.number as usize] = Some(primitive);
            row += 1;
        }
        family += 1;
    }
    by_number
}

const fn sorted() -> [Primitive; ROWS] {
    let by_number = rows_by_number();
    let mut rows = [fails(0, "", ""); ROWS];
    let (mut number, mut row) = (0, 0);
    while number <= MAX_NUMBER {
        if let Some(primitive) = by_number[number] {
            rows[row] = primitive;
            row += 1;
        }
        number += 1;
    }
    rows
}

const fn places() -> [u16; MAX_NUMBER + 1] {
    let by_number = rows_by_number();
    let mut places = [NO_ROW; MAX_NUMBER + 1];
    let (mut number, mut row) = (0, 0);
    while number <= MAX_NUMBER {
        if by_number[number].is_some() {
            places[number] = row;
            row += 1;
        }
        number += 1;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_number() {
        assert!(TABLE.is_sorted_by_key(|row| row.number));
        for row in TABLE {
            assert_eq!(lookup(row.number).map(|found| found.name), Some(row.name));
            assert!(row.args.0 <= row.args.1 && !row.doc.is_empty(), "{}", row.number);
        }
        assert!(lookup(0).is_none() && lookup(256).is_none() && lookup(u16::MAX).is_none());
    }
}
