//! FloatArrayPlugin: arithmetic on arrays of single floats.
//!
//! The primitives and what they answer are those of the OpenSmalltalk VM's plugin: they compute in double precision and store single floats;
//! those that change something change the receiver.

#![forbid(unsafe_code)]

use osvm_plugin_sdk::prelude::*;

/// The plugin.
#[plugin(name = "FloatArrayPlugin")]
mod float_array_plugin {
    use super::*;

    #[primitive]
    fn primitive_at(receiver: &[f32], index: i64) -> Result<f64, PrimitiveError> {
        Ok(f64::from(receiver[place(index, receiver.len())?]))
    }

    /// Answers the value as it was given.
    #[primitive]
    fn primitive_at_put(cx: &Context, receiver: Object, index: i64, value: Object) -> Result<Object, PrimitiveError> {
        let float = cx.float(value)? as f32;
        let index = place(index, len(cx, receiver)?)?;
        cx.write_units(receiver, index, &[float])?;
        Ok(value)
    }

    #[primitive]
    fn primitive_add_float_array(cx: &Context, receiver: Object, other: &[f32]) -> Result<(), PrimitiveError> {
        with_array(cx, receiver, other, |a, b| a + b)
    }

    #[primitive]
    fn primitive_sub_float_array(cx: &Context, receiver: Object, other: &[f32]) -> Result<(), PrimitiveError> {
        with_array(cx, receiver, other, |a, b| a - b)
    }

    #[primitive]
    fn primitive_mul_float_array(cx: &Context, receiver: Object, other: &[f32]) -> Result<(), PrimitiveError> {
        with_array(cx, receiver, other, |a, b| a * b)
    }

    /// Fails if an element of the argument is zero.
    #[primitive]
    fn primitive_div_float_array(cx: &Context, receiver: Object, other: &[f32]) -> Result<(), PrimitiveError> {
        if other.contains(&0.0) {
            return Err(PrimitiveError::Failed);
        }
        with_array(cx, receiver, other, |a, b| a / b)
    }

    #[primitive]
    fn primitive_add_scalar(cx: &Context, receiver: Object, value: f64) -> Result<(), PrimitiveError> {
        change(cx, receiver, |a| a + value)
    }

    #[primitive]
    fn primitive_sub_scalar(cx: &Context, receiver: Object, value: f64) -> Result<(), PrimitiveError> {
        change(cx, receiver, |a| a - value)
    }

    #[primitive]
    fn primitive_mul_scalar(cx: &Context, receiver: Object, value: f64) -> Result<(), PrimitiveError> {
        change(cx, receiver, |a| a * value)
    }

    /// Multiplies by the inverse.
    #[primitive]
    fn primitive_div_scalar(cx: &Context, receiver: Object, value: f64) -> Result<(), PrimitiveError> {
        let inverse = 1.0 / value;
        change(cx, receiver, |a| a * inverse)
    }

    #[primitive]
    fn primitive_dot_product(receiver: &[f32], other: &[f32]) -> Result<f64, PrimitiveError> {
        if receiver.len() != other.len() {
            return Err(PrimitiveError::Failed);
        }
        Ok(receiver.iter().zip(other).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum())
    }

    /// Equal elements, so that no array with a NaN is equal to another.
    #[primitive]
    fn primitive_equal(receiver: &[f32], other: &[f32]) -> bool {
        receiver == other
    }

    /// The sum of the elements' bits as integers, in 29 bits.
    #[primitive]
    fn primitive_hash_array(receiver: &[u32]) -> i64 {
        receiver.iter().map(|&bits| i64::from(bits.cast_signed())).sum::<i64>() & 0x1FFF_FFFF
    }

    #[primitive]
    fn primitive_sum(receiver: &[f32]) -> f64 {
        receiver.iter().map(|&value| f64::from(value)).sum()
    }

    /// The length of the vector; one of length zero is a bad receiver.
    #[primitive]
    fn primitive_length(receiver: &[f32]) -> Result<f64, PrimitiveError> {
        length(receiver)
    }

    /// Divides the vector by its length.
    #[primitive]
    fn primitive_normalize(cx: &Context, receiver: Object) -> Result<(), PrimitiveError> {
        let length = length(&floats(cx, receiver)?)?;
        change(cx, receiver, |a| a / length)
    }
}

/// The elements of a FloatArray.
fn floats(cx: &Context, array: Object) -> Result<Vec<f32>, PrimitiveError> {
    len(cx, array)?;
    cx.units(array)
}

/// How many elements a FloatArray has.
fn len(cx: &Context, array: Object) -> Result<usize, PrimitiveError> {
    match cx.shape(array)? {
        Shape::Units(4) => cx.size(array),
        _ => Err(PrimitiveError::BadReceiver),
    }
}

/// An index from 1, as one from 0.
fn place(index: i64, len: usize) -> Result<usize, PrimitiveError> {
    let place = usize::try_from(index).ok().and_then(|index| index.checked_sub(1));
    place.filter(|&place| place < len).ok_or(PrimitiveError::BadIndex)
}

fn length(vector: &[f32]) -> Result<f64, PrimitiveError> {
    let squares: f64 = vector.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
    if squares > 0.0 { Ok(squares.sqrt()) } else { Err(PrimitiveError::BadReceiver) }
}

/// Replaces each element of an array.
fn change(cx: &Context, array: Object, function: impl Fn(f64) -> f64) -> Result<(), PrimitiveError> {
    let mut floats = floats(cx, array)?;
    for value in &mut floats {
        *value = function(f64::from(*value)) as f32;
    }
    cx.write_units(array, 0, &floats)
}

/// Replaces each element of an array with the help of the one at the same index of another.
fn with_array(cx: &Context, array: Object, other: &[f32], function: impl Fn(f64, f64) -> f64) -> Result<(), PrimitiveError> {
    let mut floats = floats(cx, array)?;
    if floats.len() != other.len() {
        return Err(PrimitiveError::Failed);
    }
    for (value, &other) in floats.iter_mut().zip(other) {
        *value = function(f64::from(*value), f64::from(other)) as f32;
    }
    cx.write_units(array, 0, &floats)
}
