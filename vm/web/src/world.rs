//! What the JavaScript host does for the VM, besides what `osvm-host` asks of it: the imports of the module `osvm_vm`.

#[link(wasm_import_module = "osvm_vm")]
unsafe extern "C" {
    /// Text of the VM itself, for people.
    fn report(text: *const u8, len: usize);
    /// A line of the log: 0 an error, 1 a warning, 2 information.
    fn log(level: i32, text: *const u8, len: usize);
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

/// Shows people a text of the VM's own.
pub fn show(text: &str) {
    // SAFETY: the host only reads the text.
    unsafe { report(text.as_ptr(), text.len()) }
}

/// A line of the log, of this level.
pub fn log_line(level: i32, text: &str) {
    // SAFETY: the host only reads the text.
    unsafe { log(level, text.as_ptr(), text.len()) }
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
            error => Err(std::io::Error::other(words(error))),
        }
    }
}

/// What the host's files failed with, of which this system has no words of its own.
fn words(error: i32) -> String {
    match error {
        2 => "no such file or directory".into(),
        13 => "permission denied".into(),
        21 => "is a directory".into(),
        28 => "no space left".into(),
        30 => "it can only be read".into(),
        _ => format!("the host's files failed with error {error}"),
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
