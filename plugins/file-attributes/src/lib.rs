//! FileAttributesPlugin: what the file system says of files, and walking through directories.
//!
//! The primitives, what they answer and the numbers of their failures are those of the OpenSmalltalk VM's plugin, version 2.0
//! (`FileAttributesPlugin`, `faCommon.c`, `faConstants.h` there). Times are seconds since the start of 1901 in local time.

#![forbid(unsafe_code)]

mod attributes;
mod directory;

use attributes::{Attributes, access, local_time};
use directory::Directory;
use osvm_plugin_sdk::interfaces::FileType;
use osvm_plugin_sdk::prelude::*;

/// Paths of this many bytes or more are refused: `PATH_MAX` of Linux.
const PATH_MAX: usize = 4096;

/// Failures of the plugin's own, which take the place of the system's numbers.
mod failure {
    use osvm_plugin_sdk::PrimitiveError;

    /// The path is too long.
    pub(crate) const STRING_TOO_LONG: PrimitiveError = PrimitiveError::OperatingSystem(-1);
    /// There is nothing at the path, or nothing that can be looked at.
    pub(crate) const CANT_STAT_PATH: PrimitiveError = PrimitiveError::OperatingSystem(-3);
    /// Nothing was asked for.
    pub(crate) const INVALID_ARGUMENTS: PrimitiveError = PrimitiveError::OperatingSystem(-6);
    /// The directory cannot be opened.
    pub(crate) const CANT_OPEN_DIR: PrimitiveError = PrimitiveError::OperatingSystem(-9);
    /// The directory cannot be read further.
    pub(crate) const CANT_READ_DIR: PrimitiveError = PrimitiveError::OperatingSystem(-16);
}

/// The plugin.
#[plugin(name = "FileAttributesPlugin", imports(files, clock))]
mod file_attributes_plugin {
    use super::*;

    /// One attribute: 1 to 12 are those of `stat` (the name, which is nil, mode, inode, device, links, user, group, size, access,
    /// modification, change and creation time), 13 to 15 whether it can be read, written, executed, 16 whether it is a symbolic link.
    #[primitive]
    fn primitive_file_attribute(cx: &Context, path: &[u8], number: i64) -> Result<Object, PrimitiveError> {
        if !(1..=16).contains(&number) {
            return Err(PrimitiveError::BadArgument);
        }
        let path = short(path)?;
        match number {
            13..=15 => cx.boolean(access(cx, path)[number as usize - 13]),
            16 => {
                let about = cx.files().metadata(path, false).map_err(|_| failure::CANT_STAT_PATH)?;
                cx.boolean(about.file_type == FileType::Link)
            }
            _ => {
                let about = cx.files().metadata(path, true).map_err(|_| failure::CANT_STAT_PATH)?;
                match number {
                    2 => cx.new_int(i64::from(about.mode)),
                    3 => cx.new_int(about.inode as i64),
                    4 => cx.new_int(about.device as i64),
                    5 => cx.new_int(about.links as i64),
                    6 => cx.new_int(i64::from(about.user)),
                    7 => cx.new_int(i64::from(about.group)),
                    8 => cx.new_int(attributes::size(&about)),
                    9 => cx.new_int(local_time(cx, about.accessed)?),
                    10 => cx.new_int(local_time(cx, about.modified)?),
                    11 => cx.new_int(local_time(cx, about.changed)?),
                    _ => cx.nil(),
                }
            }
        }
    }

    /// All attributes that the mask asks for: bit 0 those of `stat` (an Array of 13), bit 1 those of `access` (an Array of 3), both an
    /// Array of the two; bit 2 those of a symbolic link itself.
    #[primitive]
    fn primitive_file_attributes(cx: &Context, path: &[u8], mask: i64) -> Result<Object, PrimitiveError> {
        let path = short(path)?;
        let stat = |_: ()| Attributes::of(cx, path, mask & 4 == 0)?.object(cx);
        let access = |_: ()| attributes::booleans(cx, access(cx, path));
        match mask & 3 {
            1 => stat(()),
            2 => access(()),
            3 => cx.new_array(&[stat(())?, access(())?]),
            _ => Err(failure::INVALID_ARGUMENTS),
        }
    }

    #[primitive]
    fn primitive_file_exists(cx: &Context, path: &[u8]) -> Result<bool, PrimitiveError> {
        Ok(cx.files().metadata(short(path)?, true).is_ok())
    }

    /// The bits of a mode that say what a file is: the mask, socket, link, file, block device, directory, character device, pipe.
    #[primitive]
    fn primitive_file_masks() -> (i64, i64, i64, i64, i64, i64, i64, i64) {
        (0o170_000, 0o140_000, 0o120_000, 0o100_000, 0o060_000, 0o040_000, 0o020_000, 0o010_000)
    }

    /// Opens a directory: an Array of the first entry's name, its attributes (nil if it cannot be looked at), and the handle of the
    /// directory; nil if it is empty.
    #[primitive]
    fn primitive_opendir(cx: &Context, path: &[u8]) -> Result<Option<(Vec<u8>, Object, New<Directory>)>, PrimitiveError> {
        let mut directory = Directory::open(cx, short(path)?)?;
        Ok(match directory.next(cx)? {
            Some((name, attributes)) => Some((name, attributes, New(directory))),
            None => {
                directory.close(cx)?;
                None
            }
        })
    }

    /// The next entry: an Array of its name, its attributes and nil; nil at the end.
    #[primitive]
    fn primitive_readdir(cx: &Context, directory: &mut Directory) -> Result<Option<(Vec<u8>, Object, Object)>, PrimitiveError> {
        directory.next(cx)?.map(|(name, attributes)| Ok((name, attributes, cx.nil()?))).transpose()
    }

    /// Begins again: the first entry.
    #[primitive]
    fn primitive_rewinddir(cx: &Context, directory: &mut Directory) -> Result<Option<(Vec<u8>, Object, Object)>, PrimitiveError> {
        directory.rewind(cx)?;
        directory.next(cx)?.map(|(name, attributes)| Ok((name, attributes, cx.nil()?))).transpose()
    }

    #[primitive]
    fn primitive_closedir(cx: &Context, directory: Closing<Directory>) -> Result<(), PrimitiveError> {
        directory.0.close(cx)
    }

    #[primitive]
    fn primitive_change_mode(cx: &Context, path: &[u8], mode: i64) -> Result<Nil, PrimitiveError> {
        cx.files().set_mode(short(path)?, mode as u32)?;
        Ok(Nil)
    }

    /// Changes owner and group of what the path leads to; -1 leaves one as it is.
    #[primitive]
    fn primitive_change_owner(cx: &Context, path: &[u8], user: i64, group: i64) -> Result<Nil, PrimitiveError> {
        let path = short(path)?;
        // The host changes what the path names, which may be a link.
        let target = match cx.files().metadata(path, false)?.file_type {
            FileType::Link => cx.files().read_link(path)?,
            _ => path.to_vec(),
        };
        change_owner(cx, &directory::beside(path, &target), user, group)
    }

    /// Changes owner and group of a link itself.
    #[primitive]
    fn primitive_symlink_change_owner(cx: &Context, path: &[u8], user: i64, group: i64) -> Result<Nil, PrimitiveError> {
        change_owner(cx, short(path)?, user, group)
    }

    /// Only Windows has drives.
    #[primitive]
    fn primitive_logical_drives() -> Result<i64, PrimitiveError> {
        Err(PrimitiveError::Failed)
    }

    #[primitive]
    fn primitive_path_max() -> i64 {
        PATH_MAX as i64
    }

    /// Paths of the system are UTF-8 as those of images are.
    #[primitive]
    fn primitive_plat_to_st_path(path: &[u8]) -> Result<Vec<u8>, PrimitiveError> {
        short(path).map(<[u8]>::to_vec)
    }

    #[primitive]
    fn primitive_st_to_plat_path(path: &[u8]) -> Result<Vec<u8>, PrimitiveError> {
        short(path).map(<[u8]>::to_vec)
    }

    /// The version whose primitives these are.
    #[primitive]
    fn primitive_version_string() -> &'static str {
        "2.0.8"
    }
}

fn change_owner(cx: &Context, path: &[u8], user: i64, group: i64) -> Result<Nil, PrimitiveError> {
    let id = |id: i64| match id {
        -1 => Ok(None),
        id => u32::try_from(id).map(Some).map_err(|_| PrimitiveError::BadArgument),
    };
    cx.files().set_owner(path, id(user)?, id(group)?)?;
    Ok(Nil)
}

/// A path that is short enough.
fn short(path: &[u8]) -> Result<&[u8], PrimitiveError> {
    if path.len() < PATH_MAX { Ok(path) } else { Err(failure::STRING_TOO_LONG) }
}
