//! Numbers as JavaScript has them: doubles, printed with as few digits as say which one it is. Integers that are none of those stay exact, or
//! are left to the image.

use osvm_plugin_sdk::{Context, Object, PrimitiveError, Shape};

/// A number that is a receiver.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Number {
    Integer(i64),
    Float(f64),
}

impl Number {
    /// A number of the image; what is none, or an Integer beyond 64 bits, is a bad receiver.
    pub(crate) fn of(cx: &Context, object: Object) -> Result<Number, PrimitiveError> {
        match cx.shape(object)? {
            Shape::SmallInteger | Shape::LargeInteger { .. } => cx.int(object).map(Number::Integer),
            Shape::Float => cx.float(object).map(Number::Float),
            _ => Err(PrimitiveError::BadReceiver),
        }
        .map_err(|_| PrimitiveError::BadReceiver)
    }

    /// Its value as a float, if that is the same number and not one of several integers.
    pub(crate) fn exact(self) -> Option<f64> {
        match self {
            Number::Float(value) => Some(value),
            Number::Integer(value) => (value.unsigned_abs() < 1 << 53).then_some(value as f64),
        }
    }
}

/// A number of the image: an Integer if it is one of 32 bits, else a Float.
pub(crate) fn object(cx: &Context, value: f64) -> Result<Object, PrimitiveError> {
    let integer = value as i32;
    if f64::from(integer) == value { cx.new_int(integer.into()) } else { cx.new_float(value) }
}

/// As `Number::toString` of ECMAScript prints it.
pub(crate) fn print(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    if value == 0.0 {
        return "0".into();
    }
    // Digits and exponent of the shortest number that reads as the same.
    let text = format!("{:e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.replace('.', "");
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let sign = if value < 0.0 { "-" } else { "" };
    let len = digits.len() as i32;
    let number = match point {
        22.. => scientific(&digits, point - 1),
        _ if point >= len => digits + &"0".repeat((point - len) as usize),
        1.. => format!("{}.{}", &digits[..point as usize], &digits[point as usize..]),
        -5..=0 => format!("0.{}{digits}", "0".repeat(-point as usize)),
        _ => scientific(&digits, point - 1),
    };
    format!("{sign}{number}")
}

fn scientific(digits: &str, exponent: i32) -> String {
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{first}{point}{rest}e{exponent:+}")
}

/// Digits in a base, with the base and `r` before all but those of base 10. Floats have base 10 alone.
pub(crate) fn print_in_base(number: Number, base: i64) -> Result<String, PrimitiveError> {
    let digits = match base {
        2..=36 => base as u64,
        _ => return Err(PrimitiveError::BadArgument),
    };
    let value = match number {
        Number::Integer(value) if base == 10 => return Ok(value.to_string()),
        Number::Float(value) if base == 10 => return Ok(print(value)),
        Number::Integer(value) => value,
        Number::Float(_) => return Err(PrimitiveError::BadReceiver),
    };
    let mut rest = value.unsigned_abs();
    let mut text = Vec::new();
    while rest > 0 || text.is_empty() {
        text.push(char::from_digit((rest % digits) as u32, 36).unwrap_or('?'));
        rest /= digits;
    }
    let sign = if value < 0 { "-" } else { "" };
    Ok(format!("{base}r{sign}{}", text.iter().rev().collect::<String>()))
}

/// The number that a text is: with a sign, a fraction, an exponent of one digit; and with a radix if that is allowed.
pub(crate) fn parse(text: &str, radix: bool) -> Option<f64> {
    match text {
        "NaN" => return Some(f64::NAN),
        "Infinity" => return Some(f64::INFINITY),
        "-Infinity" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let Some((base, number)) = text.split_once('r') else { return is_decimal(text).then(|| text.parse().ok()).flatten() };
    let base: u32 = base.bytes().all(|byte| byte.is_ascii_digit()).then(|| base.parse().ok()).flatten()?;
    let digits = number.strip_prefix('-').unwrap_or(number);
    if !radix || !(2..=36).contains(&base) || digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Digits that the base does not have end the number.
    let known = digits.chars().map_while(|c| c.to_digit(base));
    let (count, value) = known.fold((0, 0.0), |(count, value), digit| (count + 1, value * f64::from(base) + f64::from(digit)));
    Some(match count {
        0 => f64::NAN,
        _ if digits.len() < number.len() => -value,
        _ => value,
    })
}

fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) = text.split_once('e').map_or((text, None), |(number, exponent)| (number, Some(exponent)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_is_one = exponent.is_none_or(|e| {
        let e = e.strip_prefix('-').unwrap_or(e);
        e.len() == 1 && digits(e)
    });
    exponent_is_one && number.split_once('.').map_or(digits(number), |(whole, fraction)| digits(whole) && digits(fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_as_javascript_does() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (5.0, "5"),
            (-1.5, "-1.5"),
            (100.0, "100"),
            (1e21, "1e+21"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1.25e25, "1.25e+25"),
            (0.000_001, "0.000001"),
            (1.5e-7, "1.5e-7"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(print(value), text);
        }
        assert_eq!(print(f64::NAN), "NaN");
        for (number, base, text) in [
            (Number::Integer(255), 16, "16rff"),
            (Number::Integer(-5), 2, "2r-101"),
            (Number::Integer(0), 8, "8r0"),
            (Number::Integer(i64::MIN), 36, "36r-1y2p0ij32e8e8"),
            (Number::Integer((1 << 53) + 1), 10, "9007199254740993"),
            (Number::Float(1.5), 10, "1.5"),
        ] {
            assert_eq!(print_in_base(number, base).as_deref(), Ok(text));
        }
        assert_eq!(print_in_base(Number::Float(2.0), 2), Err(PrimitiveError::BadReceiver));
        assert_eq!(print_in_base(Number::Integer(1), 37), Err(PrimitiveError::BadArgument));
    }

    #[test]
    fn read_with_and_without_a_radix() {
        for (text, value) in
            [("12", 12.0), ("-1.5", -1.5), ("1e3", 1000.0), ("1.5e-3", 0.0015), ("16r10", 16.0), ("2r-101", -5.0), ("2r12", 1.0)]
        {
            assert_eq!(parse(text, true), Some(value), "{text}");
        }
        for text in ["", "-", "1.", ".5", "1e10", "1e", "x", "1 ", "37r1", "1r1", "16rA", "16r", "16r1.5", "r1"] {
            assert_eq!(parse(text, true), None, "{text}");
        }
        assert_eq!(parse("16r10", false), None);
        assert!(parse("2r9", true).unwrap().is_nan() && parse("NaN", false).unwrap().is_nan());
    }
}
