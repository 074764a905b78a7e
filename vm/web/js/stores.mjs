// Where the browser keeps files: the origin private file system (OPFS), or IndexedDB where that cannot be had.
//
// A store takes batches, each as a whole or not at all. One page at a time may write to a store (Web Locks); a second one is told, and has by
// default its own files in memory, begun with what the store has.

import { IndexedDbStore } from './indexeddb-store.mjs';
import { OpfsStore } from './opfs-store.mjs';

export { IndexedDbStore, OpfsStore };

/** What another store has, kept nowhere from here. */
class MemoryOnly {
  keeps = false;
  #store;

  /** @param {import('./files.d.ts').Store | undefined} store @param {string} whyNot */
  constructor(store, whyNot) {
    this.#store = store;
    this.whyNot = whyNot;
  }

  load() {
    return this.#store?.load() ?? Promise.resolve({ records: [], contents: new Map() });
  }

  async commit() {}

  async close() {
    await this.#store?.close();
  }
}

/**
 * Takes the lock of a store.
 * @param {string} name
 * @param {boolean} wait wait until nobody else has it
 * @returns {Promise<(() => Promise<void>) | undefined>} what lets go of it; undefined if another page has it
 */
function lock(name, wait) {
  // Without locks there is no OPFS either, and IndexedDB looks itself whether somebody else has written.
  if (globalThis.navigator?.locks === undefined) return Promise.resolve(async () => {});
  return new Promise((resolve, reject) => {
    const held = (lock) => {
      if (lock === null) return resolve(undefined);
      return new Promise((end) => resolve(() => {
        end();
        return request;
      }));
    };
    const request = navigator.locks.request(`osvm-store:${name}`, { ifAvailable: !wait }, held);
    request.catch(reject);
  });
}

/**
 * The store of this name, in the best place that the browser has.
 * @param {string} name letters, digits, `.`, `_` and `-`
 * @param {import('./files.d.ts').StoreOptions} [options]
 * @returns {Promise<import('./files.d.ts').Store>}
 */
export async function openStore(name, { ifTaken = 'memory' } = {}) {
  if (!/^[\w.-]+$/.test(name)) throw new Error(`a store cannot be called "${name}": use letters, digits, ".", "_" and "-"`);
  const release = await lock(name, ifTaken === 'wait');
  const taken = release === undefined;
  if (taken && ifTaken === 'fail') throw new Error(`the files "${name}" are open in another tab or window`);
  const { store, problems } = await choose(name, release);
  if (store === undefined) {
    await release?.();
    return new MemoryOnly(undefined, `this browser keeps no files for this page (${problems.join('; ')})`);
  }
  if (taken) {
    return new MemoryOnly(store, `the files "${name}" are open in another tab or window: what is changed here is in memory only`);
  }
  return store.whyNot === undefined ? store : new MemoryOnly(store, store.whyNot);
}

/** The place that has the store already, else OPFS, else IndexedDB; and what spoke against the others. */
async function choose(name, release) {
  const problems = [];
  for (const kind of [OpfsStore, IndexedDbStore]) {
    try {
      const other = kind === OpfsStore ? IndexedDbStore : OpfsStore;
      if (!(await kind.exists(name)) && (await other.exists(name).catch(() => false))) continue;
      return { store: await kind.open(name, release), problems };
    } catch (error) {
      problems.push(`${kind.title}: ${error.message}`);
    }
  }
  return { store: undefined, problems };
}
