//! `clock`: time.

use super::{Host, text, whole};
use crate::PrimitiveError;
use crate::host::clock as host;

/// Time.
#[derive(Clone, Copy)]
pub struct Clock<'a> {
    pub(super) host: Host<'a>,
}

impl Clock<'_> {
    /// Microseconds since 1970, UTC.
    pub fn utc_micros(self) -> Result<i64, PrimitiveError> {
        host::utc_micros(self.host).map(|micros| micros as i64)
    }

    /// Seconds that local time is ahead of UTC at a time, which is in seconds since 1970, UTC.
    pub fn local_offset(self, seconds: i64) -> Result<i64, PrimitiveError> {
        // The host adds a day, since answers are not negative.
        host::local_offset(self.host, seconds).map(|offset| offset as i64 - 86_400)
    }

    /// Microseconds since some moment; never goes back.
    pub fn monotonic_micros(self) -> Result<u64, PrimitiveError> {
        host::monotonic_micros(self.host)
    }

    /// The name of the time zone, such as `Europe/Berlin`.
    pub fn zone_name(self) -> Result<String, PrimitiveError> {
        text(whole(|room| host::zone_name(self.host, room))?)
    }
}
