//! An open file in a page: the host reads and writes at positions, and the position of each file is kept here.

use super::super::super::streams;
use super::js;
use super::{EBADF, no};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

/// Invalid argument.
const EINVAL: i32 = 22;
/// Positions that a float has exactly.
const MOST: u64 = 1 << 53;
/// The most bytes that the host is asked for at once.
const CHUNK: usize = 1 << 30;

/// An open file, or a standard stream as one.
#[derive(Debug)]
pub(in super::super) struct File {
    opened: Arc<Opened>,
    position: u64,
}

#[derive(Debug)]
enum Opened {
    /// A file of the host, and whether all is written at its end.
    File(i32, bool),
    Stream(usize),
}

impl Drop for Opened {
    fn drop(&mut self) {
        if let Opened::File(file, _) = self {
            // There is nobody to tell.
            let _ = js::close(*file);
        }
    }
}

/// A position for the host.
fn exact(position: u64) -> io::Result<f64> {
    if position <= MOST { Ok(position as f64) } else { no(EINVAL) }
}

impl File {
    /// A file that the host has opened.
    pub(super) fn of(file: i32, append: bool) -> File {
        File { opened: Arc::new(Opened::File(file, append)), position: 0 }
    }

    /// A standard stream.
    pub(super) fn stream(stream: usize) -> File {
        File { opened: Arc::new(Opened::Stream(stream)), position: 0 }
    }

    /// The same file once more.
    pub(in super::super) fn try_clone(&self) -> io::Result<File> {
        Ok(File { opened: Arc::clone(&self.opened), position: self.position })
    }

    /// Its size; none for a stream.
    pub(super) fn size(&self) -> io::Result<Option<u64>> {
        match *self.opened {
            Opened::File(file, _) => js::size(file).map(Some),
            Opened::Stream(_) => Ok(None),
        }
    }

    pub(super) fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let len = into.len().min(CHUNK);
        match *self.opened {
            Opened::File(file, _) => js::read(file, exact(at)?, &mut into[..len]),
            Opened::Stream(0) => streams::input(into),
            Opened::Stream(_) => no(EBADF),
        }
    }

    pub(super) fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        match *self.opened {
            Opened::File(file, _) => js::write(file, exact(at)?, &bytes[..bytes.len().min(CHUNK)]),
            Opened::Stream(0) => no(EBADF),
            Opened::Stream(stream) => streams::output(stream, bytes).map(|()| bytes.len()),
        }
    }

    /// Cuts or extends it.
    pub(in super::super) fn set_len(&self, len: u64) -> io::Result<()> {
        match *self.opened {
            Opened::File(file, _) => js::set_size(file, exact(len)?),
            Opened::Stream(stream) => streams::set_len(stream, len),
        }
    }

    /// Has the host make durable what was written.
    pub(in super::super) fn sync_all(&self) -> io::Result<()> {
        match *self.opened {
            Opened::File(file, _) => js::sync(file),
            Opened::Stream(stream) => streams::sync(stream),
        }
    }
}

impl Read for File {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.read_at(into, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.write_at(bytes, self.position)?;
        self.position = match *self.opened {
            Opened::File(file, true) => js::size(file)?,
            _ => self.position + written as u64,
        };
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let Opened::Stream(stream) = *self.opened {
            return streams::seek(stream, to);
        }
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.size()?.unwrap_or(0).checked_add_signed(by),
        };
        match to {
            Some(to) if to <= MOST => {
                self.position = to;
                Ok(to)
            }
            _ => no(EINVAL),
        }
    }
}
