// Text and bytes across the border between JavaScript and the VM's memory.

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * The VM's module as the pieces of the host see it. The memory's buffer is another one after it has grown: nobody keeps a view of it.
 * @typedef {{ memory: WebAssembly.Memory, exports: Record<string, Function> }} Vm
 */

/**
 * @param {Vm} vm
 * @param {number} address
 * @param {number} length in bytes
 */
export function bytesAt(vm, address, length) {
  return new Uint8Array(vm.memory.buffer, address >>> 0, length >>> 0);
}

/** The text at an address; a copy, as `TextDecoder` takes no shared memory. */
export function textAt(vm, address, length) {
  return decoder.decode(bytesAt(vm, address, length).slice());
}

/** The VM has no memory for what it shall be lent; it has not been called. */
export class NoRoom extends RangeError {}

/**
 * Calls `use` with address and length of a copy of `bytes` in the VM's memory, which is gone afterwards.
 * @template T
 * @param {Vm} vm
 * @param {Uint8Array | string} bytes
 * @param {(address: number, length: number) => T} use
 * @returns {T}
 */
export function lend(vm, bytes, use) {
  const lent = typeof bytes === 'string' ? encoder.encode(bytes) : bytes;
  const address = vm.exports.osvm_alloc(lent.length);
  if (address === 0) throw new NoRoom(`the VM has no memory for ${lent.length} bytes`);
  bytesAt(vm, address, lent.length).set(lent);
  const result = use(address, lent.length);
  vm.exports.osvm_free(address, lent.length);
  return result;
}
