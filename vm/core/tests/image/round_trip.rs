//! What is read, written and read again is the same.

use crate::builder::{BASE, Builder, THING};
use crate::support::{CONFIG, assert_same_graph, check_round_trip, load, save, try_load};
use osvm_core::heap::{AllocRegion, NoRoots, Region};
use osvm_core::image::{self, ImageHeader, ImageSource, WordSize};
use osvm_core::object::{self, Format};
use osvm_core::special::Special;
use osvm_core::testing::TestImage;
use std::cell::Cell;
use std::rc::Rc;

#[test]
fn built_images() {
    for size in [WordSize::Bits32, WordSize::Bits64] {
        let mut b = Builder::new(size);
        b.object(THING, Format::FIXED, &[BASE; 300]);
        b.raw(object::CLASS_INDEX_BYTE_ARRAY, Format::BYTES, b"hello", 1);
        b.method(&[b.int(3), BASE], &[1, 2, 3, 4, 5]);
        let header = ImageHeader {
            screen_size: 640 << 16 | 480,
            flags: 0xFF | 1 << 20,
            extra_vm_memory: 1,
            stack_pages: 2,
            code_kib: 3,
            eden_bytes: 4,
            max_external_semaphores: 5,
            image_version: 6,
            ..b.header.clone()
        };
        b.header = header;
        check_round_trip(&b.finish());
    }
}

#[test]
fn an_image_made_in_memory() {
    let mut test = TestImage::new();
    let text = test.heap.string("kept").unwrap();
    test.heap.set_special(Special::TheDisplay, text);
    test.heap.prepare_snapshot(&mut NoRoots).unwrap();
    let mut bytes = Vec::new();
    image::write(&test.heap, &ImageHeader::new(), &mut bytes).unwrap_or_else(|error| panic!("{error}"));
    let image = try_load(&bytes).unwrap_or_else(|error| panic!("{error}"));
    assert_same_graph(&test.heap, &image.heap);
    assert_eq!(image.heap.text(image.heap.special(Special::TheDisplay)).as_deref(), Some("kept"));
}

/// The place in memory differs from start to start; nothing of it is in the file.
#[test]
fn objects_without_slots_have_nothing_of_the_past_in_them() {
    let mut test = TestImage::new();
    let empty = test.heap.array(&[]).unwrap();
    test.heap.set_special(Special::TheDisplay, empty);
    test.heap.prepare_snapshot(&mut NoRoots).unwrap();
    let mut bytes = Vec::new();
    image::write(&test.heap, &ImageHeader::new(), &mut bytes).unwrap_or_else(|error| panic!("{error}"));
    let words: Vec<u64> = bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect();
    let header = object::header(0, Format::INDEXABLE, object::CLASS_INDEX_ARRAY);
    let is_empty_array = |&index: &usize| words[index] & !(object::HASH_MASK << object::HASH_SHIFT) == header;
    let found: Vec<u64> = (0..words.len() - 1).filter(is_empty_array).map(|index| words[index + 1]).collect();
    assert!(!found.is_empty() && found.iter().all(|&word| word == 0), "{found:x?}");
}

#[test]
fn a_free_chunk_is_written_as_an_object() {
    let mut b = Builder::new(WordSize::Bits64);
    b.object(object::CLASS_INDEX_FREE, Format::EMPTY, &[1, 2, 3]);
    let last = b.object(THING, Format::EMPTY, &[]);
    b.set(b.special, Special::TheDisplay as usize, last);
    let first = load(&b.finish());
    let second = load(&save(&first).0);
    assert_eq!(second.heap.objects().count(), first.heap.objects().count() + 1);
}

#[test]
fn a_young_object_is_not_lost_silently() {
    let mut image = load(&Builder::new(WordSize::Bits64).finish());
    let young = image.heap.string("young").unwrap();
    image.heap.set_special(Special::TheDisplay, young);
    let error = image::write(&image.heap, &image.header, &mut Vec::new()).expect_err("a refusal").to_string();
    assert!(error.contains("slot 14") && error.contains("prepare the heap for the snapshot first"), "{error}");
}

#[test]
fn a_writer_that_fails_is_reported() {
    let image = load(&Builder::new(WordSize::Bits64).finish());
    let mut room = [0; 10_000];
    let error = image::write(&image.heap, &image.header, &mut &mut room[..]).expect_err("a refusal");
    assert_eq!(error.kind, image::ImageErrorKind::Io);
}

/// Memory that two heaps use, one after the other.
struct Lent {
    base: u64,
    len: u64,
}

// SAFETY: the test keeps the memory until both heaps are gone, and drops the first heap before it makes the second.
unsafe impl Region for Lent {
    fn base(&self) -> u64 {
        self.base
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn release(&mut self, _start: u64, _end: u64) {}
}

/// A source that maps, as far as a slice can.
struct Mapping {
    bytes: Vec<u8>,
    mapped: Rc<Cell<u64>>,
}

impl ImageSource for Mapping {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        (&self.bytes[..]).read_at(offset, into)
    }

    unsafe fn map_at(&mut self, offset: u64, address: u64, len: u64) -> bool {
        assert!(offset.is_multiple_of(4096) && address.is_multiple_of(4096));
        self.mapped.set(len);
        let bytes = &self.bytes[offset as usize..][..len as usize];
        // SAFETY: the caller owns the memory there.
        unsafe { std::slice::from_raw_parts_mut(address as usize as *mut u8, bytes.len()) }.copy_from_slice(bytes);
        true
    }
}

#[test]
fn a_snapshot_is_mapped_where_it_was() {
    let bytes = Builder::new(WordSize::Bits64).finish();
    let memory = AllocRegion::new(1 << 20).unwrap();
    let lend = || Box::new(Lent { base: memory.base(), len: memory.len() });
    let first = image::load(&mut &bytes[..], lend(), CONFIG).unwrap();
    let (saved, header) = save(&first);
    let nil = first.heap.nil();
    drop(first);
    assert_eq!(image::preferred_region_base(&header, CONFIG), Some(memory.base()));
    let mapped = Rc::new(Cell::new(0));
    let mut source = Mapping { bytes: saved.clone(), mapped: mapped.clone() };
    let second = image::load(&mut source, lend(), CONFIG).unwrap();
    assert_eq!(mapped.get(), header.data_size);
    assert_eq!(second.heap.nil(), nil);
    assert_eq!(save(&second).0, saved);
}
