// Files that outlive the page: in OPFS, and in IndexedDB.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FileError, MemoryFiles, OPEN, openFiles, openStore } from '../js/files.mjs';
import { browser } from './fakes.mjs';

const bytes = (text) => new TextEncoder().encode(text);
const text = (data) => new TextDecoder().decode(data);
const read = (files, path) => text(files.readFile(path));

/** All files, by path. */
function all(files, directory = '/') {
  const found = {};
  for (const name of files.list('/', directory)) {
    const path = `${directory === '/' ? '' : directory}/${name}`;
    if (files.stat('/', path, false).kind === 2) Object.assign(found, all(files, path));
    else found[path] = read(files, path);
  }
  return found;
}

let fake;
try {
  fake = await import('fake-indexeddb');
} catch {
  // `npm install` brings it.
}
const indexedDb = () => ({ indexedDB: new fake.IDBFactory(), navigator: {}, FileSystemFileHandle: undefined });
const places = [
  { name: 'OPFS', globals: () => ({}), skip: false },
  { name: 'IndexedDB', globals: indexedDb, skip: fake === undefined && 'fake-indexeddb is not installed: npm install' },
];

for (const { name, globals, skip } of places) {
  describe(name, { skip }, () => {
    test('keeps files over a reload', async (t) => {
      browser(t, globals());
      const files = await openFiles('my-files');
      assert.equal(files.keeps, true);
      assert.equal(files.whyNot, undefined);
      files.makeDirectories('/a/b');
      files.writeFile('/a/b/x', bytes('one'));
      files.writeFile('/empty', bytes(''));
      files.makeLink('b/x', '/', 'a/link');
      files.setMode('/', 'a/b/x', 0o600);
      files.setTimes('/', 'a/b/x', 1000, 2000);
      const inode = files.stat('/', 'a/b/x', true).inode;
      await files.shut();
      const again = await openFiles('my-files');
      const about = again.stat('/', 'a/b/x', true);
      assert.deepEqual([about.mode, about.accessed, about.modified, about.inode], [0o100600, 1000, 2000, inode]);
      assert.equal(again.readLink('/', 'a/link'), 'b/x');
      assert.deepEqual(all(again), { '/a/b/x': 'one', '/empty': '', '/a/link': 'one' });
      // It can be changed like any other.
      again.rename('/', 'a/b/x', '/', 'y');
      const file = again.open('/', 'y', OPEN.APPEND);
      again.write(file, bytes(' and two'), 0);
      again.remove('/', 'empty');
      await again.shut();
      const third = await openFiles('my-files');
      assert.equal(read(third, '/y'), 'one and two');
      assert.equal(third.exists('/empty'), false);
      assert.equal((await openFiles('others')).exists('/y'), false);
    });

    test('writes behind', async (t) => {
      browser(t, globals());
      const files = await openFiles('f');
      files.writeFile('/x', bytes('written'));
      await new Promise((resolve) => setTimeout(resolve, 400));
      const again = await openFiles('f');
      assert.equal(read(again, '/x'), 'written');
    });

    test('a batch is of one moment', async (t) => {
      browser(t, globals());
      const files = await openFiles('f');
      files.writeFile('/x', bytes('old'));
      const batch = files.flush();
      await Promise.resolve();
      const file = files.open('/', 'x', OPEN.WRITE);
      files.write(file, bytes('new'), 0);
      await batch;
      assert.equal(read(await openFiles('f'), '/x'), 'old');
      await files.flush();
      assert.equal(read(await openFiles('f'), '/x'), 'new');
    });
  });
}

describe('OPFS', () => {
  test('a page that is closed in the middle of a batch leaves the files of before or after', async (t) => {
    const before = { '/a': 'a1', '/b': 'b1', '/c': 'c1' };
    const after = { '/a': 'a2, and longer', '/d/b': 'b1', '/e': 'e' };
    let seen = { before: 0, after: 0 };
    for (let steps = 0; ; steps++) {
      const root = browser(t);
      const files = await openFiles('f', { onError() {} });
      for (const [path, content] of Object.entries(before)) files.writeFile(path, bytes(content));
      await files.flush();
      files.writeFile('/a', bytes(after['/a']));
      files.makeDirectories('/d');
      files.rename('/', 'b', '/', 'd/b');
      files.remove('/', 'c');
      files.writeFile('/e', bytes('e'));
      root.steps.after(steps);
      const done = await files.flush().then(() => true, () => false);
      root.steps.after(Infinity);
      browserKeeps(root);
      const again = await openFiles('f');
      const found = all(again);
      const state = isSame(found, before) ? 'before' : 'after';
      assert.deepEqual(found, state === 'before' ? before : after, `after ${steps} steps`);
      if (done) assert.equal(state, 'after');
      seen[state] += 1;
      // And it goes on from there.
      again.writeFile('/f', bytes('f'));
      await again.shut();
      assert.equal(read(await openFiles('f'), '/f'), 'f');
      if (done && root.steps.taken > 0 && steps > 20) break;
    }
    assert.ok(seen.before >= 5, `${seen.before} times the files of before`);
    assert.ok(seen.after >= 2, `${seen.after} times the files of after`);
  });

  test('what could not be kept is tried again', async (t) => {
    const root = browser(t);
    const errors = [];
    const files = await openFiles('f', { onError: (error) => errors.push(error.message) });
    root.steps.after(1);
    files.writeFile('/x', bytes('x'));
    await assert.rejects(files.flush(), /the page was closed/);
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal(errors.length, 0, 'who waits is told, and nobody else');
    files.writeFile('/y', bytes('y'));
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal(errors.length, 1, 'who does not wait is told by onError');
    root.steps.after(Infinity);
    await files.shut();
    assert.deepEqual(all(await openFiles('f')), { '/x': 'x', '/y': 'y' });
  });

  test('what could not be kept is tried again by itself', async (t) => {
    const root = browser(t);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    /** So many seconds, and what is done then. */
    const pass = async (seconds) => {
      t.mock.timers.tick(seconds * 1000);
      for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
    };
    const errors = [];
    const files = await openFiles('f', { onError: (error) => errors.push(error.message) });
    root.steps.after(1);
    files.writeFile('/x', bytes('x'));
    await assert.rejects(files.flush(), /the page was closed/);
    await pass(4.9);
    assert.equal(errors.length, 0);
    await pass(0.2);
    assert.equal(errors.length, 1, 'nobody waited for this one');
    await pass(11);
    assert.equal(errors.length, 1, 'the same failure is not told again');
    root.steps.after(1);
    // A change does not wait for the next try.
    files.writeFile('/y', bytes('y'));
    await pass(2);
    assert.equal(errors.length, 2);
    root.steps.after(Infinity);
    await pass(40);
    const again = await openFiles('f');
    assert.deepEqual(all(again), { '/x': 'x', '/y': 'y' });
  });

  test('nothing is left of what was removed', async (t) => {
    const root = browser(t);
    const files = await openFiles('f');
    for (let i = 0; i < 5; i++) {
      files.writeFile('/x', new Uint8Array(1000));
      await files.flush();
    }
    files.remove('/', 'x');
    await files.flush();
    const names = [...root.children.get('osvm-f').children.keys()];
    assert.deepEqual(names.map((name) => name.replace(/\d+/, 'N')), ['index-N']);
  });

  test('a damaged index is passed over, and a damaged store said', async (t) => {
    const root = browser(t);
    const files = await openFiles('f');
    files.writeFile('/x', bytes('x'));
    await files.shut();
    const directory = root.children.get('osvm-f');
    const index = [...directory.children.keys()].find((name) => name.startsWith('index'));
    const next = await directory.getFileHandle('index-99', { create: true });
    next.bytes = directory.children.get(index).bytes.slice(0, -3);
    const again = await openFiles('f');
    assert.equal(read(again, '/x'), 'x');
    await again.shut();
    const content = [...directory.children.keys()].find((name) => !name.startsWith('index'));
    directory.children.get(content).bytes = new Uint8Array(0);
    await assert.rejects(openFiles('f', { ifTaken: 'wait' }), /the store is damaged: entry \d+ has 0 bytes instead of 1/);
  });
});

describe('two tabs', () => {
  test('the second is told and has its own files in memory', async (t) => {
    browser(t);
    const first = await openFiles('f');
    first.writeFile('/x', bytes('first'));
    await first.flush();
    const second = await openFiles('f');
    assert.equal(second.keeps, false);
    assert.match(second.whyNot, /open in another tab or window: what is changed here is in memory only/);
    assert.equal(read(second, '/x'), 'first');
    second.writeFile('/x', bytes('second'));
    await second.flush();
    first.writeFile('/y', bytes('more'));
    await first.shut();
    await second.shut();
    const third = await openFiles('f');
    assert.equal(third.keeps, true);
    assert.deepEqual(all(third), { '/x': 'first', '/y': 'more' });
  });

  test('the second can wait, or fail', async (t) => {
    browser(t);
    const first = await openFiles('f');
    await assert.rejects(openStore('f', { ifTaken: 'fail' }), /the files "f" are open in another tab or window/);
    const order = [];
    const waiting = openFiles('f', { ifTaken: 'wait' }).then((files) => {
      order.push('second');
      return files;
    });
    first.writeFile('/x', bytes('x'));
    await first.flush();
    order.push('first');
    await first.shut();
    const second = await waiting;
    assert.deepEqual(order, ['first', 'second']);
    assert.equal(second.keeps, true);
    assert.equal(read(second, '/x'), 'x');
  });

  test('without locks IndexedDB sees that another page has written', { skip: fake === undefined && 'fake-indexeddb is not installed' }, async (t) => {
    browser(t, indexedDb());
    const [first, second] = [await openFiles('f'), await openFiles('f')];
    first.writeFile('/x', bytes('first'));
    await first.flush();
    second.writeFile('/x', bytes('second'));
    await assert.rejects(second.flush(), /another tab or window has changed these files/);
    assert.equal(second.keeps, false);
    await second.flush();
    first.writeFile('/y', bytes('y'));
    await first.shut();
    assert.deepEqual(all(await openFiles('f')), { '/x': 'first', '/y': 'y' });
  });
});

describe('where nothing can be kept', () => {
  test('files are in memory, and it is said why', async (t) => {
    browser(t, { navigator: {}, FileSystemFileHandle: undefined, indexedDB: undefined });
    const files = await openFiles('f');
    assert.equal(files.keeps, false);
    assert.match(files.whyNot, /keeps no files for this page \(the origin private file system: it is not there; IndexedDB: it is not there\)/);
    files.writeFile('/x', bytes('x'));
    await files.flush();
    assert.equal(read(files, '/x'), 'x');
  });

  test('names of stores are plain', async () => {
    for (const name of ['', '../x', 'a/b', 'a b']) await assert.rejects(openStore(name), /cannot be called/);
  });

  test('what is more than the capacity is not loaded', async (t) => {
    browser(t);
    const files = await openFiles('f');
    files.writeFile('/x', new Uint8Array(1000));
    await files.shut();
    await assert.rejects(openFiles('f', { capacity: 999 }), (error) => error instanceof FileError && error.code === 'ENOSPC');
  });
});

function isSame(a, b) {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}

/** A closed page lets go of its locks. */
function browserKeeps(root) {
  navigator.locks = new navigator.locks.constructor();
  assert.equal(root.kind, 'directory');
}
