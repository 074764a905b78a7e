// The page's side of a VM that runs in a worker: the methods of `Osvm`, each of which answers a promise.

import { compile } from './load.mjs';

/** A VM in a worker of its own. */
export class OsvmClient {
  #worker;
  #calls = new Map();
  #next = 1;
  #callbacks;
  /** The number of the VM that was started last. */
  #vm = 0;
  #broken;
  /** Whether files are kept, and if not, or not the last changes, why. */
  files = { keeps: false, whyNot: undefined };

  /** @param {import('./osvm.d.ts').ClientOptions} options */
  constructor({ worker = new URL('./worker.mjs', import.meta.url), wasm, onStdout, onStderr, onLog, onFiles, onQuit, onFailed } = {}) {
    this.#callbacks = { stdout: onStdout, stderr: onStderr, log: onLog, files: onFiles, quit: onQuit, failed: onFailed };
    // What is wrong with the module is told by who waits for it.
    Promise.resolve(compile(wasm)).catch(() => {});
    this.#worker = new Worker(worker, { type: 'module', name: 'osvm' });
    this.#worker.addEventListener('message', ({ data }) => this.#take(data));
    this.#worker.addEventListener('error', (event) => this.#break(event.message || 'the worker could not be loaded'));
    this.#worker.addEventListener('messageerror', () => this.#break('a message of the worker could not be read'));
  }

  /**
   * Starts a worker and a VM in it.
   * @param {import('./osvm.d.ts').ClientOptions} [options] those of `Osvm.start` that can be sent to a worker, and callbacks
   */
  static async start(options = {}) {
    const client = new OsvmClient(options);
    try {
      await client.start(options);
    } catch (error) {
      client.terminate();
      throw error;
    }
    return client;
  }

  /** Why the worker answers no more; undefined while it does. */
  get broken() {
    return this.#broken;
  }

  /** Starts a VM in the worker, with the same files; the one before is ended. */
  async start({ wasm, store, waitForStore, bring, plugins, ...rest } = {}) {
    // From here on the end of the one before is told to nobody.
    const vm = ++this.#vm;
    const { image, imageName, args, config, configName, maxHeap, environment, outputKinds } = rest;
    const send = (url) => (url instanceof URL ? url.href : url);
    const files = { store, waitForStore, bring: bring?.map(({ path, url }) => ({ path, url: send(url) })) };
    const options = { vm, image, imageName, args, config, configName, maxHeap, environment, outputKinds, ...files, plugins: send(plugins) };
    if (image instanceof URL) options.image = { url: image.href };
    // The browser compiles while the worker is made, in threads of its own; a module can be sent to a worker.
    await this.#call('start', { ...options, wasm: await compile(wasm) });
  }

  #call(method, ...args) {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) throw new Error(this.#broken);
      const id = this.#next++;
      // What cannot be sent is told here, and waits for no answer.
      this.#worker.postMessage({ id, method, args });
      this.#calls.set(id, { resolve, reject });
    });
  }

  #take({ id, result, error, event, files, ...rest }) {
    if (this.#broken !== undefined) return;
    if (files) {
      this.files = files;
      this.#callbacks.files?.(files);
    }
    if (event !== undefined) {
      // The end of a VM may be told when the next one is being started.
      const isOld = rest.vm !== undefined && rest.vm !== this.#vm;
      if (!isOld && event !== 'files') this.#callbacks[event]?.(rest.bytes ?? rest.text ?? rest.status ?? rest.message, rest.level);
      return;
    }
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) call?.reject(Object.assign(new Error(error.message), { name: error.name }));
    else call?.resolve(result);
  }

  /** Ends the worker, and with it all calls from now on. */
  #break(message) {
    if (this.#broken !== undefined) return;
    this.#broken = message;
    // It may still run, without anybody who could stop it.
    this.#worker.terminate();
    for (const { reject } of this.#calls.values()) reject(new Error(message));
    this.#calls.clear();
    this.#callbacks.failed?.(message);
  }

  /** Ends the worker at once, whatever it does; calls that are under way are rejected, and so are those that come later. */
  terminate() {
    this.#break('the worker was ended');
  }

  evaluate(source) {
    return this.#call('evaluate', source);
  }

  interrupt() {
    return this.#call('interrupt');
  }

  stop() {
    return this.#call('stop');
  }

  state() {
    return this.#call('state');
  }

  plugins() {
    return this.#call('plugins');
  }

  processes() {
    return this.#call('processes');
  }

  statistics() {
    return this.#call('statistics');
  }

  save() {
    return this.#call('save');
  }

  /** Bytes for standard input. */
  input(bytes) {
    return this.#call('input', bytes);
  }

  list(path) {
    return this.#call('list', path);
  }

  readFile(path) {
    return this.#call('readFile', path);
  }

  writeFile(path, bytes) {
    return this.#call('writeFile', path, bytes);
  }

  remove(path) {
    return this.#call('remove', path);
  }

  /** Waits until all files that were written are kept. */
  flush() {
    return this.#call('flushFiles');
  }

  openFolder(handle, path, options) {
    return this.#call('openFolder', handle, path, options);
  }
}
