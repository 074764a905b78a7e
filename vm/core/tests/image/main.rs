//! Reading and writing images: real ones, ones that a builder puts together byte by byte, and ones that make no sense.

mod builder;
mod hostile;
mod loading;
mod real;
mod refusals;
mod round_trip;
mod widening;

use osvm_core::heap::{AllocRegion, Heap, HeapConfig};
use osvm_core::image::{self, ImageError, ImageHeader, LoadedImage};
use osvm_core::oop::Oop;

/// A small new space, so that a test which loads thousands of images touches little memory.
const CONFIG: HeapConfig = HeapConfig { eden_bytes: 64 << 10, survivor_bytes: 16 << 10 };

/// Loads into a region that is just large enough.
fn try_load(mut bytes: &[u8]) -> Result<LoadedImage, ImageError> {
    let header = image::read_header(&mut bytes)?;
    let region = AllocRegion::new(image::minimum_region_bytes(&header, CONFIG) as usize).expect("memory for a test");
    image::load(&mut bytes, Box::new(region), CONFIG)
}

/// Loads what must be loadable, and makes sense to a VM.
fn load(bytes: &[u8]) -> LoadedImage {
    let image = try_load(bytes).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(image::verify(&image.heap), Vec::<String>::new());
    image
}

/// The message of a refusal.
fn refusal(bytes: &[u8]) -> String {
    match try_load(bytes) {
        Ok(_) => panic!("the image was loaded"),
        Err(error) => error.to_string(),
    }
}

fn save(image: &LoadedImage) -> (Vec<u8>, ImageHeader) {
    let mut bytes = Vec::new();
    let header = image::write(&image.heap, &image.header, &mut bytes).unwrap_or_else(|error| panic!("{error}"));
    (bytes, header)
}

/// Panics unless both heaps hold the same objects at the same distances from nil.
fn assert_same_graph(a: &Heap, b: &Heap) {
    let same = |x: Oop, y: Oop| {
        if x.is_pointer() && y.is_pointer() { x.bits() - a.nil().bits() == y.bits() - b.nil().bits() } else { x == y }
    };
    assert!(same(a.special_objects(), b.special_objects()));
    assert!(same(a.hidden_roots(), b.hidden_roots()));
    let (mut xs, mut ys) = (a.objects(), b.objects());
    loop {
        let (x, y) = match (xs.next(), ys.next()) {
            (None, None) => break,
            (Some(x), Some(y)) => (x, y),
            _ => panic!("one heap has more objects"),
        };
        assert!(same(x, y));
        assert_eq!(a.header(x), b.header(y), "{x:?}");
        assert_eq!(a.num_slots(x), b.num_slots(y), "{x:?}");
        let (pointers, raw) = (a.slots(x).len() * 8, a.bytes(x));
        assert!(a.slots(x).iter().zip(b.slots(y)).all(|(&x, &y)| same(x, y)), "{x:?}");
        assert_eq!(raw[pointers.min(raw.len())..], b.bytes(y)[pointers.min(raw.len())..], "{x:?}");
    }
}
