//! The primitives of SmallFloat64, 541 to 559: the same operations as those of boxed floats (see [`super::float`]), under numbers
//! of their own because a JIT treats immediate receivers apart.

use super::float::*;
use super::{Primitive, value};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(541, "primitiveSmallFloatAdd", (1, 1), "Sum of two numbers.", add::<true>),
    value(542, "primitiveSmallFloatSubtract", (1, 1), "Difference of two numbers.", subtract::<true>),
    value(543, "primitiveSmallFloatLessThan", (1, 1), "< of two numbers.", less::<true>),
    value(544, "primitiveSmallFloatGreaterThan", (1, 1), "> of two numbers.", greater::<true>),
    value(545, "primitiveSmallFloatLessOrEqual", (1, 1), "<= of two numbers.", less_or_equal::<true>),
    value(546, "primitiveSmallFloatGreaterOrEqual", (1, 1), ">= of two numbers.", greater_or_equal::<true>),
    value(547, "primitiveSmallFloatEqual", (1, 1), "= of two numbers.", equal::<true>),
    value(548, "primitiveSmallFloatNotEqual", (1, 1), "~= of two numbers.", not_equal::<true>),
    value(549, "primitiveSmallFloatMultiply", (1, 1), "Product of two numbers.", multiply::<true>),
    value(550, "primitiveSmallFloatDivide", (1, 1), "Quotient of two numbers; fails if the second is zero.", divide::<true>),
    value(551, "primitiveSmallFloatTruncated", (0, 0), "The part before the point, if it is a SmallInteger.", truncated),
    value(552, "primitiveSmallFloatFractionalPart", (0, 0), "The part behind the point, with the float's sign.", fraction_part),
    value(553, "primitiveSmallFloatExponent", (0, 0), "The exponent of two of the highest bit.", exponent),
    value(554, "primitiveSmallFloatTimesTwoPower", (1, 1), "The float times two to the power of a SmallInteger.", times_two_power),
    value(555, "primitiveSmallFloatSquareRoot", (0, 0), "Square root; fails below zero.", square_root),
    value(556, "primitiveSmallFloatSine", (0, 0), "Sine of an angle in radians.", |vm, args| function(vm, args, f64::sin)),
    value(557, "primitiveSmallFloatArctan", (0, 0), "Arc tangent in radians.", |vm, args| function(vm, args, f64::atan)),
    value(558, "primitiveSmallFloatLogN", (0, 0), "Natural logarithm.", |vm, args| function(vm, args, f64::ln)),
    value(559, "primitiveSmallFloatExp", (0, 0), "e to the power of the float.", |vm, args| function(vm, args, f64::exp)),
];
