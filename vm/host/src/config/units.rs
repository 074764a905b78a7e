//! Amounts with units, as text: sizes and durations.

use std::time::Duration;

/// Units of size, in bytes.
pub(super) const SIZES: [(&str, u64); 5] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];

/// Units of time, in microseconds.
pub(super) const TIMES: [(&str, u64); 5] = [("us", 1), ("ms", 1000), ("s", 1_000_000), ("min", 60_000_000), ("h", 3_600_000_000)];

/// The bytes of a size such as `64 MiB`.
pub(super) fn size(text: &str) -> Result<u64, String> {
    amount(text, &SIZES, "size", "64 MiB")
}

/// A duration such as `200 ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    amount(text, &TIMES, "time", "200 ms").map(Duration::from_micros)
}

fn amount(text: &str, units: &[(&str, u64)], kind: &str, example: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    if number.is_empty() || unit.starts_with('.') {
        return Err(format!("expected a whole number and a unit, such as `{example}`, found `{text}`"));
    }
    let names = || units.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    if unit.is_empty() {
        return Err(format!("`{text}` has no unit of {kind}; there are {}", names()));
    }
    let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit) else {
        return Err(format!("`{unit}` is no unit of {kind}; there are {}", names()));
    };
    let number = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor));
    number.ok_or_else(|| format!("`{text}` is too much"))
}

/// A size in the largest unit that divides it.
pub fn format_size(bytes: u64) -> String {
    format(bytes, &SIZES)
}

/// A duration in the largest unit that divides it; what is less than a microsecond is cut.
pub fn format_duration(duration: Duration) -> String {
    format(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX), &TIMES)
}

fn format(amount: u64, units: &[(&str, u64)]) -> String {
    let largest = units.iter().rev().find(|(_, factor)| amount != 0 && amount.is_multiple_of(*factor));
    let (unit, factor) = largest.unwrap_or(&units[0]);
    format!("{} {unit}", amount / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units() {
        assert_eq!(size("64 MiB"), Ok(64 << 20));
        assert_eq!(size("1B"), Ok(1));
        assert_eq!(duration("200 ms"), Ok(Duration::from_millis(200)));
        assert_eq!(duration("2 h"), Ok(Duration::from_secs(7200)));
    }

    #[test]
    fn what_is_no_amount_is_told() {
        for (text, error) in [
            ("64", "`64` has no unit of size; there are B, KiB, MiB, GiB, TiB"),
            ("64 MB", "`MB` is no unit of size; there are B, KiB, MiB, GiB, TiB"),
            ("64  MiB", "` MiB` is no unit of size; there are B, KiB, MiB, GiB, TiB"),
            ("", "expected a whole number and a unit, such as `64 MiB`, found ``"),
            ("-1 B", "expected a whole number and a unit, such as `64 MiB`, found `-1 B`"),
            ("1.5 GiB", "expected a whole number and a unit, such as `64 MiB`, found `1.5 GiB`"),
            ("99999999999 TiB", "`99999999999 TiB` is too much"),
            ("99999999999999999999999 B", "`99999999999999999999999 B` is too much"),
        ] {
            assert_eq!(size(text), Err(error.to_string()));
        }
        assert!(duration("5 m").unwrap_err().ends_with("there are us, ms, s, min, h"));
    }

    #[test]
    fn what_is_printed_reads_back() {
        for (bytes, text) in [(0, "0 B"), (1 << 20, "1 MiB"), (1536, "1536 B"), (3 << 30, "3 GiB")] {
            assert_eq!(format_size(bytes), text);
            assert_eq!(size(text), Ok(bytes));
        }
        assert_eq!(format_duration(Duration::from_secs(90)), "90 s");
        assert_eq!(format_duration(Duration::from_secs(120)), "2 min");
    }
}
