//! The memory of an instance, which is not the VM's: what is read is copied here, and what is written is copied back.

use super::host;
use crate::interfaces::Memory;
use osvm_plugin_sdk::abi::PrimitiveError;
use std::cell::{Cell, UnsafeCell};

/// The linear memory of an instance. Everything outside of it is a bad argument.
pub(in crate::plugins) struct Linear {
    instance: i32,
    /// What was read, for as long as this is there.
    read: UnsafeCell<Vec<Box<[u8]>>>,
    written: UnsafeCell<Box<[u8]>>,
    /// Where that belongs, if it was not copied back yet.
    to: Cell<Option<u32>>,
}

/// Copies from an instance's memory.
#[allow(unsafe_code)]
fn copy(instance: i32, address: u64, len: u64) -> Result<Box<[u8]>, PrimitiveError> {
    let end = address.checked_add(len).ok_or(PrimitiveError::BadArgument)?;
    // Nothing is made for what is not there.
    if end > u64::from(host::memory_pages(instance)) << 16 {
        return Err(PrimitiveError::BadArgument);
    }
    let mut bytes = vec![0; len as usize].into_boxed_slice();
    // SAFETY: the host writes so many bytes, for which there is room.
    match unsafe { host::memory_read(instance, address as u32, bytes.as_mut_ptr(), bytes.len()) } {
        0 => Ok(bytes),
        _ => Err(PrimitiveError::BadArgument),
    }
}

impl Linear {
    pub(super) fn new(instance: i32) -> Linear {
        Linear { instance, read: UnsafeCell::default(), written: UnsafeCell::default(), to: Cell::new(None) }
    }

    /// Copies back what was written.
    #[allow(unsafe_code)]
    pub(super) fn flush(&self) {
        if let Some(address) = self.to.take() {
            // SAFETY: whoever wrote had the only reference, and this is called when that is gone: by others who have the memory.
            let written = unsafe { &*self.written.get() };
            // SAFETY: the host reads these bytes. They were inside before, and memory does not shrink.
            unsafe { host::memory_write(self.instance, address, written.as_ptr(), written.len()) };
        }
    }
}

#[allow(unsafe_code)]
impl Memory for Linear {
    fn read(&self, address: u64, len: u64) -> Result<&[u8], PrimitiveError> {
        self.flush();
        let bytes = copy(self.instance, address, len)?;
        // SAFETY: there is one thread, and the reference ends here; the bytes are in boxes that stay where they are.
        let read = unsafe { &mut *self.read.get() };
        read.push(bytes);
        let bytes: *const [u8] = &raw const **read.last().expect("one was added");
        // SAFETY: boxes are neither changed nor dropped before this is.
        Ok(unsafe { &*bytes })
    }

    fn write(&mut self, address: u64, len: u64) -> Result<&mut [u8], PrimitiveError> {
        self.flush();
        *self.written.get_mut() = copy(self.instance, address, len)?;
        self.to.set(Some(address as u32));
        Ok(self.written.get_mut())
    }
}
