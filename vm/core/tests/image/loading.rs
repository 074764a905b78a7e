//! Built images of both word sizes: segments, forwarders, and what is wrong in each way that an image can be wrong.

use crate::builder::{BASE, Builder, METHOD, THING};
use crate::support::{check_damaged, check_truncations, load, refusal};
use osvm_core::image::WordSize;
use osvm_core::object::{self, Format};
use osvm_core::special::Special;

const SIZES: [WordSize; 2] = [WordSize::Bits32, WordSize::Bits64];

/// An entry of the special objects that the VM hardly looks at: tests hang their objects there.
const HOOK: usize = Special::TheDisplay as usize;

#[test]
fn a_built_image_loads() {
    for size in SIZES {
        let image = load(&Builder::new(size).finish());
        assert_eq!(image.heap.special(Special::Nil), image.heap.nil());
        assert_eq!(image.header.last_hash, 4711);
        assert!(image.heap.old_bytes() > 0);
    }
}

#[test]
fn segments_are_joined() {
    for size in SIZES {
        for gap in [0, 4096] {
            let mut b = Builder::new(size);
            let first = b.object(THING, Format::FIXED, &[BASE]);
            b.set(b.special, HOOK, first);
            // The object in the next segment will lie behind the bridge and the gap.
            let next = first + 16 + 16 + gap;
            b.set(first, 0, next);
            b.end_segment(gap);
            assert_eq!(b.object(THING, Format::FIXED, &[first]), next);
            b.end_segment(2 * gap);
            b.object(THING, Format::FIXED, &[next]);
            let image = load(&b.finish());
            let first = image.heap.special(Special::TheDisplay);
            let next = image.heap.fetch(first, 0);
            assert_eq!(next.bits() - first.bits(), 16, "{size:?} {gap}");
            assert_eq!(image.heap.fetch(next, 0), first);
        }
    }
}

#[test]
fn nothing_refers_to_a_forwarder_after_the_load() {
    for size in SIZES {
        let mut b = Builder::new(size);
        let target = b.object(THING, Format::FIXED, &[b.int(42)]);
        let near = b.object(object::CLASS_INDEX_FORWARDER, Format::FORWARDED, &[target]);
        let far = b.object(object::CLASS_INDEX_FORWARDER, Format::FORWARDED, &[near, BASE]);
        let user = b.object(THING, Format::FIXED, &[far, near]);
        b.set(b.special, HOOK, user);
        // Even the roots may be forwarded.
        let special = b.object(object::CLASS_INDEX_FORWARDER, Format::FORWARDED, &[b.special]);
        b.special = special;
        let image = load(&b.finish());
        let heap = &image.heap;
        for slot in 0..2 {
            let target = heap.fetch(heap.special(Special::TheDisplay), slot);
            assert_eq!(heap.fetch(target, 0).as_small_int(), Some(42));
        }
    }
}

#[test]
fn forwarders_in_a_circle_are_refused() {
    for size in SIZES {
        let mut b = Builder::new(size);
        let first = b.object(object::CLASS_INDEX_FORWARDER, Format::FORWARDED, &[BASE]);
        let second = b.object(object::CLASS_INDEX_FORWARDER, Format::FORWARDED, &[first]);
        b.set(first, 0, second);
        assert!(refusal(&b.finish()).contains("a forwarder that leads to no object"));
    }
}

#[test]
fn long_chains_of_forwarders_take_no_longer_than_their_length() {
    for size in SIZES {
        let mut b = Builder::new(size);
        let first = b.object(object::CLASS_INDEX_FORWARDER, Format::FORWARDED, &[BASE]);
        for count in 1..200_000 {
            b.object(object::CLASS_INDEX_FORWARDER, Format::FORWARDED, &[first + 16 * (count - 1)]);
        }
        // Backwards each is resolved when the next asks; forwards the first one asks for all.
        let target = b.object(THING, Format::EMPTY, &[]);
        let start = b.object(object::CLASS_INDEX_FORWARDER, Format::FORWARDED, &[BASE]);
        for count in 1..200_000 {
            b.set(start + 16 * (count - 1), 0, start + 16 * count);
            b.object(object::CLASS_INDEX_FORWARDER, Format::FORWARDED, &[target]);
        }
        b.set(b.special, HOOK, start);
        let heap = load(&b.finish()).heap;
        assert!(!heap.is_forwarded(heap.special(Special::TheDisplay)));
    }
}

/// Senders that are numbers named frames of the VM that wrote the image.
#[test]
fn contexts_of_frames_that_are_no_more_have_returned() {
    for size in [WordSize::Bits32, WordSize::Bits64] {
        let mut b = Builder::new(size);
        let method = b.method(&[BASE], &[0x70, 0x7C]);
        let fields = [b.int(40), b.int(3 * size.bytes() as i64), b.int(0), method, BASE, BASE, BASE];
        b.object(object::CLASS_INDEX_CONTEXT, Format::INDEXABLE_FIXED, &fields);
        let heap = load(&b.finish()).heap;
        let mut objects = heap.objects();
        let context = objects.find(|&oop| heap.class_index(oop) == object::CLASS_INDEX_CONTEXT).expect("the context is there");
        assert_eq!(heap.slots(context)[..2], [heap.nil(), heap.nil()], "{size:?}");
        assert_eq!(heap.class_index(heap.fetch(context, 3)), METHOD);
    }
}

#[test]
fn transient_bits_are_cleared() {
    for size in SIZES {
        let mut b = Builder::new(size);
        let thing = b.object(THING, Format::EMPTY, &[]);
        b.set_header(thing, b.header_of(thing) | object::MARK_BIT | object::REMEMBERED_BIT | object::GREY_BIT | object::PINNED_BIT);
        b.set(b.special, HOOK, thing);
        let heap = load(&b.finish()).heap;
        assert_eq!(heap.header(heap.special(Special::TheDisplay)), object::PINNED_BIT | u64::from(THING));
    }
}

#[test]
fn free_chunks_may_stay() {
    for size in SIZES {
        let mut b = Builder::new(size);
        b.object(object::CLASS_INDEX_FREE, Format::WORDS_64, &[u64::MAX; 400]);
        b.object(THING, Format::EMPTY, &[]);
        load(&b.finish());
    }
}

#[test]
fn big_endian_floats_are_turned() {
    for size in SIZES {
        let mut b = Builder::new(size);
        let bits = 2.5f64.to_bits().rotate_left(32);
        let float = b.raw(object::CLASS_INDEX_FLOAT, Format::WORDS_32, &bits.to_le_bytes(), 4);
        b.set(b.special, HOOK, float);
        b.header.flags = 0;
        let heap = load(&b.finish()).heap;
        assert_eq!(heap.float_value(heap.special(Special::TheDisplay)), Some(2.5));
    }
}

/// Builds an image that `spoil` spoils, and answers what the loader says.
fn spoilt(size: WordSize, spoil: impl FnOnce(&mut Builder)) -> String {
    let mut b = Builder::new(size);
    spoil(&mut b);
    refusal(&b.finish())
}

#[test]
fn references_that_lead_nowhere_are_refused() {
    for size in SIZES {
        let past_end = BASE + (1 << 20);
        // Nothing; inside an object; before and behind the image; tags that no immediate has.
        for value in [0, BASE + 8, BASE - 16, past_end] {
            let message = spoilt(size, |b| {
                b.object(THING, Format::FIXED, &[value]);
            });
            assert!(message.contains(&format!("holds {value:#x}")), "{message}");
        }
    }
    for tag in [3, 5, 6, 7] {
        let message = spoilt(WordSize::Bits64, |b| {
            b.object(THING, Format::FIXED, &[8 | tag]);
        });
        assert!(message.contains("an oop is an immediate or the address of an object"), "{message}");
    }
}

#[test]
fn a_reference_to_a_free_chunk_is_refused() {
    for size in SIZES {
        let message = spoilt(size, |b| {
            let free = b.object(object::CLASS_INDEX_FREE, Format::WORDS_64, &[0, 0]);
            b.object(THING, Format::FIXED, &[free]);
        });
        assert!(message.contains("slot 0 of"), "{message}");
    }
}

#[test]
fn objects_that_make_no_sense_are_refused() {
    for size in SIZES {
        let cases: [(u32, Format, usize, &str); 8] = [
            (1027, Format::EMPTY, 0, "class index 1027, which has no class"),
            (3, Format::WORDS_64, 2, "class index 3"),
            (THING, Format(6), 2, "format 6"),
            (THING, Format(8), 2, "format 8"),
            (THING, Format::FORWARDED, 2, "format 7"),
            (object::CLASS_INDEX_FORWARDER, Format::FIXED, 2, "format 1"),
            (object::CLASS_INDEX_CONTEXT, Format::INDEXABLE_FIXED, 5, "a Context has at least 6 slots"),
            (object::CLASS_INDEX_LARGE_POSITIVE, Format::FIXED, 1, "large integers are bytes"),
        ];
        for (class, format, slots, expected) in cases {
            let message = spoilt(size, |b| {
                b.object(class, format, &vec![BASE; slots]);
            });
            assert!(message.contains(expected), "{message}");
        }
    }
}

#[test]
fn methods_that_make_no_sense_are_refused() {
    for size in SIZES {
        let too_many = spoilt(size, |b| {
            let method = b.method(&[BASE, BASE], &[1, 2, 3]);
            b.set(method, 0, b.int(7));
        });
        assert!(too_many.contains("a compiled method of"), "{too_many}");
        let no_header = spoilt(size, |b| {
            let method = b.method(&[], &[]);
            b.set(method, 0, BASE);
        });
        assert!(no_header.contains("SmallInteger"), "{no_header}");
    }
}

#[test]
fn objects_that_do_not_tile_are_refused() {
    for size in SIZES {
        let long = spoilt(size, |b| {
            let thing = b.object(THING, Format::FIXED, &[BASE; 3]);
            b.set_header(thing, object::header(9, Format::FIXED, THING));
        });
        assert!(long.contains("does not fit into the image; objects fill a segment exactly"), "{long}");
        let overflow = spoilt(size, |b| {
            let thing = b.object(THING, Format::FIXED, &[BASE; 300]);
            b.set_header(thing, object::header(9, Format::FIXED, THING));
        });
        assert!(overflow.contains("does not fit"), "{overflow}");
        let huge = spoilt(size, |b| {
            let thing = b.object(THING, Format::FIXED, &[BASE; 300]);
            b.set_header(thing - 8, u64::MAX);
        });
        assert!(huge.contains("does not fit"), "{huge}");
    }
}

#[test]
fn roots_that_make_no_sense_are_refused() {
    for size in SIZES {
        let page = spoilt(size, |b| b.set(b.roots, 7, b.special));
        assert!(page.contains("page 7 of the class table"), "{page}");
        let no_table = spoilt(size, |b| b.set(b.roots, 0, BASE));
        assert!(no_table.contains("has no class"), "{no_table}");
        let class = spoilt(size, |b| b.set(b.special, 9, BASE));
        assert!(class.contains("class 34 of the class table"), "{class}");
        let special = spoilt(size, |b| b.special = BASE + 8);
        assert!(special.contains("a special objects array at address"), "{special}");
        let nil = spoilt(size, |b| b.set(b.special, 0, BASE + 16));
        assert!(nil.contains("it is nil"), "{nil}");
        let free = spoilt(size, |b| b.set_header(b.roots, b.header_of(b.roots) & !object::CLASS_INDEX_MASK));
        assert!(free.contains("the image"), "{free}");
        let roots = spoilt(size, |b| b.set_header(b.roots, b.header_of(b.roots) | 1 << object::FORMAT_SHIFT));
        assert!(roots.contains("hidden roots of 4104 slots, format 3"), "{roots}");
    }
}

#[test]
fn headers_that_make_no_sense_are_refused() {
    for size in SIZES {
        assert!(spoilt(size, |b| b.header.base_address = BASE + 4).contains("multiple of 8"));
        assert!(spoilt(size, |b| b.header.header_size -= 8).contains("a header of"));
        let good = Builder::new(size).finish();
        let first_segment = match size {
            WordSize::Bits32 => 48,
            WordSize::Bits64 => 72,
        };
        for (value, expected) in [(0u32, "a first segment of 0 bytes"), (1 << 30, "a first segment of"), (1 << 10, "a bridge")] {
            let mut bytes = good.clone();
            bytes[first_segment..first_segment + 4].copy_from_slice(&value.to_le_bytes());
            let message = refusal(&bytes);
            assert!(message.contains(expected) || message.contains("the segments end"), "{message}");
        }
    }
}

#[test]
fn truncated_images_are_refused() {
    SIZES.into_iter().for_each(|size| check_truncations(&Builder::new(size).finish()));
}

#[test]
fn damaged_images_are_refused_or_harmless() {
    SIZES.into_iter().for_each(|size| check_damaged(Builder::new(size).finish(), 0..10_000));
}
