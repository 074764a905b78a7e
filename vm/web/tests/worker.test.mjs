// `worker.mjs` with the VM, in Node: starts one after the other, ends that come late, and files that cannot be kept.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';
import { openFiles } from '../js/files.mjs';
import { FakeFile, browser } from './fakes.mjs';
import { plugins, skip, web } from './vm.mjs';

let copies = 0;

/** A worker of its own, with the functions that a page has: `call` a method, and look at `told`, the events. */
async function worker(t) {
  const told = [];
  const calls = new Map();
  const listeners = [];
  const globals = {
    addEventListener: (_, listener) => listeners.push(listener),
    postMessage: ({ id, result, error, ...event }) => {
      if (id === undefined) return told.push(event);
      const { resolve, reject } = calls.get(id);
      if (error) reject(Object.assign(new Error(error.message), { name: error.name }));
      else resolve(result);
    },
  };
  Object.assign(globalThis, globals);
  await import(`../js/worker.mjs?${++copies}`);
  const call = (method, ...args) => new Promise((resolve, reject) => {
    const id = calls.size + 1;
    calls.set(id, { resolve, reject });
    for (const listener of listeners) listener({ data: { id, method, args } });
  });
  // The next one gets the same functions: nothing of this one may come then.
  t.after(async () => {
    await call('stop');
    await pause(50);
  });
  return { call, told };
}

const folder = (path) => pathToFileURL(`${path}/`);
const wasm = skip ? undefined : await WebAssembly.compile(fs.readFileSync(new URL('osvm.wasm', folder(web))));
const options = (vm, more) => ({ vm, wasm, plugins: folder(plugins).href, ...more });
const ends = (told) => told.filter(({ event }) => event === 'quit' || event === 'failed');
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(condition) {
  for (let i = 0; i < 500; i++, await pause(10)) if (condition()) return;
  assert.fail(`${condition} in vain`);
}

test('two starts at once are one VM: the first one is ended', { skip }, async (t) => {
  const { call, told } = await worker(t);
  await Promise.all([call('start', options(1)), call('start', options(2))]);
  assert.equal((await call('evaluate', '1 + 3')).answer, '4');
  await call('stop');
  await until(() => ends(told).length > 0);
  await pause(50);
  assert.deepEqual(ends(told).map(({ vm }) => vm), [2]);
});

test('a stop ends also what is only being started', { skip }, async (t) => {
  const { call } = await worker(t);
  const start = call('start', options(1));
  await call('stop');
  await start;
  assert.equal((await call('state')).state, 'failed');
});

test('an end that is told late is not that of the next VM', { skip }, async (t) => {
  browser(t);
  const { call, told } = await worker(t);
  await call('start', options(1, { store: 'late' }));
  assert.equal((await call('evaluate', '1 + 3')).answer, '4');
  // What the VM has written takes its time to be kept.
  const { createWritable } = FakeFile.prototype;
  t.mock.method(FakeFile.prototype, 'createWritable', async function slow() {
    await pause(200);
    return createWritable.call(this);
  });
  await call('save');
  const write = call('writeFile', '/x', new Uint8Array(3));
  await call('evaluate', 'Smalltalk snapshot: false andQuit: true');
  assert.deepEqual(ends(told), [], 'it waits for the files');
  await call('start', options(2, { store: 'late' }));
  await write;
  await pause(900);
  assert.deepEqual(ends(told), []);
  assert.equal((await call('evaluate', '3 + 4')).answer, '7');
});

test('that files cannot be kept is told once, with why, and so is that they are kept again', { skip }, async (t) => {
  browser(t);
  const { call, told } = await worker(t);
  await call('start', options(1, { store: 'full' }));
  const full = t.mock.method(FakeFile.prototype, 'createWritable', async () => {
    throw new Error('the disk is full');
  });
  assert.equal((await call('evaluate', "'/notes.txt' asFile contents: 'a note'. 3")).answer, '3');
  const errors = () => told.filter(({ event, level }) => event === 'log' && level === 'error');
  // Nobody waits for it: a timer begins the batch.
  await until(() => errors().length > 0);
  await assert.rejects(call('flushFiles'), /the disk is full/);
  await assert.rejects(call('flushFiles'), /the disk is full/);
  assert.equal(errors().length, 1);
  assert.match(errors()[0].text, /^files could not be kept: .*the disk is full$/);
  assert.equal(errors()[0].files.keeps, true);
  assert.match(errors()[0].files.whyNot, /the disk is full$/);
  full.mock.restore();
  await call('flushFiles');
  assert.deepEqual(told.findLast(({ files }) => files).files, { keeps: true, whyNot: undefined });
});

test('a store that another worker still has is waited for', { skip }, async (t) => {
  browser(t);
  const other = await openFiles('taken');
  const { call, told } = await worker(t);
  setTimeout(() => other.shut(), 300);
  await call('start', options(1, { store: 'taken', waitForStore: 10_000 }));
  assert.deepEqual(told.find(({ files }) => files).files, { keeps: true, whyNot: undefined });
});

test('a store that another page keeps is not waited for longer than is said', { skip }, async (t) => {
  browser(t);
  await openFiles('taken');
  const { call, told } = await worker(t);
  await call('start', options(1, { store: 'taken', waitForStore: 150 }));
  assert.match(told.find(({ files }) => files).files.whyNot, /open in another tab or window/);
});

test('a link that leads nowhere is listed like all others', { skip }, async (t) => {
  browser(t);
  const files = await openFiles('links');
  files.makeLink('/nowhere', '/', '/dangling');
  files.makeLink('/loop', '/', '/loop');
  files.makeLink('/tmp', '/', '/to-folder');
  await files.shut();
  const { call } = await worker(t);
  await call('start', options(1, { store: 'links' }));
  const kinds = Object.fromEntries((await call('list', '/')).map(({ name, kind }) => [name, kind]));
  assert.deepEqual(kinds, { tmp: 'directory', dangling: 'file', loop: 'file', 'to-folder': 'directory' });
  await call('remove', '/dangling');
  assert.equal((await call('list', '/')).length, 3);
});
