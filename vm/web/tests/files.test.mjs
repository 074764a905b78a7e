// What holds of every file system: the same tests for files in memory and for those of the computer.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { ERRNO, FileError, KIND, MemoryFiles, OPEN } from '../js/files.mjs';
import { NodeFiles } from '../js/node-files.mjs';

const { READ, WRITE, CREATE, CREATE_NEW, TRUNCATE, APPEND } = OPEN;
const bytes = (text) => new TextEncoder().encode(text);
const text = (data) => new TextDecoder().decode(data);

/** Files, and the root of what they have. */
const kinds = {
  MemoryFiles() {
    const files = new MemoryFiles();
    files.makeDirectories('/work/root');
    return { files, root: '/work/root' };
  },
  NodeFiles(t) {
    const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'osvm-files-')));
    t.after(() => fs.rmSync(root, { recursive: true, force: true }));
    fs.mkdirSync(`${root}/root`);
    return { files: new NodeFiles(), root: `${root}/root` };
  },
};

function fails(code, work) {
  assert.throws(work, (error) => {
    assert.equal(error.code, code, error.stack);
    assert.equal(FileError.number(error), ERRNO[code]);
    return true;
  });
}

function put(files, root, name, content) {
  const file = files.open(root, name, WRITE | CREATE | TRUNCATE);
  files.write(file, bytes(content), 0);
  files.close(file);
}

function get(files, root, name) {
  return text(files.readFile(files.resolve(root, name)));
}

for (const [name, make] of Object.entries(kinds)) {
  describe(name, () => {
    test('reads and writes at positions', (t) => {
      const { files, root } = make(t);
      const file = files.open(root, 'a', READ | WRITE | CREATE);
      assert.equal(files.write(file, bytes('hello world'), 0), 11);
      assert.equal(files.write(file, bytes('W'), 6), 1);
      assert.equal(files.write(file, bytes('!'), 13), 1);
      const into = new Uint8Array(100);
      assert.equal(files.read(file, into, 0), 14);
      assert.equal(text(into.subarray(0, 14)), 'hello World\0\0!');
      assert.equal(files.read(file, into.subarray(0, 3), 6), 3);
      assert.equal(files.read(file, into, 14), 0);
      assert.equal(files.read(file, into, 1e9), 0);
      assert.equal(files.size(file), 14);
      files.setSize(file, 5);
      files.setSize(file, 7);
      assert.equal(files.read(file, into, 0), 7);
      assert.equal(text(into.subarray(0, 7)), 'hello\0\0', 'what was cut does not come back');
      files.sync(file);
      files.close(file);
      for (const work of [() => files.read(file, into, 0), () => files.size(file), () => files.close(file)]) fails('EBADF', work);
    });

    test('opens as the flags say', (t) => {
      const { files, root } = make(t);
      fails('ENOENT', () => files.open(root, 'a', READ));
      fails('ENOENT', () => files.open(root, 'a', WRITE));
      put(files, root, 'a', 'one');
      fails('EEXIST', () => files.open(root, 'a', WRITE | CREATE_NEW));
      fails('EISDIR', () => files.open(root, '.', READ));
      fails('EISDIR', () => files.open(root, '.', WRITE));
      fails('ENOTDIR', () => files.open(root, 'a/b', READ));
      fails('ENOENT', () => files.open(root, 'no/b', WRITE | CREATE));
      fails('ENAMETOOLONG', () => files.open(root, 'x'.repeat(256), WRITE | CREATE));
      const append = files.open(root, 'a', APPEND);
      files.write(append, bytes(' two'), 0);
      fails('EBADF', () => files.read(append, new Uint8Array(1), 0));
      files.close(append);
      assert.equal(get(files, root, 'a'), 'one two');
      const read = files.open(root, 'a', READ);
      fails('EBADF', () => files.write(read, bytes('x'), 0));
      fails('EINVAL', () => files.setSize(read, 0));
      files.close(read);
      files.close(files.open(root, 'a', WRITE | TRUNCATE));
      assert.equal(get(files, root, 'a'), '');
    });

    test('has directories', (t) => {
      const { files, root } = make(t);
      files.makeDirectory(root, 'd');
      fails('EEXIST', () => files.makeDirectory(root, 'd'));
      fails('ENOENT', () => files.makeDirectory(root, 'no/d'));
      put(files, root, 'd/a', '1');
      put(files, root, 'd/ä', '2');
      assert.deepEqual(files.list(root, 'd').sort(), ['a', 'ä']);
      assert.deepEqual(files.list(root, '.'), ['d']);
      fails('ENOTDIR', () => files.list(root, 'd/a'));
      fails('ENOENT', () => files.list(root, 'no'));
      fails('ENOTEMPTY', () => files.removeDirectory(root, 'd'));
      fails('ENOTDIR', () => files.removeDirectory(root, 'd/a'));
      fails('ENOENT', () => files.remove(root, 'd/no'));
      fails('EISDIR', () => files.remove(root, 'd'));
      files.remove(root, 'd/a');
      files.remove(root, 'd/ä');
      files.removeDirectory(root, 'd');
      assert.deepEqual(files.list(root, '.'), []);
    });

    test('renames as POSIX has it', (t) => {
      const { files, root } = make(t);
      put(files, root, 'a', 'A');
      put(files, root, 'b', 'B');
      files.makeDirectory(root, 'd');
      files.makeDirectory(root, 'e');
      put(files, root, 'e/x', 'X');
      files.rename(root, 'a', root, 'a');
      files.rename(root, 'a', root, 'b');
      assert.equal(get(files, root, 'b'), 'A');
      fails('ENOENT', () => files.rename(root, 'a', root, 'c'));
      fails('EISDIR', () => files.rename(root, 'b', root, 'd'));
      fails('ENOTDIR', () => files.rename(root, 'd', root, 'b'));
      fails('ENOTEMPTY', () => files.rename(root, 'd', root, 'e'));
      fails('EINVAL', () => files.rename(root, 'e', root, 'e/f'));
      files.rename(root, 'e', root, 'd');
      assert.equal(get(files, root, 'd/x'), 'X');
      files.rename(root, 'd/x', root, 'x');
      assert.deepEqual(files.list(root, '.').sort(), ['b', 'd', 'x']);
    });

    test('tells what it knows of entries', (t) => {
      const { files, root } = make(t);
      put(files, root, 'a', '12345');
      const about = files.stat(root, 'a', true);
      assert.deepEqual([about.kind, about.size, about.links], [KIND.FILE, 5, 1]);
      assert.equal(about.mode & 0o170000, 0o100000);
      assert.ok(Math.abs(about.modified - Date.now() / 1000) < 60);
      files.setTimes(root, 'a', 1000, 2000);
      files.setMode(root, 'a', 0o640);
      const later = files.stat(root, 'a', true);
      assert.deepEqual([later.accessed, later.modified, later.mode], [1000, 2000, 0o100640]);
      assert.equal(later.inode, about.inode);
      files.setOwner(root, 'a', -1, -1);
      files.setOwner(root, 'a', about.user, about.group);
      const directory = files.stat(root, '.', true);
      assert.equal(directory.kind, KIND.DIRECTORY);
      assert.equal(directory.mode & 0o170000, 0o040000);
      fails('ENOENT', () => files.stat(root, 'no', true));
      fails('ENOTDIR', () => files.stat(root, 'a/b', true));
      assert.equal(files.exists(`${root}/a`), true);
      assert.equal(files.exists(`${root}/b`), false);
    });

    test('follows links, but none that leads out', (t) => {
      const { files, root } = make(t);
      files.makeDirectory(root, 'd');
      put(files, root, 'd/a', 'A');
      files.makeLink('d/a', root, 'inside');
      files.makeLink('../d', root, 'd/up');
      files.makeLink('loop', root, 'loop');
      files.makeLink('missing', root, 'dangling');
      assert.equal(get(files, root, 'inside'), 'A');
      assert.equal(get(files, root, 'd/up/up/a'), 'A');
      assert.equal(files.readLink(root, 'inside'), 'd/a');
      assert.equal(files.stat(root, 'inside', false).kind, KIND.LINK);
      assert.equal(files.stat(root, 'inside', true).kind, KIND.FILE);
      fails('EINVAL', () => files.readLink(root, 'd'));
      fails('ELOOP', () => files.open(root, 'loop', READ));
      fails('ENOENT', () => files.stat(root, 'dangling', true));
      files.close(files.open(root, 'dangling', WRITE | CREATE));
      assert.ok(files.exists(`${root}/missing`));
      files.remove(root, 'inside');
      assert.equal(get(files, root, 'd/a'), 'A', 'a link is removed, not what it leads to');
    });

    test('keeps paths inside their root', (t) => {
      const { files, root } = make(t);
      const above = path.dirname(root);
      files.writeFile(`${above}/secret`, bytes('secret'));
      for (const [link, target] of Object.entries({ up: '../secret', far: `${above}/secret`, out: '..' })) files.makeLink(target, root, link);
      for (const way of ['../secret', 'up', 'far', 'out/secret', 'x/../../secret']) {
        fails('EXDEV', () => files.open(root, way, READ));
        fails('EXDEV', () => files.open(root, way, WRITE | CREATE));
        fails('EXDEV', () => files.stat(root, way, true));
      }
      for (const way of ['../secret', 'out/secret']) {
        fails('EXDEV', () => files.remove(root, way));
        fails('EXDEV', () => files.rename(root, way, root, 'mine'));
        fails('EXDEV', () => files.makeLink('x', root, way));
      }
      fails('EXDEV', () => files.list(root, 'out'));
      assert.equal(get(files, above, 'secret'), 'secret');
      assert.equal(get(files, '/', `${root}/up`), 'secret', 'from the root of all it leads nowhere else');
    });

    test('files that were removed stay for who has them open', (t) => {
      const { files, root } = make(t);
      put(files, root, 'a', 'still here');
      const file = files.open(root, 'a', READ);
      files.remove(root, 'a');
      const into = new Uint8Array(10);
      assert.equal(files.read(file, into, 0), 10);
      assert.equal(text(into), 'still here');
      files.close(file);
      assert.deepEqual(files.list(root, '.'), []);
    });

    test('replaces files as a whole, and leaves nothing beside them', (t) => {
      const { files, root } = make(t);
      const longest = 'x'.repeat(255);
      put(files, root, 'a', 'old');
      for (const name of ['a.new', 'osvm-1.new']) put(files, root, name, 'another file');
      for (const name of ['a', longest]) files.writeFile(`${root}/${name}`, bytes('new'));
      files.makeDirectory(root, 'd');
      fails('EISDIR', () => files.writeFile(`${root}/d`, bytes('new')));
      fails('ENAMETOOLONG', () => files.writeFile(`${root}/${longest}x`, bytes('new')));
      fails('ENOENT', () => files.writeFile(`${root}/no/a`, bytes('new')));
      assert.deepEqual(files.list(root, '.').sort(), ['a', 'a.new', 'd', 'osvm-1.new', longest]);
      for (const name of ['a', longest]) assert.equal(get(files, root, name), 'new');
      for (const name of ['a.new', 'osvm-1.new']) assert.equal(get(files, root, name), 'another file');
    });

    test('imports and exports', async (t) => {
      const { files, root } = make(t);
      files.currentDirectory = root;
      assert.equal(await files.import(new File(['content'], 'x.image')), `${root}/x.image`);
      assert.equal(await files.import(new Blob(['new']), `${root}/x.image`), `${root}/x.image`);
      assert.equal(await files.export(`${root}/x.image`).text(), 'new');
      assert.deepEqual(files.list(root, '.'), ['x.image'], 'nothing is left beside it');
    });
  });
}

describe('NodeFiles', () => {
  test('touches nothing outside of its directories', (t) => {
    const { root } = kinds.NodeFiles(t);
    const files = new NodeFiles({ directories: [root], currentDirectory: root });
    fs.writeFileSync(`${path.dirname(root)}/secret`, 'secret');
    fs.symlinkSync('../secret', `${root}/up`);
    for (const way of [`${path.dirname(root)}/secret`, `${root}/up`, `${root}-2`]) fails('EACCES', () => files.open('/', way, READ | WRITE | CREATE));
    put(files, '/', `${root}/mine`, 'mine');
    assert.equal(fs.readFileSync(`${root}/mine`, 'utf8'), 'mine');
  });
});

describe('MemoryFiles', () => {
  test('heeds permission bits', () => {
    const { files, root } = kinds.MemoryFiles();
    put(files, root, 'a', 'A');
    files.setMode(root, 'a', 0o444);
    fails('EACCES', () => files.open(root, 'a', WRITE));
    files.setMode(root, 'a', 0o200);
    fails('EACCES', () => files.open(root, 'a', READ));
    files.setMode(root, '.', 0o555);
    fails('EACCES', () => files.remove(root, 'a'));
    fails('EACCES', () => files.makeDirectory(root, 'd'));
    fails('EPERM', () => files.setOwner(root, 'a', 0, -1));
  });

  test('takes no more room than it may, and gives it back', () => {
    const files = new MemoryFiles({ capacity: 1000 });
    const file = files.open('/', 'a', WRITE | CREATE);
    files.write(file, new Uint8Array(900), 0);
    fails('ENOSPC', () => files.write(file, new Uint8Array(200), 900));
    fails('ENOSPC', () => files.write(file, new Uint8Array(1), 2 ** 52));
    fails('ENOSPC', () => files.setSize(file, 2 ** 40));
    files.write(file, new Uint8Array(100), 900);
    fails('ENOSPC', () => files.write(files.open('/', 'b', WRITE | CREATE), new Uint8Array(1), 0));
    files.remove('/', 'a');
    assert.equal(files.used, 1000, 'it is open');
    files.close(file);
    assert.equal(files.used, 0);
  });

  test('its root stays', () => {
    const files = new MemoryFiles();
    fails('EBUSY', () => files.removeDirectory('/', '.'));
    fails('EISDIR', () => files.remove('/', '.'));
    fails('EEXIST', () => files.makeDirectory('/', '/'));
    fails('EBUSY', () => files.rename('/', '/', '/', '/x'));
    assert.equal(files.stat('/', '..', true).kind, KIND.DIRECTORY);
  });

  test('has a limit of open files', () => {
    const files = new MemoryFiles();
    files.writeFile('/a', bytes(''));
    for (let i = 0; i < 1024; i++) files.open('/', 'a', READ);
    fails('EMFILE', () => files.open('/', 'a', READ));
  });

  test('has room for very many entries', async () => {
    const many = 130_000;
    let kept = { records: [], contents: new Map() };
    const store = {
      keeps: true,
      load: async () => kept,
      commit: async (records, contents) => { kept = { records, contents }; },
      close: async () => {},
    };
    const files = await MemoryFiles.load(store);
    files.makeDirectory('/', 'd');
    for (let i = 0; i < many; i++) files.close(files.open('/', `d/${i}`, WRITE | CREATE_NEW));
    files.rename('/', 'd', '/', 'e');
    await files.flush();
    const again = await MemoryFiles.load(store);
    assert.equal(again.list('/', 'e').length, many);
    put(again, '/', 'e/more', 'more');
    assert.ok(again.stat('/', 'e/more', true).inode > many, 'numbers of entries go on');
  });
});
