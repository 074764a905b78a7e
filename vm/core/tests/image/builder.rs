//! Images put together object by object, sound ones and others.

use osvm_core::image::{ImageHeader, WordSize};
use osvm_core::object::{self, Format};

/// Class index of the class of all classes in built images, and of a class of plain objects.
pub const CLASS: u32 = 1024;
/// Class index of a class of plain objects.
pub const THING: u32 = 1025;
/// Class index of CompiledMethod.
pub const METHOD: u32 = 1026;

const FIRST_PAGE: [u32; 13] = [1, 2, 4, 32, 33, 34, 35, 36, 37, 38, 50, 51, 52];
/// Special objects that are classes, with their class index.
const SPECIAL_CLASSES: [(usize, u32); 13] = [
    (5, 1),
    (6, 52),
    (7, 51),
    (9, 34),
    (10, 36),
    (13, 33),
    (16, METHOD),
    (19, 2),
    (26, 50),
    (36, 37),
    (37, 38),
    (42, 32),
    (15, 35),
];

/// An image of one word size in the making. Words are given as the image will hold them.
pub struct Builder {
    /// Size of its words.
    pub size: WordSize,
    /// The header, whose sizes [`Builder::finish`] fills in.
    pub header: ImageHeader,
    /// The segments' bytes.
    pub body: Vec<u8>,
    /// Added to a position in `body` by what lies between segments in memory.
    gap: u64,
    segment_start: usize,
    segment_sizes: Vec<(usize, u64)>,
    /// Address of the special objects array.
    pub special: u64,
    /// Address of the hidden roots.
    pub roots: u64,
    pages: [u64; 2],
}

/// What a built image is loaded from in memory.
pub const BASE: u64 = 0x10_0000;

impl Builder {
    /// An image with the classes that a VM needs.
    pub fn new(size: WordSize) -> Builder {
        let mut header = ImageHeader::new();
        header.word_size = size;
        header.version = if size == WordSize::Bits64 { 68021 } else { 6521 };
        header.header_size = size.header_bytes();
        header.base_address = BASE;
        header.last_hash = 4711;
        let mut b = Builder {
            size,
            header,
            body: Vec::new(),
            gap: 0,
            segment_start: 0,
            segment_sizes: Vec::new(),
            special: 0,
            roots: 0,
            pages: [0; 2],
        };
        for class in [THING; 3] {
            b.object(class, Format::EMPTY, &[]);
        }
        let lists = if size == WordSize::Bits64 { (19, Format::WORDS_64, 64) } else { (18, Format::WORDS_32, 32) };
        b.object(lists.0, lists.1, &vec![0; lists.2]);
        b.roots = b.object(16, Format::INDEXABLE, &[BASE; 4104]);
        for page in 0..2 {
            b.pages[page] = b.object(16, Format::INDEXABLE, &[BASE; 1024]);
            b.set(b.roots, page, b.pages[page]);
        }
        b.special = b.object(51, Format::INDEXABLE, &[BASE; 60]);
        for &index in FIRST_PAGE.iter().chain(&[CLASS, THING, METHOD]) {
            b.class(index);
        }
        for (slot, index) in SPECIAL_CLASSES {
            b.set(b.special, slot, b.class_at(index));
        }
        b.set(b.special, 1, BASE + 16);
        b.set(b.special, 2, BASE + 32);
        let lists = b.object(51, Format::INDEXABLE, &[]);
        let scheduler = b.object(THING, Format::FIXED, &[lists, BASE]);
        let association = b.object(THING, Format::FIXED, &[BASE, scheduler]);
        b.set(b.special, 3, association);
        let selectors = b.object(51, Format::INDEXABLE, &[BASE; 64]);
        b.set(b.special, 23, selectors);
        b
    }

    /// A tagged SmallInteger of the image's word size.
    pub fn int(&self, value: i64) -> u64 {
        match self.size {
            WordSize::Bits64 => (value << 3) as u64 | 1,
            WordSize::Bits32 => u64::from(((value as i32) << 1) as u32 | 1),
        }
    }

    fn class(&mut self, index: u32) {
        let format = self.int(i64::from(Format::FIXED.0) << 16);
        let class = self.object(CLASS, Format::FIXED, &[BASE, BASE, format]);
        self.set_header(class, self.header_of(class) | u64::from(index) << object::HASH_SHIFT);
        self.enter(index, class);
    }

    /// Enters a class in the class table.
    pub fn enter(&mut self, index: u32, class: u64) {
        self.set(self.pages[(index >> 10) as usize], (index & 1023) as usize, class);
    }

    /// The entry of the class table.
    pub fn class_at(&self, index: u32) -> u64 {
        self.get(self.pages[(index >> 10) as usize], (index & 1023) as usize)
    }

    /// Adds an object and answers its address.
    pub fn object(&mut self, class: u32, format: Format, slots: &[u64]) -> u64 {
        let word = self.size.bytes() as usize;
        let count = slots.len() as u64;
        if count >= object::OVERFLOW_SLOTS {
            self.body.extend((count | object::OVERFLOW_SLOTS << object::SLOTS_SHIFT).to_le_bytes());
        }
        let address = BASE + self.gap + self.body.len() as u64;
        self.body.extend(object::header(count.min(255), format, class).to_le_bytes());
        for slot in slots {
            self.body.extend(&slot.to_le_bytes()[..word]);
        }
        self.body.resize(self.body.len() + if slots.is_empty() { 8 } else { 0 }, 0);
        self.body.resize(self.body.len().next_multiple_of(8), 0);
        address
    }

    /// Adds an object of raw bytes; the format is that of no unused unit.
    pub fn raw(&mut self, class: u32, format: Format, bytes: &[u8], unit: usize) -> u64 {
        let word = self.size.bytes() as usize;
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().next_multiple_of(word), 0);
        let unused = (padded.len() - bytes.len()) / unit;
        let slots: Vec<u64> = padded.chunks(word).map(le).collect();
        self.object(class, Format(format.0 + unused as u8), &slots)
    }

    /// Adds a compiled method of these literals and bytecodes.
    pub fn method(&mut self, literals: &[u64], code: &[u8]) -> u64 {
        let word = self.size.bytes() as usize;
        let mut bytes = self.int(literals.len() as i64).to_le_bytes()[..word].to_vec();
        literals.iter().for_each(|literal| bytes.extend(&literal.to_le_bytes()[..word]));
        bytes.extend(code);
        self.raw(METHOD, Format::COMPILED_METHOD, &bytes, 1)
    }

    /// Ends a segment here; the next lies `gap` bytes behind it in memory.
    pub fn end_segment(&mut self, gap: u64) {
        self.segment_sizes.push((self.body.len() + 16 - self.segment_start, gap));
        self.body.resize(self.body.len() + 16, 0);
        self.segment_start = self.body.len();
        self.gap += gap;
    }

    fn at(&self, address: u64, slot: usize) -> usize {
        assert_eq!(self.gap, 0, "change objects before the first segment ends");
        (address - BASE) as usize + 8 + slot * self.size.bytes() as usize
    }

    /// Stores a word in a slot.
    pub fn set(&mut self, address: u64, slot: usize, value: u64) {
        let (at, word) = (self.at(address, slot), self.size.bytes() as usize);
        self.body[at..at + word].copy_from_slice(&value.to_le_bytes()[..word]);
    }

    /// The word in a slot.
    pub fn get(&self, address: u64, slot: usize) -> u64 {
        let at = self.at(address, slot);
        le(&self.body[at..at + self.size.bytes() as usize])
    }

    /// The header of an object.
    pub fn header_of(&self, address: u64) -> u64 {
        le(&self.body[(address - BASE) as usize..][..8])
    }

    /// Replaces the header of an object.
    pub fn set_header(&mut self, address: u64, header: u64) {
        self.body[(address - BASE) as usize..][..8].copy_from_slice(&header.to_le_bytes());
    }

    /// The file.
    pub fn finish(mut self) -> Vec<u8> {
        self.end_segment(0);
        let word = self.size.bytes();
        let mut end = 0;
        for (number, &(size, gap)) in self.segment_sizes.iter().enumerate() {
            end += size;
            let Some(next) = self.segment_sizes.get(number + 1) else { break };
            let bridge = if gap == 0 { 0 } else { (gap / word) | (255 << 56) };
            self.body[end - 16..end - 8].copy_from_slice(&u64::to_le_bytes(bridge));
            self.body[end - 8..end].copy_from_slice(&(next.0 as u64).to_le_bytes());
        }
        self.header.data_size = self.body.len() as u64;
        self.header.first_segment_size = self.segment_sizes[0].0 as u64;
        self.header.special_objects = self.special;
        let mut file = self.header.to_bytes();
        file.extend(self.body);
        file
    }
}

fn le(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
}
