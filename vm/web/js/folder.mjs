// A folder of the computer that the person opened in the browser (the File System Access interface), as a part of the files in memory.
//
// It is read at once, since the VM cannot wait. What differs from what was read or written last is written back with each batch
// (`folder-changes.mjs`): the browser replaces each file as a whole. A file that another program changed in the meantime is left as it is, and
// the batch fails and says so.

import { FolderChanges } from './folder-changes.mjs';
import { Entry } from './tree.mjs';

/** The bytes that a folder may have, if nothing else is said. */
const LIMIT = 256 << 20;

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** One opened folder. */
export class Folder {
  #handle;
  #limit;
  #onProgress;
  /** What the computer has: by path, the handle of each entry, and of files the version in memory that it is and how it looked. */
  #saved = new Map();
  /** The names of copies that were written while files changed their places, and are to be removed. */
  #spares = new Set();

  /** @param {FileSystemDirectoryHandle} handle @param {import('./files.d.ts').FolderOptions} options */
  constructor(handle, { limit = LIMIT, write = true, onProgress = () => {} } = {}) {
    this.#handle = handle;
    this.#limit = limit;
    this.#onProgress = onProgress;
    /** Changes are allowed. */
    this.write = write;
    /** The directory in memory. @type {Entry | undefined} */
    this.entry = undefined;
  }

  /**
   * Reads all of it.
   * @param {() => number} nextId
   * @param {import('./tree.mjs').Room} room
   * @returns {Promise<Entry>}
   */
  async read(nextId, room) {
    const found = await this.#look();
    const total = found.reduce((sum, { file }) => sum + (file?.size ?? 0), 0);
    if (total > this.#limit) {
      throw new Error(`the folder "${this.#handle.name}" has ${megabytes(total)}; at most ${megabytes(this.#limit)} are read: open a folder inside it`);
    }
    this.entry = this.#own(Entry.directory(nextId()));
    const directories = new Map([['', this.entry]]);
    let done = 0;
    try {
      for (const { path, parent, handle, file } of found) {
        const entry = this.#own(file === undefined ? Entry.directory(nextId()) : Entry.file(nextId(), room));
        directories.get(parent).children.set(handle.name, entry);
        directories.set(path, entry);
        this.#saved.set(path, { handle, kind: entry.kind, entry, version: entry.version, file });
        if (file === undefined) continue;
        const bytes = new Uint8Array(await file.arrayBuffer());
        room.take(bytes.length);
        Object.assign(entry, { buffer: bytes, size: bytes.length, modified: file.lastModified, changed: file.lastModified });
        done += bytes.length;
        this.#onProgress(done, total, path);
      }
    } catch (error) {
      this.letGo();
      throw error;
    }
    return this.entry;
  }

  /** All entries, directories before what is in them. */
  async #look() {
    const found = [];
    const directories = [{ path: '', handle: this.#handle }];
    for (const { path: parent, handle: directory } of directories) {
      for await (const [name, handle] of directory.entries()) {
        const path = `${parent}/${name}`;
        const file = handle.kind === 'file' ? await handle.getFile() : undefined;
        found.push({ path, parent, handle, file });
        if (file === undefined) directories.push({ path, handle });
      }
    }
    return found;
  }

  #own(entry) {
    entry.folder = this;
    return entry;
  }

  /** Gives back the memory of its files. */
  letGo() {
    for (const [, { entry }] of this.#now()) {
      entry.linked = false;
      entry.letGo();
    }
  }

  /** What is in memory, by path, directories before what is in them. */
  #now() {
    const found = new Map();
    const directories = [['', this.entry]];
    for (const [parent, directory] of directories) {
      for (const [name, entry] of directory?.children ?? []) {
        const path = `${parent}/${name}`;
        found.set(path, { entry, parent, name });
        if (entry.isDirectory) directories.push([path, entry]);
      }
    }
    return found;
  }

  /** What has changed since it was read or written last, as it is at this moment. */
  changes() {
    return new FolderChanges({ handle: this.#handle, saved: this.#saved, spares: this.#spares }, this.#now());
  }
}
