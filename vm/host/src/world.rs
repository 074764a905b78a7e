//! What the process has of the world for everybody: clocks, entropy, folders and environment variables.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
pub(crate) use std::time::Instant;
use std::time::{SystemTime, UNIX_EPOCH};
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

/// The name of the zone in the database of time zones, as the variable `TZ` or the system's setting has it; else `UTC`.
pub(crate) fn zone_name() -> String {
    let after_zoneinfo = |path: &str| path.split_once("zoneinfo/").map_or(path, |(_, name)| name).to_string();
    let variable = env::var("TZ").ok().map(|name| after_zoneinfo(name.trim_start_matches(':')));
    let system = || Some(after_zoneinfo(Path::new("/etc/localtime").canonicalize().ok()?.to_str()?));
    let name = variable.filter(|name| !name.is_empty()).or_else(system).filter(|name| !name.starts_with('/'));
    name.unwrap_or_else(|| "UTC".into())
}

/// Microseconds since 1970 in UTC.
pub(crate) fn unix_micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as u64
}

/// Fills it with bytes that cannot be guessed.
pub(crate) fn fill_random(room: &mut [u8]) -> io::Result<()> {
    getrandom::fill(room).map_err(|error| io::Error::from_raw_os_error(error.raw_os_error().unwrap_or(5)))
}

/// A number that cannot be guessed.
pub(crate) fn random() -> io::Result<u64> {
    let mut bytes = [0; 8];
    fill_random(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

/// The working directory.
pub(crate) fn current_dir() -> io::Result<PathBuf> {
    env::current_dir()
}

/// The program's own file.
pub(crate) fn current_exe() -> Option<PathBuf> {
    env::current_exe().ok()
}

/// The folder for temporary files.
pub(crate) fn temp_dir() -> PathBuf {
    env::temp_dir()
}

/// The user's home.
pub(crate) fn home_dir() -> Option<PathBuf> {
    env::home_dir()
}

/// An environment variable.
pub(crate) fn var_os(name: &str) -> Option<OsString> {
    env::var_os(name)
}

/// The bytes of an environment variable. A name that is impossible has none.
pub(crate) fn variable(name: &[u8]) -> Option<Vec<u8>> {
    // The system's function panics with such names.
    let possible = !name.is_empty() && !name.iter().any(|byte| matches!(byte, b'=' | 0));
    possible.then(|| env::var_os(OsStr::from_bytes(name))).flatten().map(OsString::into_vec)
}

/// The names of all environment variables.
pub(crate) fn variable_names() -> Vec<Vec<u8>> {
    env::vars_os().map(|(name, _)| name.into_vec()).collect()
}
