//! The interfaces that plugins may use: one implementation of each function, for wasm, native and builtin plugins.

use osvm_plugin_sdk::classic::PrimitiveError;

/// The memory of a plugin, as addresses and lengths lead into it.
pub(crate) trait Memory {
    /// Bytes to be read; `bad argument` where they are not all inside.
    fn read(&self, address: u64, len: u64) -> Result<&[u8], PrimitiveError>;
    /// Bytes to be written.
    fn write(&mut self, address: u64, len: u64) -> Result<&mut [u8], PrimitiveError>;
}
