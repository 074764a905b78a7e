//! The registers of the interpreter's loop, and what it reads and writes through them.
//!
//! The loop has the only one, and keeps it in the processor's registers. It is safe to use there alone, for what the loop relies on (see
//! [`super::run`]): `ip` leads to words that the translator wrote and verified, and the stack has room for what they push.

use super::code::{Code, operand_b};
use super::layout::frame;
use crate::oop::Oop;
use crate::vm::Vm;

/// Instruction, stack and frame pointer.
pub(super) struct Registers {
    /// The next word.
    pub(super) ip: *const u64,
    /// The top of the stack, which grows downwards.
    pub(super) sp: *mut Oop,
    /// The active frame.
    pub(super) fp: *mut Oop,
}

// SAFETY (all blocks below): the second paragraph above.
impl Registers {
    /// Those that the VM has in memory.
    #[inline(always)]
    pub(super) fn of(vm: &Vm) -> Registers {
        Registers { ip: vm.ip as usize as *const u64, sp: vm.sp as usize as *mut Oop, fp: vm.fp as usize as *mut Oop }
    }

    /// Leaves them in memory, where everything but the loop looks for them.
    #[inline(always)]
    pub(super) fn save(&self, vm: &mut Vm) {
        vm.ip = self.ip as usize as u64;
        vm.sp = self.sp as usize as u64;
        vm.fp = self.fp as usize as u64;
    }

    /// The next word, which is passed.
    #[inline(always)]
    pub(super) fn fetch(&mut self) -> u64 {
        let word = self.following(0);
        self.skip(1);
        word
    }

    /// The word so many behind the next one; those of an instruction, or of a fused sequence, lie in one code.
    #[inline(always)]
    pub(super) fn following(&self, words: usize) -> u64 {
        // SAFETY: as above.
        unsafe { *self.ip.add(words) }
    }

    #[inline(always)]
    pub(super) fn skip(&mut self, words: isize) {
        // SAFETY: the translator resolved jumps to instructions of the same code.
        self.ip = unsafe { self.ip.offset(words) };
    }

    /// Takes the jump that is the next instruction: offsets count from their own word.
    #[inline(always)]
    pub(super) fn jump(&mut self) {
        self.skip(operand_b(self.following(0)));
    }

    /// The inline cache of a send, which comes next: the class index that it is for, 0 if it is empty, and the code.
    #[inline(always)]
    pub(super) fn cache(&self) -> (u64, *const Code) {
        (self.following(0), self.following(1) as usize as *const Code)
    }

    #[inline(always)]
    pub(super) fn push(&mut self, value: Oop) {
        // SAFETY: the frame has room for the deepest stack of its method.
        unsafe {
            self.sp = self.sp.sub(1);
            *self.sp = value;
        }
    }

    /// The value so deep in the stack.
    #[inline(always)]
    pub(super) fn top(&self, depth: usize) -> Oop {
        // SAFETY: the translator checked the depth of the stack.
        unsafe { *self.sp.add(depth) }
    }

    #[inline(always)]
    pub(super) fn set_top(&mut self, value: Oop) {
        // SAFETY: as for top.
        unsafe { *self.sp = value };
    }

    #[inline(always)]
    pub(super) fn drop_values(&mut self, count: usize) {
        // SAFETY: as for top.
        self.sp = unsafe { self.sp.add(count) };
    }

    /// A fixed word of the frame, an argument or a temporary.
    #[inline(always)]
    pub(super) fn slot(&self, offset: isize) -> Oop {
        // SAFETY: the translator checked the number of the temporary.
        unsafe { *self.fp.offset(offset) }
    }

    #[inline(always)]
    pub(super) fn set_slot(&mut self, offset: isize, value: Oop) {
        // SAFETY: as for slot.
        unsafe { *self.fp.offset(offset) = value };
    }

    /// A literal of the active method.
    #[inline(always)]
    pub(super) fn literal(&self, index: isize) -> Oop {
        let method = self.slot(frame::METHOD);
        // SAFETY: the translator checked the index against the method's literals; before them come the object's and the method's header.
        Oop(unsafe { *method.ptr().add(2 + index as usize) })
    }

    /// Pushes the fixed part of a frame, which becomes the active one, and goes on at `ip`.
    #[inline(always)]
    pub(super) fn enter(&mut self, ip: *const u64, method: Oop, nil: Oop, code: *const Code, flags: u64, receiver: Oop) {
        self.push(Oop(self.ip as usize as u64));
        self.push(Oop(self.fp as usize as u64));
        self.fp = self.sp;
        self.push(method);
        self.push(nil);
        self.push(Oop(code as usize as u64));
        self.push(Oop(flags));
        self.push(receiver);
        self.ip = ip;
    }

    /// Leaves the active frame for its caller, whose frame is on the same page: `value` takes the place of receiver and arguments.
    #[inline(always)]
    pub(super) fn leave(&mut self, value: Oop) {
        let args = (self.slot(frame::FLAGS).bits() & 0xFF) as usize;
        self.ip = self.slot(frame::CALLER_IP).bits() as usize as *const u64;
        // SAFETY: receiver and arguments lie above the frame's fixed words.
        self.sp = unsafe { self.fp.add(2 + args) };
        self.fp = self.slot(frame::CALLER_FP).bits() as usize as *mut Oop;
        self.set_top(value);
    }
}
