// `client.mjs` with a stand-in for its worker: calls that nobody can answer, and events of VMs that are over.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { OsvmClient } from '../js/client.mjs';

/** The smallest module: the stand-in has no use for it. */
const wasm = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));

/** A worker that keeps what it is sent, and says what the test has it say. */
class FakeWorker extends EventTarget {
  static last;
  sent = [];
  terminated = false;

  constructor() {
    super();
    FakeWorker.last = this;
  }

  postMessage(message) {
    // As a browser does, which refuses what cannot be sent.
    this.sent.push(structuredClone({ ...message, args: message.args.map((arg) => (arg?.wasm ? { ...arg, wasm: undefined } : arg)) }));
  }

  say(data) {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }

  /** Answers the last call. */
  answer(result) {
    this.say({ id: this.sent.at(-1).id, result });
  }

  fail(message) {
    this.dispatchEvent(Object.assign(new Event('error'), { message }));
  }

  terminate() {
    this.terminated = true;
  }
}

beforeEach(() => {
  globalThis.Worker = FakeWorker;
});

/** A client whose VM has started, and its worker. */
async function started(options) {
  const starting = OsvmClient.start({ wasm, ...options });
  await Promise.resolve();
  const worker = FakeWorker.last;
  await new Promise((resolve) => setImmediate(resolve));
  worker.answer();
  return { client: await starting, worker };
}

test('a worker that cannot be loaded is a start that fails', async () => {
  const failures = [];
  const client = new OsvmClient({ wasm, onFailed: (message) => failures.push(message) });
  FakeWorker.last.fail('worker.mjs: not found');
  await assert.rejects(client.start({ wasm }), /worker\.mjs: not found/);
  await assert.rejects(client.evaluate('1 + 3'), /worker\.mjs: not found/);
  assert.equal(client.broken, 'worker.mjs: not found');
  assert.deepEqual(failures, ['worker.mjs: not found']);
  assert.deepEqual(FakeWorker.last.sent, []);
  // It fails while the module is still being compiled.
  const starting = OsvmClient.start({ wasm });
  FakeWorker.last.fail('');
  await assert.rejects(starting, /the worker could not be loaded/);
});

test('calls that nobody will answer are rejected', async () => {
  const failures = [];
  const { client, worker } = await started({ onFailed: (message) => failures.push(message) });
  const under = client.evaluate('1 + 3');
  client.terminate();
  await assert.rejects(under, /the worker was ended/);
  await assert.rejects(client.state(), /the worker was ended/);
  await assert.rejects(client.start({ wasm }), /the worker was ended/);
  client.terminate();
  assert.deepEqual(failures, ['the worker was ended']);
  // What is still under way from there is nobody's.
  worker.say({ event: 'failed', message: 'late', vm: 1 });
  assert.deepEqual(failures, ['the worker was ended']);
});

test('a worker that fails is ended, so that nothing of it goes on unseen', async () => {
  const { client, worker } = await started();
  worker.fail('out of memory');
  assert.ok(worker.terminated);
  await assert.rejects(client.list('/'), /out of memory/);
});

test('what cannot be sent is told at once, and the worker goes on', async () => {
  const { client, worker } = await started();
  await assert.rejects(client.input(() => {}), { name: 'DataCloneError' });
  const state = client.state();
  worker.answer({ state: 'idle' });
  assert.deepEqual(await state, { state: 'idle' });
});

test('the end of a VM is told as long as it is the last one', async () => {
  const ends = [];
  const { client, worker } = await started({ onQuit: (status) => ends.push(status), onFailed: (message) => ends.push(message) });
  assert.equal(worker.sent[0].args[0].vm, 1);
  const starting = client.start({ wasm });
  worker.say({ event: 'quit', status: 3, vm: 1 });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(worker.sent.at(-1).args[0].vm, 2);
  worker.answer();
  await starting;
  worker.say({ event: 'failed', message: 'the VM was stopped', vm: 1 });
  assert.deepEqual(ends, []);
  worker.say({ event: 'quit', status: 4, vm: 2 });
  assert.deepEqual(ends, [4]);
});

test('options for the worker, and what is told of files', async () => {
  const told = [];
  const { client, worker } = await started({
    outputKinds: [2, 3], waitForStore: 50, onFiles: (files) => told.push(files), onLog: (...log) => told.push(log),
  });
  const { outputKinds, waitForStore } = worker.sent[0].args[0];
  assert.deepEqual({ outputKinds, waitForStore }, { outputKinds: [2, 3], waitForStore: 50 });
  worker.say({ event: 'files', files: { keeps: true } });
  assert.deepEqual(client.files, { keeps: true });
  const files = { keeps: true, whyNot: 'the disk is full' };
  worker.say({ event: 'log', text: 'files could not be kept', level: 'error', files });
  assert.deepEqual(client.files, files);
  assert.deepEqual(told, [{ keeps: true }, files, ['files could not be kept', 'error']]);
});
