//! The arena of an instance: the room in its memory, which it gives by its export, where the data of arguments goes.

use super::Broken;
use crate::plugins::plan::Slots;
use osvm_core::heap::Heap;
use osvm_plugin_sdk::abi::PrimitiveError;

/// The smallest room that is asked for.
const SMALL: usize = 4 << 10;
/// A larger room is given back when a call needs less than a quarter of it.
const LARGE: usize = 1 << 20;

/// Where the arena is, and how much fits. At first there is none.
#[derive(Default)]
pub(super) struct Arena {
    at: u32,
    len: u32,
}

impl Arena {
    /// How many bytes to ask the plugin for, so that it has a fitting room for these arguments; none if it has.
    pub(super) fn wanted(&self, slots: &Slots, heap: &Heap) -> Result<Option<u32>, Box<Broken>> {
        let (size, len) = (slots.data_size(heap), self.len as usize);
        if len >= size && (len <= LARGE || size >= len / 4) {
            return Ok(None);
        }
        let too_much = |_| no_room("the arguments have more data than 32-bit addresses reach");
        u32::try_from(size.max(SMALL)).map(Some).map_err(too_much)
    }

    /// The one of this length that the plugin answered.
    pub(super) fn given(at: u32, len: u32) -> Result<Arena, Box<Broken>> {
        if at == 0 {
            return Err(no_room(format!("it has no room for {len} bytes of arguments")));
        }
        if !at.is_multiple_of(8) {
            return Err(Broken::contradiction("the address of its arena is no multiple of 8"));
        }
        Ok(Arena { at, len })
    }

    /// Copies the data of arguments there: `write` puts bytes at an address, and says whether that is in the plugin's memory.
    pub(super) fn fill(
        &self,
        slots: &mut Slots,
        heap: &Heap,
        mut write: impl FnMut(u32, &[u8]) -> bool,
    ) -> Result<(), Box<Broken>> {
        let mut at = u64::from(self.at);
        slots.place(heap, |bytes| {
            let address = at;
            at += bytes.len().next_multiple_of(8) as u64;
            let fits = u32::try_from(address).is_ok_and(|address| write(address, bytes));
            if fits { Ok(address) } else { Err(Broken::contradiction("its arena is not in its memory")) }
        })
    }
}

fn no_room(reason: impl Into<String>) -> Box<Broken> {
    Broken::new(PrimitiveError::LimitExceeded, reason)
}
