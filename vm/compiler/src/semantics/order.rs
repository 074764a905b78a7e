//! The order in which Pharo's hashed collections enumerate strings. Its compiler keeps copied variables, temp vectors and some
//! literals in such collections, so their order is part of what a method looks like.
//!
//! Source: `HashedCollection`, `Set` and `String>>hash` of Pharo 8: open addressing with linear probing, five slots at first,
//! and growth when less than a quarter is free.

/// Sizes of tables, in the order in which they grow.
const SIZES: [usize; 8] = [5, 11, 23, 47, 97, 211, 463, 1097];

/// The hash of a string or symbol, from the hash that its class starts with.
pub fn string_hash(text: &str, initial: u32) -> u32 {
    text.chars().fold(initial & 0x0FFF_FFFF, |hash, c| hash.wrapping_add(u32::from(c)).wrapping_mul(0x19660D) & 0x0FFF_FFFF)
}

/// A hashed collection without anything but its order.
#[derive(Clone, Debug)]
pub struct HashOrder<T> {
    slots: Vec<Option<(u32, T)>>,
    count: usize,
}

impl<T: Clone + PartialEq> Default for HashOrder<T> {
    fn default() -> Self {
        HashOrder { slots: vec![None; SIZES[0]], count: 0 }
    }
}

impl<T: Clone + PartialEq> HashOrder<T> {
    /// Adds an element with its hash, unless it is there.
    pub fn add(&mut self, hash: u32, element: T) {
        if self.contains(&element) {
            return;
        }
        self.place(hash, element);
        let free = self.slots.len() - self.count;
        if free < (self.slots.len() / 4).max(1) {
            self.grow();
        }
    }

    /// Whether an element is there.
    pub fn contains(&self, element: &T) -> bool {
        self.slots.iter().flatten().any(|(_, other)| other == element)
    }

    fn place(&mut self, hash: u32, element: T) {
        let size = self.slots.len();
        let mut at = hash as usize % size;
        while self.slots[at].is_some() {
            at = (at + 1) % size;
        }
        self.slots[at] = Some((hash, element));
        self.count += 1;
    }

    fn grow(&mut self) {
        let wanted = self.slots.len() * 2;
        let size = SIZES.iter().copied().find(|&size| size >= wanted).unwrap_or(wanted + 1);
        let old = std::mem::replace(&mut self.slots, vec![None; size]);
        self.count = 0;
        for (hash, element) in old.into_iter().flatten() {
            self.place(hash, element);
        }
    }

    /// The elements, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().flatten().map(|(_, element)| element)
    }

    /// Elements that are selected, in the order of a collection made of them.
    pub fn select(&self, test: impl Fn(&T) -> bool) -> HashOrder<T> {
        let mut result = HashOrder::default();
        for (hash, element) in self.slots.iter().flatten().filter(|(_, element)| test(element)) {
            result.add(*hash, element.clone());
        }
        result
    }
}
