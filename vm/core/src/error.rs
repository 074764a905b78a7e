//! The two kinds of failure: what Smalltalk code can catch, and what stops the VM.

use crate::oop::Oop;
use std::fmt;
use std::num::NonZeroU64;

/// Why a primitive failed. Its Smalltalk fallback code runs, with the code in the method's error-code temporary if it has
/// one. The numbers are the indices (from 1) of the table of symbols in special object 51, as in the OpenSmalltalk VM.
///
/// It is one word, so that a primitive's `Result` is returned in registers: an object, or a tag that no oop has, the number in the 8 bits behind
/// it, and what the system says in the upper 48 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PrimError(NonZeroU64);

/// Tells a number from an object.
const TAG: u64 = 7;
/// Where the number is.
const CODE_SHIFT: u32 = 3;
/// Where what the system says is.
const SYSTEM_SHIFT: u32 = 16;

macro_rules! codes {
    ($($code:literal $name:ident $debug:literal $doc:literal)*) => {
        impl PrimError {
            $(#[doc = concat!(stringify!($code), ": ", $doc)]
            pub const $name: PrimError = PrimError::of_code($code);)*
        }

        /// The name of a number, for people.
        fn name_of(code: usize) -> &'static str {
            match code {
                $($code => $debug,)*
                _ => "Unknown",
            }
        }
    };
}

codes! {
    1 GENERIC "Generic" "failed without a reason; the image sees nil."
    2 BAD_RECEIVER "BadReceiver" "`#'bad receiver'`."
    3 BAD_ARGUMENT "BadArgument" "`#'bad argument'`."
    4 BAD_INDEX "BadIndex" "`#'bad index'`."
    5 BAD_NUM_ARGS "BadNumArgs" "`#'bad number of arguments'`."
    6 INAPPROPRIATE "Inappropriate" "`#'inappropriate operation'`."
    7 UNSUPPORTED "Unsupported" "`#'unsupported operation'`."
    8 NO_MODIFICATION "NoModification" "`#'no modification'`: the object is read-only."
    9 NO_MEMORY "NoMemory" "`#'insufficient object memory'`; the primitive is tried again after a full collection."
    10 NO_C_MEMORY "NoCMemory" "`#'insufficient C memory'`."
    11 NOT_FOUND "NotFound" "`#'not found'`: the module or function of a named primitive does not exist."
    12 BAD_METHOD "BadMethod" "`#'bad method'`."
    13 NAMED_INTERNAL "NamedInternal" "`#'internal error in named primitive machinery'`."
    14 OBJECT_MAY_MOVE "ObjectMayMove" "`#'object may move'`."
    15 LIMIT_EXCEEDED "LimitExceeded" "`#'resource limit exceeded'`."
    16 OBJECT_IS_PINNED "ObjectIsPinned" "`#'object is pinned'`."
    17 WRITE_PAST_OBJECT "WritePastObject" "`#'primitive write beyond end of object'`."
    18 OBJECT_MOVED "ObjectMoved" "`#'object moved'`."
    19 OBJECT_NOT_PINNED "ObjectNotPinned" "`#'object not pinned'`."
    20 CALLBACK_ERROR "CallbackError" "`#'callback error'`."
    21 OPERATING_SYSTEM "OperatingSystem" "`#'operating system error'`; [`PrimError::system`] makes one with the system's number."
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
    const fn of_code(code: u64) -> PrimError {
        match NonZeroU64::new(TAG | code << CODE_SHIFT) {
            Some(bits) => PrimError(bits),
            None => unreachable!(),
        }
    }

    /// 21: the system's error of this number, which the image sees in a PrimitiveError object.
    pub const fn system(number: i32) -> PrimError {
        PrimError(PrimError::OPERATING_SYSTEM.0.saturating_add((number as u32 as u64) << SYSTEM_SHIFT))
    }

    /// Any object: the image sees it as the error code.
    pub fn object(oop: Oop) -> PrimError {
        NonZeroU64::new(oop.bits()).map_or(PrimError::GENERIC, PrimError)
    }

    /// The object that the image is to see as the error code, if it is one.
    pub const fn as_object(self) -> Option<Oop> {
        if self.0.get() & TAG == TAG { None } else { Some(Oop(self.0.get())) }
    }

    /// The system's number, if the system said why.
    pub const fn system_number(self) -> Option<i32> {
        if self.code() == PrimError::OPERATING_SYSTEM.code() { Some((self.0.get() >> SYSTEM_SHIFT) as i32) } else { None }
    }

    /// The index (from 1) in the table of error symbols; 0 where the code is an object of its own.
    pub const fn code(self) -> usize {
        if self.0.get() & TAG == TAG { (self.0.get() >> CODE_SHIFT) as u8 as usize } else { 0 }
    }
}

impl fmt::Debug for PrimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.as_object(), self.system_number()) {
            (Some(oop), _) => f.debug_tuple("Object").field(&oop).finish(),
            (None, Some(number)) => f.debug_tuple("OperatingSystem").field(&number).finish(),
            (None, None) => f.write_str(name_of(self.code())),
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
