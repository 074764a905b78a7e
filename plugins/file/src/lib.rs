//! FilePlugin: files, directories and standard streams.
//!
//! The functions and what they do are those of the OpenSmalltalk VM's plugin (`FilePlugin`, `sqFilePluginBasicPrims.c` and
//! `sqUnixFile.c` there), save that failures of the operating system carry its number. Indices that the image gives count
//! from 1, positions in files from 0.

#![forbid(unsafe_code)]

mod directory;
mod range;
mod stream;

use directory::{Entry, Listing, directory};
use osvm_plugin_sdk::interfaces::{FileKind, Open, Right, Stdio};
use osvm_plugin_sdk::prelude::*;
use range::Range;
use stream::Stream;

/// Paths of this many bytes or more are refused, as in the reference.
const MAX_PATH: usize = 4096;

const EACCES: PrimitiveError = PrimitiveError::OperatingSystem(13);
const EBADF: PrimitiveError = PrimitiveError::OperatingSystem(9);
const EEXIST: PrimitiveError = PrimitiveError::OperatingSystem(17);
const EISDIR: PrimitiveError = PrimitiveError::OperatingSystem(21);

/// The plugin.
#[plugin(name = "FilePlugin", imports(files, clock, security))]
mod file_plugin {
    use super::*;

    /// What the plugin keeps between calls.
    #[derive(Default)]
    pub struct State {
        /// The standard streams that the image asked for.
        stdio: [Option<ResourceId<Stream>>; 3],
        listing: Option<Listing>,
    }

    /// Reads into elements `start` (from 1) to `start + count - 1`; answers how many were read.
    #[primitive]
    fn primitive_file_read(cx: &Context, file: &mut Stream, into: Object, start: i64, count: i64) -> Result<i64, PrimitiveError> {
        let range = Range::of(cx, into, start, count)?;
        if file.is_output() {
            return Err(PrimitiveError::Failed);
        }
        Ok((file.read(cx, into, range.offset, range.len)? / range.unit) as i64)
    }

    /// Writes elements `start` (from 1) to `start + count - 1`; answers how many were written.
    #[primitive]
    fn primitive_file_write(cx: &Context, file: &mut Stream, from: Object, start: i64, count: i64) -> Result<i64, PrimitiveError> {
        let range = Range::of(cx, from, start, count)?;
        if !file.writable {
            return Err(PrimitiveError::Failed);
        }
        file.write(cx, from, range.offset, range.len)?;
        Ok((range.len / range.unit) as i64)
    }

    /// The handles of standard input, output and error; nil for one that does not exist.
    #[primitive]
    fn primitive_file_stdio_handles(
        cx: &mut Context,
        state: &mut State,
    ) -> Result<(Option<ResourceId<Stream>>, Option<ResourceId<Stream>>, Option<ResourceId<Stream>>), PrimitiveError> {
        for (number, stdio) in [Stdio::Input, Stdio::Output, Stdio::Error].into_iter().enumerate() {
            state.stdio[number] = match (cx.files().stdio(stdio)?, state.stdio[number]) {
                (None, _) => None,
                (Some(_), Some(known)) => Some(known),
                (Some((file, kind)), None) => Some(cx.keep(Stream::stdio(file, number, kind == FileKind::Terminal))),
            };
        }
        let [input, output, error] = state.stdio;
        Ok((input, output, error))
    }

    /// 1 for a terminal, 2 for a pipe, 3 for anything else, -1 for no descriptor.
    #[primitive]
    fn primitive_file_descriptor_type(cx: &Context, descriptor: i64) -> i64 {
        match cx.files().descriptor_kind(descriptor) {
            Ok(Some(FileKind::Terminal)) => 1,
            Ok(Some(FileKind::Pipe)) => 2,
            Ok(Some(FileKind::File)) => 3,
            Ok(None) | Err(_) => -1,
        }
    }

    /// Opens a file, making it if it shall be written and is missing; what is in it stays.
    #[primitive]
    fn primitive_file_open(cx: &Context, path: &[u8], writable: bool) -> Result<New<Stream>, PrimitiveError> {
        open(cx, short(path)?, if writable { Some(Open::CREATE) } else { None })
    }

    /// Makes a file; `#'inappropriate operation'` if it is there.
    #[primitive]
    fn primitive_file_open_new(cx: &Context, path: &[u8]) -> Result<New<Stream>, PrimitiveError> {
        open(cx, short(path)?, Some(Open::CREATE_NEW))
            .map_err(|error| if error == EEXIST { PrimitiveError::Inappropriate } else { error })
    }

    /// A file for a descriptor that the process was started with.
    #[primitive]
    fn primitive_connect_to_file_descriptor(cx: &Context, descriptor: i64, writable: bool) -> Result<New<Stream>, PrimitiveError> {
        Ok(New(Stream::new(cx.files().attach(descriptor, writable)?, writable)))
    }

    /// A C library's `FILE *` means nothing here.
    #[primitive]
    fn primitive_connect_to_file(pointer: &[u8], writable: bool) -> Result<New<Stream>, PrimitiveError> {
        let _ = (pointer, writable);
        Err(PrimitiveError::Unsupported)
    }

    /// Closes a file. Its handle is dead from now on also if what was pending could not be written.
    #[primitive]
    fn primitive_file_close(cx: &Context, state: &mut State, file: Closing<Stream>) -> Result<(), PrimitiveError> {
        if let Some(number) = file.stdio {
            state.stdio[number] = None;
        }
        file.0.close(cx)
    }

    /// True if nothing is left to read.
    #[primitive]
    fn primitive_file_at_end(cx: &Context, file: &mut Stream) -> Result<bool, PrimitiveError> {
        file.is_at_end(cx)
    }

    #[primitive]
    fn primitive_file_size(cx: &Context, file: &mut Stream) -> Result<i64, PrimitiveError> {
        Ok(file.size(cx)? as i64)
    }

    /// Where a file stands; of a terminal 1 after a character was read, else 0.
    #[primitive]
    fn primitive_file_get_position(cx: &Context, file: &mut Stream) -> Result<i64, PrimitiveError> {
        Ok(file.position(cx)? as i64)
    }

    #[primitive]
    fn primitive_file_set_position(cx: &Context, file: &mut Stream, position: i64) -> Result<(), PrimitiveError> {
        file.set_position(cx, unsigned(position)?)
    }

    #[primitive]
    fn primitive_file_truncate(cx: &Context, file: &mut Stream, length: i64) -> Result<(), PrimitiveError> {
        file.truncate(cx, unsigned(length)?)
    }

    /// Writes out what is buffered. A file that cannot be written has nothing to flush.
    #[primitive]
    fn primitive_file_flush(cx: &Context, file: &mut Stream) -> Result<(), PrimitiveError> {
        match file.flush(cx) {
            Err(EBADF) => Ok(()),
            other => other,
        }
    }

    /// Writes out what is buffered and makes it durable.
    #[primitive]
    fn primitive_file_sync(cx: &Context, file: &mut Stream) -> Result<(), PrimitiveError> {
        file.sync(cx)
    }

    /// Deletes a file, or a directory that is empty.
    #[primitive]
    fn primitive_file_delete(cx: &Context, path: &[u8]) -> Result<(), PrimitiveError> {
        match cx.files().remove(short(path)?) {
            Err(EISDIR) => cx.files().remove_dir(path),
            other => other,
        }
    }

    #[primitive]
    fn primitive_file_rename(cx: &Context, from: &[u8], to: &[u8]) -> Result<(), PrimitiveError> {
        cx.files().rename(short(from)?, short(to)?)
    }

    #[primitive]
    fn primitive_directory_create(cx: &Context, path: &[u8]) -> Result<(), PrimitiveError> {
        cx.files().create_dir(short(path)?)
    }

    #[primitive]
    fn primitive_directory_delete(cx: &Context, state: &mut State, path: &[u8]) -> Result<(), PrimitiveError> {
        state.listing = None;
        cx.files().remove_dir(short(path)?)
    }

    /// The character between the names in a path.
    #[primitive]
    fn primitive_directory_delimitor() -> char {
        '/'
    }

    /// The entry at `index` (from 1); nil behind the last. The order is the file system's, and a directory is read again when the image
    /// does not go on with the next index.
    #[primitive]
    fn primitive_directory_lookup(
        cx: &Context,
        state: &mut State,
        path: &[u8],
        index: i64,
    ) -> Result<Option<(Object, i64, i64, bool, i64, i64, bool)>, PrimitiveError> {
        directory::lookup(cx, &mut state.listing, directory(short(path)?), index)?.map(|entry| entry.describe(cx)).transpose()
    }

    /// The entry of that name; nil if there is none.
    #[primitive]
    fn primitive_directory_entry(
        cx: &Context,
        path: &[u8],
        name: &[u8],
    ) -> Result<Option<(Object, i64, i64, bool, i64, i64, bool)>, PrimitiveError> {
        Entry::named(cx, directory(short(path)?), short(name)?).ok().map(|entry| entry.describe(cx)).transpose()
    }

    /// Only the files of the old Mac OS have types and creators.
    #[primitive]
    fn primitive_directory_get_mac_type_and_creator(path: &[u8], ty: &[u8], creator: &[u8]) -> Result<(), PrimitiveError> {
        mac_type(path, ty, creator)
    }

    #[primitive]
    fn primitive_directory_set_mac_type_and_creator(path: &[u8], ty: &[u8], creator: &[u8]) -> Result<(), PrimitiveError> {
        mac_type(path, ty, creator)
    }

    /// True if the image has not given up its right to files.
    #[primitive]
    fn primitive_has_file_access(cx: &Context) -> bool {
        cx.security().allowed(Right::Files).unwrap_or(true)
    }

    /// Gives up the right to files for the rest of the session: only the untrusted user directory is left. Files that are open stay so.
    #[primitive]
    fn primitive_disable_file_access(cx: &Context) -> Result<(), PrimitiveError> {
        cx.security().give_up(Right::Files)
    }

    /// Writes out what is pending of every file. There is nobody left whom an error could be told.
    #[hook]
    fn quit(cx: &mut Context) {
        for id in cx.resource_ids::<Stream>() {
            let _ = cx.with_resource(id, |stream, cx| stream.flush(cx));
        }
    }
}

/// Opens a file to be read, and to be written too if it is said how it may be made. A file that may be written but not read is opened to be
/// written only.
fn open(cx: &Context, path: &[u8], make: Option<Open>) -> Result<New<Stream>, PrimitiveError> {
    let file = match make {
        None => cx.files().open(path, Open::READ)?,
        Some(make) => match cx.files().open(path, Open::READ | Open::WRITE | make) {
            Err(EACCES) => cx.files().open(path, Open::WRITE | make)?,
            other => other?,
        },
    };
    Ok(New(Stream::new(file, make.is_some())))
}

fn mac_type(path: &[u8], ty: &[u8], creator: &[u8]) -> Result<(), PrimitiveError> {
    short(path)?;
    if ty.len() == 4 && creator.len() == 4 { Ok(()) } else { Err(PrimitiveError::BadArgument) }
}

/// A path that is short enough.
fn short(path: &[u8]) -> Result<&[u8], PrimitiveError> {
    if path.len() < MAX_PATH { Ok(path) } else { Err(PrimitiveError::BadArgument) }
}

fn unsigned(value: i64) -> Result<u64, PrimitiveError> {
    u64::try_from(value).map_err(|_| PrimitiveError::BadArgument)
}
