//! KedamaPlugin: arithmetic on arrays of words and of floats, element by element.
//!
//! These are the array primitives of the plugin of that name in Squeak's and Pharo's VMs: each operand is a WordArray, a FloatArray or a number, and
//! the result goes into a third array. Words are 32-bit integers without a sign; what does not fit is cut. If an operand is a FloatArray or a Float
//! the element is computed as a float; into a WordArray it is stored cut to an integer.

#![forbid(unsafe_code)]

mod operands;

use operands::{Operation, apply};
use osvm_plugin_sdk::prelude::*;

/// The plugin.
#[plugin(name = "KedamaPlugin")]
mod kedama_plugin {
    use super::*;

    #[primitive]
    fn primitive_add_arrays(cx: &Context, first: Object, second: Object, into: Object) -> Result<Object, PrimitiveError> {
        apply(cx, Operation::Add, first, second, into)
    }

    #[primitive]
    fn primitive_sub_arrays(cx: &Context, first: Object, second: Object, into: Object) -> Result<Object, PrimitiveError> {
        apply(cx, Operation::Subtract, first, second, into)
    }

    #[primitive]
    fn primitive_mul_arrays(cx: &Context, first: Object, second: Object, into: Object) -> Result<Object, PrimitiveError> {
        apply(cx, Operation::Multiply, first, second, into)
    }

    #[primitive]
    fn primitive_div_arrays(cx: &Context, first: Object, second: Object, into: Object) -> Result<Object, PrimitiveError> {
        apply(cx, Operation::Divide, first, second, into)
    }

    #[primitive]
    fn primitive_add_scalar(cx: &Context, first: Object, second: Object, into: Object) -> Result<Object, PrimitiveError> {
        apply(cx, Operation::Add, first, second, into)
    }

    #[primitive]
    fn primitive_sub_scalar(cx: &Context, first: Object, second: Object, into: Object) -> Result<Object, PrimitiveError> {
        apply(cx, Operation::Subtract, first, second, into)
    }

    #[primitive]
    fn primitive_mul_scalar(cx: &Context, first: Object, second: Object, into: Object) -> Result<Object, PrimitiveError> {
        apply(cx, Operation::Multiply, first, second, into)
    }

    #[primitive]
    fn primitive_div_scalar(cx: &Context, first: Object, second: Object, into: Object) -> Result<Object, PrimitiveError> {
        apply(cx, Operation::Divide, first, second, into)
    }
}
