//! Pauses of the collections: `cargo bench -p osvm-core --bench gc [-- MEGABYTES]` (2048 by default).
//!
//! Builds a live heap of that size, lets a mutator allocate young objects and store some of them into old ones, and prints
//! the scavenge pauses (median, 99th percentile, longest), the speed of copying, and the time of full collections.

use osvm_core::heap::{Heap, HeapConfig};
use osvm_core::object::{self, Format};
use osvm_core::oop::Oop;
use osvm_core::testing::TestImage;
use std::time::Instant;

/// Repeatable random numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }
}

fn array(heap: &mut Heap, slots: usize) -> Oop {
    heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, slots).expect("the region is large enough")
}

/// Fills the heap with trees of small arrays and strings, all below `index`, until `bytes` are live.
fn build(image: &mut TestImage, bytes: u64, random: &mut Random) -> Vec<Oop> {
    let index_slots = (bytes / 4096) as usize;
    let mut roots = vec![array(&mut image.heap, index_slots)];
    for at in 0..index_slots {
        let tree = tree(&mut image.heap, 3, random);
        image.heap.store(roots[0], at, tree);
        if image.heap.gc_request.scavenge {
            image.heap.scavenge(&mut roots);
        }
        if image.heap.old_bytes() >= bytes {
            break;
        }
    }
    image.heap.full_collect(&mut roots);
    roots
}

/// About 4 KB in some 70 objects.
fn tree(heap: &mut Heap, depth: usize, random: &mut Random) -> Oop {
    let node = array(heap, 5);
    if depth == 0 {
        let leaf = heap.string(&"a leaf of the tree, of no fixed length"[..random.below(38)]).expect("room");
        heap.store(node, 0, leaf);
        return node;
    }
    for slot in 0..4 {
        let child = tree(heap, depth - 1, random);
        heap.store(node, slot, child);
    }
    node
}

/// Allocates through `scavenges` edens; every `keep`th object is kept for a while, and some are stored into old objects.
fn mutate(image: &mut TestImage, roots: &mut Vec<Oop>, scavenges: usize, keep: usize, random: &mut Random) -> Vec<f64> {
    let window = 2000;
    roots.truncate(1);
    roots.resize(1 + window, image.heap.nil());
    let slots = image.heap.num_slots(roots[0]);
    let mut pauses = Vec::new();
    let mut count = 0;
    while pauses.len() < scavenges {
        let size = 1 + random.below(8);
        let oop = array(&mut image.heap, size);
        count += 1;
        if count % keep == 0 {
            let at = 1 + random.below(window);
            let old = roots[at];
            image.heap.store(oop, 0, old);
            if old.is_pointer() && old != image.heap.nil() {
                // Cut the chain of what was kept before.
                let nil = image.heap.nil();
                image.heap.store(old, 0, nil);
            }
            roots[at] = oop;
        }
        if count % 200 == 0 {
            // A store into an object in the depths of old space, and one into the large array.
            let tree = image.heap.fetch(roots[0], random.below(slots));
            if tree != image.heap.nil() {
                image.heap.store(tree, 4, oop);
            }
        }
        if image.heap.gc_request.scavenge || image.heap.gc_request.full {
            image.heap.gc_request.full = false;
            let start = Instant::now();
            image.heap.scavenge(roots);
            pauses.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    pauses
}

fn print_pauses(name: &str, mut pauses: Vec<f64>) {
    pauses.sort_by(f64::total_cmp);
    let at = |part: f64| pauses[((pauses.len() - 1) as f64 * part) as usize];
    println!("{name:44} p50 {:.3} ms   p99 {:.3} ms   longest {:.3} ms", at(0.5), at(0.99), at(1.0));
}

/// Scavenges an eden in which everything is alive, and prints the bytes copied per second.
fn print_copy_speed(random: &mut Random) {
    let config = HeapConfig { eden_bytes: 16 << 20, survivor_bytes: 16 << 20 };
    let mut image = TestImage::with_sizes(256 << 20, config);
    let mut best = 0f64;
    for _ in 0..10 {
        let mut roots = Vec::new();
        while !image.heap.gc_request.scavenge {
            roots.push(tree(&mut image.heap, 3, random));
        }
        let before = image.heap.young_bytes();
        let start = Instant::now();
        image.heap.scavenge(&mut roots);
        best = best.max(before as f64 / start.elapsed().as_secs_f64() / 1e6);
        image.heap.full_collect(&mut roots);
        image.heap.full_collect(&mut Vec::new());
    }
    println!("{:44} {best:.0} MB/s", "copying an eden that is all alive");
}

/// Links small arrays at random, so that every reference misses the caches, and prints the time of a full collection.
fn print_random_graph(megabytes: usize, random: &mut Random) {
    let mut image = TestImage::with_sizes((megabytes * 5 / 4 + 64) << 20, HeapConfig::default());
    let objects = (megabytes << 20) / 56;
    let mut roots = vec![array(&mut image.heap, objects)];
    for at in 0..objects {
        let oop = array(&mut image.heap, 5);
        image.heap.store(roots[0], at, oop);
        if image.heap.gc_request.scavenge {
            image.heap.scavenge(&mut roots);
        }
    }
    image.heap.full_collect(&mut roots);
    for at in 0..objects {
        let oop = image.heap.fetch(roots[0], at);
        for slot in 0..5 {
            let other = image.heap.fetch(roots[0], random.below(objects));
            image.heap.store(oop, slot, other);
        }
    }
    // The array would name them in their order: reach them through each other.
    roots[0] = image.heap.fetch(roots[0], 0);
    full(&mut image, &mut roots, "full collection, linked at random");
}

fn main() {
    let megabytes: u64 = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(2048);
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    print_copy_speed(&mut random);
    print_random_graph(512.min(megabytes as usize), &mut random);
    let region = ((megabytes + megabytes / 4 + 256) << 20) as usize;
    let mut image = TestImage::with_sizes(region, HeapConfig::default());
    let start = Instant::now();
    let mut roots = build(&mut image, megabytes << 20, &mut random);
    let live = image.heap.stats.live_old_bytes as f64 / (1 << 20) as f64;
    println!(
        "{:44} {:.0} MB, {} objects, in {:.1} s",
        "live",
        live,
        image.heap.stats.marked_objects,
        start.elapsed().as_secs_f64()
    );
    for (name, keep) in
        [("scavenges, 1 of 100 objects kept", 100), ("scavenges, 1 of 10 objects kept", 10), ("scavenges, every object kept", 1)]
    {
        let pauses = mutate(&mut image, &mut roots, 1000, keep, &mut random);
        print_pauses(name, pauses);
    }
    full(&mut image, &mut roots, "full collection, little dead");
    full(&mut image, &mut roots, "full collection, nothing dead");
    // A tenth of the trees die, all over the heap.
    for at in (0..image.heap.num_slots(roots[0])).step_by(10) {
        let nil = image.heap.nil();
        image.heap.store(roots[0], at, nil);
    }
    full(&mut image, &mut roots, "full collection, a tenth dead");
}

fn full(image: &mut TestImage, roots: &mut Vec<Oop>, name: &str) {
    let start = Instant::now();
    image.heap.full_collect(roots);
    let ms = start.elapsed().as_secs_f64() * 1e3;
    let live = image.heap.stats.live_old_bytes as f64 / (1 << 20) as f64;
    let moved = image.heap.stats.moved_bytes >> 20;
    println!("{name:44} {ms:.0} ms for {live:.0} MB live ({:.2} ms/MB), {moved} MB moved", ms / live);
}
