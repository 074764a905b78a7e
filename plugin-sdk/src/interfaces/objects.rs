//! Objects: what they are, their data and fields, and new ones.

use super::units::{bytes_of, bytes_of_mut};
use super::{Unit, done, length, number, offset, resize, text, whole};
use crate::host::objects as host;
use crate::{Context, Held, Object, PrimitiveError, Shape};

/// # Objects
///
/// A handle that is none, since it was kept from an earlier call, fails with [`PrimitiveError::BadArgument`] everywhere.
impl Context {
    /// What kind of thing an object is.
    pub fn shape(&self, object: Object) -> Result<Shape, PrimitiveError> {
        Shape::decode(host::shape(self.host(), object.0)?)
    }

    /// How many indexable elements it has, as `size` in Smalltalk; 0 for what has none.
    pub fn size(&self, object: Object) -> Result<usize, PrimitiveError> {
        length(host::size(self.host(), object.0)?)
    }

    /// How many bytes of data it has, if it is bytes, units, a large integer or a boxed float; 0 for all else.
    pub fn byte_size(&self, object: Object) -> Result<usize, PrimitiveError> {
        length(host::byte_size(self.host(), object.0)?)
    }

    /// Copies data from a byte offset on, as much as there is and fits; answers how many bytes.
    pub fn read(&self, object: Object, byte_offset: usize, into: &mut [u8]) -> Result<usize, PrimitiveError> {
        length(host::read(self.host(), object.0, offset(byte_offset)?, into)?)
    }

    /// Copies bytes to a byte offset on; [`PrimitiveError::BadIndex`] if they do not fit, [`PrimitiveError::NoModification`] if the object
    /// is read-only, [`PrimitiveError::Inappropriate`] if its data was lent to this call as an argument.
    pub fn write(&self, object: Object, byte_offset: usize, bytes: &[u8]) -> Result<(), PrimitiveError> {
        host::write(self.host(), object.0, offset(byte_offset)?, bytes).map(|_| ())
    }

    /// All data of an object of bytes, units, a large integer or a boxed float.
    pub fn bytes(&self, object: Object) -> Result<Vec<u8>, PrimitiveError> {
        let mut bytes = Vec::new();
        resize(&mut bytes, self.byte_size(object)?)?;
        let read = self.read(object, 0, &mut bytes)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// All data of an object, as elements of a type; [`PrimitiveError::BadArgument`] if it has bytes left over.
    pub fn units<T: Unit>(&self, object: Object) -> Result<Vec<T>, PrimitiveError> {
        let len = self.byte_size(object)?;
        if len % size_of::<T>() != 0 {
            return Err(PrimitiveError::BadArgument);
        }
        let mut units = Vec::new();
        units.try_reserve_exact(len / size_of::<T>()).map_err(|_| PrimitiveError::NoPluginMemory)?;
        units.resize(len / size_of::<T>(), T::default());
        self.read_units(object, 0, &mut units)?;
        Ok(units)
    }

    /// Copies elements from an index (from 0) on; [`PrimitiveError::BadIndex`] if there are not that many.
    pub fn read_units<T: Unit>(&self, object: Object, index: usize, into: &mut [T]) -> Result<(), PrimitiveError> {
        let bytes = bytes_of_mut(into);
        let at = index.checked_mul(size_of::<T>()).ok_or(PrimitiveError::BadIndex)?;
        if self.read(object, at, bytes)? == bytes.len() { Ok(()) } else { Err(PrimitiveError::BadIndex) }
    }

    /// Copies elements to an index (from 0) on; fails as [`write`](Context::write) does.
    pub fn write_units<T: Unit>(&self, object: Object, index: usize, units: &[T]) -> Result<(), PrimitiveError> {
        let at = index.checked_mul(size_of::<T>()).ok_or(PrimitiveError::BadIndex)?;
        self.write(object, at, bytes_of(units))
    }

    /// The value of an Integer that fits in 64 bits with a sign; else [`PrimitiveError::BadArgument`].
    pub fn int(&self, object: Object) -> Result<i64, PrimitiveError> {
        let mut bytes = [0; 8];
        host::int(self.host(), object.0, &mut bytes)?;
        Ok(i64::from_ne_bytes(bytes))
    }

    /// The value of a Float, or of an Integer that fits in 64 bits; else [`PrimitiveError::BadArgument`].
    pub fn float(&self, object: Object) -> Result<f64, PrimitiveError> {
        let mut bytes = [0; 8];
        host::float(self.host(), object.0, &mut bytes)?;
        Ok(f64::from_ne_bytes(bytes))
    }

    /// The text of a String, of bytes (Latin-1) or of 32-bit units.
    pub fn text(&self, object: Object) -> Result<String, PrimitiveError> {
        text(whole(|room| host::text(self.host(), object.0, room))?)
    }

    /// The name of its class.
    pub fn class_name(&self, object: Object) -> Result<String, PrimitiveError> {
        text(whole(|room| host::class_name(self.host(), object.0, room))?)
    }

    /// Its class.
    pub fn class_of(&self, object: Object) -> Result<Object, PrimitiveError> {
        self.object(host::class_of(self.host(), object.0))
    }

    /// The class of this name, among those that have instances; [`PrimitiveError::NotFound`] if none has it.
    pub fn class_named(&self, name: &str) -> Result<Object, PrimitiveError> {
        self.object(host::class_named(self.host(), name.as_bytes()))
    }

    /// True if they are the same object.
    pub fn same(&self, object: Object, other: Object) -> Result<bool, PrimitiveError> {
        Ok(host::same(self.host(), object.0, other.0)? != 0)
    }

    /// The object in a slot (from 0, named fields first) of an object of fields.
    pub fn fetch(&self, object: Object, index: usize) -> Result<Object, PrimitiveError> {
        self.object(host::fetch(self.host(), object.0, index_of(index)?))
    }

    /// Stores into a slot of an object of fields.
    pub fn store(&self, object: Object, index: usize, value: Object) -> Result<(), PrimitiveError> {
        host::store(self.host(), object.0, index_of(index)?, value.0).map(|_| ())
    }

    /// nil.
    pub fn nil(&self) -> Result<Object, PrimitiveError> {
        self.object(host::constant(self.host(), 0))
    }

    /// true or false.
    pub fn boolean(&self, value: bool) -> Result<Object, PrimitiveError> {
        self.object(host::constant(self.host(), 1 + u32::from(value)))
    }

    /// An Integer.
    pub fn new_int(&self, value: i64) -> Result<Object, PrimitiveError> {
        self.object(host::new_int(self.host(), value))
    }

    /// A Float.
    pub fn new_float(&self, value: f64) -> Result<Object, PrimitiveError> {
        self.object(host::new_float(self.host(), value))
    }

    /// A Character.
    pub fn new_char(&self, value: char) -> Result<Object, PrimitiveError> {
        self.object(host::new_char(self.host(), u32::from(value)))
    }

    /// A large integer of just these bytes of magnitude, least significant first. It is not normalised: leading zeros stay, and what would
    /// fit in a SmallInteger is none.
    pub fn new_large_integer(&self, negative: bool, magnitude: &[u8]) -> Result<Object, PrimitiveError> {
        self.object(host::new_large_integer(self.host(), u32::from(negative), magnitude))
    }

    /// A ByteArray.
    pub fn new_bytes(&self, bytes: &[u8]) -> Result<Object, PrimitiveError> {
        self.object(host::new_bytes(self.host(), bytes))
    }

    /// A String of just these bytes, whatever they mean.
    pub fn new_string(&self, bytes: &[u8]) -> Result<Object, PrimitiveError> {
        self.object(host::new_string(self.host(), bytes))
    }

    /// A String of this text, wide if it must be.
    pub fn new_text(&self, text: &str) -> Result<Object, PrimitiveError> {
        self.object(host::new_text(self.host(), text.as_bytes()))
    }

    /// An Array.
    pub fn new_array(&self, elements: &[Object]) -> Result<Object, PrimitiveError> {
        let handles: Vec<u32> = elements.iter().map(|element| element.0).collect();
        self.object(host::new_array(self.host(), bytes_of(&handles)))
    }

    /// An instance of a class with so many indexable elements, all nil or zero.
    pub fn new_instance(&self, class: Object, size: usize) -> Result<Object, PrimitiveError> {
        self.object(host::new_instance(self.host(), class.0, offset(size)?))
    }

    /// Keeps an object alive for later calls, until it is [released](Context::release) or the plugin's instance ends.
    pub fn hold(&self, object: Object) -> Result<Held, PrimitiveError> {
        number(host::hold(self.host(), object.0)).map(Held)
    }

    /// A held object, for this call.
    pub fn held(&self, held: &Held) -> Result<Object, PrimitiveError> {
        self.object(host::held(self.host(), held.0))
    }

    /// Lets a held object go.
    pub fn release(&self, held: Held) -> Result<(), PrimitiveError> {
        done(host::release(self.host(), held.0))
    }

    /// An answer that is a handle.
    fn object(&self, answer: Result<u64, PrimitiveError>) -> Result<Object, PrimitiveError> {
        u32::try_from(answer?).map(Object).map_err(|_| PrimitiveError::Internal)
    }
}

/// The index of a slot as the host takes it.
fn index_of(index: usize) -> Result<u32, PrimitiveError> {
    u32::try_from(index).map_err(|_| PrimitiveError::BadIndex)
}
