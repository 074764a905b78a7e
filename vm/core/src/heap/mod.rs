//! Object memory: one reserved region of addresses, new space at its start, old space behind it.
//!
//! ```text
//!  region.base                                old_start                 old_free            old_limit
//!  | survivor A | survivor B | eden ........ | nil false true ... image | free, zeroed pages |
//! ```
//! An oop below `old_start` is young: one comparison tells. **Objects move only inside [`Heap`]'s collections, and those run
//! only at the interpreter's safe points**: allocation never collects. Eden's threshold asks for a collection at the next
//! safe point, and what does not fit meanwhile goes to old space. So an [`Oop`] held by a primitive stays good while it runs.

mod access;
mod alloc;

mod r#become;
mod bitmap;
mod cards;
mod check;
mod compact;
mod copy;
mod enumerate;
mod free;
mod fresh;
mod identity;
mod mark;
mod plan;
mod policy;
mod raw;
mod region;
mod roots;
mod scavenge;
mod snapshot;
pub(crate) mod templates;
#[cfg(test)]
mod tests;
mod transfer;
mod walk;
mod weak;

pub use r#become::BecomeEffects;
pub use policy::{GcPolicy, GcStats};
pub use region::{AllocRegion, Region};
pub use roots::{NoRoots, Roots};
pub use walk::Objects;

use crate::oop::Oop;
use std::collections::VecDeque;

/// Sizes of the parts of a heap, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct HeapConfig {
    /// Eden, where objects are born.
    pub eden_bytes: u64,
    /// Each of the two survivor spaces.
    pub survivor_bytes: u64,
}

impl Default for HeapConfig {
    fn default() -> Self {
        HeapConfig { eden_bytes: 2 << 20, survivor_bytes: 512 << 10 }
    }
}

impl HeapConfig {
    /// Bytes of new space: what old space lies behind the region's base.
    pub const fn new_space_bytes(&self) -> u64 {
        page(self.eden_bytes) + 2 * page(self.survivor_bytes)
    }
}

/// Rounds up to whole pages: the parts of new space start at page boundaries.
const fn page(bytes: u64) -> u64 {
    bytes.next_multiple_of(4096)
}

/// What the interpreter is asked to do at its next safe point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcRequest {
    /// Empty eden.
    pub scavenge: bool,
    /// Collect everything.
    pub full: bool,
}

/// A part of new space.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Space {
    pub start: u64,
    pub free: u64,
    pub end: u64,
}

/// The objects of one image.
pub struct Heap {
    pub(crate) region: Box<dyn Region>,
    /// Where the next young object goes, up to `eden_limit`; the hard end is `eden.end`.
    pub(crate) eden_free: u64,
    /// Allocation passes this only through the slow path, which asks for a scavenge.
    pub(crate) eden_limit: u64,
    pub(crate) eden: Space,
    /// Survivors of the last scavenge.
    pub(crate) past: Space,
    /// Empty, to be filled by the next scavenge.
    pub(crate) future: Space,
    pub(crate) old_start: u64,
    pub(crate) old_free: u64,
    pub(crate) old_limit: u64,
    /// Old space can be used up to here; the rest up to `old_limit` is reserved ([`Region::commit`]).
    pub(crate) committed: u64,
    /// What new objects of classes look like; forgotten when objects move or become others.
    pub(crate) templates: templates::Templates,
    /// Polls until the interpreter looks for events and collections; 0 makes it look at once.
    pub poll_countdown: i64,
    /// What the next safe point shall do.
    pub gc_request: GcRequest,
    /// Old objects that refer to young ones and are not looked at by card.
    pub(crate) remembered: Vec<Oop>,
    /// The parts of large old objects that refer to young ones.
    pub(crate) cards: cards::Cards,
    /// Free chunks in old space.
    pub(crate) free: free::FreeLists,
    /// Weak arrays that lost something and ephemerons that fired, oldest first (primitive 172).
    pub(crate) mourners: VecDeque<Oop>,
    /// Losses that TheFinalizationSemaphore was not yet signalled for: the interpreter signals it so often and sets this to 0.
    pub pending_finalization: u64,
    /// Weak arrays are queued as mourners too, not only ephemerons: bit 6 of the image header's flags, bit 4 of vm parameter 48.
    pub new_finalization: bool,
    /// Memory got short: the interpreter signals TheLowSpaceSemaphore and sets this to false.
    pub low_space_pending: bool,
    pub(crate) low_space_threshold: u64,
    /// What collections did so far.
    pub stats: GcStats,
    /// When to collect.
    pub policy: GcPolicy,
    /// The last scavenge tenured objects because the survivor space was too small.
    survivors_overflowed: bool,
    /// The next scavenge moves everything to old space.
    tenure_all: bool,
    /// The last full collection could not empty new space, or the one that is at work cannot.
    young_stays: bool,
    /// Address up to which pages behind old space may have been written.
    old_high: u64,
    /// True if a forwarder may exist that something still refers to.
    pub has_forwarders: bool,
    pub(crate) last_hash: u64,
    pub(crate) nil: Oop,
    pub(crate) false_: Oop,
    pub(crate) true_: Oop,
    pub(crate) hidden_roots: Oop,
    pub(crate) special_objects: Oop,
    /// The image has the SmallFloat64 class: floats of ordinary size are immediate.
    pub small_floats: bool,
    /// Every how many allocations `--gc-stress` collects; 0 never.
    pub stress: u64,
    pub(crate) allocations_until_stress: u64,
    pub(crate) stress_full: bool,
    /// An old-space size at which a full collection is asked for.
    pub(crate) full_threshold: u64,
}

impl Heap {
    /// An empty heap in `region`, which must be longer than new space. Old space starts at the first page boundary behind it.
    pub fn new(region: Box<dyn Region>, config: HeapConfig) -> Heap {
        let base = region.base();
        let end = base + region.len();
        let space = |start: u64, len: u64| Space { start, free: start, end: start + len };
        let past = space(base, page(config.survivor_bytes));
        let future = space(past.end, page(config.survivor_bytes));
        let eden = space(future.end, page(config.eden_bytes));
        assert!(eden.end < end, "the region is smaller than new space");
        let committed = region.committed().min(end);
        assert!(eden.end <= committed, "new space is not usable");
        Heap {
            region,
            committed,
            eden_free: eden.start,
            eden_limit: eden.end - (eden.end - eden.start) / 16,
            eden,
            past,
            future,
            old_start: eden.end,
            old_free: eden.end,
            old_limit: end,
            poll_countdown: 0,
            gc_request: GcRequest::default(),
            remembered: Vec::new(),
            cards: Default::default(),
            free: Default::default(),
            mourners: VecDeque::new(),
            templates: templates::Templates::EMPTY,
            pending_finalization: 0,
            new_finalization: true,
            low_space_pending: false,
            low_space_threshold: 0,
            stats: GcStats::default(),
            policy: GcPolicy::default(),
            survivors_overflowed: false,
            tenure_all: false,
            young_stays: false,
            old_high: eden.end,
            has_forwarders: false,
            last_hash: 0x5EED_1234,
            nil: Oop(eden.end),
            false_: Oop(eden.end + 16),
            true_: Oop(eden.end + 32),
            hidden_roots: Oop::NULL,
            special_objects: Oop::NULL,
            small_floats: true,
            stress: 0,
            allocations_until_stress: 0,
            stress_full: false,
            full_threshold: end,
        }
    }

    /// nil.
    #[inline(always)]
    pub fn nil(&self) -> Oop {
        self.nil
    }

    /// true.
    #[inline(always)]
    pub fn true_(&self) -> Oop {
        self.true_
    }

    /// false.
    #[inline(always)]
    pub fn false_(&self) -> Oop {
        self.false_
    }

    /// true or false.
    #[inline(always)]
    pub fn bool(&self, value: bool) -> Oop {
        if value { self.true_ } else { self.false_ }
    }

    /// The special objects array.
    #[inline(always)]
    pub fn special_objects(&self) -> Oop {
        self.special_objects
    }

    /// The hidden roots: the class table's pages and a few arrays of the VM's own.
    #[inline(always)]
    pub fn hidden_roots(&self) -> Oop {
        self.hidden_roots
    }

    /// Entry `which` of the special objects array; nil where the array is shorter.
    #[inline]
    pub fn special(&self, which: crate::special::Special) -> Oop {
        let index = which as usize;
        if index < self.num_slots(self.special_objects) { self.fetch(self.special_objects, index) } else { self.nil }
    }

    /// Replaces an entry of the special objects array, if the array is that long.
    pub fn set_special(&mut self, which: crate::special::Special, value: Oop) {
        if (which as usize) < self.num_slots(self.special_objects) {
            self.store(self.special_objects, which as usize, value);
        }
    }

    /// True for a young object; false for an old one and for immediates.
    #[inline(always)]
    pub fn is_young(&self, oop: Oop) -> bool {
        oop.is_pointer() && oop.0 < self.old_start
    }

    /// True for an object in old space.
    #[inline(always)]
    pub fn is_old(&self, oop: Oop) -> bool {
        oop.is_pointer() && oop.0 >= self.old_start
    }

    /// Bytes that the whole heap may have: the size of its region.
    pub fn limit_bytes(&self) -> u64 {
        self.region.len()
    }

    /// Bytes of old space in use.
    pub fn old_bytes(&self) -> u64 {
        self.old_free - self.old_start
    }
}
