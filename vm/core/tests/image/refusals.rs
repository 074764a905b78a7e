//! Files that are no images, or images of formats that this VM does not run.

use crate::builder::Builder;
use crate::{load, refusal, try_load};
use osvm_core::image::{ImageErrorKind, WordSize};

const SUPPORTED: &str = "supported are Spur images, 64-bit (68021, 68533) and 32-bit (6521, 7033), little endian";

fn file_of(version: u32) -> Vec<u8> {
    let mut bytes = version.to_le_bytes().to_vec();
    bytes.resize(4096, 0);
    bytes
}

#[test]
fn older_formats_are_named() {
    for version in [6502, 6504, 6505, 68000, 68001, 68002, 68003, 68019, 6504 + 512, 68002 + 512] {
        for bytes in [file_of(version), file_of(u32::swap_bytes(version))] {
            let error = try_load(&bytes).err().expect("a refusal");
            assert_eq!(error.kind, ImageErrorKind::UnsupportedFormat);
            let message = error.to_string();
            assert!(message.contains(&format!("format {version}")) && message.ends_with(SUPPORTED), "{message}");
            assert!(!message.contains('\n'));
        }
    }
}

#[test]
fn big_endian_images_are_named() {
    for version in [6521u32, 7033, 68021, 68533] {
        let message = refusal(&file_of(version.swap_bytes()));
        assert!(message.contains(&format!("format {version}, big endian, a Spur image of a big-endian machine")), "{message}");
    }
}

#[test]
fn other_files_are_named() {
    let cases: [(&[u8], &str); 6] = [
        (b"", "a file of 0 bytes"),
        (b"abc", "a file of 3 bytes"),
        (b"PK\x03\x04 and so on", "a zip archive"),
        (b"\x7fELF and so on", "a program"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"'From Pharo8.0'", "it starts with the number"),
    ];
    for (bytes, expected) in cases {
        let error = try_load(bytes).err().expect("a refusal");
        assert_eq!(error.kind, ImageErrorKind::NotAnImage);
        let message = error.to_string();
        assert!(message.contains(expected) && message.ends_with(SUPPORTED), "{message}");
    }
}

#[test]
fn a_header_may_follow_512_bytes() {
    let mut bytes = b"#!/usr/bin/env osvm\n".to_vec();
    bytes.resize(512, 0);
    bytes.extend(Builder::new(WordSize::Bits64).finish());
    assert_eq!(load(&bytes).header.header_offset, 512);
}

#[test]
fn every_supported_format_loads() {
    for (size, version) in
        [(WordSize::Bits32, 6521), (WordSize::Bits32, 7033), (WordSize::Bits64, 68021), (WordSize::Bits64, 68533)]
    {
        let mut b = Builder::new(size);
        b.header.version = version;
        let (saved, header) = crate::save(&load(&b.finish()));
        assert_eq!(header.version, if version == 7033 || version == 68533 { 68533 } else { 68021 });
        assert_eq!(load(&saved).header, header);
    }
}
