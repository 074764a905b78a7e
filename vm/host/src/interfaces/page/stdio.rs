//! The standard streams of a page: output goes to the JavaScript host.

use osvm_plugin_sdk::abi::PrimitiveError;

#[allow(unsafe_code)]
mod js {
    #[link(wasm_import_module = "osvm_world")]
    unsafe extern "C" {
        /// Takes bytes of standard output (1) or error (2).
        pub unsafe fn output(stream: i32, address: *const u8, len: usize);
    }
}

/// Standard input, output and error.
#[derive(Default)]
pub(super) struct Stdio;

impl Stdio {
    /// Writes to standard output (1) or error (2).
    #[allow(unsafe_code)]
    pub(super) fn write(&mut self, number: usize, bytes: &[u8]) -> Result<(), PrimitiveError> {
        // SAFETY: the host reads these bytes and no others.
        unsafe { js::output(number as i32, bytes.as_ptr(), bytes.len()) };
        Ok(())
    }

    /// Writes out what is buffered.
    pub(super) fn flush(&mut self) -> Result<(), PrimitiveError> {
        Ok(())
    }
}
