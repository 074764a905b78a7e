//! A native plugin: one exported table, in which every function has the same C type.
//!
//! Builtin plugins have the same table; it is linked in instead of loaded.
//!
//! Addresses that cross in slots are those of the process. What is lent to the plugin (data of arguments, its own buffers given to
//! the host) stays where it is until the call ends: no object moves during a call. The host refuses to write to an object whose
//! data it lent to the running call, so that what a plugin reads does not change under it.

use std::ffi::c_void;

/// The name of the one symbol that a native plugin exports: a static [`PluginTable`].
pub const SYMBOL: &str = "osvm_plugin";

/// The first bytes of every [`PluginTable`].
pub const MAGIC: [u8; 8] = *b"osvmplug";

/// What a native plugin exports. This layout is the same in all versions of the boundary up to `minor`.
#[repr(C)]
#[derive(Debug)]
pub struct PluginTable {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// The version of the boundary that it was built for.
    pub major: u16,
    /// See `major`.
    pub minor: u16,
    /// How many functions there are: as many as the description has primitives and hooks.
    pub function_count: u32,
    /// The text of the description.
    pub description: *const u8,
    /// Its bytes.
    pub description_len: usize,
    /// The primitives and then the hooks, in the order of the description.
    pub functions: *const Function,
    /// Makes the state that a VM's calls share; null if it cannot.
    pub create: extern "C" fn() -> *mut c_void,
    /// Frees it.
    pub destroy: unsafe extern "C" fn(instance: *mut c_void),
}

#[allow(unsafe_code)]
// SAFETY: a table is constant: neither it nor what its pointers lead to is written after it was made.
unsafe impl Sync for PluginTable {}

/// A primitive or a hook of a native plugin: takes the plugin's state and the call, answers the status.
pub type Function = unsafe extern "C" fn(instance: *mut c_void, call: *mut Frame) -> i32;

/// One call, as the host hands it to a native plugin.
#[repr(C)]
#[derive(Debug)]
pub struct Frame {
    /// The arguments, in the slots that the signature says.
    pub arguments: *const u64,
    /// Room for [`crate::RESULT_SLOTS`] results.
    pub results: *mut u64,
    /// For `host`.
    pub context: *mut c_void,
    /// Every function of every interface: see [`crate::interfaces`].
    pub host: HostCall,
}

/// Calls a function of an interface by its number, with its parameters a slot each; answers as [`crate::encode`] says.
/// A function whose interface was not granted fails with `unsupported operation`.
pub type HostCall = unsafe extern "C" fn(context: *mut c_void, op: u32, arguments: *const u64) -> i64;
