//! Compiled code as objects: methods, CompiledBlocks and their literals in a heap.
//!
//! Allocation never collects, so the objects that are being made need no roots; whoever installs a method stores it in a method
//! dictionary before anything runs.

mod foreign;
mod literals;
#[cfg(test)]
mod tests;

use crate::codegen::CompiledCode;
use crate::literal::{ConstantBlock, Literal};
use crate::semantics::VariableId;
use crate::world::all_field_names;
use osvm_core::error::PrimError;
use osvm_core::heap::Heap;
use osvm_core::object::Format;
use osvm_core::oop::Oop;
use osvm_core::special::Special;
use std::fmt;

pub(crate) use foreign::has_foreign_calls;
pub use literals::string;

/// Behind the bytecodes of a method: no source is embedded, and the source pointer is nothing.
const TRAILER: [u8; 4] = [0; 4];

/// What literals refer to in an image.
pub trait Linker {
    /// The symbol of this text.
    fn symbol(&mut self, heap: &mut Heap, text: &str) -> Result<Oop, InstallError>;

    /// The association of a variable outside of the method.
    fn variable(&mut self, id: VariableId) -> Oop;

    /// The association of the method's class: the last literal.
    fn class_binding(&mut self) -> Oop;

    /// The class of this name; `None` if the image has none.
    fn class(&mut self, heap: &Heap, name: &str) -> Option<Oop>;
}

/// Why a method could not be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InstallError {
    /// An object could not be made; memory is full.
    Object(PrimError),
    /// The image lacks this class, and a literal is an instance of it.
    NoClass(String),
}

impl From<PrimError> for InstallError {
    fn from(error: PrimError) -> InstallError {
        InstallError::Object(error)
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstallError::Object(_) => f.write_str("there is no memory for the method"),
            InstallError::NoClass(name) => write!(f, "the image has no class {name}, of which a literal is an instance"),
        }
    }
}

impl std::error::Error for InstallError {}

/// Makes a CompiledMethod.
pub fn install_method(heap: &mut Heap, code: &CompiledCode, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    let class = heap.special(Special::ClassCompiledMethod);
    install(heap, code, class, linker)
}

fn install(heap: &mut Heap, code: &CompiledCode, class: Oop, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    let class_index = heap.class_table_index(class)?;
    let bytes = code.bytecodes.len() + TRAILER.len();
    let (format, slots) = Format::for_units(Format::COMPILED_METHOD, bytes as u64, 0);
    let method = heap.alloc_bits(class_index, format, 1 + code.literals.len() + slots as usize)?;
    heap.store(method, 0, Oop::from_small_int(code.header()));
    // What is made for one literal must not see others that are still no oops.
    let nil = heap.nil();
    (1..=code.literals.len()).for_each(|index| heap.store(method, index, nil));
    for (index, literal) in code.literals.iter().enumerate() {
        let literal = match literal {
            Literal::Block(block) => install_block(heap, block, method, linker)?,
            Literal::ConstantBlock(block) => constant_block(heap, block, method, linker)?,
            // Until the outer code is there; it fills this in.
            Literal::OuterCode => nil,
            _ => literals::object(heap, literal, method, linker)?,
        };
        heap.store(method, 1 + index, literal);
    }
    heap.bytes_mut(method)[..code.bytecodes.len()].copy_from_slice(&code.bytecodes);
    Ok(method)
}

/// Makes the CompiledBlock of a block in some code; its last literal is that code.
fn install_block(heap: &mut Heap, code: &CompiledCode, outer: Oop, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    let class = class(heap, "CompiledBlock", linker)?;
    let block = install(heap, code, class, linker)?;
    heap.store(block, code.literals.len(), outer);
    Ok(block)
}

/// Makes a block that is a literal, of the class for its number of arguments.
fn constant_block(heap: &mut Heap, block: &ConstantBlock, outer: Oop, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    let name = match block.code.arguments {
        0 => "ConstantBlockClosure".to_string(),
        count => format!("ConstantBlockClosure{count}Arg"),
    };
    let class = class(heap, &name, linker)?;
    let code = install_block(heap, &block.code, outer, linker)?;
    let value = literals::object(heap, &block.value, outer, linker)?;
    let closure = heap.instantiate(class, 0)?;
    let arguments = Oop::from_small_int(block.code.arguments.into());
    set_fields(heap, closure, &[("compiledBlock", code), ("numArgs", arguments), ("literal", value)]);
    Ok(closure)
}

/// A class without which a literal cannot be made.
fn class(heap: &Heap, name: &str, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    linker.class(heap, name).ok_or_else(|| InstallError::NoClass(name.into()))
}

/// Stores in those fields of an object that it has.
fn set_fields(heap: &mut Heap, oop: Oop, fields: &[(&str, Oop)]) {
    let names = all_field_names(heap, heap.class_of(oop));
    for (name, value) in fields {
        if let Some(index) = names.iter().position(|field| field == name) {
            heap.store(oop, index, *value);
        }
    }
}
