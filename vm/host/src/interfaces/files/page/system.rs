//! What the file system of a page does, which the JavaScript host has: the counterpart of `system.rs` beside this folder.

mod file;
mod js;

use super::super::stdio::Kind;
use super::EBADF;
use super::how::How;
use super::roots::Place;
pub(super) use file::File;
use js::At;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// It leads out of the directory.
const EXDEV: i32 = 18;
/// Text that is no UTF-8.
const EILSEQ: i32 = 84;

/// A directory that was granted.
#[derive(Clone, Debug)]
pub(super) struct Dir(String);

/// An error of the operating system.
fn no<T>(number: i32) -> io::Result<T> {
    Err(io::Error::from_raw_os_error(number))
}

fn text(path: &Path) -> io::Result<&str> {
    path.to_str().map_or_else(|| no(EILSEQ), Ok)
}

/// The path that bytes of an image mean.
pub(super) fn path_of(bytes: &[u8]) -> io::Result<&Path> {
    std::str::from_utf8(bytes).map(Path::new).or_else(|_| no(EILSEQ))
}

/// Opens a directory that was granted.
pub(super) fn open_root(host: &Path) -> io::Result<Dir> {
    let host = text(host)?;
    js::stat(At { root: host, path: "." }, true)?;
    Ok(Dir(host.into()))
}

/// True for the error of the host for paths that lead out of a directory.
pub(super) fn leads_out(error: &io::Error) -> bool {
    error.raw_os_error() == Some(EXDEV)
}

/// Does something at a place.
fn at<T>(place: &Place<'_>, work: impl FnOnce(At<'_>) -> io::Result<T>) -> io::Result<T> {
    match place {
        Place::Whole(path) => work(At { root: "/", path: text(path)? }),
        Place::In(dir, path) => work(At { root: &dir.0, path: text(path)? }),
    }
}

/// Opens a file. A directory is none.
pub(super) fn open(place: Place<'_>, how: How) -> io::Result<File> {
    at(&place, |at| js::open(at, how.flags()).map(|file| File::of(file, how.append)))
}

/// How much there is at the most from a position on; none where that cannot be said.
pub(super) fn rest_of(file: &File, at: u64) -> io::Result<Option<u64>> {
    Ok(file.size()?.map(|size| size.saturating_sub(at)))
}

/// Reads at a position, and leaves that of the file as it is.
pub(super) fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    file.read_at(into, at)
}

/// Writes all at a position, and leaves that of the file as it is.
pub(super) fn write_all_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = file.write_at(bytes, at)?;
        bytes = &bytes[written..];
        at += written as u64;
    }
    Ok(())
}

/// A page has no descriptors but the standard streams.
pub(super) fn descriptor_kind(_descriptor: i64) -> io::Result<Kind> {
    no(EBADF)
}

/// A file for a standard stream.
pub(super) fn attach_stream(stream: usize) -> io::Result<File> {
    Ok(File::stream(stream))
}

/// A page has no descriptors but the standard streams.
pub(super) fn attach(_descriptor: i64, _writable: bool) -> io::Result<File> {
    no(EBADF)
}

/// Removes a file.
pub(super) fn remove(place: Place<'_>) -> io::Result<()> {
    at(&place, js::remove)
}

pub(super) fn create_dir(place: Place<'_>) -> io::Result<()> {
    at(&place, js::create_dir)
}

pub(super) fn remove_dir(place: Place<'_>) -> io::Result<()> {
    at(&place, js::remove_dir)
}

/// The names in a directory, at most so many.
pub(super) fn list(place: Place<'_>, most: usize) -> io::Result<Vec<OsString>> {
    let names = at(&place, js::list)?;
    Ok(names.split_terminator('\0').take(most).map(OsString::from).collect())
}

/// The 13 numbers of `metadata`, with 0 for whether writing is granted.
pub(super) fn metadata(place: Place<'_>, follow: bool) -> io::Result<[i64; 13]> {
    let found = at(&place, |at| js::stat(at, follow))?.map(|number| number as i64);
    let mut numbers = [0; 13];
    numbers[..11].copy_from_slice(&found[..11]);
    numbers[12] = found[11];
    Ok(numbers)
}

pub(super) fn set_mode(place: Place<'_>, mode: u32) -> io::Result<()> {
    at(&place, |at| js::set_mode(at, mode & 0o7777))
}

/// Sets the owner of what a path names, a link itself.
pub(super) fn set_owner(place: Place<'_>, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
    let id = |id: Option<u32>| id.map_or(-1.0, f64::from);
    at(&place, |at| js::set_owner(at, id(user), id(group)))
}

/// Sets the times of what a path names, a link itself.
pub(super) fn set_times(place: Place<'_>, accessed: i64, modified: i64) -> io::Result<()> {
    at(&place, |at| js::set_times(at, accessed, modified))
}

pub(super) fn read_link(place: Place<'_>) -> io::Result<PathBuf> {
    at(&place, js::read_link).map(PathBuf::from)
}

/// Makes a symbolic link. Where it leads is not looked at: who follows it is.
pub(super) fn make_link(target: &Path, place: Place<'_>) -> io::Result<()> {
    let target = text(target)?;
    at(&place, |at| js::make_link(target, at))
}

/// Where something is renamed from or to, kept while the other place is looked for.
#[derive(Debug)]
pub(super) struct Kept {
    root: String,
    path: String,
}

impl Kept {
    pub(super) fn of(place: Place<'_>) -> io::Result<Kept> {
        at(&place, |at| Ok(Kept { root: at.root.into(), path: at.path.into() }))
    }

    fn at(&self) -> At<'_> {
        At { root: &self.root, path: &self.path }
    }
}

pub(super) fn rename(from: Kept, to: Kept) -> io::Result<()> {
    js::rename(from.at(), to.at())
}
