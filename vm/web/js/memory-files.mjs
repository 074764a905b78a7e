// Files in memory, with the synchronous interface that the VM needs, kept behind by a store (`stores.mjs`).
//
// A change is in memory at once. All changes since the last batch go to the store as one batch a moment later, or by `flush()`; a store
// takes a batch as a whole or not at all, so that a page that is closed in the middle leaves the files as they were after some batch. What is
// in folders of the computer goes back there with the same batch (`write-back.mjs`).

import { FileError } from './file-error.mjs';
import { FileSystem, KIND, OPEN } from './file-system.mjs';
import { Folder } from './folder.mjs';
import { Entry, Room, keptEntries, restore, withLost } from './tree.mjs';
import { writeBack } from './write-back.mjs';
import { WriteBehind } from './write-behind.mjs';

/** The bytes that all files may take, if nothing else is said. */
const CAPACITY = 1 << 30;
const LONGEST_NAME = 255;
/** Plugins are granted a directory for temporary files, so there must be one. */
const TEMPORARY = '/tmp';
const MOST_OPEN = 1024;

/** Files in memory. */
export class MemoryFiles extends FileSystem {
  #room;
  #root;
  #last;
  #store;
  /** The store has kept changes, as it may have stopped to do. */
  #hasKept = false;
  #behind;
  #handles = [];
  #folders = new Set();
  #kept = new Map();

  /**
   * Empty files that are kept nowhere. Those of a store come from `MemoryFiles.load`.
   * @param {import('./files.d.ts').MemoryOptions} [options]
   */
  constructor({ capacity = CAPACITY, onError = (error) => console.error(error) } = {}) {
    super();
    this.#room = new Room(capacity);
    this.#root = Entry.directory(1);
    this.#last = 1;
    this.#behind = new WriteBehind(() => this.#save(), onError);
    this.makeDirectory('/', TEMPORARY);
  }

  /**
   * The files that a store has, kept there from now on.
   * @param {import('./files.d.ts').Store} store
   * @param {import('./files.d.ts').MemoryOptions} [options]
   */
  static async load(store, options) {
    const files = new MemoryFiles(options);
    const kept = await store.load();
    if (kept.records.length > 0) {
      ({ root: files.#root, last: files.#last } = restore(kept, files.#room));
      for (const { id, version } of kept.records) files.#kept.set(id, version);
    }
    files.#store = store;
    files.#hasKept = store.keeps;
    if (!files.exists(TEMPORARY)) files.makeDirectory('/', TEMPORARY);
    return files;
  }

  /** True if changes outlive the page. */
  get keeps() {
    return this.#store?.keeps ?? false;
  }

  /** Why they do not, for the person in front of it; undefined if they do. @returns {string | undefined} */
  get whyNot() {
    return this.#store === undefined ? 'these files are in memory only' : this.#store.whyNot;
  }

  /** Bytes that files take in memory. */
  get used() {
    return this.#room.used;
  }

  // ---- Entries by their paths. Paths are resolved: absolute, without links on the way.

  #find(at) {
    let entry = this.#root;
    for (const name of at.split('/')) {
      if (name === '') continue;
      if (!entry.isDirectory) throw new FileError('ENOTDIR', at);
      entry = entry.children.get(name);
      if (entry === undefined) return undefined;
    }
    return entry;
  }

  #get(root, path, follow) {
    const at = this.resolve(root, path, follow);
    const entry = this.#find(at);
    if (entry === undefined || (follow && entry.kind === KIND.LINK)) throw new FileError('ENOENT', at);
    return entry;
  }

  /** Directory and name of a path; `failure` for the root, which has none. */
  #place(root, path, follow, failure) {
    const at = this.resolve(root, path, follow);
    if (at === '/' || at === '') throw new FileError(failure, at);
    const slash = at.lastIndexOf('/');
    const name = at.slice(slash + 1);
    const directory = this.#find(at.slice(0, slash));
    if (directory === undefined) throw new FileError('ENOENT', at);
    if (!directory.isDirectory) throw new FileError('ENOTDIR', at);
    if (new TextEncoder().encode(name).length > LONGEST_NAME) throw new FileError('ENAMETOOLONG', at);
    return { at, directory, name, entry: directory.children.get(name) };
  }

  linkAt(at) {
    try {
      return this.#find(at)?.target;
    } catch {
      return undefined;
    }
  }

  // ---- Changes of directories.

  #writable(entry, at) {
    if (entry.folder?.write === false) throw new FileError('EROFS', at);
    entry.permit(2, at);
  }

  #put({ at, directory, name }, entry) {
    this.#writable(directory, at);
    entry.linked = true;
    entry.folder ??= directory.folder;
    directory.children.set(name, entry);
    directory.touch();
    this.#change();
    return entry;
  }

  #take({ at, directory, name, entry }) {
    this.#writable(directory, at);
    directory.children.delete(name);
    directory.touch();
    entry.linked = false;
    entry.letGo();
    this.#change();
  }

  makeDirectory(root, path) {
    const place = this.#place(root, path, false, 'EEXIST');
    if (place.entry !== undefined) throw new FileError('EEXIST', place.at);
    this.#put(place, Entry.directory(++this.#last));
  }

  makeLink(target, root, path) {
    const place = this.#place(root, path, false, 'EEXIST');
    if (place.entry !== undefined) throw new FileError('EEXIST', place.at);
    if (target === '') throw new FileError('ENOENT', place.at);
    // A folder that the browser opened has none.
    if (place.directory.folder !== undefined) throw new FileError('EPERM', place.at);
    this.#put(place, Entry.link(++this.#last, target));
  }

  remove(root, path) {
    const place = this.#place(root, path, false, 'EISDIR');
    if (place.entry === undefined) throw new FileError('ENOENT', place.at);
    if (place.entry.isDirectory) throw new FileError('EISDIR', place.at);
    this.#take(place);
  }

  removeDirectory(root, path) {
    const place = this.#place(root, path, false, 'EBUSY');
    if (place.entry === undefined) throw new FileError('ENOENT', place.at);
    if (!place.entry.isDirectory) throw new FileError('ENOTDIR', place.at);
    if (place.entry.folder?.entry === place.entry) throw new FileError('EBUSY', place.at);
    if (place.entry.children.size > 0) throw new FileError('ENOTEMPTY', place.at);
    this.#take(place);
  }

  rename(fromRoot, fromPath, toRoot, toPath) {
    const from = this.#place(fromRoot, fromPath, false, 'EBUSY');
    const to = this.#place(toRoot, toPath, false, 'EBUSY');
    const { entry } = from;
    if (entry === undefined) throw new FileError('ENOENT', from.at);
    if (to.entry === entry) return;
    this.#mayRename(from, to);
    this.#writable(from.directory, from.at);
    this.#writable(to.directory, to.at);
    if (to.entry !== undefined) this.#take(to);
    from.directory.children.delete(from.name);
    from.directory.touch();
    for (const moved of entry.folder === to.directory.folder ? [] : within(entry)) moved.folder = to.directory.folder;
    this.#put(to, entry);
    entry.changed = Date.now();
  }

  #mayRename({ entry, at }, to) {
    if (within(entry).some((inside) => inside.folder?.entry === inside)) throw new FileError('EBUSY', at);
    if (entry.isDirectory && (to.directory === entry || within(entry).includes(to.directory))) throw new FileError('EINVAL', to.at);
    if (to.directory.folder !== undefined && within(entry).some(({ kind }) => kind === KIND.LINK)) throw new FileError('EPERM', to.at);
    if (to.entry === undefined) return;
    if (entry.isDirectory && !to.entry.isDirectory) throw new FileError('ENOTDIR', to.at);
    if (!entry.isDirectory && to.entry.isDirectory) throw new FileError('EISDIR', to.at);
    if (to.entry.folder?.entry === to.entry) throw new FileError('EBUSY', to.at);
    if (to.entry.isDirectory && to.entry.children.size > 0) throw new FileError('ENOTEMPTY', to.at);
  }

  // ---- What is known of entries.

  stat(root, path, follow) {
    return this.#get(root, path, follow).stat();
  }

  list(root, path) {
    const directory = this.#get(root, path, true);
    if (!directory.isDirectory) throw new FileError('ENOTDIR', path);
    directory.permit(4, path);
    return [...directory.children.keys()];
  }

  readLink(root, path) {
    const entry = this.#get(root, path, false);
    if (entry.kind !== KIND.LINK) throw new FileError('EINVAL', path);
    return entry.target;
  }

  #set(root, path, follow, values) {
    const entry = this.#get(root, path, follow);
    if (entry.folder?.write === false) throw new FileError('EROFS', path);
    Object.assign(entry, values, { changed: Date.now() });
    this.#change();
  }

  setMode(root, path, mode) {
    this.#set(root, path, true, { mode: mode & 0o7777 });
  }

  setOwner(root, path, user, group) {
    const entry = this.#get(root, path, false);
    const same = (id, own) => id === -1 || id === own;
    // There is nobody else.
    if (!same(user, entry.user) || !same(group, entry.group)) throw new FileError('EPERM', path);
  }

  setTimes(root, path, accessed, modified) {
    this.#set(root, path, false, { accessed: accessed * 1000, modified: modified * 1000 });
  }

  // ---- Open files.

  open(root, path, flags) {
    const write = (flags & (OPEN.WRITE | OPEN.APPEND)) !== 0;
    const create = (flags & (OPEN.CREATE | OPEN.CREATE_NEW)) !== 0;
    const place = this.#place(root, path, (flags & OPEN.CREATE_NEW) === 0, 'EISDIR');
    const { at } = place;
    if (this.#handles.filter((handle) => handle !== undefined).length >= MOST_OPEN) throw new FileError('EMFILE', at);
    let { entry } = place;
    if (entry !== undefined && (flags & OPEN.CREATE_NEW) !== 0) throw new FileError('EEXIST', at);
    if (entry === undefined && !create) throw new FileError('ENOENT', at);
    if (entry?.isDirectory) throw new FileError('EISDIR', at);
    if (entry !== undefined && write) this.#writable(entry, at);
    if (entry !== undefined && (flags & OPEN.READ) !== 0) entry.permit(4, at);
    entry ??= this.#put(place, Entry.file(++this.#last, this.#room));
    const handle = { entry, read: (flags & OPEN.READ) !== 0, write, append: (flags & OPEN.APPEND) !== 0 };
    if ((flags & OPEN.TRUNCATE) !== 0) this.#resize(entry, 0);
    entry.opened += 1;
    const free = this.#handles.indexOf(undefined);
    const number = free === -1 ? this.#handles.length : free;
    this.#handles[number] = handle;
    return number;
  }

  #handle(file, access) {
    const handle = this.#handles[file];
    if (handle === undefined || (access !== undefined && !handle[access])) throw new FileError('EBADF');
    return handle;
  }

  close(file) {
    const { entry } = this.#handle(file);
    this.#handles[file] = undefined;
    entry.opened -= 1;
    entry.letGo();
  }

  read(file, into, position) {
    const { entry } = this.#handle(file, 'read');
    const bytes = entry.bytes.subarray(position, position + into.length);
    into.set(bytes);
    entry.accessed = Date.now();
    return bytes.length;
  }

  write(file, bytes, position) {
    const { entry, append } = this.#handle(file, 'write');
    if (entry.folder?.write === false) throw new FileError('EROFS');
    if (bytes.length === 0) return 0;
    const at = append ? entry.size : position;
    if (at + bytes.length > entry.size) entry.resize(at + bytes.length);
    entry.buffer.set(bytes, at);
    entry.touch();
    this.#change();
    return bytes.length;
  }

  size(file) {
    return this.#handle(file).entry.size;
  }

  setSize(file, size) {
    const handle = this.#handles[file];
    if (handle === undefined) throw new FileError('EBADF');
    if (!handle.write) throw new FileError('EINVAL');
    if (handle.entry.folder?.write === false) throw new FileError('EROFS');
    this.#resize(handle.entry, size);
  }

  #resize(entry, size) {
    entry.resize(size);
    entry.touch();
    this.#change();
  }

  /** Begins to write behind; whoever must know the end of it waits for `flush`. */
  sync(file) {
    this.#handle(file);
    if (this.#keptSomewhere) this.#behind.hurry();
  }

  // ---- What is kept.

  get #keptSomewhere() {
    return this.#store !== undefined || this.#folders.size > 0;
  }

  #change() {
    if (this.#keptSomewhere) this.#behind.change();
  }

  /** Waits until all that has changed up to now is kept. Fails if it cannot be; it is tried again with the next change, and after a pause. */
  flush() {
    return this.#behind.flush();
  }

  /** Writes one batch: copies of this moment, as the image goes on writing while it is on its way. */
  async #save() {
    const folders = [...this.#folders].map((folder) => folder.changes());
    const store = this.#hasKept ? this.#batch(folders) : undefined;
    // A store that keeps nothing any more is left alone, unless a folder is still the only place of what was to go there.
    const counts = this.keeps || folders.some((folder) => folder.has(store?.files ?? []));
    await writeBack(folders, counts ? store : undefined);
  }

  /** What the store gets. @param {import('./folder-changes.mjs').FolderChanges[]} folders @returns {import('./write-back.mjs').StoreBatch} */
  #batch(folders) {
    const entries = keptEntries(this.#root);
    const records = entries.map((entry) => entry.record());
    const isNew = ({ id, kind, version }) => kind === KIND.FILE && this.#kept.get(id) !== version;
    const files = entries.filter(isNew);
    let contents = new Map(files.map((entry) => [entry.id, entry.bytes.slice()]));
    // What the store has, and a folder is to have instead.
    const leaving = folders.flatMap(({ items }) => items).filter(({ entry }) => this.#kept.has(entry.id) && !entry.isDirectory)
      .map(({ name, entry, bytes }) => ({ name, entry, bytes, record: entry.record() }));
    const foundId = ++this.#last;
    const commit = async (unkept) => {
      if (!this.keeps) throw new Error(this.whyNot);
      const staying = leaving.filter(({ entry }) => unkept.has(entry));
      for (const { entry, bytes, record } of staying) if (isNew(record)) contents.set(entry.id, bytes);
      const all = withLost(records, staying, foundId);
      await this.#store.commit(all, contents);
      this.#kept = new Map(all.map(({ id, version }) => [id, version]));
      contents = new Map();
      return staying.map(({ entry }) => entry);
    };
    return { files, commit };
  }

  async shut() {
    await this.flush();
    await this.#store?.close();
    this.#store = undefined;
  }

  // ---- Folders of the computer.

  /**
   * Shows a folder that the person opened at a path: all of it is read at once, and what is changed is written back.
   * @param {FileSystemDirectoryHandle} handle
   * @param {string} [path] an absolute path where there is nothing yet; the folder's name in `/` if absent
   * @param {import('./files.d.ts').FolderOptions} [options]
   * @returns {Promise<string>} the path
   */
  async openFolder(handle, path = `/${handle.name}`, options = {}) {
    const folder = new Folder(handle, options);
    const directory = await folder.read(() => ++this.#last, this.#room);
    try {
      const place = this.#place('/', path, false, 'EEXIST');
      if (place.entry !== undefined) throw new FileError('EEXIST', place.at);
      if (place.directory.folder !== undefined) throw new FileError('EBUSY', place.at);
      this.#put(place, directory);
      this.#folders.add(folder);
      return place.at;
    } catch (error) {
      folder.letGo();
      throw error;
    }
  }

  /**
   * Writes back what was changed in a folder, and takes it away from its path. The folder itself stays as it is.
   * @param {string} path
   */
  async closeFolder(path) {
    const entry = this.#get('/', path, true);
    const { folder } = entry;
    if (folder?.entry !== entry) throw new FileError('EINVAL', path);
    // What is written from now on would be lost.
    const { write } = folder;
    folder.write = false;
    try {
      await this.flush();
    } catch (error) {
      folder.write = write;
      throw error;
    }
    this.#folders.delete(folder);
    const place = this.#place('/', path, true, 'EBUSY');
    place.directory.children.delete(place.name);
    place.directory.touch();
    folder.letGo();
    this.#change();
  }
}

/** An entry and all that is below it. @param {Entry} entry */
function within(entry) {
  const found = [entry];
  for (const { children } of found) for (const child of children?.values() ?? []) found.push(child);
  return found;
}
