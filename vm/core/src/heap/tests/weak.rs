//! Weak arrays, ephemerons, finalisation.

use super::collect;
use crate::object::Format;
use crate::oop::Oop;
use crate::testing::TestImage;

fn ephemeron(image: &mut TestImage, key: Oop, value: Oop) -> Oop {
    let oop = image.heap.instantiate(image.class("Ephemeron"), 0).unwrap();
    image.heap.store(oop, 0, key);
    image.heap.store(oop, 1, value);
    oop
}

#[test]
fn weak_slots_of_the_dead_become_nil() {
    for full in [false, true] {
        for size in [4, 600] {
            let mut image = TestImage::new();
            let weak = image.heap.instantiate(image.class("WeakHolder"), size).unwrap();
            let strings = ["strong", "alive", "dead"].map(|text| image.heap.string(text).unwrap());
            image.heap.store(weak, 0, strings[0]);
            image.heap.store(weak, 2, strings[1]);
            image.heap.store(weak, 3, strings[2]);
            image.heap.store(weak, 4, Oop::ZERO);
            image.heap.store(weak, 1 + size, strings[2]);
            let mut roots = vec![weak, strings[1]];
            collect(&mut image.heap, full, &mut roots);
            let weak = roots[0];
            let (nil, heap) = (image.heap.nil(), &mut image.heap);
            assert_eq!(heap.text(heap.fetch(weak, 0)).as_deref(), Some("strong"));
            assert_eq!(heap.fetch(weak, 2), roots[1]);
            assert_eq!((heap.fetch(weak, 3), heap.fetch(weak, 4), heap.fetch(weak, 1 + size)), (nil, Oop::ZERO, nil));
            assert_eq!(heap.pending_finalization, 1);
            assert_eq!(heap.fetch_mourner(), Some(weak));
            assert_eq!(heap.fetch_mourner(), None);
        }
    }
}

#[test]
fn an_old_weak_array_loses_young_objects() {
    for size in [4, 4000] {
        let mut image = TestImage::new();
        let mut roots = vec![image.heap.instantiate(image.class("WeakArray"), size).unwrap()];
        image.heap.full_collect(&mut roots);
        let weak = roots[0];
        assert!(image.heap.is_old(weak));
        let (alive, dead) = (image.heap.string("alive").unwrap(), image.heap.string("dead").unwrap());
        for i in (0..size).step_by(2) {
            image.heap.store(weak, i, alive);
            image.heap.store(weak, i + 1, dead);
        }
        roots.push(alive);
        for _ in 0..2 {
            collect(&mut image.heap, false, &mut roots);
            assert_eq!((image.heap.fetch(weak, size - 2), image.heap.fetch(weak, size - 1)), (roots[1], image.heap.nil()));
        }
        assert!(image.heap.remembered_len() > 0, "it refers to a young object still");
        assert_eq!(image.heap.fetch_mourner(), Some(weak));
    }
}

#[test]
fn without_new_finalization_weak_arrays_are_not_queued() {
    let mut image = TestImage::new();
    image.heap.new_finalization = false;
    let weak = image.heap.instantiate(image.class("WeakArray"), 1).unwrap();
    let dead = image.heap.string("dead").unwrap();
    image.heap.store(weak, 0, dead);
    image.heap.scavenge(&mut vec![weak]);
    assert_eq!((image.heap.pending_finalization, image.heap.fetch_mourner()), (1, None));
}

#[test]
fn an_ephemeron_with_a_dead_key_fires_once() {
    for full in [false, true] {
        for old in [false, true] {
            let mut image = TestImage::new();
            let nil = image.heap.nil();
            let mut roots = vec![ephemeron(&mut image, nil, nil), nil];
            if old {
                image.heap.full_collect(&mut roots);
            }
            let key = image.heap.string("key").unwrap();
            // The value refers to the key: that alone does not keep the key alive.
            let value = image.heap.array(&[key]).unwrap();
            image.heap.store(roots[0], 0, key);
            image.heap.store(roots[0], 1, value);
            roots[1] = key;
            collect(&mut image.heap, full, &mut roots);
            assert_eq!(image.heap.fetch_mourner(), None);
            assert_eq!(image.heap.format(roots[0]), Format::EPHEMERON);
            assert_eq!(image.heap.fetch(roots[0], 0), roots[1]);
            roots[1] = nil;
            // If the key is old now, only a full collection finds that it is dead.
            collect(&mut image.heap, full, &mut roots);
            assert_eq!(image.heap.fetch_mourner(), Some(roots[0]));
            assert_eq!(image.heap.format(roots[0]), Format::FIXED);
            let key = image.heap.fetch(roots[0], 0);
            assert_eq!(image.heap.text(key).as_deref(), Some("key"));
            collect(&mut image.heap, full, &mut roots);
            assert_eq!(image.heap.fetch_mourner(), None);
        }
    }
}

#[test]
fn chains_of_ephemerons_wait_for_each_other() {
    for full in [false, true] {
        let mut image = TestImage::new();
        let nil = image.heap.nil();
        let keys: Vec<Oop> = (0..50).map(|i| image.heap.string(&i.to_string()).unwrap()).collect();
        // Each ephemeron's value is the key of the one before: from the first key's life follows everybody's.
        let mut ephemerons: Vec<Oop> =
            (0..50).map(|i| ephemeron(&mut image, keys[i], if i > 0 { keys[i - 1] } else { nil })).collect();
        let mut roots = ephemerons.split_off(0);
        roots.push(keys[49]);
        collect(&mut image.heap, full, &mut roots);
        assert_eq!(image.heap.fetch_mourner(), None);
        roots[50] = nil;
        collect(&mut image.heap, full, &mut roots);
        let mut fired = 0;
        while let Some(mourner) = image.heap.fetch_mourner() {
            assert!(roots.contains(&mourner));
            fired += 1;
        }
        // None of the keys is alive but through the ephemerons: all fire together, as in Spur.
        assert_eq!(fired, 50);
    }
}

#[test]
fn mourners_live_until_they_are_fetched() {
    let mut image = TestImage::new();
    let nil = image.heap.nil();
    let key = image.heap.string("key").unwrap();
    let mut roots = vec![ephemeron(&mut image, key, nil)];
    collect(&mut image.heap, false, &mut roots);
    roots.clear();
    for full in [false, true, false] {
        collect(&mut image.heap, full, &mut roots);
    }
    let mourner = image.heap.fetch_mourner().unwrap();
    assert_eq!(image.heap.text(image.heap.fetch(mourner, 0)).as_deref(), Some("key"));
}

#[test]
fn many_ephemerons_take_no_quadratic_time() {
    let mut image = TestImage::with_sizes(256 << 20, Default::default());
    let nil = image.heap.nil();
    let mut roots = Vec::new();
    let mut key = image.heap.string("first").unwrap();
    for _ in 0..100_000 {
        let value = image.heap.array(&[]).unwrap();
        roots.push(ephemeron(&mut image, key, value));
        key = value;
    }
    roots.push(nil);
    image.heap.full_collect(&mut roots);
    assert_eq!(image.heap.pending_finalization, 100_000);
}
