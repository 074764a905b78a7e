//! The interface `objects`: the objects of the running call, by handles.
//!
//! A handle has the number of the call in its upper 12 bits and the object's place in the lower 20: 0 the receiver, then the arguments, then
//! what the plugin asked for. A handle of an earlier call has another number and fails, until after 4,095 calls it stands for an object
//! of the call that uses it. No handle leads outside the objects of the running call.

use super::arguments::Arguments;
use super::held::Held;
use super::{Answer, Memory};
use osvm_core::error::PrimError;
use osvm_core::heap::Heap;
use osvm_core::object::{self, Format};
use osvm_core::oop::Oop;
use osvm_core::plugin::Operands;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::objects as op;

/// Bits of a handle that are the object's place.
const PLACE_BITS: u32 = 20;
/// The largest number of a call, after which they begin again.
const LAST_CALL: u32 = (1 << (32 - PLACE_BITS)) - 1;

/// What calls leave for the next one to use, so that nothing is allocated.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// The number of the last call, from 1.
    call: u32,
    made: Vec<Oop>,
    lent: Vec<Oop>,
    closed: Vec<u32>,
    /// Class indices that were found by name.
    classes: Vec<(String, u32)>,
}

/// The objects of a call.
pub(crate) struct CallObjects<'a> {
    pub(crate) heap: &'a mut Heap,
    operands: Operands<'a>,
    scratch: &'a mut Scratch,
}

impl<'a> CallObjects<'a> {
    /// Those of a new call.
    #[inline]
    pub(crate) fn new(heap: &'a mut Heap, operands: Operands<'a>, scratch: &'a mut Scratch) -> CallObjects<'a> {
        scratch.call = if scratch.call >= LAST_CALL { 1 } else { scratch.call + 1 };
        scratch.made.clear();
        scratch.lent.clear();
        scratch.closed.clear();
        CallObjects { heap, operands, scratch }
    }

    /// Those of a call for which there was a [`CallObjects::new`] before.
    pub(crate) fn again(heap: &'a mut Heap, operands: Operands<'a>, scratch: &'a mut Scratch) -> CallObjects<'a> {
        CallObjects { heap, operands, scratch }
    }

    /// Receiver and arguments of the message.
    #[inline]
    pub(crate) fn operands(&self) -> Operands<'a> {
        self.operands
    }

    /// Says that the plugin reads an object's data during the call: from now on nobody writes to it.
    #[inline]
    pub(crate) fn lend(&mut self, oop: Oop) {
        self.scratch.lent.push(oop);
    }

    /// The numbers of the resources that were closed.
    pub(crate) fn closed(&self) -> &[u32] {
        &self.scratch.closed
    }

    /// The handle of the receiver (0) or of an argument (from 1).
    #[inline]
    pub(crate) fn handle_of_argument(&self, place: usize) -> u32 {
        self.scratch.call << PLACE_BITS | place as u32
    }

    /// The object of a handle.
    pub(crate) fn oop(&self, handle: u32) -> Result<Oop, PrimitiveError> {
        let (call, place) = (handle >> PLACE_BITS, (handle & ((1 << PLACE_BITS) - 1)) as usize);
        if call != self.scratch.call && handle != 0 {
            return Err(PrimitiveError::BadArgument);
        }
        let oop = match place.checked_sub(1) {
            None => Some(self.operands.receiver()),
            Some(place) => match place.checked_sub(self.operands.arg_count()) {
                None => self.operands.arg(place),
                Some(place) => self.scratch.made.get(place).copied(),
            },
        };
        Ok(self.heap.follow(oop.ok_or(PrimitiveError::BadArgument)?))
    }

    fn add(&mut self, oop: Oop) -> Answer {
        let place = 1 + self.operands.arg_count() + self.scratch.made.len();
        if place >= 1 << PLACE_BITS {
            return Err(PrimitiveError::LimitExceeded);
        }
        self.scratch.made.push(oop);
        Ok(u64::from(self.handle_of_argument(place)))
    }

    fn add_new(&mut self, made: Result<Oop, PrimError>) -> Answer {
        self.add(made.map_err(no_memory)?)
    }

    /// The data of an object of bits to be written to.
    pub(super) fn data_mut(&mut self, handle: u32) -> Result<&mut [u8], PrimitiveError> {
        let oop = self.oop(handle)?;
        if !self.is_bits(oop) {
            return Err(PrimitiveError::BadArgument);
        }
        if self.heap.is_immutable(oop) {
            return Err(PrimitiveError::NoModification);
        }
        if self.scratch.lent.iter().any(|&lent| self.heap.follow(lent) == oop) {
            return Err(PrimitiveError::Inappropriate);
        }
        Ok(self.heap.bytes_mut(oop))
    }

    /// The data of an object of bits; of all others there is none.
    pub(super) fn data(&self, handle: u32) -> Result<&[u8], PrimitiveError> {
        let oop = self.oop(handle)?;
        Ok(if self.is_bits(oop) { self.heap.bytes(oop) } else { &[] })
    }

    fn is_bits(&self, oop: Oop) -> bool {
        oop.is_pointer() && self.heap.format(oop).is_bits()
    }

    /// An object of fields whose fields a plugin may see. Those of contexts are on the VM's stack.
    fn fields(&self, handle: u32) -> Result<Oop, PrimitiveError> {
        let oop = self.oop(handle)?;
        if oop.is_immediate() || !self.heap.format(oop).is_pointers() {
            return Err(PrimitiveError::BadArgument);
        }
        if self.heap.class_index(oop) == object::CLASS_INDEX_CONTEXT {
            return Err(PrimitiveError::Inappropriate);
        }
        Ok(oop)
    }

    /// The class of this name, from the class table.
    pub(crate) fn class_named(&mut self, name: &str) -> Option<Oop> {
        let heap = &*self.heap;
        let is_it = |index: u32| heap.class_at(index) != heap.nil() && heap.class_name(heap.class_at(index)) == name;
        if let Some((_, index)) = self.scratch.classes.iter().find(|(known, index)| known == name && is_it(*index)) {
            return Some(heap.class_at(*index));
        }
        let pages = heap.slots(heap.hidden_roots()).iter().take_while(|&&page| page != heap.nil()).count();
        let index = (object::LAST_CLASS_INDEX_PUN + 1..pages as u32 * 1024).find(|&index| is_it(index))?;
        let class = heap.class_at(index);
        self.scratch.classes.retain(|(known, _)| known != name);
        // A plugin that looks for many does not fill memory with them.
        self.scratch.classes.truncate(63);
        self.scratch.classes.push((name.into(), index));
        Some(class)
    }

    /// A String of this text: of bytes where every character fits, else a WideString.
    pub(crate) fn new_text(&mut self, text: &str) -> Result<Oop, PrimitiveError> {
        if text.chars().all(|c| u32::from(c) < 256) {
            let (format, slots) = Format::for_units(Format::BYTES, text.chars().count() as u64, 0);
            let string = self.heap.alloc_bits(object::CLASS_INDEX_STRING, format, slots as usize).map_err(no_memory)?;
            for (to, c) in self.heap.bytes_mut(string).iter_mut().zip(text.chars()) {
                *to = u32::from(c) as u8;
            }
            return Ok(string);
        }
        let units: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        self.new_units(&["WideString"], &units)
    }

    /// An instance of the first of these classes that the image has, with this data in units of 32 bits.
    pub(crate) fn new_units(&mut self, classes: &[&str], data: &[u8]) -> Result<Oop, PrimitiveError> {
        let class = classes.iter().find_map(|name| self.class_named(name)).ok_or(PrimitiveError::Unsupported)?;
        let object = self.heap.instantiate(class, data.len() / 4).map_err(no_memory)?;
        match self.heap.bytes_mut(object) {
            room if room.len() == data.len() => room.copy_from_slice(data),
            _ => return Err(PrimitiveError::Unsupported),
        }
        Ok(object)
    }

    pub(super) fn answer(&mut self, function: u32, a: Arguments<'_>, memory: &mut dyn Memory, held: &mut Held) -> Answer {
        match function {
            op::shape => Ok(shape(self.heap, self.oop(a.u32(0))?)),
            op::size => Ok(size(self.heap, self.oop(a.u32(0))?)),
            op::byte_size => Ok(self.data(a.u32(0))?.len() as u64),
            op::read => {
                let rest = self.data(a.u32(0))?.get(a.size(1)?..).unwrap_or_default();
                let len = a.store(2, rest, memory)?;
                Ok(len.min(a.room_len(2)))
            }
            op::write => {
                let (at, bytes) = (a.size(1)?, a.data(2, memory)?);
                let end = at.checked_add(bytes.len()).ok_or(PrimitiveError::BadIndex)?;
                self.data_mut(a.u32(0))?.get_mut(at..end).ok_or(PrimitiveError::BadIndex)?.copy_from_slice(bytes);
                Ok(0)
            }
            op::int => {
                let value = int(self.heap, self.oop(a.u32(0))?).ok_or(PrimitiveError::BadArgument)?;
                a.store_all(1, &value.to_le_bytes(), memory)
            }
            op::float => {
                let oop = self.oop(a.u32(0))?;
                let value = self.heap.float_value(oop).or_else(|| int(self.heap, oop).map(|i| i as f64));
                a.store_all(1, &value.ok_or(PrimitiveError::BadArgument)?.to_le_bytes(), memory)
            }
            op::text => a.store(1, text(self.heap, self.oop(a.u32(0))?)?.as_bytes(), memory),
            op::class_name => {
                let class = self.heap.class_of(self.oop(a.u32(0))?);
                a.store(1, self.heap.class_name(class).as_bytes(), memory)
            }
            op::class_of => self.add(self.heap.class_of(self.oop(a.u32(0))?)),
            op::class_named => {
                let name = std::str::from_utf8(a.data(0, memory)?).map_err(|_| PrimitiveError::BadArgument)?;
                let class = self.class_named(name).ok_or(PrimitiveError::NotFound)?;
                self.add(class)
            }
            op::same => Ok(u64::from(self.oop(a.u32(0))? == self.oop(a.u32(1))?)),
            op::fetch => {
                let (oop, index) = (self.fields(a.u32(0))?, a.u32(1) as usize);
                if index >= self.heap.num_slots(oop) {
                    return Err(PrimitiveError::BadIndex);
                }
                let value = self.heap.fetch_followed(oop, index);
                self.add(value)
            }
            op::store => self.store(a.u32(0), a.u32(1) as usize, a.u32(2)),
            op::hold => held.hold(self.oop(a.u32(0))?).map(u64::from),
            op::held => self.add(held.get(a.u32(0))?),
            op::release => held.release(a.u32(0)).map(|()| 0),
            op::close_resource => {
                self.scratch.closed.push(a.u32(0));
                Ok(0)
            }
            _ => self.make(function, a, memory),
        }
    }

    fn store(&mut self, handle: u32, index: usize, value: u32) -> Answer {
        let (oop, value) = (self.fields(handle)?, self.oop(value)?);
        if index >= self.heap.num_slots(oop) {
            return Err(PrimitiveError::BadIndex);
        }
        if self.heap.is_immutable(oop) {
            return Err(PrimitiveError::NoModification);
        }
        self.heap.store(oop, index, value);
        Ok(0)
    }

    /// The functions that answer new objects.
    fn make(&mut self, function: u32, a: Arguments<'_>, memory: &dyn Memory) -> Answer {
        let made = match function {
            op::constant => Ok(match a.u32(0) {
                0 => self.heap.nil(),
                1 => self.heap.false_(),
                2 => self.heap.true_(),
                _ => return Err(PrimitiveError::BadArgument),
            }),
            op::new_int => self.heap.integer(a.i64(0)),
            op::new_float => self.heap.float(a.f64(0)),
            op::new_char if a.u32(0) <= 0x10_FFFF => Ok(Oop::from_character(a.u32(0))),
            op::new_char => return Err(PrimitiveError::BadArgument),
            op::new_large_integer => {
                let class = if a.u32(0) == 0 { object::CLASS_INDEX_LARGE_POSITIVE } else { object::CLASS_INDEX_LARGE_NEGATIVE };
                self.heap.byte_object(class, a.data(1, memory)?)
            }
            op::new_bytes => self.heap.byte_object(object::CLASS_INDEX_BYTE_ARRAY, a.data(0, memory)?),
            op::new_string => self.heap.byte_object(object::CLASS_INDEX_STRING, a.data(0, memory)?),
            op::new_text => {
                let text = std::str::from_utf8(a.data(0, memory)?).map_err(|_| PrimitiveError::BadArgument)?;
                Ok(self.new_text(text)?)
            }
            op::new_array => {
                let handles = a.data(0, memory)?.as_chunks().0;
                let elements = handles.iter().map(|handle| self.oop(u32::from_le_bytes(*handle)));
                let elements = elements.collect::<Result<Vec<Oop>, _>>()?;
                self.heap.array(&elements)
            }
            op::new_instance => {
                let (class, size) = (self.oop(a.u32(0))?, a.size(1)?);
                let made = self.heap.instantiate(class, size);
                if let Err(PrimError::BAD_RECEIVER) = made {
                    return Err(PrimitiveError::BadArgument);
                }
                made
            }
            _ => return Err(PrimitiveError::Unsupported),
        };
        self.add_new(made)
    }
}

/// What allocating can fail with, as a plugin sees it.
fn no_memory(error: PrimError) -> PrimitiveError {
    match error {
        PrimError::BAD_RECEIVER => PrimitiveError::BadArgument,
        _ => PrimitiveError::NoMemory,
    }
}

/// The value of an Integer that fits in 64 bits.
#[inline]
pub(crate) fn int(heap: &Heap, oop: Oop) -> Option<i64> {
    oop.as_small_int().or_else(|| large_int(heap, oop))
}

fn large_int(heap: &Heap, oop: Oop) -> Option<i64> {
    let negative = large_sign(heap, oop)?;
    let bytes = heap.bytes(oop);
    let len = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |i| i + 1);
    let mut magnitude = [0; 8];
    magnitude.get_mut(..len)?.copy_from_slice(&bytes[..len]);
    let magnitude = u64::from_le_bytes(magnitude);
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// The sign of a large integer: true if it is negative.
fn large_sign(heap: &Heap, oop: Oop) -> Option<bool> {
    if oop.is_immediate() || !heap.format(oop).is_bytes() {
        return None;
    }
    match heap.class_index(oop) {
        object::CLASS_INDEX_LARGE_POSITIVE => Some(false),
        object::CLASS_INDEX_LARGE_NEGATIVE => Some(true),
        _ => None,
    }
}

/// What `shape` answers.
fn shape(heap: &Heap, oop: Oop) -> u64 {
    let (kind, detail) = shape_of(heap, oop);
    kind | detail << 8
}

fn shape_of(heap: &Heap, oop: Oop) -> (u64, u64) {
    if oop.is_small_int() {
        return (2, 0);
    }
    if let Some(code) = oop.as_character() {
        return (5, u64::from(code));
    }
    if heap.float_value(oop).is_some() {
        return (4, 0);
    }
    if oop.is_immediate() || oop == heap.nil() {
        return (0, 0);
    }
    if oop == heap.true_() || oop == heap.false_() {
        return (1, u64::from(oop == heap.true_()));
    }
    if let Some(negative) = large_sign(heap, oop) {
        return (3, u64::from(negative));
    }
    match heap.format(oop) {
        f if f.is_bytes() => (7, 0),
        f if f.is_shorts() => (8, 2),
        f if f.is_words_32() => (8, 4),
        f if f.is_words_64() => (8, 8),
        f if f.is_compiled_method() => (9, 0),
        _ => (6, 0),
    }
}

/// How many indexable elements an object has.
fn size(heap: &Heap, oop: Oop) -> u64 {
    if oop.is_immediate() {
        return 0;
    }
    let elements = match heap.format(oop) {
        f if f.is_bytes() => heap.byte_size(oop),
        f if f.is_shorts() => heap.byte_size(oop) / 2,
        f if f.is_words_32() => heap.byte_size(oop) / 4,
        f if f.is_words_64() => heap.byte_size(oop) / 8,
        f if f.is_pointers() => heap.num_slots(oop).saturating_sub(heap.fixed_fields(oop)),
        _ => 0,
    };
    elements as u64
}

/// The characters of a String of bytes or of 32-bit units.
fn text(heap: &Heap, oop: Oop) -> Result<String, PrimitiveError> {
    if oop.is_pointer() {
        let (format, bytes) = (heap.format(oop), heap.bytes(oop));
        if format.is_bytes() {
            return Ok(bytes.iter().map(|&byte| char::from(byte)).collect());
        }
        if format.is_words_32() {
            let chars = bytes.as_chunks().0.iter().map(|unit| char::from_u32(u32::from_le_bytes(*unit)));
            return chars.collect::<Option<String>>().ok_or(PrimitiveError::BadArgument);
        }
    }
    Err(PrimitiveError::BadArgument)
}
