// The files of the computer, for the VM in Node: the calls of node:fs that wait.
//
// Node has no `openat`: a path is resolved component by component below its root, and then opened without following links. The VM does
// nothing in between; another program of the computer that swaps directories for links at that very moment could lead it out. Whoever
// must be safe from such programs uses the desktop build.

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { ERRNO, FileError } from './file-error.mjs';
import { FileSystem, KIND, OPEN } from './file-system.mjs';

const { constants } = fs;

/**
 * Does something and gives its failures the numbers that images know.
 * @template T
 * @param {string | undefined} at
 * @param {() => T} work
 * @returns {T}
 */
function attempt(at, work) {
  try {
    return work();
  } catch (error) {
    if (error?.code in ERRNO) throw new FileError(error.code, at);
    throw error;
  }
}

/** @param {fs.Stats} about */
function kindOf(about) {
  if (about.isFile()) return KIND.FILE;
  if (about.isDirectory()) return KIND.DIRECTORY;
  return about.isSymbolicLink() ? KIND.LINK : KIND.OTHER;
}

/** What is below some directories of the computer. */
export class NodeFiles extends FileSystem {
  #directories;

  /**
   * @param {{ directories?: string[], currentDirectory?: string }} [options] the directories outside of which nothing is touched (all of the
   *   computer if absent), and where relative paths start (that of the process)
   */
  constructor({ directories = ['/'], currentDirectory = process.cwd() } = {}) {
    super();
    this.#directories = directories.map((directory) => path.resolve(directory));
    this.currentDirectory = currentDirectory;
  }

  linkAt(at) {
    try {
      return fs.readlinkSync(at);
    } catch {
      // No link, or nothing: who opens it will see.
      return undefined;
    }
  }

  /** Where a path leads, if that is granted. */
  #at(root, below, follow) {
    const at = this.resolve(root, below, follow);
    const inside = (directory) => directory === '/' || at === directory || at.startsWith(`${directory}/`);
    if (!this.#directories.some(inside)) throw new FileError('EACCES', at);
    return at;
  }

  #do(root, below, follow, work) {
    const at = this.#at(root, below, follow);
    return attempt(at, () => work(at));
  }

  open(root, below, flags) {
    const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_NOFOLLOW = 0 } = constants;
    const write = (flags & (OPEN.WRITE | OPEN.APPEND)) !== 0;
    let how = write ? ((flags & OPEN.READ) !== 0 ? O_RDWR : O_WRONLY) : O_RDONLY;
    if (flags & (OPEN.CREATE | OPEN.CREATE_NEW)) how |= O_CREAT;
    if (flags & OPEN.CREATE_NEW) how |= O_EXCL;
    if (flags & OPEN.TRUNCATE) how |= O_TRUNC;
    if (flags & OPEN.APPEND) how |= O_APPEND;
    return this.#do(root, below, (flags & OPEN.CREATE_NEW) === 0, (at) => {
      const file = fs.openSync(at, how | O_NOFOLLOW, 0o666);
      if (!fs.fstatSync(file).isDirectory()) return file;
      fs.closeSync(file);
      throw new FileError('EISDIR', at);
    });
  }

  close(file) {
    attempt(undefined, () => fs.closeSync(file));
  }

  read(file, into, position) {
    return attempt(undefined, () => {
      try {
        return fs.readSync(file, into, 0, into.length, position);
      } catch (error) {
        // A pipe or a terminal has no positions.
        if (error.code === 'ESPIPE') return fs.readSync(file, into, 0, into.length, null);
        throw error;
      }
    });
  }

  write(file, bytes, position) {
    return attempt(undefined, () => {
      let done = 0;
      while (done < bytes.length) {
        try {
          done += fs.writeSync(file, bytes, done, bytes.length - done, position + done);
        } catch (error) {
          if (error.code !== 'ESPIPE') throw error;
          done += fs.writeSync(file, bytes, done, bytes.length - done, null);
        }
      }
      return done;
    });
  }

  size(file) {
    return attempt(undefined, () => fs.fstatSync(file).size);
  }

  setSize(file, size) {
    attempt(undefined, () => fs.ftruncateSync(file, size));
  }

  sync(file) {
    attempt(undefined, () => fs.fsyncSync(file));
  }

  stat(root, below, follow) {
    return this.#do(root, below, follow, (at) => {
      // What is followed was resolved already: a link that is there now leads nowhere.
      const about = fs.lstatSync(at);
      if (follow && about.isSymbolicLink()) throw new FileError('ENOENT', at);
      const { mode, ino: inode, dev: device, nlink: links, uid: user, gid: group, size } = about;
      const [accessed, modified, changed] = [about.atimeMs, about.mtimeMs, about.ctimeMs].map((ms) => Math.floor(ms / 1000));
      const created = about.birthtimeMs > 0 ? Math.floor(about.birthtimeMs / 1000) : -1;
      return { kind: kindOf(about), mode, inode, device, links, user, group, size, accessed, modified, changed, created };
    });
  }

  list(root, below) {
    return this.#do(root, below, true, (at) => fs.readdirSync(at));
  }

  remove(root, below) {
    this.#do(root, below, false, (at) => fs.unlinkSync(at));
  }

  rename(fromRoot, from, toRoot, to) {
    const target = this.#at(toRoot, to, false);
    this.#do(fromRoot, from, false, (at) => fs.renameSync(at, target));
  }

  makeDirectory(root, below) {
    this.#do(root, below, false, (at) => fs.mkdirSync(at));
  }

  removeDirectory(root, below) {
    this.#do(root, below, false, (at) => fs.rmdirSync(at));
  }

  setMode(root, below, mode) {
    this.#do(root, below, true, (at) => fs.chmodSync(at, mode & 0o7777));
  }

  setOwner(root, below, user, group) {
    this.#do(root, below, false, (at) => {
      const about = fs.lstatSync(at);
      fs.lchownSync(at, user === -1 ? about.uid : user, group === -1 ? about.gid : group);
    });
  }

  setTimes(root, below, accessed, modified) {
    this.#do(root, below, false, (at) => fs.lutimesSync(at, accessed, modified));
  }

  readLink(root, below) {
    return this.#do(root, below, false, (at) => fs.readlinkSync(at));
  }

  makeLink(target, root, below) {
    this.#do(root, below, false, (at) => fs.symlinkSync(target, at));
  }
}
