//! Calls of an instance for primitives that have only Integers: see `plugins::quick`.

use super::instance::Instance;
use crate::plugins::Modules;
use crate::plugins::quick::Quickly;
use crate::plugins::residence::Lodger;
use osvm_core::oop::Oop;
use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;

/// The place of a plugin's instance, which is empty before the first call and after one that broke. The plugin and its quick calls share it.
#[derive(Clone, Default)]
pub(in crate::plugins) struct QuickInstance(Rc<Place>);

#[derive(Default)]
struct Place {
    instance: RefCell<Option<Instance>>,
    /// Native code could not be made to reside here.
    is_uninhabitable: Cell<bool>,
}

impl QuickInstance {
    /// The place, for a call: nothing that a plugin calls comes back here.
    #[inline]
    pub(super) fn place(&self) -> RefMut<'_, Option<Instance>> {
        self.0.instance.borrow_mut()
    }

    /// Calls the primitive of this index.
    #[inline(always)]
    pub(in crate::plugins) fn call(&self, index: usize, arguments: impl Iterator<Item = Oop>, modules: &mut Modules) -> Quickly {
        match &mut *self.place() {
            Some(instance) => instance.call_quickly(index, arguments, modules),
            None => Quickly::Not,
        }
    }

    /// True if native code can reside here, as far as is known.
    pub(in crate::plugins) fn is_habitable(&self) -> bool {
        !self.0.is_uninhabitable.get()
    }

    /// Has native code reside here, until it wants to leave or must; false if it could not be entered.
    pub(in crate::plugins) fn reside(&self, lodger: &mut Lodger<'_, '_>) -> bool {
        let Some(instance) = &mut *self.place() else { return false };
        let entered = instance.reside(lodger);
        if let Err(error) = &entered {
            tracing::debug!(%error, "native code cannot reside in a plugin");
            self.0.is_uninhabitable.set(true);
        }
        entered.is_ok()
    }
}
