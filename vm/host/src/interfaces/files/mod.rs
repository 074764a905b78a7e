//! The interface `files`: files and directories that were granted, and standard streams.

#[cfg_attr(target_family = "wasm", path = "page/background.rs")]
mod background;
mod how;
mod jobs;
mod roots;
#[cfg_attr(target_family = "wasm", path = "page/system.rs")]
mod system;
mod table;

use super::arguments::Arguments;
use super::security::{Right, untrusted_directory};
use super::{Answer, HostCall, Memory, Shared};
use crate::config::{FileGrant, Grants};
use how::How;
use jobs::Jobs;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::files as op;
use roots::{Place, Roots, number};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io;
use system::Kept;
use table::FileTable;

/// The most directories that a plugin lists at a time, and the most names of one.
const MOST_LISTINGS: usize = 256;
const MOST_NAMES: usize = 1_000_000;

const EINVAL: PrimitiveError = PrimitiveError::OperatingSystem(22);
/// Bad file number.
const EBADF: i32 = 9;

/// A plugin's files.
#[derive(Debug)]
pub(crate) struct Files {
    roots: Roots,
    /// What is left after the image gave up its right to files: the untrusted user directory.
    restricted: Option<Roots>,
    may_write: bool,
    table: FileTable,
    listings: BTreeMap<u32, VecDeque<OsString>>,
    last_listing: u32,
    jobs: Jobs,
}

impl Files {
    pub(super) fn new(grants: &Grants) -> Files {
        Files {
            roots: Roots::new(&grants.files),
            restricted: None,
            may_write: grants.files.iter().any(|grant| grant.write),
            table: FileTable::new(grants.stdio),
            listings: BTreeMap::new(),
            last_listing: 0,
            jobs: Jobs::default(),
        }
    }

    pub(super) fn close_all(&mut self) {
        self.table.close_all();
        self.listings.clear();
        self.jobs = Jobs::default();
    }

    /// The directories that paths lead to now.
    fn roots(&mut self, shared: &Shared) -> &mut Roots {
        if shared.rights.has(Right::Files) {
            return &mut self.roots;
        }
        let write = self.may_write;
        self.restricted.get_or_insert_with(|| {
            let directory = untrusted_directory(shared);
            Roots::new(&[FileGrant { host: directory.clone(), guest: directory, write }])
        })
    }

    /// Does something at a path.
    fn at<T>(
        &mut self,
        path: &[u8],
        write: bool,
        shared: &Shared,
        work: impl FnMut(Place<'_>) -> io::Result<T>,
    ) -> Result<T, PrimitiveError> {
        self.roots(shared).at(path, write, work)
    }

    fn open(&mut self, path: &[u8], flags: u32, shared: &Shared) -> Answer {
        let how = How::of(flags).ok_or(PrimitiveError::BadArgument)?;
        self.table.room()?;
        let file = self.at(path, how.changes(), shared, |place| system::open(place, how))?;
        Ok(u64::from(self.table.add(file)))
    }

    fn list(&mut self, path: &[u8], shared: &Shared) -> Answer {
        if self.listings.len() >= MOST_LISTINGS {
            return Err(PrimitiveError::LimitExceeded);
        }
        let names = self.at(path, false, shared, |place| system::list(place, MOST_NAMES))?;
        self.last_listing = self.last_listing.wrapping_add(1);
        self.listings.insert(self.last_listing, names.into());
        Ok(u64::from(self.last_listing))
    }

    fn next_name(&mut self, a: Arguments<'_>, memory: &mut dyn Memory) -> Answer {
        let names = self.listings.get_mut(&a.u32(0)).ok_or(PrimitiveError::BadArgument)?;
        let Some(name) = names.front() else { return Ok(0) };
        if name.len() as u64 > a.room_len(1) {
            return Err(PrimitiveError::BadIndex);
        }
        let stored = a.store(1, name.as_encoded_bytes(), memory)?;
        names.pop_front();
        Ok(stored)
    }

    fn metadata(&mut self, a: Arguments<'_>, memory: &mut dyn Memory, shared: &Shared) -> Answer {
        let path = a.data(0, memory)?;
        let roots = self.roots(shared);
        let follow = a.u32(2) != 0;
        let mut numbers = roots.at(path, false, |place| system::metadata(place, follow))?;
        numbers[11] = i64::from(roots.may_write(&roots.absolute(path)?));
        a.store_all(3, &numbers.map(i64::to_le_bytes).concat(), memory)
    }

    fn rename(&mut self, from: &[u8], to: &[u8], shared: &Shared) -> Answer {
        let from = self.at(from, true, shared, Kept::of)?;
        let to = self.at(to, true, shared, Kept::of)?;
        system::rename(from, to).map(|()| 0).map_err(number)
    }

    /// Functions that change something at a path, the first parameter.
    fn change(&mut self, function: u32, a: Arguments<'_>, memory: &dyn Memory, shared: &Shared) -> Answer {
        let id = |id: u32| (id != u32::MAX).then_some(id);
        self.at(a.data(0, memory)?, true, shared, |place| match function {
            op::remove => system::remove(place),
            op::create_dir => system::create_dir(place),
            op::remove_dir => system::remove_dir(place),
            op::set_mode => system::set_mode(place, a.u32(2)),
            op::set_owner => system::set_owner(place, id(a.u32(2)), id(a.u32(3))),
            _ => system::set_times(place, a.i64(2), a.i64(3)),
        })
        .map(|()| 0)
    }
}

/// Reads into, or writes from, a range of an object's data, with no copy on the way.
fn object(function: u32, a: Arguments<'_>, cx: &mut HostCall<'_, '_>) -> Answer {
    let objects = cx.objects.as_mut().ok_or(PrimitiveError::Inappropriate)?;
    let (at, count) = (a.size(2)?, a.size(3)?);
    let end = at.checked_add(count).ok_or(PrimitiveError::BadIndex)?;
    let (table, stdio) = (&mut cx.open.files.table, &mut cx.shared.stdio);
    if function == op::read_object {
        let room = objects.data_mut(a.u32(1))?.get_mut(at..end).ok_or(PrimitiveError::BadIndex)?;
        return table.read(a.u32(0), room, stdio).map(|read| read as u64);
    }
    let bytes = objects.data(a.u32(1))?.get(at..end).ok_or(PrimitiveError::BadIndex)?;
    table.write(a.u32(0), bytes, stdio).map(|()| count as u64)
}

pub(super) fn answer(function: u32, a: Arguments<'_>, memory: &mut dyn Memory, cx: &mut HostCall<'_, '_>) -> Answer {
    if matches!(function, op::read_object | op::write_object) {
        return object(function, a, cx);
    }
    let (files, shared) = (&mut cx.open.files, &mut *cx.shared);
    match function {
        op::open => files.open(a.data(0, memory)?, a.u32(2), shared),
        op::list => files.list(a.data(0, memory)?, shared),
        op::next_name => files.next_name(a, memory),
        op::close_list => files.listings.remove(&a.u32(0)).map(|_| 0).ok_or(PrimitiveError::BadArgument),
        op::metadata => files.metadata(a, memory, shared),
        op::rename => files.rename(a.data(0, memory)?, a.data(2, memory)?, shared),
        op::remove | op::create_dir | op::remove_dir | op::set_mode | op::set_owner | op::set_times => {
            files.change(function, a, memory, shared)
        }
        op::read_link => {
            let target = files.at(a.data(0, memory)?, false, shared, system::read_link)?;
            a.store(2, target.as_os_str().as_encoded_bytes(), memory)
        }
        op::make_link => {
            let target = system::path_of(a.data(0, memory)?).map_err(number)?;
            files.at(a.data(2, memory)?, true, shared, |place| system::make_link(target, place)).map(|()| 0)
        }
        op::current_dir => {
            let current = files.roots.current_dir().map_err(number)?;
            a.store(0, current.as_os_str().as_encoded_bytes(), memory)
        }
        op::start_read => {
            let count = a.size(2)?;
            let (file, at) = (files.table.clone_of(a.u32(0))?, u64::try_from(a.i64(1)).map_err(|_| EINVAL)?);
            files.jobs.read(file, at, count, a.u32(3), &shared.events)
        }
        op::start_write => {
            let bytes = a.data(2, memory)?;
            let (file, at) = (files.table.clone_of(a.u32(0))?, u64::try_from(a.i64(1)).map_err(|_| EINVAL)?);
            files.jobs.write(file, at, bytes, a.u32(4), &shared.events)
        }
        op::job_result => files.jobs.result(a, memory),
        _ => files.table.answer(function, a, memory, &mut shared.stdio),
    }
}
