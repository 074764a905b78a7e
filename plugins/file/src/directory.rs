//! Entries of directories.

use osvm_plugin_sdk::interfaces::{FileType, Metadata};
use osvm_plugin_sdk::{Context, Object, PrimitiveError};

/// Seconds from the start of 1901, Smalltalk's epoch, to the start of 1970.
const SECONDS_1901_TO_1970: i64 = 2_177_452_800;

/// The names of the directory that the image is walking through by index.
pub(crate) struct Listing {
    path: Vec<u8>,
    names: Vec<Vec<u8>>,
    next: i64,
}

/// An entry of a directory; one that cannot be looked at still has its name.
pub(crate) struct Entry {
    name: Vec<u8>,
    about: Option<Metadata>,
}

/// Name, creation and modification time (local seconds since 1901), is it a directory, size, permissions, is it a link.
type Described = (Object, i64, i64, bool, i64, i64, bool);

/// A directory's path; an empty one is the current directory.
pub(crate) fn directory(path: &[u8]) -> &[u8] {
    if path.is_empty() { b"." } else { path }
}

/// The entry at `index` (from 1) of a directory; none behind the last.
pub(crate) fn lookup(
    cx: &Context,
    listing: &mut Option<Listing>,
    path: &[u8],
    index: i64,
) -> Result<Option<Entry>, PrimitiveError> {
    let known = listing.take().filter(|known| known.path == path && known.next == index);
    let mut known = match known {
        Some(known) => known,
        None => Listing { path: path.to_vec(), names: cx.files().names(path)?, next: index },
    };
    known.next = index.saturating_add(1);
    let name = usize::try_from(index).ok().and_then(|i| known.names.get(i.checked_sub(1)?)).cloned();
    *listing = Some(known);
    Ok(name.map(|name| Entry { about: metadata(cx, path, &name).ok(), name }))
}

/// What there is at a name, a link that leads nowhere included.
fn metadata(cx: &Context, path: &[u8], name: &[u8]) -> Result<Metadata, PrimitiveError> {
    let path = [path, b"/", name].concat();
    cx.files().metadata(&path, true).or_else(|_| cx.files().metadata(&path, false))
}

impl Entry {
    /// The entry of a name.
    pub(crate) fn named(cx: &Context, path: &[u8], name: &[u8]) -> Result<Entry, PrimitiveError> {
        Ok(Entry { about: Some(metadata(cx, path, name)?), name: name.to_vec() })
    }

    /// The entry as the image gets it.
    pub(crate) fn describe(&self, cx: &Context) -> Result<Described, PrimitiveError> {
        let name = cx.new_string(&self.name)?;
        let Some(about) = self.about else { return Ok((name, 0, 0, false, 0, 0, false)) };
        let local = |seconds: i64| Ok::<i64, PrimitiveError>(seconds + cx.clock().local_offset(seconds)? + SECONDS_1901_TO_1970);
        let size = if about.is_dir() { 0 } else { about.size as i64 };
        let mode = i64::from(about.mode & 0o777);
        let is_link = about.file_type == FileType::Link;
        Ok((name, local(about.changed)?, local(about.modified)?, about.is_dir(), size, mode, is_link))
    }
}
