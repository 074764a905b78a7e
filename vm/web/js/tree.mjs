// Entries of the file system in memory: directories, files and links, and the records in which a store keeps them.

import { FileError } from './file-error.mjs';
import { KIND } from './file-system.mjs';

/** A file's buffer grows by half, but by no more than this at a time. */
const GROWTH = 64 << 20;
/** The type bits of a mode, by kind. */
const TYPE_BITS = { [KIND.FILE]: 0o100000, [KIND.DIRECTORY]: 0o040000, [KIND.LINK]: 0o120000 };
/** Where what has no other place is found. */
const LOST = 'lost+found';
/** Who owns what is in memory. */
export const OWNER = 1000;

/** How many bytes all files of a tree may take together, and take. */
export class Room {
  used = 0;

  /** @param {number} capacity in bytes */
  constructor(capacity) {
    this.capacity = capacity;
  }

  /** Takes so many bytes more, or gives them back if it is negative; ENOSPC if there are not so many. */
  take(bytes) {
    if (this.used + bytes > this.capacity) throw new FileError('ENOSPC');
    this.used += bytes;
  }
}

/** A directory, a file or a symbolic link. */
export class Entry {
  /** How many handles are open. */
  opened = 0;
  /** It is in a directory. */
  linked = true;
  /** Counts changes of the content. */
  version = 1;
  /** The folder of the computer that it is in, if it is in one. @type {import('./folder.mjs').Folder | undefined} */
  folder = undefined;
  user = OWNER;
  group = OWNER;
  /** What a directory has, by name. @type {Map<string, Entry> | undefined} */
  children = undefined;
  /** A file's content is the first `size` bytes. @type {Uint8Array | undefined} */
  buffer = undefined;
  size = 0;
  /** What its buffer is counted in. @type {Room | undefined} */
  room = undefined;
  /** Where a link leads. @type {string | undefined} */
  target = undefined;

  /** @param {number} id @param {number} kind @param {number} mode permission bits */
  constructor(id, kind, mode) {
    this.id = id;
    this.kind = kind;
    this.mode = mode;
    this.accessed = this.modified = this.changed = this.created = Date.now();
  }

  /** @param {number} id */
  static directory(id) {
    const entry = new Entry(id, KIND.DIRECTORY, 0o755);
    entry.children = new Map();
    return entry;
  }

  /** @param {number} id @param {Room} room */
  static file(id, room) {
    const entry = new Entry(id, KIND.FILE, 0o644);
    entry.room = room;
    entry.buffer = new Uint8Array(0);
    return entry;
  }

  /** @param {number} id @param {string} target */
  static link(id, target) {
    const entry = new Entry(id, KIND.LINK, 0o777);
    entry.target = target;
    return entry;
  }

  get isDirectory() {
    return this.kind === KIND.DIRECTORY;
  }

  /** The content of a file, in place. */
  get bytes() {
    return this.buffer.subarray(0, this.size);
  }

  /** EACCES unless the owner's permission bits have this one (4 read, 2 write). */
  permit(bit, path) {
    if ((this.mode & (bit << 6)) === 0) throw new FileError('EACCES', path);
  }

  /** Notes a change of the content. */
  touch() {
    this.version += 1;
    this.modified = this.changed = Date.now();
  }

  /** Makes a file so long; what is new of it is zero. */
  resize(size) {
    const { length } = this.buffer;
    if (size > length) {
      const ahead = Math.min(length >> 1, GROWTH, this.room.capacity - this.room.used);
      this.#move(Math.max(size, length + ahead));
    } else if (size < length >> 2) {
      this.#move(size);
    }
    if (size > this.size) this.buffer.fill(0, this.size, size);
    this.size = size;
  }

  /** Gives the content another buffer. */
  #move(length) {
    const old = this.buffer.length;
    this.room.take(length - old);
    let buffer;
    try {
      buffer = new Uint8Array(length);
    } catch {
      this.room.take(old - length);
      throw new FileError('ENOSPC');
    }
    buffer.set(this.buffer.subarray(0, Math.min(this.size, length)));
    this.buffer = buffer;
  }

  /** Gives a file's bytes back once nothing leads to it any more. */
  letGo() {
    if (this.linked || this.opened > 0 || this.kind !== KIND.FILE) return;
    this.room.take(-this.buffer.length);
    this.buffer = new Uint8Array(0);
    this.size = 0;
  }

  /** @returns {import('./files.d.ts').Stat} */
  stat() {
    const seconds = (ms) => Math.floor(ms / 1000);
    const directories = () => [...this.children.values()].filter((child) => child.isDirectory).length;
    const size = { [KIND.FILE]: () => this.size, [KIND.DIRECTORY]: () => 0, [KIND.LINK]: () => new TextEncoder().encode(this.target).length };
    return {
      kind: this.kind,
      mode: TYPE_BITS[this.kind] | this.mode,
      inode: this.id,
      device: 1,
      links: this.isDirectory ? 2 + directories() : 1,
      user: this.user,
      group: this.group,
      size: size[this.kind](),
      accessed: seconds(this.accessed),
      modified: seconds(this.modified),
      changed: seconds(this.changed),
      created: seconds(this.created),
    };
  }

  /** @returns {import('./files.d.ts').StoreRecord} */
  record() {
    const { id, kind, mode, version, accessed, modified, changed, created } = this;
    const record = { id, kind, mode, version, times: [accessed, modified, changed, created] };
    if (this.isDirectory) {
      // What is in a folder of the computer is kept there.
      record.children = [...this.children].filter(([, child]) => child.folder === undefined).map(([name, child]) => [name, child.id]);
    }
    if (kind === KIND.FILE) record.size = this.size;
    if (kind === KIND.LINK) record.target = this.target;
    return record;
  }
}

/**
 * The entries of a tree that a store keeps.
 * @param {Entry} root
 * @returns {Entry[]}
 */
export function keptEntries(root) {
  const found = [root];
  for (const entry of found) {
    // One by one: as arguments of `push` they would be too many for the stack from some 100,000 on.
    for (const child of entry.children?.values() ?? []) if (child.folder === undefined) found.push(child);
  }
  return found;
}

/**
 * Records, and those of files that have no place in the tree: they get one in `/lost+found`, under their names as far as these are free.
 * @param {import('./files.d.ts').StoreRecord[]} records that of the root first; they stay as they are
 * @param {{ name: string, record: import('./files.d.ts').StoreRecord }[]} lost
 * @param {number} id a number for the directory, if there is none yet
 * @returns {import('./files.d.ts').StoreRecord[]}
 */
export function withLost(records, lost, id) {
  if (lost.length === 0) return records;
  const [root, ...others] = records;
  const there = new Map(root.children).get(LOST);
  const found = others.find((record) => record.id === there && record.kind === KIND.DIRECTORY);
  const directory = found ?? Entry.directory(id).record();
  const inside = withChildren(directory, lost.map(({ name, record }) => [name, record.id]));
  const top = found === undefined ? withChildren(root, [[LOST, id]]) : root;
  return [top, ...others.filter((record) => record !== found), inside, ...lost.map(({ record }) => record)];
}

/** A directory's record with more in it. Where a name is taken, it is the entry's number instead, as `fsck` has it. */
function withChildren(record, more) {
  const children = new Map(record.children);
  for (const [name, id] of more) {
    let free = name;
    for (let number = id; children.has(free); number++) free = `#${number}`;
    children.set(free, id);
  }
  return { ...record, children: [...children] };
}

/**
 * The tree that was kept.
 * @param {{ records: import('./files.d.ts').StoreRecord[], contents: Map<number, Uint8Array> }} kept
 * @param {Room} room
 * @returns {{ root: Entry, last: number }} its root, and the highest number of an entry
 */
export function restore({ records, contents }, room) {
  const entries = new Map();
  for (const record of records) entries.set(record.id, entryOf(record, contents, room));
  const placed = new Set();
  for (const { id, children = [] } of records) {
    for (const [name, child] of children) {
      const entry = entries.get(child);
      if (entry === undefined || placed.has(child)) throw new Error(`the store is damaged: entry ${child} ("${name}") is missing or there twice`);
      placed.add(child);
      entries.get(id).children.set(name, entry);
    }
  }
  const root = entries.get(records[0].id);
  if (!root.isDirectory || placed.has(root.id) || placed.size !== entries.size - 1) throw new Error('the store is damaged: its entries are no tree');
  let last = 0;
  for (const id of entries.keys()) last = Math.max(last, id);
  return { root, last };
}

function entryOf(record, contents, room) {
  const { id, kind, mode, version, size, target, times: [accessed, modified, changed, created] } = record;
  const make = {
    [KIND.FILE]: () => Entry.file(id, room),
    [KIND.DIRECTORY]: () => Entry.directory(id),
    [KIND.LINK]: () => Entry.link(id, target),
  };
  const entry = make[kind]?.();
  if (entry === undefined) throw new Error(`the store is damaged: entry ${id} is of kind ${kind}`);
  if (kind === KIND.FILE) {
    const bytes = contents.get(id);
    if (bytes?.length !== size) throw new Error(`the store is damaged: entry ${id} has ${bytes?.length ?? 'no'} bytes instead of ${size}`);
    room.take(bytes.length);
    entry.buffer = bytes;
    entry.size = bytes.length;
  }
  return Object.assign(entry, { mode, version, accessed, modified, changed, created });
}
