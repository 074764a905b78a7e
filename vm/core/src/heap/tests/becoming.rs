//! Become, pinning, change of class, copies.

use super::{assert_sound, association, collect};
use crate::error::PrimError;
use crate::heap::Heap;
use crate::object::Format;
use crate::oop::Oop;
use crate::testing::TestImage;

/// Follows the fields of all objects, as everybody who meets a forwarder does.
fn text_of(heap: &Heap, oop: Oop) -> String {
    heap.text(heap.follow(oop)).unwrap()
}

/// A holder of `x`, old or young, that knows nothing of what happens to it.
fn holder(image: &mut TestImage, x: Oop) -> Oop {
    image.heap.array(&[x, x]).unwrap()
}

fn two_way(heap: &mut Heap, x: Oop, y: Oop, copy_hash: bool) -> Result<(), PrimError> {
    let (a, b) = (heap.array(&[x]).unwrap(), heap.array(&[y]).unwrap());
    heap.become_two_way(a, b, copy_hash).map(|_| ())
}

fn one_way(heap: &mut Heap, x: Oop, y: Oop, copy_hash: bool) -> Result<(), PrimError> {
    let (a, b) = (heap.array(&[x]).unwrap(), heap.array(&[y]).unwrap());
    heap.become_one_way(a, b, copy_hash).map(|_| ())
}

#[test]
fn two_way_exchanges_objects_of_any_size_and_age() {
    for (x_text, y_text) in [("one", "two"), ("one", "something much longer than that"), ("", "short"), ("", "")] {
        for ages in 0..4 {
            for full in [false, true] {
                let mut image = TestImage::new();
                let mut roots = Vec::new();
                for (bit, text) in [(1, x_text), (2, y_text)] {
                    let oop = image.heap.string(text).unwrap();
                    roots.push(oop);
                    if ages & bit != 0 {
                        image.heap.full_collect(&mut roots);
                    }
                }
                let hashes = [roots[0], roots[1]].map(|oop| image.heap.identity_hash(oop));
                let (x_holder, y_holder) = (holder(&mut image, roots[0]), holder(&mut image, roots[1]));
                roots.extend([x_holder, y_holder]);
                let (x, y) = (roots[0], roots[1]);
                two_way(&mut image.heap, x, y, false).unwrap();
                image.heap.follow_roots(&mut roots);
                assert_sound(&image.heap);
                for _ in 0..2 {
                    for (at, text) in [(0, y_text), (1, x_text)] {
                        assert_eq!(text_of(&image.heap, roots[at]), text);
                        assert_eq!(text_of(&image.heap, image.heap.fetch(roots[2 + at], 1)), text);
                        assert_eq!(image.heap.identity_hash(roots[at]), hashes[at], "a reference sees its old hash");
                    }
                    collect(&mut image.heap, full, &mut roots);
                    assert_sound(&image.heap);
                }
                assert!(!full || image.heap.objects().all(|oop| !image.heap.is_forwarded(oop)));
            }
        }
    }
}

#[test]
fn in_place_exchange_remembers_young_contents() {
    let mut image = TestImage::new();
    let nil = image.heap.nil();
    let mut roots = vec![association(&mut image.heap, nil, nil)];
    image.heap.full_collect(&mut roots);
    let young_text = image.heap.string("young").unwrap();
    let young = association(&mut image.heap, young_text, nil);
    two_way(&mut image.heap, roots[0], young, true).unwrap();
    assert_sound(&image.heap);
    image.heap.scavenge(&mut roots);
    assert_eq!(text_of(&image.heap, image.heap.fetch(roots[0], 0)), "young");
}

#[test]
fn one_way_replaces_all_references_and_may_keep_the_hash() {
    for (copy_hash, full) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut image = TestImage::new();
        let mut roots = vec![image.heap.string("old one").unwrap()];
        image.heap.full_collect(&mut roots);
        let (x, y) = (roots[0], image.heap.string("young").unwrap());
        let (x_hash, y_hash) = (image.heap.identity_hash(x), image.heap.identity_hash(y));
        let holds = holder(&mut image, x);
        roots.push(holds);
        image.heap.full_collect(&mut roots);
        let y = image.heap.string("young").unwrap();
        image.heap.set_hash_bits(y, y_hash);
        one_way(&mut image.heap, roots[0], y, copy_hash).unwrap();
        assert_sound(&image.heap);
        // Nobody follows: the old holder refers to an old forwarder that refers to a young object.
        roots.swap_remove(0);
        image.heap.scavenge(&mut roots);
        assert_sound(&image.heap);
        if full {
            image.heap.full_collect(&mut roots);
            assert!(!image.heap.is_forwarded(image.heap.fetch(roots[0], 0)));
        }
        let now = image.heap.follow(image.heap.fetch(roots[0], 0));
        assert_eq!(text_of(&image.heap, now), "young");
        assert_eq!(image.heap.identity_hash(now), if copy_hash { x_hash } else { y_hash });
        assert_sound(&image.heap);
    }
}

#[test]
fn chains_and_cycles_of_become_end() {
    let mut image = TestImage::new();
    let texts: Vec<Oop> = (0..5).map(|i| image.heap.string(&i.to_string()).unwrap()).collect();
    let holds = image.heap.array(&texts).unwrap();
    let (a, b) = (image.heap.array(&texts).unwrap(), image.heap.array(&[&texts[1..], &texts[..1]].concat()).unwrap());
    image.heap.become_one_way(a, b, false).unwrap();
    assert_sound(&image.heap);
    let mut roots = vec![holds];
    image.heap.scavenge(&mut roots);
    let all: Vec<String> = (0..5).map(|i| text_of(&image.heap, image.heap.fetch(roots[0], i))).collect();
    assert!(all.iter().all(|text| *text == all[0]), "{all:?}");
    assert_sound(&image.heap);
}

#[test]
fn one_way_to_an_immediate_follows() {
    let mut image = TestImage::new();
    let x = image.heap.string("x").unwrap();
    let mut roots = vec![holder(&mut image, x), x];
    assert_eq!(one_way(&mut image.heap, x, Oop::from_small_int(7), true), Err(PrimError::INAPPROPRIATE));
    one_way(&mut image.heap, x, Oop::from_small_int(7), false).unwrap();
    image.heap.follow_roots(&mut roots);
    assert_eq!(roots[1], Oop::from_small_int(7));
    image.heap.scavenge(&mut roots);
    assert_eq!(image.heap.fetch(roots[0], 1), Oop::from_small_int(7));
}

#[test]
fn become_refuses_what_spur_refuses() {
    let mut image = TestImage::new();
    let (x, y) = (image.heap.string("x").unwrap(), image.heap.string("y").unwrap());
    let heap = &mut image.heap;
    let (a, two) = (heap.array(&[x]).unwrap(), heap.array(&[x, y]).unwrap());
    assert_eq!(heap.become_two_way(x, a, false), Err(PrimError::BAD_RECEIVER));
    assert_eq!(heap.become_two_way(a, x, false), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(heap.become_two_way(a, two, false), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(two_way(heap, x, Oop::ZERO, false), Err(PrimError::INAPPROPRIATE));
    assert_eq!(two_way(heap, heap.nil(), x, false), Err(PrimError::INAPPROPRIATE));
    assert_eq!(one_way(heap, Oop::ZERO, x, false), Err(PrimError::INAPPROPRIATE));
    heap.set_immutable(y, true);
    assert_eq!(two_way(heap, x, y, false), Err(PrimError::NO_MODIFICATION));
    assert_eq!(one_way(heap, y, x, false), Err(PrimError::NO_MODIFICATION));
    assert_eq!(one_way(heap, x, y, true), Err(PrimError::INAPPROPRIATE));
    let pinned = heap.pin(x).unwrap();
    assert_eq!(two_way(heap, pinned, a, false), Err(PrimError::OBJECT_IS_PINNED));
    let empty = heap.array(&[]).unwrap();
    assert!(heap.become_two_way(empty, empty, false).is_ok());
    assert_sound(heap);
}

#[test]
fn a_class_that_becomes_another_takes_its_instances_along() {
    for full in [false, true] {
        let mut image = TestImage::new();
        let (old, new) = (image.new_class("Old", Format::FIXED, 2), image.new_class("New", Format::FIXED, 2));
        let instances = [old, new].map(|class| image.heap.instantiate(class, 0).unwrap());
        let mut roots = vec![instances[0], instances[1], old, new];
        one_way(&mut image.heap, old, new, true).unwrap();
        image.heap.follow_roots(&mut roots);
        assert_sound(&image.heap);
        collect(&mut image.heap, full, &mut roots);
        assert_sound(&image.heap);
        assert_eq!(roots[2], roots[3]);
        assert_eq!(image.heap.class_of(roots[0]), roots[3]);
        assert_eq!(image.heap.class_of(roots[1]), roots[3]);
        let third = image.heap.instantiate(roots[3], 0).unwrap();
        assert_eq!(image.heap.class_of(third), roots[3]);
        let all = image.heap.all_instances(roots[3]).unwrap();
        assert_eq!(image.heap.num_slots(all), 3);
    }
}

#[test]
fn two_classes_exchange_their_identities() {
    for copy_hash in [false, true] {
        let mut image = TestImage::new();
        let (x, y) = (image.new_class("X", Format::FIXED, 2), image.new_class("Y", Format::FIXED, 2));
        let instances = [x, y].map(|class| image.heap.instantiate(class, 0).unwrap());
        let mut roots = vec![instances[0], instances[1], x, y];
        two_way(&mut image.heap, x, y, copy_hash).unwrap();
        image.heap.follow_roots(&mut roots);
        image.heap.full_collect(&mut roots);
        assert_sound(&image.heap);
        assert_eq!(image.heap.class_name(roots[2]), "Y");
        for i in 0..2 {
            assert_eq!(image.heap.class_of(roots[i]), roots[2 + i], "all references, those of the instances too");
            let another = image.heap.instantiate(roots[2 + i], 0).unwrap();
            assert_eq!(image.heap.class_of(another), roots[2 + i]);
        }
    }
}

#[test]
fn the_special_objects_array_can_be_replaced() {
    let mut image = TestImage::new();
    let old = image.heap.special_objects();
    let new = image.heap.clone_object(old).unwrap();
    one_way(&mut image.heap, old, new, true).unwrap();
    assert_eq!(image.heap.special_objects(), new);
    let mut roots: Vec<Oop> = Vec::new();
    image.heap.scavenge(&mut roots);
    assert_sound(&image.heap);
    assert_ne!(image.heap.special_objects(), new);
    image.heap.full_collect(&mut roots);
    assert_sound(&image.heap);
    assert!(image.heap.is_instance_of(image.heap.special_objects(), crate::special::Special::ClassArray));
}

#[test]
fn pinned_objects_stay_where_they_are() {
    let mut image = TestImage::new();
    image.heap.policy.waste_256ths = 0;
    let mut roots: Vec<Oop> = (0..200).map(|i| image.heap.string(&"x".repeat(i)).unwrap()).collect();
    let hash = image.heap.identity_hash(roots[150]);
    let holds = holder(&mut image, roots[150]);
    roots.push(holds);
    let pinned = image.heap.pin(roots[150]).unwrap();
    assert!(image.heap.is_pinned(pinned) && image.heap.is_old(pinned));
    image.heap.follow_roots(&mut roots);
    assert_eq!((roots[150], image.heap.identity_hash(pinned)), (pinned, hash));
    for round in 0..4 {
        image.heap.full_collect(&mut roots);
        assert_sound(&image.heap);
        assert_eq!(roots[150], pinned);
        assert_eq!(image.heap.fetch(roots[200], 0), pinned);
        assert_eq!(image.heap.bytes(pinned).len(), 150);
        // Others die, so that what is behind moves down.
        for i in (round..150).step_by(3) {
            roots[i] = Oop::ZERO;
        }
        let others: Vec<Oop> = (0..20).map(|_| image.heap.string("another").unwrap()).collect();
        roots.extend(others);
    }
    image.heap.unpin(pinned);
    roots.swap(0, 150);
    roots.truncate(1);
    image.heap.full_collect(&mut roots);
    assert!(roots[0] != pinned && !image.heap.is_pinned(roots[0]));
    assert_sound(&image.heap);
}

#[test]
fn the_hole_before_a_pinned_object_is_used_again() {
    let mut image = TestImage::new();
    image.heap.policy.waste_256ths = 0;
    let dead = image.heap.alloc_pointers(51, Format::INDEXABLE, 50_000).unwrap();
    let text = image.heap.string("pinned").unwrap();
    let mut roots = vec![image.heap.pin(text).unwrap()];
    image.heap.full_collect(&mut roots);
    assert!(image.heap.free_chunk_bytes() > 390_000);
    assert_sound(&image.heap);
    let again = image.heap.alloc_pointers(51, Format::INDEXABLE, 40_000).unwrap();
    assert!(again.0 <= dead.0 + 4096, "{again:?} is where {dead:?} was");
    roots.push(again);
    assert_sound(&image.heap);
    image.heap.full_collect(&mut roots);
    assert_sound(&image.heap);
}

#[test]
fn change_class_checks_the_body() {
    let mut image = TestImage::new();
    let class = |image: &TestImage, name: &str| image.class(name);
    let (point, association_class, array) = (class(&image, "Point"), class(&image, "Association"), class(&image, "Array"));
    let (bytes_class, words) = (class(&image, "ByteArray"), class(&image, "Bitmap"));
    let heap = &mut image.heap;
    let oop = heap.instantiate(point, 0).unwrap();
    heap.change_class(oop, association_class).unwrap();
    assert_eq!(heap.class_of(oop), association_class);
    assert_eq!(heap.change_class(oop, bytes_class), Err(PrimError::INAPPROPRIATE));
    heap.change_class(oop, array).unwrap();
    assert_eq!((heap.class_of(oop), heap.format(oop)), (array, Format::INDEXABLE));
    let three = heap.instantiate(array, 3).unwrap();
    assert_eq!(heap.change_class(three, point), Err(PrimError::BAD_RECEIVER));
    let bytes = heap.instantiate(bytes_class, 12).unwrap();
    heap.change_class(bytes, words).unwrap();
    assert_eq!((heap.byte_size(bytes), heap.class_of(bytes)), (12, words));
    let odd = heap.instantiate(bytes_class, 13).unwrap();
    assert_eq!(heap.change_class(odd, words), Err(PrimError::BAD_RECEIVER));
    assert_eq!(heap.change_class(odd, array), Err(PrimError::INAPPROPRIATE));
    assert_eq!(heap.change_class(Oop::ZERO, array), Err(PrimError::BAD_RECEIVER));
    heap.set_immutable(odd, true);
    assert_eq!(heap.change_class(odd, bytes_class), Err(PrimError::NO_MODIFICATION));
    assert_sound(heap);
}

#[test]
fn a_copy_has_the_same_contents_and_no_hash() {
    let mut image = TestImage::new();
    for slots in [0, 1, 300, 20_000] {
        let element = image.heap.string("element").unwrap();
        let oop = image.heap.array(&vec![element; slots]).unwrap();
        image.heap.identity_hash(oop);
        let copy = image.heap.clone_object(oop).unwrap();
        assert_eq!(image.heap.slots(copy), vec![element; slots]);
        assert_eq!((image.heap.hash_bits(copy), copy == oop), (0, false));
        assert_sound(&image.heap);
        assert!(slots == 0 || image.heap.points_to(copy, element));
    }
    assert_eq!(image.heap.clone_object(Oop::ZERO), Ok(Oop::ZERO));
}

#[test]
fn instances_are_enumerated() {
    let mut image = TestImage::new();
    let point = image.class("Point");
    let mut roots: Vec<Oop> = (0..10).map(|_| image.heap.instantiate(point, 0).unwrap()).collect();
    image.heap.full_collect(&mut roots);
    let more: Vec<Oop> = (0..10).map(|_| image.heap.instantiate(point, 0).unwrap()).collect();
    roots.extend(more);
    let all = image.heap.all_instances(point).unwrap();
    assert_eq!(image.heap.num_slots(all), 20);
    let (mut count, mut next) = (0, image.heap.some_instance(point));
    while let Some(oop) = next {
        count += 1;
        next = image.heap.next_instance(oop);
    }
    assert_eq!(count, 20);
    let mut objects = 1;
    let mut at = image.heap.some_object();
    while let Some(next) = image.heap.next_object(at) {
        objects += 1;
        at = next;
    }
    let all = image.heap.all_objects().unwrap();
    assert_eq!(image.heap.num_slots(all), objects);
}

#[test]
fn a_snapshot_is_compact_and_plain() {
    let mut image = TestImage::new();
    let mut roots: Vec<Oop> = (0..100).map(|i| image.heap.string(&i.to_string()).unwrap()).collect();
    roots[7] = image.heap.pin(roots[7]).unwrap();
    let (x, y) = (roots[3], roots[4]);
    one_way(&mut image.heap, x, y, true).unwrap();
    image.heap.prepare_snapshot(&mut roots).unwrap();
    assert_sound(&image.heap);
    let heap = &image.heap;
    assert_eq!((heap.young_bytes(), heap.remembered_len(), heap.free_chunk_bytes()), (0, 0, 0));
    let bytes: u64 = heap.objects().map(|oop| heap.size_in_memory(oop)).sum();
    assert_eq!(bytes, heap.old_bytes());
    assert!(heap.objects().all(|oop| !heap.is_forwarded(oop) && !heap.is_pinned(oop)));
    assert_eq!(text_of(heap, roots[3]), "4");
}
