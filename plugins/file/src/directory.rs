//! Directories, and files by name.

use crate::FileState;
use crate::stream::path;
use osvm_plugin_sdk::classic::{Call, Metadata, Outcome, PrimitiveError, Value};

/// Seconds from the start of 1901, Smalltalk's epoch, to the start of 1970.
const SECONDS_1901_TO_1970: i64 = 2_177_452_800;

/// The names of the directory that the image is walking through by index.
pub(crate) struct Listing {
    path: Vec<u8>,
    names: Vec<Vec<u8>>,
    next: i64,
}

/// `(path)`
pub(crate) fn delete_file(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let path = path(call, 0)?.to_vec();
    state.files(call.world)?.remove(&path)?;
    Ok(Value::Receiver)
}

/// `(from, to)`
pub(crate) fn rename(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let (from, to) = (path(call, 0)?.to_vec(), path(call, 1)?.to_vec());
    state.files(call.world)?.rename(&from, &to)?;
    Ok(Value::Receiver)
}

/// `(path)`
pub(crate) fn create(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let path = path(call, 0)?.to_vec();
    state.files(call.world)?.create_dir(&path)?;
    Ok(Value::Receiver)
}

/// `(path)`
pub(crate) fn delete(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let path = path(call, 0)?.to_vec();
    state.listing = None;
    state.files(call.world)?.remove_dir(&path)?;
    Ok(Value::Receiver)
}

/// The character between the names in a path.
pub(crate) fn delimiter(_: &mut FileState, _: &mut Call<'_>) -> Outcome {
    Ok(Value::Char('/' as u32))
}

/// `(path, index)`: the entry at `index` (from 1); nil behind the last. The order is the file system's, and a directory is
/// read again when the image does not go on with the next index.
pub(crate) fn lookup(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let path = directory(call)?;
    let index = call.int(1)?;
    let goes_on = state.listing.as_ref().is_some_and(|l| l.path == path && l.next == index);
    if !goes_on {
        let names = state.files(call.world)?.dir_names(&path)?;
        state.listing = Some(Listing { path: path.clone(), names, next: index });
    }
    let Some(listing) = &mut state.listing else { return Err(PrimitiveError::Internal) };
    listing.next = index.saturating_add(1);
    let name = usize::try_from(index).ok().and_then(|i| listing.names.get(i.checked_sub(1)?));
    let Some(name) = name.cloned() else { return Ok(Value::Nil) };
    // A file that cannot be looked at still has its name in the list.
    let metadata = state.files(call.world)?.metadata(&join(&path, &name)).unwrap_or_default();
    describe(call, &name, metadata)
}

/// `(path, name)`: the entry of that name; nil if there is none.
pub(crate) fn entry(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let path = directory(call)?;
    let name = crate::stream::path(call, 1)?.to_vec();
    match state.files(call.world)?.metadata(&join(&path, &name)) {
        Ok(metadata) => describe(call, &name, metadata),
        Err(_) => Ok(Value::Nil),
    }
}

/// `(path, type, creator)`: only the files of the old Mac OS have types and creators.
pub(crate) fn mac_type(_: &mut FileState, call: &mut Call<'_>) -> Outcome {
    if call.bytes(1)?.len() != 4 || call.bytes(2)?.len() != 4 {
        return Err(PrimitiveError::BadArgument);
    }
    Ok(Value::Receiver)
}

/// The directory that is argument 0; an empty path is the current one.
fn directory(call: &Call<'_>) -> Result<Vec<u8>, PrimitiveError> {
    let path = path(call, 0)?;
    Ok(if path.is_empty() { b".".to_vec() } else { path.to_vec() })
}

fn join(path: &[u8], name: &[u8]) -> Vec<u8> {
    [path, b"/", name].concat()
}

/// Name, creation and modification time (local seconds since 1901), is it a directory, size, permissions, is it a link.
fn describe(call: &mut Call<'_>, name: &[u8], about: Metadata) -> Outcome {
    // A file that could not be looked at has no times.
    let time = |seconds: i64, offset: i64| if about == Metadata::default() { 0 } else { seconds + offset + SECONDS_1901_TO_1970 };
    let name = call.objects.new_string(name)?;
    Ok(Value::Tuple(vec![
        Value::Object(name),
        Value::Int(time(about.changed, about.changed_offset)),
        Value::Int(time(about.modified, about.modified_offset)),
        Value::Bool(about.is_dir),
        Value::Int(if about.is_dir { 0 } else { about.size as i64 }),
        Value::Int(i64::from(about.mode & 0o777)),
        Value::Bool(about.is_symlink),
    ]))
}
