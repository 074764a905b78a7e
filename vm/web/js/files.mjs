// The files of a VM, for pages and for Node: what `osvm.mjs` and pages import.
//
// `openFiles(name)` is the short way to files that stay in the browser; `MemoryFiles` has files that nobody keeps; `node-files.mjs` has those of
// the computer.

import { MemoryFiles } from './memory-files.mjs';
import { openStore } from './stores.mjs';

export { ERRNO, FileError } from './file-error.mjs';
export { fileImports } from './file-imports.mjs';
export { FileSystem, KIND, OPEN } from './file-system.mjs';
export { MemoryFiles, openStore };

/**
 * Files that stay in the browser under a name.
 * @param {string} name
 * @param {import('./files.d.ts').StoreOptions & import('./files.d.ts').MemoryOptions} [options]
 */
export async function openFiles(name, options = {}) {
  return MemoryFiles.load(await openStore(name, options), options);
}
