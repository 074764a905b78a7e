//! The image reader on a sound small image with edits: what the fuzzer invents are places and values, not fifty kilobytes of
//! class table.
#![no_main]

#[allow(dead_code, missing_docs)]
#[path = "../../vm/core/tests/image/builder.rs"]
mod builder;
mod survive;

use builder::{BASE, Builder, METHOD, THING};
use osvm_core::image::WordSize;
use osvm_core::object::{self, Format};
use std::sync::LazyLock;

/// A sound image of each word size, with an object of every kind that is treated in a way of its own.
static IMAGES: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| [WordSize::Bits32, WordSize::Bits64].map(sample));

fn sample(size: WordSize) -> Vec<u8> {
    let mut b = Builder::new(size);
    let method = b.method(&[b.int(3), BASE], &[1, 2, 3, 4, 5]);
    let pc = b.int(3 * size.bytes() as i64 + 2);
    let context = [BASE, pc, b.int(0), method, BASE, BASE];
    let context = b.object(object::CLASS_INDEX_CONTEXT, Format::INDEXABLE_FIXED, &context);
    b.object(object::CLASS_INDEX_BLOCK_CLOSURE, Format::INDEXABLE_FIXED, &[context, pc, b.int(0)]);
    b.raw(object::CLASS_INDEX_LARGE_POSITIVE, Format::BYTES, &[1, 2, 3, 4, 5], 1);
    b.raw(object::CLASS_INDEX_FLOAT, Format::WORDS_32, &1.5f64.to_le_bytes(), 4);
    b.raw(THING, Format::SHORTS, &[1, 2, 3, 4, 5, 6], 2);
    b.object(object::CLASS_INDEX_FREE, Format::WORDS_64, &[0; 4]);
    let target = b.object(THING, Format::EPHEMERON, &[BASE, BASE]);
    let forwarder = b.object(object::CLASS_INDEX_FORWARDER, Format::FORWARDED, &[target, BASE]);
    b.object(METHOD, Format::WEAK, &[forwarder]);
    b.end_segment(4096);
    b.object(THING, Format::INDEXABLE, &[BASE; 300]);
    b.finish()
}

/// Behind this many bytes from the front, or from the back, an edit's place is counted from the nearer end: the middle is class
/// table.
const ENDS: usize = 4096;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((&choice, edits)) = input.split_first() else { return };
    let mut image = IMAGES[usize::from(choice & 1)].clone();
    for edit in edits.chunks_exact(11) {
        let place = usize::from(u16::from_le_bytes([edit[0], edit[1]]) & 0x1FFF);
        let at = if place < ENDS { place } else { image.len() - 1 - (place - ENDS) };
        let len = usize::from(edit[2] & 7) + 1;
        let end = (at + len).min(image.len());
        image[at..end].copy_from_slice(&edit[3..3 + end - at]);
    }
    survive::survive(&image);
});
