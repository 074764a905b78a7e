// The VM as the page sees it: started, interrupted and stopped, with a state that can be shown.

import { OsvmClient } from '../js/client.mjs';
import { keptBefore, noteKeeps } from './session.mjs';

/** How often the state of a VM that runs is asked for, in milliseconds. */
const PULSE = 400;
/** A VM that does not end by itself within so many milliseconds is ended with its worker. */
const PATIENCE = 1500;
/** What takes so many milliseconds is shown as a state of its own. */
const NOTICEABLE = 150;
/** The name under which the browser keeps the files. */
const STORE = 'osvm';
/** A worker that was ended while it computed has its files for so many milliseconds more at most. In Chromium it is about two seconds. */
const RELEASE = 6000;

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
  /** Starts and stops, one after the other. */
  #turns = Promise.resolve();
  /** The end of the VM that is being started, and more about it. @type {[State, string] | undefined} */
  #end;
  /** A worker that kept files was ended, here or with the page that this tab showed before, and nobody has them since. */
  #releases = keptBefore();

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

  /** Whether files are kept, and if not, or not the last changes, why. */
  get files() {
    return this.client.files;
  }

  /** The client, for what the panels show. @returns {OsvmClient} */
  get client() {
    if (!this.#client) throw new Error('The VM does not run. Run starts it.');
    return this.#client;
  }

  /**
   * Starts an image, after the one before has ended; files stay.
   * @param {() => Promise<import('../js/osvm.d.ts').ClientOptions>} options makes those of `OsvmClient.start`, when it is the turn of this start
   */
  start(options) {
    return this.#after(() => this.#start(options));
  }

  /** Ends the image: by the VM, or if the VM does not answer, with its worker. */
  stop() {
    return this.#after(() => this.#stop());
  }

  #after(action) {
    const over = this.#turns.then(action);
    this.#turns = over.catch(() => {});
    return over;
  }

  async #start(options) {
    if (this.isUp) await this.#stop();
    this.#set('starting');
    try {
      const given = { store: STORE, ...(await options()) };
      this.#client ??= this.#newClient();
      // What has ended up to here is not what is started.
      this.#end = undefined;
      await this.#client.start({ ...given, waitForStore: this.#releases ? RELEASE : 0 });
    } catch (error) {
      this.#set('failed', error.message);
      throw error;
    }
    this.#hasFiles = true;
    this.#releases = false;
    // It may have ended before anybody could see it run.
    this.#set(...(this.#end ?? ['running']));
    clearInterval(this.#pulse);
    if (this.isUp) this.#pulse = setInterval(() => this.#ask(), PULSE);
    this.dispatchEvent(new Event('started'));
  }

  #newClient() {
    const client = new OsvmClient({
      onStdout: (bytes) => this.#output.write('stdout', bytes),
      onStderr: (bytes) => this.#output.write('stderr', bytes),
      onLog: (text, level) => this.#output.note(text, level === 'info' ? 'note' : level),
      onFiles: ({ keeps }) => {
        noteKeeps(keeps);
        this.dispatchEvent(new Event('files'));
      },
      onQuit: (status) => this.#ended('quit', `The image has quit with ${status}.`),
      onFailed: (message) => {
        if (client.broken !== undefined) this.#drop(client);
        // An end that was asked for is no failure.
        if (this.#state !== 'stopped') this.#ended('failed', message);
      },
    });
    return client;
  }

  #ended(state, detail) {
    if (this.#state === 'starting') this.#end = [state, detail];
    else this.#set(state, detail);
  }

  /** Leaves a client whose worker has ended. */
  #drop(client) {
    if (client !== this.#client) return;
    this.#client = undefined;
    this.#hasFiles = false;
    this.#releases ||= client.files.keeps;
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

  /** Has files that were written kept without delay; if that fails, the client tells it. */
  keep() {
    if (this.hasFiles) this.client.flush().catch(() => {});
  }

  interrupt() {
    return this.#client?.interrupt();
  }

  async #stop() {
    const client = this.#client;
    if (!client) return;
    this.#set('stopped');
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, 'late'));
    const ended = client.stop().then(() => 'ended', () => 'broken');
    if ((await Promise.race([ended, late])) !== 'ended') client.terminate();
  }
}
