//! The header of an image file, read and written.
//!
//! Layout: `StackInterpreter>>writeImageFileIO` and `readImageFromFile:HeapSize:StartingAt:` of the OpenSmalltalk VM
//! (`spurstack64src/vm/interp.c`). Words are of the image's word size, halves and quarters are not:
//!
//! ```text
//!  64-bit 32-bit
//!     0      0   u32   format number
//!     4      4   u32   size of this header, 128 or 64 (or more)
//!     8      8   word  bytes of all segments
//!    16     12   word  address of the first segment when it was written
//!    24     16   word  address of the special objects array
//!    32     20   word  last identity hash given
//!    40     24   word  size of the window: width << 16 | height
//!    48     28   word  flags
//!    56     32   u32   extra VM memory in bytes
//!    60     36   u16   stack pages (0: the VM's choice)
//!    62     38   u16   machine code zone in KiB (0: the VM's choice)
//!    64     40   u32   eden in bytes (0: the VM's choice)
//!    68     44   u16   size of the external semaphore table (0: the VM's choice)
//!    70     46   u16   image version (Pharo; preserved)
//!    72     48   word  bytes of the first segment
//!    80     52   word  free bytes in old space
//!    88     56   zeros
//! ```

use super::error::{ImageError, ImageErrorKind};

/// Size of an image's words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WordSize {
    /// 4 bytes: the image is widened when it is loaded.
    Bits32,
    /// 8 bytes.
    Bits64,
}

impl WordSize {
    /// Bytes of a word.
    pub const fn bytes(self) -> u64 {
        match self {
            WordSize::Bits32 => 4,
            WordSize::Bits64 => 8,
        }
    }

    /// Bytes of the smallest header, which is also the one that other VMs write.
    pub const fn header_bytes(self) -> u32 {
        match self {
            WordSize::Bits32 => 64,
            WordSize::Bits64 => 128,
        }
    }
}

/// Format number of 64-bit Spur.
pub const SPUR_64: u32 = 68021;
/// Format number of 32-bit Spur.
pub const SPUR_32: u32 = 6521;
/// Added to a format number where the image needs a VM with more than one bytecode set.
pub const MULTIPLE_BYTECODE_SETS: u32 = 512;

const SUPPORTED: &str = "supported are Spur images, 64-bit (68021, 68533) and 32-bit (6521, 7033), little endian";

/// Formats that are recognised and refused (without [`MULTIPLE_BYTECODE_SETS`]).
const REFUSED: &[(u32, &str)] = &[
    (6502, "a 32-bit image of the time before Spur and closures"),
    (6504, "a 32-bit image of the time before Spur (V3 with closures)"),
    (6505, "a 32-bit image of the time before Spur (V3 with closures and native floats)"),
    (68000, "a 64-bit image of the time before Spur and closures"),
    (68001, "a 64-bit image of the time before Spur"),
    (68002, "a 64-bit image of the time before Spur (V3 with closures)"),
    (68003, "a 64-bit image of the time before Spur (V3 with closures and native floats)"),
    (68019, "a 64-bit image of an early Spur that was given up"),
];

/// First bytes of files that people mistake for images.
const OTHER_FILES: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"\x7fELF", "a program"),
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"\0asm", "a WebAssembly module"),
    (b"version https://git-lfs", "a Git LFS pointer: fetch the real file with git lfs pull"),
];

/// Where a header may start: at the front, or behind 512 bytes that some systems use for an interpreter line.
const HEADER_OFFSETS: [u64; 2] = [0, 512];

/// Everything that an image's header says. What the VM does not use itself is kept for the next snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageHeader {
    /// Format number: 68021, 68533, 6521 or 7033.
    pub version: u32,
    /// Size of the image's words, which follows from the format number.
    pub word_size: WordSize,
    /// Byte of the file at which the header starts: 0 or 512.
    pub header_offset: u64,
    /// Bytes of the header; the first segment follows.
    pub header_size: u32,
    /// Bytes of all segments.
    pub data_size: u64,
    /// Address of the first segment when it was written.
    pub base_address: u64,
    /// Address of the special objects array then.
    pub special_objects: u64,
    /// State of the generator of identity hashes.
    pub last_hash: u64,
    /// Size of the window, packed: width << 16 | height.
    pub screen_size: u64,
    /// Flags; see the methods. Unknown ones are preserved.
    pub flags: u64,
    /// VM parameter 23: memory that the image asks for beyond its own.
    pub extra_vm_memory: u32,
    /// VM parameter 43: number of stack pages, 0 for the VM's choice.
    pub stack_pages: u16,
    /// VM parameter 47: machine code zone in KiB, 0 for the VM's choice.
    pub code_kib: u16,
    /// VM parameter 45: size of eden in bytes, 0 for the VM's choice.
    pub eden_bytes: u32,
    /// VM parameter 49: size of the external semaphore table, 0 for the VM's choice.
    pub max_external_semaphores: u16,
    /// Pharo's version number of the image; no meaning elsewhere.
    pub image_version: u16,
    /// Bytes of the first segment, its bridge included.
    pub first_segment_size: u64,
    /// Free bytes in old space.
    pub free_old_space: u64,
}

impl ImageHeader {
    /// Bytes that [`ImageHeader::parse`] wants to see: the longest header, behind 512 bytes of something else.
    pub const PARSE_BYTES: usize = 512 + 128;

    /// Flag: the window fills the screen.
    pub const FULL_SCREEN: u64 = 1;
    /// Flag: floats are stored with the less significant word first.
    pub const FLOATS_LITTLE_ENDIAN: u64 = 2;
    /// Flag: a preempted process stays at the front of its run queue.
    pub const PREEMPTION_DOES_NOT_YIELD: u64 = 16;
    /// Flag: the image wants finalisation by lists.
    pub const NEW_FINALIZATION: u64 = 64;
    /// Flag: the image wants wheel events, not arrow keys.
    pub const WHEEL_EVENTS: u64 = 128;

    /// A header for a fresh 64-bit image.
    pub fn new() -> ImageHeader {
        ImageHeader {
            version: SPUR_64,
            word_size: WordSize::Bits64,
            header_offset: 0,
            header_size: 128,
            data_size: 0,
            base_address: 0,
            special_objects: 0,
            last_hash: 0,
            screen_size: 0,
            flags: ImageHeader::FLOATS_LITTLE_ENDIAN,
            extra_vm_memory: 0,
            stack_pages: 0,
            code_kib: 0,
            eden_bytes: 0,
            max_external_semaphores: 0,
            image_version: 0,
            first_segment_size: 0,
            free_old_space: 0,
        }
    }

    /// Reads the header from the first [`ImageHeader::PARSE_BYTES`] bytes of a file (fewer if it is shorter) of `file_size` bytes.
    pub fn parse(bytes: &[u8], file_size: u64) -> Result<ImageHeader, ImageError> {
        let found = HEADER_OFFSETS.iter().find_map(|&offset| Some((offset, supported(u32_at(bytes, offset as usize)?)?)));
        let Some((offset, word_size)) = found else { return Err(refusal(bytes)) };
        let start = offset as usize;
        let smallest = word_size.header_bytes() as usize;
        let Some(fields) = bytes.get(start..start + smallest) else {
            let found = format!("the file ends after {file_size} bytes");
            return Err(ImageError::truncated(file_size, found, format!("the header has {smallest}")));
        };
        let mut fields = Fields { bytes: fields, at: 0, word_size };
        let header = ImageHeader {
            version: fields.number(4) as u32,
            word_size,
            header_offset: offset,
            header_size: fields.number(4) as u32,
            data_size: fields.word(),
            base_address: fields.word(),
            special_objects: fields.word(),
            last_hash: fields.word(),
            screen_size: fields.word(),
            flags: fields.word(),
            extra_vm_memory: fields.number(4) as u32,
            stack_pages: fields.number(2) as u16,
            code_kib: fields.number(2) as u16,
            eden_bytes: fields.number(4) as u32,
            max_external_semaphores: fields.number(2) as u16,
            image_version: fields.number(2) as u16,
            first_segment_size: fields.word(),
            free_old_space: fields.word(),
        };
        header.check(file_size)?;
        Ok(header)
    }

    fn check(&self, file_size: u64) -> Result<(), ImageError> {
        let start = self.header_offset;
        let word = self.word_size.bytes();
        let smallest = self.word_size.header_bytes();
        if self.header_size < smallest || !self.header_size.is_multiple_of(8) {
            let expected = format!("at least {smallest} and a multiple of 8");
            return Err(ImageError::corrupt(start + 4, format!("a header of {} bytes", self.header_size), expected));
        }
        if !self.base_address.is_multiple_of(8) || self.base_address == 0 || self.base_address.checked_add(self.data_size).is_none()
        {
            let found = format!("{} bytes of objects from address {:#x} on", self.data_size, self.base_address);
            return Err(ImageError::corrupt(start + 8 + word, found, "an address is a multiple of 8 and not 0"));
        }
        let body = start + u64::from(self.header_size);
        let end = body.checked_add(self.data_size);
        if end.is_none_or(|end| end > file_size) {
            let expected = format!("the header promises {} from byte {body:#x} on", self.data_size);
            return Err(ImageError::truncated(file_size, format!("the file ends after {file_size} bytes"), expected));
        }
        if self.first_segment_size < 16 || self.first_segment_size > self.data_size || !self.first_segment_size.is_multiple_of(8) {
            let found = format!("a first segment of {} bytes", self.first_segment_size);
            let expected = format!("at least 16, at most {} and a multiple of 8", self.data_size);
            return Err(ImageError::corrupt(start + 8 * (1 + word), found, expected));
        }
        Ok(())
    }

    /// The header as it stands in a file, `header_size` bytes of it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let word = self.word_size.bytes() as usize;
        let mut bytes = Vec::with_capacity(self.header_size as usize);
        let mut put = |value: u64, size: usize| bytes.extend_from_slice(&value.to_le_bytes()[..size]);
        put(self.version.into(), 4);
        put(self.header_size.into(), 4);
        for value in [self.data_size, self.base_address, self.special_objects, self.last_hash, self.screen_size, self.flags] {
            put(value, word);
        }
        put(self.extra_vm_memory.into(), 4);
        put(self.stack_pages.into(), 2);
        put(self.code_kib.into(), 2);
        put(self.eden_bytes.into(), 4);
        put(self.max_external_semaphores.into(), 2);
        put(self.image_version.into(), 2);
        put(self.first_segment_size, word);
        put(self.free_old_space, word);
        bytes.resize(self.header_size.max(self.word_size.header_bytes()) as usize, 0);
        bytes
    }

    /// Byte of the file at which the first segment starts.
    pub fn body_offset(&self) -> u64 {
        self.header_offset + u64::from(self.header_size)
    }

    /// Width and height of the window.
    pub fn screen(&self) -> (u32, u32) {
        ((self.screen_size >> 16) as u16 as u32, self.screen_size as u16 as u32)
    }

    /// Floats are stored with the more significant word first, as V3 images did.
    pub fn floats_big_endian(&self) -> bool {
        self.flags & ImageHeader::FLOATS_LITTLE_ENDIAN == 0
    }

    /// A preempted process goes to the back of its run queue.
    pub fn preemption_yields(&self) -> bool {
        self.flags & ImageHeader::PREEMPTION_DOES_NOT_YIELD == 0
    }
}

impl Default for ImageHeader {
    fn default() -> Self {
        ImageHeader::new()
    }
}

struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    word_size: WordSize,
}

impl Fields<'_> {
    fn number(&mut self, size: usize) -> u64 {
        let mut value = [0; 8];
        value[..size].copy_from_slice(&self.bytes[self.at..self.at + size]);
        self.at += size;
        u64::from_le_bytes(value)
    }

    fn word(&mut self) -> u64 {
        self.number(self.word_size.bytes() as usize)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn supported(version: u32) -> Option<WordSize> {
    match version & !MULTIPLE_BYTECODE_SETS {
        SPUR_64 => Some(WordSize::Bits64),
        SPUR_32 => Some(WordSize::Bits32),
        _ => None,
    }
}

/// What a file is that has no header of a supported format.
fn refusal(bytes: &[u8]) -> ImageError {
    let unsupported = |offset, found| ImageError::new(ImageErrorKind::UnsupportedFormat, offset, found, SUPPORTED);
    for offset in HEADER_OFFSETS {
        let Some(version) = u32_at(bytes, offset as usize) else { continue };
        for (order, version) in [("", version), (", big endian", version.swap_bytes())] {
            let plain = version & !MULTIPLE_BYTECODE_SETS;
            if let Some((_, what)) = REFUSED.iter().find(|(number, _)| *number == plain) {
                return unsupported(offset, format!("format {version}{order}, {what}"));
            }
            if supported(version).is_some() {
                return unsupported(offset, format!("format {version}{order}, a Spur image of a big-endian machine"));
            }
        }
    }
    let not_an_image = |found| ImageError::new(ImageErrorKind::NotAnImage, 0, found, SUPPORTED);
    if let Some((_, what)) = OTHER_FILES.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return not_an_image(format!("no image, but {what}"));
    }
    match u32_at(bytes, 0) {
        Some(version) => not_an_image(format!("no image: it starts with the number {version}")),
        None => not_an_image(format!("no image: a file of {} bytes", bytes.len())),
    }
}
