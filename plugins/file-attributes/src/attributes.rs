//! The attributes of a file, as the image gets them.

use crate::failure;
use osvm_plugin_sdk::interfaces::{FileType, Metadata, Open};
use osvm_plugin_sdk::{Context, Object, PrimitiveError};

/// Seconds from the start of 1901, Smalltalk's epoch, to the start of 1970.
const SECONDS_1901_TO_1970: i64 = 2_177_452_800;

/// A time of the file system (seconds since 1970, UTC) as images have it.
pub(crate) fn local_time(cx: &Context, seconds: i64) -> Result<i64, PrimitiveError> {
    Ok(seconds + cx.clock().local_offset(seconds)? + SECONDS_1901_TO_1970)
}

/// Bytes of a file; directories have none.
pub(crate) fn size(about: &Metadata) -> i64 {
    if about.is_dir() { 0 } else { about.size as i64 }
}

/// The 13 attributes of `stat`.
pub(crate) struct Attributes {
    about: Metadata,
    /// Where a link leads that is looked at itself.
    target: Option<Vec<u8>>,
}

impl Attributes {
    /// Those of what a path leads to, or of a link itself.
    pub(crate) fn of(cx: &Context, path: &[u8], follow: bool) -> Result<Attributes, PrimitiveError> {
        let about = cx.files().metadata(path, follow).map_err(|_| failure::CANT_STAT_PATH)?;
        let target = (about.file_type == FileType::Link).then(|| cx.files().read_link(path)).transpose();
        Ok(Attributes { about, target: target.unwrap_or_default() })
    }

    /// An Array: target, mode, inode, device, links, user, group, size, access, modification and change time, and nil for the creation
    /// time and for the attributes of Windows.
    pub(crate) fn object(&self, cx: &Context) -> Result<Object, PrimitiveError> {
        let (about, nil) = (&self.about, cx.nil()?);
        let target = self.target.as_ref().map_or(Ok(nil), |target| cx.new_bytes(target))?;
        let mut elements = vec![target];
        for number in [
            i64::from(about.mode),
            about.inode as i64,
            about.device as i64,
            about.links as i64,
            i64::from(about.user),
            i64::from(about.group),
            size(about),
            local_time(cx, about.accessed)?,
            local_time(cx, about.modified)?,
            local_time(cx, about.changed)?,
        ] {
            elements.push(cx.new_int(number)?);
        }
        elements.extend([nil, nil]);
        cx.new_array(&elements)
    }
}

/// Whether what a path leads to can be read, written and executed. What can be opened is opened to find out; of the rest the permission
/// bits say it.
pub(crate) fn access(cx: &Context, path: &[u8]) -> [bool; 3] {
    let Ok(about) = cx.files().metadata(path, true) else { return [false; 3] };
    let opens = |how: Open| match cx.files().open(path, how) {
        Ok(file) => cx.files().close(file).is_ok(),
        Err(_) => false,
    };
    let (read, write) = match about.file_type {
        FileType::File => (opens(Open::READ), about.writable && opens(Open::WRITE)),
        FileType::Directory => (cx.files().names(path).is_ok(), about.writable && about.mode & 0o222 != 0),
        _ => (about.mode & 0o444 != 0, about.writable && about.mode & 0o222 != 0),
    };
    [read, write, about.mode & 0o111 != 0]
}

/// An Array of booleans.
pub(crate) fn booleans(cx: &Context, values: [bool; 3]) -> Result<Object, PrimitiveError> {
    let elements = values.iter().map(|&value| cx.boolean(value)).collect::<Result<Vec<_>, _>>()?;
    cx.new_array(&elements)
}
