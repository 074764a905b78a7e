//! The images of other people that stand beside the workspace (`../shared/images`, or `OSVM_IMAGES`).

use crate::load;
use osvm_core::image::{CodeInfo, ImageInfo};
use std::path::PathBuf;

/// All of them, the smallest first.
pub const NAMES: [&str; 4] = ["tiny-32.image", "tiny-64.image", "codeparadise-sista-32.image", "pharo8-bootstrap-64.image"];

/// The bytes of a real image; `None`, with a word on stderr, where it is not there.
pub fn read(name: &str) -> Option<Vec<u8>> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/images"));
    let path = std::env::var_os("OSVM_IMAGES").map_or_else(beside, PathBuf::from).join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        eprintln!("skipped: {} is not there", path.display());
    }
    bytes
}

fn info(name: &str) -> Option<ImageInfo> {
    Some(ImageInfo::of(&load(&read(name)?)))
}

#[test]
fn pharo8() {
    let Some(info) = info("pharo8-bootstrap-64.image") else { return };
    assert_eq!((info.objects, info.classes, info.metaclasses, info.class_table_entries), (29904, 553, 553, 1676));
    assert_eq!(info.code, CodeInfo { v3_methods: 10391, ..CodeInfo::default() });
    assert_eq!((info.format().as_str(), info.bytecode_sets()), ("68021, Spur 64-bit", "V3PlusClosures"));
    assert_eq!((info.header.screen(), info.contexts, info.free_bytes), ((650, 443), 1, 0));
    assert_eq!((info.primitives.len(), info.primitives[&1]), (195, 1));
    assert_eq!(info.named_primitives["FileAttributesPlugin"].len(), 16);
    assert_eq!(info.largest_classes[0].name, "CompiledMethod");
    assert!(info.small_floats);
}

#[test]
fn tiny_64() {
    let Some(info) = info("tiny-64.image") else { return };
    assert_eq!((info.objects, info.classes, info.small_floats), (2472, 51, false));
    assert_eq!(info.bytecode_sets(), "V3PlusClosures");
}

#[test]
fn tiny_32_is_widened_without_its_forwarders() {
    let Some(info) = info("tiny-32.image") else { return };
    assert_eq!((info.objects, info.classes, info.small_floats), (2493 - 44, 50, false));
    assert_eq!((info.format().as_str(), info.bytecode_sets()), ("6521, Spur 32-bit", "V3PlusClosures"));
    assert!(info.named_primitives["ConsolePlugin"].contains_key("primitiveLog:level:"));
}

#[test]
fn codeparadise_is_widened_without_its_free_chunks_and_large_integers() {
    let Some(info) = info("codeparadise-sista-32.image") else { return };
    assert_eq!((info.objects, info.classes, info.free_bytes, info.small_floats), (4843 - 48 - 9, 94, 0, false));
    assert_eq!(info.code, CodeInfo { sista_methods: 1688, sista_blocks: 234, ..CodeInfo::default() });
    assert_eq!(info.named_primitives["CpSystemPlugin"].values().sum::<usize>(), 46);
}
