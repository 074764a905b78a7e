//! Open files by their numbers: 0, 1 and 2 are the standard streams, and each plugin's own files follow.

use super::super::arguments::Arguments;
use super::super::stdio::Stdio;
use super::super::{Answer, Memory, streams};
use super::EINVAL;
use super::roots::number;
use super::system::{self, File};
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::files as op;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// The number of the first file that is no standard stream.
const FIRST: u32 = 3;
/// The most files that a plugin may have open.
const MOST: usize = 1024;

/// How many standard streams there are.
const STREAMS: u32 = FIRST;

const EBADF: PrimitiveError = PrimitiveError::OperatingSystem(super::EBADF);
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
            Opened::File(file) => file.seek(to),
            Opened::Stream(stream) => streams::seek(stream, to),
        }
        .map_err(number)
    }

    fn set_len(&mut self, file: u32, len: i64, stdio: &mut Stdio) -> Answer {
        self.flush(file, stdio)?;
        let len = u64::try_from(len).map_err(|_| EINVAL)?;
        match self.opened(file)? {
            Opened::File(file) => file.set_len(len),
            Opened::Stream(stream) => streams::set_len(stream, len),
        }
        .map(|()| 0)
        .map_err(number)
    }

    fn sync(&mut self, file: u32, stdio: &mut Stdio) -> Answer {
        self.flush(file, stdio)?;
        match self.opened(file)? {
            Opened::File(file) => file.sync_all(),
            Opened::Stream(stream) => streams::sync(stream),
        }
        .map(|()| 0)
        .map_err(number)
    }

    /// A standard stream: its file plus 2^32 times its kind, 0 if it is closed.
    fn stdio(&self, stream: u32) -> Answer {
        if stream >= STREAMS {
            return Err(PrimitiveError::BadArgument);
        }
        if !self.stdio {
            return Err(EACCES);
        }
        let is_closed = self.closed[stream as usize];
        let kind = if is_closed { 0 } else { streams::kind(stream as usize).map_or(0, |kind| kind as u64) };
        Ok(u64::from(stream) | kind << 32)
    }

    fn descriptor_kind(&self, descriptor: i64) -> Answer {
        if !self.stdio {
            return Err(EACCES);
        }
        let kind = match stream_of(descriptor) {
            Some(stream) => streams::kind(stream),
            None => system::descriptor_kind(descriptor),
        };
        kind.map(|kind| kind as u64).map_err(number)
    }

    fn attach(&mut self, descriptor: i64, writable: bool, stdio: &mut Stdio) -> Answer {
        if !self.stdio {
            return Err(EACCES);
        }
        self.room()?;
        let file = match stream_of(descriptor) {
            Some(stream) => {
                stdio.flush()?;
                system::attach_stream(stream)
            }
            None => system::attach(descriptor, writable),
        };
        Ok(u64::from(self.add(file.map_err(number)?)))
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

/// The standard stream of a descriptor, if it is one.
fn stream_of(descriptor: i64) -> Option<usize> {
    usize::try_from(descriptor).ok().filter(|stream| *stream < STREAMS as usize)
}
