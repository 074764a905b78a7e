//! From the bytes of an image to a [`Heap`].

use super::body::{Starts, Translation};
use super::error::{ImageError, ImageErrorKind};
use super::header::{ImageHeader, WordSize};
use super::roots::{self, ClassTable, First};
use super::segments::{BRIDGE_BYTES, Segments};
use super::source::ImageSource;
use super::widen::{self, Plan};
use crate::heap::{Heap, HeapConfig, Region};
use crate::object;
use crate::oop::Oop;
use crate::special::Special;

/// Granularity of mappings.
const PAGE: u64 = 4096;

/// An image in memory.
pub struct LoadedImage {
    /// Its objects: old space begins with nil, false and true; new space is empty.
    pub heap: Heap,
    /// Its header as it was read, with everything that the next snapshot shall carry on.
    pub header: ImageHeader,
}

/// Reads and checks an image's header.
pub fn read_header(source: &mut dyn ImageSource) -> Result<ImageHeader, ImageError> {
    let mut bytes = [0; ImageHeader::PARSE_BYTES];
    let len = source.len().min(bytes.len() as u64) as usize;
    source.read_at(0, &mut bytes[..len]).map_err(|e| ImageError::io(0, &e))?;
    ImageHeader::parse(&bytes[..len], source.len())
}

/// The base that a heap's region should have so that the image's addresses are right as they stand and its file can be
/// mapped; `None` if no base can do that.
pub fn preferred_region_base(header: &ImageHeader, config: HeapConfig) -> Option<u64> {
    let base = header.base_address.checked_sub(config.new_space_bytes())?;
    // The first pages of an address space are kept free everywhere, to catch null pointers.
    (header.word_size == WordSize::Bits64 && base % PAGE == 0 && base >= 16 * PAGE).then_some(base)
}

/// Bytes that a heap's region needs at least to hold the image, without room for anything new in old space.
pub fn minimum_region_bytes(header: &ImageHeader, config: HeapConfig) -> u64 {
    // Slots double when they are widened; only free lists and special objects grow more, within the pages added here.
    let growth = if header.word_size == WordSize::Bits32 { 2 } else { 1 };
    config.new_space_bytes().saturating_add(header.data_size.saturating_mul(growth)).saturating_add(3 * PAGE) / PAGE * PAGE
}

/// Loads an image into `region`.
///
/// Objects keep their addresses if the region's base is [`preferred_region_base`]; else every reference is moved. Every
/// object and every reference is checked, whatever the source holds.
pub fn load(source: &mut dyn ImageSource, region: Box<dyn Region>, config: HeapConfig) -> Result<LoadedImage, ImageError> {
    let header = read_header(source)?;
    let segments = Segments::read(source, &header)?;
    let needed = minimum_region_bytes(&header, config);
    if region.len() < needed || !region.base().is_multiple_of(PAGE) || !config.new_space_bytes().is_multiple_of(PAGE) {
        let found = format!("an image that needs {needed} bytes of memory and a heap of {}", region.len());
        return Err(ImageError::new(ImageErrorKind::NoRoom, 8, found, "raise --max-heap"));
    }
    let mut heap = Heap::new(region, config);
    if !heap.commit(needed - config.new_space_bytes()) {
        let found = format!("an image that needs {needed} bytes of memory, which are not there");
        return Err(ImageError::new(ImageErrorKind::NoRoom, 8, found, "end other programs, or use a smaller image"));
    }
    match header.word_size {
        WordSize::Bits64 => {
            read_segments(source, &segments, heap.old_start)?;
            adopt(&mut heap, &segments, header.special_objects, &header)?;
        }
        WordSize::Bits32 => load_32(source, segments, &mut heap, &header)?,
    }
    Ok(LoadedImage { heap, header })
}

/// Brings the segments' objects to `old_start`, one behind the other, without their bridges.
fn read_segments(source: &mut dyn ImageSource, segments: &Segments, old_start: u64) -> Result<(), ImageError> {
    for (number, segment) in segments.list().iter().enumerate() {
        let address = old_start + segment.start;
        let mappable = number == 0 && segment.file_offset % PAGE == 0 && address == segment.old_start;
        let mapped_len = segment.len + BRIDGE_BYTES;
        // SAFETY: the region has room for the image and one page more (`minimum_region_bytes`), and nobody else knows it yet.
        if mappable && unsafe { source.map_at(segment.file_offset, address, mapped_len) } {
            continue;
        }
        // SAFETY: the range lies inside the region (`minimum_region_bytes`), which nobody else knows yet.
        let bytes = unsafe { std::slice::from_raw_parts_mut(address as usize as *mut u8, segment.len as usize) };
        source.read_at(segment.file_offset, bytes).map_err(|e| ImageError::io(segment.file_offset, &e))?;
    }
    // What a mapping brought along behind the last object is not part of the heap, which is zero there.
    let end = old_start + segments.total();
    let page_end = end.next_multiple_of(PAGE) + PAGE;
    // SAFETY: `minimum_region_bytes` counts a page behind the image, and nobody else knows the region yet.
    unsafe { std::slice::from_raw_parts_mut(end as usize as *mut u8, (page_end - end) as usize) }.fill(0);
    Ok(())
}

/// Widens a 32-bit image into the heap.
fn load_32(source: &mut dyn ImageSource, segments: Segments, heap: &mut Heap, header: &ImageHeader) -> Result<(), ImageError> {
    let plan = Plan::new(source, header, segments, heap.old_start)?;
    let bytes = 8 * plan.words() as u64;
    if !heap.commit(bytes) {
        let found = format!("an image that needs {bytes} bytes of old space and {} there", heap.old_limit - heap.old_start);
        return Err(ImageError::new(ImageErrorKind::NoRoom, 8, found, "raise --max-heap"));
    }
    // SAFETY: the range was just checked to lie inside the region, which nobody else knows yet.
    plan.write(unsafe { std::slice::from_raw_parts_mut(heap.old_start as usize as *mut u64, plan.words()) })?;
    adopt(heap, &Segments::single(heap.old_start, bytes), plan.special_objects(), header)?;
    widen::enter_float_class(heap);
    widen::move_program_counters(heap);
    Ok(())
}

/// Makes the objects that lie at the start of old space the heap's own. `special_objects` is an address of the segments'.
fn adopt(heap: &mut Heap, segments: &Segments, special_objects: u64, header: &ImageHeader) -> Result<(), ImageError> {
    let base = heap.old_start;
    let len = (segments.total() / 8) as usize;
    let offset_of = |position| segments.file_offset(position);
    // SAFETY: the caller put the image's words there; the heap is not used before this borrow ends.
    let words = unsafe { std::slice::from_raw_parts_mut(base as usize as *mut u64, len) };
    let starts = Starts::find(words, &offset_of)?;
    let first = First::find(words, &offset_of)?;
    let nil = segments.list()[0].old_start;
    first.collectors_words(|word, value| words[word] = value, nil);
    let translation = Translation::new(&starts, segments, base, words)?;
    let classes = ClassTable::find(words, first.hidden_roots, &translation)?;
    translation.apply(words, &classes, header.floats_big_endian())?;

    let special_offset = header.header_offset + 8 + 2 * header.word_size.bytes();
    let Some(special_objects) = translation.word_of(special_objects) else {
        let found = format!("a special objects array at address {:#x}", header.special_objects);
        return Err(ImageError::corrupt(special_offset, found, "an object must be there"));
    };
    heap.old_free = base + segments.total();
    heap.hidden_roots = Oop(base + 8 * first.hidden_roots.header as u64);
    heap.special_objects = Oop(base + 8 * special_objects as u64);
    heap.last_hash = header.last_hash;
    heap.has_forwarders = false;
    heap.new_finalization = header.flags & ImageHeader::NEW_FINALIZATION != 0;
    heap.update_threshold();
    roots::check_special_objects(heap, special_offset)?;
    let small_float = heap.class_at(object::CLASS_INDEX_SMALL_FLOAT);
    heap.small_floats = small_float != heap.nil() && small_float != heap.special(Special::ClassFloat);
    Ok(())
}
