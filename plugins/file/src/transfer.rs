//! Reading into and writing from objects, without a copy of more than the range asked for.

use crate::FileState;
use osvm_plugin_sdk::classic::{Call, Object, Outcome, PrimitiveError, Shape, Value};
use std::ops::Range;

/// The bytes of elements `start` (from 1) to `start + count - 1`, and the size of an element.
fn range(call: &Call<'_>, object: Object) -> Result<(Range<usize>, usize), PrimitiveError> {
    let start = call.unsigned(2, PrimitiveError::BadArgument)?;
    let count = call.unsigned(3, PrimitiveError::BadArgument)?;
    let unit = match call.objects.shape(object) {
        Shape::Bytes | Shape::LargeInteger { .. } => 1,
        Shape::Words(unit) => unit,
        _ => return Err(PrimitiveError::BadArgument),
    };
    let elements = (call.objects.bytes(object).len() / unit) as u64;
    if start < 1 || start - 1 > elements || count > elements - (start - 1) {
        return Err(PrimitiveError::BadIndex);
    }
    let from = (start - 1) as usize * unit;
    Ok((from..from + count as usize * unit, unit))
}

/// `(file, into, start, count)`: answers how many elements were read.
pub(crate) fn read(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let object = call.object(1)?;
    let (range, unit) = range(call, object)?;
    let stream = state.stream(call)?;
    if stream.writable && stream.interactive {
        return Err(PrimitiveError::Failed);
    }
    let into = &mut call.objects.bytes_mut(object)?[range];
    let read = stream.read(call.world.files()?, into)?;
    Ok(Value::Int((read / unit) as i64))
}

/// `(file, from, start, count)`: answers how many elements were written.
pub(crate) fn write(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let object = call.object(1)?;
    let (range, unit) = range(call, object)?;
    let stream = state.stream(call)?;
    if !stream.writable {
        return Err(PrimitiveError::Failed);
    }
    let bytes = &call.objects.bytes(object)[range];
    stream.write(call.world.files()?, bytes)?;
    Ok(Value::Int((bytes.len() / unit) as i64))
}
