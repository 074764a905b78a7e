//! What the JavaScript host does for the VM: the imports of the module `osvm_world`.

#[link(wasm_import_module = "osvm_world")]
unsafe extern "C" {
    /// Microseconds since the start of 1970.
    safe fn now() -> f64;
    /// Microseconds of a clock that never goes back.
    safe fn elapsed() -> f64;
    /// Seconds that local time is ahead of UTC.
    safe fn local_offset() -> i32;
    /// Fills `len` bytes at `into` with random ones.
    fn random(into: *mut u8, len: usize);
    /// Text of the VM itself, for people.
    fn report(text: *const u8, len: usize);
    /// A snapshot begins.
    safe fn snapshot_begin();
    /// The next part of the snapshot.
    fn snapshot_write(bytes: *const u8, len: usize);
    /// The snapshot is whole, or (with 0) is not to be kept; the path is where it belongs. 0 if it is kept, else the number of an error of
    /// the operating system.
    fn snapshot_end(is_whole: i32, path: *const u8, len: usize) -> i32;
    /// The VM has panicked, with this message.
    fn panicked(text: *const u8, len: usize);
}

/// Microseconds since the start of 1970.
pub fn microseconds() -> u64 {
    now() as u64
}

/// Microseconds of a clock that never goes back.
pub fn monotonic_microseconds() -> u64 {
    elapsed() as u64
}

/// Seconds that local time is ahead of UTC.
pub fn local_offset_seconds() -> i64 {
    local_offset().into()
}

/// A random number.
pub fn random_number() -> u64 {
    let mut bytes = [0; 8];
    // SAFETY: the host fills these bytes, and no others.
    unsafe { random(bytes.as_mut_ptr(), bytes.len()) };
    u64::from_le_bytes(bytes)
}

/// Shows people a text of the VM's own.
pub fn show(text: &str) {
    // SAFETY: the host only reads the text.
    unsafe { report(text.as_ptr(), text.len()) }
}

/// Tells the host of a panic, after which nothing of this module is called any more.
pub fn tell_panic(text: &str) {
    // SAFETY: the host only reads the text.
    unsafe { panicked(text.as_ptr(), text.len()) }
}

/// A snapshot that the host is given part by part.
pub struct SnapshotWriter;

impl SnapshotWriter {
    /// Begins one.
    pub fn begin() -> SnapshotWriter {
        snapshot_begin();
        SnapshotWriter
    }

    /// Ends it: the host keeps it as the file `path` if it is whole.
    pub fn end(self, is_whole: bool, path: &str) -> std::io::Result<()> {
        // SAFETY: the host only reads the text.
        match unsafe { snapshot_end(is_whole.into(), path.as_ptr(), path.len()) } {
            0 => Ok(()),
            error => Err(std::io::Error::from_raw_os_error(error)),
        }
    }
}

impl std::io::Write for SnapshotWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // SAFETY: the host only reads the bytes.
        unsafe { snapshot_write(bytes.as_ptr(), bytes.len()) };
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
