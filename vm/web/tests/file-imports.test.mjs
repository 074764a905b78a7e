// What the VM calls of files, over a memory.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { ERRNO, MemoryFiles, OPEN, fileImports } from '../js/files.mjs';

function make() {
  const vm = { memory: new WebAssembly.Memory({ initial: 1 }) };
  const files = new MemoryFiles();
  const imports = fileImports(vm, files);
  let at = 0;
  /** Address and length of a text in memory. */
  const put = (text) => {
    const data = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    at += 256;
    new Uint8Array(vm.memory.buffer).set(data, at);
    return [at, data.length];
  };
  const get = (address, length) => new TextDecoder().decode(new Uint8Array(vm.memory.buffer, address, length));
  return { vm, files, imports, put, get };
}

test('files are opened, written and read by address and length', () => {
  const { vm, files, imports, put, get } = make();
  files.makeDirectories('/home');
  const where = [...put('/home'), ...put('x.txt')];
  assert.equal(imports.open(...where, OPEN.READ), -ERRNO.ENOENT);
  const file = imports.open(...where, OPEN.READ | OPEN.WRITE | OPEN.CREATE);
  assert.ok(file >= 0);
  assert.equal(imports.write(file, 0, ...put('hello')), 5);
  // The views of before are gone after this.
  vm.memory.grow(1);
  assert.equal(imports.read(file, 1, 0x10000, 100), 4);
  assert.equal(get(0x10000, 4), 'ello');
  assert.equal(imports.size(file), 5);
  assert.equal(imports.set_size(file, 2), 0);
  assert.equal(imports.sync(file), 0);
  assert.equal(imports.close(file), 0);
  assert.equal(imports.close(file), -ERRNO.EBADF);
  assert.equal(new TextDecoder().decode(files.readFile('/home/x.txt')), 'he');
});

test('numbers of an entry are stored as floats', () => {
  const { vm, files, imports, put } = make();
  files.writeFile('/x', new Uint8Array(7));
  assert.equal(imports.stat(...put('/'), ...put('x'), 1, 0x8000), 0);
  const numbers = new Float64Array(vm.memory.buffer, 0x8000, 12);
  assert.deepEqual([numbers[0], numbers[6], numbers[11]], [0o100644, 7, 1]);
  assert.equal(imports.stat(...put('/'), ...put('y'), 1, 0x8000), -ERRNO.ENOENT);
});

test('texts come in two steps', () => {
  const { files, imports, put, get } = make();
  files.makeDirectories('/d/ä');
  files.makeDirectories('/d/b');
  const length = imports.list(...put('/'), ...put('d'));
  imports.result(0x8000, length);
  assert.equal(get(0x8000, length), 'ä\0b\0');
  assert.equal(imports.make_link(...put('/'), ...put('link'), ...put('d/b')), 0);
  assert.equal(imports.read_link(...put('/'), ...put('link')), 3);
  imports.result(0x8000, 2);
  assert.equal(get(0x8000, 3), 'd/\xE4'.slice(0, 2) + get(0x8002, 1), 'no more than there is room for');
});

test('failures are minus their numbers', () => {
  const { imports, put } = make();
  const root = put('/');
  assert.equal(imports.open(...root, ...put(new Uint8Array([0x61, 0xff])), OPEN.READ), -ERRNO.EILSEQ);
  assert.equal(imports.open(...put('/a'), ...put('../b'), OPEN.READ), -ERRNO.EXDEV);
  assert.equal(imports.remove_dir(...root, ...put('/')), -ERRNO.EBUSY);
  assert.equal(imports.rename(...root, ...put('a'), ...root, ...put('b')), -ERRNO.ENOENT);
  for (const name of ['remove', 'list', 'read_link']) assert.equal(imports[name](...root, ...put('no')), -ERRNO.ENOENT, name);
  for (const name of ['set_mode', 'set_owner', 'set_times']) assert.equal(imports[name](...root, ...put('no'), 0, 0), -ERRNO.ENOENT, name);
});

test('there is what the VM declares, and nothing else', () => {
  const declared = fs.readFileSync(new URL('../../host/src/interfaces/files/page/js.rs', import.meta.url), 'utf8');
  const names = [...declared.matchAll(/link_name = "(\w+)"/g)].map(([, name]) => name);
  assert.deepEqual(Object.keys(make().imports).sort(), names.sort());
});
