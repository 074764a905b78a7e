//! Frames on stack pages, and the objects whose fields the interpreter knows by index.
//!
//! A frame, in words from its frame pointer; the stack grows towards lower addresses:
//!
//! ```text
//!  fp + 2 + args  receiver of the message, or the closure
//!  fp + 2 ...     arguments, the last one lowest
//!  fp + 1         the caller's instruction pointer; in the lowest frame of a page the caller's context
//!  fp             the caller's frame pointer; in the lowest frame of a page 0
//!  fp - 1         method
//!  fp - 2         context, or nil where none was made
//!  fp - 3         address of the Code
//!  fp - 4         flags: number of arguments, and bit 8 in a block
//!  fp - 5         receiver (of a block: the receiver of its home)
//!  fp - 6 ...     temporaries, then the operand stack
//! ```
//! Source of the idea: frames of the Cog VM, "Under Cover Contexts and the Big Frame-Up" (E. Miranda, 2009).

/// Word offsets from the frame pointer.
pub(crate) mod frame {
    pub const CALLER_IP: isize = 1;
    pub const CALLER_FP: isize = 0;
    pub const METHOD: isize = -1;
    pub const CONTEXT: isize = -2;
    pub const CODE: isize = -3;
    pub const FLAGS: isize = -4;
    pub const RECEIVER: isize = -5;
    pub const FIRST_TEMP: isize = -6;
    /// In the flags: the frame is a block's.
    pub const IS_BLOCK: u64 = 1 << 8;
}

/// Fields of a Context.
pub(crate) mod context {
    pub const SENDER: usize = 0;
    pub const PC: usize = 1;
    pub const STACKP: usize = 2;
    pub const METHOD: usize = 3;
    pub const CLOSURE: usize = 4;
    pub const RECEIVER: usize = 5;
    pub const FIRST_TEMP: usize = 6;
}

/// Fields of closures. `CODE` is the start pc in a BlockClosure and the CompiledBlock in a FullBlockClosure.
pub(crate) mod closure {
    pub const OUTER: usize = 0;
    pub const CODE: usize = 1;
    pub const ARGS: usize = 2;
    pub const FIRST_COPIED: usize = 3;
    pub const FULL_RECEIVER: usize = 3;
    pub const FULL_FIRST_COPIED: usize = 4;
}

/// Fields of classes and method dictionaries.
pub(crate) mod class {
    pub const SUPERCLASS: usize = 0;
    pub const METHODS: usize = 1;
    pub const DICTIONARY_VALUES: usize = 1;
    pub const DICTIONARY_FIRST_KEY: usize = 2;
}

/// Fields of processes, their lists and the scheduler.
pub(crate) mod process {
    pub const NEXT_LINK: usize = 0;
    pub const SUSPENDED_CONTEXT: usize = 1;
    pub const PRIORITY: usize = 2;
    pub const MY_LIST: usize = 3;
    pub const NAME: usize = 4;
    pub const FIRST_LINK: usize = 0;
    pub const LAST_LINK: usize = 1;
    pub const EXCESS_SIGNALS: usize = 2;
    pub const OWNER: usize = 2;
    pub const SCHEDULER_LISTS: usize = 0;
    pub const SCHEDULER_ACTIVE: usize = 1;
    pub const ASSOCIATION_VALUE: usize = 1;
}
