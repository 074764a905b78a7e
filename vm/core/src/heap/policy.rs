//! When to collect, how far old space may grow until then, and what is counted for the image to see.

use super::Heap;

/// A region that cannot grow by so many bytes has grown for the last time.
const LITTLE: u64 = 256 << 10;
/// Memory is full when less than one in so many parts of it is left.
const FULL_PART: u64 = 128;

/// What the collections did so far: the GC part of the vm parameters (see
/// `StackInterpreterPrimitives>>primitiveVMParameter`). Times are filled by the caller, who has the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcStats {
    /// Scavenges since start (parameter 9).
    pub scavenges: u64,
    /// Full collections since start (7).
    pub full_collections: u64,
    /// Microseconds in scavenges (10, there in milliseconds); added up by the caller.
    pub scavenge_microseconds: u64,
    /// Microseconds in full collections (8); added up by the caller.
    pub full_microseconds: u64,
    /// Microseconds of the last scavenge (38); set by the caller.
    pub last_scavenge_microseconds: u64,
    /// Microseconds of the last full collection; set by the caller.
    pub last_full_microseconds: u64,
    /// Objects moved to old space by scavenges (11).
    pub tenured_objects: u64,
    /// Bytes moved to old space by scavenges.
    pub tenured_bytes: u64,
    /// Objects that the last collection left in new space (35).
    pub survivors: u64,
    /// Bytes that the last collection left in new space.
    pub survivor_bytes: u64,
    /// Entries of the remembered set that the last scavenge looked at, dirty cards included (33).
    pub remembered_scanned: u64,
    /// Objects that were alive at the last full collection.
    pub marked_objects: u64,
    /// Bytes of old space in use after the last full collection.
    pub live_old_bytes: u64,
    /// Bytes that the last full collection moved.
    pub moved_bytes: u64,
    /// Bytes allocated since start, as of the last collection (34).
    pub allocated_bytes: u64,
    /// Times that old space was grown past its threshold (31).
    pub grow_requests: u64,
    /// Times that pages were given back (32).
    pub shrinks: u64,
}

/// The settings: read and written as vm parameters.
#[derive(Clone, Copy, Debug)]
pub struct GcPolicy {
    /// A full collection is asked for when old space has grown by this many 256ths of what was alive (parameter 55 as a
    /// fraction; Spur's default is a third).
    pub growth_256ths: u32,
    /// ... but not before it has grown by this many bytes (25).
    pub headroom_bytes: u64,
    /// Free pages behind old space up to this size are kept (24).
    pub shrink_bytes: u64,
    /// Dead objects are left where they are, in the first part of old space, up to this many 256ths of it: moving most of
    /// a large heap for a few holes costs more than the holes.
    pub waste_256ths: u32,
    /// The fill of the survivor space, in 256ths, above which the oldest survivors are tenured (Spur: 0.9).
    pub tenure_above_256ths: u32,
}

impl Default for GcPolicy {
    fn default() -> Self {
        GcPolicy { growth_256ths: 85, headroom_bytes: 16 << 20, shrink_bytes: 32 << 20, waste_256ths: 8, tenure_above_256ths: 230 }
    }
}

impl Heap {
    /// Sets the old-space size at which the next full collection is asked for. The image reader may call it when the image
    /// is in memory; otherwise the first scavenge does.
    pub fn update_threshold(&mut self) {
        let live = self.old_bytes() - self.free.bytes();
        let growth = (live / 256 * self.policy.growth_256ths as u64).max(self.policy.headroom_bytes);
        // What is left is never used up silently: the last eighth of the limit is reached only through a collection.
        let limit = self.old_limit - (self.old_limit - self.old_start) / 8;
        self.full_threshold = (self.old_free + growth).min(limit.max(self.old_free + (self.old_limit - self.old_free) / 2));
    }

    /// Bytes that can still be allocated (primitive 112): old space's rest and eden's.
    pub fn bytes_left(&self) -> u64 {
        (self.old_limit - self.old_free) + self.free.bytes() + (self.eden.end - self.eden_free)
    }

    /// True if new space cannot be emptied any more, or next to nothing is left: after a full collection, memory is used up.
    pub fn is_full(&self) -> bool {
        self.young_bytes() > self.old_limit - self.old_free || self.bytes_left() < self.limit_bytes() / FULL_PART
    }

    /// Bytes behind the last object of old space.
    pub fn unused_bytes(&self) -> u64 {
        self.old_limit - self.old_free
    }

    /// The largest object that can be allocated now, in bytes.
    pub fn largest_free_bytes(&self) -> u64 {
        (self.old_limit - self.old_free).max(self.free.largest())
    }

    /// Asks to be told when fewer than `bytes` are left (primitive 125); 0 never.
    pub fn set_low_space_threshold(&mut self, bytes: u64) {
        self.low_space_threshold = bytes;
        self.low_space_pending = false;
    }

    /// The threshold of [`Heap::set_low_space_threshold`]; 0 after it was passed, as in Spur.
    pub fn low_space_threshold(&self) -> u64 {
        self.low_space_threshold
    }

    /// Sets `low_space_pending` if memory got short, once per threshold. What is in new space counts as if it were to stay: else
    /// the image is told when there is nothing left to do something about it with.
    pub(super) fn check_low_space(&mut self) {
        let left = (self.old_limit - self.old_free + self.free.bytes()).saturating_sub(self.young_bytes());
        if self.low_space_threshold > 0 && left < self.low_space_threshold {
            self.low_space_threshold = 0;
            self.low_space_pending = true;
            self.poll_countdown = 0;
        }
    }

    /// Makes the next `bytes` behind the last object of old space usable.
    #[inline]
    pub(crate) fn commit(&mut self, bytes: u64) -> bool {
        bytes <= self.committed - self.old_free || self.commit_more(bytes)
    }

    #[cold]
    fn commit_more(&mut self, bytes: u64) -> bool {
        if bytes > self.old_limit - self.old_free {
            return false;
        }
        let more = self.region.commit(self.old_free + bytes);
        // Where not even a little more is to be had, old space ends.
        let over = !more && self.committed + LITTLE <= self.old_limit && !self.region.commit(self.committed + LITTLE);
        self.committed = self.region.committed().min(self.old_limit);
        if over {
            self.old_limit = self.committed;
        }
        more
    }

    /// Grows old space (primitive 180): the next full collection is asked for only after `bytes` more. Answers the bytes by
    /// which it grew, `None` if they are not there.
    pub fn grow(&mut self, bytes: u64) -> Option<u64> {
        if bytes > self.old_limit - self.old_free {
            return None;
        }
        self.stats.grow_requests += 1;
        self.full_threshold = self.full_threshold.max(self.old_free + bytes);
        Some(bytes)
    }

    /// Collects at every `every`th allocation, by turns young and full: `--gc-stress`. 0 turns it off.
    pub fn set_stress(&mut self, every: u64) {
        self.stress = every;
        self.allocations_until_stress = every;
        self.reset_eden_limit();
    }

    /// Sets the address at which allocation takes the slow path.
    pub(super) fn reset_eden_limit(&mut self) {
        let size = self.eden_bytes();
        // A scavenge needs room in old space for all that is young, so when that is short, eden is used in part only, as long as
        // the part is worth a scavenge.
        let room = self.unused_bytes().saturating_sub(self.past.free - self.past.start) / 2;
        let part = if room < size / 64 { size } else { room.min(size) };
        self.eden_limit = if self.stress > 0 { self.eden.start } else { self.eden.start + part - part / 16 };
    }

    /// Bytes of new space in use.
    pub fn young_bytes(&self) -> u64 {
        (self.eden_free - self.eden.start) + (self.past.free - self.past.start)
    }

    /// Size of new space in bytes (parameter 2).
    pub fn new_space_bytes(&self) -> u64 {
        self.old_start - self.region.base()
    }

    /// Size of eden in bytes (parameter 44).
    pub fn eden_bytes(&self) -> u64 {
        self.eden.end - self.eden.start
    }

    /// Bytes of free chunks inside old space (parameter 54 counts them with the free rest).
    pub fn free_chunk_bytes(&self) -> u64 {
        self.free.bytes()
    }

    /// Entries of the remembered set, dirty cards included (parameter 21).
    pub fn remembered_len(&self) -> usize {
        self.remembered.len() + self.cards.dirty.len()
    }
}
