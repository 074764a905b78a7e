//! Calls of an instance for primitives that have only Integers: see `plugins::quick`.

use super::instance::Instance;
use crate::plugins::Modules;
use crate::plugins::quick::Quickly;
use osvm_core::oop::Oop;
use std::cell::{RefCell, RefMut};
use std::rc::Rc;

/// The place of a plugin's instance, which is empty before the first call and after one that broke. The plugin and its quick calls share it.
#[derive(Clone, Default)]
pub(in crate::plugins) struct QuickInstance(Rc<RefCell<Option<Instance>>>);

impl QuickInstance {
    /// The place, for a call: nothing that a plugin calls comes back here.
    #[inline]
    pub(super) fn place(&self) -> RefMut<'_, Option<Instance>> {
        self.0.borrow_mut()
    }

    /// Calls the primitive of this index.
    #[inline(always)]
    pub(in crate::plugins) fn call(&self, index: usize, arguments: impl Iterator<Item = Oop>, modules: &mut Modules) -> Quickly {
        match &mut *self.place() {
            Some(instance) => instance.call_quickly(index, arguments, modules),
            None => Quickly::Not,
        }
    }
}
