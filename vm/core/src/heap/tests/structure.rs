//! Single properties of the collections.

use super::{assert_sound, association, collect, list, list_length};
use crate::error::PrimError;
use crate::heap::{HeapConfig, NoRoots, Roots};
use crate::object::{self, Format};
use crate::oop::Oop;
use crate::testing::TestImage;

#[test]
fn the_test_image_is_sound() {
    let image = TestImage::new();
    assert_sound(&image.heap);
    assert_eq!(image.heap.class_name(image.class("Array")), "Array");
}

#[test]
fn a_list_of_a_million_elements_needs_no_stack() {
    let mut image = TestImage::with_sizes(256 << 20, HeapConfig::default());
    let mut roots = vec![list(&mut image.heap, 1_000_000)];
    image.heap.full_collect(&mut roots);
    assert_eq!(list_length(&image.heap, roots[0]), 1_000_000);
    image.heap.scavenge(&mut roots);
    roots.clear();
    image.heap.full_collect(&mut roots);
    assert!(image.heap.old_bytes() < 1 << 20);
}

#[test]
fn full_memory_is_an_error_and_no_abort() {
    let mut image = TestImage::with_sizes(2 << 20, HeapConfig { eden_bytes: 64 << 10, survivor_bytes: 16 << 10 });
    let mut roots = Vec::new();
    let error = loop {
        match image.heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, 100) {
            Ok(oop) => roots.push(oop),
            Err(error) => break error,
        }
        if image.heap.gc_request.scavenge {
            image.heap.scavenge(&mut roots);
        }
    };
    assert_eq!(error, PrimError::NO_MEMORY);
    image.heap.full_collect(&mut roots);
    assert_sound(&image.heap);
    assert_eq!(image.heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, 1 << 40), Err(PrimError::NO_MEMORY));
    assert_eq!(image.heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, usize::MAX / 16), Err(PrimError::NO_MEMORY));
    roots.truncate(roots.len() / 2);
    image.heap.full_collect(&mut roots);
    assert!(image.heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, 1000).is_ok());
}

/// What dies young needs no full collection, even if there is less room in old space than in eden.
#[test]
fn garbage_is_scavenged_when_memory_is_short() {
    let mut image = TestImage::with_sizes(8 << 20, HeapConfig { eden_bytes: 1 << 20, survivor_bytes: 128 << 10 });
    let mut roots = Vec::new();
    while image.heap.unused_bytes() > 200 << 10 {
        let slots = 1000;
        let oop = image.heap.alloc_raw_old(slots, Format::INDEXABLE, object::CLASS_INDEX_ARRAY).unwrap();
        image.heap.fill(oop, slots as usize, image.heap.nil.0);
        roots.push(oop);
    }
    image.heap.full_collect(&mut roots);
    for _ in 0..100_000 {
        image.heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, 20).unwrap();
        if image.heap.gc_request.scavenge {
            assert!(image.heap.scavenge(&mut roots));
        }
        assert!(!image.heap.gc_request.full);
    }
    assert_eq!(image.heap.stats.full_collections, 1);
    assert!(image.heap.stats.scavenges > 100);
    assert_sound(&image.heap);
}

#[test]
fn a_large_old_array_is_scanned_by_card() {
    let mut image = TestImage::with_sizes(64 << 20, HeapConfig::default());
    let array = image.heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, 1 << 20).unwrap();
    let mut roots = vec![array];
    for i in [0, 1, 63, 64, 5000, (1 << 20) - 1] {
        let value = association(&mut image.heap, Oop::from_small_int(i as i64), Oop::ZERO);
        image.heap.store(array, i, value);
    }
    assert_sound(&image.heap);
    assert!(image.heap.remembered_len() <= 5);
    for _ in 0..3 {
        image.heap.scavenge(&mut roots);
        assert_sound(&image.heap);
    }
    assert_eq!(roots[0], array);
    for i in [0, 1, 63, 64, 5000, (1 << 20) - 1] {
        let value = image.heap.fetch(array, i);
        assert_eq!(image.heap.fetch(value, 0).small_int(), i as i64);
    }
    image.heap.full_collect(&mut roots);
    assert_eq!(image.heap.remembered_len(), 0);
    assert_sound(&image.heap);
}

#[test]
fn an_object_that_survives_long_is_tenured_when_the_survivor_space_is_full() {
    let mut image = TestImage::new();
    let mut roots = vec![list(&mut image.heap, 650)];
    for _ in 0..12 {
        image.heap.scavenge(&mut roots);
    }
    assert!(image.heap.stats.tenured_objects > 0);
    assert_eq!(list_length(&image.heap, roots[0]), 650);
    assert_sound(&image.heap);
}

#[test]
fn literals_of_methods_are_references_and_their_bytecodes_are_not() {
    let mut image = TestImage::new();
    let literal = image.heap.string("literal").unwrap();
    let method = image.method(&[literal, literal], &[8, 16, 24, 32, 0, 0, 0, 0, 0, 0, 0, 1]);
    let mut roots = vec![method];
    for round in 0..4 {
        collect(&mut image.heap, round % 2 == 1, &mut roots);
        assert_sound(&image.heap);
        assert_eq!(image.heap.text(image.heap.fetch(roots[0], 2)).as_deref(), Some("literal"));
        assert_eq!(image.heap.bytes(roots[0])[24..28], [8, 16, 24, 32]);
    }
}

#[test]
fn a_context_ends_at_its_stack_pointer() {
    let mut image = TestImage::new();
    let context = image.heap.alloc_pointers(object::CLASS_INDEX_CONTEXT, Format::INDEXABLE_FIXED, 22).unwrap();
    let (alive, dead) = (image.heap.string("alive").unwrap(), image.heap.string("dead").unwrap());
    image.heap.store(context, 2, Oop::from_small_int(2));
    image.heap.store(context, 7, alive);
    image.heap.store(context, 8, dead);
    let mut roots = vec![context];
    image.heap.scavenge(&mut roots);
    assert_eq!(image.heap.text(image.heap.fetch(roots[0], 7)).as_deref(), Some("alive"));
    assert_eq!(image.heap.fetch(roots[0], 8), image.heap.nil());
    image.heap.full_collect(&mut roots);
    assert_sound(&image.heap);
}

#[test]
fn a_dead_class_leaves_the_class_table_and_a_used_one_stays() {
    let mut image = TestImage::new();
    let (unused, used) = (image.new_class("Unused", Format::FIXED, 1), image.new_class("Used", Format::FIXED, 1));
    let index = image.heap.class_table_index(unused).unwrap();
    let instance = image.heap.instantiate(used, 0).unwrap();
    let used_index = image.heap.class_index(instance);
    let mut roots = vec![instance];
    image.heap.scavenge(&mut roots);
    assert_sound(&image.heap);
    assert_ne!(image.heap.class_at(index), image.heap.nil());
    image.heap.full_collect(&mut roots);
    assert_eq!(image.heap.class_at(index), image.heap.nil());
    assert_eq!(image.heap.class_name(image.heap.class_at(used_index)), "Used");
    assert_sound(&image.heap);
    roots.clear();
    image.heap.full_collect(&mut roots);
    assert_eq!(image.heap.class_at(used_index), image.heap.nil());
    let again = image.new_class("Again", Format::FIXED, 1);
    let again_index = image.heap.class_table_index(again).unwrap();
    assert!(again_index <= used_index, "indices of dead classes are used again");
}

#[test]
fn tables_keyed_by_oop_learn_what_moved_and_what_died() {
    struct Table {
        strong: Oop,
        weak: Vec<Option<Oop>>,
    }
    impl Roots for Table {
        fn strong(&mut self, visit: &mut dyn FnMut(&mut Oop)) {
            visit(&mut self.strong);
        }
        fn weak(&mut self, resolve: &mut dyn FnMut(Oop) -> Option<Oop>) {
            for oop in self.weak.iter_mut() {
                *oop = oop.and_then(&mut *resolve);
            }
        }
    }
    for full in [false, true] {
        let mut image = TestImage::new();
        let (alive, dead) = (image.heap.string("alive").unwrap(), image.heap.string("dead").unwrap());
        let nil = image.heap.nil();
        let mut roots = Table { strong: alive, weak: vec![Some(alive), Some(dead), Some(nil), Some(Oop::ZERO)] };
        collect(&mut image.heap, full, &mut roots);
        assert_eq!(roots.weak, [Some(roots.strong), None, Some(nil), Some(Oop::ZERO)]);
        assert_ne!(roots.strong, alive);
    }
}

#[test]
fn identity_hashes_and_read_only_bits_stay() {
    let mut image = TestImage::new();
    let oop = image.heap.string("me").unwrap();
    let hash = image.heap.identity_hash(oop);
    image.heap.set_immutable(oop, true);
    let mut roots = vec![oop];
    image.heap.scavenge(&mut roots);
    image.heap.full_collect(&mut roots);
    assert_eq!(image.heap.identity_hash(roots[0]), hash);
    assert!(image.heap.is_immutable(roots[0]));
}

#[test]
fn a_full_collection_asks_for_the_next_by_growth() {
    let mut image = TestImage::with_sizes(256 << 20, HeapConfig::default());
    image.heap.full_collect(&mut NoRoots);
    let mut bytes = 0u64;
    while !image.heap.gc_request.full {
        bytes += 80_016;
        image.heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, 20_000).unwrap();
        assert!(bytes < 100 << 20);
        bytes += 80_000;
    }
    assert!(bytes >= image.heap.policy.headroom_bytes);
}

#[test]
fn survivors_can_be_tenured_at_once() {
    let mut image = TestImage::new();
    let mut roots = vec![list(&mut image.heap, 100)];
    image.heap.tenure_all_at_next_scavenge();
    image.heap.scavenge(&mut roots);
    assert_eq!((image.heap.young_bytes(), list_length(&image.heap, roots[0])), (0, 100));
    assert!(!image.heap.is_remembered(roots[0]));
    let young = list(&mut image.heap, 1);
    image.heap.store(roots[0], 0, young);
    assert!(image.heap.is_remembered(roots[0]));
    image.heap.scavenge(&mut roots);
    assert!(image.heap.young_bytes() > 0);
    assert_sound(&image.heap);
}

#[test]
fn pages_that_are_not_needed_any_more_are_given_back() {
    let mut image = TestImage::with_sizes(64 << 20, HeapConfig::default());
    image.heap.policy.shrink_bytes = 1 << 20;
    let oop = image.heap.alloc_bits(object::CLASS_INDEX_BITMAP, Format::WORDS_32, 1 << 20).unwrap();
    image.heap.store_word(oop, (1 << 20) - 1, 0xFFFF);
    image.heap.full_collect(&mut NoRoots);
    assert_eq!(image.heap.stats.shrinks, 1);
    // SAFETY: the address is inside the region, and the page reads as zero now.
    assert_eq!(unsafe { *oop.ptr().add(1 << 20) }, 0);
    assert_sound(&image.heap);
}

#[test]
fn memory_that_runs_short_is_told_once() {
    let mut image = TestImage::new();
    image.heap.set_low_space_threshold(4 << 20);
    let mut roots = Vec::new();
    while !image.heap.low_space_pending {
        roots.push(image.heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, 1000).unwrap());
        if image.heap.gc_request.scavenge {
            image.heap.scavenge(&mut roots);
        }
    }
    // Also what new space holds would still find room.
    let left = image.heap.unused_bytes() - image.heap.young_bytes();
    assert!(left < 4 << 20 && left > 3 << 20, "{left}");
    assert_eq!(image.heap.low_space_threshold(), 0);
}
