// The imports of the VM's module `osvm_world`: clocks, entropy, standard streams, environment variables, and the working directory.

import { ERRNO, FileError } from './file-error.mjs';
import { bytesAt, textAt } from './memory.mjs';

/** `getRandomValues` takes no more at once. */
const MOST_RANDOM = 65536;
/** What a stream is connected to, as the interface `files` has it. */
const TERMINAL = 1;

/** Standard input of a VM in a page: what was put in and not read yet. The VM cannot wait for more. */
export class Input {
  #parts = [];
  #ended = false;
  /** What it is connected to (1 terminal, 2 pipe, 3 file). */
  kind = TERMINAL;

  /** @param {Uint8Array | string | null} bytes more input; null is its end */
  put(bytes) {
    if (bytes === null) this.#ended = true;
    else if (bytes.length > 0) this.#parts.push(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes.slice());
  }

  /**
   * Takes as much as is there and fits; 0 at the end. EAGAIN if nothing is there yet.
   * @param {Uint8Array} into
   * @returns {number}
   */
  read(into) {
    if (into.length === 0) return 0;
    if (this.#parts.length === 0 && !this.#ended) throw new FileError('EAGAIN');
    let done = 0;
    while (this.#parts.length > 0 && done < into.length) {
      const part = this.#parts[0];
      const taken = part.subarray(0, into.length - done);
      into.set(taken, done);
      done += taken.length;
      if (taken.length === part.length) this.#parts.shift();
      else this.#parts[0] = part.subarray(taken.length);
    }
    return done;
  }
}

/** Seconds that local time is ahead of UTC at a time in seconds since 1970. */
function localOffset(seconds) {
  // A time that no date has is taken as now.
  const date = new Date(seconds * 1000);
  return -60 * (Number.isNaN(date.getTime()) ? new Date() : date).getTimezoneOffset();
}

/**
 * @param {import('./memory.mjs').Vm} vm filled in once the module is instantiated
 * @param {import('./osvm.d.ts').Options} options
 * @param {{ kind?: number, read(into: Uint8Array): number }} [stdin]
 * @returns {Record<string, Function>}
 */
export function worldImports(vm, options, stdin = new Input()) {
  const { environment = {}, stdout = () => {}, stderr = () => {}, outputKinds = [TERMINAL, TERMINAL], files } = options;
  const variables = new Map(Object.entries(environment));
  const encoder = new TextEncoder();
  let result = new Uint8Array(0);
  const keep = (text) => {
    result = encoder.encode(text);
    return result.length;
  };

  return {
    utc_micros: () => Math.floor((performance.timeOrigin + performance.now()) * 1000),
    monotonic_micros: () => performance.now() * 1000,
    local_offset: localOffset,
    zone_name: () => keep(Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC'),
    fill_random: (address, length) => {
      for (let at = 0; at < length; at += MOST_RANDOM) crypto.getRandomValues(bytesAt(vm, address + at, Math.min(MOST_RANDOM, length - at)));
      return 0;
    },
    variable: (address, length) => {
      const value = variables.get(textAt(vm, address, length));
      return value === undefined ? -1 : keep(value);
    },
    variable_names: () => keep([...variables.keys()].map((name) => `${name}\0`).join('')),
    current_dir: () => keep(files?.currentDirectory ?? '/'),
    result: (address, length) => bytesAt(vm, address, length).set(result.subarray(0, length >>> 0)),
    output: (stream, address, length) => (stream === 1 ? stdout : stderr)(bytesAt(vm, address, length).slice()),
    input: (address, length) => {
      try {
        return stdin.read(bytesAt(vm, address, length));
      } catch (error) {
        return -FileError.number(error);
      }
    },
    stream_kind: (stream) => (stream === 0 ? (stdin.kind ?? TERMINAL) : outputKinds[stream - 1]) ?? -ERRNO.EBADF,
  };
}
