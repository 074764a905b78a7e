//! The parameters of a function, out of their slots.

use super::{Answer, Memory};
use osvm_plugin_sdk::abi::PrimitiveError;

/// The parameters of a running function. Data takes two: its address and its length.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'a> {
    slots: &'a [u64],
}

impl<'a> Arguments<'a> {
    pub(super) fn new(slots: &'a [u64]) -> Arguments<'a> {
        Arguments { slots }
    }

    /// A parameter of 32 bits.
    pub(super) fn u32(self, index: usize) -> u32 {
        self.slots[index] as u32
    }

    /// A parameter of 64 bits with a sign.
    pub(super) fn i64(self, index: usize) -> i64 {
        self.slots[index].cast_signed()
    }

    /// A parameter that is a float.
    pub(super) fn f64(self, index: usize) -> f64 {
        f64::from_bits(self.slots[index])
    }

    /// A parameter of 64 bits that is a size or an offset; `bad index` if it is negative.
    pub(super) fn size(self, index: usize) -> Result<usize, PrimitiveError> {
        usize::try_from(self.i64(index)).map_err(|_| PrimitiveError::BadIndex)
    }

    /// The data whose address is this parameter.
    pub(super) fn data(self, index: usize, memory: &dyn Memory) -> Result<&[u8], PrimitiveError> {
        memory.read(self.slots[index], self.slots[index + 1])
    }

    /// The room whose address is this parameter.
    pub(super) fn room(self, index: usize, memory: &mut dyn Memory) -> Result<&mut [u8], PrimitiveError> {
        memory.write(self.slots[index], self.slots[index + 1])
    }

    /// How much room there is at this parameter.
    pub(super) fn room_len(self, index: usize) -> u64 {
        self.slots[index + 1]
    }

    /// Stores as much of the data as fits; answers how many bytes it has.
    pub(super) fn store(self, index: usize, data: &[u8], memory: &mut dyn Memory) -> Answer {
        let room = self.room(index, memory)?;
        let len = room.len().min(data.len());
        room[..len].copy_from_slice(&data[..len]);
        Ok(data.len() as u64)
    }

    /// Stores data that must fit; `bad argument` if it does not.
    pub(super) fn store_all(self, index: usize, data: &[u8], memory: &mut dyn Memory) -> Answer {
        let room = self.room(index, memory)?;
        room.get_mut(..data.len()).ok_or(PrimitiveError::BadArgument)?.copy_from_slice(data);
        Ok(data.len() as u64)
    }
}
