//! Memory for native code: readable and executable, writable only while code is put there, never both.

use dynasmrt::mmap::{ExecutableBuffer, MutableBuffer};
use std::io;

/// Bytes of a piece of memory.
const CHUNK: usize = 1 << 20;
/// So much native code a VM may have; what is hot afterwards is interpreted.
const MOST: usize = 64 << 20;

/// The native code of a VM. What was put here stays: frames know it by the code that it was made of alone.
#[derive(Default)]
pub(super) struct Memory {
    chunks: Vec<ExecutableBuffer>,
    /// Bytes used of the last one.
    used: usize,
}

impl Memory {
    /// Puts code there; it must not depend on where it is. An error means that there is no room, or that the system allows no such memory.
    pub(super) fn add(&mut self, code: &[u8]) -> io::Result<*const u8> {
        if self.chunks.last().is_none_or(|chunk| chunk.size() - self.used < code.len()) {
            if code.len() > CHUNK || self.chunks.len() * CHUNK >= MOST {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
            let mut chunk = MutableBuffer::new(CHUNK)?;
            chunk.set_len(CHUNK);
            self.chunks.push(chunk.make_exec()?);
            self.used = 0;
        }
        let Some(chunk) = self.chunks.pop() else { return Err(io::ErrorKind::OutOfMemory.into()) };
        // To go on without this memory would be to jump to where no code is.
        let mut chunk = chunk.make_mut().expect("memory is writable that was so before");
        let at = self.used;
        chunk[at..at + code.len()].copy_from_slice(code);
        self.used = (at + code.len()).next_multiple_of(16);
        let chunk = chunk.make_exec().expect("memory is executable that was so before");
        let address = chunk.as_ptr().wrapping_add(at);
        self.chunks.push(chunk);
        Ok(address)
    }
}
