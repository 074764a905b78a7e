//! Number literals: `1`, `-5`, `16rFF`, `2r1e4`, `1e10`, `3.14`, `1.5e-3`, `2r1.01`, `3.14s2`, `10s`.

use crate::literal::{Literal, ScaledDecimal, WholeNumber};
use crate::magnitude::Magnitude;

/// Letters before an exponent.
const EXPONENT_LETTERS: [u8; 3] = *b"edq";
/// Exponents beyond this are refused: their numbers are no floats, and their digits fill memory.
const MAX_EXPONENT: u32 = 1023;
/// Digits behind the point of a scaled decimal, at most.
const MAX_SCALE: u32 = 100_000;

/// Reads digits and what they make.
struct Digits<'s> {
    text: &'s [u8],
    at: usize,
}

/// Some digits: their value, how many they are, and how many of them there are up to the last that is not 0.
struct Run {
    value: Magnitude,
    digits: u32,
    significant: u32,
}

/// Lower-case letters are digits too, in radixes that have letters.
fn digit_value(byte: u8, base: u32) -> Option<u32> {
    match byte {
        b'a'..=b'z' if base > 10 => Some(u32::from(byte - b'a') + 10),
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + 10),
        _ => None,
    }
}

impl Digits<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// The digits that follow; `None` if there are none.
    fn run(&mut self, base: u32) -> Option<Run> {
        let mut run = Run { value: Magnitude::default(), digits: 0, significant: 0 };
        let mut small = 0u64;
        let mut is_small = true;
        while let Some(digit) = self.peek().and_then(|byte| digit_value(byte, base)).filter(|&digit| digit < base) {
            self.at += 1;
            run.digits += 1;
            if digit != 0 {
                run.significant = run.digits;
            }
            match small.checked_mul(u64::from(base)).and_then(|value| value.checked_add(u64::from(digit))) {
                Some(value) if is_small => small = value,
                _ => {
                    if is_small {
                        run.value = Magnitude::from(small);
                        is_small = false;
                    }
                    run.value.multiply_add(base, digit);
                }
            }
        }
        if is_small {
            run.value = Magnitude::from(small);
        }
        (run.digits > 0).then_some(run)
    }

    /// The exponent, if there is one.
    fn exponent(&mut self) -> Result<Option<i32>, String> {
        let start = self.at;
        if !self.peek().is_some_and(|byte| EXPONENT_LETTERS.contains(&byte)) {
            return Ok(None);
        }
        self.at += 1;
        let negative = self.take(b'-');
        let Some(run) = self.run(10) else {
            self.at = start;
            return Ok(None);
        };
        let size = run.value.as_u64().filter(|&size| size <= u64::from(MAX_EXPONENT));
        let size = size.ok_or_else(|| format!("an exponent is at most {MAX_EXPONENT}"))? as i32;
        Ok(Some(if negative { -size } else { size }))
    }

    /// The scale behind an `s`, which is `digits` if it is not given.
    fn scale(&mut self, digits: u32) -> Result<Option<u32>, String> {
        let start = self.at;
        if !self.take(b's') {
            return Ok(None);
        }
        if let Some(run) = self.run(10) {
            let scale = run.value.as_u64().filter(|&scale| scale <= u64::from(MAX_SCALE));
            return scale.map(|scale| Some(scale as u32)).ok_or_else(|| format!("a scale is at most {MAX_SCALE}"));
        }
        if self.peek().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80) {
            self.at = start;
            return Ok(None);
        }
        Ok(Some(digits))
    }
}

/// Reads the number at the start of a text, which begins with a digit or with `-` and a digit. Answers it with the number of bytes
/// that it takes, or what is wrong with it.
pub(super) fn read(text: &[u8]) -> Result<(Literal, usize), (String, usize)> {
    let mut digits = Digits { text, at: 0 };
    read_number(&mut digits).map(|literal| (literal, digits.at)).map_err(|message| (message, digits.at.max(1)))
}

fn read_number(digits: &mut Digits<'_>) -> Result<Literal, String> {
    let mut negative = digits.take(b'-');
    let mut base = 10;
    let mut whole = digits.run(base).ok_or("expected a digit")?;
    if digits.take(b'r') {
        let radix = whole.value.as_u64().filter(|radix| (2..=36).contains(radix));
        base = radix.ok_or_else(|| format!("a radix is from 2 to 36, not {}", whole.value))? as u32;
        negative ^= digits.take(b'-');
        whole = digits.run(base).ok_or_else(|| format!("expected a digit of radix {base}"))?;
    }
    let point = digits.at;
    if digits.take(b'.') {
        if let Some(fraction) = digits.run(base) {
            return with_fraction(digits, negative, base, whole, fraction);
        }
        digits.at = point;
        return Ok(Literal::whole(negative, whole.value));
    }
    match digits.exponent()? {
        Some(exponent) => Ok(with_exponent(negative, base, whole.value, exponent)),
        None => match digits.scale(0)? {
            Some(scale) => Ok(scaled(negative, whole.value, base, 0, scale)),
            None => Ok(Literal::whole(negative, whole.value)),
        },
    }
}

/// A whole number with an exponent: whole if it can be, else a float.
fn with_exponent(negative: bool, base: u32, mut whole: Magnitude, exponent: i32) -> Literal {
    if exponent >= 0 {
        whole.scale(base, exponent as u32);
        return Literal::whole(negative, whole);
    }
    let mut quotient = whole.clone();
    if (0..-exponent).all(|_| quotient.divide(base) == 0) {
        return Literal::whole(negative, quotient);
    }
    // As the images do it: times the reciprocal of the power.
    let value = whole.to_float(base, 0) * f64::from(base).powi(-exponent).recip();
    Literal::Float(if negative { -value } else { value })
}

fn with_fraction(digits: &mut Digits<'_>, negative: bool, base: u32, whole: Run, fraction: Run) -> Result<Literal, String> {
    let exponent = digits.exponent()?;
    // Zeros at the end of the fraction are left out.
    let places = fraction.significant;
    let mut tail = fraction.value;
    (0..fraction.digits - places).for_each(|_| {
        tail.divide(base);
    });
    let mut value = whole.value;
    value.scale(base, places);
    let value = add(value, &tail);
    if exponent.is_none()
        && let Some(scale) = digits.scale(fraction.digits)?
    {
        return Ok(scaled(negative, value, base, places, scale));
    }
    let exponent = exponent.unwrap_or(0) - places as i32;
    let float = if base == 10 {
        format!("{value}e{exponent}").parse().expect("digits and an exponent are a float")
    } else {
        value.to_float(base, exponent)
    };
    Ok(Literal::Float(if negative { -float } else { float }))
}

fn add(a: Magnitude, b: &Magnitude) -> Magnitude {
    let (mut a, b) = (a.to_bytes(), b.to_bytes());
    a.resize(a.len().max(b.len()) + 1, 0);
    let mut carry = 0u16;
    for (i, byte) in a.iter_mut().enumerate() {
        carry += u16::from(*byte) + u16::from(b.get(i).copied().unwrap_or(0));
        *byte = carry as u8;
        carry >>= 8;
    }
    Magnitude::from_bytes(&a)
}

/// A fraction over a power of the base, reduced.
fn scaled(negative: bool, mut numerator: Magnitude, base: u32, places: u32, scale: u32) -> Literal {
    let mut denominator = Magnitude::from(1);
    denominator.scale(base, places);
    for prime in [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31].into_iter().filter(|&prime| base.is_multiple_of(prime)) {
        while denominator.remainder(prime) == 0 && numerator.remainder(prime) == 0 && !denominator.is_zero() {
            denominator.divide(prime);
            numerator.divide(prime);
            if numerator.is_zero() {
                denominator = Magnitude::from(1);
            }
        }
    }
    let negative = negative && !numerator.is_zero();
    Literal::ScaledDecimal(Box::new(ScaledDecimal {
        numerator: WholeNumber { negative, magnitude: numerator },
        denominator,
        scale,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Literal {
        let (literal, end) = read(text.as_bytes()).unwrap_or_else(|(message, _)| panic!("{text}: {message}"));
        assert_eq!(end, text.len(), "{text}");
        literal
    }

    #[test]
    fn whole_numbers() {
        for (text, value) in [("0", 0), ("-5", -5), ("16rFF", 255), ("-16rFF", -255), ("16r-F", -15), ("2r1e4", 16), ("1e3", 1000)]
        {
            assert_eq!(number(text), Literal::Integer(value), "{text}");
        }
        assert_eq!(number("36rZ"), Literal::Integer(35));
        assert_eq!(number("1200e-2"), Literal::Integer(12));
        assert_eq!(number("9223372036854775807"), Literal::Integer(i64::MAX));
        assert_eq!(number("-9223372036854775808"), Literal::Integer(i64::MIN));
        let Literal::LargeInteger(large) = number("1e30") else { panic!() };
        assert_eq!(large.magnitude.to_string(), "1000000000000000000000000000000");
    }

    #[test]
    fn floats() {
        for (text, value) in
            [("3.25", 3.25), ("1.5e-3", 0.0015), ("2r1.1", 1.5), ("1.0", 1.0), ("1e-2", 0.01), ("16r1.8", 1.5), ("1.0q2", 100.0)]
        {
            assert_eq!(number(text), Literal::Float(value), "{text}");
        }
        assert!(matches!(number("-0.0"), Literal::Float(zero) if zero == 0.0 && zero.is_sign_negative()));
        assert_eq!(number("1.7976931348623157e308"), Literal::Float(f64::MAX));
    }

    #[test]
    fn scaled_decimals() {
        for (text, numerator, denominator, scale) in
            [("3.14s2", 157, 50, 2), ("10s", 10, 1, 0), ("1.50s", 3, 2, 2), ("0.0s3", 0, 1, 3), ("2s2", 2, 1, 2)]
        {
            let Literal::ScaledDecimal(value) = number(text) else { panic!("{text}") };
            assert_eq!(
                (value.numerator.magnitude.as_u64(), value.denominator.as_u64(), value.scale),
                (Some(numerator), Some(denominator), scale)
            );
        }
    }

    #[test]
    fn a_number_ends_where_its_letters_mean_something_else() {
        for (text, end) in
            [("3 sin", 1), ("3s", 2), ("3sin", 1), ("3e", 1), ("3e-", 1), ("3.", 1), ("3.foo", 1), ("5d2", 3), ("16r10r", 5)]
        {
            assert_eq!(read(text.as_bytes()).unwrap().1, end, "{text}");
        }
        for text in ["1r5", "37r1", "2r9", "1e9999", "1s99999999"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
