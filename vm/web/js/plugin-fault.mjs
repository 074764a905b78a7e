// What a plugin threw, in the terms of the VM: see vm/host/src/plugins/wasm/page/fault.rs.

/** That there is a fault, and what it is, as bits. */
const FAULT = 1;
const STACK = 2;
const DENIED = 4;
const TRAP = 8;

/** Where an engine says that a frame is: `at NAME (URL:wasm-function[3]:0x1a2)` or `NAME@URL:wasm-function[3]:0x1a2`. */
const FRAME = /^\s*(?:at )?(.*?)(?: \(|@)?[^\s(@]*wasm-function\[(\d+)\]:(0x[0-9a-f]+)/;

/** Engines have different errors and words for a stack that is used up. */
const EXHAUSTED = /call stack|recursion/i;

/**
 * The plugin's frames, as lines. They are those of wasm at the top; the last of them is of the module with the plugin's calls, unless the engine
 * has cut the list.
 * @param {Error} error
 */
function backtrace(error) {
  const lines = (error.stack ?? '').split('\n');
  const first = lines.findIndex((line) => FRAME.test(line));
  if (first < 0) return '';
  const other = lines.findIndex((line, index) => index > first && !FRAME.test(line));
  const end = other < 0 ? lines.length : Math.max(other - 1, first + 1);
  const frames = lines.slice(first, end).map((line, number) => {
    const [, name, index, at] = /** @type {RegExpMatchArray} */ (line.match(FRAME));
    return `${String(number).padStart(5)}: ${at.padStart(8)} - ${name || `<function ${index}>`}`;
  });
  return ['wasm backtrace:', ...frames].join('\n');
}

/**
 * @typedef {{ flags: number, message: string, backtrace: string }} Fault
 */

/** No fault. @type {Fault} */
export const NONE = { flags: 0, message: '', backtrace: '' };

/**
 * @param {unknown} thrown
 * @param {WebAssembly.Exports} [exports] those of the instance that threw it
 * @returns {Fault}
 */
export function faultOf(thrown, exports) {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const account = (name) => exports?.[name]?.value ?? 0;
  const isTrap = error instanceof WebAssembly.RuntimeError;
  let flags = FAULT;
  if (isTrap) flags |= TRAP;
  if ((!isTrap && EXHAUSTED.test(error.message)) || account('osvm:stack') < 0) flags |= STACK;
  if (account('osvm:denied') !== 0) flags |= DENIED;
  return { flags, message: error.message, backtrace: backtrace(error) };
}
