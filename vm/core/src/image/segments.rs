//! The segments of an image's body, and where each of them goes in memory.
//!
//! A segment ends in a bridge of 16 bytes: a header word whose slot count is the distance to the next segment's address,
//! and the size of the next segment, 0 after the last. Bridges do not go into memory. Source:
//! `SpurSegmentManager>>readHeapFromImageFile:dataBytes:`.

use super::error::ImageError;
use super::header::ImageHeader;
use super::source::ImageSource;
use crate::object::{OVERFLOW_SLOTS, SLOTS_SHIFT};

/// Bytes of a bridge.
pub const BRIDGE_BYTES: u64 = 16;

/// One segment: where it was, where it is in the file, and where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Address of its first object when it was written.
    pub old_start: u64,
    /// Bytes of objects, without the bridge.
    pub len: u64,
    /// Byte of the file at which it starts.
    pub file_offset: u64,
    /// Bytes of objects in the segments before it.
    pub start: u64,
}

/// All segments in the order of the file, with addresses that rise and do not overlap.
#[derive(Debug)]
pub struct Segments {
    list: Vec<Segment>,
}

impl Segments {
    /// Follows the bridges through the file.
    pub fn read(source: &mut dyn ImageSource, header: &ImageHeader) -> Result<Segments, ImageError> {
        let body = header.body_offset();
        let mut list = Vec::new();
        let mut size = header.first_segment_size;
        let (mut old_start, mut start, mut read) = (header.base_address, 0, 0);
        loop {
            let file_offset = body + read;
            read += size;
            list.push(Segment { old_start, len: size - BRIDGE_BYTES, file_offset, start });
            let bridge_offset = body + read - BRIDGE_BYTES;
            let mut bridge = [0; BRIDGE_BYTES as usize];
            source.read_at(bridge_offset, &mut bridge).map_err(|e| ImageError::io(bridge_offset, &e))?;
            let [word, next_size] = [0, 8].map(|at| u64::from_le_bytes(bridge[at..at + 8].try_into().expect("8 bytes")));
            if next_size == 0 {
                break;
            }
            let slots = if word >> SLOTS_SHIFT == 0 { 0 } else { word & !(OVERFLOW_SLOTS << SLOTS_SHIFT) };
            let next_start = slots.checked_mul(header.word_size.bytes()).and_then(|gap| (old_start + size).checked_add(gap));
            let fits = next_size >= BRIDGE_BYTES && next_size % 8 == 0 && next_size <= header.data_size - read;
            match next_start {
                Some(next) if fits && next % 8 == 0 && next.checked_add(next_size).is_some() => {
                    start += size - BRIDGE_BYTES;
                    (old_start, size) = (next, next_size);
                }
                _ => {
                    let found = format!("a bridge {slots} words wide to a segment of {next_size} bytes");
                    let expected = format!("the image has {} bytes left", header.data_size - read);
                    return Err(ImageError::corrupt(bridge_offset, found, expected));
                }
            }
        }
        if read != header.data_size {
            let found = format!("the segments end after {read} bytes");
            return Err(ImageError::corrupt(body + read, found, format!("the header promises {}", header.data_size)));
        }
        Ok(Segments { list })
    }

    /// `len` bytes of objects that are already where they shall be, from address `start` on.
    pub fn single(start: u64, len: u64) -> Segments {
        Segments { list: vec![Segment { old_start: start, len, file_offset: 0, start: 0 }] }
    }

    /// The segments.
    pub fn list(&self) -> &[Segment] {
        &self.list
    }

    /// Bytes of objects in all of them.
    pub fn total(&self) -> u64 {
        self.list.last().map_or(0, |last| last.start + last.len)
    }

    /// How far behind the first object the object at an address of the image's lies in memory.
    #[inline(always)]
    pub fn position(&self, address: u64) -> Option<u64> {
        let first = &self.list[0];
        let distance = address.wrapping_sub(first.old_start);
        if distance < first.len { Some(distance) } else { self.position_behind_first(address) }
    }

    fn position_behind_first(&self, address: u64) -> Option<u64> {
        let index = self.list.partition_point(|segment| segment.old_start <= address).checked_sub(1)?;
        let segment = &self.list[index];
        let distance = address - segment.old_start;
        (distance < segment.len).then(|| segment.start + distance)
    }

    /// Byte of the file at which what lies at `position` in memory stands.
    pub fn file_offset(&self, position: u64) -> u64 {
        let index = self.list.partition_point(|segment| segment.start <= position).saturating_sub(1);
        let segment = &self.list[index];
        segment.file_offset + (position - segment.start)
    }
}
