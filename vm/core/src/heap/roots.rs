//! What a collection starts from.

use crate::oop::Oop;

/// References into the heap that are held outside of it.
pub trait Roots {
    /// Visits every reference that keeps its object alive, to be replaced by the object's new place.
    fn strong(&mut self, visit: &mut dyn FnMut(&mut Oop));
    /// Is called once when it is known what lives: `resolve` answers an object's new place, or `None` if it is dead.
    fn weak(&mut self, resolve: &mut dyn FnMut(Oop) -> Option<Oop>);
}
