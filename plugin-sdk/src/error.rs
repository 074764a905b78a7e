//! How a primitive fails.

use std::fmt;

/// Why a primitive failed. Its Smalltalk fallback code runs and sees the reason in the method's error-code variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrimitiveError {
    /// For no reason that has a name; the image sees nil.
    Failed,
    /// `#'bad receiver'`.
    BadReceiver,
    /// `#'bad argument'`.
    BadArgument,
    /// `#'bad index'`.
    BadIndex,
    /// `#'bad number of arguments'`.
    BadNumArgs,
    /// `#'inappropriate operation'`.
    Inappropriate,
    /// `#'unsupported operation'`.
    Unsupported,
    /// `#'no modification'`: the object is read-only.
    NoModification,
    /// `#'insufficient object memory'`; the primitive is tried again after a full collection.
    NoMemory,
    /// `#'not found'`.
    NotFound,
    /// `#'resource limit exceeded'`.
    LimitExceeded,
    /// `#'internal error in named primitive machinery'`: the plugin contradicts its own signature.
    Internal,
    /// `#'operating system error'` with the system's number.
    OperatingSystem(i64),
}

/// An error of the operating system, by its number (`errno`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OsError(pub i32);

impl From<OsError> for PrimitiveError {
    fn from(error: OsError) -> PrimitiveError {
        PrimitiveError::OperatingSystem(i64::from(error.0))
    }
}

impl fmt::Display for PrimitiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PrimitiveError::Failed => "failed",
            PrimitiveError::BadReceiver => "bad receiver",
            PrimitiveError::BadArgument => "bad argument",
            PrimitiveError::BadIndex => "bad index",
            PrimitiveError::BadNumArgs => "bad number of arguments",
            PrimitiveError::Inappropriate => "inappropriate operation",
            PrimitiveError::Unsupported => "unsupported operation",
            PrimitiveError::NoModification => "no modification",
            PrimitiveError::NoMemory => "insufficient object memory",
            PrimitiveError::NotFound => "not found",
            PrimitiveError::LimitExceeded => "resource limit exceeded",
            PrimitiveError::Internal => "internal error in named primitive machinery",
            PrimitiveError::OperatingSystem(number) => return write!(f, "operating system error {number}"),
        })
    }
}

impl std::error::Error for PrimitiveError {}
