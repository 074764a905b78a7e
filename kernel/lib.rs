//! The built-in image of osvm, which is made of the Smalltalk source in this folder when the crate is built.
//!
//! docs/kernel.md tells what is in it. The command runs it where no other image is named.

#![forbid(unsafe_code)]

/// The image file, in the format of 64-bit Spur, with methods in Sista V1.
pub const IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/osvm.image"));

/// The name that the image has for itself, and under which it saves itself in the working folder.
pub const NAME: &str = "osvm.image";
