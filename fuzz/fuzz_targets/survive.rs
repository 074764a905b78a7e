//! What every fuzz target of images does with its image.

use osvm_core::heap::{AllocRegion, HeapConfig};
use osvm_core::image;

const CONFIG: HeapConfig = HeapConfig { eden_bytes: 64 << 10, survivor_bytes: 16 << 10 };

/// Loads an image; what loads is checked, counted, written, and loaded again.
pub fn survive(mut bytes: &[u8]) {
    let Some(loaded) = load(&mut bytes) else { return };
    let sound = image::verify(&loaded.heap).is_empty();
    image::ImageInfo::of(&loaded);
    let mut written = Vec::new();
    image::write(&loaded.heap, &loaded.header, &mut written).expect("what was loaded can be written");
    let again = load(&mut &written[..]).expect("what was written can be loaded");
    assert_eq!(again.heap.old_bytes(), loaded.heap.old_bytes());
    assert_eq!(image::verify(&again.heap).is_empty(), sound);
}

fn load(source: &mut &[u8]) -> Option<image::LoadedImage> {
    let header = image::read_header(source).ok()?;
    let region = AllocRegion::new(image::minimum_region_bytes(&header, CONFIG) as usize)?;
    image::load(source, Box::new(region), CONFIG).ok()
}
