//! The tree of files in memory.

use crate::{OsError, PrimitiveError};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

pub(super) const ENOENT: PrimitiveError = PrimitiveError::OperatingSystem(2);
pub(super) const EBADF: PrimitiveError = PrimitiveError::OperatingSystem(9);
pub(super) const EEXIST: PrimitiveError = PrimitiveError::OperatingSystem(17);
pub(super) const ENOTDIR: PrimitiveError = PrimitiveError::OperatingSystem(20);
pub(super) const EISDIR: PrimitiveError = PrimitiveError::OperatingSystem(21);
pub(super) const EINVAL: PrimitiveError = PrimitiveError::OperatingSystem(22);
pub(super) const ESPIPE: PrimitiveError = PrimitiveError::OperatingSystem(29);
pub(super) const ENOTEMPTY: PrimitiveError = PrimitiveError::OperatingSystem(39);
const ELOOP: OsError = OsError(40);

/// The folder that relative paths start from.
pub(super) const CURRENT: &[u8] = b"/memory";

/// The bytes of a file, shared by its name and those who have it open.
pub(super) type Contents = Rc<RefCell<Vec<u8>>>;

/// An entry of a folder.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    pub(super) mode: u32,
    pub(super) user: u32,
    pub(super) group: u32,
    pub(super) accessed: i64,
    pub(super) modified: i64,
    pub(super) inode: u64,
}

#[derive(Clone, Debug)]
pub(super) enum NodeKind {
    File(Contents),
    Directory,
    Link(Vec<u8>),
}

/// All entries by their whole path.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: BTreeMap<Vec<u8>, Node>,
    made: u64,
}

impl Default for Tree {
    fn default() -> Self {
        let mut tree = Tree { nodes: BTreeMap::new(), made: 0 };
        tree.put(b"/".to_vec(), NodeKind::Directory);
        tree.put(CURRENT.to_vec(), NodeKind::Directory);
        tree
    }
}

impl Tree {
    pub(super) fn put(&mut self, path: Vec<u8>, kind: NodeKind) {
        self.made += 1;
        let mode = if matches!(kind, NodeKind::Directory) { 0o755 } else { 0o644 };
        let node = Node { kind, mode, user: 1000, group: 1000, accessed: 0, modified: 0, inode: self.made };
        self.nodes.insert(path, node);
    }

    /// A path from the root without `.` and `..`. Links on the way are not followed.
    pub(super) fn absolute(path: &[u8]) -> Vec<u8> {
        let whole = if path.starts_with(b"/") { path.to_vec() } else { [CURRENT, b"/", path].concat() };
        let mut parts: Vec<&[u8]> = Vec::new();
        for part in whole.split(|&byte| byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        [b"/", parts.join(&b'/').as_slice()].concat()
    }

    /// The folder of a path.
    fn parent(path: &[u8]) -> &[u8] {
        match path.iter().rposition(|&byte| byte == b'/') {
            Some(0) | None => b"/",
            Some(at) => &path[..at],
        }
    }

    /// The path that links at a path lead to.
    pub(super) fn follow(&self, path: &[u8]) -> Result<Vec<u8>, PrimitiveError> {
        let mut path = Tree::absolute(path);
        for _ in 0..8 {
            match self.nodes.get(&path).map(|node| &node.kind) {
                Some(NodeKind::Link(target)) if target.starts_with(b"/") => path = Tree::absolute(target),
                Some(NodeKind::Link(target)) => path = Tree::absolute(&[Tree::parent(&path), b"/", target].concat()),
                _ => return Ok(path),
            }
        }
        Err(ELOOP.into())
    }

    pub(super) fn get(&self, path: &[u8]) -> Result<&Node, PrimitiveError> {
        self.nodes.get(path).ok_or(ENOENT)
    }

    pub(super) fn get_mut(&mut self, path: &[u8]) -> Result<&mut Node, PrimitiveError> {
        self.nodes.get_mut(path).ok_or(ENOENT)
    }

    /// Adds an entry to a folder that is there.
    pub(super) fn add(&mut self, path: Vec<u8>, kind: NodeKind) -> Result<(), PrimitiveError> {
        if self.nodes.contains_key(&path) {
            return Err(EEXIST);
        }
        match self.get(Tree::parent(&path))?.kind {
            NodeKind::Directory => {
                self.put(path, kind);
                Ok(())
            }
            _ => Err(ENOTDIR),
        }
    }

    /// Adds an entry, and the folders on the way to it.
    pub(super) fn add_deep(&mut self, path: &[u8], kind: NodeKind) {
        let path = Tree::absolute(path);
        let parent = Tree::parent(&path).to_vec();
        if !self.nodes.contains_key(&parent) {
            self.add_deep(&parent, NodeKind::Directory);
        }
        self.put(path, kind);
    }

    pub(super) fn remove(&mut self, path: &[u8]) -> Result<(), PrimitiveError> {
        self.nodes.remove(path).map(|_| ()).ok_or(ENOENT)
    }

    pub(super) fn remove_dir(&mut self, path: &[u8]) -> Result<(), PrimitiveError> {
        match self.get(path)?.kind {
            NodeKind::Directory if self.names(path).is_empty() => self.remove(path),
            NodeKind::Directory => Err(ENOTEMPTY),
            _ => Err(ENOTDIR),
        }
    }

    /// Moves an entry and what is below it.
    pub(super) fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), PrimitiveError> {
        self.get(from)?;
        self.get(Tree::parent(to))?;
        let below = [from, b"/"].concat();
        let moved: Vec<Vec<u8>> = self.nodes.keys().filter(|path| *path == from || path.starts_with(&below)).cloned().collect();
        for path in moved {
            if let Some(node) = self.nodes.remove(&path) {
                self.nodes.insert([to, &path[from.len()..]].concat(), node);
            }
        }
        Ok(())
    }

    /// The names in a folder.
    pub(super) fn names(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let prefix = if path == b"/" { b"/".to_vec() } else { [path, b"/"].concat() };
        let below = self.nodes.keys().filter_map(|key| key.strip_prefix(prefix.as_slice()));
        below.filter(|name| !name.is_empty() && !name.contains(&b'/')).map(<[u8]>::to_vec).collect()
    }
}
