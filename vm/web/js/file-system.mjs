// What the VM needs of a file system: a synchronous interface, its paths, and what every implementation has for free.
//
// Paths are absolute, with `/`. Operations that a plugin asks for name a root besides, a directory that was granted: the path is then
// relative to it, and neither `..` nor a symbolic link leads out of it (EXDEV). All failures are `FileError`s or have a `code` of POSIX.

import { FileError } from './file-error.mjs';

/** How a file is opened: bits, as the interface `files` of plugins has them. */
export const OPEN = Object.freeze({ READ: 1, WRITE: 2, CREATE: 4, CREATE_NEW: 8, TRUNCATE: 16, APPEND: 32 });

/** Kinds of entries, as the interface `files` has them. */
export const KIND = Object.freeze({ FILE: 1, DIRECTORY: 2, LINK: 3, OTHER: 4 });

/** As many symbolic links are followed on the way to a file. */
const MOST_LINKS = 40;
/** The most bytes that are read or written at once by `readFile` and `export`. */
const CHUNK = 1 << 20;

/**
 * The components of a path, from its end.
 * @param {string} path
 */
const reversed = (path) => path.split('/').filter((name) => name !== '' && name !== '.').reverse();

/** A file system. Implementations define what throws here. */
export class FileSystem {
  /** The directory from which relative paths of the image start. */
  currentDirectory = '/';

  /**
   * Where a path below a root leads: an absolute path without links, save in its last component if that is not followed.
   * @param {string} root an absolute path; `/` for the whole file system
   * @param {string} path what comes below it
   * @param {boolean} follow a symbolic link at the end is followed too
   * @returns {string}
   */
  resolve(root, path, follow = true) {
    const whole = root === '/';
    const base = whole ? '' : root.replace(/\/+$/, '');
    const done = [];
    const rest = reversed(path);
    for (let links = 0; rest.length > 0;) {
      const name = rest.pop();
      if (name === '..') {
        if (done.length === 0 && !whole) throw new FileError('EXDEV', path);
        done.pop();
        continue;
      }
      done.push(name);
      if (rest.length === 0 && !follow) break;
      const target = this.linkAt(`${base}/${done.join('/')}`);
      if (target === undefined) continue;
      if (++links > MOST_LINKS) throw new FileError('ELOOP', path);
      done.pop();
      if (target.startsWith('/')) {
        if (!whole) throw new FileError('EXDEV', path);
        done.length = 0;
      }
      rest.push(...reversed(target));
    }
    return `${base}/${done.join('/')}`.replace(/(.)\/$/, '$1');
  }

  /**
   * An absolute path for one that may start from the current directory.
   * @param {string} path
   */
  absolute(path) {
    const text = path.startsWith('/') ? path : `${this.currentDirectory}/${path}`;
    return this.resolve('/', text, true);
  }

  /** True if there is something at a path. @param {string} path */
  exists(path) {
    try {
      this.stat('/', path, true);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * The bytes of a file.
   * @param {string} path
   * @returns {Uint8Array}
   */
  readFile(path) {
    const file = this.open('/', path, OPEN.READ);
    try {
      const bytes = new Uint8Array(this.size(file));
      let read = 0;
      for (let more; (more = this.read(file, bytes.subarray(read, read + CHUNK), read)) > 0;) read += more;
      return bytes.subarray(0, read);
    } finally {
      this.close(file);
    }
  }

  /**
   * Replaces a file as a whole, or makes it: the new bytes are written beside it first, so that it has its old bytes or the new ones at any time.
   * @param {string} path
   * @param {Uint8Array} bytes
   */
  writeFile(path, bytes) {
    const to = this.resolve('/', path, true);
    const { beside, file } = this.#makeBeside(to);
    try {
      try {
        this.write(file, bytes, 0);
        this.sync(file);
      } finally {
        this.close(file);
      }
      this.rename('/', beside, '/', to);
    } catch (error) {
      this.remove('/', beside);
      throw error;
    }
  }

  /** Makes a file in the same directory. Its name is one that nothing had, and short, as the other may be as long as names can be. */
  #makeBeside(path) {
    const directory = path.slice(0, path.lastIndexOf('/'));
    for (let number = 1; ; number++) {
      const beside = `${directory}/osvm-${number}.new`;
      try {
        return { beside, file: this.open('/', beside, OPEN.WRITE | OPEN.CREATE_NEW) };
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
    }
  }

  /**
   * Makes a directory and those on the way to it, as far as they are missing.
   * @param {string} path
   */
  makeDirectories(path) {
    let at = '';
    for (const name of reversed(path).reverse()) {
      at += `/${name}`;
      if (!this.exists(at)) this.makeDirectory('/', at);
    }
  }

  /**
   * Brings a file of the page (from a file picker, a drop, a download) into this file system.
   * @param {Blob & { name?: string }} file
   * @param {string} [path] where to; its own name in the current directory if absent
   * @returns {Promise<string>} the path
   */
  async import(file, path = `${this.currentDirectory}/${file.name ?? 'file'}`) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    this.writeFile(path, bytes);
    return this.resolve('/', path, true);
  }

  /**
   * A file as something that the page can offer for download.
   * @param {string} path
   * @returns {Blob}
   */
  export(path) {
    return new Blob([this.readFile(path)], { type: 'application/octet-stream' });
  }

  /** Waits until all that was written is kept. */
  async flush() {}

  /** Lets go of what is behind this file system, after a last `flush`. */
  async shut() {
    await this.flush();
  }

  /* eslint-disable no-unused-vars */

  /** Where a symbolic link leads; undefined if there is none at this path, or nothing. @param {string} path @returns {string | undefined} */
  linkAt(path) { throw new FileError('ENOTSUP', path); }

  /** Opens a file (bits of `OPEN`) and answers its number. Directories are refused (EISDIR). @returns {number} */
  open(root, path, flags) { throw new FileError('ENOTSUP', path); }

  /** Closes a file. @param {number} file */
  close(file) { throw new FileError('EBADF'); }

  /** Reads at a position as much as fits and is there; answers how many bytes. @returns {number} */
  read(file, into, position) { throw new FileError('EBADF'); }

  /** Writes all bytes at a position; at the end, wherever that is, for a file that was opened to append. @returns {number} */
  write(file, bytes, position) { throw new FileError('EBADF'); }

  /** The size of an open file in bytes. @returns {number} */
  size(file) { throw new FileError('EBADF'); }

  /** Cuts an open file, or extends it by zeros. */
  setSize(file, size) { throw new FileError('EBADF'); }

  /** Makes durable what was written, as far as that can be done at once. */
  sync(file) { throw new FileError('EBADF'); }

  /** What there is at a path. @returns {import('./files.d.ts').Stat} */
  stat(root, path, follow) { throw new FileError('ENOTSUP', path); }

  /** The names in a directory. @returns {string[]} */
  list(root, path) { throw new FileError('ENOTSUP', path); }

  /** Deletes what is no directory. */
  remove(root, path) { throw new FileError('ENOTSUP', path); }

  /** Renames a file, a link or a directory, and replaces what was there as POSIX has it. */
  rename(fromRoot, from, toRoot, to) { throw new FileError('ENOTSUP', from); }

  /** Makes a directory. */
  makeDirectory(root, path) { throw new FileError('ENOTSUP', path); }

  /** Deletes an empty directory. */
  removeDirectory(root, path) { throw new FileError('ENOTSUP', path); }

  /** Sets the permission bits of what the path leads to. */
  setMode(root, path, mode) { throw new FileError('ENOTSUP', path); }

  /** Sets the owner of what the path names; -1 leaves user or group as it is. */
  setOwner(root, path, user, group) { throw new FileError('ENOTSUP', path); }

  /** Sets the times of what the path names, in seconds since 1970. */
  setTimes(root, path, accessed, modified) { throw new FileError('ENOTSUP', path); }

  /** Where a symbolic link leads. @returns {string} */
  readLink(root, path) { throw new FileError('ENOTSUP', path); }

  /** Makes a symbolic link. */
  makeLink(target, root, path) { throw new FileError('ENOTSUP', path); }
}
