//! FilePlugin: files, directories and standard streams.
//!
//! The functions and what they do are those of the OpenSmalltalk VM's plugin (`FilePlugin`, `sqFilePluginBasicPrims.c` and
//! `sqUnixFile.c` there), save that failures of the operating system carry its number. Indices that the image gives count
//! from 1, positions in files from 0.

#![forbid(unsafe_code)]

mod directory;
mod stream;
mod transfer;

use osvm_plugin_sdk::classic::{Call, Files, Module, Outcome, Plugin, Primitive, PrimitiveError, Slab, State, Value, World};
use stream::Stream;

/// The plugin, with no file open.
pub fn plugin() -> Box<dyn Plugin> {
    Box::new(Module::new("FilePlugin", PRIMITIVES, FileState::default()))
}

const PRIMITIVES: &[Primitive<FileState>] = &[
    Primitive::new("primitiveFileWrite", "(file: resource, from: oop, start: int, count: int) -> int", transfer::write),
    Primitive::new("primitiveFileRead", "(file: resource, into: oop, start: int, count: int) -> int", transfer::read),
    Primitive::new("primitiveFileStdioHandles", "() -> (resource?, resource?, resource?)", stream::stdio_handles),
    Primitive::new("primitiveFileDescriptorType", "(descriptor: int) -> int", stream::descriptor_type),
    Primitive::new("primitiveFileOpen", "(path: bytes, writable: bool) -> resource", stream::open),
    Primitive::new("primitiveFileOpenNew", "(path: bytes) -> resource", stream::open_new),
    Primitive::new("primitiveConnectToFileDescriptor", "(descriptor: int, writable: bool) -> resource", stream::connect),
    Primitive::new("primitiveConnectToFile", "(pointer: bytes, writable: bool) -> resource", unsupported),
    Primitive::new("primitiveFileClose", "(file: resource) -> self", stream::close),
    Primitive::new("primitiveFileAtEnd", "(file: resource) -> bool", stream::at_end),
    Primitive::new("primitiveFileSize", "(file: resource) -> int", stream::size),
    Primitive::new("primitiveFileGetPosition", "(file: resource) -> int", stream::position),
    Primitive::new("primitiveFileSetPosition", "(file: resource, position: int) -> self", stream::set_position),
    Primitive::new("primitiveFileTruncate", "(file: resource, length: int) -> self", stream::truncate),
    Primitive::new("primitiveFileFlush", "(file: resource) -> self", stream::flush),
    Primitive::new("primitiveFileSync", "(file: resource) -> self", stream::sync),
    Primitive::new("primitiveFileDelete", "(path: bytes) -> self", directory::delete_file),
    Primitive::new("primitiveFileRename", "(from: bytes, to: bytes) -> self", directory::rename),
    Primitive::new("primitiveDirectoryCreate", "(path: bytes) -> self", directory::create),
    Primitive::new("primitiveDirectoryDelete", "(path: bytes) -> self", directory::delete),
    Primitive::new("primitiveDirectoryDelimitor", "() -> char", directory::delimiter),
    Primitive::new(
        "primitiveDirectoryLookup",
        "(path: bytes, index: int) -> (oop, int, int, bool, int, int, bool)?",
        directory::lookup,
    ),
    Primitive::new(
        "primitiveDirectoryEntry",
        "(path: bytes, name: bytes) -> (oop, int, int, bool, int, int, bool)?",
        directory::entry,
    ),
    Primitive::new(
        "primitiveDirectoryGetMacTypeAndCreator",
        "(path: bytes, type: bytes, creator: bytes) -> self",
        directory::mac_type,
    ),
    Primitive::new(
        "primitiveDirectorySetMacTypeAndCreator",
        "(path: bytes, type: bytes, creator: bytes) -> self",
        directory::mac_type,
    ),
    Primitive::new("primitiveHasFileAccess", "() -> bool", has_file_access),
    Primitive::new("primitiveDisableFileAccess", "() -> self", disable_file_access),
];

/// What the plugin keeps between calls.
#[derive(Default)]
struct FileState {
    streams: Slab<Stream>,
    /// The numbers of the standard streams in `streams`, once the image asked for them.
    stdio: [Option<u32>; 3],
    listing: Option<directory::Listing>,
    access_disabled: bool,
}

impl FileState {
    /// The open file that is argument 0.
    fn stream(&mut self, call: &Call<'_>) -> Result<&mut Stream, PrimitiveError> {
        self.streams.get_mut(call.resource(0)?).ok_or(PrimitiveError::Internal)
    }

    /// The files interface, unless the image gave up its access.
    fn files<'a>(&self, world: &'a mut dyn World) -> Result<&'a mut dyn Files, PrimitiveError> {
        if self.access_disabled { Err(PrimitiveError::Unsupported) } else { world.files() }
    }
}

impl State for FileState {
    fn shutdown(&mut self, world: &mut dyn World) {
        let Ok(files) = world.files() else { return };
        for stream in self.streams.iter_mut() {
            // There is nobody left whom an error could be told.
            let _ = stream.flush(files);
        }
    }
}

/// A C library's `FILE *` means nothing here.
fn unsupported(_: &mut FileState, _: &mut Call<'_>) -> Outcome {
    Err(PrimitiveError::Unsupported)
}

fn has_file_access(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    Ok(Value::Bool(state.files(call.world).is_ok()))
}

/// For the rest of the session: files that are open stay so, nothing new can be opened, listed, made or deleted.
fn disable_file_access(state: &mut FileState, _: &mut Call<'_>) -> Outcome {
    state.access_disabled = true;
    Ok(Value::Receiver)
}
