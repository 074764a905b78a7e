//! What the tests of images share, built and real ones: loading, saving, comparing and damaging.

use osvm_core::heap::{AllocRegion, Heap, HeapConfig};
use osvm_core::image::{self, ImageError, ImageErrorKind, ImageHeader, ImageInfo, LoadedImage};
use osvm_core::oop::Oop;

/// A small new space, so that a test which loads thousands of images touches little memory.
pub const CONFIG: HeapConfig = HeapConfig { eden_bytes: 64 << 10, survivor_bytes: 16 << 10 };

/// Loads into a region that is just large enough.
pub fn try_load(mut bytes: &[u8]) -> Result<LoadedImage, ImageError> {
    let header = image::read_header(&mut bytes)?;
    let region = AllocRegion::new(image::minimum_region_bytes(&header, CONFIG) as usize).expect("memory for a test");
    image::load(&mut bytes, Box::new(region), CONFIG)
}

/// Loads what must be loadable, and makes sense to a VM.
pub fn load(bytes: &[u8]) -> LoadedImage {
    let image = try_load(bytes).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(image::verify(&image.heap), Vec::<String>::new());
    image
}

/// The message of a refusal.
pub fn refusal(bytes: &[u8]) -> String {
    match try_load(bytes) {
        Ok(_) => panic!("the image was loaded"),
        Err(error) => error.to_string(),
    }
}

pub fn save(image: &LoadedImage) -> (Vec<u8>, ImageHeader) {
    let mut bytes = Vec::new();
    let header = image::write(&image.heap, &image.header, &mut bytes).unwrap_or_else(|error| panic!("{error}"));
    (bytes, header)
}

/// Panics unless both heaps hold the same objects at the same distances from nil.
pub fn assert_same_graph(a: &Heap, b: &Heap) {
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

/// Reads, writes, and reads again.
pub fn check_round_trip(bytes: &[u8]) {
    let first = load(bytes);
    let (saved, header) = save(&first);
    let second = load(&saved);
    assert_same_graph(&first.heap, &second.heap);
    assert_eq!(second.header, header);
    let kept = |h: &ImageHeader| {
        let parameters = (h.extra_vm_memory, h.stack_pages, h.code_kib, h.eden_bytes, h.max_external_semaphores, h.image_version);
        (h.last_hash, h.screen_size, h.flags | ImageHeader::FLOATS_LITTLE_ENDIAN, parameters)
    };
    assert_eq!(kept(&first.header), kept(&header));
    // At another base the file differs only in its addresses; at the same it is the same.
    let (again, _) = save(&second);
    assert_eq!(saved.len(), again.len());
}

/// The xorshift generator of Marsaglia: the same damage at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16) as usize % limit
    }
}

/// Loads, and uses what loads.
pub fn survive(bytes: &[u8]) -> bool {
    match try_load(bytes) {
        Ok(image) => {
            image::verify(&image.heap);
            ImageInfo::of(&image);
            image::write(&image.heap, &image.header, &mut std::io::sink()).unwrap_or_else(|error| panic!("{error}"));
            true
        }
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "{error}");
            false
        }
    }
}

/// Cuts an image at every page, near its header and before its last byte.
pub fn check_truncations(bytes: &[u8]) {
    let near_the_header = (0..256).filter(|at| at % 7 == 0);
    for end in (0..bytes.len()).step_by(4096).chain(near_the_header).chain([bytes.len() - 1]) {
        let error = try_load(&bytes[..end]).err().expect("a refusal");
        let expected = if end < 4 { ImageErrorKind::NotAnImage } else { ImageErrorKind::Truncated };
        assert_eq!(error.kind, expected, "{end}: {error}");
    }
}

/// Damages the image in a few places, by the seed, and undoes it.
fn damage(bytes: &mut [u8], seed: u64, check: &mut dyn FnMut(&[u8])) {
    let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ seed.wrapping_mul(0xD134_2543_DE82_EF95));
    let mut undo = Vec::new();
    for _ in 0..=random.below(4) {
        // Header and roots are a small part of a file and most of what can go wrong.
        let reach = match random.below(4) {
            0 => 192,
            1 => 1024,
            _ => bytes.len(),
        };
        let at = random.below(reach.min(bytes.len()));
        undo.push((at, bytes[at]));
        match random.below(3) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = [0, 0xFF, 0x7F, 0x80][random.below(4)],
            _ => bytes[at] = random.below(256) as u8,
        }
    }
    check(bytes);
    undo.into_iter().rev().for_each(|(at, byte)| bytes[at] = byte);
}

/// Loads copies of an image, each damaged by one seed.
pub fn check_damaged(mut bytes: Vec<u8>, seeds: std::ops::Range<u64>) {
    let mut loaded = 0;
    let count = seeds.end - seeds.start;
    for seed in seeds {
        damage(&mut bytes, seed, &mut |bytes| loaded += u64::from(survive(bytes)));
    }
    // Neither everything nor nothing passes: else the damage misses its point.
    assert!(loaded > 0 && loaded < count, "{loaded} of {count} loaded");
}
