//! `files`: files and directories that were granted, and standard streams.

use super::{Host, done, fitting, length, number, offset, whole};
use crate::host::files as host;
use crate::{Object, PrimitiveError};
use std::ops::BitOr;

/// Files and directories. Paths are bytes as the operating system has them, absolute or from the current directory; failures of the
/// system are [`PrimitiveError::OperatingSystem`]. What is open is closed when the plugin's instance ends.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    pub(super) host: Host<'a>,
}

/// A file that is open.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct File(u32);

/// A directory that is being listed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Listing(u32);

/// Reading or writing in the background.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Job(u32);

/// How to open a file, put together with `|`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Open(u32);

impl Open {
    /// To be read.
    pub const READ: Open = Open(1);
    /// To be written; what is in it stays.
    pub const WRITE: Open = Open(2);
    /// Made if it is missing.
    pub const CREATE: Open = Open(4);
    /// Made, and fails if it is there.
    pub const CREATE_NEW: Open = Open(8);
    /// Emptied.
    pub const TRUNCATE: Open = Open(16);
    /// Everything is written at the end.
    pub const APPEND: Open = Open(32);
}

impl BitOr for Open {
    type Output = Open;

    fn bitor(self, other: Open) -> Open {
        Open(self.0 | other.0)
    }
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

/// A standard stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stdio {
    /// Standard input.
    Input,
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// What a descriptor of the process is connected to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A terminal.
    Terminal,
    /// A pipe.
    Pipe,
    /// A file, or something else.
    File,
}

impl FileKind {
    fn decode(kind: u64) -> Result<Option<FileKind>, PrimitiveError> {
        Ok(match kind {
            0 => None,
            1 => Some(FileKind::Terminal),
            2 => Some(FileKind::Pipe),
            3 => Some(FileKind::File),
            _ => return Err(PrimitiveError::Internal),
        })
    }
}

/// What an entry of a directory is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileType {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A pipe, a socket, a device.
    Other,
}

/// What the file system says of a file. Times are seconds since 1970, UTC; -1 where the system does not know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metadata {
    /// Permission and type bits.
    pub mode: u32,
    /// The number of the file in its device.
    pub inode: u64,
    /// The device.
    pub device: u64,
    /// How many names it has.
    pub links: u64,
    /// The owner.
    pub user: u32,
    /// The group.
    pub group: u32,
    /// Bytes.
    pub size: u64,
    /// When it was last read.
    pub accessed: i64,
    /// When its contents last changed.
    pub modified: i64,
    /// When its attributes last changed.
    pub changed: i64,
    /// When it was made.
    pub created: i64,
    /// True if the host grants writing there.
    pub writable: bool,
    /// What it is.
    pub file_type: FileType,
}

impl Metadata {
    /// How many numbers of 8 bytes the host stores.
    const NUMBERS: usize = 13;

    fn decode(bytes: &[u8; Metadata::NUMBERS * 8]) -> Metadata {
        let number = |index: usize| {
            let bytes = bytes[index * 8..][..8].try_into().expect("8 bytes are 8 bytes");
            u64::from_ne_bytes(bytes)
        };
        Metadata {
            mode: number(0) as u32,
            inode: number(1),
            device: number(2),
            links: number(3),
            user: number(4) as u32,
            group: number(5) as u32,
            size: number(6),
            accessed: number(7) as i64,
            modified: number(8) as i64,
            changed: number(9) as i64,
            created: number(10) as i64,
            writable: number(11) != 0,
            file_type: match number(12) {
                1 => FileType::File,
                2 => FileType::Directory,
                3 => FileType::Link,
                _ => FileType::Other,
            },
        }
    }

    /// True for a directory.
    pub fn is_dir(&self) -> bool {
        self.file_type == FileType::Directory
    }
}

impl Files<'_> {
    /// Opens a file.
    pub fn open(self, path: &[u8], how: Open) -> Result<File, PrimitiveError> {
        number(host::open(self.host, path, how.0)).map(File)
    }

    /// Closes a file. It is gone also if that fails.
    pub fn close(self, file: File) -> Result<(), PrimitiveError> {
        done(host::close(self.host, file.0))
    }

    /// Reads at most as much as fits; 0 at the end.
    pub fn read(self, file: File, into: &mut [u8]) -> Result<usize, PrimitiveError> {
        length(host::read(self.host, file.0, into)?)
    }

    /// Writes all of it.
    pub fn write(self, file: File, bytes: &[u8]) -> Result<(), PrimitiveError> {
        done(host::write(self.host, file.0, bytes))
    }

    /// Reads at most `count` bytes into the data of an object, from a byte offset on, without a copy in the plugin; answers how many came.
    pub fn read_object(self, file: File, object: Object, byte_offset: usize, count: usize) -> Result<usize, PrimitiveError> {
        length(host::read_object(self.host, file.0, object.0, offset(byte_offset)?, offset(count)?)?)
    }

    /// Writes bytes of the data of an object, from a byte offset on; answers how many were written.
    pub fn write_object(self, file: File, object: Object, byte_offset: usize, count: usize) -> Result<usize, PrimitiveError> {
        length(host::write_object(self.host, file.0, object.0, offset(byte_offset)?, offset(count)?)?)
    }

    /// Moves to a position, which it answers, in bytes from the start.
    pub fn seek(self, file: File, to: Seek) -> Result<u64, PrimitiveError> {
        let (whence, offset) = match to {
            Seek::Start(offset) => (0, i64::try_from(offset).map_err(|_| PrimitiveError::BadArgument)?),
            Seek::Current(offset) => (1, offset),
            Seek::End(offset) => (2, offset),
        };
        host::seek(self.host, file.0, whence, offset)
    }

    /// Cuts or extends a file to so many bytes.
    pub fn set_len(self, file: File, len: u64) -> Result<(), PrimitiveError> {
        done(host::set_len(self.host, file.0, i64::try_from(len).map_err(|_| PrimitiveError::BadArgument)?))
    }

    /// Writes out what the host buffers.
    pub fn flush(self, file: File) -> Result<(), PrimitiveError> {
        done(host::flush(self.host, file.0))
    }

    /// Makes what was written durable.
    pub fn sync(self, file: File) -> Result<(), PrimitiveError> {
        done(host::sync(self.host, file.0))
    }

    /// A standard stream and what it is connected to; nothing where the process has none.
    pub fn stdio(self, stream: Stdio) -> Result<Option<(File, FileKind)>, PrimitiveError> {
        let answer = host::stdio(self.host, stream as u32)?;
        Ok(FileKind::decode(answer >> 32)?.map(|kind| (File(answer as u32), kind)))
    }

    /// What a descriptor of the process is connected to; nothing if it is not open.
    pub fn descriptor_kind(self, descriptor: i64) -> Result<Option<FileKind>, PrimitiveError> {
        FileKind::decode(host::descriptor_kind(self.host, descriptor)?)
    }

    /// A file for a descriptor that the process was started with.
    pub fn attach(self, descriptor: i64, writable: bool) -> Result<File, PrimitiveError> {
        number(host::attach(self.host, descriptor, u32::from(writable))).map(File)
    }

    /// Deletes a file.
    pub fn remove(self, path: &[u8]) -> Result<(), PrimitiveError> {
        done(host::remove(self.host, path))
    }

    /// Renames a file or directory.
    pub fn rename(self, from: &[u8], to: &[u8]) -> Result<(), PrimitiveError> {
        done(host::rename(self.host, from, to))
    }

    /// Makes a directory.
    pub fn create_dir(self, path: &[u8]) -> Result<(), PrimitiveError> {
        done(host::create_dir(self.host, path))
    }

    /// Deletes an empty directory.
    pub fn remove_dir(self, path: &[u8]) -> Result<(), PrimitiveError> {
        done(host::remove_dir(self.host, path))
    }

    /// Begins to list a directory.
    pub fn list(self, path: &[u8]) -> Result<Listing, PrimitiveError> {
        number(host::list(self.host, path)).map(Listing)
    }

    /// The next name of a listing, never `.` or `..`; nothing at the end.
    pub fn next_name(self, listing: Listing) -> Result<Option<Vec<u8>>, PrimitiveError> {
        let (mut room, len) = fitting(|room| host::next_name(self.host, listing.0, room))?;
        room.truncate(length(len)?);
        Ok((!room.is_empty()).then_some(room))
    }

    /// Ends a listing.
    pub fn close_list(self, listing: Listing) -> Result<(), PrimitiveError> {
        done(host::close_list(self.host, listing.0))
    }

    /// All names in a directory, in the order of the file system.
    pub fn names(self, path: &[u8]) -> Result<Vec<Vec<u8>>, PrimitiveError> {
        let listing = self.list(path)?;
        let names = std::iter::from_fn(|| self.next_name(listing).transpose()).collect();
        self.close_list(listing)?;
        names
    }

    /// What the system says of a file, or of the link itself if `follow` is false.
    pub fn metadata(self, path: &[u8], follow: bool) -> Result<Metadata, PrimitiveError> {
        let mut bytes = [0; Metadata::NUMBERS * 8];
        host::metadata(self.host, path, u32::from(follow), &mut bytes)?;
        Ok(Metadata::decode(&bytes))
    }

    /// Sets the permission bits.
    pub fn set_mode(self, path: &[u8], mode: u32) -> Result<(), PrimitiveError> {
        done(host::set_mode(self.host, path, mode))
    }

    /// Sets owner and group; nothing leaves one as it is.
    pub fn set_owner(self, path: &[u8], user: Option<u32>, group: Option<u32>) -> Result<(), PrimitiveError> {
        done(host::set_owner(self.host, path, user.unwrap_or(u32::MAX), group.unwrap_or(u32::MAX)))
    }

    /// Sets times, in seconds since 1970, UTC.
    pub fn set_times(self, path: &[u8], accessed: i64, modified: i64) -> Result<(), PrimitiveError> {
        done(host::set_times(self.host, path, accessed, modified))
    }

    /// Where a symbolic link leads.
    pub fn read_link(self, path: &[u8]) -> Result<Vec<u8>, PrimitiveError> {
        whole(|room| host::read_link(self.host, path, room))
    }

    /// Makes a symbolic link at `path` that leads to `target`.
    pub fn make_link(self, target: &[u8], path: &[u8]) -> Result<(), PrimitiveError> {
        done(host::make_link(self.host, target, path))
    }

    /// The directory that relative paths start from.
    pub fn current_dir(self) -> Result<Vec<u8>, PrimitiveError> {
        whole(|room| host::current_dir(self.host, room))
    }

    /// Begins to read `count` bytes at a position in the background; an external semaphore, if one is given, is signalled at the end.
    pub fn start_read(self, file: File, position: u64, count: usize, semaphore: Option<u32>) -> Result<Job, PrimitiveError> {
        let position = i64::try_from(position).map_err(|_| PrimitiveError::BadArgument)?;
        number(host::start_read(self.host, file.0, position, offset(count)?, semaphore.unwrap_or(0))).map(Job)
    }

    /// Begins to write bytes at a position in the background.
    pub fn start_write(self, file: File, position: u64, bytes: &[u8], semaphore: Option<u32>) -> Result<Job, PrimitiveError> {
        let position = i64::try_from(position).map_err(|_| PrimitiveError::BadArgument)?;
        number(host::start_write(self.host, file.0, position, bytes, semaphore.unwrap_or(0))).map(Job)
    }

    /// What a job did: copies what it read, as much as fits, answers how many bytes it read or wrote, and forgets it. Its failure if it
    /// failed; [`PrimitiveError::Inappropriate`] while it runs.
    pub fn job_result(self, job: Job, into: &mut [u8]) -> Result<usize, PrimitiveError> {
        length(host::job_result(self.host, job.0, into)?)
    }
}
