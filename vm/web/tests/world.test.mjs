// Clocks, entropy, streams and variables, as the VM asks for them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRNO, MemoryFiles } from '../js/files.mjs';
import { Input, worldImports } from '../js/world.mjs';

function make(options = {}, stdin) {
  const vm = { memory: new WebAssembly.Memory({ initial: 4 }) };
  const world = worldImports(vm, options, stdin);
  const put = (text) => {
    const bytes = new TextEncoder().encode(text);
    new Uint8Array(vm.memory.buffer).set(bytes, 64);
    return [64, bytes.length];
  };
  const result = (length) => {
    world.result(1024, length);
    return new TextDecoder().decode(new Uint8Array(vm.memory.buffer, 1024, length));
  };
  return { vm, world, put, result };
}

test('clocks go forward', () => {
  const { world } = make();
  assert.ok(Math.abs(world.utc_micros() / 1000 - Date.now()) < 1000);
  const before = world.monotonic_micros();
  assert.ok(world.monotonic_micros() >= before);
});

test('local time is that of the zone at that time', (t) => {
  const before = process.env.TZ;
  t.after(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });
  process.env.TZ = 'Europe/Berlin';
  const { world, result } = make();
  const seconds = (text) => Date.parse(text) / 1000;
  assert.equal(world.local_offset(seconds('2026-01-15T12:00:00Z')), 3600);
  assert.equal(world.local_offset(seconds('2026-07-15T12:00:00Z')), 7200);
  assert.ok(Number.isInteger(world.local_offset(1e20)), 'a time that no date has');
  assert.equal(result(world.zone_name()), 'Europe/Berlin');
});

test('random bytes fill the room, however large', () => {
  const { vm, world } = make();
  assert.equal(world.fill_random(1000, 150_001), 0);
  const bytes = new Uint8Array(vm.memory.buffer);
  assert.ok(bytes.subarray(0, 1000).every((byte) => byte === 0));
  assert.ok(bytes.subarray(151_001).every((byte) => byte === 0));
  for (let at = 1000; at < 151_001; at += 10_000) assert.ok(bytes.subarray(at, at + 100).some((byte) => byte !== 0), `at ${at}`);
});

test('variables are those of the options', () => {
  const { world, put, result } = make({ environment: { LANG: 'de', EMPTY: '', GREETING: 'grüß dich' } });
  assert.equal(result(world.variable(...put('GREETING'))), 'grüß dich');
  assert.equal(world.variable(...put('EMPTY')), 0);
  assert.equal(world.variable(...put('PATH')), -1);
  assert.equal(world.variable(...put('toString')), -1);
  assert.equal(result(world.variable_names()), 'LANG\0EMPTY\0GREETING\0');
});

test('the working directory is that of the files', () => {
  const files = new MemoryFiles();
  files.currentDirectory = '/home/me';
  const { world, result } = make({ files });
  assert.equal(result(world.current_dir()), '/home/me');
});

test('output goes to its stream, as a copy', () => {
  const seen = [];
  const { vm, world, put } = make({ stdout: (bytes) => seen.push(['out', bytes]), stderr: (bytes) => seen.push(['err', bytes]) });
  world.output(1, ...put('one'));
  world.output(2, ...put('two'));
  new Uint8Array(vm.memory.buffer).fill(0);
  assert.deepEqual(seen.map(([stream, bytes]) => [stream, new TextDecoder().decode(bytes)]), [['out', 'one'], ['err', 'two']]);
  assert.deepEqual([0, 1, 2, 3].map(world.stream_kind), [1, 1, 1, -ERRNO.EBADF]);
  assert.equal(make({ outputKinds: [3, 2] }).world.stream_kind(2), 2);
});

test('input is what was put in, and it is said when there is none yet', () => {
  const input = new Input();
  const { vm, world } = make({}, input);
  const read = (length) => {
    const count = world.input(2048, length);
    return count < 0 ? count : new TextDecoder().decode(new Uint8Array(vm.memory.buffer, 2048, count));
  };
  assert.equal(read(10), -ERRNO.EAGAIN);
  const bytes = new TextEncoder().encode('lo\n');
  input.put('hel');
  input.put(bytes);
  input.put('');
  bytes.fill(0);
  assert.equal(read(4), 'hell');
  assert.equal(read(0), '');
  assert.equal(read(10), 'o\n');
  assert.equal(read(10), -ERRNO.EAGAIN);
  input.put('end');
  input.put(null);
  assert.equal(read(10), 'end');
  assert.equal(read(10), '');
  assert.equal(read(10), '', 'the end stays');
});
