//! Why an image was refused: one line with the place, what was found there and what would have been right.

use std::fmt;

/// The reason for a refusal, for programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageErrorKind {
    /// The file could not be read or written.
    Io,
    /// The file is something else than an image.
    NotAnImage,
    /// An image of a format that this VM does not run.
    UnsupportedFormat,
    /// The file ends before the image does.
    Truncated,
    /// The header or an object contradicts itself or its surroundings.
    Corrupt,
    /// The image is sound, but the heap that was given for it is too small.
    NoRoom,
}

/// An image that cannot be loaded or written.
#[derive(Debug)]
pub struct ImageError {
    /// The reason for programs.
    pub kind: ImageErrorKind,
    /// Byte of the file from which on something is wrong.
    pub offset: u64,
    /// What is there.
    pub found: String,
    /// What should be there, or what to do.
    pub expected: String,
}

impl ImageError {
    pub(crate) fn new(kind: ImageErrorKind, offset: u64, found: impl Into<String>, expected: impl Into<String>) -> ImageError {
        ImageError { kind, offset, found: found.into(), expected: expected.into() }
    }

    pub(crate) fn corrupt(offset: u64, found: impl Into<String>, expected: impl Into<String>) -> ImageError {
        ImageError::new(ImageErrorKind::Corrupt, offset, found, expected)
    }

    pub(crate) fn truncated(offset: u64, found: impl Into<String>, expected: impl Into<String>) -> ImageError {
        ImageError::new(ImageErrorKind::Truncated, offset, found, expected)
    }

    pub(crate) fn io(offset: u64, error: &std::io::Error) -> ImageError {
        let kind = match error.kind() {
            std::io::ErrorKind::UnexpectedEof => ImageErrorKind::Truncated,
            _ => ImageErrorKind::Io,
        };
        ImageError::new(kind, offset, error.to_string(), "the file must be readable to its end")
    }
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {:#x} of the image: {}; {}", self.offset, self.found, self.expected)
    }
}

impl std::error::Error for ImageError {}
