//! The stack zone: pages of raw words that hold the frames of running processes.

use super::layout::frame;
use crate::oop::Oop;

/// Words of a page.
const PAGE_WORDS: usize = 4096;
/// Pages of a zone.
const PAGES: usize = 48;
/// Words below the limit of a page: what one frame and its sends may use after the overflow check.
const HEADROOM: usize = 640;

/// A stack page: a run of frames, each but the lowest called by the one below it on the same page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// Address behind the highest word.
    pub top: u64,
    /// A stack pointer below this is an overflow.
    pub limit: u64,
    /// Frame pointer of the newest frame; 0 for a free page. Out of date on the active page.
    pub fp: u64,
    /// Stack pointer of the newest frame. Out of date on the active page.
    pub sp: u64,
    /// Instruction pointer of the newest frame. Out of date on the active page.
    pub ip: u64,
    /// When it was last active.
    pub used: u64,
}

/// All pages.
pub(crate) struct StackZone {
    words: Box<[u64]>,
    pub pages: Vec<Page>,
    clock: u64,
}

impl StackZone {
    pub fn new() -> StackZone {
        let words = vec![0u64; PAGE_WORDS * PAGES].into_boxed_slice();
        let base = words.as_ptr() as u64;
        let page = |i: usize| {
            let start = base + (i * PAGE_WORDS * 8) as u64;
            Page { top: start + (PAGE_WORDS * 8) as u64, limit: start + (HEADROOM * 8) as u64, fp: 0, sp: 0, ip: 0, used: 0 }
        };
        StackZone { pages: (0..PAGES).map(page).collect(), words, clock: 0 }
    }

    /// Number of a frame for the sender field of its context: words from the zone's start.
    pub fn frame_number(&self, fp: u64) -> i64 {
        ((fp - self.words.as_ptr() as u64) / 8) as i64
    }

    /// The frame of a number; `None` where it is outside the zone.
    pub fn frame_of(&self, number: i64) -> Option<u64> {
        (number >= 0 && (number as usize) < self.words.len()).then(|| self.words.as_ptr() as u64 + number as u64 * 8)
    }

    /// Index of the page that a frame is on.
    pub fn page_of(&self, fp: u64) -> usize {
        (fp - self.words.as_ptr() as u64) as usize / (PAGE_WORDS * 8)
    }

    /// Notes that a page is in use now.
    pub fn touch(&mut self, page: usize) {
        self.clock += 1;
        self.pages[page].used = self.clock;
    }

    /// A free page, or `Err` with the page that was not used for the longest time, which must be emptied first.
    pub fn free_page(&self, active: usize) -> Result<usize, usize> {
        if let Some(i) = self.pages.iter().position(|p| p.fp == 0) {
            return Ok(i);
        }
        let others = (0..self.pages.len()).filter(|&i| i != active);
        Err(others.min_by_key(|&i| self.pages[i].used).expect("a zone has more than one page"))
    }

    /// The word at an address in the zone.
    #[inline(always)]
    pub fn read(&self, address: u64) -> u64 {
        debug_assert!(self.has(address), "{address:#x} is outside the stack zone");
        // SAFETY: frames are made only by the interpreter, inside pages, and translated code was checked not to leave them.
        unsafe { *(address as usize as *const u64) }
    }

    /// Changes the word at an address in the zone.
    #[inline(always)]
    pub fn write(&mut self, address: u64, word: u64) {
        debug_assert!(self.has(address), "{address:#x} is outside the stack zone");
        // SAFETY: as in `read`.
        unsafe { *(address as usize as *mut u64) = word }
    }

    fn has(&self, address: u64) -> bool {
        let base = self.words.as_ptr() as u64;
        address.is_multiple_of(8) && address >= base && address < base + self.words.len() as u64 * 8
    }

    /// The word at an offset from a frame pointer.
    #[inline(always)]
    pub fn at(&self, fp: u64, offset: isize) -> u64 {
        self.read(fp.wrapping_add_signed(offset as i64 * 8))
    }

    /// Changes the word at an offset from a frame pointer.
    #[inline(always)]
    pub fn put(&mut self, fp: u64, offset: isize, word: u64) {
        self.write(fp.wrapping_add_signed(offset as i64 * 8), word);
    }

    /// The oop at an offset from a frame pointer.
    #[inline(always)]
    pub fn oop(&self, fp: u64, offset: isize) -> Oop {
        Oop(self.at(fp, offset))
    }

    /// Number of arguments of a frame.
    pub fn args(&self, fp: u64) -> usize {
        (self.at(fp, frame::FLAGS) & 0xFF) as usize
    }

    /// The frame is a block's.
    pub fn is_block(&self, fp: u64) -> bool {
        self.at(fp, frame::FLAGS) & frame::IS_BLOCK != 0
    }

    /// The caller on the same page; 0 for the lowest frame of a page.
    pub fn caller(&self, fp: u64) -> u64 {
        self.at(fp, frame::CALLER_FP)
    }

    /// Visits every oop of the frames from `fp` (whose operands end at `sp`) down to the lowest of its page.
    pub fn visit_frames(&mut self, mut fp: u64, mut sp: u64, visit: &mut dyn FnMut(&mut Oop)) {
        loop {
            let mut slot = |address: u64| {
                // SAFETY: the address lies between sp and the end of a frame of a page; Oop is transparent over u64.
                visit(unsafe { &mut *(address as usize as *mut Oop) });
            };
            let mut at = sp;
            while at <= fp.wrapping_add_signed(8 * frame::RECEIVER as i64) {
                slot(at);
                at += 8;
            }
            slot(fp.wrapping_add_signed(8 * frame::CONTEXT as i64));
            slot(fp.wrapping_add_signed(8 * frame::METHOD as i64));
            let caller = self.caller(fp);
            if caller == 0 {
                slot(fp + 8);
            }
            let end = fp + 8 * (2 + self.args(fp) as u64);
            for address in (fp + 16..=end).step_by(8) {
                slot(address);
            }
            if caller == 0 {
                return;
            }
            sp = end + 8;
            fp = caller;
        }
    }
}
