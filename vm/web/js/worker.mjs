// The VM in a worker: takes the calls of `client.mjs`, and tells it what the VM prints.
//
// Messages to here: { id, method, args }. Messages from here: { id, result } or { id, error }, and { event, ... } by themselves.

import { MemoryFiles, openFiles } from './files.mjs';
import { Osvm } from './osvm.mjs';

/** @type {Osvm | undefined} */
let osvm;
/** @type {MemoryFiles | undefined} */
let files;

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

const methods = {
  async start(options) {
    const { store, bring, image, plugins, ...rest } = options;
    const url = (text) => (text === undefined ? undefined : new URL(text));
    files ??= store === undefined ? new MemoryFiles() : await openFiles(store, { ifTaken: 'memory' });
    await Promise.all((bring ?? []).map(bringFile));
    osvm = await Osvm.start({
      ...rest,
      files,
      image: image?.url === undefined ? image : new URL(image.url),
      plugins: url(plugins),
      stdout: (bytes) => write('stdout', bytes),
      stderr: (bytes) => write('stderr', bytes),
      log: (text, level) => tell({ event: 'log', text, level }),
    });
    osvm.run().then(
      (status) => tell({ event: 'quit', status }),
      (error) => tell({ event: 'failed', message: error.message }),
    );
    return { keeps: files.keeps, whyNot: files.whyNot };
  },
  evaluate: (source) => osvm.evaluate(source),
  interrupt: () => osvm.interrupt(),
  stop: () => osvm.stop(),
  state: () => osvm.state,
  plugins: () => osvm.plugins(),
  processes: () => osvm.processes(),
  statistics: () => osvm.statistics(),
  async save() {
    const path = await osvm.save();
    await files.flush();
    return path;
  },
  input: (bytes) => osvm.input(bytes),
  list: (path) => listing(path),
  readFile: (path) => files.readFile(path),
  async writeFile(path, bytes) {
    files.writeFile(path, bytes);
    await files.flush();
  },
  async remove(path) {
    if (files.stat('/', path, false).kind === 2) files.removeDirectory('/', path);
    else files.remove('/', path);
    await files.flush();
  },
  openFolder: (handle, path, options) => files.openFolder(handle, path, options),
  flushFiles: () => files.flush(),
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
    const { kind, size, modified } = files.stat('/', whole, true);
    return { name, path: whole, kind: kind === 2 ? 'directory' : 'file', size, modified };
  });
}

addEventListener('message', async ({ data: { id, method, args } }) => {
  try {
    const call = methods[method];
    if (osvm === undefined && method !== 'start') throw new Error('the VM has not been started');
    const result = await call(...args);
    flush();
    tell({ id, result });
  } catch (error) {
    tell({ id, error: { name: error.name, message: error.message } });
  }
});
