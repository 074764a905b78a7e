//! Access to fields and elements: every layout, every edge, and what each refuses.

use super::testing::{TestVm, with_shared};
use crate::error::PrimError;
use crate::object::Format;
use crate::oop::Oop;
use proptest::prelude::*;

fn int(value: i64) -> Oop {
    Oop::from_small_int(value)
}

fn character(code: u32) -> Oop {
    Oop::from_character(code)
}

#[test]
fn at_and_at_put_know_every_layout() {
    let mut vm = TestVm::new();
    // Class, largest element.
    let layouts =
        [("ByteArray", 255), ("DoubleByteArray", 65535), ("Bitmap", u32::MAX as i64), ("DoubleWordArray", Oop::MAX_SMALL_INTEGER)];
    for (class, most) in layouts {
        for size in [1, 3, 8] {
            let array = vm.make(class, size);
            assert_eq!(vm.call(62, &[array]), Ok(int(size as i64)), "{class}");
            let last = int(size as i64);
            assert_eq!(vm.call(61, &[array, last, int(most)]), Ok(int(most)), "{class}");
            assert_eq!(vm.call(60, &[array, last]), Ok(int(most)), "{class}");
            for beyond in [0, -1, size as i64 + 1, Oop::MAX_SMALL_INTEGER, Oop::MIN_SMALL_INTEGER] {
                assert_eq!(vm.call(60, &[array, int(beyond)]), Err(PrimError::BAD_INDEX), "{class} {beyond}");
                assert_eq!(vm.call(61, &[array, int(beyond), int(0)]), Err(PrimError::BAD_INDEX), "{class} {beyond}");
            }
            assert_eq!(vm.call(61, &[array, last, int(-1)]), Err(PrimError::BAD_ARGUMENT), "{class}");
            assert_eq!(vm.call(61, &[array, last, character(1)]), Err(PrimError::BAD_ARGUMENT), "{class}");
            if class != "DoubleWordArray" {
                assert_eq!(vm.call(61, &[array, last, int(most + 1)]), Err(PrimError::BAD_ARGUMENT), "{class}");
            }
            vm.heap.set_immutable(array, true);
            assert_eq!(vm.call(61, &[array, last, int(0)]), Err(PrimError::NO_MODIFICATION), "{class}");
        }
    }
}

#[test]
fn words_of_64_bits_are_unsigned() {
    let mut vm = TestVm::new();
    let words = vm.make("DoubleWordArray", 1);
    let most = vm.heap.unsigned_integer(u64::MAX).unwrap();
    assert_eq!(vm.call(61, &[words, int(1), most]), Ok(most));
    let answer = vm.call(60, &[words, int(1)]).unwrap();
    assert_eq!(vm.call(27, &[answer, most]), Ok(vm.heap.true_()));
    assert_eq!(vm.call(165, &[words, int(1)]), Ok(int(-1)));
    let least = vm.heap.integer(i64::MIN).unwrap();
    assert_eq!(vm.call(166, &[words, int(1), least]), Ok(least));
    assert_eq!(vm.heap.fetch_word(words, 0), Some(1 << 63));
    assert_eq!(vm.call(166, &[words, int(1), most]), Err(PrimError::BAD_ARGUMENT));
}

#[test]
fn objects_of_pointers() {
    let mut vm = TestVm::new();
    let class = vm.new_class("Mixed", Format::INDEXABLE_FIXED, 2);
    let mixed = vm.heap.instantiate(class, 3).unwrap();
    assert_eq!(vm.call(62, &[mixed]), Ok(int(3)));
    for i in 1..=3 {
        assert_eq!(vm.call(61, &[mixed, int(i), int(10 * i)]), Ok(int(10 * i)));
    }
    for i in 1..=2 {
        assert_eq!(vm.call(74, &[mixed, int(i), int(-i)]), Ok(int(-i)));
    }
    assert_eq!(vm.heap.slots(mixed), [-1, -2, 10, 20, 30].map(int));
    assert_eq!(vm.call(60, &[mixed, int(3)]), Ok(int(30)));
    assert_eq!(vm.call(73, &[mixed, int(2)]), Ok(int(-2)));
    assert_eq!(vm.call(173, &[mixed, int(5)]), Ok(int(30)));
    assert_eq!(vm.call(174, &[mixed, int(3), int(7)]), Ok(int(7)));
    assert_eq!(vm.call(165, &[mixed, int(1)]), Ok(int(7)));
    for (primitive, index) in [(60, 4), (73, 3), (173, 6), (60, 0), (73, 0), (173, 0)] {
        assert_eq!(vm.call(primitive, &[mixed, int(index)]), Err(PrimError::BAD_INDEX), "{primitive} {index}");
    }
    let weak = vm.make("WeakHolder", 1);
    assert_eq!(vm.call(62, &[weak]), Ok(int(1)));
    let point = vm.make("Point", 0);
    assert_eq!(vm.call(60, &[point, int(1)]), Err(PrimError::BAD_RECEIVER));
    assert_eq!(vm.call(62, &[point]), Err(PrimError::BAD_RECEIVER));
    assert_eq!(vm.call(60, &[int(3), int(1)]), Err(PrimError::INAPPROPRIATE));
    assert_eq!(vm.call(60, &[mixed, character(1)]), Err(PrimError::BAD_ARGUMENT));
}

#[test]
fn a_debugger_passes_the_object_as_argument() {
    let mut vm = TestVm::new();
    let (array, nil) = (vm.make("Array", 2), vm.heap.nil());
    assert_eq!(vm.call(61, &[nil, array, int(2), int(5)]), Ok(int(5)));
    assert_eq!(vm.call(60, &[nil, array, int(2)]), Ok(int(5)));
    assert_eq!(vm.call(62, &[nil, array]), Ok(int(2)));
    assert_eq!(vm.call(173, &[nil, array, int(2)]), Ok(int(5)));
    assert_eq!(vm.call(111, &[nil, array]), Ok(vm.class("Array")));
    assert_eq!(vm.call(110, &[nil, array, array]), Ok(vm.heap.true_()));
}

#[test]
fn contexts_are_left_to_the_interpreter() {
    let mut vm = TestVm::new();
    let (context, other) = (vm.make("Context", 16), vm.make("Context", 16));
    let nil = vm.heap.nil();
    let calls: [(u16, &[Oop]); 9] = [
        (60, &[context, int(1)]),
        (61, &[context, int(1), nil]),
        (62, &[context]),
        (73, &[context, int(1)]),
        (74, &[context, int(1), nil]),
        (148, &[context]),
        (168, &[context, other]),
        (173, &[context, int(1)]),
        (174, &[context, int(1), nil]),
    ];
    for (primitive, operands) in calls {
        assert_eq!(vm.call(primitive, operands), Err(PrimError::BAD_RECEIVER), "{primitive}");
    }
}

#[test]
fn strings_hold_characters() {
    let mut vm = TestVm::new();
    let text = vm.text("abc");
    assert_eq!(vm.call(63, &[text, int(2)]), Ok(character(98)));
    assert_eq!(vm.call(64, &[text, int(2), character(120)]), Ok(character(120)));
    assert_eq!(vm.heap.text(text).as_deref(), Some("axc"));
    assert_eq!(vm.call(64, &[text, int(2), character(256)]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(64, &[text, int(2), int(65)]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(64, &[text, int(4), character(65)]), Err(PrimError::BAD_INDEX));
    assert_eq!(vm.call(63, &[text, int(0)]), Err(PrimError::BAD_INDEX));
    let wide = vm.make("Bitmap", 1);
    assert_eq!(vm.call(64, &[wide, int(1), character(0x1F600)]), Ok(character(0x1F600)));
    assert_eq!(vm.call(63, &[wide, int(1)]), Ok(character(0x1F600)));
    vm.heap.bytes_mut(wide).fill(0xFF);
    assert_eq!(vm.call(63, &[wide, int(1)]), Err(PrimError::BAD_RECEIVER));
    let array = vm.make("Array", 1);
    assert_eq!(vm.call(63, &[array, int(1)]), Err(PrimError::BAD_RECEIVER));
}

#[test]
fn compiled_code_keeps_bytes_and_literals_apart() {
    let mut vm = TestVm::new();
    let class = vm.class("CompiledMethod");
    let method = vm.call(79, &[class, int(5), int(2)]).unwrap();
    let nil = vm.heap.nil();
    assert_eq!(vm.heap.slots(method), [int(2), nil, nil]);
    assert_eq!(vm.call(62, &[method]), Ok(int(29)));
    assert_eq!(vm.call(61, &[method, int(25), int(7)]), Ok(int(7)));
    assert_eq!(vm.call(60, &[method, int(25)]), Ok(int(7)));
    assert_eq!(vm.heap.bytes(method)[24..], [7, 0, 0, 0, 0]);
    for index in [1, 24, 30] {
        assert_eq!(vm.call(60, &[method, int(index)]), Err(PrimError::BAD_INDEX));
        assert_eq!(vm.call(61, &[method, int(index), int(7)]), Err(PrimError::BAD_INDEX));
    }
    let array = vm.make("Array", 0);
    assert_eq!(vm.call(69, &[method, int(3), array]), Ok(array));
    assert_eq!(vm.call(68, &[method, int(3)]), Ok(array));
    assert_eq!(vm.call(68, &[method, int(4)]), Err(PrimError::BAD_INDEX));
    assert_eq!(vm.call(69, &[method, int(1), int(3)]), Err(PrimError::BAD_ARGUMENT), "bytes would become literals");
    assert_eq!(vm.call(69, &[method, int(1), nil]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(vm.call(69, &[method, int(1), int(1 << 24 | 2)]), Ok(int(1 << 24 | 2)));
    assert_eq!(vm.call(173, &[method, int(1)]), Err(PrimError::UNSUPPORTED));
    assert_eq!(vm.call(68, &[array, int(1)]), Err(PrimError::BAD_RECEIVER));
    assert_eq!(vm.call(79, &[class, int(-1), int(2)]), Err(PrimError::BAD_ARGUMENT));
    let of_arrays = vm.class("Array");
    assert_eq!(vm.call(79, &[of_arrays, int(1), int(2)]), Err(PrimError::BAD_RECEIVER));
}

#[test]
fn signed_elements() {
    let mut vm = TestVm::new();
    for (class, least, most) in
        [("ByteArray", -128, 127), ("DoubleByteArray", -32768, 32767), ("Bitmap", i32::MIN as i64, i32::MAX as i64)]
    {
        let array = vm.make(class, 3);
        for value in [least, -1, 0, most] {
            assert_eq!(vm.call(166, &[array, int(3), int(value)]), Ok(int(value)));
            assert_eq!(vm.call(165, &[array, int(3)]), Ok(int(value)));
        }
        assert_eq!(vm.call(166, &[array, int(3), int(least - 1)]), Err(PrimError::BAD_ARGUMENT));
        assert_eq!(vm.call(166, &[array, int(3), int(most + 1)]), Err(PrimError::BAD_ARGUMENT));
        assert_eq!(vm.call(166, &[array, int(4), int(0)]), Err(PrimError::BAD_INDEX));
    }
    let bytes = vm.make("ByteArray", 3);
    assert_eq!(vm.call(144, &[bytes, int(1), int(-2)]), Ok(int(-2)));
    assert_eq!(vm.heap.bytes(bytes), [0xFE, 0xFF, 0]);
    assert_eq!(vm.call(143, &[bytes, int(1)]), Ok(int(-2)));
    assert_eq!(vm.call(143, &[bytes, int(2)]), Err(PrimError::BAD_INDEX));
    assert_eq!(vm.call(143, &[int(1), int(2)]), Err(PrimError::INAPPROPRIATE));
}

#[test]
fn machine_numbers_at_offsets() {
    let mut vm = TestVm::new();
    let bytes = vm.make("ByteArray", 11);
    // Store, load, width, smallest and largest.
    let numbers = [
        (616, 601, 1, 0, 255),
        (617, 602, 1, -128, 127),
        (618, 603, 2, 0, 65535),
        (619, 604, 2, -32768, 32767),
        (620, 605, 4, 0, u32::MAX as i128),
        (621, 606, 4, i32::MIN as i128, i32::MAX as i128),
        (622, 607, 8, 0, u64::MAX as i128),
        (623, 608, 8, i64::MIN as i128, i64::MAX as i128),
    ];
    for (store, load, width, least, most) in numbers {
        let last = int(11 - width);
        for value in [least, most] {
            let value = super::operands::answer_integer(&mut vm.heap, value).unwrap();
            assert_eq!(vm.call(store, &[bytes, last, value]), Ok(value));
            let answer = vm.call(load, &[bytes, last]).unwrap();
            assert_eq!(vm.call(27, &[answer, value]), Ok(vm.heap.true_()), "{load}");
        }
        for value in [least - 1, most + 1] {
            let value = super::operands::answer_integer(&mut vm.heap, value).unwrap();
            assert_eq!(vm.call(store, &[bytes, last, value]), Err(PrimError::BAD_ARGUMENT));
        }
        for beyond in [-1, 12 - width, Oop::MAX_SMALL_INTEGER] {
            assert_eq!(vm.call(load, &[bytes, int(beyond)]), Err(PrimError::BAD_INDEX));
            assert_eq!(vm.call(store, &[bytes, int(beyond), int(0)]), Err(PrimError::BAD_INDEX));
        }
    }
    let (yes, float) = (vm.heap.true_(), vm.heap.float(1.5).unwrap());
    for (store, load, value) in
        [(615, 600, yes), (625, 610, character(200)), (627, 612, character(70000)), (628, 613, float), (629, 614, float)]
    {
        assert_eq!(vm.call(store, &[bytes, int(1), value]), Ok(value));
        assert_eq!(vm.call(load, &[bytes, int(1)]), Ok(value));
    }
    assert_eq!(vm.call(626, &[bytes, int(1), character(70000)]), Err(PrimError::BAD_ARGUMENT));
    let array = vm.make("Array", 2);
    assert_eq!(vm.call(601, &[array, int(0)]), Err(PrimError::BAD_ARGUMENT), "object pointers are no numbers");
    assert_eq!(vm.call(616, &[array, int(0), int(1)]), Err(PrimError::BAD_ARGUMENT));
}

#[test]
fn filling_and_comparing() {
    let mut vm = TestVm::new();
    for (class, value) in [("ByteArray", 200), ("DoubleByteArray", 60000), ("Bitmap", 1 << 31), ("DoubleWordArray", 1 << 50)] {
        let array = vm.make(class, 3);
        assert_eq!(vm.call(145, &[array, int(value)]), Ok(array));
        for i in 1..=3 {
            assert_eq!(vm.call(60, &[array, int(i)]), Ok(int(value)), "{class}");
        }
        if class != "DoubleWordArray" {
            assert_eq!(vm.call(145, &[array, int(1 << 33)]), Err(PrimError::GENERIC));
        }
        let other = vm.make(class, 3);
        assert_eq!(vm.call(156, &[array, other]), Ok(vm.heap.false_()));
        assert_eq!(vm.call(145, &[other, int(value)]), Ok(other));
        assert_eq!(vm.call(156, &[array, other]), Ok(vm.heap.true_()));
    }
    let (a, b) = (vm.text("abc"), vm.text("abd"));
    let longer = vm.text("abcd");
    assert_eq!(vm.call(158, &[a, b]), Ok(int(-1)));
    assert_eq!(vm.call(158, &[longer, a]), Ok(int(1)));
    assert_eq!(vm.call(158, &[a, a]), Ok(int(0)));
    let order = vm.make("ByteArray", 256);
    assert_eq!(vm.call(158, &[a, b, order]), Ok(int(0)), "all bytes are of one rank");
    assert_eq!(vm.call(158, &[a, b, a]), Err(PrimError::BAD_ARGUMENT));
}

proptest! {
    /// Primitive 105 against a loop of at: and at:put:, in one object and in two.
    #[test]
    fn replacing_is_a_loop_upwards(
        class in prop::sample::select(vec!["Array", "ByteArray", "DoubleByteArray", "Bitmap", "DoubleWordArray", "WeakHolder"]),
        start in -1i64..9, stop in -1i64..9, from in -1i64..9, same in any::<bool>(),
    ) {
        with_shared(|vm| {
        let target = vm.make(class, 7);
        let source = if same { target } else { vm.make(class, 6) };
        for (array, first, size) in [(source, 50, 6), (target, 0, 7)] {
            (1..=size).for_each(|i| { vm.call(61, &[array, int(i), int(first + i)]).unwrap(); });
        }
        let elements = |vm: &mut TestVm, array| -> Vec<i64> {
            (1..=7).map_while(|i| vm.call(60, &[array, int(i)]).ok()).map(Oop::small_int).collect()
        };
        let mut wanted = elements(vm, target);
        let others = elements(vm, source);
        let fits = start >= 1 && start - 1 <= stop && stop <= 7 && from >= 1 && stop - start + from <= others.len() as i64;
        if fits {
            for i in 0..=stop - start {
                let place = (from + i - 1) as usize;
                wanted[(start + i - 1) as usize] = if same { wanted[place] } else { others[place] };
            }
        }
        let answer = vm.call(105, &[target, int(start), int(stop), source, int(from)]);
        prop_assert_eq!(answer, if fits { Ok(target) } else { Err(PrimError::BAD_INDEX) });
        prop_assert_eq!(elements(vm, target), wanted);
        prop_assert!(vm.heap.check(3).is_empty());
        Ok(())
        })?;
    }
}

#[test]
fn replacing_needs_one_layout_and_a_writable_target() {
    let mut vm = TestVm::new();
    let (array, bytes, words) = (vm.make("Array", 3), vm.make("ByteArray", 3), vm.make("Bitmap", 3));
    let odd = vm.make("ByteArray", 8);
    let replace = |vm: &mut TestVm, target, source| vm.call(105, &[target, int(1), int(2), source, int(1)]);
    assert_eq!(replace(&mut vm, array, bytes), Err(PrimError::INAPPROPRIATE));
    assert_eq!(replace(&mut vm, bytes, words), Err(PrimError::INAPPROPRIATE));
    assert_eq!(replace(&mut vm, bytes, odd), Ok(bytes));
    assert_eq!(replace(&mut vm, bytes, int(1)), Err(PrimError::BAD_ARGUMENT));
    vm.heap.set_immutable(bytes, true);
    assert_eq!(replace(&mut vm, bytes, odd), Err(PrimError::NO_MODIFICATION));
    assert_eq!(vm.call(105, &[bytes, int(1), int(0), odd, int(1)]), Ok(bytes), "nothing is stored");
}

#[test]
fn an_old_array_remembers_what_was_copied_into_it() {
    let mut vm = TestVm::new();
    let (class, young) = (vm.class("Array"), vm.text("young"));
    let old = vm.heap.instantiate(class, 20_000).unwrap();
    assert!(vm.heap.is_old(old), "large objects are born old");
    let source = vm.make("Array", 200);
    vm.heap.store(source, 199, young);
    assert_eq!(vm.call(105, &[old, int(15_000), int(15_199), source, int(1)]), Ok(old));
    assert_eq!(vm.heap.fetch(old, 15_198), young);
    assert!(vm.heap.check(3).is_empty(), "{:?}", vm.heap.check(3));
}

#[test]
fn adding_arrays_of_floats() {
    let mut vm = TestVm::new();
    let [a, b, sum] = [3, 3, 2].map(|size| vm.make("DoubleWordArray", size));
    for i in 0..3 {
        vm.heap.store_word(a, i, 1.5f64.to_bits());
        vm.heap.store_word(b, i, (i as f64).to_bits());
    }
    let nil = vm.heap.nil();
    assert_eq!(vm.call(574, &[nil, a, b, sum]), Ok(sum));
    assert_eq!(vm.heap.fetch_word(sum, 1), Some(2.5f64.to_bits()));
    assert_eq!(vm.call(574, &[nil, sum, b, a]), Err(PrimError::BAD_ARGUMENT), "an operand is too short");
}

#[test]
fn halves_of_floats() {
    let mut vm = TestVm::new();
    let float = vm.heap.float(f64::INFINITY).unwrap();
    assert_eq!(vm.call(38, &[float, int(1)]), Ok(int(0x7FF0_0000)));
    assert_eq!(vm.call(39, &[float, int(2), int(1)]), Ok(int(1)));
    assert_eq!(vm.call(38, &[float, int(2)]), Ok(int(1)));
    assert_eq!(vm.call(39, &[float, int(3), int(1)]), Err(PrimError::BAD_INDEX));
    assert_eq!(vm.call(39, &[float, int(1), int(1 << 32)]), Err(PrimError::BAD_ARGUMENT));
    let small = vm.heap.float(1.0).unwrap();
    assert_eq!(vm.call(38, &[small, int(1)]), Ok(int(0x3FF0_0000)));
    assert_eq!(vm.call(39, &[small, int(1), int(1)]), Err(PrimError::BAD_RECEIVER));
}
