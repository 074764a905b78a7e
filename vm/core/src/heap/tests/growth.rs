//! A region whose memory comes by and by.

use super::{assert_sound, list, list_length};
use crate::heap::{AllocRegion, HeapConfig, Region};
use crate::object::{self, Format};
use crate::testing::TestImage;

/// Usable from its start up to `committed`, which grows to `most`.
struct Growing {
    all: AllocRegion,
    committed: u64,
    most: u64,
}

// SAFETY: all of it is usable at any time.
unsafe impl Region for Growing {
    fn base(&self) -> u64 {
        self.all.base()
    }

    fn len(&self) -> u64 {
        self.all.len()
    }

    fn committed(&self) -> u64 {
        self.committed
    }

    fn commit(&mut self, end: u64) -> bool {
        if end > self.most {
            return false;
        }
        self.committed = self.committed.max(end);
        true
    }

    fn release(&mut self, start: u64, end: u64) {
        self.all.release(start, end);
    }
}

fn image(first: u64, most: u64) -> TestImage {
    let config = HeapConfig { eden_bytes: 64 << 10, survivor_bytes: 16 << 10 };
    let all = AllocRegion::new(16 << 20).unwrap();
    let base = all.base();
    TestImage::in_region(Box::new(Growing { all, committed: base + first, most: base + most }), config)
}

#[test]
fn memory_is_committed_when_it_is_needed() {
    let mut image = image(96 << 10, 16 << 20);
    let before = image.heap.committed;
    let mut roots = vec![];
    for _ in 0..20 {
        roots.push(list(&mut image.heap, 1000));
        image.heap.scavenge(&mut roots);
        assert!(image.heap.old_free <= image.heap.committed);
    }
    assert!(image.heap.committed > before);
    image.heap.full_collect(&mut roots);
    assert_sound(&image.heap);
    assert!(roots.iter().all(|&head| list_length(&image.heap, head) == 1000));
}

#[test]
fn where_memory_ends_old_space_ends() {
    let mut image = image(96 << 10, 2 << 20);
    let mut roots = vec![];
    // One object that is too large leaves room for smaller ones.
    assert!(image.heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, 1 << 20).is_err());
    assert!(image.heap.unused_bytes() > 8 << 20);
    while let Ok(oop) = image.heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, 1000) {
        roots.push(oop);
        if image.heap.gc_request.scavenge {
            image.heap.scavenge(&mut roots);
        }
    }
    assert!(image.heap.unused_bytes() < 1 << 20, "{} bytes are said to be left", image.heap.unused_bytes());
    image.heap.full_collect(&mut roots);
    assert_sound(&image.heap);
    roots.truncate(10);
    image.heap.full_collect(&mut roots);
    assert!(image.heap.alloc_pointers(object::CLASS_INDEX_ARRAY, Format::INDEXABLE, 1000).is_ok());
}
