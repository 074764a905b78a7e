//! Images that were cut or damaged: each is loaded or refused, and nothing panics, hangs, or breaks what comes after.

use crate::builder::Builder;
use crate::{real, try_load};
use osvm_core::image::{self, ImageErrorKind, ImageInfo, WordSize};

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
fn survive(bytes: &[u8]) -> bool {
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

#[test]
fn every_truncation_is_refused() {
    let built = [WordSize::Bits32, WordSize::Bits64].map(|size| Builder::new(size).finish());
    let images: Vec<_> = real::NAMES.iter().filter_map(|name| real::read(name)).chain(built).collect();
    for bytes in images {
        let near_the_header = (0..256).filter(|at| at % 7 == 0);
        for end in (0..bytes.len()).step_by(4096).chain(near_the_header).chain([bytes.len() - 1]) {
            let error = try_load(&bytes[..end]).err().expect("a refusal");
            let expected = [ImageErrorKind::Truncated, ImageErrorKind::NotAnImage];
            assert!(expected.contains(&error.kind), "{end}: {error}");
            assert!(end < 4 || error.kind == ImageErrorKind::Truncated, "{end}: {error}");
        }
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

fn damaged(mut bytes: Vec<u8>, seeds: std::ops::Range<u64>) {
    let mut loaded = 0;
    let count = seeds.end - seeds.start;
    for seed in seeds {
        damage(&mut bytes, seed, &mut |bytes| loaded += u64::from(survive(bytes)));
    }
    // Neither everything nor nothing passes: else the damage misses its point.
    assert!(loaded > 0 && loaded < count, "{loaded} of {count} loaded");
}

#[test]
fn damaged_built_images() {
    for size in [WordSize::Bits32, WordSize::Bits64] {
        damaged(Builder::new(size).finish(), 0..4000);
    }
}

#[test]
fn damaged_tiny_64() {
    real::read("tiny-64.image").into_iter().for_each(|bytes| damaged(bytes, 0..3000));
}

#[test]
fn damaged_tiny_32() {
    real::read("tiny-32.image").into_iter().for_each(|bytes| damaged(bytes, 3000..6500));
}

#[test]
fn damaged_codeparadise() {
    real::read("codeparadise-sista-32.image").into_iter().for_each(|bytes| damaged(bytes, 6500..10_000));
}

#[test]
fn damaged_pharo8() {
    real::read("pharo8-bootstrap-64.image").into_iter().for_each(|bytes| damaged(bytes, 10_000..10_300));
}
