//! Random graphs of objects, compared with a model after every collection.

use super::{Random, assert_sound};
use crate::heap::HeapConfig;
use crate::object::{self, Format};
use crate::oop::Oop;
use crate::testing::TestImage;
use std::collections::{HashMap, HashSet};

/// How many random graphs each test makes.
const SEEDS: u64 = 25;

/// What the model knows of a slot.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Value {
    Nil,
    Int(i64),
    Object(i64),
}

/// A heap and what should be in it. Slot 0 of each object is its number.
struct World {
    image: TestImage,
    roots: Vec<Oop>,
    model: HashMap<i64, Vec<Value>>,
    next: i64,
    random: Random,
}

impl World {
    fn new(seed: u64, region: usize) -> World {
        let config = HeapConfig { eden_bytes: 64 << 10, survivor_bytes: 8 << 10 };
        let image = TestImage::with_sizes(region, config);
        World { image, roots: Vec::new(), model: HashMap::new(), next: 1, random: Random(seed) }
    }

    fn number(&self, oop: Oop) -> i64 {
        self.image.heap.fetch(oop, 0).small_int()
    }

    /// Some object that is alive.
    fn pick(&mut self) -> Option<Oop> {
        if self.roots.is_empty() {
            return None;
        }
        let mut oop = self.roots[self.random.below(self.roots.len())];
        for _ in 0..self.random.below(12) {
            let slots = self.image.heap.pointer_slots(oop);
            let next = self.image.heap.fetch_followed(oop, self.random.below(slots));
            if next.is_pointer() && next != self.image.heap.nil() {
                oop = next;
            }
        }
        Some(oop)
    }

    fn value(&mut self) -> (Oop, Value) {
        match self.random.below(4) {
            0 => (self.image.heap.nil(), Value::Nil),
            1 => {
                let int = self.random.below(1000) as i64;
                (Oop::from_small_int(int), Value::Int(int))
            }
            _ => match self.pick() {
                Some(oop) => (oop, Value::Object(self.number(oop))),
                None => (self.image.heap.nil(), Value::Nil),
            },
        }
    }

    fn make(&mut self) {
        let slots = match self.random.below(40) {
            0 => 255 + self.random.below(1000),
            1 => 200 + self.random.below(60),
            n => 1 + n % 9,
        };
        let heap = &mut self.image.heap;
        let oop = heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, slots).unwrap();
        self.image.heap.store(oop, 0, Oop::from_small_int(self.next));
        let mut values = vec![Value::Nil; slots];
        values[0] = Value::Int(self.next);
        for (i, value) in values.iter_mut().enumerate().skip(1) {
            if i < 10 || self.random.below(20) == 0 {
                let (slot, known) = self.value();
                self.image.heap.store(oop, i, slot);
                *value = known;
            }
        }
        self.model.insert(self.next, values);
        self.next += 1;
        if self.random.below(3) == 0 || self.roots.is_empty() {
            self.roots.push(oop);
        } else if let Some(holder) = self.pick() {
            self.put(holder, oop);
        }
    }

    fn put(&mut self, holder: Oop, oop: Oop) {
        let slots = self.image.heap.num_slots(holder);
        if slots > 1 {
            let slot = 1 + self.random.below(slots - 1);
            self.image.heap.store(holder, slot, oop);
            let value = Value::Object(self.number(oop));
            let number = self.number(holder);
            self.model.get_mut(&number).unwrap()[slot] = value;
        }
    }

    fn mutate(&mut self) {
        if let (Some(holder), Some(oop)) = (self.pick(), self.pick()) {
            self.put(holder, oop);
        }
    }

    fn forget(&mut self) {
        if self.roots.len() > 4 {
            let at = self.random.below(self.roots.len());
            self.roots.swap_remove(at);
        }
    }

    /// Exchanges or replaces a few objects, in the heap and in the model.
    fn swap_identities(&mut self) {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..1 + self.random.below(4) {
            if let (Some(x), Some(y)) = (self.pick(), self.pick())
                && !a.contains(&x)
                && !b.contains(&x)
                && !a.contains(&y)
                && !b.contains(&y)
                && x != y
            {
                a.push(x);
                b.push(y);
            }
        }
        if [&a, &b].into_iter().flatten().any(|&oop| self.image.heap.is_pinned(oop)) {
            return;
        }
        let two_way = self.random.below(2) == 0;
        let copy_hash = self.random.below(2) == 0;
        let renamed: HashMap<i64, i64> = (a.iter().zip(&b))
            .flat_map(|(&x, &y)| {
                let (x, y) = (self.number(x), self.number(y));
                [(x, y), if two_way { (y, x) } else { (x, y) }]
            })
            .collect();
        let (array_a, array_b) = (self.image.heap.array(&a).unwrap(), self.image.heap.array(&b).unwrap());
        if two_way {
            self.image.heap.become_two_way(array_a, array_b, copy_hash).unwrap();
        } else {
            self.image.heap.become_one_way(array_a, array_b, copy_hash).unwrap();
        }
        self.image.heap.follow_roots(&mut self.roots);
        for value in self.model.values_mut().flatten() {
            if let Value::Object(number) = value {
                *number = *renamed.get(number).unwrap_or(number);
            }
        }
    }

    /// Compares everything that is reachable with the model.
    fn compare(&self) -> usize {
        assert_sound(&self.image.heap);
        let (mut seen, mut stack) = (HashSet::new(), self.roots.clone());
        while let Some(oop) = stack.pop() {
            if !seen.insert(oop) {
                continue;
            }
            let known = &self.model[&self.number(oop)];
            assert_eq!(known.len(), self.image.heap.num_slots(oop));
            for (i, &value) in known.iter().enumerate() {
                let slot = self.image.heap.fetch(oop, i);
                match value {
                    Value::Nil => assert_eq!(slot, self.image.heap.nil()),
                    Value::Int(int) => assert_eq!(slot.as_small_int(), Some(int)),
                    Value::Object(number) => {
                        let slot = self.image.heap.follow(slot);
                        assert_eq!(self.number(slot), number);
                        stack.push(slot);
                    }
                }
            }
        }
        seen.len()
    }

    fn live_objects(&self) -> usize {
        self.image.heap.objects().filter(|&oop| self.image.heap.class_index(oop) == object::CLASS_INDEX_ARRAY).count()
    }
}

fn run(seed: u64, waste: u32, pin: bool, exchange: bool) {
    let mut world = World::new(seed, 16 << 20);
    world.image.heap.policy.waste_256ths = waste;
    for round in 0..60 {
        for _ in 0..200 {
            match world.random.below(10) {
                0..=4 => world.make(),
                5..=6 => world.mutate(),
                7 if exchange && world.random.below(4) == 0 => world.swap_identities(),
                7 => world.mutate(),
                _ => world.forget(),
            }
        }
        if pin && let Some(oop) = world.pick() {
            world.image.heap.pin(oop).unwrap();
            world.image.heap.follow_roots(&mut world.roots);
        }
        let before = world.compare();
        if round % 5 == 4 {
            if round % 10 == 4 && !pin {
                world.image.heap.prepare_snapshot(&mut world.roots).unwrap();
                assert_eq!(world.image.heap.free_chunk_bytes(), 0);
            } else {
                world.image.heap.full_collect(&mut world.roots);
            }
            // One array is not the graph's: special objects.
            assert_eq!(world.live_objects(), before + 1);
        } else {
            world.image.heap.scavenge(&mut world.roots);
        }
        assert_eq!(world.compare(), before);
    }
    assert!(world.image.heap.stats.tenured_objects > 0);
}

#[test]
fn random_graphs_survive_collections() {
    for seed in 1..SEEDS {
        run(seed * 7919, 0, false, false);
        run(seed * 104_729, 16, false, false);
    }
}

#[test]
fn random_graphs_with_pinned_objects() {
    for seed in 1..SEEDS {
        run(seed * 1299, 0, true, false);
        run(seed * 65_537, 8, true, false);
    }
}

#[test]
fn random_graphs_with_become() {
    for seed in 1..SEEDS {
        run(seed * 31_337, 0, false, true);
        run(seed * 27_644_437, 8, true, true);
    }
}

#[test]
fn a_heap_that_is_too_small_for_its_survivors_stays_sound() {
    let mut world = World::new(4711, 1 << 20);
    loop {
        let left = world.image.heap.bytes_left();
        if left < 40 << 10 {
            break;
        }
        world.make();
        if world.image.heap.gc_request.scavenge {
            world.image.heap.scavenge(&mut world.roots);
            if world.image.heap.bytes_left() < 60 << 10 {
                break;
            }
        }
    }
    let before = world.compare();
    for _ in 0..3 {
        world.image.heap.full_collect(&mut world.roots);
        assert_eq!(world.compare(), before);
        world.image.heap.scavenge(&mut world.roots);
        assert_eq!(world.compare(), before);
    }
    world.roots.truncate(1);
    world.image.heap.full_collect(&mut world.roots);
    world.compare();
    world.image.heap.full_collect(&mut world.roots);
    assert_eq!(world.image.heap.young_bytes(), 0);
}
