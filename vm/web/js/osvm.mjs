// osvm in a page, a worker or Node: instantiates the VM, gives it what it asks for, and drives it.
//
//     import { Osvm } from './osvm.mjs';
//     const vm = await Osvm.start();
//     console.log((await vm.evaluate('3 + 4')).answer);
//
// As a program: node osvm.mjs IMAGE [arguments for the image]

import { FileError, MemoryFiles, fileImports } from './files.mjs';
import { compile, fetched, OsvmError } from './load.mjs';
import { NoRoom, bytesAt, lend, textAt } from './memory.mjs';
import { netImports } from './net.mjs';
import { pluginImports } from './plugins.mjs';
import { Turns } from './turns.mjs';
import { Input, worldImports } from './world.mjs';

/** How long the VM runs before other things have their turn, in milliseconds. */
const TURN = 12;
/** An image has started when it has nothing to do for so many milliseconds. */
const SETTLED = 500;
/** How images of all systems save themselves; in the one that goes on running it answers false. */
const SAVE = 'Smalltalk snapshot: true andQuit: false';

export { OsvmError };

/** A virtual machine with one image. */
export class Osvm {
  #vm = { memory: null, exports: null };
  #web = 0;
  #options;
  /** What the VM has come to. @type {import('./osvm.d.ts').State} */
  #state = { state: 'running' };
  #driven = false;
  #turns = new Turns(() => this.#turn());
  /** A call of the VM runs: what it calls meanwhile must not call it. */
  #inside = false;
  /** What is to be done as soon as it has returned. @type {(() => void)[]} */
  #afterwards = [];
  /** Resolves the promise of the expression that is being evaluated. */
  #evaluating = null;
  #evaluations = Promise.resolve();
  #started = withResolvers();
  #ended = withResolvers();
  #startTime = performance.now();
  #input = new Input();
  /** The files that the VM sees. @type {import('./files.d.ts').FileSystem} */
  files;

  /** @param {import('./osvm.d.ts').Options} options */
  constructor(options) {
    this.#options = options;
    this.files = options.files ?? new MemoryFiles();
    // Whoever does not wait for the end is not told of a failure twice.
    this.#ended.promise.catch(() => {});
    this.#started.promise.catch(() => {});
  }

  /**
   * Starts a VM, up to where its image can run. It runs when it is driven: by `run`, by `evaluate`, or by your own calls of `step`.
   * @param {import('./osvm.d.ts').Options} [options]
   * @returns {Promise<Osvm>}
   */
  static async start(options = {}) {
    const osvm = new Osvm(options);
    await osvm.#start();
    return osvm;
  }

  async #start() {
    const options = this.#options;
    const [module, image] = await Promise.all([compile(options.wasm), this.#image()]);
    const plugins = new Map();
    const instance = await WebAssembly.instantiate(module, this.#imports(plugins));
    this.#vm.memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);
    this.#vm.exports = /** @type {any} */ (instance.exports);
    const text = JSON.stringify({
      imageName: options.imageName ?? (typeof options.image === 'string' ? options.image : undefined),
      arguments: options.args ?? ['--no-quit'],
      maxHeap: options.maxHeap,
      config: options.config,
      configName: options.configName,
    });
    for (const [path, bytes] of await this.#pluginFiles(text)) plugins.set(path, bytes);
    this.#web = this.#enter((vm) =>
      lend(this.#vm, text, (address, length) => {
        const start = (image, size) => vm.osvm_start(address, length, image, size);
        return image ? lend(this.#vm, image, start) : start(0, 0);
      }),
    );
    const failure = this.#reply();
    if (failure) throw this.#fail(failure.error);
  }

  /** The image's bytes; undefined for the built-in one. */
  async #image() {
    const { image } = this.#options;
    if (image === undefined || image instanceof Uint8Array) return image;
    return typeof image === 'string' ? this.files.readFile(image) : fetched(image);
  }

  /** The files of plugins that the configuration names: those that are there, each by its path in the configuration. */
  async #pluginFiles(options) {
    const reply = this.#enter((vm) => {
      const web = lend(this.#vm, options, (address, length) => vm.osvm_plugin_files(address, length));
      const files = this.#reply(web);
      vm.osvm_end(web);
      return files;
    });
    if (reply.error) throw this.#fail(reply.error);
    const base = this.#options.plugins ?? new URL('../plugins/', import.meta.url);
    const read = typeof base === 'function' ? base : (path) => fetched(new URL(encodeURIComponent(path.split('/').pop()), base));
    const files = reply.files.map(async (path) => {
      try {
        return [path, await read(path)];
      } catch {
        // The VM says which plugin misses it, if the image ever asks for it.
        return undefined;
      }
    });
    return (await Promise.all(files)).filter((file) => file !== undefined);
  }

  #imports(plugins) {
    const vm = this.#vm;
    return {
      osvm_vm: this.#vmImports(),
      osvm_world: worldImports(vm, { ...this.#options, files: this.files }, this.#options.stdin ?? this.#input),
      osvm_plugins: pluginImports(vm, plugins),
      osvm_files: fileImports(vm, this.files),
      osvm_net: netImports(vm, (semaphore) => this.#signal(semaphore), this.#options.WebSocket),
    };
  }

  #vmImports() {
    const { stderr, log } = this.#options;
    let snapshot = [];
    return {
      report: (address, length) => (stderr ?? noted)(bytesAt(this.#vm, address, length).slice()),
      log: (level, address, length) => log?.(textAt(this.#vm, address, length), ['error', 'warning', 'info'][level]),
      snapshot_begin: () => {
        snapshot = [];
      },
      snapshot_write: (address, length) => snapshot.push(bytesAt(this.#vm, address, length).slice()),
      snapshot_end: (isWhole, address, length) => {
        const parts = snapshot;
        snapshot = [];
        return isWhole ? this.#keep(textAt(this.#vm, address, length), parts) : 0;
      },
      panicked: (address, length) => {
        this.#state = { state: 'failed', message: textAt(this.#vm, address, length) };
      },
    };
  }

  /** Replaces the file of an image; the number of an error, or 0. */
  #keep(path, parts) {
    try {
      const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
      let at = 0;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      this.files.writeFile(path, bytes);
      return 0;
    } catch (error) {
      return FileError.number(error);
    }
  }

  /**
   * Calls the VM, which fails for good if the call does not come back.
   * @template T
   * @param {(vm: any) => T} call
   * @returns {T}
   */
  #enter(call) {
    if (this.#inside) throw new OsvmError('the VM cannot be asked by what it calls itself: ask it afterwards');
    this.#inside = true;
    try {
      return call(this.#vm.exports);
    } catch (error) {
      if (error instanceof NoRoom) throw error;
      // A panic has said why; anything else is told as it is.
      const message = this.#state.state === 'failed' ? this.#state.message : String(error?.stack ?? error);
      throw this.#fail(message);
    } finally {
      this.#inside = false;
      for (const action of this.#afterwards.splice(0)) action();
    }
  }

  /** Does something with the VM, now or as soon as it can be called. */
  #afterCall(action) {
    if (this.#inside) this.#afterwards.push(action);
    else action();
  }

  #reply(web = this.#web) {
    const { osvm_reply_len: size, osvm_reply: reply } = this.#vm.exports;
    const length = size(web);
    return length === 0 ? undefined : JSON.parse(textAt(this.#vm, reply(web), length));
  }

  #fail(message) {
    this.#state = { state: 'failed', message };
    const error = new OsvmError(message);
    this.#ended.reject(error);
    this.#started.reject(error);
    this.#evaluated({ error: { kind: 'vm', message } });
    return error;
  }

  /** What the VM has come to. */
  get state() {
    return this.#state;
  }

  /**
   * Lets the VM run for at most so many milliseconds, or until it has nothing to do.
   * @param {number} milliseconds
   * @returns {import('./osvm.d.ts').State}
   */
  step(milliseconds) {
    if (this.#isOver || this.#inside) return this.#state;
    try {
      const [number, reply] = this.#enter((vm) => {
        const stop = vm.osvm_step(this.#web, milliseconds);
        return [stop, stop === 0 ? undefined : this.#reply()];
      });
      // It may have been stopped by what it called.
      if (this.#isOver) return this.#state;
      if (number === 4) this.#evaluated(reply);
      this.#settle(number, reply);
    } catch (error) {
      if (!this.#isOver) throw error;
    }
    return this.#state;
  }

  #settle(number, reply) {
    if (number === 1) {
      this.#state = { state: 'idle', until: reply ?? undefined };
      const early = performance.now() - this.#startTime + (reply ?? Infinity) < SETTLED;
      if (!early) this.#started.resolve();
    } else if (number === 2) {
      this.#state = { state: 'quit', status: reply };
      this.#started.resolve();
      this.#ended.resolve(reply);
      this.#evaluated({ error: { kind: 'quit', message: `the image quit with ${reply}`, status: reply } });
    } else if (number === 3) {
      this.#fail(reply);
    } else {
      this.#state = { state: 'running' };
    }
  }

  get #isOver() {
    return this.#state.state === 'quit' || this.#state.state === 'failed' || this.#web === 0;
  }

  #evaluated(result) {
    const evaluating = this.#evaluating;
    this.#evaluating = null;
    evaluating?.(result);
  }

  /** Goes on driving, as there may be something to do. */
  #wake() {
    if (this.#driven) this.#turns.soon();
  }

  #drive() {
    this.#driven = true;
    this.#turns.soon();
  }

  #turn() {
    if (!this.#driven) return;
    const { state, until } = /** @type {any} */ (this.step(TURN));
    if (state === 'running') this.#turns.soon();
    else if (state === 'idle') {
      this.#turns.in(until ?? Infinity);
      this.#options.onIdle?.();
    } else this.#driven = false;
  }

  /**
   * Drives the VM until its image quits, and waits until what it wrote is kept; the image's exit status. Rejected if the VM has to stop.
   * @returns {Promise<number>}
   */
  async run() {
    this.#drive();
    try {
      return await this.#ended.promise;
    } finally {
      await this.#keepFiles();
    }
  }

  /** Files may be written behind: who is told that a VM has ended may close the page at once. */
  async #keepFiles() {
    try {
      await this.files.flush();
    } catch (error) {
      this.#options.log?.(`what the image wrote could not be kept: ${error.message}`, 'error');
    }
  }

  /**
   * Evaluates statements, when the image has started and what was to be evaluated before is over.
   * @param {string} source
   * @returns {Promise<import('./osvm.d.ts').Result>}
   */
  evaluate(source) {
    const result = this.#evaluations.then(() => this.#evaluate(source));
    this.#evaluations = result.then(
      () => {},
      () => {},
    );
    return result;
  }

  async #evaluate(source) {
    this.#drive();
    await this.#started.promise.catch(() => {});
    if (this.#isOver) return { error: { kind: 'vm', message: this.#state.message ?? 'the VM has ended' } };
    const refused = this.#enter((vm) => {
      const begun = lend(this.#vm, source, (address, length) => vm.osvm_evaluate(this.#web, address, length));
      return begun ? undefined : this.#reply();
    });
    if (refused) return refused;
    const result = new Promise((resolve) => {
      this.#evaluating = resolve;
    });
    this.#wake();
    return result;
  }

  /** Interrupts what is being evaluated, or else tells the image of the user's interrupt. */
  interrupt() {
    this.#tell((vm) => vm.osvm_interrupt(this.#web));
  }

  /** Signals an external semaphore of the image. @param {number} semaphore its index, from 1 */
  #signal(semaphore) {
    this.#tell((vm) => vm.osvm_signal(this.#web, semaphore));
  }

  /** Lets the VM know something, and then see to it. */
  #tell(call) {
    this.#afterCall(() => {
      if (this.#isOver) return;
      this.#enter(call);
      this.#wake();
    });
  }

  /**
   * Puts more into standard input, if the options do not have their own.
   * @param {Uint8Array | null} bytes null ends it
   */
  input(bytes) {
    this.#input.put(bytes);
    this.#wake();
  }

  /** Ends the VM, whatever its image does; if the VM itself has called who says so, as soon as that has returned. */
  stop() {
    this.#afterCall(() => this.#stop());
  }

  #stop() {
    if (this.#web === 0) return;
    this.#turns.end();
    this.#driven = false;
    const { state } = this.#state;
    try {
      if (state !== 'failed') this.#enter((vm) => vm.osvm_end(this.#web));
    } finally {
      this.#web = 0;
      if (!['quit', 'failed'].includes(state)) this.#fail('the VM was stopped');
    }
  }

  /** Lets the image save itself to its file; the path of the file. */
  async save() {
    const { answer, error } = await this.evaluate(SAVE);
    if (answer !== 'false') throw new OsvmError(`the image was not saved: ${error?.message ?? `it answered ${answer}`}`);
    return this.#ask('osvm_image_name');
  }

  #ask(name) {
    if (this.#isOver) return null;
    return this.#enter((vm) => {
      vm[name](this.#web);
      return this.#reply();
    });
  }

  /** The plugins of the configuration. @returns {import('./osvm.d.ts').Plugin[]} */
  plugins() {
    return this.#ask('osvm_plugins') ?? [];
  }

  /** The processes of the image, each with its stack. @returns {import('./osvm.d.ts').Process[]} */
  processes() {
    const blocks = (this.#ask('osvm_stacks') ?? '').split('\n\n').filter((block) => block !== '');
    return blocks.map((block) => {
      const [heading, ...stack] = block.trimEnd().split('\n');
      return { heading, stack: stack.map((line) => line.trim()) };
    });
  }

  /** Figures of memory and collections. @returns {import('./osvm.d.ts').Statistics | null} */
  statistics() {
    return this.#ask('osvm_statistics');
  }
}

function withResolvers() {
  let resolve, reject;
  const promise = new Promise((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve, reject };
}

/** The VM's own words for people, where nobody takes them. */
function noted(bytes) {
  console.warn(new TextDecoder().decode(bytes));
}

if (typeof process === 'object' && process.argv?.[1] && import.meta.url.startsWith('file:')) {
  // Not waited for: `node.mjs` needs this module to be whole.
  import('./node.mjs').then(({ isMain, main }) => isMain(import.meta.url) && main(process.argv.slice(2)));
}
