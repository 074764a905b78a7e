//! The part of an object that is read into or written.

use osvm_plugin_sdk::{Context, Object, PrimitiveError, Shape};

/// Bytes of an object's data.
pub(crate) struct Range {
    /// The first.
    pub(crate) offset: usize,
    /// How many.
    pub(crate) len: usize,
    /// Bytes of an element.
    pub(crate) unit: usize,
}

impl Range {
    /// The bytes of elements `start` (from 1) to `start + count - 1`.
    pub(crate) fn of(cx: &Context, object: Object, start: i64, count: i64) -> Result<Range, PrimitiveError> {
        let start = usize::try_from(start).map_err(|_| PrimitiveError::BadArgument)?;
        let count = usize::try_from(count).map_err(|_| PrimitiveError::BadArgument)?;
        let unit = match cx.shape(object)? {
            Shape::Bytes | Shape::LargeInteger { .. } => 1,
            Shape::Units(unit) => unit,
            _ => return Err(PrimitiveError::BadArgument),
        };
        let elements = cx.byte_size(object)? / unit;
        let before = start.checked_sub(1).filter(|&before| before <= elements && count <= elements - before);
        let before = before.ok_or(PrimitiveError::BadIndex)?;
        Ok(Range { offset: before * unit, len: count * unit, unit })
    }
}
