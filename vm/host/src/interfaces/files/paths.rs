//! Functions about paths: each done in the whole file system by `std`, in a directory by `cap-std`.

use super::roots::{Place, number};
use cap_std::fs::{Dir, MetadataExt as _, PermissionsExt as _};
use osvm_plugin_sdk::abi::PrimitiveError;
use rustix::fs::{AtFlags, Gid, Timespec, Timestamps, Uid, chownat, utimensat};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// How a file is opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    pub(super) read: bool,
    pub(super) write: bool,
    create: bool,
    create_new: bool,
    truncate: bool,
    append: bool,
}

impl How {
    /// What the flags of `open` say; none if they say nothing or contradict each other.
    pub(super) fn of(flags: u32) -> Option<How> {
        let bit = |bit: u32| flags & bit != 0;
        let how =
            How { read: bit(1), write: bit(2) || bit(32), create: bit(4), create_new: bit(8), truncate: bit(16), append: bit(32) };
        let changes = how.create || how.create_new || how.truncate;
        (flags < 64 && (how.read || how.write) && (how.write || !changes) && !(how.append && how.truncate)).then_some(how)
    }

    /// True if something may be changed by it.
    pub(super) fn changes(self) -> bool {
        self.write
    }
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

pub(super) fn open(place: Place<'_>, how: How) -> io::Result<File> {
    match place {
        Place::Whole(path) => options!(fs::OpenOptions::new(), how).open(path),
        Place::In(dir, path) => {
            dir.open_with(path, options!(cap_std::fs::OpenOptions::new(), how)).map(cap_std::fs::File::into_std)
        }
    }
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
                Ok((Dir::open_ambient_dir(parent, cap_std::ambient_authority())?, PathBuf::from(name)))
            }
        }
    }
}

pub(super) fn rename(from: Kept, to: Kept) -> Result<(), PrimitiveError> {
    let renamed = match (from, to) {
        (Kept::Whole(from), Kept::Whole(to)) => fs::rename(from, to),
        (from, to) => from.in_dir().and_then(|(dir, from)| {
            let (to_dir, to) = to.in_dir()?;
            dir.rename(from, &to_dir, to)
        }),
    };
    renamed.map_err(number)
}
