//! Files and directories of the machine.

use super::stdio::{Stdio, os_error};
use crate::local_time::LocalTime;
use osvm_plugin_sdk::classic::{Create, FileId, FileKind, Files, Metadata, Open, OsError, Seek, Slab};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek as _, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// Number of the first file that is not a standard stream.
const FIRST_FILE: u32 = 3;
const EBADF: OsError = OsError(9);

/// All files, as the process may reach them.
#[derive(Default)]
pub(crate) struct Disk {
    pub(crate) stdio: Stdio,
    stdio_closed: [bool; 3],
    files: Slab<File>,
    local_time: LocalTime,
}

/// What a [`FileId`] is.
enum Opened<'a> {
    Stream(usize),
    File(&'a mut File),
}

impl Disk {
    fn opened(&mut self, file: FileId) -> Result<(Opened<'_>, &mut Stdio), OsError> {
        let opened = if file.0 < FIRST_FILE {
            Opened::Stream(file.0 as usize)
        } else {
            Opened::File(self.files.get_mut(file.0 - FIRST_FILE).ok_or(EBADF)?)
        };
        match opened {
            Opened::Stream(number) if self.stdio_closed[number] => Err(EBADF),
            opened => Ok((opened, &mut self.stdio)),
        }
    }

    fn insert(&mut self, file: File) -> FileId {
        FileId(self.files.insert(file) + FIRST_FILE)
    }
}

impl Files for Disk {
    fn open(&mut self, path: &[u8], how: Open) -> Result<FileId, OsError> {
        let mut options = OpenOptions::new();
        options.read(how.read).write(how.write).create(how.create == Create::IfMissing).create_new(how.create == Create::New);
        let file = options.open(as_path(path)).map_err(number)?;
        // Where a file is only read the system also opens directories.
        if !how.write && file.metadata().is_ok_and(|m| m.is_dir()) {
            return Err(OsError(21));
        }
        Ok(self.insert(file))
    }

    fn stdio(&mut self, number: usize) -> Option<(FileId, FileKind)> {
        if *self.stdio_closed.get(number)? {
            return None;
        }
        let kind = Stdio::kind(Stdio::descriptor(number)?).ok()?;
        Some((FileId(number as u32), kind))
    }

    fn descriptor_kind(&mut self, descriptor: i64) -> Result<FileKind, OsError> {
        if let Some(fd) = usize::try_from(descriptor).ok().and_then(Stdio::descriptor) {
            return Stdio::kind(fd);
        }
        let path = format!("/dev/fd/{descriptor}");
        let about = fs::metadata(&path).map_err(number)?;
        let target = fs::read_link(&path).unwrap_or_default();
        Ok(if about.file_type().is_fifo() {
            FileKind::Pipe
        } else if about.file_type().is_char_device() && (target.starts_with("/dev/pts") || target.starts_with("/dev/tty")) {
            FileKind::Terminal
        } else {
            FileKind::File
        })
    }

    fn attach(&mut self, descriptor: i64, writable: bool) -> Result<FileId, OsError> {
        let file = match usize::try_from(descriptor).ok().and_then(Stdio::descriptor) {
            Some(fd) => {
                self.stdio.flush()?;
                File::from(rustix::io::dup(fd).map_err(os_error)?)
            }
            // Taking over a descriptor by its number alone could take it from who owns it; opening it again cannot.
            None => OpenOptions::new().read(!writable).write(writable).open(format!("/dev/fd/{descriptor}")).map_err(number)?,
        };
        Ok(self.insert(file))
    }

    fn close(&mut self, file: FileId) -> Result<(), OsError> {
        match self.opened(file)? {
            (Opened::Stream(number), stdio) => {
                let flushed = if number == 1 { stdio.flush() } else { Ok(()) };
                self.stdio_closed[number] = true;
                flushed
            }
            (Opened::File(_), _) => {
                self.files.remove(file.0 - FIRST_FILE);
                Ok(())
            }
        }
    }

    fn read(&mut self, file: FileId, into: &mut [u8]) -> Result<usize, OsError> {
        match self.opened(file)? {
            (Opened::Stream(0), stdio) => stdio.read(into),
            (Opened::Stream(_), _) => Err(EBADF),
            (Opened::File(file), _) => loop {
                match file.read(into) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => return other.map_err(number),
                }
            },
        }
    }

    fn write(&mut self, file: FileId, bytes: &[u8]) -> Result<(), OsError> {
        match self.opened(file)? {
            (Opened::Stream(0), _) => Err(EBADF),
            (Opened::Stream(number), stdio) => stdio.write(number, bytes),
            (Opened::File(file), _) => file.write_all(bytes).map_err(number),
        }
    }

    fn flush(&mut self, file: FileId) -> Result<(), OsError> {
        match self.opened(file)? {
            (Opened::Stream(1), stdio) => stdio.flush(),
            _ => Ok(()),
        }
    }

    fn sync(&mut self, file: FileId) -> Result<(), OsError> {
        self.flush(file)?;
        match self.opened(file)? {
            (Opened::Stream(number), _) => rustix::fs::fsync(Stdio::descriptor(number).ok_or(EBADF)?).map_err(os_error),
            (Opened::File(file), _) => file.sync_all().map_err(number),
        }
    }

    fn seek(&mut self, file: FileId, to: Seek) -> Result<u64, OsError> {
        self.flush(file)?;
        match self.opened(file)? {
            (Opened::Stream(number), _) => {
                let to = match to {
                    Seek::Start(at) => rustix::fs::SeekFrom::Start(at),
                    Seek::Current(by) => rustix::fs::SeekFrom::Current(by),
                    Seek::End(by) => rustix::fs::SeekFrom::End(by),
                };
                rustix::fs::seek(Stdio::descriptor(number).ok_or(EBADF)?, to).map_err(os_error)
            }
            (Opened::File(file), _) => file
                .seek(match to {
                    Seek::Start(at) => io::SeekFrom::Start(at),
                    Seek::Current(by) => io::SeekFrom::Current(by),
                    Seek::End(by) => io::SeekFrom::End(by),
                })
                .map_err(number),
        }
    }

    fn set_len(&mut self, file: FileId, len: u64) -> Result<(), OsError> {
        self.flush(file)?;
        match self.opened(file)? {
            (Opened::Stream(number), _) => rustix::fs::ftruncate(Stdio::descriptor(number).ok_or(EBADF)?, len).map_err(os_error),
            (Opened::File(file), _) => file.set_len(len).map_err(number),
        }
    }

    fn remove(&mut self, path: &[u8]) -> Result<(), OsError> {
        let path = as_path(path);
        match fs::remove_file(path) {
            Err(_) if path.is_dir() => fs::remove_dir(path).map_err(number),
            other => other.map_err(number),
        }
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), OsError> {
        fs::rename(as_path(from), as_path(to)).map_err(number)
    }

    fn create_dir(&mut self, path: &[u8]) -> Result<(), OsError> {
        fs::create_dir(as_path(path)).map_err(number)
    }

    fn remove_dir(&mut self, path: &[u8]) -> Result<(), OsError> {
        fs::remove_dir(as_path(path)).map_err(number)
    }

    fn dir_names(&mut self, path: &[u8]) -> Result<Vec<Vec<u8>>, OsError> {
        let entries = fs::read_dir(as_path(path)).map_err(number)?;
        entries.map(|entry| entry.map(|e| e.file_name().into_vec()).map_err(number)).collect()
    }

    fn metadata(&mut self, path: &[u8]) -> Result<Metadata, OsError> {
        let path = as_path(path);
        let about = fs::metadata(path).or_else(|_| fs::symlink_metadata(path)).map_err(number)?;
        Ok(Metadata {
            changed: about.ctime(),
            changed_offset: self.local_time.offset_at(about.ctime()),
            modified: about.mtime(),
            modified_offset: self.local_time.offset_at(about.mtime()),
            is_dir: about.is_dir(),
            is_symlink: about.is_symlink(),
            size: about.len(),
            mode: about.mode(),
        })
    }

    fn current_dir(&mut self) -> Result<Vec<u8>, OsError> {
        Ok(std::env::current_dir().map_err(number)?.into_os_string().into_vec())
    }
}

fn as_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

/// The number of an error; EINVAL for what the library refused itself, such as a NUL in a path.
fn number(error: io::Error) -> OsError {
    OsError(error.raw_os_error().unwrap_or(22))
}
