//! The imports of the module `osvm_files`, from `vm/web/js/file-imports.mjs`, as safe functions.
//!
//! What a function answers below zero is minus the number of an error. Texts are UTF-8; a path comes with the root that it must not leave.

#![allow(unsafe_code)]

use std::io;

#[link(wasm_import_module = "osvm_files")]
unsafe extern "C" {
    #[link_name = "open"]
    fn js_open(root: *const u8, root_len: usize, path: *const u8, path_len: usize, flags: u32) -> i32;
    #[link_name = "close"]
    safe fn js_close(file: i32) -> i32;
    #[link_name = "read"]
    fn js_read(file: i32, position: f64, into: *mut u8, len: usize) -> i32;
    #[link_name = "write"]
    fn js_write(file: i32, position: f64, from: *const u8, len: usize) -> i32;
    #[link_name = "size"]
    safe fn js_size(file: i32) -> f64;
    #[link_name = "set_size"]
    safe fn js_set_size(file: i32, size: f64) -> i32;
    #[link_name = "sync"]
    safe fn js_sync(file: i32) -> i32;
    #[link_name = "stat"]
    fn js_stat(root: *const u8, root_len: usize, path: *const u8, path_len: usize, follow: i32, into: *mut f64) -> i32;
    #[link_name = "list"]
    fn js_list(root: *const u8, root_len: usize, path: *const u8, path_len: usize) -> i32;
    #[link_name = "remove"]
    fn js_remove(root: *const u8, root_len: usize, path: *const u8, path_len: usize) -> i32;
    #[link_name = "create_dir"]
    fn js_create_dir(root: *const u8, root_len: usize, path: *const u8, path_len: usize) -> i32;
    #[link_name = "remove_dir"]
    fn js_remove_dir(root: *const u8, root_len: usize, path: *const u8, path_len: usize) -> i32;
    #[link_name = "set_mode"]
    fn js_set_mode(root: *const u8, root_len: usize, path: *const u8, path_len: usize, mode: u32) -> i32;
    #[link_name = "set_owner"]
    fn js_set_owner(root: *const u8, root_len: usize, path: *const u8, path_len: usize, user: f64, group: f64) -> i32;
    #[link_name = "set_times"]
    fn js_set_times(root: *const u8, root_len: usize, path: *const u8, path_len: usize, accessed: f64, modified: f64) -> i32;
    #[link_name = "read_link"]
    fn js_read_link(root: *const u8, root_len: usize, path: *const u8, path_len: usize) -> i32;
    #[link_name = "make_link"]
    fn js_make_link(
        root: *const u8,
        root_len: usize,
        path: *const u8,
        path_len: usize,
        target: *const u8,
        target_len: usize,
    ) -> i32;
    #[link_name = "rename"]
    fn js_rename(
        root: *const u8,
        root_len: usize,
        from: *const u8,
        from_len: usize,
        to_root: *const u8,
        to_root_len: usize,
        to: *const u8,
        to_len: usize,
    ) -> i32;
    /// Stores the text whose length a function has answered, as much of it as fits.
    #[link_name = "result"]
    fn js_result(into: *mut u8, len: usize) -> i32;
}

/// Numbers that `stat` stores.
pub(super) const STAT: usize = 12;

/// A path below a root.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) root: &'a str,
    pub(super) path: &'a str,
}

/// Calls a function with a root, a path and what more it has.
macro_rules! at {
    ($at:expr, $function:ident $(, $more:expr)*) => {
        // SAFETY: the host reads these bytes and no others; it stores nothing, but where the function says so and there is room.
        checked(unsafe { $function($at.root.as_ptr(), $at.root.len(), $at.path.as_ptr(), $at.path.len() $(, $more)*) })
    };
}

/// What the host answered, or its error.
fn checked(answer: i32) -> io::Result<u32> {
    u32::try_from(answer).map_err(|_| io::Error::from_raw_os_error(-answer))
}

/// The text whose length was answered.
fn result(len: u32) -> io::Result<String> {
    let mut bytes = vec![0; len as usize];
    // SAFETY: the host stores so many bytes at the most.
    checked(unsafe { js_result(bytes.as_mut_ptr(), bytes.len()) })?;
    String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
}

pub(super) fn open(at: At<'_>, flags: u32) -> io::Result<i32> {
    at!(at, js_open, flags).map(u32::cast_signed)
}

pub(super) fn close(file: i32) -> io::Result<()> {
    checked(js_close(file)).map(drop)
}

pub(super) fn read(file: i32, position: f64, into: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the host stores so many bytes at the most.
    checked(unsafe { js_read(file, position, into.as_mut_ptr(), into.len()) }).map(|read| read as usize)
}

pub(super) fn write(file: i32, position: f64, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: the host reads these bytes and no others.
    checked(unsafe { js_write(file, position, bytes.as_ptr(), bytes.len()) }).map(|written| written as usize)
}

pub(super) fn size(file: i32) -> io::Result<u64> {
    let size = js_size(file);
    if size < 0.0 { Err(io::Error::from_raw_os_error(-size as i32)) } else { Ok(size as u64) }
}

pub(super) fn set_size(file: i32, size: f64) -> io::Result<()> {
    checked(js_set_size(file, size)).map(drop)
}

pub(super) fn sync(file: i32) -> io::Result<()> {
    checked(js_sync(file)).map(drop)
}

/// Mode with type bits, inode, device, links, user, group, size, times of access, modification, change and creation, kind.
pub(super) fn stat(at: At<'_>, follow: bool) -> io::Result<[f64; STAT]> {
    let mut numbers = [0.0; STAT];
    at!(at, js_stat, follow.into(), numbers.as_mut_ptr())?;
    Ok(numbers)
}

/// The names in a directory, each with a zero byte at its end.
pub(super) fn list(at: At<'_>) -> io::Result<String> {
    result(at!(at, js_list)?)
}

pub(super) fn remove(at: At<'_>) -> io::Result<()> {
    at!(at, js_remove).map(drop)
}

pub(super) fn create_dir(at: At<'_>) -> io::Result<()> {
    at!(at, js_create_dir).map(drop)
}

pub(super) fn remove_dir(at: At<'_>) -> io::Result<()> {
    at!(at, js_remove_dir).map(drop)
}

pub(super) fn set_mode(at: At<'_>, mode: u32) -> io::Result<()> {
    at!(at, js_set_mode, mode).map(drop)
}

/// Sets user and group; -1 leaves one as it is.
pub(super) fn set_owner(at: At<'_>, user: f64, group: f64) -> io::Result<()> {
    at!(at, js_set_owner, user, group).map(drop)
}

pub(super) fn set_times(at: At<'_>, accessed: i64, modified: i64) -> io::Result<()> {
    at!(at, js_set_times, accessed as f64, modified as f64).map(drop)
}

pub(super) fn read_link(at: At<'_>) -> io::Result<String> {
    result(at!(at, js_read_link)?)
}

pub(super) fn make_link(target: &str, at: At<'_>) -> io::Result<()> {
    at!(at, js_make_link, target.as_ptr(), target.len()).map(drop)
}

pub(super) fn rename(from: At<'_>, to: At<'_>) -> io::Result<()> {
    at!(from, js_rename, to.root.as_ptr(), to.root.len(), to.path.as_ptr(), to.path.len()).map(drop)
}
