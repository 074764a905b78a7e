//! Making objects, what they are, and the system around them.

use super::testing::TestVm;
use crate::error::PrimError;
use crate::object::{CLASS_INDEX_FORWARDER, Format};
use crate::oop::Oop;
use crate::special::Special;

fn int(value: i64) -> Oop {
    Oop::from_small_int(value)
}

#[test]
fn new_objects() {
    let mut vm = TestVm::new();
    let (point, array, bytes) = (vm.class("Point"), vm.class("Array"), vm.class("ByteArray"));
    let nil = vm.heap.nil();
    let made = vm.call(70, &[point]).unwrap();
    assert_eq!(vm.heap.slots(made), [nil, nil]);
    assert_eq!(vm.heap.class_of(made), point);
    assert_eq!(vm.call(70, &[array]), Err(PrimError::BAD_RECEIVER));
    assert_eq!(vm.call(70, &[int(3)]), Err(PrimError::BAD_RECEIVER));
    let made = vm.call(71, &[array, int(3)]).unwrap();
    assert_eq!(vm.heap.slots(made), [nil, nil, nil]);
    let made = vm.call(71, &[bytes, int(3)]).unwrap();
    assert_eq!(vm.heap.bytes(made), [0, 0, 0]);
    assert_eq!(vm.call(71, &[point, int(1)]), Err(PrimError::BAD_RECEIVER));
    assert!(vm.call(71, &[point, int(0)]).is_ok());
    assert_eq!(vm.call(71, &[array, int(-1)]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(71, &[array, nil]), Err(PrimError::BAD_ARGUMENT));
    for size in [1 << 40, 1 << 50, Oop::MAX_SMALL_INTEGER] {
        assert_eq!(vm.call(71, &[array, int(size)]), Err(PrimError::NO_MEMORY));
        assert_eq!(vm.call(71, &[bytes, int(size)]), Err(PrimError::NO_MEMORY));
    }
    let methods = vm.class("CompiledMethod");
    assert_eq!(vm.call(71, &[methods, int(8)]), Err(PrimError::BAD_RECEIVER));
}

#[test]
fn new_objects_in_old_space_and_pinned() {
    let mut vm = TestVm::new();
    let (point, array) = (vm.class("Point"), vm.class("Array"));
    for (primitive, operands, pinned) in
        [(596, &[point][..], false), (597, &[array, int(300)], false), (598, &[point], true), (599, &[array, int(5)], true)]
    {
        let made = vm.call(primitive, operands).unwrap();
        assert!(vm.heap.is_old(made), "{primitive}");
        assert_eq!(vm.call(183, &[made]), Ok(vm.heap.bool(pinned)));
    }
    assert!(!vm.heap.has_forwarders);
    assert!(vm.heap.check(3).is_empty());
}

#[test]
fn copies() {
    let mut vm = TestVm::new();
    let array = vm.make("Array", 300);
    vm.heap.store(array, 299, int(7));
    vm.heap.set_immutable(array, true);
    let hash = vm.heap.identity_hash(array);
    let copy = vm.call(148, &[array]).unwrap();
    assert_ne!(copy, array);
    assert_eq!(vm.heap.slots(copy), vm.heap.slots(array));
    assert!(!vm.heap.is_immutable(copy));
    assert_ne!(vm.heap.identity_hash(copy), hash);
    assert_eq!(vm.call(148, &[int(3)]), Ok(int(3)));
    let (a, b) = (vm.text("abc"), vm.text("xyz"));
    assert_eq!(vm.call(168, &[a, b]), Ok(a));
    assert_eq!(vm.heap.text(a).as_deref(), Some("xyz"));
    let longer = vm.text("longer");
    assert_eq!(vm.call(168, &[a, longer]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(168, &[a, array]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(168, &[int(1), a]), Err(PrimError::BAD_RECEIVER));
    assert_eq!(vm.call(168, &[array, copy]), Err(PrimError::NO_MODIFICATION));
}

#[test]
fn identity_and_hashes() {
    let mut vm = TestVm::new();
    let (a, b) = (vm.text("a"), vm.text("a"));
    assert_eq!(vm.call(110, &[a, a]), Ok(vm.heap.true_()));
    assert_eq!(vm.call(110, &[a, b]), Ok(vm.heap.false_()));
    assert_eq!(vm.call(169, &[a, b]), Ok(vm.heap.true_()));
    assert_eq!(vm.call(161, &[a]), Ok(vm.heap.false_()));
    let hash = vm.call(75, &[a]).unwrap();
    assert_eq!(vm.call(75, &[a]), Ok(hash));
    assert_eq!(vm.call(161, &[a]), Ok(vm.heap.true_()));
    assert_eq!(vm.call(75, &[int(3)]), Err(PrimError::GENERIC));
    assert_eq!(vm.call(161, &[a, int(5)]), Ok(hash));
    assert_eq!(vm.call(75, &[a]), Ok(int(5)));
    assert_eq!(vm.call(161, &[a, int(1 << 22)]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(176, &[a]), Ok(int((1 << 22) - 1)));
    let class = vm.class("Array");
    assert_eq!(vm.call(175, &[class]), Ok(int(51)));
    assert_eq!(vm.call(175, &[a]), Err(PrimError::BAD_RECEIVER));
    assert_eq!(vm.call(159, &[int(1)]), Ok(int(1_664_525)));
    assert_eq!(vm.call(159, &[int(-1)]), Ok(int(-1_664_525 & 0xFFF_FFFF)));
    let large = vm.heap.unsigned_integer(u64::MAX).unwrap();
    assert_eq!(vm.call(159, &[large]), Ok(int(-1_664_525 & 0xFFF_FFFF)));
}

#[test]
fn a_class_may_take_a_place_in_the_class_table() {
    let mut vm = TestVm::new();
    let (yes, class) = (vm.heap.true_(), vm.make("Class", 0));
    vm.heap.store(class, 2, int((Format::FIXED.0 as i64) << 16 | 2));
    assert!(vm.call(161, &[class, int(1500), yes]).is_ok());
    assert_eq!(vm.heap.class_at(1500), class);
    assert_eq!(vm.call(175, &[class]), Ok(int(1500)));
    assert_eq!(vm.call(161, &[class, int(CLASS_INDEX_FORWARDER as i64), yes]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(161, &[class, int(9000), yes]), Err(PrimError::BAD_ARGUMENT), "there is no page");
    let text = vm.text("no class");
    assert_eq!(vm.call(161, &[text, int(1600), yes]), Err(PrimError::BAD_RECEIVER));
}

#[test]
fn immediates() {
    let mut vm = TestVm::new();
    assert_eq!(vm.call(170, &[int(65)]), Ok(Oop::from_character(65)));
    let nil = vm.heap.nil();
    assert_eq!(vm.call(170, &[int(-1)]), Err(PrimError::BAD_RECEIVER));
    assert_eq!(vm.call(170, &[nil, int(1 << 30)]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(171, &[Oop::from_character(65)]), Ok(int(65)));
    assert_eq!(vm.call(171, &[int(-3)]), Ok(int(-3)));
    // The encoding of the reference: exponent less 896, mantissa; the sign on top.
    let (one, minus_one) = (vm.heap.float(1.0).unwrap(), vm.heap.float(-1.0).unwrap());
    assert_eq!(vm.call(171, &[one]), Ok(int(127 << 52)));
    assert_eq!(vm.call(171, &[minus_one]), Ok(int((127 << 52) - (1 << 60))));
    assert_eq!(vm.call(171, &[nil]), Err(PrimError::BAD_RECEIVER));
    let point = vm.call(18, &[int(1), one]).unwrap();
    assert_eq!(vm.heap.slots(point), [int(1), one]);
    assert_eq!(vm.heap.class_of(point), vm.class("Point"));
    assert_eq!(vm.call(18, &[int(1), nil]), Err(PrimError::BAD_ARGUMENT));
}

#[test]
fn changing_classes() {
    let mut vm = TestVm::new();
    let (bytes, text) = (vm.make("ByteArray", 6), vm.text("abc"));
    assert_eq!(vm.call(115, &[bytes, text]), Ok(bytes));
    assert_eq!(vm.heap.class_of(bytes), vm.class("ByteString"));
    let words = vm.make("DoubleByteArray", 2);
    assert_eq!(vm.call(115, &[bytes, words]), Ok(bytes));
    assert_eq!(vm.call(62, &[bytes]), Ok(int(3)));
    let bitmap = vm.class("Bitmap");
    assert_eq!(vm.call(160, &[bitmap, bytes]), Err(PrimError::BAD_ARGUMENT), "6 bytes are no 32-bit words");
    assert_eq!(vm.call(160, &[bitmap, words]), Ok(bitmap));
    assert_eq!(vm.call(62, &[words]), Ok(int(1)));
    let (array, point) = (vm.make("Array", 2), vm.make("Point", 0));
    assert_eq!(vm.call(115, &[array, text]), Err(PrimError::INAPPROPRIATE));
    assert_eq!(vm.call(115, &[bytes, point]), Err(PrimError::INAPPROPRIATE));
    assert_eq!(vm.call(115, &[array, point]), Ok(array));
    assert_eq!(vm.heap.format(array), Format::FIXED);
    let triple = vm.make("Array", 3);
    assert_eq!(vm.call(115, &[triple, point]), Err(PrimError::BAD_RECEIVER));
    let context = vm.make("Context", 10);
    let large = vm.make("Array", 20);
    assert_eq!(vm.call(115, &[large, context]), Err(PrimError::INAPPROPRIATE), "only the VM makes contexts");
    assert_eq!(vm.call(115, &[context, large]), Err(PrimError::INAPPROPRIATE));
    assert_eq!(vm.call(115, &[int(1), text]), Err(PrimError::GENERIC));
    vm.heap.set_immutable(array, true);
    assert_eq!(vm.call(115, &[array, triple]), Err(PrimError::NO_MODIFICATION));
}

#[test]
fn who_points_to_whom() {
    let mut vm = TestVm::new();
    let (array, text) = (vm.make("Array", 2), vm.text("a"));
    let nil = vm.heap.nil();
    assert_eq!(vm.call(132, &[array, nil]), Ok(vm.heap.true_()));
    assert_eq!(vm.call(132, &[array, text]), Ok(vm.heap.false_()));
    vm.heap.store(array, 1, text);
    assert_eq!(vm.call(132, &[array, text]), Ok(vm.heap.true_()));
    assert_eq!(vm.call(132, &[int(1), text]), Ok(vm.heap.false_()));
    assert_eq!(vm.call(132, &[text, nil]), Ok(vm.heap.false_()));
}

#[test]
fn read_only_objects() {
    let mut vm = TestVm::new();
    let (yes, no) = (vm.heap.true_(), vm.heap.false_());
    let text = vm.text("a");
    assert_eq!(vm.call(163, &[text]), Ok(no));
    assert_eq!(vm.call(163, &[int(1)]), Ok(yes));
    assert_eq!(vm.call(164, &[text, yes]), Ok(no));
    assert_eq!(vm.call(164, &[text, yes]), Ok(yes));
    assert_eq!(vm.call(163, &[text]), Ok(yes));
    assert_eq!(vm.call(164, &[text, no]), Ok(yes));
    assert_eq!(vm.call(164, &[text, int(1)]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(164, &[int(1), yes]), Err(PrimError::BAD_RECEIVER));
    for (class, size) in [("Context", 10), ("WeakArray", 2), ("Semaphore", 0)] {
        let object = vm.make(class, size);
        assert_eq!(vm.call(164, &[object, yes]), Err(PrimError::INAPPROPRIATE), "{class}");
    }
}

#[test]
fn enumeration() {
    let mut vm = TestVm::new();
    let class = vm.new_class("Rare", Format::FIXED, 1);
    assert_eq!(vm.call(77, &[class]), Err(PrimError::GENERIC));
    let made: Vec<Oop> = (0..3).map(|_| vm.call(70, &[class]).unwrap()).collect();
    let all = vm.call(177, &[class]).unwrap();
    assert_eq!(vm.heap.slots(all), made);
    let mut walked = vec![vm.call(77, &[class]).unwrap()];
    while let Ok(next) = vm.call(78, &[walked[walked.len() - 1]]) {
        walked.push(next);
    }
    assert_eq!(walked, made);
    let nil = vm.heap.nil();
    let (mut object, mut count) = (vm.call(138, &[nil]).unwrap(), 0);
    while object != Oop::ZERO {
        count += 1;
        object = vm.call(139, &[object]).unwrap();
    }
    let all = vm.call(178, &[nil]).unwrap();
    assert_eq!(vm.heap.num_slots(all), count);
    assert_eq!(vm.call(172, &[nil]), Err(PrimError::NOT_FOUND));
}

#[test]
fn sizes_in_memory() {
    let mut vm = TestVm::new();
    let (point, array, bytes) = (vm.class("Point"), vm.class("Array"), vm.class("ByteArray"));
    assert_eq!(vm.call(181, &[point]), Ok(int(24)));
    assert_eq!(vm.call(181, &[array]), Err(PrimError::BAD_RECEIVER));
    for (class, size) in [(array, 0), (array, 254), (array, 255), (bytes, 9), (bytes, 4000)] {
        let made = vm.call(71, &[class, int(size)]).unwrap();
        assert_eq!(vm.call(181, &[class, int(size)]), vm.call(182, &[made]));
    }
    assert_eq!(vm.call(181, &[array, int(255)]), Ok(int(16 + 8 * 255)));
    assert_eq!(vm.call(181, &[array, int(-1)]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(181, &[array, int(1 << 50)]), Err(PrimError::LIMIT_EXCEEDED));
    assert_eq!(vm.call(182, &[int(1)]), Ok(int(0)));
    let text = vm.text("abc");
    assert_eq!(vm.call(231, &[text]), Ok(int(21)));
}

#[test]
fn pinning() {
    let mut vm = TestVm::new();
    let (yes, no) = (vm.heap.true_(), vm.heap.false_());
    let old = vm.class("Point");
    assert_eq!(vm.call(184, &[old, yes]), Ok(no));
    assert_eq!(vm.call(183, &[old]), Ok(yes));
    assert_eq!(vm.call(184, &[old, no]), Ok(yes));
    assert_eq!(vm.call(183, &[old]), Ok(no));
    assert_eq!(vm.call(184, &[old, int(1)]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(184, &[int(1), yes]), Err(PrimError::BAD_RECEIVER));
    let (young, array) = (vm.text("young"), vm.make("Array", 1));
    vm.heap.store(array, 0, young);
    assert_eq!(vm.call(184, &[young, yes]), Ok(no));
    let moved = vm.call(60, &[array, int(1)]).unwrap();
    assert!(vm.heap.is_old(moved) && vm.heap.is_pinned(moved));
    assert_eq!(vm.heap.text(moved).as_deref(), Some("young"));
}

#[test]
fn the_system() {
    let mut vm = TestVm::new();
    let nil = vm.heap.nil();
    let text = |vm: &TestVm, oop| vm.heap.text(oop).unwrap();
    let name = vm.text("new.image");
    assert_eq!(vm.call(121, &[nil, name]), Ok(nil));
    let answer = vm.call(121, &[nil]).unwrap();
    assert_eq!(text(&vm, answer), "new.image");
    assert_eq!(vm.call(121, &[nil, int(1)]), Err(PrimError::BAD_ARGUMENT));
    let answer = vm.call(142, &[nil]).unwrap();
    assert_eq!(text(&vm, answer), "/usr/bin/");
    let answer = vm.call(149, &[nil, int(1001)]).unwrap();
    assert_eq!(text(&vm, answer), "unix");
    assert_eq!(vm.call(149, &[nil, int(77)]), Err(PrimError::GENERIC));
    let semaphore = vm.make("Semaphore", 0);
    assert_eq!(vm.call(124, &[nil, semaphore]), Ok(nil));
    assert_eq!(vm.heap.special(Special::TheLowSpaceSemaphore), semaphore);
    assert_eq!(vm.call(124, &[nil, name]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(124, &[nil, nil]), Ok(nil));
    assert_eq!(vm.call(129, &[nil]), Ok(vm.heap.special_objects()));
    assert_eq!(vm.call(125, &[nil, int(1 << 20)]), Ok(nil));
    assert_eq!(vm.heap.low_space_threshold(), 1 << 20);
    assert_eq!(vm.call(125, &[nil, int(-1)]), Err(PrimError::BAD_ARGUMENT));
    assert!(vm.call(112, &[nil]).unwrap().small_int() > 1 << 20);
    assert!(vm.call(112, &[nil, nil]).unwrap().small_int() > 1 << 20);
    assert_eq!(vm.call(180, &[nil, int(1 << 20)]), Ok(int(1 << 20)));
    assert_eq!(vm.call(180, &[nil, int(1 << 40)]), Err(PrimError::NO_MEMORY));
    assert_eq!(vm.call(572, &[nil, int(1)]), Ok(nil));
    assert_eq!(vm.call(572, &[nil, int(0)]), Err(PrimError::GENERIC));
}

#[test]
fn clocks() {
    let mut vm = TestVm::new();
    let nil = vm.heap.nil();
    let utc = 3_900_000_000_000_000;
    assert_eq!(vm.call(135, &[nil]), Ok(int(5000)));
    assert_eq!(vm.call(137, &[nil]), Ok(int(utc / 1_000_000 + 7200)));
    assert_eq!(vm.call(240, &[nil]), Ok(int(utc)));
    assert_eq!(vm.call(241, &[nil]), Ok(int(utc + 7_200_000_000)));
    let pair = vm.call(244, &[nil]).unwrap();
    assert_eq!(vm.heap.slots(pair), [int(utc), int(7200)]);
    let point = vm.make("Point", 0);
    assert_eq!(vm.call(244, &[nil, point]), Ok(point));
    assert_eq!(vm.heap.slots(point), [int(utc), int(7200)]);
    let short = vm.make("Array", 1);
    assert_eq!(vm.call(244, &[nil, short]), Err(PrimError::BAD_ARGUMENT));
}

#[test]
fn without_a_display() {
    let mut vm = TestVm::new();
    let nil = vm.heap.nil();
    let size = vm.call(106, &[nil]).unwrap();
    assert_eq!(vm.heap.slots(size), [int(64), int(64)]);
    vm.header.screen_size = 650 << 16 | 443;
    let size = vm.call(106, &[nil]).unwrap();
    assert_eq!(vm.heap.slots(size), [int(650), int(443)]);

    let form = vm.make("Array", 4);
    assert_eq!(vm.call(102, &[form]), Ok(form));
    assert_eq!(vm.heap.special(Special::TheDisplay), form);
    let small = vm.make("Array", 3);
    assert_eq!(vm.call(102, &[small]), Err(PrimError::BAD_RECEIVER));

    let event = vm.make("Array", 8);
    vm.heap.store(event, 0, int(5));
    assert_eq!(vm.call(94, &[nil, event]), Ok(nil));
    assert_eq!(vm.heap.fetch(event, 0), int(0));
    assert_eq!(vm.call(94, &[nil, form]), Err(PrimError::BAD_ARGUMENT));

    assert_eq!(vm.call(107, &[nil]), Ok(int(0)));
    assert_eq!((vm.call(108, &[nil]), vm.call(109, &[nil])), (Ok(nil), Ok(nil)));
    let yes = vm.heap.true_();
    for (number, operands) in
        [(101, vec![form]), (126, vec![form, yes]), (127, vec![form, int(1), int(2), int(3), int(4)]), (233, vec![form, yes])]
    {
        assert_eq!(vm.call(number, &operands), Ok(form), "{number}");
    }
    assert_eq!(vm.call(126, &[form, int(1)]), Err(PrimError::GENERIC));
    let text = vm.call(141, &[nil]).unwrap();
    assert_eq!(vm.heap.text(text).as_deref(), Some(""));
}

#[test]
fn order_of_strings_after_a_table() {
    let mut vm = TestVm::new();
    let nil = vm.heap.nil();
    let table = vm.make("ByteArray", 256);
    for (i, byte) in vm.heap.bytes_mut(table).iter_mut().enumerate() {
        *byte = (i as u8).to_ascii_lowercase();
    }
    for (a, b, expected) in [("abc", "ABC", 2), ("abc", "ABD", 1), ("b", "A", 3), ("ab", "ABC", 1), ("abc", "AB", 3), ("", "", 2)] {
        let (a, b) = (vm.text(a), vm.text(b));
        assert_eq!(vm.call(235, &[nil, a, b, table]), Ok(Oop::from_small_int(expected)));
    }
    let short = vm.make("ByteArray", 255);
    assert_eq!(vm.call(235, &[nil, table, table, short]), Err(PrimError::BAD_ARGUMENT));
}
