//! The references into the heap that are held outside of it.

use crate::oop::Oop;

/// Whoever holds oops outside the heap while a collection runs: the interpreter, and tests.
pub trait Roots {
    /// Calls `visit` with every slot that keeps an object alive, and lets it change the slot: the object may have moved, or
    /// been replaced by another through become. It may be called more than once in one collection; each time every
    /// slot must be visited once. Words that are no oops (addresses of frames, counts) must not be shown to it.
    fn strong(&mut self, visit: &mut dyn FnMut(&mut Oop));

    /// Called once after everything alive is known, to bring tables that are keyed by oop up to date: `resolve` answers the new place of
    /// an object, or `None` if it is dead. (An immediate answers itself.) What is kept here keeps nothing alive.
    fn weak(&mut self, resolve: &mut dyn FnMut(Oop) -> Option<Oop>);
}

/// No roots outside the heap: only what special objects and the class table reach is alive.
#[derive(Clone, Copy, Default, Debug)]
pub struct NoRoots;

impl Roots for NoRoots {
    fn strong(&mut self, _visit: &mut dyn FnMut(&mut Oop)) {}

    fn weak(&mut self, _resolve: &mut dyn FnMut(Oop) -> Option<Oop>) {}
}

/// A list of oops that are all strong roots: for tests and small tools.
impl Roots for Vec<Oop> {
    fn strong(&mut self, visit: &mut dyn FnMut(&mut Oop)) {
        for oop in self {
            visit(oop);
        }
    }

    fn weak(&mut self, _resolve: &mut dyn FnMut(Oop) -> Option<Oop>) {}
}
