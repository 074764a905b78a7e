//! Loading packages into the heap of an image: classes, methods, extensions, instances that change their shape.
//!
//! It works on an image that does not run, and needs no compiler or class builder in it: what a class is made of is read from the
//! classes that are there (`shape`). Everything is checked and compiled before the first method is installed, and nothing is written;
//! who wants the image saved writes the heap afterwards.
//!
//! ```text
//! plan      selectors, methods of traits, order of classes      no heap
//! define    classes are made and changed                        heap
//! reshape   instances get their new fields, methods follow      heap, which is then compacted
//! methods   compiled, and if all is well installed              heap
//! organize  protocols, categories and comments                  heap
//! ```

mod classes;
mod define;
mod follow;
mod hashed;
mod initializers;
mod methods;
mod organize;
mod plan;
mod report;
mod reshape;
mod rewrite;
mod shape;
mod symbols;
#[cfg(test)]
mod tests;
mod traits;

pub(crate) use follow::followed;
#[cfg(test)]
pub(crate) use hashed::{Rule, method_dictionary};
pub(crate) use hashed::{Table, methods, rule_of};
pub(crate) use methods::binding_of;
pub use report::{ClassChange, Progress, Report, Step, Tally};
pub(crate) use rewrite::Failure;

use crate::codegen::Options;
use crate::install::InstallError;
use crate::packages::Packages;
use crate::world::World;
use osvm_core::error::PrimError;
use osvm_core::heap::{Heap, NoRoots};
use plan::Plan;
use std::fmt;

/// How packages are loaded.
#[derive(Clone, Copy, Debug)]
pub struct LoadOptions {
    /// How methods are compiled.
    pub compile: Options,
    /// What is wrong is left out, and the rest is loaded. Names that nothing declares stand for variables that are nil.
    pub keep_going: bool,
}

/// Why packages cannot be loaded into an image at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoadError {
    /// The image does not have what classes are made of.
    Lacks(String),
    /// Memory is full.
    NoMemory,
    /// Objects cannot become others.
    Become(&'static str),
}

impl LoadError {
    fn lacks(what: impl Into<String>) -> LoadError {
        LoadError::Lacks(what.into())
    }
}

impl From<PrimError> for LoadError {
    fn from(error: PrimError) -> LoadError {
        match error {
            PrimError::OBJECT_IS_PINNED => LoadError::Become("an instance is pinned"),
            PrimError::NO_MODIFICATION => LoadError::Become("an instance is read-only"),
            PrimError::INAPPROPRIATE => LoadError::Become("nil, true or false are among the instances"),
            _ => LoadError::NoMemory,
        }
    }
}

impl From<InstallError> for LoadError {
    fn from(error: InstallError) -> LoadError {
        match error {
            InstallError::NoClass(name) => LoadError::Lacks(format!("a class {name}, of which a literal is an instance")),
            InstallError::Object(error) => error.into(),
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Lacks(what) => write!(f, "the image lacks {what}, without which nothing can be loaded into it"),
            LoadError::NoMemory => f.write_str("there is no memory for what is loaded: raise --max-heap"),
            LoadError::Become(why) => write!(f, "instances of a class that changes cannot be replaced: {why}"),
        }
    }
}

impl std::error::Error for LoadError {}

/// Loads packages into a heap.
///
/// If the report says that it is not [complete](Report::is_complete), the heap is half changed and must be thrown away, unless
/// `keep_going` was asked for. Objects have moved.
///
/// # Errors
/// What makes every load into this image impossible.
pub fn load<'p>(
    heap: &mut Heap,
    packages: &'p Packages,
    options: &LoadOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report<'p>, LoadError> {
    let mut report = Report::new(packages, options.keep_going);
    let world = World::read_for_load(heap);
    let plan = Plan::new(packages, options, heap, &world, &mut report);
    if report.stops() {
        return Ok(report);
    }
    let moves = define::define(heap, &world, &plan, &mut report, progress)?;
    if report.stops() {
        return Ok(report);
    }
    reshape::reshape(heap, moves, &plan, &mut report)?;
    if report.stops() {
        return Ok(report);
    }
    heap.prepare_snapshot(&mut NoRoots)?;
    methods::load(heap, packages, &plan, options, &mut report, progress)?;
    Ok(report)
}
