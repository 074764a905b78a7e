// Folders of the computer that are opened in the browser.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KIND, MemoryFiles, OPEN, openFiles } from '../js/files.mjs';
import { FakeDirectory, Steps, browser } from './fakes.mjs';

const bytes = (text) => new TextEncoder().encode(text);
const read = (files, path) => new TextDecoder().decode(files.readFile(path));

/** A folder of the computer with these files. */
async function folder(name, content, folds = false) {
  const directory = new FakeDirectory(name, new Steps(), folds);
  for (const [path, text] of Object.entries(content)) {
    const names = path.split('/');
    let at = directory;
    for (const name of names.slice(0, -1)) at = await at.getDirectoryHandle(name, { create: true });
    (await at.getFileHandle(names.at(-1), { create: true })).replace(text);
  }
  return directory;
}

/** What the computer has. */
function content(directory, before = '') {
  const found = {};
  for (const [name, child] of directory.children) {
    if (child.kind === 'file') found[before + name] = child.text;
    else Object.assign(found, content(child, `${before}${name}/`));
  }
  return found;
}

test('a folder is read and written back', async () => {
  const computer = await folder('work', { 'a.st': 'a', 'd/b.st': 'b', 'd/e/c.st': 'c' });
  const files = new MemoryFiles();
  const progress = [];
  assert.equal(await files.openFolder(computer, undefined, { onProgress: (done, total) => progress.push([done, total]) }), '/work');
  assert.deepEqual(progress.at(-1), [3, 3]);
  assert.equal(read(files, '/work/d/e/c.st'), 'c');
  const file = files.open('/', 'work/a.st', OPEN.WRITE);
  files.write(file, bytes('A and more'), 0);
  files.makeDirectories('/work/new/er');
  files.writeFile('/work/new/er/n', bytes('n'));
  files.rename('/', 'work/d/e', '/', 'work/moved');
  files.remove('/', 'work/d/b.st');
  await files.flush();
  assert.deepEqual(content(computer), { 'a.st': 'A and more', 'moved/c.st': 'c', 'new/er/n': 'n' });
  assert.deepEqual([...computer.children.keys()].sort(), ['a.st', 'd', 'moved', 'new'], 'the directory that is empty now is still there');
  // A file in the place of a directory, and the other way round.
  files.removeDirectory('/', 'work/d');
  files.writeFile('/work/d', bytes('now a file'));
  files.remove('/', 'work/a.st');
  files.makeDirectories('/work/a.st');
  files.writeFile('/work/a.st/x', bytes('x'));
  await files.closeFolder('/work');
  assert.deepEqual(content(computer), { d: 'now a file', 'moved/c.st': 'c', 'new/er/n': 'n', 'a.st/x': 'x' });
  assert.equal(files.exists('/work'), false);
  assert.equal(files.used, 10, 'only the file that is still open takes room');
});

test('what another program changed is left as it is', async () => {
  const computer = await folder('work', { a: 'a', b: 'b', c: 'c' });
  const files = new MemoryFiles();
  await files.openFolder(computer, '/work');
  computer.children.get('a').replace('theirs');
  computer.children.get('b').replace('theirs');
  files.writeFile('/work/a', bytes('ours'));
  files.remove('/', 'work/b');
  files.writeFile('/work/c', bytes('ours'));
  (await computer.getFileHandle('d', { create: true })).replace('theirs');
  files.writeFile('/work/d', bytes('ours'));
  await assert.rejects(files.flush(), (error) => {
    for (const name of ['a', 'b', 'd']) assert.ok(error.message.includes(`work/${name}: another program has changed it; it was left as it is`));
    assert.ok(!error.message.includes('work/c:'));
    return true;
  });
  assert.deepEqual(content(computer), { a: 'theirs', b: 'theirs', c: 'ours', d: 'theirs' });
});

test('a large folder is refused before it is read', async () => {
  const files = new MemoryFiles();
  const computer = await folder('big', { a: 'x'.repeat(2000), b: 'y' });
  await assert.rejects(files.openFolder(computer, '/big', { limit: 2000 }), /the folder "big" has 0.0 MB; at most 0.0 MB are read: open a folder inside it/);
  assert.equal(files.exists('/big'), false);
  assert.equal(files.used, 0);
  const small = new MemoryFiles({ capacity: 1000 });
  await assert.rejects(small.openFolder(computer, '/big'), { code: 'ENOSPC' });
  assert.equal(small.used, 0);
});

test('a folder that can only be read', async () => {
  const computer = await folder('work', { a: 'a' });
  const files = new MemoryFiles();
  await files.openFolder(computer, '/work', { write: false });
  for (const change of [
    () => files.open('/', 'work/a', OPEN.WRITE),
    () => files.open('/', 'work/b', OPEN.WRITE | OPEN.CREATE),
    () => files.remove('/', 'work/a'),
    () => files.makeDirectory('/', 'work/d'),
    () => files.rename('/', 'work/a', '/', 'a'),
    () => files.setMode('/', 'work/a', 0o600),
  ]) assert.throws(change, { code: 'EROFS' });
  assert.equal(read(files, '/work/a'), 'a');
});

test('folders and other files do not mix', async () => {
  const computer = await folder('work', { a: 'a' });
  const files = new MemoryFiles();
  files.makeDirectories('/there');
  await assert.rejects(files.openFolder(computer, '/there'), { code: 'EEXIST' });
  assert.equal(files.used, 0);
  await files.openFolder(computer, '/there/work');
  await assert.rejects(files.openFolder(computer, '/there/work/in'), { code: 'EBUSY' });
  await assert.rejects(files.closeFolder('/there'), { code: 'EINVAL' });
  for (const change of [
    () => files.removeDirectory('/', 'there/work'),
    () => files.rename('/', 'there/work', '/', 'elsewhere'),
    () => files.rename('/', 'there', '/', 'elsewhere'),
  ]) assert.throws(change, { code: 'EBUSY' });
  assert.throws(() => files.makeLink('a', '/', 'there/work/link'), { code: 'EPERM' });
  // Into a folder and out of it.
  files.writeFile('/mine', bytes('mine'));
  files.rename('/', 'mine', '/', 'there/work/yours');
  files.rename('/', 'there/work/a', '/', 'a');
  await files.flush();
  assert.deepEqual(content(computer), { yours: 'mine' });
  assert.equal(read(files, '/a'), 'a');
});

test('the store keeps what is not in a folder', async (t) => {
  browser(t);
  const files = await openFiles('f');
  files.writeFile('/mine', bytes('mine'));
  await files.openFolder(await folder('work', { a: 'a', b: 'b' }));
  files.rename('/', 'work/a', '/', 'a');
  await files.shut();
  const again = await openFiles('f');
  assert.deepEqual(again.list('/', '/').sort(), ['a', 'mine', 'tmp']);
  assert.equal(read(again, '/a'), 'a');
});

describe('what is renamed is kept in one place at least', () => {
  /** Files with the folder at `/work`. */
  async function open(content, { store = undefined, folds = false } = {}) {
    const computer = await folder('work', content, folds);
    const files = store === undefined ? new MemoryFiles({ onError() {} }) : await MemoryFiles.load(store, { onError() {} });
    await files.openFolder(computer, '/work');
    return { computer, files };
  }

  /** A store in memory, whose batches fail while it is full. */
  class FakeStore {
    keeps = true;
    full = false;
    records = [];
    contents = new Map();

    async load() {
      return { records: this.records, contents: new Map([...this.contents].map(([id, data]) => [id, data.slice()])) };
    }

    async commit(records, contents) {
      if (this.full) throw new Error('no room');
      const all = new Map([...this.contents, ...contents]);
      this.records = structuredClone(records);
      this.contents = new Map(records.filter(({ size }) => size !== undefined).map(({ id }) => [id, all.get(id)]));
    }

    async close() {}

    /** What a page would have that begins now. */
    async files() {
      const files = await MemoryFiles.load(this);
      const within = (path) => {
        if (files.stat('/', path, true).kind !== KIND.DIRECTORY) return [[path, read(files, path)]];
        return files.list('/', path).flatMap((name) => within(`${path}/${name}`));
      };
      return Object.fromEntries(files.list('/', '/').flatMap((name) => within(`/${name}`)));
    }
  }

  test('when another program has taken the new name', async () => {
    const { computer, files } = await open({ 'a.txt': 'mine', 'z.txt': 'removed' });
    (await computer.getFileHandle('b.txt', { create: true })).replace('theirs');
    files.rename('/', 'work/a.txt', '/', 'work/b.txt');
    files.remove('/', 'work/z.txt');
    await assert.rejects(files.flush(), /work\/b.txt: another program has changed it/);
    assert.deepEqual(content(computer), { 'a.txt': 'mine', 'b.txt': 'theirs', 'z.txt': 'removed' }, 'nothing is removed while something fails');
    files.rename('/', 'work/b.txt', '/', 'work/c.txt');
    await files.flush();
    assert.deepEqual(content(computer), { 'b.txt': 'theirs', 'c.txt': 'mine' });
  });

  test('when the store has no room for what comes out of a folder', async () => {
    const store = new FakeStore();
    const { computer, files } = await open({ 'a.txt': 'mine', b: 'b' }, { store });
    await files.flush();
    store.full = true;
    files.rename('/', 'work/a.txt', '/', 'a.txt');
    files.rename('/', 'work/b', '/', 'b');
    files.writeFile('/work/b', bytes('another b'));
    await assert.rejects(files.flush(), /^Error: no room; not all could be written back: work\/b: it waits until all else is kept$/);
    assert.deepEqual(content(computer), { 'a.txt': 'mine', b: 'b' });
    store.full = false;
    await files.flush();
    assert.deepEqual(content(computer), { b: 'another b' });
    assert.deepEqual(await store.files(), { '/a.txt': 'mine', '/b': 'b' });
  });

  test('when the store has stopped', async () => {
    const store = new FakeStore();
    const { computer, files } = await open({ a: 'mine', b: 'b' }, { store });
    await files.flush();
    files.rename('/', 'work/a', '/', 'a');
    files.writeFile('/work/b', bytes('B'));
    Object.assign(store, { keeps: false, whyNot: 'another tab has changed these files' });
    for (let i = 0; i < 2; i++) await assert.rejects(files.flush(), /^Error: another tab has changed these files$/);
    assert.deepEqual(content(computer), { a: 'mine', b: 'B' });
    files.rename('/', 'a', '/', 'work/c');
    await files.flush();
    assert.deepEqual(content(computer), { b: 'B', c: 'mine' });
  });

  test('when a folder does not take what comes out of the store', async () => {
    const store = new FakeStore();
    const { computer, files } = await open({}, { store });
    files.makeDirectories('/d');
    for (const path of ['/a', '/d/a', '/new']) files.writeFile(path, bytes(path));
    await files.flush();
    computer.steps.after(0);
    files.rename('/', 'a', '/', 'work/a');
    files.rename('/', 'd', '/', 'work/d');
    files.writeFile('/new', bytes('newer'));
    await assert.rejects(files.flush(), /work\/a: the page was closed/);
    assert.deepEqual(await store.files(), { '/lost+found/a': '/a', [`/lost+found/#${files.stat('/', 'work/d/a', true).inode}`]: '/d/a', '/new': 'newer' });
    computer.steps.after(Infinity);
    await files.flush();
    assert.deepEqual(content(computer), { a: '/a', 'd/a': '/d/a' });
    assert.deepEqual(await store.files(), { '/new': 'newer' });
  });

  test('when two change places', async () => {
    const store = new FakeStore();
    const { computer, files } = await open({ a: 'A', b: 'B', c: 'C' }, { store });
    files.writeFile('/c', bytes('mine'));
    await files.flush();
    for (const [one, other] of [['work/a', 'work/b'], ['work/c', 'c']]) {
      files.rename('/', one, '/', 'work/t');
      files.rename('/', other, '/', one);
      files.rename('/', 'work/t', '/', other);
    }
    await files.flush();
    assert.deepEqual(content(computer), { a: 'B', b: 'A', c: 'mine' });
    assert.deepEqual(await store.files(), { '/c': 'C' });
  });

  test('when files and directories change places', async () => {
    const { computer, files } = await open({ a: 'A', 'd/x': 'X', 'd/y': 'Y' });
    files.rename('/', 'work/a', '/', 'work/t');
    files.makeDirectories('/work/a');
    files.rename('/', 'work/t', '/', 'work/a/a');
    files.rename('/', 'work/d', '/', 'work/t');
    files.rename('/', 'work/t/x', '/', 'work/d');
    await files.flush();
    assert.deepEqual(content(computer), { 'a/a': 'A', 't/y': 'Y', d: 'X' });
  });

  test('wherever the page is closed', async () => {
    for (let steps = 0, done = false; !done; steps++) {
      const store = new FakeStore();
      const { computer, files } = await open({ a: 'A', b: 'B', c: 'C', e: 'E', 'd/x': 'X' }, { store });
      for (const path of ['/m', '/n']) files.writeFile(path, bytes(path));
      await files.flush();
      const rename = (from, to) => files.rename('/', from, '/', to);
      rename('work/a', 't');
      rename('work/b', 'work/a');
      rename('t', 'work/b');
      rename('work/c', 'c');
      rename('m', 'work/c');
      rename('n', 'work/n');
      rename('work/d/x', 'work/x');
      files.removeDirectory('/', 'work/d');
      rename('work/e', 'work/d');
      files.makeDirectories('/work/e');
      rename('work/d', 'work/e/d');
      const check = () => {
        const kept = [...store.contents.values()].map((data) => new TextDecoder().decode(data));
        const found = new Set([...Object.values(content(computer)), ...kept]);
        for (const text of ['A', 'B', 'C', 'E', 'X', '/m', '/n']) assert.ok(found.has(text), `${text} after ${computer.steps.taken} of ${steps} steps`);
      };
      computer.steps.after(steps);
      const take = computer.steps.take.bind(computer.steps);
      computer.steps.take = () => {
        check();
        take();
      };
      done = await files.flush().then(() => true, () => false);
      check();
      await store.files();
      computer.steps.after(Infinity);
      await files.flush();
      assert.deepEqual(content(computer), { a: 'B', b: 'A', c: '/m', n: '/n', x: 'X', 'e/d': 'E' }, `after ${steps} steps and another try`);
      assert.deepEqual(await store.files(), { '/c': 'C' });
      assert.ok(steps < 100);
    }
  });

  test('on a disk that takes two spellings for one name', async () => {
    const { computer, files } = await open({ 'a.txt': 'a', 'd/x': 'x', 'd/y': 'y' }, { folds: true });
    files.rename('/', 'work/a.txt', '/', 'work/A.txt');
    files.rename('/', 'work/d', '/', 'work/D');
    files.rename('/', 'work/D/x', '/', 'work/D/X');
    files.writeFile('/work/D/y', bytes('new'));
    await files.flush();
    assert.deepEqual(content(computer), { 'a.txt': 'a', 'd/x': 'x', 'd/y': 'new' });
    const file = files.open('/', 'work/A.txt', OPEN.APPEND);
    files.write(file, bytes(' and more'), 0);
    files.remove('/', 'work/D/X');
    await files.flush();
    assert.deepEqual(content(computer), { 'a.txt': 'a and more', 'd/y': 'new' });
    // Two that are different in the image.
    files.writeFile('/work/a.TXT', bytes('another'));
    await assert.rejects(files.flush(), /work\/a.TXT: another program has changed it/);
    assert.deepEqual(content(computer), { 'a.txt': 'a and more', 'd/y': 'new' });
  });

  test('on a disk that tells the spellings apart', async () => {
    const { computer, files } = await open({ 'a.txt': 'a', 'd/x': 'x' });
    files.rename('/', 'work/a.txt', '/', 'work/A.txt');
    files.rename('/', 'work/d', '/', 'work/D');
    await files.flush();
    assert.deepEqual(content(computer), { 'A.txt': 'a', 'D/x': 'x' });
    assert.equal(computer.children.has('d'), false);
  });
});
