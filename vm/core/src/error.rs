//! The two kinds of failure: what Smalltalk code can catch, and what stops the VM.

use crate::oop::Oop;
use std::fmt;

/// Why a primitive failed. Its Smalltalk fallback code runs, with the code in the method's error-code temporary if it has
/// one. The numbers are the indices (from 1) of the table of symbols in special object 51, as in the OpenSmalltalk VM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrimError {
    /// 1: failed without a reason; the image sees nil.
    Generic,
    /// 2: `#'bad receiver'`.
    BadReceiver,
    /// 3: `#'bad argument'`.
    BadArgument,
    /// 4: `#'bad index'`.
    BadIndex,
    /// 5: `#'bad number of arguments'`.
    BadNumArgs,
    /// 6: `#'inappropriate operation'`.
    Inappropriate,
    /// 7: `#'unsupported operation'`.
    Unsupported,
    /// 8: `#'no modification'`: the object is read-only.
    NoModification,
    /// 9: `#'insufficient object memory'`; the primitive is tried again after a full collection.
    NoMemory,
    /// 10: `#'insufficient C memory'`.
    NoCMemory,
    /// 11: `#'not found'`: the module or function of a named primitive does not exist.
    NotFound,
    /// 12: `#'bad method'`.
    BadMethod,
    /// 13: `#'internal error in named primitive machinery'`.
    NamedInternal,
    /// 14: `#'object may move'`.
    ObjectMayMove,
    /// 15: `#'resource limit exceeded'`.
    LimitExceeded,
    /// 16: `#'object is pinned'`.
    ObjectIsPinned,
    /// 17: `#'primitive write beyond end of object'`.
    WritePastObject,
    /// 18: `#'object moved'`.
    ObjectMoved,
    /// 19: `#'object not pinned'`.
    ObjectNotPinned,
    /// 20: `#'callback error'`.
    CallbackError,
    /// 21: `#'operating system error'`, with the system's number, which the image sees in a PrimitiveError object.
    OperatingSystem(i64),
    /// Any object: the image sees it as the error code.
    Object(Oop),
}

/// The symbols of the codes from 2 on, as the table of an image has them; code 1 is nil there.
pub const PRIMITIVE_ERROR_SYMBOLS: [&str; 20] = [
    "bad receiver",
    "bad argument",
    "bad index",
    "bad number of arguments",
    "inappropriate operation",
    "unsupported operation",
    "no modification",
    "insufficient object memory",
    "insufficient C memory",
    "not found",
    "bad method",
    "internal error in named primitive machinery",
    "object may move",
    "resource limit exceeded",
    "object is pinned",
    "primitive write beyond end of object",
    "object moved",
    "object not pinned",
    "callback error",
    "operating system error",
];

impl PrimError {
    /// The index (from 1) in the table of error symbols; 0 where the code is an object of its own.
    pub const fn code(self) -> usize {
        match self {
            PrimError::Generic => 1,
            PrimError::BadReceiver => 2,
            PrimError::BadArgument => 3,
            PrimError::BadIndex => 4,
            PrimError::BadNumArgs => 5,
            PrimError::Inappropriate => 6,
            PrimError::Unsupported => 7,
            PrimError::NoModification => 8,
            PrimError::NoMemory => 9,
            PrimError::NoCMemory => 10,
            PrimError::NotFound => 11,
            PrimError::BadMethod => 12,
            PrimError::NamedInternal => 13,
            PrimError::ObjectMayMove => 14,
            PrimError::LimitExceeded => 15,
            PrimError::ObjectIsPinned => 16,
            PrimError::WritePastObject => 17,
            PrimError::ObjectMoved => 18,
            PrimError::ObjectNotPinned => 19,
            PrimError::CallbackError => 20,
            PrimError::OperatingSystem(_) => 21,
            PrimError::Object(_) => 0,
        }
    }
}

/// What stops the VM. Smalltalk code never sees it.
#[derive(Debug)]
pub enum VmError {
    /// Memory ran out although the image was warned.
    OutOfMemory {
        /// Bytes that were asked for; 0 if collecting takes all the time and frees nothing.
        requested: u64,
        /// Bytes that the heap may have at most.
        limit: u64,
    },
    /// The image holds something that cannot be executed.
    Corrupt(String),
    /// The image sent a message to an object that does not understand `doesNotUnderstand:`, or the like.
    Fatal(String),
}

impl fmt::Display for VmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VmError::OutOfMemory { requested, limit } => {
                f.write_str("out of memory: ")?;
                match requested {
                    0 => f.write_str("collections free nothing any more")?,
                    bytes => write!(f, "{bytes} bytes were asked for")?,
                }
                write!(f, ", and the heap may have {} MiB (--max-heap)", limit >> 20)
            }
            VmError::Corrupt(what) => write!(f, "the image is inconsistent: {what}"),
            VmError::Fatal(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for VmError {}
