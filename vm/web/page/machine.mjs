// The VM as the page sees it: started, interrupted and stopped, with a state that can be shown.

import { OsvmClient } from '../js/client.mjs';

/** How often the state of a VM that runs is asked for, in milliseconds. */
const PULSE = 400;
/** A VM that does not end by itself within so many milliseconds is ended with its worker. */
const PATIENCE = 1500;
/** What takes so many milliseconds is shown as a state of its own. */
const NOTICEABLE = 150;
/** The name under which the browser keeps the files. */
const STORE = 'osvm';

/**
 * @typedef {'starting' | 'running' | 'idle' | 'evaluating' | 'quit' | 'stopped' | 'failed'} State
 */

export class Machine extends EventTarget {
  /** @type {OsvmClient | undefined} */
  #client;
  /** Whether the worker has had an image: then it answers for files, also when the image has ended. */
  #hasFiles = false;
  /** @type {State} */
  #state = 'stopped';
  #detail = '';
  #evaluations = 0;
  #output;
  #pulse;

  /** @param {import('./output.mjs').Output} output takes what the image writes */
  constructor(output) {
    super();
    this.#output = output;
  }

  /** @returns {State} */
  get state() {
    return this.#state;
  }

  /** More about the state, for people. */
  get detail() {
    return this.#detail;
  }

  /** Whether an image runs. */
  get isUp() {
    return this.#state === 'running' || this.#state === 'idle' || this.#state === 'evaluating';
  }

  /** Whether files can be had. */
  get hasFiles() {
    return this.#hasFiles && this.#state !== 'starting';
  }

  /** Whether files are kept, and if not, why. */
  get files() {
    return this.client.files;
  }

  /** The client, for what the panels show. @returns {OsvmClient} */
  get client() {
    if (!this.#client) throw new Error('The VM does not run. Run starts it.');
    return this.#client;
  }

  /** Starts an image, after the one before has ended; files stay. Options are those of `OsvmClient.start`. */
  async start(options) {
    if (this.isUp) await this.stop();
    this.#set('starting');
    this.#client ??= new OsvmClient(this.#callbacks());
    const client = this.#client;
    try {
      await client.start({ store: STORE, ...options });
    } catch (error) {
      this.#set('failed', error.message);
      throw error;
    }
    this.#hasFiles = true;
    // It may have quit before anybody could see it run.
    if (this.#state === 'starting') this.#set('running');
    this.#pulse = setInterval(() => this.#ask(), PULSE);
    this.dispatchEvent(new Event('started'));
  }

  #callbacks() {
    return {
      onStdout: (bytes) => this.#output.write('stdout', bytes),
      onStderr: (bytes) => this.#output.write('stderr', bytes),
      onLog: (text, level) => this.#output.note(text, level === 'info' ? 'note' : level),
      onQuit: (status) => this.#set('quit', `The image has quit with ${status}.`),
      // An end that was asked for is no failure, and a start that fails says so itself.
      onFailed: (message) => this.#state === 'stopped' || this.#state === 'starting' || this.#set('failed', message),
    };
  }

  #set(state, detail = '') {
    if (state === this.#state && detail === this.#detail) return;
    this.#state = state;
    this.#detail = detail;
    if (!this.isUp) clearInterval(this.#pulse);
    this.dispatchEvent(new Event('state'));
  }

  /** Looks whether the image has something to do. */
  async #ask() {
    if (document.hidden || !this.isUp) return;
    try {
      const { state } = await this.client.state();
      if (this.isUp) this.#settle(state);
    } catch {
      // The failure itself was told.
    }
  }

  #settle(state) {
    if (this.#evaluations > 0) this.#set('evaluating');
    else this.#set(state === 'idle' ? 'idle' : 'running');
  }

  /** Evaluates statements, when the image has started; what was entered before comes first. */
  async evaluate(source) {
    while (this.#state === 'starting') await new Promise((changed) => this.addEventListener('state', changed, { once: true }));
    if (!this.isUp) throw new Error('No image runs. Run starts it.');
    this.#evaluations += 1;
    // A state that is over at once would only flicker, and be read aloud.
    const late = setTimeout(() => this.isUp && this.#settle('running'), NOTICEABLE);
    try {
      return await this.client.evaluate(source);
    } finally {
      clearTimeout(late);
      this.#evaluations -= 1;
      this.keep();
      if (this.isUp) this.#settle('idle');
    }
  }

  /** Has files that were written kept without delay; if that fails, the VM's log says why. */
  keep() {
    if (this.hasFiles) this.client.flush().catch(() => {});
  }

  interrupt() {
    return this.#client?.interrupt();
  }

  /** Ends the image: by the VM, or if the VM does not answer, with its worker. */
  async stop() {
    const client = this.#client;
    if (!client) return;
    this.#set('stopped');
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, 'late'));
    if ((await Promise.race([client.stop(), late])) !== 'late') return;
    client.terminate();
    this.#client = undefined;
    this.#hasFiles = false;
  }
}
