//! Objects that whoever drives the VM holds from one run to the next: they stay alive, move with collections, and become what they
//! are made to become.

use crate::oop::Oop;
use crate::vm::Vm;

/// An object that is held by [`Vm::hold`], until [`Vm::release`] gives it back.
#[derive(PartialEq, Eq, Debug)]
#[must_use = "an object is held until its handle is released"]
pub struct Handle(u32);

/// The objects that are held.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    objects: Vec<Option<Oop>>,
    free: Vec<u32>,
}

impl Handles {
    /// Calls `visit` with every reference to an object.
    pub(super) fn visit(&mut self, visit: &mut dyn FnMut(&mut Oop)) {
        self.objects.iter_mut().flatten().filter(|oop| oop.is_pointer()).for_each(visit);
    }
}

impl Vm {
    /// Keeps an object alive between runs, under a handle that goes on to mean it wherever it moves.
    pub fn hold(&mut self, oop: Oop) -> Handle {
        let handles = &mut self.handles;
        if let Some(number) = handles.free.pop() {
            handles.objects[number as usize] = Some(oop);
            return Handle(number);
        }
        handles.objects.push(Some(oop));
        Handle((handles.objects.len() - 1) as u32)
    }

    /// The object of a handle; the reference is good until the VM runs again.
    pub fn held(&self, handle: &Handle) -> Oop {
        let oop = self.handles.objects.get(handle.0 as usize).copied().flatten();
        self.heap.follow(oop.expect("a handle is of this VM and was not released"))
    }

    /// Stops holding an object.
    pub fn release(&mut self, handle: Handle) {
        self.handles.objects[handle.0 as usize] = None;
        self.handles.free.push(handle.0);
    }
}
