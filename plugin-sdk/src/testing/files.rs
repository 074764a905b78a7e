//! The interface `files`: files, folders and standard streams in memory.

use super::host::{Answer, HostArguments};
use super::node::{CURRENT, Contents, EBADF, EEXIST, EINVAL, EISDIR, ENOTDIR, ESPIPE, Node, NodeKind, Tree};
use super::objects::Heap;
use crate::PrimitiveError;
use crate::abi::interfaces::op::files as op;
use crate::interfaces::FileKind;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// Files, folders and standard streams in memory. Relative paths start from `/memory`.
#[derive(Debug)]
pub struct MemoryFiles {
    tree: Tree,
    open: BTreeMap<u32, OpenFile>,
    listings: BTreeMap<u32, VecDeque<Vec<u8>>>,
    jobs: BTreeMap<u32, Job>,
    last_number: u32,
    /// What standard input still has.
    pub stdin: Vec<u8>,
    /// What came out of standard output, of the console too.
    pub stdout: Vec<u8>,
    /// What came out of standard error.
    pub stderr: Vec<u8>,
    /// What the standard streams are connected to.
    pub stdio_kind: FileKind,
    /// Reading and writing in the background waits for [`MemoryFiles::run_jobs`]; otherwise it is done at once.
    pub hold_jobs: bool,
}

#[derive(Debug)]
struct OpenFile {
    contents: Contents,
    position: usize,
    flags: u32,
}

#[derive(Debug)]
enum Job {
    Read { file: u32, position: usize, count: usize, semaphore: u32 },
    Write { file: u32, position: usize, bytes: Vec<u8>, semaphore: u32 },
    Done(Result<(Vec<u8>, usize), PrimitiveError>),
}

impl Default for MemoryFiles {
    fn default() -> Self {
        MemoryFiles {
            tree: Tree::default(),
            open: BTreeMap::new(),
            listings: BTreeMap::new(),
            jobs: BTreeMap::new(),
            last_number: 2,
            stdin: Vec::new(),
            stdout: Vec::new(),
            stderr: Vec::new(),
            stdio_kind: FileKind::Pipe,
            hold_jobs: false,
        }
    }
}

const READ: u32 = 1;
const WRITE: u32 = 2;
const CREATE: u32 = 4;
const CREATE_NEW: u32 = 8;
const TRUNCATE: u32 = 16;
const APPEND: u32 = 32;

impl MemoryFiles {
    /// Puts a file there, and the folders on the way to it.
    pub fn put(&mut self, path: &str, contents: impl AsRef<[u8]>) {
        let contents = Contents::new(contents.as_ref().to_vec().into());
        self.tree.add_deep(path.as_bytes(), NodeKind::File(contents));
    }

    /// Puts a folder there.
    pub fn put_dir(&mut self, path: &str) {
        self.tree.add_deep(path.as_bytes(), NodeKind::Directory);
    }

    /// What a file contains; nothing if it is not there.
    pub fn contents(&self, path: &str) -> Option<Vec<u8>> {
        let path = self.tree.follow(path.as_bytes()).ok()?;
        match &self.tree.get(&path).ok()?.kind {
            NodeKind::File(contents) => Some(contents.borrow().clone()),
            _ => None,
        }
    }

    /// True if there is a file, a folder or a link.
    pub fn exists(&self, path: &str) -> bool {
        self.tree.get(&Tree::absolute(path.as_bytes())).is_ok()
    }

    /// How many files the plugin has open.
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// How many listings of folders the plugin has open.
    pub fn listing_count(&self) -> usize {
        self.listings.len()
    }

    /// Does what waits in the background; answers the semaphores to be signalled.
    pub fn run_jobs(&mut self) -> Vec<u32> {
        let numbers: Vec<u32> = self.jobs.keys().copied().collect();
        numbers.into_iter().filter_map(|number| self.run_job(number)).filter(|&semaphore| semaphore != 0).collect()
    }

    pub(super) fn answer(&mut self, op: u32, arguments: HostArguments<'_>, heap: &mut Heap, signals: &mut Vec<u32>) -> Answer {
        let a = arguments;
        let path = |index| Tree::absolute(a.data(index));
        match op {
            op::open => self.open(a.data(0), a.u32(2)),
            op::close => self.close(a.u32(0)),
            op::read => self.read(a.u32(0), a.room(1)),
            op::write => self.write(a.u32(0), a.data(1)),
            op::read_object => {
                let object = heap.get(a.u32(1))?;
                let end = object.data().len();
                let (offset, count) = (a.size(2)?, a.size(3)?);
                if offset.checked_add(count).is_none_or(|last| last > end) {
                    return Err(PrimitiveError::BadIndex);
                }
                let mut bytes = vec![0; count];
                let read = self.read(a.u32(0), &mut bytes)?;
                heap.write(&object, offset, &bytes[..read as usize])?;
                Ok(read)
            }
            op::write_object => {
                let data = heap.get(a.u32(1))?.data();
                let (offset, count) = (a.size(2)?, a.size(3)?);
                let end = offset.checked_add(count).ok_or(PrimitiveError::BadIndex)?;
                self.write(a.u32(0), data.get(offset..end).ok_or(PrimitiveError::BadIndex)?)?;
                Ok(count as u64)
            }
            op::seek => self.seek(a.u32(0), a.u32(1), a.i64(2)),
            op::set_len => {
                let file = self.file(a.u32(0))?;
                let len = usize::try_from(a.i64(1)).map_err(|_| EINVAL)?;
                if file.flags & WRITE == 0 {
                    return Err(EINVAL);
                }
                file.contents.borrow_mut().resize(len, 0);
                Ok(0)
            }
            op::flush | op::sync => {
                if a.u32(0) < 3 {
                    Ok(0)
                } else {
                    self.file(a.u32(0)).map(|_| 0)
                }
            }
            op::stdio if a.u32(0) < 3 => Ok(u64::from(a.u32(0)) | kind_number(self.stdio_kind) << 32),
            op::descriptor_kind => {
                if (0..3).contains(&a.i64(0)) {
                    Ok(kind_number(self.stdio_kind))
                } else {
                    Err(EBADF)
                }
            }
            op::attach => u64::try_from(a.i64(0)).ok().filter(|&number| number < 3).ok_or(EBADF),
            op::remove => match self.tree.get(&path(0))?.kind {
                NodeKind::Directory => Err(EISDIR),
                _ => self.tree.remove(&path(0)).map(|()| 0),
            },
            op::rename => self.tree.rename(&path(0), &path(2)).map(|()| 0),
            op::create_dir => self.tree.add(path(0), NodeKind::Directory).map(|()| 0),
            op::remove_dir => self.tree.remove_dir(&path(0)).map(|()| 0),
            op::list => {
                let folder = self.tree.follow(a.data(0))?;
                match self.tree.get(&folder)?.kind {
                    NodeKind::Directory => {
                        let number = self.number();
                        self.listings.insert(number, self.tree.names(&folder).into());
                        Ok(u64::from(number))
                    }
                    _ => Err(ENOTDIR),
                }
            }
            op::next_name => {
                let names = self.listings.get_mut(&a.u32(0)).ok_or(PrimitiveError::BadArgument)?;
                match names.front() {
                    None => Ok(0),
                    Some(name) if name.len() > a.u32(2) as usize => Err(PrimitiveError::BadIndex),
                    Some(_) => a.store(1, &names.pop_front().unwrap_or_default()),
                }
            }
            op::close_list => self.listings.remove(&a.u32(0)).map(|_| 0).ok_or(PrimitiveError::BadArgument),
            op::metadata => {
                let path = if a.u32(2) != 0 { self.tree.follow(a.data(0))? } else { path(0) };
                let numbers = metadata(self.tree.get(&path)?);
                a.store(3, &numbers.iter().flat_map(|number| number.to_ne_bytes()).collect::<Vec<u8>>()).map(|_| 0)
            }
            op::set_mode => self.change(a, |node| node.mode = a.u32(2)),
            op::set_owner => self.change(a, |node| {
                node.user = if a.u32(2) == u32::MAX { node.user } else { a.u32(2) };
                node.group = if a.u32(3) == u32::MAX { node.group } else { a.u32(3) };
            }),
            op::set_times => self.change(a, |node| (node.accessed, node.modified) = (a.i64(2), a.i64(3))),
            op::read_link => match &self.tree.get(&path(0))?.kind {
                NodeKind::Link(target) => a.store(2, target),
                _ => Err(EINVAL),
            },
            op::make_link => self.tree.add(path(2), NodeKind::Link(a.data(0).to_vec())).map(|()| 0),
            op::current_dir => a.store(0, CURRENT),
            op::start_read => {
                let job = Job::Read { file: a.u32(0), position: a.size(1)?, count: a.size(2)?, semaphore: a.u32(3) };
                Ok(self.start(job, signals))
            }
            op::start_write => {
                let job = Job::Write { file: a.u32(0), position: a.size(1)?, bytes: a.data(2).to_vec(), semaphore: a.u32(4) };
                Ok(self.start(job, signals))
            }
            op::job_result => match self.jobs.get(&a.u32(0)) {
                None => Err(PrimitiveError::BadArgument),
                Some(Job::Done(_)) => {
                    let Some(Job::Done(done)) = self.jobs.remove(&a.u32(0)) else { return Err(PrimitiveError::Internal) };
                    let (bytes, count) = done?;
                    a.store(1, &bytes)?;
                    Ok(count as u64)
                }
                Some(_) => Err(PrimitiveError::Inappropriate),
            },
            _ => Err(PrimitiveError::BadArgument),
        }
    }

    fn number(&mut self) -> u32 {
        self.last_number += 1;
        self.last_number
    }

    fn file(&mut self, number: u32) -> Result<&mut OpenFile, PrimitiveError> {
        if number < 3 {
            return Err(ESPIPE);
        }
        self.open.get_mut(&number).ok_or(EBADF)
    }

    fn open(&mut self, path: &[u8], flags: u32) -> Answer {
        let path = self.tree.follow(path)?;
        let contents = match self.tree.get(&path).map(|node| &node.kind) {
            Ok(_) if flags & CREATE_NEW != 0 => return Err(EEXIST),
            Ok(NodeKind::File(contents)) => Rc::clone(contents),
            Ok(_) => return Err(EISDIR),
            Err(error) if flags & (CREATE | CREATE_NEW) == 0 => return Err(error),
            Err(_) => {
                let contents = Contents::default();
                self.tree.add(path, NodeKind::File(Rc::clone(&contents)))?;
                contents
            }
        };
        if flags & TRUNCATE != 0 {
            contents.borrow_mut().clear();
        }
        let number = self.number();
        self.open.insert(number, OpenFile { contents, position: 0, flags });
        Ok(u64::from(number))
    }

    fn close(&mut self, number: u32) -> Answer {
        if number < 3 { Ok(0) } else { self.open.remove(&number).map(|_| 0).ok_or(EBADF) }
    }

    fn read(&mut self, number: u32, into: &mut [u8]) -> Answer {
        if number == 0 {
            let len = into.len().min(self.stdin.len());
            into[..len].copy_from_slice(&self.stdin[..len]);
            self.stdin.drain(..len);
            return Ok(len as u64);
        }
        let file = self.file(number)?;
        if file.flags & READ == 0 {
            return Err(EBADF);
        }
        let contents = file.contents.borrow();
        let rest = contents.get(file.position..).unwrap_or_default();
        let len = into.len().min(rest.len());
        into[..len].copy_from_slice(&rest[..len]);
        file.position += len;
        Ok(len as u64)
    }

    fn write(&mut self, number: u32, bytes: &[u8]) -> Answer {
        match number {
            1 => self.stdout.extend_from_slice(bytes),
            2 => self.stderr.extend_from_slice(bytes),
            _ => {
                let file = self.file(number)?;
                if file.flags & WRITE == 0 {
                    return Err(EBADF);
                }
                let mut contents = file.contents.borrow_mut();
                let start = if file.flags & APPEND != 0 { contents.len() } else { file.position };
                let end = start + bytes.len();
                let len = contents.len().max(end);
                contents.resize(len, 0);
                contents[start..end].copy_from_slice(bytes);
                file.position = end;
            }
        }
        Ok(0)
    }

    fn seek(&mut self, number: u32, whence: u32, by: i64) -> Answer {
        let file = self.file(number)?;
        let from = match whence {
            0 => 0,
            1 => file.position,
            2 => file.contents.borrow().len(),
            _ => return Err(PrimitiveError::BadArgument),
        };
        let to = i64::try_from(from).ok().and_then(|from| from.checked_add(by)).ok_or(EINVAL)?;
        file.position = usize::try_from(to).map_err(|_| EINVAL)?;
        Ok(to as u64)
    }

    fn change(&mut self, arguments: HostArguments<'_>, change: impl FnOnce(&mut Node)) -> Answer {
        let path = self.tree.follow(arguments.data(0))?;
        change(self.tree.get_mut(&path)?);
        Ok(0)
    }

    fn start(&mut self, job: Job, signals: &mut Vec<u32>) -> u64 {
        let number = self.number();
        self.jobs.insert(number, job);
        if !self.hold_jobs {
            signals.extend(self.run_job(number).filter(|&semaphore| semaphore != 0));
        }
        u64::from(number)
    }

    /// Does a job, if it waits; answers its semaphore.
    fn run_job(&mut self, number: u32) -> Option<u32> {
        let (done, semaphore) = match self.jobs.remove(&number)? {
            done @ Job::Done(_) => {
                self.jobs.insert(number, done);
                return None;
            }
            Job::Read { file, position, count, semaphore } => {
                let mut bytes = vec![0; count];
                let read = self.seek(file, 0, position as i64).and_then(|_| self.read(file, &mut bytes));
                let done = read.map(|read| {
                    bytes.truncate(read as usize);
                    (bytes, read as usize)
                });
                (done, semaphore)
            }
            Job::Write { file, position, bytes, semaphore } => {
                let written = self.seek(file, 0, position as i64).and_then(|_| self.write(file, &bytes));
                (written.map(|_| (Vec::new(), bytes.len())), semaphore)
            }
        };
        self.jobs.insert(number, Job::Done(done));
        Some(semaphore)
    }
}

fn kind_number(kind: FileKind) -> u64 {
    match kind {
        FileKind::Terminal => 1,
        FileKind::Pipe => 2,
        FileKind::File => 3,
    }
}

/// What `metadata` stores of an entry.
fn metadata(node: &Node) -> [i64; 13] {
    let (type_bits, size, kind) = match &node.kind {
        NodeKind::File(contents) => (0o100_000, contents.borrow().len(), 1),
        NodeKind::Directory => (0o040_000, 0, 2),
        NodeKind::Link(target) => (0o120_000, target.len(), 3),
    };
    let mode = i64::from(node.mode | type_bits);
    let (inode, size) = (node.inode as i64, size as i64);
    let (user, group) = (node.user.into(), node.group.into());
    [mode, inode, 1, 1, user, group, size, node.accessed, node.modified, node.modified, -1, 1, kind]
}
