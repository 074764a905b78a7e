//! Images from nothing but source: the classes and methods of Tonel packages become the objects of a snapshot.
//!
//! What a class library must have is in `known`: the classes that a VM knows by their places, with the fields that it reads. The
//! image starts in the method `SystemDictionary>>start`, with no class initialised; the class variable `Initializers` of
//! SystemDictionary, if there is one, has the classes that want to be.
//!
//! The same sources give the same bytes, on every machine.

mod classes;
mod hierarchy;
mod known;
mod methods;
mod names;
mod objects;
mod protocols;
mod shape;
mod sources;
mod start;
#[cfg(test)]
mod tests;

pub use sources::{Problem, SourceFile, Sources};

use crate::codegen::Options;
use crate::install::InstallError;
use crate::semantics::Inlining;
use hierarchy::Hierarchy;
use objects::Objects;
use osvm_core::bytecode::BytecodeSet;
use osvm_core::heap::{Heap, NoRoots};
use osvm_core::image::{ImageError, ImageHeader, write_at};
use std::fmt;
use std::io::Write;

/// The address that the objects of an image are written for. A heap that has it free maps the file as it is.
const BASE_ADDRESS: u64 = 0x10_0000_0000;

/// Why there is no image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BootstrapError {
    /// Something is wrong with the sources: all of it, in the order of the files.
    Sources(Vec<Problem>),
    /// There is no memory for the image.
    Memory,
}

impl From<InstallError> for BootstrapError {
    fn from(_: InstallError) -> BootstrapError {
        BootstrapError::Memory
    }
}

impl fmt::Display for BootstrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BootstrapError::Sources(problems) => match problems.len() {
                1 => f.write_str("there is an error in the sources"),
                count => write!(f, "there are {count} errors in the sources"),
            },
            BootstrapError::Memory => f.write_str("there is no memory for the image"),
        }
    }
}

impl std::error::Error for BootstrapError {}

/// An image that was made.
pub struct Image {
    /// Its objects, ready for a snapshot.
    pub heap: Heap,
    /// Number of classes.
    pub classes: usize,
    /// Number of methods.
    pub methods: usize,
}

impl Image {
    /// Writes the image in the format of 64-bit Spur.
    pub fn write(&self, out: &mut dyn Write) -> Result<(), ImageError> {
        write_at(&self.heap, &ImageHeader::new(), BASE_ADDRESS, out).map(|_| ())
    }
}

/// Makes an image of sources, with methods in one of the bytecode sets.
pub fn bootstrap(sources: &Sources, set: BytecodeSet) -> Result<Image, BootstrapError> {
    let mut problems = Vec::new();
    let definitions = sources.definitions(&mut problems);
    fail_on(&mut problems)?;
    let hierarchy = Hierarchy::build(sources, definitions, &mut problems);
    fail_on(&mut problems)?;
    let source_bytes = sources.files.iter().map(|file| file.text.len()).sum();
    let mut heap = objects::fresh_heap(source_bytes).map_err(|_| BootstrapError::Memory)?;
    let mut objects = Objects::new(&hierarchy).ok_or(BootstrapError::Memory)?;
    let classes = classes::make(&mut heap, &mut objects, &hierarchy)?;
    start::enter_known_classes(&mut heap, &classes);
    let options = Options {
        set,
        inlining: Inlining { times_repeat: true, repeat: true, ..Inlining::PHARO_8 },
        class_is_special: true,
        ..Options::PHARO_8
    };
    let mut compiler = methods::Compiler {
        heap: &mut heap,
        objects: &mut objects,
        sources,
        hierarchy: &hierarchy,
        classes: &classes,
        options: &options,
        problems: &mut problems,
        count: 0,
    };
    compiler.compile_all()?;
    let methods = compiler.count;
    let mut starter = start::Starter { heap: &mut heap, objects: &mut objects, hierarchy: &hierarchy, classes: &classes };
    starter.special_objects()?;
    starter.processes(&mut problems)?;
    starter.tables()?;
    fail_on(&mut problems)?;
    heap.prepare_snapshot(&mut NoRoots).map_err(|_| BootstrapError::Memory)?;
    Ok(Image { heap, classes: hierarchy.classes.len(), methods })
}

/// Gives up if there are problems.
fn fail_on(problems: &mut Vec<Problem>) -> Result<(), BootstrapError> {
    if problems.is_empty() {
        return Ok(());
    }
    let mut problems = std::mem::take(problems);
    problems.sort_by_key(|problem| (problem.file, problem.diagnostic.span.start));
    Err(BootstrapError::Sources(problems))
}
