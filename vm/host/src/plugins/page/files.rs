//! The files of plugins, which the JavaScript host has fetched before the VM started.

use std::io;
use std::path::Path;

#[allow(unsafe_code)]
mod js {
    #[link(wasm_import_module = "osvm_plugins")]
    unsafe extern "C" {
        /// The length of a plugin's file, or -1 if it was not fetched.
        pub unsafe fn file_length(path: *const u8, path_len: usize) -> i32;
        /// Copies a plugin's file of this length to an address.
        pub unsafe fn file_read(path: *const u8, path_len: usize, to: *mut u8, len: usize);
    }
}

/// The bytes of a plugin's file.
#[allow(unsafe_code)]
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let name = path.as_os_str().as_encoded_bytes();
    // SAFETY: the host reads the name and nothing else.
    let len = unsafe { js::file_length(name.as_ptr(), name.len()) };
    let len = usize::try_from(len).map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
    let mut bytes = vec![0; len];
    // SAFETY: the host reads the name, and writes as many bytes as it said to room for as many.
    unsafe { js::file_read(name.as_ptr(), name.len(), bytes.as_mut_ptr(), len) };
    Ok(bytes)
}
