// A store in IndexedDB, where there is no OPFS: an object store with the tree of entries under `tree` and each file's content under its
// number. A batch is one transaction. It looks whether the tree is the one that was written last from here, so that two pages cannot mix
// their files even where the browser has no Web Locks.

const FILES = 'files';
const TREE = 'tree';

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answer = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
const complete = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve();
  transaction.onabort = () => reject(transaction.error ?? new Error('the transaction was given up'));
});

/** A store in IndexedDB. */
export class IndexedDbStore {
  static title = 'IndexedDB';
  keeps = true;
  whyNot = undefined;
  #db;
  #release;
  /** Of the tree that was read or written last from here. */
  #generation = 0;
  /** The numbers of the files whose contents are in the database. */
  #ids = [];

  /** @param {IDBDatabase} db @param {(() => Promise<void>) | undefined} release what lets go of the lock; undefined if another page has it */
  constructor(db, release) {
    this.#db = db;
    this.#release = release;
  }

  /** @param {string} name */
  static async exists(name) {
    // Firefox has learned to list them in 2024; without it a store in OPFS is preferred.
    const databases = (await globalThis.indexedDB?.databases?.()) ?? [];
    return databases.some((database) => database.name === `osvm-${name}`);
  }

  /** @param {string} name @param {(() => Promise<void>) | undefined} release */
  static async open(name, release) {
    if (globalThis.indexedDB === undefined) throw new Error('it is not there');
    const request = indexedDB.open(`osvm-${name}`, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(FILES);
    return new IndexedDbStore(await answer(request), release);
  }

  async load() {
    const files = this.#db.transaction(FILES, 'readonly').objectStore(FILES);
    // Both requests are of one transaction, and so of one moment.
    const [keys, values] = await Promise.all([answer(files.getAllKeys()), answer(files.getAll())]);
    const { generation = 0, records = [] } = values[keys.indexOf(TREE)] ?? {};
    /** @type {Map<number, Uint8Array>} */
    const contents = new Map();
    keys.forEach((key, i) => typeof key === 'number' && contents.set(key, values[i]));
    this.#generation = generation;
    this.#ids = [...contents.keys()];
    return { records, contents };
  }

  /** @param {import('./files.d.ts').StoreRecord[]} records @param {Map<number, Uint8Array>} contents */
  async commit(records, contents) {
    const transaction = this.#db.transaction(FILES, 'readwrite', { durability: 'strict' });
    const done = complete(transaction);
    const files = transaction.objectStore(FILES);
    const ids = new Set(records.filter(({ size }) => size !== undefined).map(({ id }) => id));
    const last = files.get(TREE);
    let overtaken = false;
    last.onsuccess = () => {
      if ((last.result?.generation ?? 0) !== this.#generation) {
        overtaken = true;
        transaction.abort();
        return;
      }
      for (const id of this.#ids.filter((id) => !ids.has(id))) files.delete(id);
      for (const [id, bytes] of contents) files.put(bytes, id);
      files.put({ generation: this.#generation + 1, records }, TREE);
    };
    try {
      await done;
    } catch (error) {
      if (!overtaken) throw error;
      this.keeps = false;
      this.whyNot = 'another tab or window has changed these files: what is changed here is in memory only';
      throw new Error(this.whyNot);
    }
    this.#generation += 1;
    this.#ids = [...ids];
  }

  async close() {
    this.#db.close();
    await this.#release?.();
  }
}
