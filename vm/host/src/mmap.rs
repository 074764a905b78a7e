//! Memory of the operating system: the heap's region and the image file. The only unsafe code of this crate.

#![allow(unsafe_code)]

use osvm_core::heap::Region;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, mmap_anonymous, munmap};
use std::ffi::c_void;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// Pages of the operating system are at most this large on the machines that the VM runs on.
const PAGE: usize = 64 << 10;

/// A range of addresses for a heap. Memory is taken for its pages when they are first touched.
#[derive(Debug)]
pub struct MmapRegion {
    base: usize,
    len: usize,
}

impl MmapRegion {
    /// Reserves `len` bytes, rounded up to whole pages; at `preferred` if that is given and free, else anywhere.
    pub fn new(len: u64, preferred: Option<u64>) -> io::Result<MmapRegion> {
        let too_large = || io::Error::new(io::ErrorKind::OutOfMemory, format!("no room for a heap of {len} bytes"));
        let len = usize::try_from(len).ok().and_then(|len| len.max(1).checked_next_multiple_of(PAGE)).ok_or_else(too_large)?;
        let preferred = preferred.and_then(|at| usize::try_from(at).ok()).filter(|at| at % PAGE == 0 && *at != 0);
        let at_preferred = preferred.and_then(|at| map(at, len, MapFlags::FIXED_NOREPLACE).ok().filter(|r| r.base == at));
        match at_preferred {
            Some(region) => Ok(region),
            None => Ok(map(0, len, MapFlags::empty())?),
        }
    }
}

fn map(at: usize, len: usize, extra: MapFlags) -> rustix::io::Result<MmapRegion> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | extra;
    // SAFETY: without FIXED the system picks or refuses addresses; FIXED_NOREPLACE refuses those that are in use (a kernel
    // that does not know it takes it as a hint). So no memory that something else owns is touched.
    let base = unsafe { mmap_anonymous(at as *mut c_void, len, ProtFlags::READ | ProtFlags::WRITE, flags) }?;
    Ok(MmapRegion { base: base as usize, len })
}

impl Drop for MmapRegion {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by `map` and is owned by this value alone. Failure would leave it mapped, nothing worse.
        let _ = unsafe { munmap(self.base as *mut c_void, self.len) };
    }
}

// SAFETY: the range is mapped readable and writable, starts at a page, and is this value's own until it is dropped.
unsafe impl Region for MmapRegion {
    fn base(&self) -> u64 {
        self.base as u64
    }

    fn len(&self) -> u64 {
        self.len as u64
    }

    fn release(&mut self, start: u64, end: u64) {
        let (start, end) = (start as usize, end as usize);
        assert!(start >= self.base && start <= end && end <= self.base + self.len, "outside the region");
        if start == end {
            return;
        }
        // SAFETY: the range was just checked to lie in the region. Private anonymous pages that were dropped read as zero.
        let dropped = unsafe { madvise(start as *mut c_void, end - start, Advice::LinuxDontNeed) };
        if dropped.is_err() {
            // SAFETY: as above.
            unsafe { std::ptr::write_bytes(start as *mut u8, 0, end - start) }
        }
    }
}

/// A file in memory, read as its pages are touched.
///
/// The file must not be cut while this is alive; a VM that saves its image replaces the file and leaves the old one as it is.
#[derive(Debug)]
pub struct MappedFile {
    base: *const u8,
    len: usize,
}

// SAFETY: the memory is only read, and nothing in it is tied to a thread.
unsafe impl Send for MappedFile {}

impl MappedFile {
    /// Maps a regular file; an empty one is an empty slice.
    pub fn open(path: &Path) -> io::Result<MappedFile> {
        let file = std::fs::File::open(path)?;
        let about = file.metadata()?;
        if about.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        if !about.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let len = usize::try_from(about.len()).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
        if len == 0 {
            return Ok(MappedFile { base: std::ptr::dangling(), len });
        }
        // SAFETY: the system picks the addresses, so nothing that exists is touched.
        let base = unsafe { mmap(std::ptr::null_mut(), len, ProtFlags::READ, MapFlags::PRIVATE, &file, 0) }?;
        Ok(MappedFile { base: base.cast::<u8>(), len })
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: base .. base + len is mapped readable until drop (and dangling only for a length of 0).
        unsafe { std::slice::from_raw_parts(self.base, self.len) }
    }
}

impl Drop for MappedFile {
    fn drop(&mut self) {
        if self.len > 0 {
            // SAFETY: the range was mapped by `open` and is owned by this value alone.
            let _ = unsafe { munmap(self.base.cast_mut().cast::<c_void>(), self.len) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preferred_address_is_taken_if_it_is_free() {
        let first = MmapRegion::new(1 << 20, Some(0x2000_0000_0000)).unwrap();
        assert_eq!(first.base(), 0x2000_0000_0000);
        let second = MmapRegion::new(1 << 20, Some(0x2000_0000_0000)).unwrap();
        assert_ne!(second.base(), first.base());
        assert_eq!(second.base() % 4096, 0);
    }

    #[test]
    fn a_reserved_range_costs_nothing_and_released_pages_read_as_zero() {
        let mut region = MmapRegion::new(1 << 40, None).unwrap();
        let at = region.base() + (1 << 39);
        // SAFETY: the address lies in the region.
        unsafe { *(at as usize as *mut u64) = 7 };
        region.release(at, at + 4096);
        // SAFETY: as above.
        assert_eq!(unsafe { *(at as usize as *const u64) }, 0);
    }

    #[test]
    fn mapped_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, b"contents").unwrap();
        assert_eq!(&*MappedFile::open(&path).unwrap(), b"contents");
        std::fs::write(&path, b"").unwrap();
        assert_eq!(&*MappedFile::open(&path).unwrap(), b"");
        assert_eq!(MappedFile::open(dir.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(MappedFile::open(Path::new("/dev/null")).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
