//! Figures of a running VM.

use osvm_core::vm::Vm;
use serde_json::{Value, json};

/// Memory in bytes, times in microseconds, and counts since the start.
pub fn figures(vm: &Vm) -> Value {
    let (heap, stats) = (&vm.heap, &vm.heap.stats);
    json!({
        "oldSpaceUsed": heap.old_bytes() - heap.free_chunk_bytes(),
        "oldSpaceSize": heap.old_bytes(),
        "newSpaceUsed": heap.young_bytes(),
        "newSpaceSize": heap.new_space_bytes(),
        "bytesLeft": heap.bytes_left(),
        "moduleMemory": core::arch::wasm32::memory_size(0) as u64 * (64 << 10),
        "allocated": stats.allocated_bytes,
        "scavenges": stats.scavenges,
        "scavengeMicroseconds": stats.scavenge_microseconds,
        "longestScavenge": vm.counters.longest_scavenge,
        "fullCollections": stats.full_collections,
        "fullMicroseconds": stats.full_microseconds,
        "longestFull": vm.counters.longest_full,
        "lookups": vm.counters.lookups,
        "processSwitches": vm.counters.process_switches,
    })
}
