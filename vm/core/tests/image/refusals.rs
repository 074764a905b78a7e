//! Files that are no images, or images of formats that this VM does not run.

use crate::builder::Builder;
use crate::support::{load, refusal, save, try_load};
use osvm_core::image::{ImageErrorKind, ImageHeader, WordSize};

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
        let (saved, header) = save(&load(&b.finish()));
        assert_eq!(header.version, if version == 7033 || version == 68533 { 68533 } else { 68021 });
        assert_eq!(load(&saved).header, header);
    }
}

#[test]
fn headers_survive_a_round_trip() {
    for size in [WordSize::Bits32, WordSize::Bits64] {
        let word = |value: u64| if size == WordSize::Bits32 { value & 0xFFFF_FFFF } else { value };
        let header = ImageHeader {
            version: if size == WordSize::Bits32 { 7033 } else { 68533 },
            word_size: size,
            header_offset: 0,
            header_size: 256,
            data_size: 1024,
            base_address: word(0x1234_5678_9000_0000 + 0x10_0008),
            special_objects: word(0x0102_0304_0506_0708),
            last_hash: word(0x1112_1314_1516_1718),
            screen_size: word(0x2122_2324_2526_2728),
            flags: word(0x3132_3334_3536_3738),
            extra_vm_memory: 0x4142_4344,
            stack_pages: 0x5152,
            code_kib: 0x5354,
            eden_bytes: 0x6162_6364,
            max_external_semaphores: 0x7172,
            image_version: 0x7374,
            first_segment_size: 512,
            free_old_space: word(0x8182_8384_8586_8788),
        };
        let bytes = header.to_bytes();
        assert_eq!(bytes.len(), 256);
        assert_eq!(ImageHeader::parse(&bytes, 256 + 1024).unwrap(), header);
    }
}
