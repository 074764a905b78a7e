//! Calls of native and builtin plugins, and their table.

use super::{Call, Frame, Function, Instance, PluginTable};
use crate::PrimitiveError;
use crate::abi::{ABI, RESULT_SLOTS};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The table of a plugin.
pub const fn table<S: Default + 'static>(description: &'static str, functions: &'static [Function]) -> PluginTable {
    PluginTable {
        magic: crate::abi::native::MAGIC,
        major: ABI.major,
        minor: ABI.minor,
        function_count: functions.len() as u32,
        description: description.as_ptr(),
        description_len: description.len(),
        functions: functions.as_ptr(),
        create: create::<S>,
        destroy: destroy::<S>,
    }
}

/// Makes an instance; null if that panics.
pub extern "C" fn create<S: Default + 'static>() -> *mut c_void {
    match catch_unwind(|| Box::into_raw(Box::new(Instance::<S>::new()))) {
        Ok(instance) => instance.cast(),
        Err(_) => std::ptr::null_mut(),
    }
}

/// Frees an instance.
///
/// # Safety
/// `instance` was made by [`create`] of the same `S`, and is not used any more.
pub unsafe extern "C" fn destroy<S: 'static>(instance: *mut c_void) {
    // SAFETY: the caller's promise.
    let instance = unsafe { Box::from_raw(instance.cast::<Instance<S>>()) };
    // What panics while it is dropped is gone too.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(instance)));
}

/// One call of a primitive or hook whose arguments take so many slots.
///
/// # Safety
/// `instance` was made by [`create`] of the same `S`, nobody else uses it during the call, and `frame` is that of a call whose
/// arguments and room for results are as the specification says.
#[inline]
pub unsafe fn native<S: 'static>(
    instance: *mut c_void,
    frame: *mut Frame,
    slots: usize,
    function: impl FnOnce(Call<'_, S>) -> Result<i32, PrimitiveError>,
) -> i32 {
    // SAFETY: the caller's promise.
    let (instance, frame) = unsafe { (&mut *instance.cast::<Instance<S>>(), &*frame) };
    let arguments = match slots {
        0 => &[],
        // SAFETY: the host gives as many slots as the signature takes.
        _ => unsafe { std::slice::from_raw_parts(frame.arguments, slots) },
    };
    // SAFETY: the host gives room for that many results.
    let results = unsafe { &mut *frame.results.cast::<[u64; RESULT_SLOTS]>() };
    #[cfg(any(not(target_family = "wasm"), feature = "linked"))]
    instance.context.set_host(crate::host::Host::of(frame));
    match catch_unwind(AssertUnwindSafe(|| instance.run(arguments, results, function))) {
        Ok(status) => status,
        Err(panic) => panicked(instance, panic.as_ref()),
    }
}

/// Says in the log why a function panicked, if the plugin may.
#[cold]
fn panicked<S>(instance: &Instance<S>, panic: &(dyn std::any::Any + Send)) -> i32 {
    let message = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = format!("the plugin panicked: {}", message.unwrap_or("without a message"));
    // There is nobody whom a failure of the log could be told.
    let _ = crate::host::log::write(instance.context.host(), 0, text.as_bytes());
    PrimitiveError::Internal.status()
}
