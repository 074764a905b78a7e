//! The images of other people that stand beside the workspace (`../shared/images`, or `OSVM_IMAGES`).

use osvm_core::heap::{AllocRegion, HeapConfig};
use osvm_core::image::{self, LoadedImage};
use std::path::PathBuf;

/// The bytes of a real image; `None`, with a word on stderr, where it is not there.
fn read_image(name: &str) -> Option<Vec<u8>> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/images"));
    let path = std::env::var_os("OSVM_IMAGES").map_or_else(beside, PathBuf::from).join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        eprintln!("skipped: {} is not there", path.display());
    }
    bytes
}

fn load(bytes: &[u8]) -> LoadedImage {
    let config = HeapConfig::default();
    let mut source = bytes;
    let header = image::read_header(&mut source).unwrap();
    let region = AllocRegion::new(image::minimum_region_bytes(&header, config) as usize + (1 << 20)).unwrap();
    image::load(&mut source, Box::new(region), config).unwrap_or_else(|error| panic!("{error}"))
}

fn check_loads(name: &str, objects: usize) {
    let Some(bytes) = read_image(name) else { return };
    let image = load(&bytes);
    assert_eq!(image.heap.check(10), Vec::<String>::new());
    assert_eq!(image.heap.objects().count(), objects);
}

#[test]
fn pharo8_loads() {
    check_loads("pharo8-bootstrap-64.image", 29904);
}

#[test]
fn tiny_64_loads() {
    check_loads("tiny-64.image", 2472);
}

#[test]
fn tiny_32_loads() {
    check_loads("tiny-32.image", 2449);
}

#[test]
fn codeparadise_loads() {
    check_loads("codeparadise-sista-32.image", 4786);
}
