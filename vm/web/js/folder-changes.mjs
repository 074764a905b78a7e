// What the image has changed in an opened folder (`folder.mjs`) at one moment, and how it gets onto the computer's disk. `write-back.mjs` says when.

import { KIND } from './file-system.mjs';
import { replaceFile } from './replace-file.mjs';

/** A name as disks see it that take `a` and `A` for one. */
const folded = (path) => path.normalize('NFC').toLowerCase();

/** What an attempt to find something answers, and undefined if there is nothing. @template T @param {Promise<T>} attempt */
async function ifThere(attempt) {
  try {
    return await attempt;
  } catch (error) {
    if (error.name === 'NotFoundError') return undefined;
    throw error;
  }
}

/** The changes of one folder. */
export class FolderChanges {
  /** What is still to be written, directories before what is in them. `bytes` are a copy; directories have none. */
  items = [];
  #handle;
  #saved;
  #spares;
  #now;
  /** Paths that the image has no more, by their names as such disks see them; undefined if they are to be found again. */
  #gone = undefined;

  /**
   * @param {{ handle: FileSystemDirectoryHandle, saved: Map<string, object>, spares: Set<string> }} disk what the computer has, which is
   *   kept up to date here, and the names of copies in it that are to go
   * @param {Map<string, { entry: import('./tree.mjs').Entry, parent: string, name: string }>} now what is in memory, by path
   */
  constructor({ handle, saved, spares }, now) {
    this.#handle = handle;
    this.#saved = saved;
    this.#spares = spares;
    this.#now = now;
    for (const [path, { entry, parent, name }] of now) {
      const { kind, version } = entry;
      const item = { path, parent, name, entry, kind, version };
      if (this.#isNew(item)) this.items.push(item);
    }
    for (const item of this.items) if (item.kind === KIND.FILE) item.bytes = item.entry.bytes.slice();
  }

  /** The computer has something else there, or nothing. */
  #isNew({ path, entry, kind, version }) {
    const saved = this.#saved.get(path);
    if (saved?.kind !== kind) return true;
    return kind === KIND.FILE && (saved.entry !== entry || saved.version !== version);
  }

  async #attempt(problems, path, step) {
    try {
      await step();
      return true;
    } catch (error) {
      problems.push(`${this.#handle.name}${path}: ${error.message}`);
      return false;
    }
  }

  /**
   * Writes `items`, but for those that have to wait, which stay there.
   * @param {Set<import('./tree.mjs').Entry>} unkept files that are nowhere yet but in memory; those that are written are taken out
   * @param {string[]} problems what fails is added
   * @param {boolean} mayRemove what becomes something of another kind may be removed first, if there are no problems
   */
  async write(unkept, problems, mayRemove) {
    for (let before; before !== this.items.length;) {
      before = this.items.length;
      /** Paths. */
      const waiting = new Set();
      for (const item of this.items) {
        const isOther = () => this.#saved.has(item.path) && this.#saved.get(item.path).kind !== item.kind;
        if (waiting.has(item.parent) || this.#displaced(item, unkept) || (isOther() && (!mayRemove || problems.length > 0))) {
          waiting.add(item.path);
        } else if (await this.#attempt(problems, item.path, () => this.#make(item))) {
          unkept.delete(item.entry);
        }
      }
      this.items = this.items.filter(({ path }) => waiting.has(path));
    }
  }

  /** A file that would be lost if this were written: it has another place now, and is not kept there yet. */
  #displaced({ path, entry, kind }, unkept) {
    const saved = this.#saved.get(path);
    if (saved === undefined || saved.entry === entry) return undefined;
    if (saved.kind === KIND.FILE) return unkept.has(saved.entry) ? saved.entry : undefined;
    if (kind === KIND.DIRECTORY) return undefined;
    for (const [below, { entry: inside }] of this.#saved) if (below.startsWith(`${path}/`) && unkept.has(inside)) return inside;
    return undefined;
  }

  /** A file that something else waits for, if nothing else is in the way. @returns {import('./tree.mjs').Entry | undefined} */
  awaited(unkept) {
    for (const item of this.items) {
      const file = this.#displaced(item, unkept);
      if (file !== undefined) return file;
    }
    return undefined;
  }

  /** Writes a file of `items` under a name that nothing has, until all is done, so that another one can take its place. */
  async spare({ bytes }) {
    for (let number = 1; ; number++) {
      const name = `osvm-${number}.spare`;
      if ((await ifThere(this.#handle.getFileHandle(name))) !== undefined) continue;
      const handle = await this.#handle.getFileHandle(name, { create: true });
      this.#spares.add(name);
      await replaceFile(handle, bytes);
      return;
    }
  }

  /** True if the computer has one of these files in this folder. @param {import('./tree.mjs').Entry[]} files */
  has(files) {
    const wanted = new Set(files);
    return [...this.#saved.values()].some(({ entry }) => wanted.has(entry));
  }

  /** Adds what still waits, and what could not be removed either. @param {string[]} problems */
  async giveUp(problems) {
    for (const { path } of this.items) problems.push(`${this.#handle.name}${path}: it waits until all else is kept`);
    for (const path of this.#removed()) await this.#attempt(problems, path, () => this.#mayRemove(path));
  }

  /** Removes what the image has removed: to be called when all else is done. @param {string[]} problems what fails is added */
  async remove(problems) {
    for (const path of this.#removed()) await this.#attempt(problems, path, () => this.#remove(path));
    for (const name of this.#spares) {
      await this.#attempt(problems, `/${name}`, async () => {
        await ifThere(this.#handle.removeEntry(name));
        this.#spares.delete(name);
      });
    }
  }

  /** What the computer has and the image has no more: what is in a directory before it. */
  #removed() {
    return [...this.#saved.keys()].filter((path) => !this.#now.has(path)).sort().reverse();
  }

  #directory(path) {
    if (path === '') return this.#handle;
    const saved = this.#saved.get(path);
    if (saved?.kind !== KIND.DIRECTORY) throw new Error('its directory could not be made');
    return saved.handle;
  }

  async #make(item) {
    const { path, parent, name, entry, kind, version, bytes } = item;
    const directory = this.#directory(parent);
    if (!this.#saved.has(path)) await this.#respell(item, directory);
    if (!this.#isNew(item)) return;
    if (this.#saved.has(path) && this.#saved.get(path).kind !== kind) await this.#makeRoom(path);
    if (kind === KIND.DIRECTORY) {
      this.#saved.set(path, { handle: await directory.getDirectoryHandle(name, { create: true }), kind, entry });
      return;
    }
    await this.#mayChange(path, directory, name);
    const handle = await directory.getFileHandle(name, { create: true });
    // It is empty until it is replaced. If that fails, it is nevertheless no file of another program.
    if (!this.#saved.has(path)) this.#saved.set(path, { handle, kind, entry: undefined, version: 0, file: await handle.getFile() });
    await replaceFile(handle, bytes);
    this.#saved.set(path, { handle, kind, entry, version, file: await handle.getFile() });
  }

  /**
   * A rename that changes no more than the spelling, on a disk that takes both for one name: it has the entry there already. To remove the old
   * name would be to remove the entry, so the disk keeps the old spelling.
   */
  async #respell({ path, name, kind }, directory) {
    this.#gone ??= new Map([...this.#saved.keys()].filter((old) => !this.#now.has(old)).map((old) => [folded(old), old]));
    const old = this.#gone.get(folded(path));
    if (old === undefined || this.#saved.get(old)?.kind !== kind) return;
    for await (const listed of directory.keys()) if (listed === name) return;
    const found = kind === KIND.FILE ? directory.getFileHandle(name) : directory.getDirectoryHandle(name);
    if ((await ifThere(found)) === undefined) return;
    for (const [below, saved] of [...this.#saved]) {
      if (below !== old && !below.startsWith(`${old}/`)) continue;
      this.#saved.delete(below);
      this.#saved.set(path + below.slice(old.length), saved);
    }
    this.#gone = undefined;
  }

  /** Fails if the computer's file is not as it was left. */
  async #mayChange(path, directory, name) {
    const saved = this.#saved.get(path)?.file;
    const found = await ifThere(directory.getFileHandle(name).then((handle) => handle.getFile()));
    if (found === undefined) return;
    if (found.lastModified !== saved?.lastModified || found.size !== saved?.size) {
      throw new Error('another program has changed it; it was left as it is');
    }
  }

  /** Removes what is at a path, and below it. */
  async #makeRoom(path) {
    const there = [...this.#saved.keys()].filter((other) => other === path || other.startsWith(`${path}/`));
    for (const other of there.sort().reverse()) await this.#remove(other);
  }

  /** Fails if the computer's file is not as it was left; answers directory and name of the entry. */
  async #mayRemove(path) {
    const slash = path.lastIndexOf('/');
    const [directory, name] = [this.#directory(path.slice(0, slash)), path.slice(slash + 1)];
    if (this.#saved.get(path).kind === KIND.FILE) await this.#mayChange(path, directory, name);
    return { directory, name };
  }

  async #remove(path) {
    const { directory, name } = await this.#mayRemove(path);
    await ifThere(directory.removeEntry(name));
    this.#saved.delete(path);
  }
}
