//! Plugins with a table, builtin and native: every function of one C type, called with slots.

use super::plan::Slots;
use super::refusal::Fault;
use super::results::ResultSlots;
use crate::interfaces::{HostCall, Interfaces, Memory};
use osvm_plugin_sdk::abi::interfaces::function;
use osvm_plugin_sdk::abi::native::{Frame, MAGIC, PluginTable};
use osvm_plugin_sdk::abi::{Description, MAX_DESCRIPTION, PrimitiveError, Version, encode};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A table that was checked: it has as many functions as its description says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table(&'static PluginTable);

impl Table {
    /// Checks a table before anything of the plugin is called.
    ///
    /// # Safety
    /// If it begins with [`MAGIC`] it is a `PluginTable` of some version of the boundary.
    #[allow(unsafe_code)]
    pub(super) unsafe fn read(table: *const PluginTable) -> Result<(Table, Description), Fault> {
        // SAFETY: the caller's promise; every library has 8 bytes at a symbol of a table.
        let magic = unsafe { (&raw const (*table).magic).read_unaligned() };
        if magic != MAGIC {
            let help = "make the library with osvm-plugin-sdk and its feature `export` (`osvm plugin build`)";
            let text = |bytes: &[u8; 8]| format!("`{}`", bytes.escape_ascii());
            return Err(Fault::new("its symbol `osvm_plugin` is no table of a plugin", help)
                .found(text(&magic))
                .expected(text(&MAGIC)));
        }
        // SAFETY: as above. The first fields are the same in all versions.
        let version = unsafe { Version::new((*table).major, (*table).minor) };
        super::checks::boundary(version)?;
        // SAFETY: it is a table of a version that is served; it is constant and never unloaded.
        let table: &'static PluginTable = unsafe { &*table };
        // SAFETY: the table says so.
        let text = unsafe { std::slice::from_raw_parts(table.description, table.description_len.min(MAX_DESCRIPTION + 1)) };
        let description = super::checks::description(text)?;
        let functions = description.primitives.len() + description.hooks.len();
        if table.function_count as usize != functions {
            return Err(Fault::new("its table does not go with its description", super::checks::REBUILD)
                .found(format!("{} functions", table.function_count))
                .expected(format!("{functions} functions, as it describes primitives and hooks")));
        }
        Ok((Table(table), description))
    }
}

/// An instance of a plugin with a table.
#[derive(Debug)]
pub(super) struct TablePlugin {
    table: Table,
    instance: *mut c_void,
    functions: usize,
    /// The result slots of quick calls.
    results: ResultSlots,
}

impl TablePlugin {
    /// Makes an instance; none if the plugin cannot.
    pub(super) fn new(table: Table) -> Option<TablePlugin> {
        let instance = (table.0.create)();
        (!instance.is_null()).then_some(TablePlugin {
            table,
            instance,
            functions: table.0.function_count as usize,
            results: ResultSlots::default(),
        })
    }

    /// Lends the data of arguments where it is.
    #[inline(always)]
    pub(super) fn lend(slots: &mut Slots, cx: &HostCall<'_, '_>) {
        if slots.has_data()
            && let Some(objects) = &cx.objects
        {
            let lend = |bytes: &[u8]| Ok::<u64, ()>(bytes.as_ptr().addr() as u64);
            // Lending does not fail.
            let _ = slots.place(objects.heap, lend);
        }
    }

    /// Calls the primitive or hook of this index. The arguments are the slots of its signature.
    #[inline(always)]
    pub(super) fn call(&self, index: usize, arguments: &[u64], results: &mut ResultSlots, cx: &mut HostCall<'_, '_>) -> i32 {
        self.enter(index, arguments, results.as_mut_ptr(), cx)
    }

    /// Calls the primitive of this index: its status, and its first result slot.
    #[inline(always)]
    pub(super) fn call_quickly<T: Interfaces>(&mut self, index: usize, arguments: &[u64], cx: &mut T) -> (i32, u64) {
        let results = self.results.as_mut_ptr();
        (self.enter(index, arguments, results, cx), self.results[0])
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    fn enter<T: Interfaces>(&self, index: usize, arguments: &[u64], results: *mut u64, cx: &mut T) -> i32 {
        assert!(index < self.functions, "the description has no function {index}");
        let mut frame = Frame { arguments: arguments.as_ptr(), results, context: (&raw mut *cx).cast(), host: host_call::<T> };
        // SAFETY: the table has so many functions, the instance is of this table and used by this call alone (nothing that a plugin calls
        // calls it), the slots are those of the signature, and `results` leads to result slots. What they lend stays: objects do not move during
        // a call, and the interface `objects` does not write to those that are lent. `cx` is used by the plugin only through `host_call`, until
        // the end of the call.
        unsafe { (*self.table.0.functions.add(index))(self.instance, &raw mut frame) }
    }
}

impl Drop for TablePlugin {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: the table made the instance, and nobody uses it any more.
        unsafe { (self.table.0.destroy)(self.instance) }
    }
}

/// The function that stands for all interfaces.
#[allow(unsafe_code)]
unsafe extern "C" fn host_call<T: Interfaces>(context: *mut c_void, op: u32, arguments: *const u64) -> i64 {
    let Some((_, function)) = function(op) else { return encode(Err(PrimitiveError::Unsupported)) };
    let arguments = match function.parameters.len() {
        0 => &[],
        // SAFETY: the plugin gives the function's parameters, a slot each.
        len => unsafe { std::slice::from_raw_parts(arguments, len) },
    };
    // SAFETY: the context is that of the running call, which lends it to nobody else meanwhile.
    let cx = unsafe { &mut *context.cast::<T>() };
    let call = AssertUnwindSafe(|| cx.call(op, arguments, &mut Process));
    catch_unwind(call).unwrap_or_else(|_| {
        tracing::error!(function = function.name, "the host failed in a function that a plugin called");
        encode(Err(PrimitiveError::Internal))
    })
}

/// The memory of the process, as native and builtin plugins see it. They can do what the process can; what they hand to the host is
/// taken at its word.
pub(super) struct Process;

#[allow(unsafe_code)]
impl Memory for Process {
    fn read(&self, address: u64, len: u64) -> Result<&[u8], PrimitiveError> {
        let (address, len) = checked(address, len)?;
        if len == 0 {
            return Ok(&[]);
        }
        // SAFETY: a native plugin lends memory that it may read, for the call.
        Ok(unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(address), len) })
    }

    fn write(&mut self, address: u64, len: u64) -> Result<&mut [u8], PrimitiveError> {
        let (address, len) = checked(address, len)?;
        if len == 0 {
            return Ok(&mut []);
        }
        // SAFETY: a native plugin lends memory of its own that nobody else uses meanwhile.
        Ok(unsafe { std::slice::from_raw_parts_mut(std::ptr::with_exposed_provenance_mut(address), len) })
    }
}

/// No null and nothing longer than memory can be.
fn checked(address: u64, len: u64) -> Result<(usize, usize), PrimitiveError> {
    let len = usize::try_from(len).ok().filter(|&len| len <= isize::MAX as usize).ok_or(PrimitiveError::BadArgument)?;
    let address = usize::try_from(address).ok().filter(|&address| address != 0 || len == 0).ok_or(PrimitiveError::BadArgument)?;
    Ok((address, len))
}

#[cfg(test)]
#[allow(unsafe_code)]
mod tests {
    use super::*;
    use std::ptr;

    const DESCRIPTION: &str = "osvm-plugin 1.0\nmodule XPlugin 1.0\nhook quit\nprimitive run () -> int\n";

    extern "C" fn create() -> *mut c_void {
        ptr::null_mut()
    }

    unsafe extern "C" fn destroy(_: *mut c_void) {}

    /// A table of the version of the boundary that is served, with two functions that nobody calls.
    fn table() -> PluginTable {
        PluginTable {
            magic: MAGIC,
            major: 1,
            minor: 0,
            function_count: 2,
            description: DESCRIPTION.as_ptr(),
            description_len: DESCRIPTION.len(),
            functions: ptr::null(),
            create,
            destroy,
        }
    }

    fn read(table: PluginTable) -> Result<Table, String> {
        // SAFETY: it is a table, and stays.
        let read = unsafe { Table::read(Box::leak(Box::new(table))) };
        read.map(|(table, _)| table).map_err(|fault| fault.of("XPlugin", "libx.so").to_string())
    }

    #[test]
    fn a_table_that_goes_with_this_osvm_is_taken() {
        let table = read(table()).unwrap();
        assert!(TablePlugin::new(table).is_none(), "its state cannot be made");
    }

    #[test]
    fn a_table_of_another_version_says_which_side_is_older() {
        let refused = |found: &str, help: &str| {
            Some(format!(
                "the plugin XPlugin (libx.so) is refused: it was built for another version of the boundary\n  found: {found}\n  \
                 expected: 1.0\n  help: {help}"
            ))
        };
        let (newer, older) = ("osvm is the older side: use a newer osvm", super::super::checks::REBUILD);
        for (major, minor, help) in [(1, 1, newer), (2, 0, newer), (0, 9, older)] {
            // Of another version only the first fields are known: nothing else of it is looked at.
            let other = PluginTable { major, minor, description: ptr::null(), description_len: usize::MAX, ..table() };
            assert_eq!(read(other).err(), refused(&format!("{major}.{minor}"), help));
        }
        let text = DESCRIPTION.replace("osvm-plugin 1.0", "osvm-plugin 1.1").leak();
        let differs = PluginTable { description: text.as_ptr(), ..table() };
        assert_eq!(read(differs).err(), refused("1.1", newer), "in its description");
    }

    #[test]
    fn a_table_that_is_none_is_refused() {
        let none = read(PluginTable { magic: *b"osvmhost", ..table() }).unwrap_err();
        assert!(none.contains("is no table of a plugin\n  found: `osvmhost`\n  expected: `osvmplug`"), "{none}");
        let fewer = read(PluginTable { function_count: 1, ..table() }).unwrap_err();
        assert!(fewer.contains("found: 1 functions\n  expected: 2 functions"), "{fewer}");
        let broken = read(PluginTable { description_len: 20, ..table() }).unwrap_err();
        assert!(broken.contains("its description cannot be read"), "{broken}");
    }
}
