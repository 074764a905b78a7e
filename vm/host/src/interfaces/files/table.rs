//! Open files by their numbers: 0, 1 and 2 are the standard streams, and each plugin's own files follow.

use super::super::arguments::Arguments;
use super::super::stdio::{Kind, Stdio, os_error};
use super::super::{Answer, Memory};
use super::EINVAL;
use super::roots::number;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::files as op;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileTypeExt;

/// The number of the first file that is no standard stream.
const FIRST: u32 = 3;
/// The most files that a plugin may have open.
const MOST: usize = 1024;

const EBADF: PrimitiveError = PrimitiveError::OperatingSystem(9);
/// Permission denied: the standard streams were not granted.
const EACCES: PrimitiveError = super::roots::EACCES;

/// A plugin's open files.
#[derive(Debug)]
pub(super) struct FileTable {
    stdio: bool,
    /// Standard streams that the plugin has closed, for itself.
    closed: [bool; 3],
    files: Vec<Option<File>>,
}

enum Opened<'a> {
    Stream(usize),
    File(&'a mut File),
}

impl FileTable {
    pub(super) fn new(stdio: bool) -> FileTable {
        FileTable { stdio, closed: [false; 3], files: Vec::new() }
    }

    pub(super) fn close_all(&mut self) {
        self.files.clear();
        self.closed = [false; 3];
    }

    /// That another file may be opened.
    pub(super) fn room(&self) -> Result<(), PrimitiveError> {
        if self.files.iter().flatten().count() < MOST { Ok(()) } else { Err(PrimitiveError::LimitExceeded) }
    }

    pub(super) fn add(&mut self, file: File) -> u32 {
        let place = self.files.iter().position(Option::is_none).unwrap_or_else(|| {
            self.files.push(None);
            self.files.len() - 1
        });
        self.files[place] = Some(file);
        FIRST + place as u32
    }

    fn opened(&mut self, file: u32) -> Result<Opened<'_>, PrimitiveError> {
        match file.checked_sub(FIRST) {
            None if !self.stdio => Err(EACCES),
            None if self.closed[file as usize] => Err(EBADF),
            None => Ok(Opened::Stream(file as usize)),
            Some(place) => self.files.get_mut(place as usize).and_then(Option::as_mut).map(Opened::File).ok_or(EBADF),
        }
    }

    /// The same file for another thread; standard streams have none.
    pub(super) fn clone_of(&mut self, file: u32) -> Result<File, PrimitiveError> {
        match self.opened(file)? {
            Opened::Stream(_) => Err(EBADF),
            Opened::File(file) => file.try_clone().map_err(number),
        }
    }

    pub(super) fn read(&mut self, file: u32, into: &mut [u8], stdio: &mut Stdio) -> Result<usize, PrimitiveError> {
        match self.opened(file)? {
            Opened::Stream(0) => stdio.read(into),
            Opened::Stream(_) => Err(EBADF),
            Opened::File(file) => loop {
                match file.read(into) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => return other.map_err(number),
                }
            },
        }
    }

    pub(super) fn write(&mut self, file: u32, bytes: &[u8], stdio: &mut Stdio) -> Result<(), PrimitiveError> {
        match self.opened(file)? {
            Opened::Stream(0) => Err(EBADF),
            Opened::Stream(stream) => stdio.write(stream, bytes),
            Opened::File(file) => file.write_all(bytes).map_err(number),
        }
    }

    fn close(&mut self, file: u32, stdio: &mut Stdio) -> Answer {
        match self.opened(file)? {
            Opened::Stream(stream) => {
                self.closed[stream] = true;
                if stream == 1 { stdio.flush().map(|()| 0) } else { Ok(0) }
            }
            Opened::File(_) => {
                self.files[(file - FIRST) as usize] = None;
                Ok(0)
            }
        }
    }

    fn flush(&mut self, file: u32, stdio: &mut Stdio) -> Result<(), PrimitiveError> {
        match self.opened(file)? {
            Opened::Stream(1) => stdio.flush(),
            _ => Ok(()),
        }
    }

    fn seek(&mut self, file: u32, whence: u32, by: i64, stdio: &mut Stdio) -> Answer {
        self.flush(file, stdio)?;
        let to = match whence {
            0 => SeekFrom::Start(u64::try_from(by).map_err(|_| EINVAL)?),
            1 => SeekFrom::Current(by),
            2 => SeekFrom::End(by),
            _ => return Err(PrimitiveError::BadArgument),
        };
        match self.opened(file)? {
            Opened::File(file) => file.seek(to).map_err(number),
            Opened::Stream(stream) => {
                let to = match to {
                    SeekFrom::Start(at) => rustix::fs::SeekFrom::Start(at),
                    SeekFrom::Current(by) => rustix::fs::SeekFrom::Current(by),
                    SeekFrom::End(by) => rustix::fs::SeekFrom::End(by),
                };
                rustix::fs::seek(Stdio::descriptor(stream).ok_or(EBADF)?, to).map_err(os_error)
            }
        }
    }

    fn set_len(&mut self, file: u32, len: i64, stdio: &mut Stdio) -> Answer {
        self.flush(file, stdio)?;
        let len = u64::try_from(len).map_err(|_| EINVAL)?;
        match self.opened(file)? {
            Opened::File(file) => file.set_len(len).map_err(number)?,
            Opened::Stream(stream) => rustix::fs::ftruncate(Stdio::descriptor(stream).ok_or(EBADF)?, len).map_err(os_error)?,
        }
        Ok(0)
    }

    fn sync(&mut self, file: u32, stdio: &mut Stdio) -> Answer {
        self.flush(file, stdio)?;
        match self.opened(file)? {
            Opened::File(file) => file.sync_all().map_err(number)?,
            Opened::Stream(stream) => rustix::fs::fsync(Stdio::descriptor(stream).ok_or(EBADF)?).map_err(os_error)?,
        }
        Ok(0)
    }

    /// A standard stream: its file plus 2^32 times its kind, 0 if it is closed.
    fn stdio(&self, number: u32) -> Answer {
        let stream = number as usize;
        match Stdio::descriptor(stream) {
            None => Err(PrimitiveError::BadArgument),
            Some(_) if !self.stdio => Err(EACCES),
            Some(_) if self.closed[stream] => Ok(u64::from(number)),
            Some(fd) => Ok(u64::from(number) | Stdio::kind(fd).map_or(0, |kind| kind as u64) << 32),
        }
    }

    fn descriptor_kind(&self, descriptor: i64) -> Answer {
        if !self.stdio {
            return Err(EACCES);
        }
        if let Some(fd) = usize::try_from(descriptor).ok().and_then(Stdio::descriptor) {
            return Stdio::kind(fd).map(|kind| kind as u64);
        }
        let path = format!("/dev/fd/{descriptor}");
        let ty = fs::metadata(&path).map_err(number)?.file_type();
        let target = fs::read_link(&path).unwrap_or_default();
        let terminal = ty.is_char_device() && (target.starts_with("/dev/pts") || target.starts_with("/dev/tty"));
        Ok(if ty.is_fifo() {
            Kind::Pipe
        } else if terminal {
            Kind::Terminal
        } else {
            Kind::File
        } as u64)
    }

    fn attach(&mut self, descriptor: i64, writable: bool, stdio: &mut Stdio) -> Answer {
        if !self.stdio {
            return Err(EACCES);
        }
        self.room()?;
        let file = match usize::try_from(descriptor).ok().and_then(Stdio::descriptor) {
            Some(fd) => {
                stdio.flush()?;
                File::from(rustix::io::dup(fd).map_err(os_error)?)
            }
            // Taking over a descriptor by its number alone could take it from who owns it; opening it again cannot.
            None => OpenOptions::new().read(!writable).write(writable).open(format!("/dev/fd/{descriptor}")).map_err(number)?,
        };
        Ok(u64::from(self.add(file)))
    }

    /// The functions about open files.
    pub(super) fn answer(&mut self, function: u32, a: Arguments<'_>, memory: &mut dyn Memory, stdio: &mut Stdio) -> Answer {
        let file = a.u32(0);
        match function {
            op::close => self.close(file, stdio),
            op::read => self.read(file, a.room(1, memory)?, stdio).map(|read| read as u64),
            op::write => self.write(file, a.data(1, memory)?, stdio).map(|()| 0),
            op::seek => self.seek(file, a.u32(1), a.i64(2), stdio),
            op::set_len => self.set_len(file, a.i64(1), stdio),
            op::flush => self.flush(file, stdio).map(|()| 0),
            op::sync => self.sync(file, stdio),
            op::stdio => self.stdio(file),
            op::descriptor_kind => self.descriptor_kind(a.i64(0)),
            op::attach => self.attach(a.i64(0), a.u32(1) != 0, stdio),
            _ => Err(PrimitiveError::Unsupported),
        }
    }
}
