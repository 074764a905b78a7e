//! The parts of the shared code, by name: what each does is here, and how in `shared`.

use crate::interp::code::{Code, Entry};
use crate::oop::Oop;
use crate::vm::Vm;
use std::ptr;

macro_rules! stubs {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Where the parts of the shared code are: their addresses, or places in it. All but `enter` and `answer` are jumped to.
        #[derive(Clone, Copy)]
        pub(crate) struct Stubs<T = *const u8> {
            $($(#[$doc])* pub(super) $name: T,)*
        }

        impl<T: Copy> Stubs<T> {
            /// The same parts in other terms.
            pub(super) fn map<U>(&self, to: impl Fn(T) -> U) -> Stubs<U> {
                Stubs { $($name: to(self.$name),)* }
            }
        }

        impl Stubs {
            /// There are none.
            pub(super) const NONE: Stubs = Stubs { $($name: ptr::null(),)* };
        }
    };
}

stubs! {
    /// A function that runs native code until it comes back: for the frame of the VM's registers.
    enter,
    /// Comes back: the interpreter goes on at the word `rcx`. `rbx` is the stack pointer.
    exit,
    /// Sends what the word `rcx` says, whose inline cache has another class than `rdx`. `rbx` is the stack pointer.
    miss,
    /// Looks for events, at the word `rcx`. `rbx` is the stack pointer.
    polled,
    /// A frame was made that overflows its page or at which events are due: goes on at its first word, `rcx`. `rbx` is the stack pointer.
    entered,
    /// A function as `enter`, behind a call that was wanted: with what that has answered.
    answer,
    /// Runs the code `rdx` that has no native code: the `native` of such code. `rbx` is the stack pointer, above which receiver and arguments
    /// are; control goes on at the word `rcx` afterwards.
    call,
    /// The same for code that evaluates a closure.
    closure,
    /// The same for code that is a numbered primitive which computes a value.
    value,
    /// The same for methods that only answer their receiver, true, false or nil, an Integer, and a field.
    receiver,
    yes,
    no,
    nil,
    integer,
    field,
    /// The same for `basicNew`, `basicNew:` and `size`.
    basic_new,
    basic_new_sized,
    size,
    /// The same for code that is a named primitive.
    named,
}

impl Stubs {
    /// The `native` of code that has none of its own.
    pub(crate) fn of(&self, code: &Code) -> *const u8 {
        match (&code.entry, code.primitive) {
            (Entry::Receiver, _) => self.receiver,
            (Entry::Constant(0), _) => self.yes,
            (Entry::Constant(1), _) => self.no,
            (Entry::Constant(_), _) => self.nil,
            (Entry::Integer(_), _) => self.integer,
            (Entry::Field(_), _) => self.field,
            (Entry::Closure, _) => self.closure,
            (Entry::Value(_), 70) => self.basic_new,
            (Entry::Value(_), 62) => self.size,
            (Entry::Value(_), 71) => self.basic_new_sized,
            (Entry::Value(_), _) => self.value,
            (Entry::Named, _) => self.named,
            _ => self.call,
        }
    }
}

/// The type of [`Stubs::enter`]: the VM, where to start, and the code that is started if it is a method's. It answers null where the rest is left
/// to the interpreter. Else it wants `Native::callee` called, a primitive of the plugin in which it resides, and answers where the operands
/// are; the VM has its registers as they are behind the call, when the receiver was replaced by what that has answered.
pub(super) type Enter = unsafe extern "C" fn(*mut Vm, *const u8, *const Code) -> *const Oop;
/// The type of [`Stubs::answer`].
pub(super) type Answer = unsafe extern "C" fn(*mut Vm, Oop) -> *const Oop;
