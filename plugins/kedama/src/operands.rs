//! Operands and results of the array primitives.

use osvm_plugin_sdk::{Context, Object, PrimitiveError, Shape};

/// What is done to two elements.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// An operand.
enum Operand {
    Words(Vec<u32>),
    Floats(Vec<f32>),
    Integer(i64),
    Float(f64),
}

/// An element of an operand.
#[derive(Clone, Copy)]
enum Element {
    Integer(i64),
    Float(f64),
}

impl Element {
    fn float(self) -> f64 {
        match self {
            Element::Integer(value) => value as f64,
            Element::Float(value) => value,
        }
    }
}

/// True for a FloatArray, false for a WordArray; anything else is a bad argument.
fn is_float_array(cx: &Context, array: Object) -> Result<bool, PrimitiveError> {
    if cx.shape(array)? != Shape::Units(4) {
        return Err(PrimitiveError::BadArgument);
    }
    Ok(cx.class_name(array)?.contains("Float"))
}

impl Operand {
    fn of(cx: &Context, object: Object) -> Result<Operand, PrimitiveError> {
        match cx.shape(object)? {
            Shape::SmallInteger | Shape::LargeInteger { .. } => cx.int(object).map(Operand::Integer),
            Shape::Float => cx.float(object).map(Operand::Float),
            _ if is_float_array(cx, object)? => cx.units(object).map(Operand::Floats),
            _ => cx.units(object).map(Operand::Words),
        }
    }

    /// How many elements it has, if it is an array.
    fn len(&self) -> Option<usize> {
        match self {
            Operand::Words(words) => Some(words.len()),
            Operand::Floats(floats) => Some(floats.len()),
            Operand::Integer(_) | Operand::Float(_) => None,
        }
    }

    fn element(&self, index: usize) -> Element {
        match self {
            Operand::Words(words) => Element::Integer(i64::from(words[index])),
            Operand::Floats(floats) => Element::Float(f64::from(floats[index])),
            Operand::Integer(value) => Element::Integer(*value),
            Operand::Float(value) => Element::Float(*value),
        }
    }
}

impl Operation {
    fn of(self, first: Element, second: Element) -> Result<Element, PrimitiveError> {
        if let (Element::Integer(a), Element::Integer(b)) = (first, second) {
            return Ok(Element::Integer(match self {
                Operation::Add => a.wrapping_add(b),
                Operation::Subtract => a.wrapping_sub(b),
                Operation::Multiply => a.wrapping_mul(b),
                Operation::Divide => a.checked_div(b).ok_or(PrimitiveError::Failed)?,
            }));
        }
        let (a, b) = (first.float(), second.float());
        Ok(Element::Float(match self {
            Operation::Add => a + b,
            Operation::Subtract => a - b,
            Operation::Multiply => a * b,
            Operation::Divide if b == 0.0 => return Err(PrimitiveError::Failed),
            Operation::Divide => a / b,
        }))
    }
}

/// Computes each element of `into`, which it answers. Arrays must be as long as it.
pub(crate) fn apply(
    cx: &Context,
    operation: Operation,
    first: Object,
    second: Object,
    into: Object,
) -> Result<Object, PrimitiveError> {
    let (a, b) = (Operand::of(cx, first)?, Operand::of(cx, second)?);
    let floats = is_float_array(cx, into)?;
    let len = cx.size(into)?;
    if [a.len(), b.len()].into_iter().flatten().any(|other| other != len) || (a.len().is_none() && b.len().is_none()) {
        return Err(PrimitiveError::Failed);
    }
    let elements = (0..len).map(|index| operation.of(a.element(index), b.element(index)));
    if floats {
        let elements = elements.map(|element| element.map(|element| element.float() as f32));
        cx.write_units(into, 0, &elements.collect::<Result<Vec<f32>, _>>()?)?;
    } else {
        let word = |element| match element {
            Element::Integer(value) => value as u32,
            Element::Float(value) => value as i64 as u32,
        };
        let elements = elements.map(|element| element.map(word));
        cx.write_units(into, 0, &elements.collect::<Result<Vec<u32>, _>>()?)?;
    }
    Ok(into)
}
