// A store in the origin private file system, for pages and workers.
//
// Its directory has each file's content under `<id>.<version>`, and an index `index-<n>` with all entries and a checksum. A batch writes
// the new contents, then the index n + 1; what is not in that index is removed afterwards. Whoever loads takes the highest index that is
// whole, so an end in the middle of a batch leaves the one before.

import { replaceFile } from './replace-file.mjs';

const HEADER = 'osvm-files 1';
/** So often a reader begins again that another page's batch overtook. */
const TRIES = 5;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The CRC-32 of bytes, in hexadecimal. @param {Uint8Array} bytes */
function checksum(bytes) {
  let crc = ~0;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (~crc >>> 0).toString(16).padStart(8, '0');
}

/** Entries as the bytes of an index. */
function encodeIndex(records) {
  const body = new TextEncoder().encode(JSON.stringify(records));
  const header = new TextEncoder().encode(`${HEADER} ${checksum(body)}\n`);
  const bytes = new Uint8Array(header.length + body.length);
  bytes.set(header);
  bytes.set(body, header.length);
  return bytes;
}

/** The entries of an index; undefined if it is not whole. */
function decodeIndex(bytes) {
  const end = bytes.indexOf(10) + 1;
  const body = bytes.subarray(end);
  const header = new TextDecoder().decode(bytes.subarray(0, end));
  return header === `${HEADER} ${checksum(body)}\n` ? JSON.parse(new TextDecoder().decode(body)) : undefined;
}

async function read(directory, name) {
  const file = await (await directory.getFileHandle(name)).getFile();
  return new Uint8Array(await file.arrayBuffer());
}

async function write(directory, name, bytes) {
  const handle = await directory.getFileHandle(name, { create: true });
  if (typeof handle.createWritable === 'function') {
    await replaceFile(handle, bytes);
    return;
  }
  const access = await handle.createSyncAccessHandle();
  try {
    access.truncate(0);
    for (let done = 0; done < bytes.length;) done += access.write(bytes.subarray(done), { at: done });
    access.flush();
  } finally {
    access.close();
  }
}

/** True if files can be written from here: Safari has had one way only, and that in workers. */
function canWrite() {
  const { prototype } = globalThis.FileSystemFileHandle ?? {};
  return typeof prototype?.createWritable === 'function' || typeof prototype?.createSyncAccessHandle === 'function';
}

const contentName = ({ id, version }) => `${id}.${version}`;

/** A store in OPFS. */
export class OpfsStore {
  static title = 'the origin private file system';
  keeps = true;
  whyNot = undefined;
  #directory;
  #release;
  #number = 0;

  /**
   * @param {FileSystemDirectoryHandle} directory
   * @param {(() => Promise<void>) | undefined} release what lets go of the lock; undefined if another page has it
   */
  constructor(directory, release) {
    this.#directory = directory;
    this.#release = release;
  }

  /** Where stores are. */
  static async #root() {
    if (globalThis.navigator?.storage?.getDirectory === undefined) throw new Error('it is not there');
    return navigator.storage.getDirectory();
  }

  /** @param {string} name */
  static async exists(name) {
    try {
      await (await OpfsStore.#root()).getDirectoryHandle(`osvm-${name}`);
      return true;
    } catch (error) {
      if (error.name === 'NotFoundError') return false;
      throw error;
    }
  }

  /** @param {string} name @param {(() => Promise<void>) | undefined} release */
  static async open(name, release) {
    const root = await OpfsStore.#root();
    const writes = canWrite();
    if (!writes && !(await OpfsStore.exists(name))) throw new Error('this browser writes to it in workers only');
    const store = new OpfsStore(await root.getDirectoryHandle(`osvm-${name}`, { create: writes }), release);
    if (!writes) store.whyNot = 'this browser writes files in workers only: what is changed here is in memory only';
    return store;
  }

  async load() {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#load();
      } catch (error) {
        // Another page has removed what was just being read.
        if (error.name !== 'NotFoundError' || this.#release !== undefined || tries === TRIES) throw error;
      }
    }
  }

  async #load() {
    for (const number of await this.#indexes()) {
      const records = decodeIndex(await read(this.#directory, `index-${number}`));
      if (records === undefined) continue;
      const contents = new Map();
      for (const record of records) {
        if (record.size !== undefined) contents.set(record.id, await read(this.#directory, contentName(record)));
      }
      this.#number = number;
      return { records, contents };
    }
    return { records: [], contents: new Map() };
  }

  /** The numbers of all indexes, the highest first. */
  async #indexes() {
    const numbers = [];
    for await (const name of this.#directory.keys()) {
      const number = /^index-(\d+)$/.exec(name)?.[1];
      if (number !== undefined) numbers.push(Number(number));
    }
    return numbers.sort((a, b) => b - a);
  }

  /** @param {import('./files.d.ts').StoreRecord[]} records @param {Map<number, Uint8Array>} contents */
  async commit(records, contents) {
    const number = this.#number + 1;
    const files = records.filter(({ id }) => contents.has(id)).map((record) => [contentName(record), contents.get(record.id)]);
    // The index is the last.
    files.push([`index-${number}`, encodeIndex(records)]);
    try {
      for (const [name, bytes] of files) await write(this.#directory, name, bytes);
    } catch (error) {
      // Browsers have several errors for too little room, and some of them do not say so.
      const size = files.reduce((sum, [, bytes]) => sum + bytes.length, 0);
      throw new Error(`the browser could not keep ${(size / 1e6).toFixed(1)} MB of files: ${error.message}`, { cause: error });
    }
    this.#number = number;
    await this.#sweep(records);
  }

  /** Removes what the last index does not name. What cannot be removed now goes next time. */
  async #sweep(records) {
    const named = new Set(records.filter(({ size }) => size !== undefined).map(contentName));
    named.add(`index-${this.#number}`);
    const names = [];
    for await (const name of this.#directory.keys()) {
      if (!named.has(name)) names.push(name);
    }
    await Promise.allSettled(names.map((name) => this.#directory.removeEntry(name)));
  }

  async close() {
    await this.#release?.();
  }
}
