//! What the JavaScript host does for plugins: `vm/web/js/plugins.mjs` is the other side. Addresses are the VM's, unless they are said to be
//! the plugin's; texts are UTF-8.

#[allow(unsafe_code)]
#[link(wasm_import_module = "osvm_plugins")]
unsafe extern "C" {
    /// Takes the module with the functions that plugins import, before any plugin is loaded.
    pub(super) unsafe fn imports_set(bytes: *const u8, len: usize);
    /// Looks whether bytes are a module that the engine takes: 0, or 1 with a fault.
    pub(super) unsafe fn module_check(bytes: *const u8, len: usize) -> i32;
    /// Compiles a changed module, and the module with its calls: the number of a plugin, or -1 with a fault.
    pub(super) unsafe fn module_new(bytes: *const u8, len: usize, calls: *const u8, calls_len: usize, exports: u32) -> i32;
    /// Forgets a plugin.
    pub(super) safe fn module_drop(module: i32);
    /// Makes an instance of a plugin and runs its start function: its number, or -1 with a fault.
    pub(super) safe fn instance_new(module: i32) -> i32;
    /// Runs `_initialize` of an instance, if it has that: 0, or 1 with a fault.
    pub(super) safe fn instance_initialize(instance: i32) -> i32;
    /// Forgets an instance.
    pub(super) safe fn instance_drop(instance: i32);
    /// Where the result slots of an instance are, in its memory.
    pub(super) safe fn instance_results(instance: i32) -> u32;
    /// Calls the export of a number: its status. A status [`THREW`] may be a fault instead.
    pub(super) unsafe fn instance_call(instance: i32, export: u32, slots: *const u64, results: *mut u64) -> i32;
    /// The pages of an instance's memory.
    pub(super) safe fn memory_pages(instance: i32) -> u32;
    /// Copies from an instance's memory: 0, or 1 if not all of it is there.
    pub(super) unsafe fn memory_read(instance: i32, address: u32, to: *mut u8, len: usize) -> i32;
    /// Copies to an instance's memory: 0, or 1 if not all of it is there.
    pub(super) unsafe fn memory_write(instance: i32, address: u32, from: *const u8, len: usize) -> i32;
    /// What the last fault was, and that it was looked at: a bit of its own, [`STACK`], [`DENIED`] and [`TRAP`]; 0 if there is none.
    pub(super) safe fn fault_take() -> i32;
    /// A text of the last fault, its message (0) or its backtrace (1), as much of it as fits: its length.
    pub(super) unsafe fn fault_text(part: i32, to: *mut u8, room: usize) -> usize;
}

/// The status that says that there may be a fault. No plugin that keeps to its signature answers it.
pub(super) const THREW: i32 = i32::MAX;
/// The stack was used up.
pub(super) const STACK: i32 = 2;
/// More memory or table was asked for than is allowed, in this call.
pub(super) const DENIED: i32 = 4;
/// It is a trap, and no other error of the engine.
pub(super) const TRAP: i32 = 8;
