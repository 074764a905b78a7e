// A stand-in for `js/client.mjs`: the page's own behaviour is tested with it, without a VM. The same methods, and answers by heart.

const encoder = new TextEncoder();
/** Files outlive the client, as they do in a browser. */
const kept = new Map([['/readme.txt', encoder.encode('a text')]]);
const KEY = 'fake.files';
for (const [path, text] of Object.entries(JSON.parse(localStorage.getItem(KEY) ?? '{}'))) kept.set(path, encoder.encode(text));

function keep() {
  const text = (bytes) => new TextDecoder().decode(bytes);
  localStorage.setItem(KEY, JSON.stringify(Object.fromEntries([...kept].map(([path, bytes]) => [path, text(bytes)]))));
}

const STACK = [
  { method: 'SmallInteger(Object)>>error:', receiver: '3' },
  { method: 'UndefinedObject>>DoIt', receiver: 'nil', source: 'expression', line: 1, column: 3 },
];

const failed = (kind, message, more = {}) => ({ error: { kind, message, ...more }, text: message });

export class OsvmClient {
  files = { keeps: true, whyNot: undefined };
  #callbacks;
  #state = { state: 'idle' };
  #name = '/osvm.image';
  #interrupt;
  #options;

  constructor(callbacks) {
    this.#callbacks = callbacks;
  }

  async start(options) {
    globalThis.fakeStarts = [...(globalThis.fakeStarts ?? []), options];
    (globalThis.fakeSteps ??= []).push('start');
    this.#options = options;
    // As long as a VM takes, at least: others may ask for something meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 30));
    globalThis.fakeSteps.push('started');
    if (typeof options.image === 'string' && !kept.has(options.image)) throw new Error(`${options.image}: No such file or directory`);
    const bytes = typeof options.image === 'string' ? kept.get(options.image) : undefined;
    if (bytes && new TextDecoder().decode(bytes) === 'broken') throw new Error(`${options.image}: this is no image`);
    this.#name = options.imageName ?? '/osvm.image';
    this.#state = { state: 'idle' };
    if (options.args?.[0] === 'quit') setTimeout(() => this.#quit(Number(options.args[1])), 50);
  }

  #quit(status) {
    this.#state = { state: 'quit', status };
    this.#callbacks.onQuit(status);
  }

  #tellFiles(files) {
    this.files = files;
    this.#callbacks.onFiles(files);
  }

  async evaluate(source) {
    const print = (text, stream = 'onStdout') => this.#callbacks[stream](encoder.encode(text));
    const [word, ...rest] = source.split(' ');
    switch (word) {
      case 'out':
        print(`${rest.join(' ')}\r`);
        return { answer: 'a Transcript' };
      case 'err':
        print(`${rest.join(' ')}\n`, 'onStderr');
        return { answer: 'nil' };
      case 'flood':
        for (let i = 0; i < 20_000; i++) print(`line ${i} of what an image writes without end\n`);
        return { answer: 'nil' };
      case 'markup':
        print('<b id="injected">bold</b>\n');
        return { answer: '<img src=x onerror="document.title=1">' };
      case 'fail':
        return failed('failed', 'Error: three', { class: 'Error', stack: STACK });
      case 'wrong':
        return { ...failed('syntax', 'expected an expression'), text: 'error: expected an expression\n 1 | wrong\n   | ^^^^^' };
      case 'loop':
        return new Promise((resolve) => {
          this.#state = { state: 'running' };
          this.#interrupt = () => {
            this.#state = { state: 'idle' };
            resolve(failed('interrupted', 'interrupted', { stack: STACK }));
          };
        });
      case 'break':
        this.#state = { state: 'failed' };
        this.#callbacks.onFailed('out of memory');
        return failed('vm', 'out of memory');
      case 'full':
        this.#tellFiles({ keeps: true, whyNot: 'the disk is full' });
        this.#callbacks.onLog('files could not be kept: the disk is full', 'error');
        return { answer: 'nil' };
      case 'room':
        this.#tellFiles({ keeps: true });
        return { answer: 'nil' };
      case 'quit':
        this.#quit(Number(rest[0]));
        return failed('quit', 'the image quit');
      default:
        return { answer: source === '1 + 3' ? '4' : `an answer to ${source}` };
    }
  }

  async interrupt() {
    this.#interrupt?.();
  }

  async stop() {
    globalThis.fakeSteps.push('stop');
    this.#interrupt?.();
    this.#callbacks.onFailed('the VM was stopped');
  }

  terminate() {}

  async state() {
    return this.#state;
  }

  async save() {
    kept.set(this.#name, encoder.encode('saved'));
    keep();
    return this.#name;
  }

  async plugins() {
    const grants = ['files / to read', 'clock'];
    const primitives = [{ name: 'primitiveFileOpen', signature: '(path: bytes, writable: bool) -> resource?' }];
    return [
      { name: 'LargeIntegers', form: 'builtin', file: null, enabled: true, grants: [], state: 'unloaded', version: '0.1.0', primitives },
      { name: 'FilePlugin', form: 'wasm', file: '/plugins/file.wasm', enabled: true, grants, state: 'loaded', version: '0.1.0', primitives },
      { name: 'BadPlugin', form: 'wasm', file: '/bad.wasm', enabled: true, grants: [], state: 'refused', refusal: 'BadPlugin: it has no description' },
      { name: 'OldPlugin', form: 'wasm', file: '/old.wasm', enabled: false, grants: [], state: 'disabled' },
    ];
  }

  async processes() {
    return [
      { heading: 'active process, priority 40', stack: ['UndefinedObject>>DoIt', 'BlockClosure>>newProcess'] },
      { heading: "process on a Semaphore, priority 60, 'Low Space Watcher'", stack: ['SmalltalkImage>>lowSpaceWatcher'] },
    ];
  }

  async statistics() {
    return {
      oldSpaceUsed: 12_300_000, oldSpaceSize: 24_000_000, newSpaceUsed: 1_000_000, newSpaceSize: 4_000_000, bytesLeft: 900_000_000,
      moduleMemory: 50_000_000, allocated: 123_456_789, scavenges: 12, scavengeMicroseconds: 3456, longestScavenge: 789, fullCollections: 0, fullMicroseconds: 0,
      longestFull: 0, processSwitches: 1234,
    };
  }

  async flush() {}

  async list(path) {
    const below = path === '/' ? '/' : `${path}/`;
    const entries = new Map();
    for (const [file, bytes] of kept) {
      if (!file.startsWith(below)) continue;
      const [name, ...rest] = file.slice(below.length).split('/');
      entries.set(name, { name, path: below + name, kind: rest.length > 0 ? 'directory' : 'file', size: bytes.length, modified: 1_700_000_000 });
    }
    return [...entries.values()];
  }

  async readFile(path) {
    return kept.get(path);
  }

  async writeFile(path, bytes) {
    kept.set(path, bytes);
    keep();
  }

  async remove(path) {
    kept.delete(path);
    keep();
  }
}
