// Which image is started with what: the choice, what comes of it, and how it is kept.

import { notice } from './dom.mjs';
import { keep } from './session.mjs';

/** The name of the image that comes with the VM. */
const BUILT_IN = 'built-in image';
/** And the path to which it saves itself. */
const BUILT_IN_FILE = '/osvm.image';

export class Launcher extends EventTarget {
  #machine;
  #output;
  /** The image's file as it was when the image was started, or the page last looked. */
  #seen;
  /** @type {import('./session.mjs').Choice} */
  choice;
  /** What the server names. @type {import('./session.mjs').Session} */
  session;
  /** What is kept in place of what only the address asks for. */
  #instead;

  /**
   * @param {import('./machine.mjs').Machine} machine
   * @param {import('./output.mjs').Output} output
   * @param {import('./session.mjs').Session} session
   * @param {import('./session.mjs').Choice} chosen what was chosen before
   * @param {import('./session.mjs').Choice} asked what the address asks for
   */
  constructor(machine, output, session, chosen, asked) {
    super();
    this.#machine = machine;
    this.#output = output;
    this.session = session;
    this.choice = { ...chosen, ...asked };
    this.#instead = Object.fromEntries(Object.keys(asked).map((name) => [name, chosen[name]]));
  }

  /** The image that is chosen: its name, and where it is from, for people. */
  get image() {
    const { path, builtIn } = this.choice;
    if (path) return { name: path.split('/').pop(), from: `the files of this page, ${path}` };
    if (builtIn || !this.session.image) return { name: BUILT_IN, from: 'the VM itself' };
    return { name: this.session.image.name, from: 'the server' };
  }

  /** The configuration, for people. */
  get config() {
    if (this.choice.config) return `${this.choice.config.name}, which was chosen here`;
    return this.session.config ? `${this.session.config.name}, from the server` : 'The one that is built in.';
  }

  /** Starts what is chosen. */
  async start() {
    notice();
    this.dispatchEvent(new Event('choice'));
    let options;
    await this.#machine.start(async () => (options = await this.#options()));
    this.#seen = await this.#entry(options.imageName);
    this.#keep();
  }

  #keep() {
    keep(this.session, { ...this.choice, ...this.#instead });
  }

  async #options() {
    const { path, builtIn, args, environment, config } = this.choice;
    const at = (url) => new URL(url, document.baseURI);
    const options = { plugins: at(this.session.plugins), bring: this.session.files.map(({ path, url }) => ({ path, url: at(url) })) };
    if (args?.length) options.args = args;
    if (environment) options.environment = environment;
    const given = config ?? (this.session.config && { ...this.session.config, text: await text(at(this.session.config.url)) });
    if (given) Object.assign(options, { config: given.text, configName: `/${given.name}` });
    if (path) return { ...options, image: path, imageName: path };
    if (builtIn || !this.session.image) return options;
    return { ...options, image: at(this.session.image.url), imageName: `/${this.session.image.name}` };
  }

  /** Starts with another choice of an image. */
  #choose(image) {
    const { args, environment, config } = this.choice;
    this.choice = { args, environment, config, ...image };
    return this.start();
  }

  /** Takes an image in among the files, and starts it. */
  async open(file, path = `/${file.name}`) {
    await this.#ready();
    await this.#machine.client.writeFile(path, new Uint8Array(await file.arrayBuffer()));
    await this.#choose({ path });
  }

  /** Files need a VM: after a failure that is the one with the built-in image. */
  async #ready() {
    if (!this.#machine.hasFiles) await this.startBuiltIn();
  }

  startFile(path) {
    return this.#choose({ path });
  }

  startServed() {
    return this.#choose({});
  }

  startBuiltIn() {
    return this.#choose({ builtIn: true });
  }

  async startWith(args, environment) {
    this.choice = { ...this.choice, args, environment };
    this.#instead = {};
    await this.start().catch((error) => notice(error.message));
  }

  async configure(config) {
    this.choice = { ...this.choice, config };
    await this.start();
  }

  /** What the files know of an image's file, as text; undefined if it is not there. */
  async #entry(path = BUILT_IN_FILE) {
    const entries = await this.#machine.client.list('/');
    const entry = entries.find((entry) => `/${entry.name}` === path);
    return entry && { path, version: `${entry.size} ${entry.modified}` };
  }

  /** Looks whether the image has saved itself by itself. */
  async look() {
    if (!this.#machine.hasFiles) return;
    const { session, choice } = this;
    const path = choice.path ?? (session.image && !choice.builtIn ? `/${session.image.name}` : undefined);
    const entry = await this.#entry(path);
    if (entry && entry.version !== this.#seen?.version) await this.saved(entry.path);
  }

  /** The image has saved itself as this file: from now on that is what is started. */
  async saved(path) {
    this.#seen = await this.#entry(path);
    this.choice = { ...this.choice, builtIn: undefined, path };
    this.#keep();
    this.#output.note(`The image is saved as ${path}. From now on it is what Run starts.`);
    this.dispatchEvent(new Event('choice'));
  }
}

async function text(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: the server answers ${response.status}`);
  return response.text();
}
