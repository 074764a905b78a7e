//! Memory of the operating system: the heap's region and the image file.

#![allow(unsafe_code)]

use osvm_core::heap::Region;
use osvm_core::image::ImageSource;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, mmap_anonymous, munmap};
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What addresses of mappings are multiples of. A system with larger pages refuses what does not suit it, and then something slower is done.
const PAGE: usize = 4 << 10;
/// A huge page.
const HUGE_PAGE: usize = 2 << 20;

/// A range of addresses for a heap. Memory is taken for its pages when they are first touched.
#[derive(Debug)]
pub struct MmapRegion {
    base: usize,
    len: usize,
}

impl MmapRegion {
    /// Takes the pages of a range that is about to be filled all at once, and as huge ones as far as it fills them, if it begins where one
    /// does: so that one fault of a page stands for many.
    pub fn take_pages(&mut self, range: std::ops::Range<u64>) {
        let (start, len) = (range.start as usize, range.end.saturating_sub(range.start) as usize);
        if start < self.base || start + len > self.base + self.len || !start.is_multiple_of(HUGE_PAGE) || len == 0 {
            return;
        }
        // SAFETY: the range lies in the region, and what is in its pages stays as it is. A system that does not know the advice has small
        // pages, and takes them later.
        let _ = unsafe { madvise(start as *mut c_void, len / HUGE_PAGE * HUGE_PAGE, Advice::LinuxHugepage) };
        // SAFETY: as above.
        let _ = unsafe { madvise(start as *mut c_void, len, Advice::LinuxPopulateWrite) };
    }

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
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        // SAFETY: the range was just checked to lie in the region, so FIXED replaces pages of this value's own, also those that a file was
        // mapped to. New ones read as zero.
        let mapped = unsafe { mmap_anonymous(start as *mut c_void, end - start, ProtFlags::READ | ProtFlags::WRITE, flags) };
        if mapped.is_err() {
            // SAFETY: as above.
            unsafe { std::ptr::write_bytes(start as *mut u8, 0, end - start) }
        }
    }
}

/// An image file: read, or mapped where its layout allows that.
///
/// The file must not be cut while the heap that it was mapped to is alive; a VM that saves its image replaces the file and
/// leaves the old one as it is.
#[derive(Debug)]
pub struct ImageFile {
    file: File,
    len: u64,
}

impl ImageFile {
    /// Opens a regular file.
    pub fn open(path: &Path) -> io::Result<ImageFile> {
        let file = File::open(path)?;
        let about = file.metadata()?;
        if about.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        if !about.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(ImageFile { file, len: about.len() })
    }
}

impl ImageSource for ImageFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(into, offset)
    }

    unsafe fn map_at(&mut self, offset: u64, address: u64, len: u64) -> bool {
        let Some(end) = offset.checked_add(len).filter(|&end| end <= self.len) else { return false };
        let (Ok(address), Ok(len)) = (usize::try_from(address), usize::try_from(end - offset)) else { return false };
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        // SAFETY: the caller owns the addresses, which is what FIXED asks for; the mapping is private, so the file stays as it
        // is whatever the heap does.
        unsafe { mmap(address as *mut c_void, len, ProtFlags::READ | ProtFlags::WRITE, flags, &self.file, offset) }.is_ok()
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
    fn image_files_are_read_and_mapped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, [[1; 4096], [2; 4096]].concat()).unwrap();
        let mut file = ImageFile::open(&path).unwrap();
        let mut bytes = [0; 4];
        file.read_at(4094, &mut bytes).unwrap();
        assert_eq!((file.len(), bytes), (8192, [1, 1, 2, 2]));
        assert_eq!(file.read_at(8190, &mut bytes).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);

        let mut region = MmapRegion::new(1 << 20, None).unwrap();
        // SAFETY: the region is this test's own.
        assert!(unsafe { file.map_at(4096, region.base() + 4096, 4096) });
        // SAFETY: as above.
        assert!(!unsafe { file.map_at(4096, region.base() + 4096, 8192) }, "the file ends before that");
        let base = region.base();
        let at = |offset: u64| (base + offset) as usize as *mut u8;
        // SAFETY: the addresses lie in the region.
        unsafe {
            assert_eq!((*at(4095), *at(4096), *at(8191), *at(8192)), (0, 2, 2, 0));
            *at(4096) = 9;
        }
        file.read_at(4096, &mut bytes).unwrap();
        assert_eq!(bytes, [2; 4], "the file stays as it is");
        region.release(base + 4096, base + 8192);
        // SAFETY: as above.
        assert_eq!(unsafe { *at(4097) }, 0, "what was mapped is gone with its pages");
    }

    #[test]
    fn only_regular_files_are_images() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(ImageFile::open(dir.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(ImageFile::open(Path::new("/dev/null")).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(ImageFile::open(Path::new("/no/such/file")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
