//! Where paths lead: the directories that were granted, and nothing else.
//!
//! A path is taken apart by its text, `..` too, and belongs to the grants whose `guest` it begins with. Those with the longest are tried first;
//! below it the system opens it (`system`), so that neither `..` nor a symbolic link nor a race leads out. What a link leads out of
//! goes to the next shorter grant, if there is one. The whole file system, granted as it is, needs no such care.

use super::system::{self, Dir};
use crate::config::{FileGrant, clean};
use crate::world;
use osvm_plugin_sdk::abi::PrimitiveError;
use std::io;
use std::path::{Path, PathBuf};

/// Permission denied.
pub(super) const EACCES: PrimitiveError = PrimitiveError::OperatingSystem(13);
const ENOENT: PrimitiveError = PrimitiveError::OperatingSystem(2);
const EINVAL: PrimitiveError = PrimitiveError::OperatingSystem(22);

/// A granted directory.
#[derive(Debug)]
pub(super) struct Root {
    guest: PathBuf,
    host: PathBuf,
    pub(super) write: bool,
    /// Opened when it is first used.
    dir: Option<Dir>,
}

/// What a path means below a root.
#[derive(Debug)]
pub(super) enum Place<'a> {
    /// A path of the system as it is.
    Whole(PathBuf),
    /// A path in a directory; `.` for the directory itself.
    In(&'a Dir, PathBuf),
}

/// The granted directories, those with the longest guest first.
#[derive(Debug, Default)]
pub(super) struct Roots {
    roots: Vec<Root>,
}

impl Roots {
    pub(super) fn new(grants: &[FileGrant]) -> Roots {
        let root = |grant: &FileGrant| Root { guest: clean(&grant.guest), host: grant.host.clone(), write: grant.write, dir: None };
        let mut roots: Vec<Root> = grants.iter().map(root).collect();
        roots.sort_by_key(|root| (std::cmp::Reverse(root.guest.components().count()), !root.write));
        Roots { roots }
    }

    /// The directory that relative paths start from, as the plugin knows it.
    pub(super) fn current_dir(&self) -> io::Result<PathBuf> {
        let current = world::current_dir()?;
        let as_guest = |root: &Root| current.strip_prefix(&root.host).ok().map(|rest| clean(&root.guest.join(rest)));
        Ok(self.roots.iter().find_map(as_guest).unwrap_or_else(|| PathBuf::from("/")))
    }

    /// A path as text: absolute and clean.
    pub(super) fn absolute(&self, path: &[u8]) -> Result<PathBuf, PrimitiveError> {
        if path.is_empty() {
            return Err(ENOENT);
        }
        if path.contains(&0) {
            return Err(EINVAL);
        }
        let path = system::path_of(path).map_err(number)?;
        if path.has_root() {
            return Ok(clean(path));
        }
        Ok(clean(&self.current_dir().map_err(number)?.join(path)))
    }

    /// Does something at a path, below the first grant that allows it and out of which it does not lead.
    pub(super) fn at<T>(
        &mut self,
        path: &[u8],
        write: bool,
        mut work: impl FnMut(Place<'_>) -> io::Result<T>,
    ) -> Result<T, PrimitiveError> {
        let path = self.absolute(path)?;
        let mut granted = false;
        for root in &mut self.roots {
            let Ok(rest) = path.strip_prefix(&root.guest) else { continue };
            granted = true;
            if write && !root.write {
                continue;
            }
            match root.place(rest).and_then(&mut work) {
                Err(error) if system::leads_out(&error) => {}
                other => return other.map_err(number),
            }
        }
        // What is not granted is as if it were not there; what is granted to be read is there, and cannot be changed.
        Err(if granted { EACCES } else { ENOENT })
    }

    /// True if something at a path may be changed.
    pub(super) fn may_write(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| root.write && path.starts_with(&root.guest))
    }
}

impl Root {
    fn place(&mut self, rest: &Path) -> io::Result<Place<'_>> {
        if self.host == Path::new("/") && self.guest == Path::new("/") {
            return Ok(Place::Whole(Path::new("/").join(rest)));
        }
        let dir = match &mut self.dir {
            Some(dir) => dir,
            none => none.insert(system::open_root(&self.host)?),
        };
        Ok(Place::In(dir, if rest.as_os_str().is_empty() { PathBuf::from(".") } else { rest.to_path_buf() }))
    }
}

/// An error of the system by its number; EINVAL for what a library refused itself.
pub(super) fn number(error: io::Error) -> PrimitiveError {
    PrimitiveError::OperatingSystem(error.raw_os_error().unwrap_or(22))
}
