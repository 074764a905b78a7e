// WebSockets for the VM, over one that does as it is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRNO } from '../js/files.mjs';
import { netImports } from '../js/net.mjs';

const [CONNECTING, OPEN, CLOSING, CLOSED, FAILED] = [0, 1, 2, 3, 4];

class FakeWebSocket {
  static made = [];
  bufferedAmount = 0;
  sent = [];
  closed = false;

  constructor(url) {
    if (url.includes('insecure')) throw Object.assign(new Error(), { name: 'SecurityError' });
    if (!url.startsWith('ws')) throw new SyntaxError();
    this.url = url;
    FakeWebSocket.made.push(this);
  }

  send(data) {
    this.sent.push(typeof data === 'string' ? data : [...data]);
  }

  close() {
    this.closed = true;
  }
}

function make(url = 'ws://localhost:80/') {
  const signals = [];
  const vm = { memory: new WebAssembly.Memory({ initial: 1 }) };
  const net = netImports(vm, (semaphore) => signals.push(semaphore), FakeWebSocket);
  const put = (content) => {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    new Uint8Array(vm.memory.buffer).set(bytes, 64);
    return [64, bytes.length];
  };
  const take = (socket) => {
    const length = net.oldest(socket);
    if (length === -1) return undefined;
    net.take(socket, 1024, length);
    return new TextDecoder().decode(new Uint8Array(vm.memory.buffer, 1024, length));
  };
  const socket = net.open(...put(url), 7);
  return { net, put, take, socket, signals, web: FakeWebSocket.made.at(-1) };
}

test('connects, sends and receives', () => {
  const { net, put, take, socket, signals, web } = make();
  assert.ok(socket > 0);
  assert.equal(web.url, 'ws://localhost:80/');
  assert.equal(net.state(socket), CONNECTING);
  assert.equal(net.send(socket, 1, ...put('early')), 0);
  assert.deepEqual(web.sent, [], 'it waits for the connection');
  web.onopen();
  assert.equal(net.state(socket), OPEN);
  assert.deepEqual(signals, [7]);
  assert.equal(net.send(socket, 0, ...put(new Uint8Array([0, 255]))), 0);
  put('overwritten');
  assert.deepEqual(web.sent, ['early', [0, 255]]);
  web.onmessage({ data: 'grüß' });
  web.onmessage({ data: new TextEncoder().encode('bytes').buffer });
  web.onmessage({ data: '' });
  assert.deepEqual(signals, [7, 7, 7, 7]);
  assert.deepEqual([take(socket), take(socket), take(socket), take(socket)], ['grüß', 'bytes', '', undefined]);
});

test('ends as the other side ends it', () => {
  for (const [end, state] of [
    [(web) => web.onclose({ wasClean: true }), CLOSED],
    [(web) => web.onclose({ wasClean: false }), FAILED],
    [(web) => web.onerror({}), FAILED],
    [(web) => (web.onerror({}), web.onclose?.({ wasClean: false })), FAILED],
  ]) {
    const { net, put, take, socket, signals, web } = make();
    web.onopen();
    web.onmessage({ data: 'last words' });
    end(web);
    assert.equal(net.state(socket), state);
    assert.equal(signals.length, 3);
    assert.equal(net.send(socket, 1, ...put('x')), 1);
    assert.equal(take(socket), 'last words');
  }
});

test('closing lets what waits go first', () => {
  const { net, put, socket, web } = make();
  net.send(socket, 1, ...put('goodbye'));
  net.close(socket);
  assert.equal(net.state(socket), CLOSING);
  assert.equal(web.closed, false);
  web.onopen();
  assert.deepEqual(web.sent, ['goodbye']);
  assert.equal(web.closed, true);
  web.onclose({ wasClean: true });
  assert.equal(net.state(socket), CLOSED);
  const other = make();
  other.net.close(other.socket);
  assert.equal(other.web.closed, true);
  other.web.onclose({ wasClean: false });
  assert.equal(other.net.state(other.socket), CLOSED, 'a connection that was given up has not failed');
});

test('what is forgotten says nothing any more', () => {
  const { net, socket, signals, web } = make();
  web.onopen();
  net.forget(socket);
  assert.equal(web.closed, true);
  web.onclose({ wasClean: true });
  assert.deepEqual(signals, [7], 'that it opened');
  assert.equal(net.state(socket), FAILED);
  assert.equal(net.oldest(socket), -1);
});

test('too much is refused', (t) => {
  t.mock.method(console, 'warn', () => {});
  const { net, put, take, socket, web } = make();
  web.onopen();
  web.bufferedAmount = 16 << 20;
  assert.equal(net.send(socket, 1, ...put('x')), 2);
  for (let i = 0; i < 16; i++) web.onmessage({ data: new ArrayBuffer(1 << 20) });
  assert.equal(net.state(socket), OPEN);
  web.onmessage({ data: 'x' });
  assert.equal(net.state(socket), FAILED);
  assert.equal(web.onmessage, null);
  assert.equal(web.closed, true);
  assert.equal(console.warn.mock.callCount(), 1);
  net.forget(socket);
  assert.equal(take(socket), undefined);
});

test('what cannot be connected to is an error of the system', () => {
  assert.equal(make('wss://insecure:80/').socket, -ERRNO.EACCES);
  assert.equal(make('x').socket, -ERRNO.EINVAL);
});
