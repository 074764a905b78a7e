//! What the VM finds by its place: nil, false, true, the free lists, the hidden roots with the class table, and the special
//! objects.
//!
//! A Spur image begins with these five objects in this order. Source: `SpurMemoryManager>>initializeObjectMemory:` and
//! `setHiddenRootsObj:`, `StackInterpreter>>checkAssumedCompactClasses`.

use super::body::{Place, Translation, class_index, place};
use super::error::ImageError;
use crate::heap::Heap;
use crate::object::{self, Format};
use crate::oop::Oop;
use crate::special::Special;

/// Pages of the class table that the hidden roots have room for.
pub const CLASS_TABLE_PAGES: usize = 4096;
/// Slots of the hidden roots: the pages, and eight for stacks of a collector and the queue of its mourners.
pub const HIDDEN_ROOTS_SLOTS: usize = CLASS_TABLE_PAGES + 8;
/// Classes in a page of the class table.
pub const PAGE_SLOTS: usize = 1024;
/// Length that a special objects array needs. Entries behind are of newer VMs and nil where an image does not have them.
pub const SPECIAL_OBJECTS_SLOTS: usize = Special::PrimErrTable as usize + 1;
/// Class indices 16 to 19 mark objects of the VM's own; no class stands for them.
const PUNS: std::ops::RangeInclusive<u32> = 16..=19;

/// The five objects at the front of an image.
#[derive(Clone, Copy, Debug)]
pub struct First {
    /// The array of 64 free lists.
    pub free_lists: Place,
    /// The hidden roots.
    pub hidden_roots: Place,
}

impl First {
    /// Finds and checks them.
    pub fn find(words: &[u64], offset_of: &dyn Fn(u64) -> u64) -> Result<First, ImageError> {
        let mut at = 0;
        let mut next = |what: &str, good: &dyn Fn(Place, Format) -> bool, expected: &str| {
            let offset = offset_of(8 * at as u64);
            let Some(place) = place(words, at) else {
                return Err(ImageError::corrupt(offset, format!("the image ends before its {what}"), expected));
            };
            let format = Format::of(words[place.header]);
            let class = class_index(words[place.header]);
            if !good(place, format) || matches!(class, object::CLASS_INDEX_FREE | object::CLASS_INDEX_FORWARDER) {
                let found = format!("{what} of {} slots, format {} and class index {class}", place.slots, format.0);
                return Err(ImageError::corrupt(offset, found, expected));
            }
            at = place.next;
            Ok(place)
        };
        for what in ["nil", "false", "true"] {
            let empty = |place: Place, format| place.slots <= 1 && place.next == place.header + 2 && format <= Format::FIXED;
            next(what, &empty, "an image begins with nil, false and true, of 16 bytes each")?;
        }
        let bits = |_: Place, format: Format| format.is_bits();
        let free_lists = next("free lists", &bits, "the fourth object of an image is words")?;
        let roots = |place: Place, format| place.slots == HIDDEN_ROOTS_SLOTS && format == Format::INDEXABLE;
        let hidden_roots = next("hidden roots", &roots, "the fifth object of an image is an array of 4104 slots")?;
        Ok(First { free_lists, hidden_roots })
    }

    /// Names each word that belongs to the collector of the VM that wrote the image, and what it is when forgotten: the free
    /// lists, and the collector's stacks behind the class table.
    pub fn collectors_words(&self, mut each: impl FnMut(usize, u64), nil: u64) {
        let free_lists = self.free_lists.header + 1;
        (free_lists..free_lists + self.free_lists.slots).for_each(|word| each(word, 0));
        let roots = self.hidden_roots.header + 1;
        (roots + CLASS_TABLE_PAGES..roots + HIDDEN_ROOTS_SLOTS).for_each(|word| each(word, nil));
    }
}

/// Which class indices have a class.
pub struct ClassTable {
    known: Vec<bool>,
}

impl ClassTable {
    /// Reads the table before it is translated.
    pub fn find(words: &[u64], roots: Place, translation: &Translation<'_>) -> Result<ClassTable, ImageError> {
        let mut known = Vec::new();
        for (number, &value) in words[roots.header + 1..][..CLASS_TABLE_PAGES].iter().enumerate() {
            let offset = translation.segments.file_offset(8 * (roots.header + 1 + number) as u64);
            let page = translation.word_of(value);
            if page == Some(0) {
                continue;
            }
            let good = |&header: &usize| {
                let slots = place_of(words, header).map_or(0, |place| place.slots);
                slots == PAGE_SLOTS && Format::of(words[header]) == Format::INDEXABLE
            };
            let Some(page) = page.filter(good) else {
                let found = format!("page {number} of the class table is {value:#x}");
                return Err(ImageError::corrupt(offset, found, "a page is nil or an array of 1024 slots"));
            };
            known.resize(number * PAGE_SLOTS, false);
            for (index, &class) in words[page + 1..][..PAGE_SLOTS].iter().enumerate() {
                let header = translation.word_of(class);
                let is_class = header.is_some_and(|header| {
                    header != 0 && Format::of(words[header]).is_pointers() && words[header] >> object::SLOTS_SHIFT >= 3
                });
                // Other entries than classes and nil are the VM's own (tiny images keep a pseudo-context there).
                known.push(is_class);
                if header.is_none() {
                    let found = format!("entry {} of the class table is {class:#x}", number * PAGE_SLOTS + index);
                    return Err(ImageError::corrupt(offset, found, "an entry is nil or a class"));
                }
            }
        }
        Ok(ClassTable { known })
    }

    /// True if an object may have this class index in its header.
    #[inline(always)]
    pub fn allows(&self, index: u32) -> bool {
        match index {
            0..=7 => false,
            object::CLASS_INDEX_FORWARDER => true,
            index => PUNS.contains(&index) || self.known.get(index as usize).copied().unwrap_or(false),
        }
    }
}

/// The place of the object whose header is at word `header`.
pub fn place_of(words: &[u64], header: usize) -> Option<Place> {
    let overflow = words.get(header)? >> object::SLOTS_SHIFT == object::OVERFLOW_SLOTS;
    place(words, if overflow { header.checked_sub(1)? } else { header })
}

/// Checks the special objects of a heap whose objects were checked already.
pub fn check_special_objects(heap: &Heap, offset: u64) -> Result<(), ImageError> {
    let array = heap.special_objects();
    if !heap.format(array).is_pointers() || heap.num_slots(array) < SPECIAL_OBJECTS_SLOTS {
        let found = format!("special objects of {} slots and format {}", heap.num_slots(array), heap.format(array).0);
        return Err(ImageError::corrupt(offset, found, format!("an array of at least {SPECIAL_OBJECTS_SLOTS}")));
    }
    let same = |which: Special, expected: Oop, what: &str| {
        if heap.special(which) == expected {
            return Ok(());
        }
        let found = format!("special object {} is {:?}", which as usize, heap.special(which));
        Err(ImageError::corrupt(offset, found, format!("it is {what}, {expected:?}")))
    };
    same(Special::Nil, heap.nil(), "nil")?;
    same(Special::False, heap.false_(), "false")?;
    same(Special::True, heap.true_(), "true")?;
    for &(which, index) in KNOWN_CLASSES {
        same(which, heap.class_at(index), &format!("class {index} of the class table"))?;
    }
    Ok(())
}

/// Classes whose index the VM knows.
pub const KNOWN_CLASSES: &[(Special, u32)] = &[
    (Special::ClassSmallInteger, object::CLASS_INDEX_SMALL_INTEGER),
    (Special::ClassCharacter, object::CLASS_INDEX_CHARACTER),
    (Special::ClassLargeNegativeInteger, object::CLASS_INDEX_LARGE_NEGATIVE),
    (Special::ClassLargePositiveInteger, object::CLASS_INDEX_LARGE_POSITIVE),
    (Special::ClassFloat, object::CLASS_INDEX_FLOAT),
    (Special::ClassContext, object::CLASS_INDEX_CONTEXT),
    (Special::ClassBlockClosure, object::CLASS_INDEX_BLOCK_CLOSURE),
    (Special::ClassArray, object::CLASS_INDEX_ARRAY),
];
