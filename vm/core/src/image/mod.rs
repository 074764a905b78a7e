//! Reading and writing images: the snapshots of an object memory that Smalltalk systems start from and save themselves to.
//!
//! An image is a [`ImageHeader`], then one or more segments of objects as they lay in memory. [`load`] brings both layouts of
//! Spur into the one layout of [`crate::heap`]; a 32-bit image is widened on the way. Nothing that an image may hold makes
//! it read outside its buffers or panic: what does not make sense is an [`ImageError`] with the place.

mod body;
mod error;
mod header;
mod info;
mod load;
mod method;
mod roots;
mod segments;
mod source;
mod verify;
mod widen;
mod write;

pub use error::{ImageError, ImageErrorKind};
pub use header::{ImageHeader, WordSize};
pub use info::{ClassInfo, CodeInfo, ImageInfo};
pub use load::{LoadedImage, load, minimum_region_bytes, preferred_region_base, read_header};
pub use source::ImageSource;
pub use verify::{MAX_FINDINGS, verify};
pub use write::{write, write_at};
