//! How far local time is ahead of UTC.

use tz::TimeZone;

/// The time zone of the machine, read at first use.
#[derive(Debug, Default)]
pub(crate) struct LocalTime {
    zone: Option<TimeZone>,
}

impl LocalTime {
    /// Seconds that local time is ahead of UTC at a time in seconds since 1970; 0 where the zone is not known.
    pub(crate) fn offset_at(&mut self, unix_seconds: i64) -> i64 {
        let zone = self.zone.get_or_insert_with(|| TimeZone::local().unwrap_or_else(|_| TimeZone::utc()));
        zone.find_local_time_type(unix_seconds).map_or(0, |t| i64::from(t.ut_offset()))
    }
}
