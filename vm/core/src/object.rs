//! The header of an object: one 64-bit word, preceded by a word with the slot count where the count passes 254.
//!
//! ```text
//!   63    56 55 54 53                32 31   30     29         28  24 23        22 21          0
//!  | slots  | m|  | identity hash (22) | g | pinned|remembered| format|immutable|  | class index |
//! ```
//! `m` is the mark bit, `g` grey. Source: `SpurMemoryManager` in the OpenSmalltalk VM's VMMaker.

/// Bytes of a header word.
pub const HEADER_BYTES: u64 = 8;
/// A slot count byte of this value says that the true count is in the word before the header.
pub const OVERFLOW_SLOTS: u64 = 255;
/// Mask of the 22 bits of a class index.
pub const CLASS_INDEX_MASK: u64 = 0x3F_FFFF;
/// Mask of the 22 bits of an identity hash (after shifting).
pub const HASH_MASK: u64 = 0x3F_FFFF;
/// Position of the identity hash.
pub const HASH_SHIFT: u32 = 32;
/// Position of the format.
pub const FORMAT_SHIFT: u32 = 24;
/// Position of the slot count.
pub const SLOTS_SHIFT: u32 = 56;
/// The object refuses stores from Smalltalk code.
pub const IMMUTABLE_BIT: u64 = 1 << 23;
/// The object is in the remembered set.
pub const REMEMBERED_BIT: u64 = 1 << 29;
/// The object is never moved.
pub const PINNED_BIT: u64 = 1 << 30;
/// The object is grey: set only while a collector runs.
pub const GREY_BIT: u64 = 1 << 31;
/// The object was reached: set only while a collector runs.
pub const MARK_BIT: u64 = 1 << 55;

/// Largest class index, and so the number of entries that a class table can have.
pub const MAX_CLASS_INDEX: u32 = 0x3F_FFFF;
/// Class index of a free chunk: memory that is no object.
pub const CLASS_INDEX_FREE: u32 = 0;
/// Class index of a forwarder.
pub const CLASS_INDEX_FORWARDER: u32 = 8;
/// Class index of the VM's own arrays (hidden roots, class table pages).
pub const CLASS_INDEX_ARRAY_PUN: u32 = 16;
/// The class indices up to here are no classes that an image sees among its objects.
pub const LAST_CLASS_INDEX_PUN: u32 = 31;
/// Class index of SmallInteger.
pub const CLASS_INDEX_SMALL_INTEGER: u32 = 1;
/// Class index of Character.
pub const CLASS_INDEX_CHARACTER: u32 = 2;
/// Class index of SmallFloat64.
pub const CLASS_INDEX_SMALL_FLOAT: u32 = 4;
/// Class index of LargeNegativeInteger.
pub const CLASS_INDEX_LARGE_NEGATIVE: u32 = 32;
/// Class index of LargePositiveInteger.
pub const CLASS_INDEX_LARGE_POSITIVE: u32 = 33;
/// Class index of Float (BoxedFloat64).
pub const CLASS_INDEX_FLOAT: u32 = 34;
/// Class index of Message.
pub const CLASS_INDEX_MESSAGE: u32 = 35;
/// Class index of Context.
pub const CLASS_INDEX_CONTEXT: u32 = 36;
/// Class index of BlockClosure.
pub const CLASS_INDEX_BLOCK_CLOSURE: u32 = 37;
/// Class index of FullBlockClosure.
pub const CLASS_INDEX_FULL_BLOCK_CLOSURE: u32 = 38;
/// Class index of ByteArray.
pub const CLASS_INDEX_BYTE_ARRAY: u32 = 50;
/// Class index of Array.
pub const CLASS_INDEX_ARRAY: u32 = 51;
/// Class index of String (ByteString).
pub const CLASS_INDEX_STRING: u32 = 52;
/// Class index of Bitmap.
pub const CLASS_INDEX_BITMAP: u32 = 53;
/// Class index of Point.
pub const CLASS_INDEX_POINT: u32 = 54;

/// A header has none of these bits if its object has oops in all slots: the two upper bits of the format.
pub const RAW_FORMAT_BITS: u64 = 24 << FORMAT_SHIFT;

/// The object of a header has an oop in slot `index`. Of those that have them in some slots only, and of very large ones, it is not said.
#[inline(always)]
pub const fn has_oop(header: u64, index: usize) -> bool {
    header & RAW_FORMAT_BITS == 0 && (index as u64) < header >> SLOTS_SHIFT
}

/// How the body of an object is laid out: the header's five format bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Format(pub u8);

impl Format {
    /// No fields.
    pub const EMPTY: Format = Format(0);
    /// Named fields only.
    pub const FIXED: Format = Format(1);
    /// Indexable fields only (Array).
    pub const INDEXABLE: Format = Format(2);
    /// Named and indexable fields (Context, OrderedCollection-like classes with variable part).
    pub const INDEXABLE_FIXED: Format = Format(3);
    /// As 3, but its indexable fields are weak.
    pub const WEAK: Format = Format(4);
    /// An ephemeron: key first, fields traced only while the key is reached otherwise.
    pub const EPHEMERON: Format = Format(5);
    /// A forwarder: its first slot is the object that it stands for.
    pub const FORWARDED: Format = Format(7);
    /// 64-bit words.
    pub const WORDS_64: Format = Format(9);
    /// 32-bit words; 10 or 11, the low bit being the number of unused words in the last slot.
    pub const WORDS_32: Format = Format(10);
    /// 16-bit units; 12 to 15.
    pub const SHORTS: Format = Format(12);
    /// Bytes; 16 to 23, the low bits being the number of unused bytes in the last slot.
    pub const BYTES: Format = Format(16);
    /// Compiled code: literals followed by bytes; 24 to 31.
    pub const COMPILED_METHOD: Format = Format(24);

    /// The format in a header word.
    #[inline(always)]
    pub const fn of(header: u64) -> Format {
        Format(((header >> FORMAT_SHIFT) & 31) as u8)
    }

    /// All slots are oops (not so for compiled code, whose literals only are).
    #[inline(always)]
    pub const fn is_pointers(self) -> bool {
        self.0 <= 5
    }

    /// Compiled code.
    #[inline(always)]
    pub const fn is_compiled_method(self) -> bool {
        self.0 >= 24
    }

    /// Bytes, and not compiled code.
    #[inline(always)]
    pub const fn is_bytes(self) -> bool {
        self.0 >= 16 && self.0 < 24
    }

    /// 32-bit words.
    #[inline(always)]
    pub const fn is_words_32(self) -> bool {
        self.0 == 10 || self.0 == 11
    }

    /// 16-bit units.
    #[inline(always)]
    pub const fn is_shorts(self) -> bool {
        self.0 >= 12 && self.0 < 16
    }

    /// 64-bit words.
    #[inline(always)]
    pub const fn is_words_64(self) -> bool {
        self.0 == 9
    }

    /// Raw bits of any unit: nothing in it is an oop.
    #[inline(always)]
    pub const fn is_bits(self) -> bool {
        self.0 >= 9 && self.0 < 24
    }

    /// The format of bits with `units` elements of `1 << shift` bytes: what is unused in the last slot is in the low bits.
    pub const fn for_units(base: Format, units: u64, shift: u32) -> (Format, u64) {
        let bytes = units << shift;
        let slots = bytes.div_ceil(8);
        let unused = (slots * 8 - bytes) >> shift;
        (Format(base.0 + unused as u8), slots)
    }
}

/// A header word without hash or flags.
#[inline(always)]
pub const fn header(slots: u64, format: Format, class_index: u32) -> u64 {
    (slots << SLOTS_SHIFT) | ((format.0 as u64) << FORMAT_SHIFT) | class_index as u64
}
