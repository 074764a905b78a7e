//! Lines with the time.

use osvm_plugin_sdk::{Context, PrimitiveError};

/// A line with the time before it: UTC, as ISO 8601 writes it, in milliseconds.
pub(crate) fn line(cx: &Context, message: &str) -> Result<String, PrimitiveError> {
    Ok(format!("{} {message}", iso(cx.clock().utc_micros()?)))
}

fn iso(micros: i64) -> String {
    let millis = micros.div_euclid(1000);
    let (seconds, millis) = (millis.div_euclid(1000), millis.rem_euclid(1000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Eras of 400 years that begin on the first of March, so that the leap day is the last of a year.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    let year = year + 400 * era;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millis:03}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn days_of_leap_years_and_others() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_767_225_599, "2025-12-31T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(iso(seconds * 1_000_000), text);
        }
        assert_eq!(iso(1_234_567), "1970-01-01T00:00:01.234Z");
    }
}
