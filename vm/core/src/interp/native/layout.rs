//! Where native code finds what it uses, as offsets in bytes.

use super::{MethodCode, Native, Stubs};
use crate::heap::Heap;
use crate::interp::code::Code;
use crate::interp::layout::frame;
use crate::vm::{Counters, Vm};
use std::mem::offset_of;

/// Fields of the VM, from its address.
pub(super) const VM_SP: i32 = offset_of!(Vm, sp) as i32;
pub(super) const VM_FP: i32 = offset_of!(Vm, fp) as i32;
pub(super) const VM_IP: i32 = offset_of!(Vm, ip) as i32;
pub(super) const VM_LIMIT: i32 = offset_of!(Vm, limit) as i32;
const HEAP: usize = offset_of!(Vm, heap);
pub(super) const VM_POLL: i32 = (HEAP + offset_of!(Heap, poll_countdown)) as i32;
pub(super) const VM_NIL: i32 = (HEAP + offset_of!(Heap, nil)) as i32;
pub(super) const VM_TRUE: i32 = (HEAP + offset_of!(Heap, true_)) as i32;
pub(super) const VM_FALSE: i32 = (HEAP + offset_of!(Heap, false_)) as i32;
pub(super) const VM_OLD_START: i32 = (HEAP + offset_of!(Heap, old_start)) as i32;
pub(super) const VM_EDEN_FREE: i32 = (HEAP + offset_of!(Heap, eden_free)) as i32;
pub(super) const VM_EDEN_LIMIT: i32 = (HEAP + offset_of!(Heap, eden_limit)) as i32;
pub(super) const VM_TEMPLATES: i32 = (HEAP + offset_of!(Heap, templates)) as i32;
pub(super) const VM_FORWARDERS: i32 = (HEAP + offset_of!(Heap, has_forwarders)) as i32;
pub(super) const VM_SPECIAL_OBJECTS: i32 = (HEAP + offset_of!(Heap, special_objects)) as i32;
pub(super) const VM_CACHE_HITS: i32 = (offset_of!(Vm, counters) + offset_of!(Counters, method_cache_hits)) as i32;
pub(super) const VM_HEAP: i32 = HEAP as i32;
pub(super) const VM_GENERATION: i32 = offset_of!(Vm, generation) as i32;
const NATIVE: usize = offset_of!(Vm, native);
pub(super) const VM_PLUGINS: i32 = (NATIVE + offset_of!(Native, plugins)) as i32;
pub(super) const VM_RESIDES_IN: i32 = (NATIVE + offset_of!(Native, resides_in)) as i32;
pub(super) const VM_CALLEE: i32 = (NATIVE + offset_of!(Native, callee)) as i32;
pub(super) const VM_CACHE: i32 = (NATIVE + offset_of!(Native, cache)) as i32;
pub(super) const VM_BLOCKS: i32 = (NATIVE + offset_of!(Native, blocks)) as i32;
const STUBS: usize = NATIVE + offset_of!(Native, stubs);
pub(super) const VM_EXIT: i32 = (STUBS + offset_of!(Stubs, exit)) as i32;
pub(super) const VM_MISS: i32 = (STUBS + offset_of!(Stubs, miss)) as i32;
pub(super) const VM_POLLED: i32 = (STUBS + offset_of!(Stubs, polled)) as i32;
pub(super) const VM_ENTERED: i32 = (STUBS + offset_of!(Stubs, entered)) as i32;

/// Fields of [`Code`].
const METHOD_CODE: usize = offset_of!(Code, native);
pub(super) const CODE_METHOD: i32 = offset_of!(Code, method) as i32;
pub(super) const CODE_NATIVE: i32 = (METHOD_CODE + offset_of!(MethodCode, entry)) as i32;
pub(super) const CODE_DELTA: i32 = (METHOD_CODE + offset_of!(MethodCode, delta)) as i32;
pub(super) const CODE_DIRECT: i32 = (METHOD_CODE + offset_of!(MethodCode, direct)) as i32;
pub(super) const CODE_DIRECT_PLUGIN: i32 = (METHOD_CODE + offset_of!(MethodCode, direct_plugin)) as i32;
pub(super) const CODE_DIRECT_PRIMITIVE: i32 = (METHOD_CODE + offset_of!(MethodCode, direct_primitive)) as i32;
pub(super) const CODE_DIRECT_GENERATION: i32 = (METHOD_CODE + offset_of!(MethodCode, direct_generation)) as i32;
pub(super) const CODE_ARGS: i32 = offset_of!(Code, args) as i32;
pub(super) const CODE_PRIMITIVE: i32 = offset_of!(Code, primitive) as i32;

/// Words of a frame, from its frame pointer.
pub(super) const CALLER_IP: i32 = 8 * frame::CALLER_IP as i32;
pub(super) const CALLER_FP: i32 = 8 * frame::CALLER_FP as i32;
pub(super) const METHOD: i32 = 8 * frame::METHOD as i32;
pub(super) const CONTEXT: i32 = 8 * frame::CONTEXT as i32;
pub(super) const CODE: i32 = 8 * frame::CODE as i32;
pub(super) const FLAGS: i32 = 8 * frame::FLAGS as i32;
pub(super) const RECEIVER: i32 = 8 * frame::RECEIVER as i32;

/// The value so far below the receiver in a frame: temporaries from 0, then the operands.
pub(super) const fn value(index: usize) -> i32 {
    8 * (frame::FIRST_TEMP as i32 - index as i32)
}
