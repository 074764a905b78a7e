//! The virtual machine as a value.

use crate::heap::Heap;
use crate::oop::Oop;
use crate::platform::Platform;
use crate::plugin::PluginHost;

/// A virtual machine with one image in its memory.
pub struct Vm {
    /// The image's objects.
    pub heap: Heap,
    /// The world.
    pub platform: Box<dyn Platform>,
    /// Named primitives.
    pub plugins: Box<dyn PluginHost>,
}

/// Receiver and arguments of a primitive that is being called, where they lie on the VM's stack.
#[derive(Clone, Copy)]
pub struct Args {
    /// The last argument; the others and the receiver lie at higher addresses.
    top: *const Oop,
    count: usize,
}

impl Args {
    /// The arguments of a call whose operands lie at `top`.
    ///
    /// # Safety
    /// `top[0 ..= count]` must be readable and unchanged as long as the value is used.
    pub(crate) unsafe fn new(top: *const Oop, count: usize) -> Args {
        Args { top, count }
    }

    /// Number of arguments, without the receiver.
    #[inline(always)]
    pub fn count(self) -> usize {
        self.count
    }

    /// The receiver.
    #[inline(always)]
    pub fn receiver(self) -> Oop {
        // SAFETY: the constructor's promise.
        unsafe { *self.top.add(self.count) }
    }

    /// Argument `index` from 0. One that is not there is a mistake of the primitives' table; it reads as SmallInteger 0.
    #[inline(always)]
    pub fn get(self, index: usize) -> Oop {
        if index >= self.count {
            debug_assert!(false, "argument {index} of {}", self.count);
            return Oop::ZERO;
        }
        // SAFETY: the constructor's promise, and the index was just checked.
        unsafe { *self.top.add(self.count - 1 - index) }
    }
}
