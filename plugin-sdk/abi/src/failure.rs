//! How a primitive, or an interface of the host, fails.

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
    /// `#'unsupported operation'`; also what was not granted.
    Unsupported,
    /// `#'no modification'`: the object is read-only.
    NoModification,
    /// `#'insufficient object memory'`; the primitive is tried again after a full collection.
    NoMemory,
    /// `#'insufficient C memory'`: the plugin's own memory is full.
    NoPluginMemory,
    /// `#'not found'`.
    NotFound,
    /// `#'internal error in named primitive machinery'`: the plugin broke, or contradicts its own signature.
    Internal,
    /// `#'resource limit exceeded'`.
    LimitExceeded,
    /// `#'operating system error'` with the system's number.
    OperatingSystem(i32),
}

/// All failures but [`PrimitiveError::OperatingSystem`], with their numbers, which are those of Spur, and their words.
const TABLE: [(PrimitiveError, u8, &str); 13] = [
    (PrimitiveError::Failed, 1, "failed"),
    (PrimitiveError::BadReceiver, 2, "bad receiver"),
    (PrimitiveError::BadArgument, 3, "bad argument"),
    (PrimitiveError::BadIndex, 4, "bad index"),
    (PrimitiveError::BadNumArgs, 5, "bad number of arguments"),
    (PrimitiveError::Inappropriate, 6, "inappropriate operation"),
    (PrimitiveError::Unsupported, 7, "unsupported operation"),
    (PrimitiveError::NoModification, 8, "no modification"),
    (PrimitiveError::NoMemory, 9, "insufficient object memory"),
    (PrimitiveError::NoPluginMemory, 10, "insufficient C memory"),
    (PrimitiveError::NotFound, 11, "not found"),
    (PrimitiveError::Internal, 13, "internal error in named primitive machinery"),
    (PrimitiveError::LimitExceeded, 15, "resource limit exceeded"),
];

/// The number of [`PrimitiveError::OperatingSystem`].
const OPERATING_SYSTEM: u8 = 21;

impl PrimitiveError {
    /// Its number: the index, from 1, in Spur's table of primitive error codes.
    pub fn code(self) -> u8 {
        TABLE.iter().find(|(error, ..)| *error == self).map_or(OPERATING_SYSTEM, |(_, code, _)| *code)
    }

    /// The failure of a number; `system` is the system's number, for the one that has it.
    pub fn from_code(code: u8, system: i32) -> Option<PrimitiveError> {
        if code == OPERATING_SYSTEM {
            return Some(PrimitiveError::OperatingSystem(system));
        }
        TABLE.iter().find(|(_, c, _)| *c == code).map(|(error, ..)| *error)
    }

    /// What a primitive answers as its status, which is negative. The system's number is in the first result slot.
    pub fn status(self) -> i32 {
        -i32::from(self.code())
    }
}

/// What a function of an interface answers: its result, below 2^63, or minus (code + 256 * the system's number).
pub fn encode(result: Result<u64, PrimitiveError>) -> i64 {
    match result.and_then(|value| i64::try_from(value).map_err(|_| PrimitiveError::Internal)) {
        Ok(value) => value,
        Err(error) => {
            let system = if let PrimitiveError::OperatingSystem(number) = error { number.max(0) } else { 0 };
            -(i64::from(error.code()) + (i64::from(system) << 8))
        }
    }
}

/// The inverse of [`encode`].
pub fn decode(answer: i64) -> Result<u64, PrimitiveError> {
    match u64::try_from(answer) {
        Ok(value) => Ok(value),
        Err(_) => {
            let failure = answer.unsigned_abs();
            let system = i32::try_from(failure >> 8).unwrap_or(0);
            Err(PrimitiveError::from_code((failure & 0xFF) as u8, system).unwrap_or(PrimitiveError::Internal))
        }
    }
}

/// An error of the operating system, by its number (`errno`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OsError(pub i32);

impl From<OsError> for PrimitiveError {
    fn from(error: OsError) -> PrimitiveError {
        PrimitiveError::OperatingSystem(error.0)
    }
}

impl fmt::Display for PrimitiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PrimitiveError::OperatingSystem(number) => write!(f, "operating system error {number}"),
            other => f.write_str(TABLE.iter().find(|(error, ..)| error == other).map_or("", |(.., text)| text)),
        }
    }
}

impl std::error::Error for PrimitiveError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_crosses() {
        for code in 0..=255 {
            let Some(error) = PrimitiveError::from_code(code, 17) else { continue };
            assert_eq!(error.code(), code);
            assert_eq!(decode(encode(Err(error))), Err(error));
            assert!(error.status() < 0);
            assert!(!error.to_string().is_empty());
        }
        assert_eq!(TABLE.iter().map(|(error, ..)| error.code()).collect::<std::collections::HashSet<_>>().len(), TABLE.len());
    }

    #[test]
    fn every_result_crosses() {
        for value in [0, 1, i64::MAX as u64] {
            assert_eq!(decode(encode(Ok(value))), Ok(value));
        }
        assert_eq!(decode(encode(Ok(1 << 63))), Err(PrimitiveError::Internal));
        for nonsense in [i64::MIN, -200] {
            assert_eq!(decode(nonsense), Err(PrimitiveError::Internal), "{nonsense}");
        }
    }
}
