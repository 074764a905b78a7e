//! What sends and closures found lately, and the translations of methods.

use super::code::Code;
use crate::oop::Oop;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Entries of the method cache.
pub(super) const CACHE_ENTRIES: usize = 2048;
/// The low bits of a selector's address tell little, and a class index is spread by a factor.
pub(super) const SELECTOR_SHIFT: u32 = 4;
pub(super) const CLASS_SPREAD: usize = 0x9E5;

/// A hash for addresses: multiplication spreads the bits that differ.
#[derive(Default)]
pub(crate) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte as u64);
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(value as u64);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }
}

/// Entries of the cache of closures' code.
pub(super) const BLOCK_ENTRIES: usize = 256;
/// The low bits of an address are 0. The start pc is spread by a factor.
pub(super) const BLOCK_SHIFT: u32 = 3;
pub(super) const BLOCK_SPREAD: usize = 31;

/// Where the code of closures that ran lately starts, by method and start pc; a CompiledBlock has the start pc 0.
#[derive(Clone, Copy)]
pub(crate) struct BlockEntry {
    /// The method.
    pub method: u64,
    /// The start pc.
    pub start_pc: u32,
    /// Arguments.
    pub args: u8,
    /// Copied values.
    pub copied: u8,
    /// Temporaries that the frame starts with, nil, behind the copied values.
    pub temps: u8,
    /// The method's code.
    pub code: *const Code,
    /// The first instruction.
    pub ip: *const u64,
}

const NO_BLOCK: BlockEntry =
    BlockEntry { method: 0, start_pc: 0, args: 0, copied: 0, temps: 0, code: std::ptr::null(), ip: std::ptr::null() };

/// Translated code by method and by whether its receiver is a context.
#[derive(Default)]
pub(crate) struct CodeCache {
    pub(super) codes: HashMap<(u64, bool), Box<Code>, BuildHasherDefault<AddressHasher>>,
    /// Code whose method changed, kept while frames may run it. Boxed because frames hold its address.
    #[expect(clippy::vec_box, reason = "frames hold the address of code")]
    pub(super) retired: Vec<Box<Code>>,
    /// What was retired before the last full collection, and is dropped by the next.
    #[expect(clippy::vec_box, reason = "frames hold the address of code")]
    pub(super) condemned: Vec<Box<Code>>,
    /// Some method in the cache is young.
    pub(super) any_young: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct CacheEntry {
    pub class: u32,
    pub selector: u64,
    pub code: *const Code,
}

pub(super) const EMPTY: CacheEntry = CacheEntry { class: 0, selector: 0, code: std::ptr::null() };

/// What sends found lately, by class index and selector.
pub(crate) struct MethodCache {
    pub(super) entries: Box<[CacheEntry]>,
    pub(super) blocks: Box<[BlockEntry]>,
}

impl MethodCache {
    pub fn new() -> MethodCache {
        MethodCache {
            entries: vec![EMPTY; CACHE_ENTRIES].into_boxed_slice(),
            blocks: vec![NO_BLOCK; BLOCK_ENTRIES].into_boxed_slice(),
        }
    }

    fn slot(class: u32, selector: Oop) -> usize {
        ((selector.bits() >> SELECTOR_SHIFT) as usize ^ (class as usize).wrapping_mul(CLASS_SPREAD)) & (CACHE_ENTRIES - 1)
    }

    #[inline]
    pub(super) fn get(&self, class: u32, selector: Oop) -> Option<*const Code> {
        let entry = &self.entries[Self::slot(class, selector)];
        (entry.class == class && entry.selector == selector.bits()).then_some(entry.code)
    }

    pub(super) fn put(&mut self, class: u32, selector: Oop, code: *const Code) {
        self.entries[Self::slot(class, selector)] = CacheEntry { class, selector: selector.bits(), code };
    }

    pub(super) fn clear(&mut self) {
        self.entries.fill(EMPTY);
        self.clear_blocks();
    }

    #[inline(always)]
    pub(super) fn block_slot(method: u64, start_pc: u32) -> usize {
        ((method >> BLOCK_SHIFT) as usize ^ (start_pc as usize).wrapping_mul(BLOCK_SPREAD)) & (BLOCK_ENTRIES - 1)
    }

    pub(super) fn clear_blocks(&mut self) {
        self.blocks.fill(NO_BLOCK);
    }
}
