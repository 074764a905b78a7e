//! A world in memory: files and folders in a map, standard streams in vectors.

use crate::classic::{Console, Create, FileId, FileKind, Files, Level, Metadata, Open, OsError, PrimitiveError, Seek, Slab, World};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

const ENOENT: OsError = OsError(2);
const EBADF: OsError = OsError(9);
const EEXIST: OsError = OsError(17);
const EISDIR: OsError = OsError(21);
const EINVAL: OsError = OsError(22);
const ESPIPE: OsError = OsError(29);
const ENOTEMPTY: OsError = OsError(39);

type Contents = Rc<RefCell<Vec<u8>>>;

/// What a plugin can reach. Paths are taken as they are: `a/b` is in the folder `a`, and `.` is the folder that everything is in.
pub struct MemoryWorld {
    /// Files by path; `None` for a folder.
    entries: BTreeMap<Vec<u8>, Option<Contents>>,
    open: Slab<OpenFile>,
    /// What standard input still has.
    pub stdin: Vec<u8>,
    /// What came out of standard output.
    pub stdout: Vec<u8>,
    /// What came out of standard error.
    pub stderr: Vec<u8>,
    /// What the standard streams are connected to.
    pub stdio_kind: FileKind,
}

struct OpenFile {
    contents: Contents,
    position: u64,
    how: Open,
}

impl Default for MemoryWorld {
    fn default() -> Self {
        MemoryWorld {
            entries: BTreeMap::new(),
            open: Slab::default(),
            stdin: Vec::new(),
            stdout: Vec::new(),
            stderr: Vec::new(),
            stdio_kind: FileKind::Pipe,
        }
    }
}

impl MemoryWorld {
    /// Puts a file there.
    pub fn write_file(&mut self, path: &str, contents: &[u8]) {
        self.entries.insert(path.into(), Some(Rc::new(RefCell::new(contents.to_vec()))));
    }

    /// What a file contains.
    pub fn read_file(&self, path: &str) -> Option<Vec<u8>> {
        self.entries.get(path.as_bytes())?.as_ref().map(|contents| contents.borrow().clone())
    }

    /// Number of files that the plugin has open.
    pub fn open_files(&mut self) -> usize {
        self.open.iter_mut().count()
    }

    /// A path without a leading `./`.
    fn plain(path: &[u8]) -> &[u8] {
        path.strip_prefix(b"./").unwrap_or(path)
    }

    fn children(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let prefix = if path == b"." { Vec::new() } else { [path, b"/"].concat() };
        let below = self.entries.keys().filter_map(|key| key.strip_prefix(prefix.as_slice()));
        below.filter(|name| !name.contains(&b'/')).map(<[u8]>::to_vec).collect()
    }

    fn file(&mut self, file: FileId) -> Result<&mut OpenFile, OsError> {
        self.open.get_mut(file.0.checked_sub(3).ok_or(ESPIPE)?).ok_or(EBADF)
    }
}

impl World for MemoryWorld {
    fn files(&mut self) -> Result<&mut dyn Files, PrimitiveError> {
        Ok(self)
    }

    fn console(&mut self) -> Result<&mut dyn Console, PrimitiveError> {
        Ok(self)
    }
}

impl Console for MemoryWorld {
    fn print_line(&mut self, level: Level, text: &[u8]) -> Result<(), OsError> {
        let stream = if level == Level::Info { &mut self.stdout } else { &mut self.stderr };
        stream.extend_from_slice(text);
        stream.push(b'\n');
        Ok(())
    }
}

impl Files for MemoryWorld {
    fn open(&mut self, path: &[u8], how: Open) -> Result<FileId, OsError> {
        let path = Self::plain(path);
        let contents = match (self.entries.get(path), how.create) {
            (Some(_), Create::New) => return Err(EEXIST),
            (Some(None), _) => return Err(EISDIR),
            (Some(Some(contents)), _) => Rc::clone(contents),
            (None, Create::Never) => return Err(ENOENT),
            (None, _) => {
                let contents = Contents::default();
                self.entries.insert(path.to_vec(), Some(Rc::clone(&contents)));
                contents
            }
        };
        Ok(FileId(self.open.insert(OpenFile { contents, position: 0, how }) + 3))
    }

    fn stdio(&mut self, number: usize) -> Option<(FileId, FileKind)> {
        (number < 3).then_some((FileId(number as u32), self.stdio_kind))
    }

    fn descriptor_kind(&mut self, number: i64) -> Result<FileKind, OsError> {
        if (0..3).contains(&number) { Ok(self.stdio_kind) } else { Err(EBADF) }
    }

    fn attach(&mut self, number: i64, _writable: bool) -> Result<FileId, OsError> {
        if (0..3).contains(&number) { Ok(FileId(number as u32)) } else { Err(EBADF) }
    }

    fn close(&mut self, file: FileId) -> Result<(), OsError> {
        match file.0.checked_sub(3) {
            Some(number) => self.open.remove(number).map(|_| ()).ok_or(EBADF),
            None => Ok(()),
        }
    }

    fn read(&mut self, file: FileId, into: &mut [u8]) -> Result<usize, OsError> {
        if file.0 == 0 {
            let n = into.len().min(self.stdin.len());
            into[..n].copy_from_slice(&self.stdin[..n]);
            self.stdin.drain(..n);
            return Ok(n);
        }
        let file = self.file(file)?;
        if !file.how.read {
            return Err(EBADF);
        }
        let contents = file.contents.borrow();
        let rest = contents.get(file.position as usize..).unwrap_or_default();
        let n = into.len().min(rest.len());
        into[..n].copy_from_slice(&rest[..n]);
        file.position += n as u64;
        Ok(n)
    }

    fn write(&mut self, file: FileId, bytes: &[u8]) -> Result<(), OsError> {
        match file.0 {
            1 => self.stdout.extend_from_slice(bytes),
            2 => self.stderr.extend_from_slice(bytes),
            _ => {
                let file = self.file(file)?;
                if !file.how.write {
                    return Err(EBADF);
                }
                let (start, end) = (file.position as usize, file.position as usize + bytes.len());
                let mut contents = file.contents.borrow_mut();
                if contents.len() < end {
                    contents.resize(end, 0);
                }
                contents[start..end].copy_from_slice(bytes);
                file.position = end as u64;
            }
        }
        Ok(())
    }

    fn flush(&mut self, _file: FileId) -> Result<(), OsError> {
        Ok(())
    }

    fn sync(&mut self, _file: FileId) -> Result<(), OsError> {
        Ok(())
    }

    fn seek(&mut self, file: FileId, to: Seek) -> Result<u64, OsError> {
        let file = self.file(file)?;
        let (from, by) = match to {
            Seek::Start(at) => (at, 0),
            Seek::Current(by) => (file.position, by),
            Seek::End(by) => (file.contents.borrow().len() as u64, by),
        };
        file.position = from.checked_add_signed(by).ok_or(EINVAL)?;
        Ok(file.position)
    }

    fn set_len(&mut self, file: FileId, len: u64) -> Result<(), OsError> {
        let file = self.file(file)?;
        if !file.how.write {
            return Err(EINVAL);
        }
        file.contents.borrow_mut().resize(len as usize, 0);
        Ok(())
    }

    fn remove(&mut self, path: &[u8]) -> Result<(), OsError> {
        match self.entries.get(Self::plain(path)) {
            Some(None) => self.remove_dir(path),
            _ => self.entries.remove(Self::plain(path)).map(|_| ()).ok_or(ENOENT),
        }
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), OsError> {
        let entry = self.entries.remove(Self::plain(from)).ok_or(ENOENT)?;
        self.entries.insert(Self::plain(to).to_vec(), entry);
        Ok(())
    }

    fn create_dir(&mut self, path: &[u8]) -> Result<(), OsError> {
        match self.entries.insert(Self::plain(path).to_vec(), None) {
            None => Ok(()),
            Some(there) => {
                self.entries.insert(Self::plain(path).to_vec(), there);
                Err(EEXIST)
            }
        }
    }

    fn remove_dir(&mut self, path: &[u8]) -> Result<(), OsError> {
        if !self.children(path).is_empty() {
            return Err(ENOTEMPTY);
        }
        self.entries.remove(Self::plain(path)).map(|_| ()).ok_or(ENOENT)
    }

    fn dir_names(&mut self, path: &[u8]) -> Result<Vec<Vec<u8>>, OsError> {
        let path = Self::plain(path);
        if path == b"." || self.entries.get(path) == Some(&None) { Ok(self.children(path)) } else { Err(ENOENT) }
    }

    fn metadata(&mut self, path: &[u8]) -> Result<Metadata, OsError> {
        let entry = self.entries.get(Self::plain(path)).ok_or(ENOENT)?;
        let size = entry.as_ref().map_or(0, |contents| contents.borrow().len() as u64);
        Ok(Metadata { changed: 1, modified: 2, is_dir: entry.is_none(), size, mode: 0o644, ..Metadata::default() })
    }

    fn current_dir(&mut self) -> Result<Vec<u8>, OsError> {
        Ok(b"/memory".to_vec())
    }
}
