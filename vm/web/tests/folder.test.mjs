// Folders of the computer that are opened in the browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFiles, OPEN, openFiles } from '../js/files.mjs';
import { FakeDirectory, browser } from './fakes.mjs';

const bytes = (text) => new TextEncoder().encode(text);
const read = (files, path) => new TextDecoder().decode(files.readFile(path));

/** A folder of the computer with these files. */
async function folder(name, content) {
  const directory = new FakeDirectory(name);
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
