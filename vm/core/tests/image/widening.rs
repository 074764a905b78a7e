//! What becomes of each kind of object of a 32-bit image.

use crate::builder::{BASE, Builder, THING};
use crate::support::load;
use osvm_core::heap::Heap;
use osvm_core::image::WordSize;
use osvm_core::object::{self, Format};
use osvm_core::oop::Oop;
use osvm_core::special::Special;

/// Builds objects, hangs them on an array, loads, and answers the heap and the array's elements.
fn widened(build: impl FnOnce(&mut Builder) -> Vec<u64>) -> (Heap, Vec<Oop>) {
    let mut b = Builder::new(WordSize::Bits32);
    let objects = build(&mut b);
    let array = b.object(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, &objects);
    b.set(b.special, Special::TheDisplay as usize, array);
    let heap = load(&b.finish()).heap;
    let elements = heap.slots(heap.special(Special::TheDisplay)).to_vec();
    (heap, elements)
}

#[test]
fn immediates() {
    let (_, oops) =
        widened(|b| vec![b.int(0), b.int(-1), b.int((1 << 30) - 1), b.int(-(1 << 30)), 65 << 2 | 2, u64::from(u32::MAX) & !1]);
    let ints: Vec<_> = oops[..4].iter().map(|oop| oop.as_small_int().unwrap()).collect();
    assert_eq!(ints, [0, -1, (1 << 30) - 1, -(1 << 30)]);
    assert_eq!(oops[4].as_character(), Some(65));
    assert_eq!(oops[5].as_character(), Some((1 << 30) - 1));
}

#[test]
fn large_integers_that_fit_become_small() {
    let large = |b: &mut Builder, negative, magnitude: u128| {
        let class = if negative { object::CLASS_INDEX_LARGE_NEGATIVE } else { object::CLASS_INDEX_LARGE_POSITIVE };
        let bytes = magnitude.to_le_bytes();
        let len = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |at| at + 1);
        b.raw(class, Format::BYTES, &bytes[..len], 1)
    };
    let (heap, oops) = widened(|b| {
        vec![
            large(b, false, 1 << 30),
            large(b, true, (1 << 30) + 1),
            large(b, false, (1 << 60) - 1),
            large(b, true, 1 << 60),
            large(b, false, 1 << 60),
            large(b, true, (1 << 60) + 1),
            large(b, false, u128::MAX),
            large(b, false, 5),
            large(b, false, 0),
        ]
    });
    let ints: Vec<_> = oops[..4].iter().map(|oop| oop.as_small_int().unwrap()).collect();
    assert_eq!(ints, [1 << 30, -(1 << 30) - 1, (1 << 60) - 1, -(1 << 60)]);
    let bytes: Vec<_> = oops[4..].iter().map(|&oop| heap.bytes(oop).to_vec()).collect();
    assert_eq!(bytes[0], (1u64 << 60).to_le_bytes());
    assert_eq!(bytes[1], ((1u64 << 60) + 1).to_le_bytes());
    assert_eq!(bytes[2], [0xFF; 16]);
    // These were not normalised: something is being computed in them.
    assert_eq!(bytes[3..], [vec![5], vec![]]);
}

#[test]
fn bits_keep_their_elements() {
    let bytes: Vec<u8> = (1..=24).collect();
    let (heap, oops) = widened(|b| {
        let mut objects = Vec::new();
        for (base, unit) in [(Format::BYTES, 1), (Format::SHORTS, 2), (Format::WORDS_32, 4)] {
            objects.extend((0..=bytes.len() / unit).map(|units| b.raw(THING, base, &bytes[..units * unit], unit)));
        }
        objects.extend((0..=3).map(|units| b.raw(THING, Format::WORDS_64, &bytes[..units * 8], 8)));
        objects
    });
    let mut oops = oops.into_iter();
    for (base, unit) in [(Format::BYTES, 1), (Format::SHORTS, 2), (Format::WORDS_32, 4), (Format::WORDS_64, 8)] {
        for units in 0..=bytes.len() / unit {
            let oop = oops.next().unwrap();
            assert_eq!(heap.bytes(oop), &bytes[..units * unit]);
            let shift = unit.trailing_zeros();
            assert_eq!((heap.format(oop), heap.num_slots(oop) as u64), Format::for_units(base, units as u64, shift));
        }
    }
}

#[test]
fn objects_of_pointers_keep_format_hash_and_flags() {
    let (heap, oops) = widened(|b| {
        let formats = [Format::FIXED, Format::INDEXABLE, Format::INDEXABLE_FIXED, Format::WEAK, Format::EPHEMERON];
        let objects = formats.map(|format| b.object(THING, format, &[b.int(1), BASE + 16, BASE]));
        let flags = object::PINNED_BIT | object::IMMUTABLE_BIT | 12345 << object::HASH_SHIFT;
        b.set_header(objects[0], b.header_of(objects[0]) | flags);
        let mut objects = objects.to_vec();
        objects.extend([253, 254, 255, 256].map(|slots| b.object(THING, Format::INDEXABLE, &vec![BASE; slots])));
        objects
    });
    assert_eq!(heap.header(oops[0]) & object::HASH_MASK << object::HASH_SHIFT, 12345 << object::HASH_SHIFT);
    assert_eq!(heap.header(oops[0]) & object::PINNED_BIT, object::PINNED_BIT);
    assert!(heap.is_immutable(oops[0]));
    for (format, &oop) in (1..).zip(&oops[..5]) {
        assert_eq!(heap.format(oop), Format(format));
        assert_eq!(heap.slots(oop), [Oop::from_small_int(1), heap.false_(), heap.nil()]);
    }
    assert_eq!(oops[5..].iter().map(|&oop| heap.num_slots(oop)).collect::<Vec<_>>(), [253, 254, 255, 256]);
}

#[test]
fn methods_contexts_and_blocks_agree_on_program_counters() {
    let code = [0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x7C];
    let (heap, oops) = widened(|b| {
        let method = b.method(&[b.int(7), BASE, BASE + 16], &code);
        let old_pc = 4 * (1 + 3) + 1;
        let context = |b: &mut Builder, pc| {
            b.object(object::CLASS_INDEX_CONTEXT, Format::INDEXABLE_FIXED, &[BASE, pc, b.int(0), method, BASE, BASE, BASE])
        };
        let running = context(b, b.int(old_pc + 2));
        let returned = context(b, BASE);
        let block = b.object(object::CLASS_INDEX_BLOCK_CLOSURE, Format::INDEXABLE_FIXED, &[running, b.int(old_pc + 4), b.int(1)]);
        let full = b.object(object::CLASS_INDEX_FULL_BLOCK_CLOSURE, Format::INDEXABLE_FIXED, &[running, method, b.int(1), BASE]);
        vec![method, running, returned, block, full]
    });
    let [method, running, returned, block, full] = oops[..] else { panic!("{oops:?}") };
    assert_eq!(heap.literal_count(method), 3);
    assert_eq!(heap.slots(method)[1..], [Oop::from_small_int(7), heap.nil(), heap.false_()]);
    assert_eq!(heap.bytes(method)[8 * 4..], code);
    let new_pc = 8 * (1 + 3) + 1;
    assert_eq!(heap.fetch(running, 1).as_small_int(), Some(new_pc + 2));
    assert_eq!(heap.fetch(returned, 1), heap.nil());
    assert_eq!(heap.fetch(block, 1).as_small_int(), Some(new_pc + 4));
    assert_eq!(heap.fetch(full, 1), method);
}

#[test]
fn floats_stay_boxed_where_the_image_has_no_class_for_others() {
    let (heap, oops) = widened(|b| {
        b.enter(object::CLASS_INDEX_SMALL_FLOAT, BASE);
        vec![b.raw(object::CLASS_INDEX_FLOAT, Format::WORDS_32, &1.5f64.to_le_bytes(), 4)]
    });
    assert!(!heap.small_floats);
    assert_eq!((heap.float_value(oops[0]), heap.num_slots(oops[0])), (Some(1.5), 1));
    assert_eq!(heap.class_at(object::CLASS_INDEX_SMALL_FLOAT), heap.special(Special::ClassFloat));
    assert!(widened(|_| Vec::new()).0.small_floats, "the builder's images have the class");
}

#[test]
fn short_special_objects_are_lengthened() {
    let mut b = Builder::new(WordSize::Bits32);
    let old: Vec<u64> = (0..50).map(|slot| b.get(b.special, slot)).collect();
    b.special = b.object(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, &old);
    let heap = load(&b.finish()).heap;
    assert_eq!(heap.special(Special::SelectorUnusedBytecode), heap.nil());
}
