// Runs the cases of a folder in a worker in a browser: node browser.mjs FOLDER BROWSER. Writes what is wrong with each as JSON.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder, browser] = process.argv.slice(2);
const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
/** How long the browser may take for all of them, in milliseconds. */
const PATIENCE = 300_000;
const TYPES = { '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
const PAGE = `<!doctype html><title>Hostile plugins</title>
<script type="module">new Worker('/root/tests/hostile/page/worker.mjs', { type: 'module' })</script>`;

/** The file that a path of a request stands for. */
const fileOf = (path) => (path.startsWith('/cases/') ? join(folder, path.slice(7)) : join(root, path.replace(/^\/root\//, '')));

async function answer(request, response, found) {
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
  if (request.method === 'POST') {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += part;
    response.end();
    found(text);
  } else if (path === '/') {
    response.setHeader('content-type', 'text/html').end(PAGE);
  } else {
    const bytes = await readFile(fileOf(path));
    response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream').end(bytes);
  }
}

const profile = await mkdtemp(join(tmpdir(), 'osvm-hostile-'));
const found = new Promise((resolve, reject) => {
  const server = createServer((request, response) => {
    answer(request, response, resolve).catch((error) => response.writeHead(404).end(error.message));
  });
  server.listen(0, '127.0.0.1', () => {
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
    const quiet = ['--disable-component-update', '--disable-sync', `--user-data-dir=${profile}`];
    const child = spawn(browser, [...flags, ...quiet, `http://127.0.0.1:${server.address().port}/`], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('exit', () => reject(new Error('the browser has ended')));
    setTimeout(() => reject(new Error(`the browser says nothing for ${PATIENCE} ms`)), PATIENCE).unref();
    process.on('exit', () => child.kill());
  });
});
const told = await found;
await new Promise((resolve) => process.stdout.write(`${told}\n`, resolve));
// The browser may still write to its profile.
await rm(profile, { recursive: true, force: true, maxRetries: 5 }).catch(() => {});
process.exit(0);
