//! What a plugin may reach of the world: interfaces that the host implements and grants.

use crate::classic::{OsError, PrimitiveError};

/// The interfaces that a plugin was granted.
pub trait World {
    /// Files and directories, if granted.
    fn files(&mut self) -> Result<&mut dyn Files, PrimitiveError>;
    /// The console, if granted.
    fn console(&mut self) -> Result<&mut dyn Console, PrimitiveError>;
}

/// How much a message to the console matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// Ordinary output, on standard output.
    Info,
    /// A warning or an error, on standard error.
    Error,
}

/// Messages for the person who runs the VM.
pub trait Console {
    /// Prints a line.
    fn print_line(&mut self, level: Level, text: &[u8]) -> Result<(), OsError>;
}

/// A file that the host has open for the plugin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct FileId(pub u32);

/// What may happen when a file to be opened is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Create {
    /// Opening fails.
    Never,
    /// It is made.
    IfMissing,
    /// It is made, and opening fails if it is there.
    New,
}

/// How to open a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Open {
    /// It will be read.
    pub read: bool,
    /// It will be written; what is in it stays.
    pub write: bool,
    /// What if it is missing.
    pub create: Create,
}

/// What a file descriptor is connected to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A terminal.
    Terminal,
    /// A pipe.
    Pipe,
    /// Anything else.
    File,
}

/// A position to go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seek {
    /// Bytes from the start.
    Start(u64),
    /// Bytes from where the file stands.
    Current(i64),
    /// Bytes from the end.
    End(i64),
}

/// What the file system says about a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Metadata {
    /// When its attributes last changed, in seconds since 1970, UTC.
    pub changed: i64,
    /// Seconds that local time was ahead of UTC then.
    pub changed_offset: i64,
    /// When its contents last changed, in seconds since 1970, UTC.
    pub modified: i64,
    /// Seconds that local time was ahead of UTC then.
    pub modified_offset: i64,
    /// It is a directory.
    pub is_dir: bool,
    /// It is a symbolic link that leads nowhere.
    pub is_symlink: bool,
    /// Bytes in it.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
}

/// Files and directories. Paths are bytes as the operating system has them.
///
/// Nothing here is buffered except standard output, which the host writes out when the buffer is full, at a line's end on a
/// terminal, when it is told to, and when the VM ends.
pub trait Files {
    /// Opens a file.
    fn open(&mut self, path: &[u8], how: Open) -> Result<FileId, OsError>;
    /// Standard input (0), output (1) or error (2), and what it is; `None` where there is none.
    fn stdio(&mut self, number: usize) -> Option<(FileId, FileKind)>;
    /// What the process's file descriptor `number` is connected to.
    fn descriptor_kind(&mut self, number: i64) -> Result<FileKind, OsError>;
    /// A file for the process's file descriptor `number`.
    fn attach(&mut self, number: i64, writable: bool) -> Result<FileId, OsError>;
    /// Closes a file; it is gone also if that fails.
    fn close(&mut self, file: FileId) -> Result<(), OsError>;
    /// Reads at most as much as fits; 0 at the end.
    fn read(&mut self, file: FileId, into: &mut [u8]) -> Result<usize, OsError>;
    /// Writes all of it.
    fn write(&mut self, file: FileId, bytes: &[u8]) -> Result<(), OsError>;
    /// Writes out what the host buffers.
    fn flush(&mut self, file: FileId) -> Result<(), OsError>;
    /// Makes what was written durable.
    fn sync(&mut self, file: FileId) -> Result<(), OsError>;
    /// Moves to a position, which it answers.
    fn seek(&mut self, file: FileId, to: Seek) -> Result<u64, OsError>;
    /// Cuts or extends.
    fn set_len(&mut self, file: FileId, len: u64) -> Result<(), OsError>;
    /// Deletes a file or an empty directory.
    fn remove(&mut self, path: &[u8]) -> Result<(), OsError>;
    /// Renames a file or directory.
    fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), OsError>;
    /// Makes a directory.
    fn create_dir(&mut self, path: &[u8]) -> Result<(), OsError>;
    /// Deletes an empty directory.
    fn remove_dir(&mut self, path: &[u8]) -> Result<(), OsError>;
    /// The names in a directory, `.` and `..` left out, in the file system's order.
    fn dir_names(&mut self, path: &[u8]) -> Result<Vec<Vec<u8>>, OsError>;
    /// What is known about a file; through symbolic links, but about the link itself where it leads nowhere.
    fn metadata(&mut self, path: &[u8]) -> Result<Metadata, OsError>;
    /// The directory that relative paths start from.
    fn current_dir(&mut self) -> Result<Vec<u8>, OsError>;
}
