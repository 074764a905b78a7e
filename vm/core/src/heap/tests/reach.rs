//! Random graphs with weak arrays and ephemerons: what must live, fire and become nil is computed from a model.

use super::{Random, assert_sound};
use crate::heap::HeapConfig;
use crate::object::Format;
use crate::oop::Oop;
use crate::testing::TestImage;
use std::collections::{HashMap, HashSet};

/// Slots of each object: slot 0 has its number, or, of an ephemeron, its key; an ephemeron's number is in slot 2.
const SLOTS: usize = 6;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Plain,
    /// Slots 0 and 1 are strong.
    Weak,
    /// Key, value, number.
    Ephemeron,
}

struct Model {
    kinds: Vec<Kind>,
    /// Numbers of the objects in the slots.
    slots: Vec<Vec<Option<usize>>>,
}

impl Model {
    /// What is alive after a full collection, and which ephemerons fire.
    fn reach(&self, roots: &[usize]) -> (HashSet<usize>, HashSet<usize>) {
        let (mut alive, mut fired) = (HashSet::new(), HashSet::new());
        let mut stack = roots.to_vec();
        loop {
            while let Some(number) = stack.pop() {
                if alive.insert(number) {
                    let strong = match self.kinds[number] {
                        Kind::Plain => &self.slots[number][..],
                        Kind::Weak => &self.slots[number][..2],
                        Kind::Ephemeron => &[],
                    };
                    stack.extend(strong.iter().flatten());
                }
            }
            let ephemerons: Vec<usize> = alive.iter().copied().filter(|&n| self.kinds[n] == Kind::Ephemeron).collect();
            let (opened, closed): (Vec<usize>, Vec<usize>) = (ephemerons.into_iter())
                .partition(|n| fired.contains(n) || self.slots[*n][0].is_none_or(|key| alive.contains(&key)));
            stack.extend(opened.iter().flat_map(|&n| self.slots[n].iter().flatten()).filter(|n| !alive.contains(n)));
            if !stack.is_empty() {
                continue;
            }
            if closed.is_empty() {
                return (alive, fired);
            }
            stack.extend(closed.iter().flat_map(|&n| self.slots[n].iter().flatten()));
            fired.extend(closed);
        }
    }
}

fn number(image: &TestImage, oop: Oop) -> usize {
    let slot = if image.heap.num_slots(oop) == 3 { 2 } else { 1 };
    image.heap.fetch(oop, slot).small_int() as usize
}

/// Makes a random graph; `late` says whether its last half is made after a full collection, so that old objects refer to young.
fn build(image: &mut TestImage, random: &mut Random, late: bool) -> (Model, Vec<Oop>) {
    let count = 60 + random.below(200);
    let mut model = Model { kinds: Vec::new(), slots: Vec::new() };
    let mut oops: Vec<Oop> = Vec::new();
    for n in 0..count {
        if late && n == count / 2 {
            image.heap.full_collect(&mut oops);
        }
        let (kind, name) = match random.below(6) {
            0 => (Kind::Weak, "WeakHolder"),
            1 | 2 => (Kind::Ephemeron, "Ephemeron"),
            _ => (Kind::Plain, "Array"),
        };
        let class = image.class(name);
        let indexable = match kind {
            Kind::Plain => SLOTS,
            Kind::Weak => SLOTS - 2,
            Kind::Ephemeron => 0,
        };
        let oop = image.heap.instantiate(class, indexable).unwrap();
        let number_slot = if kind == Kind::Ephemeron { 2 } else { 1 };
        image.heap.store(oop, number_slot, Oop::from_small_int(n as i64));
        model.slots.push(vec![None; image.heap.num_slots(oop)]);
        model.kinds.push(kind);
        oops.push(oop);
    }
    for n in 0..count {
        for slot in 0..model.slots[n].len() {
            let is_number = slot == if model.kinds[n] == Kind::Ephemeron { 2 } else { 1 };
            if !is_number && random.below(3) > 0 {
                let other = random.below(count);
                image.heap.store(oops[n], slot, oops[other]);
                model.slots[n][slot] = Some(other);
            }
        }
    }
    (model, oops)
}

fn run(seed: u64, full: bool, late: bool) {
    let mut random = Random(seed);
    let mut image = TestImage::with_sizes(4 << 20, HeapConfig { eden_bytes: 64 << 10, survivor_bytes: 4 << 10 });
    let (mut model, oops) = build(&mut image, &mut random, late);
    // For a scavenge all that is old is alive.
    let kept: Vec<usize> = (0..oops.len()).filter(|&n| (!full && image.heap.is_old(oops[n])) || random.below(20) == 0).collect();
    let mut roots: Vec<Oop> = kept.iter().map(|&n| oops[n]).collect();
    let (alive, fired) = model.reach(&kept);
    assert_sound(&image.heap);
    if full {
        image.heap.full_collect(&mut roots);
    } else {
        assert!(image.heap.scavenge(&mut roots));
    }
    assert_sound(&image.heap);
    let mut mourned = HashSet::new();
    while let Some(mourner) = image.heap.fetch_mourner() {
        if image.heap.format(mourner) == Format::FIXED {
            assert!(mourned.insert(number(&image, mourner)), "an ephemeron fires once");
        } else {
            assert_eq!(image.heap.format(mourner), Format::WEAK);
        }
    }
    assert_eq!(mourned, fired);
    for n in 0..model.kinds.len() {
        if fired.contains(&n) {
            model.kinds[n] = Kind::Plain;
        }
    }
    compare(&image, &model, &alive, &roots);
}

/// Walks what is reachable, weak slots included.
fn compare(image: &TestImage, model: &Model, alive: &HashSet<usize>, roots: &[Oop]) {
    let mut seen: HashMap<usize, Oop> = HashMap::new();
    let mut stack = roots.to_vec();
    while let Some(oop) = stack.pop() {
        let n = number(image, oop);
        match seen.insert(n, oop) {
            Some(before) => assert_eq!(before, oop, "there is one object {n}"),
            None => {
                for (slot, &expected) in model.slots[n].iter().enumerate() {
                    let value = image.heap.fetch(oop, slot);
                    let weak = model.kinds[n] == Kind::Weak && slot >= 2;
                    match expected {
                        Some(other) if !weak || alive.contains(&other) => {
                            assert_eq!(number(image, value), other);
                            stack.push(value);
                        }
                        _ if value.is_small_int() => {}
                        _ => assert_eq!(value, image.heap.nil(), "slot {slot} of {n}"),
                    }
                }
            }
        }
    }
    assert_eq!(seen.len(), alive.len());
}

#[test]
fn what_lives_fires_and_becomes_nil_is_as_computed() {
    for seed in 1..300 {
        for (full, late) in [(true, false), (true, true), (false, false), (false, true)] {
            run(seed * 7907, full, late);
        }
    }
}
