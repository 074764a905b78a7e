// The standard streams of Node's process, for the VM.

import fs from 'node:fs';
import tty from 'node:tty';

/** So long is waited for input that another process has made not to wait, in milliseconds. */
const PAUSE = 10;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * What a descriptor is connected to: 1 a terminal, 2 a pipe, 3 a file, 0 nothing.
 * @param {number} descriptor
 */
export function kindOf(descriptor) {
  try {
    if (tty.isatty(descriptor)) return 1;
    return fs.fstatSync(descriptor).isFIFO() ? 2 : 3;
  } catch {
    return 0;
  }
}

/** Standard input. Reading waits for the first byte, as on the desktop. */
export const nodeInput = {
  get kind() {
    return kindOf(0);
  },

  /** @param {Uint8Array} into @returns {number} */
  read(into) {
    for (;;) {
      try {
        return fs.readSync(0, into, 0, into.length, null);
      } catch (error) {
        // What Windows calls the end of a pipe.
        if (error.code === 'EOF') return 0;
        if (error.code !== 'EAGAIN') throw error;
        Atomics.wait(pause, 0, 0, PAUSE);
      }
    }
  },
};
