// A folder of the computer that the person opened in the browser (the File System Access interface), as a part of the files in memory.
//
// It is read at once, since the VM cannot wait. What differs from what was read or written last is written back with each batch: the
// browser replaces each file as a whole. A file that another program changed in the meantime is left as it is, and the batch fails and says so.

import { KIND } from './file-system.mjs';
import { replaceFile } from './replace-file.mjs';
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

  /** Writes back what has changed. */
  async save() {
    const now = this.#now();
    const isSame = (path, saved) => now.get(path)?.entry.kind === saved.kind;
    const gone = [...this.#saved].filter(([path, saved]) => !isSame(path, saved));
    const made = [...now].filter(([path, { entry }]) => {
      const saved = this.#saved.get(path);
      if (saved === undefined || saved.kind !== entry.kind) return true;
      return entry.kind === KIND.FILE && (saved.entry !== entry || saved.version !== entry.version);
    });
    // Copies of one moment, before anything waits.
    const work = made.map(([path, { entry, parent, name }]) =>
      ({ path, parent, name, entry, version: entry.version, bytes: entry.kind === KIND.FILE ? entry.bytes.slice() : undefined }));
    const failures = [];
    const attempt = async (path, step) => {
      try {
        await step();
      } catch (error) {
        failures.push(`${this.#handle.name}${path}: ${error.message}`);
      }
    };
    // What becomes something of another kind makes room first; all else goes last, so that what was renamed is there once at least.
    for (const [path] of gone.filter(([path]) => now.has(path)).reverse()) await attempt(path, () => this.#remove(path));
    for (const item of work) await attempt(item.path, () => this.#make(item));
    for (const [path] of gone.filter(([path]) => !now.has(path)).reverse()) await attempt(path, () => this.#remove(path));
    if (failures.length > 0) throw new Error(`not all could be written back: ${failures.join('; ')}`);
  }

  #directory(path) {
    if (path === '') return this.#handle;
    const saved = this.#saved.get(path);
    if (saved?.kind !== KIND.DIRECTORY) throw new Error('its directory could not be made');
    return saved.handle;
  }

  async #make({ path, parent, name, entry, version, bytes }) {
    const directory = this.#directory(parent);
    if (bytes === undefined) {
      this.#saved.set(path, { handle: await directory.getDirectoryHandle(name, { create: true }), kind: KIND.DIRECTORY, entry });
      return;
    }
    await this.#mayChange(path, directory, name);
    const handle = await directory.getFileHandle(name, { create: true });
    await replaceFile(handle, bytes);
    this.#saved.set(path, { handle, kind: KIND.FILE, entry, version, file: await handle.getFile() });
  }

  /** Fails if the computer's file is not as it was left. */
  async #mayChange(path, directory, name) {
    const saved = this.#saved.get(path)?.file;
    let found;
    try {
      found = await (await directory.getFileHandle(name)).getFile();
    } catch (error) {
      if (error.name === 'NotFoundError') return;
      throw error;
    }
    if (found.lastModified !== saved?.lastModified || found.size !== saved?.size) {
      throw new Error('another program has changed it; it was left as it is');
    }
  }

  async #remove(path) {
    const { kind } = this.#saved.get(path);
    const slash = path.lastIndexOf('/');
    const [directory, name] = [this.#directory(path.slice(0, slash)), path.slice(slash + 1)];
    if (kind === KIND.FILE) await this.#mayChange(path, directory, name);
    try {
      await directory.removeEntry(name);
    } catch (error) {
      if (error.name !== 'NotFoundError') throw error;
    }
    this.#saved.delete(path);
  }
}
