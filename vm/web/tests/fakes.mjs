// What a browser has and Node lacks, as far as the tests of files need it: directory handles over a map, and locks. Every change of a
// directory is one step; `after(n)` makes all steps behind the n-th fail, as if the page had been closed there.

class FakeError extends Error {
  constructor(name, message = name) {
    super(message);
    this.name = name;
  }
}

/** Counts the steps of a tree of directories, and stops them. */
export class Steps {
  taken = 0;
  #most = Infinity;

  after(most) {
    this.taken = 0;
    this.#most = most;
  }

  take() {
    if (this.taken >= this.#most) throw new FakeError('AbortError', 'the page was closed');
    this.taken += 1;
  }
}

export class FakeFile {
  kind = 'file';
  bytes = new Uint8Array(0);
  lastModified = 1000;

  constructor(name, steps) {
    this.name = name;
    this.steps = steps;
  }

  /** Another program writes. */
  replace(text) {
    this.bytes = new TextEncoder().encode(text);
    this.lastModified += 1;
  }

  get text() {
    return new TextDecoder().decode(this.bytes);
  }

  async getFile() {
    return new File([this.bytes], this.name, { lastModified: this.lastModified });
  }

  async createWritable() {
    this.steps.take();
    const parts = [];
    return {
      write: async (bytes) => parts.push(bytes.slice()),
      close: async () => {
        this.steps.take();
        this.bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
        this.lastModified += 1;
      },
      abort: async () => {},
    };
  }
}

export class FakeDirectory {
  kind = 'directory';
  children = new Map();

  /** @param {string} name @param {Steps} [steps] @param {boolean} [folds] it takes `a` and `A` for one name */
  constructor(name, steps = new Steps(), folds = false) {
    this.name = name;
    this.steps = steps;
    this.folds = folds;
  }

  /** How the name is spelled here. */
  #spelled(name) {
    const same = (other) => other.toLowerCase() === name.toLowerCase();
    return (this.folds && [...this.children.keys()].find(same)) || name;
  }

  #get(asked, Kind, create) {
    const name = this.#spelled(asked);
    let child = this.children.get(name);
    if (child === undefined) {
      if (!create) throw new FakeError('NotFoundError');
      this.steps.take();
      child = new Kind(name, this.steps, this.folds);
      this.children.set(name, child);
    }
    if (!(child instanceof Kind)) throw new FakeError('TypeMismatchError');
    return child;
  }

  async getFileHandle(name, { create = false } = {}) {
    return this.#get(name, FakeFile, create);
  }

  async getDirectoryHandle(name, { create = false } = {}) {
    return this.#get(name, FakeDirectory, create);
  }

  async removeEntry(asked) {
    const name = this.#spelled(asked);
    const child = this.children.get(name);
    if (child === undefined) throw new FakeError('NotFoundError');
    if (child.children?.size > 0) throw new FakeError('InvalidModificationError');
    this.steps.take();
    this.children.delete(name);
  }

  async *entries() {
    yield* [...this.children];
  }

  async *keys() {
    yield* [...this.children.keys()];
  }
}

/** `navigator.locks` for exclusive locks. */
export class FakeLocks {
  #queues = new Map();

  async request(name, { ifAvailable = false }, held) {
    const before = this.#queues.get(name);
    if (before !== undefined && ifAvailable) return held(null);
    const mine = Promise.resolve(before).then(() => held({ name }));
    this.#queues.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#queues.get(name) === mine) this.#queues.delete(name);
    }
  }
}

/** Gives Node, for the rest of a test, what a browser has; answers its private directory. */
export function browser(t, values = {}) {
  const root = new FakeDirectory('');
  const navigator = { storage: { getDirectory: async () => root }, locks: new FakeLocks() };
  const globals = { navigator, FileSystemFileHandle: FakeFile, ...values };
  const before = Object.keys(globals).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  t.after(() => {
    for (const [name, descriptor] of before) {
      delete globalThis[name];
      if (descriptor !== undefined) Object.defineProperty(globalThis, name, descriptor);
    }
  });
  return root;
}
