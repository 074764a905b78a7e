//! What a page has of the world for everybody, from the JavaScript host: clocks, entropy, and what stands for folders and environment
//! variables.

use std::ffi::OsString;
use std::io;
use std::ops::AddAssign;
use std::path::PathBuf;
use std::time::Duration;

#[allow(unsafe_code)]
mod js {
    #[link(wasm_import_module = "osvm_world")]
    unsafe extern "C" {
        /// Microseconds since 1970 in UTC.
        pub safe fn utc_micros() -> f64;
        /// Microseconds of a clock that only goes forward.
        pub safe fn monotonic_micros() -> f64;
        /// Seconds that local time is ahead of UTC at a time in seconds since 1970.
        pub safe fn local_offset(unix_seconds: f64) -> i32;
        /// Fills room with bytes that cannot be guessed; 0, or the number of an error.
        pub unsafe fn fill_random(address: *mut u8, len: usize) -> i32;
        /// The bytes of an environment variable's value; -1 if it is not set. [`result`] stores them.
        pub unsafe fn variable(name: *const u8, len: usize) -> i32;
        /// The bytes of the names of all environment variables, each with a zero byte at its end.
        pub safe fn variable_names() -> i32;
        /// The bytes of the name of the time zone.
        pub safe fn zone_name() -> i32;
        /// The bytes of the path of the working directory.
        pub safe fn current_dir() -> i32;
        /// Stores the text whose length was answered last, as much of it as fits.
        pub unsafe fn result(address: *mut u8, len: usize);
    }
}

/// The text whose length the host has answered; none if that is negative.
#[allow(unsafe_code)]
fn result(len: i32) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(len).ok()?];
    // SAFETY: the host writes to this room and to nothing else.
    unsafe { js::result(bytes.as_mut_ptr(), bytes.len()) };
    Some(bytes)
}

fn text(len: i32) -> Option<String> {
    result(len).and_then(|bytes| String::from_utf8(bytes).ok())
}

/// A moment of the clock that only goes forward, in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Instant(u64);

impl Instant {
    /// This moment.
    pub fn now() -> Instant {
        Instant(js::monotonic_micros() as u64)
    }

    /// The time since another moment; none if that one is later.
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// The time since this moment.
    pub fn elapsed(&self) -> Duration {
        Instant::now().duration_since(*self)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, time: Duration) {
        self.0 += time.as_micros() as u64;
    }
}

/// The time zone of the page.
#[derive(Debug, Default)]
pub struct LocalTime(());

impl LocalTime {
    /// Seconds that local time is ahead of UTC at a time in seconds since 1970.
    pub fn offset_at(&mut self, unix_seconds: i64) -> i64 {
        i64::from(js::local_offset(unix_seconds as f64))
    }
}

/// The name of the zone in the database of time zones.
pub(crate) fn zone_name() -> String {
    text(js::zone_name()).unwrap_or_else(|| "UTC".into())
}

/// Microseconds since 1970 in UTC.
pub fn unix_micros() -> u64 {
    js::utc_micros() as u64
}

/// Fills it with bytes that cannot be guessed.
#[allow(unsafe_code)]
pub(crate) fn fill_random(room: &mut [u8]) -> io::Result<()> {
    // SAFETY: the host writes to this room and to nothing else.
    match unsafe { js::fill_random(room.as_mut_ptr(), room.len()) } {
        0 => Ok(()),
        number => Err(io::Error::from_raw_os_error(number)),
    }
}

/// A number that cannot be guessed.
pub fn random() -> io::Result<u64> {
    let mut bytes = [0; 8];
    fill_random(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

/// The working directory.
pub(crate) fn current_dir() -> io::Result<PathBuf> {
    Ok(text(js::current_dir()).map_or_else(|| PathBuf::from("/"), PathBuf::from))
}

/// What stands for the program's own file: plugins are in a folder beside it.
pub(crate) fn current_exe() -> Option<PathBuf> {
    Some(PathBuf::from("/osvm"))
}

/// The folder for temporary files.
pub(crate) fn temp_dir() -> PathBuf {
    var_os("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from)
}

/// The user's home.
pub(crate) fn home_dir() -> Option<PathBuf> {
    Some(var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from))
}

/// An environment variable.
pub(crate) fn var_os(name: &str) -> Option<OsString> {
    variable(name.as_bytes()).and_then(|value| String::from_utf8(value).ok()).map(OsString::from)
}

/// The bytes of an environment variable.
#[allow(unsafe_code)]
pub(crate) fn variable(name: &[u8]) -> Option<Vec<u8>> {
    // SAFETY: the host reads these bytes and no others.
    result(unsafe { js::variable(name.as_ptr(), name.len()) })
}

/// The names of all environment variables.
pub(crate) fn variable_names() -> Vec<Vec<u8>> {
    let names = result(js::variable_names()).unwrap_or_default();
    names.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect()
}
