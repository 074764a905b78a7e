//! Where the bytes of an image come from: a file, a mapping, a slice.

use std::io;

/// A readable image. The core opens no files: who starts a VM implements this for what it has.
pub trait ImageSource {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// True for a source of no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `into` with the bytes from `offset` on; an error of kind `UnexpectedEof` if there are fewer.
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<()>;

    /// Maps `len` bytes of the file from `offset` on privately, readable and writable, to `address`, in place of the memory
    /// that is there. `false` says that this source cannot do so and that nothing was changed. All three are multiples of 4096,
    /// except that `len` may end inside the file's last page.
    ///
    /// # Safety
    /// The caller owns the memory `address .. address + len` (rounded up to a page) and nothing borrows it.
    unsafe fn map_at(&mut self, offset: u64, address: u64, len: u64) -> bool {
        let _ = (offset, address, len);
        false
    }
}

impl ImageSource for &[u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let bytes = usize::try_from(offset).ok().and_then(|start| self.get(start..)?.get(..into.len()));
        into.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}
