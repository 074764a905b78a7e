//! What the operating system does with files: each function in the whole file system by `std`, in a directory by `cap-std`.
//!
//! `page/system.rs` has the same for a page. Nothing else of the interface knows which of the two it is.

use super::super::stdio::Kind;
use super::super::streams;
use super::how::How;
use super::roots::Place;
use cap_std::ambient_authority;
pub(super) use cap_std::fs::Dir;
use cap_std::fs::{MetadataExt as _, PermissionsExt as _};
use rustix::fs::{AtFlags, Gid, Timespec, Timestamps, Uid, chownat, utimensat};
use std::ffi::{OsStr, OsString};
pub(super) use std::fs::File;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Is a directory.
const EISDIR: i32 = 21;

/// The path that bytes of an image mean.
pub(super) fn path_of(bytes: &[u8]) -> io::Result<&Path> {
    Ok(Path::new(OsStr::from_bytes(bytes)))
}

/// Opens a directory that was granted.
pub(super) fn open_root(host: &Path) -> io::Result<Dir> {
    Dir::open_ambient_dir(host, ambient_authority())
}

/// True for the error of `cap-std` for paths that lead out of a directory. The system has no number for it.
pub(super) fn leads_out(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none()
}

macro_rules! options {
    ($options:expr, $how:expr) => {
        $options
            .read($how.read)
            .write($how.write && !$how.append)
            .append($how.append)
            .create($how.create)
            .create_new($how.create_new)
            .truncate($how.truncate)
    };
}

/// Opens a file. A directory is none.
pub(super) fn open(place: Place<'_>, how: How) -> io::Result<File> {
    let file = match place {
        Place::Whole(path) => options!(OpenOptions::new(), how).open(path),
        Place::In(dir, path) => {
            dir.open_with(path, options!(cap_std::fs::OpenOptions::new(), how)).map(cap_std::fs::File::into_std)
        }
    }?;
    // To read the system also opens directories.
    if !how.write && file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err(io::Error::from_raw_os_error(EISDIR));
    }
    Ok(file)
}

/// How much there is at the most from a position on; none where that cannot be said.
pub(super) fn rest_of(file: &File, at: u64) -> io::Result<Option<u64>> {
    let about = file.metadata()?;
    Ok(about.is_file().then(|| about.len().saturating_sub(at)))
}

/// Reads at a position, and leaves that of the file as it is.
pub(super) fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    file.read_at(into, at)
}

/// Writes all at a position, and leaves that of the file as it is.
pub(super) fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    file.write_all_at(bytes, at)
}

/// What a descriptor is connected to that is no standard stream.
pub(super) fn descriptor_kind(descriptor: i64) -> io::Result<Kind> {
    let path = format!("/dev/fd/{descriptor}");
    let ty = fs::metadata(&path)?.file_type();
    let target = fs::read_link(&path).unwrap_or_default();
    let terminal = ty.is_char_device() && (target.starts_with("/dev/pts") || target.starts_with("/dev/tty"));
    Ok(if ty.is_fifo() {
        Kind::Pipe
    } else if terminal {
        Kind::Terminal
    } else {
        Kind::File
    })
}

/// A file for a standard stream.
pub(super) fn attach_stream(stream: usize) -> io::Result<File> {
    Ok(File::from(rustix::io::dup(streams::descriptor(stream)?)?))
}

/// A file for a descriptor that the process was started with.
pub(super) fn attach(descriptor: i64, writable: bool) -> io::Result<File> {
    // Taking over a descriptor by its number alone could take it from who owns it; opening it again cannot.
    OpenOptions::new().read(!writable).write(writable).open(format!("/dev/fd/{descriptor}"))
}

/// Removes a file. What happens to a directory is the system's business.
pub(super) fn remove(place: Place<'_>) -> io::Result<()> {
    match place {
        Place::Whole(path) => fs::remove_file(path),
        Place::In(dir, path) => dir.remove_file(path),
    }
}

pub(super) fn create_dir(place: Place<'_>) -> io::Result<()> {
    match place {
        Place::Whole(path) => fs::create_dir(path),
        Place::In(dir, path) => dir.create_dir(path),
    }
}

pub(super) fn remove_dir(place: Place<'_>) -> io::Result<()> {
    match place {
        Place::Whole(path) => fs::remove_dir(path),
        Place::In(dir, path) => dir.remove_dir(path),
    }
}

/// The names in a directory, at most so many.
pub(super) fn list(place: Place<'_>, most: usize) -> io::Result<Vec<OsString>> {
    match place {
        Place::Whole(path) => fs::read_dir(path)?.take(most).map(|entry| Ok(entry?.file_name())).collect(),
        Place::In(dir, path) => dir.read_dir(path)?.take(most).map(|entry| Ok(entry?.file_name())).collect(),
    }
}

macro_rules! numbers {
    ($about:expr, $std:expr) => {{
        let about = $about;
        let created = about.created().ok().and_then(|time| seconds($std(time)));
        let ty = about.file_type();
        let kind = if ty.is_file() {
            1
        } else if ty.is_dir() {
            2
        } else if ty.is_symlink() {
            3
        } else {
            4
        };
        [
            i64::from(about.mode()),
            about.ino().cast_signed(),
            about.dev().cast_signed(),
            about.nlink().cast_signed(),
            i64::from(about.uid()),
            i64::from(about.gid()),
            about.size().cast_signed(),
            about.atime(),
            about.mtime(),
            about.ctime(),
            created.unwrap_or(-1),
            0,
            kind,
        ]
    }};
}

/// The 13 numbers of `metadata`, with 0 for whether writing is granted.
pub(super) fn metadata(place: Place<'_>, follow: bool) -> io::Result<[i64; 13]> {
    Ok(match place {
        Place::Whole(path) if follow => numbers!(fs::metadata(path)?, std::convert::identity),
        Place::Whole(path) => numbers!(fs::symlink_metadata(path)?, std::convert::identity),
        Place::In(dir, path) if follow => numbers!(dir.metadata(path)?, cap_std::time::SystemTime::into_std),
        Place::In(dir, path) => numbers!(dir.symlink_metadata(path)?, cap_std::time::SystemTime::into_std),
    })
}

fn seconds(time: std::time::SystemTime) -> Option<i64> {
    time.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs().try_into().ok()
}

pub(super) fn set_mode(place: Place<'_>, mode: u32) -> io::Result<()> {
    let mode = mode & 0o7777;
    match place {
        Place::Whole(path) => fs::set_permissions(path, fs::Permissions::from_mode(mode)),
        Place::In(dir, path) => dir.set_permissions(path, cap_std::fs::Permissions::from_mode(mode)),
    }
}

/// Sets the owner of what a path names, a link itself.
pub(super) fn set_owner(place: Place<'_>, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
    let (user, group) = (user.map(Uid::from_raw), group.map(Gid::from_raw));
    with_parent(place, |dir, name| Ok(chownat(dir, name, user, group, AtFlags::SYMLINK_NOFOLLOW)?))
}

/// Sets the times of what a path names, a link itself.
pub(super) fn set_times(place: Place<'_>, accessed: i64, modified: i64) -> io::Result<()> {
    let at = |seconds| Timespec { tv_sec: seconds, tv_nsec: 0 };
    let times = Timestamps { last_access: at(accessed), last_modification: at(modified) };
    with_parent(place, |dir, name| Ok(utimensat(dir, name, &times, AtFlags::SYMLINK_NOFOLLOW)?))
}

/// Does something to a name in its directory, which is opened first: what happens to the way there does not matter any more.
fn with_parent(place: Place<'_>, work: impl FnOnce(std::os::fd::BorrowedFd<'_>, &Path) -> io::Result<()>) -> io::Result<()> {
    let split = |path: &Path| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => (parent.to_path_buf(), PathBuf::from(name)),
        _ => (path.to_path_buf(), PathBuf::from(".")),
    };
    match place {
        Place::Whole(path) => {
            let (parent, name) = split(&path);
            work(File::open(parent)?.as_fd(), &name)
        }
        Place::In(dir, path) => {
            let (parent, name) = split(&path);
            let parent = if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent };
            work(dir.open_dir(parent)?.as_fd(), &name)
        }
    }
}

pub(super) fn read_link(place: Place<'_>) -> io::Result<PathBuf> {
    match place {
        Place::Whole(path) => fs::read_link(path),
        Place::In(dir, path) => dir.read_link_contents(path),
    }
}

/// Makes a symbolic link. Where it leads is not looked at: who follows it is.
pub(super) fn make_link(target: &Path, place: Place<'_>) -> io::Result<()> {
    match place {
        Place::Whole(path) => std::os::unix::fs::symlink(target, path),
        Place::In(dir, path) => dir.symlink_contents(target, path),
    }
}

/// Where something is renamed from or to, kept while the other place is looked for.
#[derive(Debug)]
pub(super) enum Kept {
    Whole(PathBuf),
    In(Dir, PathBuf),
}

impl Kept {
    pub(super) fn of(place: Place<'_>) -> io::Result<Kept> {
        Ok(match place {
            Place::Whole(path) => Kept::Whole(path),
            Place::In(dir, path) => Kept::In(dir.try_clone()?, path),
        })
    }

    /// The same in a directory of the system, to be renamed from one into the other.
    fn in_dir(self) -> io::Result<(Dir, PathBuf)> {
        match self {
            Kept::In(dir, path) => Ok((dir, path)),
            Kept::Whole(path) => {
                let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
                let parent = path.parent().unwrap_or(Path::new("/"));
                Ok((open_root(parent)?, PathBuf::from(name)))
            }
        }
    }
}

pub(super) fn rename(from: Kept, to: Kept) -> io::Result<()> {
    match (from, to) {
        (Kept::Whole(from), Kept::Whole(to)) => fs::rename(from, to),
        (from, to) => from.in_dir().and_then(|(dir, from)| {
            let (to_dir, to) = to.in_dir()?;
            dir.rename(from, &to_dir, to)
        }),
    }
}
