//! The fields of streams.

use osvm_plugin_sdk::{Context, Object, PrimitiveError, Shape};

/// The field of a stream that holds what it reads from or writes to, and those of its position and of the end of what can be read.
pub(crate) const COLLECTION: usize = 0;
pub(crate) const POSITION: usize = 1;
pub(crate) const READ_LIMIT: usize = 2;

/// The field that is an Integer and no index below 0.
pub(crate) fn index(cx: &Context, object: Object, field: usize) -> Result<usize, PrimitiveError> {
    let value = cx.int(cx.fetch(object, field)?).map_err(|_| PrimitiveError::Failed)?;
    usize::try_from(value).map_err(|_| PrimitiveError::Failed)
}

/// Stores an Integer in a field.
pub(crate) fn set(cx: &Context, object: Object, field: usize, value: usize) -> Result<(), PrimitiveError> {
    cx.store(object, field, cx.new_int(value as i64)?)
}

/// An object of bytes in a field, and how many it has.
pub(crate) fn bytes(cx: &Context, object: Object, field: usize) -> Result<(Object, usize), PrimitiveError> {
    let value = cx.fetch(object, field)?;
    match cx.shape(value)? {
        Shape::Bytes => Ok((value, cx.byte_size(value)?)),
        _ => Err(PrimitiveError::Failed),
    }
}

/// An object of 32-bit units in a field, and how many it has.
pub(crate) fn words(cx: &Context, object: Object, field: usize) -> Result<(Object, usize), PrimitiveError> {
    let value = cx.fetch(object, field)?;
    match cx.shape(value)? {
        Shape::Units(4) => Ok((value, cx.size(value)?)),
        _ => Err(PrimitiveError::Failed),
    }
}

/// How many fields the class of the system has from which the stream's class is derived: the first on the way up with fewer than
/// `own` ones. `usual` if the classes cannot be looked at.
pub(crate) fn inherited_fields(cx: &Context, stream: Object, own: usize, usual: usize) -> usize {
    let walk = || -> Result<usize, PrimitiveError> {
        let mut class = cx.class_of(stream)?;
        for _ in 0..64 {
            // The instance specification of Spur: the number of named fields in its low 16 bits.
            let fields = cx.int(cx.fetch(class, 2)?)? as usize & 0xFFFF;
            if fields < own {
                return Ok(fields);
            }
            class = cx.fetch(class, 0)?;
        }
        Err(PrimitiveError::Failed)
    };
    walk().unwrap_or(usual)
}
