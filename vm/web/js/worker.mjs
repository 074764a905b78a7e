// The VM in a worker: takes the calls of `client.mjs`, and tells it what the VM prints.
//
// Messages to here: { id, method, args }. Messages from here: { id, result } or { id, error }, and { event, ... } by themselves. The events of an
// end have the number of the VM that has ended, as its start gave it: they may come when the next one runs. Any event may have `files`: whether
// files are kept.

import { MemoryFiles, openFiles } from './files.mjs';
import { Osvm } from './osvm.mjs';

/** A store that another page or worker has is tried again after so many milliseconds. */
const AGAIN = 100;

/** The VM that was started last, once it has started. @type {Osvm | undefined} */
let osvm;
/** @type {MemoryFiles | undefined} */
let files;
/** Why files could not be kept when that was tried last. @type {string | undefined} */
let failure;
/** The start that was asked for last; one begins when the one before is over. */
let starts = Promise.resolve();

/** Tells the page of an event. */
function tell(event, transfer = []) {
  postMessage(event, { transfer });
}

/** Text that the VM writes may come in many small parts: they go to the page together, when the VM has run. */
const written = { stdout: [], stderr: [] };

function write(stream, bytes) {
  if (written.stdout.length + written.stderr.length === 0) queueMicrotask(flush);
  written[stream].push(bytes);
}

function flush() {
  for (const stream of ['stdout', 'stderr']) {
    const parts = written[stream];
    if (parts.length === 0) continue;
    written[stream] = [];
    const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
    tell({ event: stream, bytes }, [bytes.buffer]);
  }
}

/** Whether files are kept, and if not, or not the last changes, why. */
const kept = () => ({ keeps: files.keeps, whyNot: files.whyNot ?? failure });

/** Tells that files could not be kept: once, as each change and each wish to have them kept tries it again. */
function notKept({ message }) {
  if (message === failure) return;
  failure = message;
  tell({ event: 'log', text: `files could not be kept: ${message}`, level: 'error', files: kept() });
}

/** Waits until all files that were written are kept. */
async function keepFiles() {
  try {
    await files.flush();
  } catch (error) {
    notKept(error);
    throw error;
  }
  if (failure === undefined) return;
  failure = undefined;
  tell({ event: 'files', files: kept() });
}

/** Opens the files of all VMs of this worker; a store that is taken is waited for, for so many milliseconds. */
async function open(store, patience = 0) {
  if (store === undefined) return new MemoryFiles();
  const options = { onError: notKept };
  for (const end = performance.now() + patience; performance.now() < end; await new Promise((resolve) => setTimeout(resolve, AGAIN))) {
    try {
      return await openFiles(store, { ...options, ifTaken: 'fail' });
    } catch {
      // What is wrong beside that is told in the end.
    }
  }
  return openFiles(store, { ...options, ifTaken: 'memory' });
}

/** Starts a VM; the one before is ended. */
async function start({ vm: number, store, waitForStore, bring, image, plugins, ...rest }) {
  const before = osvm;
  osvm = undefined;
  before?.stop();
  const url = (text) => (text === undefined ? undefined : new URL(text));
  if (files === undefined) {
    files = await open(store, waitForStore);
    tell({ event: 'files', files: kept() });
  }
  await Promise.all((bring ?? []).map(bringFile));
  const vm = await Osvm.start({
    ...rest,
    files,
    image: image?.url === undefined ? image : new URL(image.url),
    plugins: url(plugins),
    stdout: (bytes) => write('stdout', bytes),
    stderr: (bytes) => write('stderr', bytes),
    log: (text, level) => tell({ event: 'log', text, level }),
  });
  osvm = vm;
  const tellEnd = (event) => osvm === vm && tell({ ...event, vm: number });
  vm.run()
    .finally(() => keepFiles().catch(() => {}))
    .then(
      (status) => tellEnd({ event: 'quit', status }),
      (error) => tellEnd({ event: 'failed', message: error.message }),
    );
}

/** The VM that was started. */
function started() {
  if (osvm === undefined) throw new Error('no VM has been started');
  return osvm;
}

const methods = {
  start(options) {
    const over = starts.then(() => start(options));
    starts = over.catch(() => {});
    return over;
  },
  evaluate: (source) => started().evaluate(source),
  interrupt: () => started().interrupt(),
  /** Ends what was started before, also if its start is not over yet. */
  async stop() {
    await starts;
    osvm?.stop();
  },
  state: () => started().state,
  plugins: () => started().plugins(),
  processes: () => started().processes(),
  statistics: () => started().statistics(),
  async save() {
    const path = await started().save();
    await keepFiles();
    return path;
  },
  input: (bytes) => started().input(bytes),
  list: (path) => listing(path),
  readFile: (path) => files.readFile(path),
  async writeFile(path, bytes) {
    files.writeFile(path, bytes);
    await keepFiles();
  },
  async remove(path) {
    if (files.stat('/', path, false).kind === 2) files.removeDirectory('/', path);
    else files.remove('/', path);
    await keepFiles();
  },
  openFolder: (handle, path, options) => files.openFolder(handle, path, options),
  flushFiles: () => keepFiles(),
};

/** Fetches a file that the image shall see, unless it is there. */
async function bringFile({ path, url }) {
  if (files.exists(path)) return;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: the server answers ${response.status} ${response.statusText}`);
  files.makeDirectories(path.slice(0, path.lastIndexOf('/')) || '/');
  files.writeFile(path, new Uint8Array(await response.arrayBuffer()));
}

function listing(path) {
  return files.list('/', path).map((name) => {
    const whole = `${path === '/' ? '' : path}/${name}`;
    const { kind, size, modified } = stat(whole);
    return { name, path: whole, kind: kind === 2 ? 'directory' : 'file', size, modified };
  });
}

/** What is known of an entry; of a link that leads nowhere, what is known of itself. */
function stat(path) {
  try {
    return files.stat('/', path, true);
  } catch {
    return files.stat('/', path, false);
  }
}

addEventListener('message', async ({ data: { id, method, args } }) => {
  try {
    const call = methods[method];
    if (files === undefined && method !== 'start' && method !== 'stop') throw new Error('no VM has been started');
    const result = await call(...args);
    flush();
    tell({ id, result });
  } catch (error) {
    tell({ id, error: { name: error.name, message: error.message } });
  }
});
