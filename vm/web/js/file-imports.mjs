// The imports of the VM's module `osvm_files`: a file system for `vm/host/src/interfaces/files/page/`.
//
// A function answers a number from 0 on, or minus the number of a failure. Paths are UTF-8 at (address, length); a path comes with the
// root that it must not leave. What is longer than a number is kept here as the result, and `result` stores it.

import { ERRNO, FileError } from './file-error.mjs';
import { bytesAt } from './memory.mjs';

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/**
 * @param {{ readonly memory: WebAssembly.Memory }} vm filled in once the module is instantiated
 * @param {import('./file-system.mjs').FileSystem} files
 * @returns {Record<string, Function>}
 */
export function fileImports(vm, files) {
  let result = new Uint8Array(0);

  const text = (address, length) => {
    try {
      return decoder.decode(bytesAt(vm, address, length));
    } catch {
      throw new FileError('EILSEQ');
    }
  };
  const keep = (string) => {
    result = encoder.encode(string);
    return result.length;
  };
  /** A function whose failures are negative numbers. */
  const failing = (work) => (...args) => {
    try {
      return work(...args) ?? 0;
    } catch (error) {
      const number = FileError.number(error);
      if (number === ERRNO.EIO) console.error(error);
      return -number;
    }
  };
  /** One whose first four parameters are a root and a path. */
  const at = (work) => failing((root, rootLen, path, pathLen, ...rest) => work(text(root, rootLen), text(path, pathLen), ...rest));
  /** Puts the numbers of `stat` where the VM wants them. */
  const store = (about, into) => {
    const { kind, mode, inode, device, links, user, group, size, accessed, modified, changed, created } = about;
    const numbers = [mode, inode, device, links, user, group, size, accessed, modified, changed, created, kind];
    const place = new DataView(vm.memory.buffer, into >>> 0, numbers.length * 8);
    numbers.forEach((number, i) => place.setFloat64(i * 8, number, true));
  };

  return {
    open: at((root, path, flags) => files.open(root, path, flags)),
    close: failing((file) => files.close(file)),
    read: failing((file, position, into, length) => files.read(file, bytesAt(vm, into, length), position)),
    write: failing((file, position, from, length) => files.write(file, bytesAt(vm, from, length), position)),
    size: failing((file) => files.size(file)),
    set_size: failing((file, size) => files.setSize(file, size)),
    sync: failing((file) => files.sync(file)),
    stat: at((root, path, follow, into) => store(files.stat(root, path, follow !== 0), into)),
    list: at((root, path) => keep(files.list(root, path).map((name) => `${name}\0`).join(''))),
    remove: at((root, path) => files.remove(root, path)),
    create_dir: at((root, path) => files.makeDirectory(root, path)),
    remove_dir: at((root, path) => files.removeDirectory(root, path)),
    set_mode: at((root, path, mode) => files.setMode(root, path, mode)),
    set_owner: at((root, path, user, group) => files.setOwner(root, path, user, group)),
    set_times: at((root, path, accessed, modified) => files.setTimes(root, path, accessed, modified)),
    read_link: at((root, path) => keep(files.readLink(root, path))),
    make_link: at((root, path, target, length) => files.makeLink(text(target, length), root, path)),
    rename: failing((root, rootLen, from, fromLen, toRoot, toRootLen, to, toLen) =>
      files.rename(text(root, rootLen), text(from, fromLen), text(toRoot, toRootLen), text(to, toLen))),
    result: (into, length) => bytesAt(vm, into, length).set(result.subarray(0, length >>> 0)),
  };
}
