// Plugins in the VM, from the same modules as on the desktop, with the interfaces of a page and of Node.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { MemoryFiles } from '../js/files.mjs';
import { NodeFiles } from '../js/node-files.mjs';
import { echoServer } from './echo-server.mjs';
import { answer, primitives, skip, start } from './vm.mjs';

const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (content) => new TextEncoder().encode(content);

const FILE = {
  primitiveFileOpen: 'open:writable:',
  primitiveFileOpenNew: 'openNew:',
  primitiveFileClose: 'close:',
  primitiveFileRead: 'read:into:at:count:',
  primitiveFileWrite: 'write:from:at:count:',
  primitiveFileSize: 'sizeOf:',
  primitiveFileGetPosition: 'positionOf:',
  primitiveFileSetPosition: 'position:to:',
  primitiveFileAtEnd: 'isAtEnd:',
  primitiveFileTruncate: 'truncate:to:',
  primitiveFileSync: 'sync:',
  primitiveFileDelete: 'delete:',
  primitiveFileRename: 'rename:to:',
  primitiveDirectoryCreate: 'createDirectory:',
  primitiveDirectoryDelete: 'deleteDirectory:',
  primitiveDirectoryLookup: 'lookup:index:',
  primitiveDirectoryEntry: 'entry:name:',
  primitiveFileDescriptorType: 'descriptorType:',
  primitiveConnectToFileDescriptor: 'connect:writable:',
};

/** Files, and the directory that they are in. */
const kinds = {
  'files in memory': () => {
    const files = new MemoryFiles();
    files.makeDirectories('/home/me');
    return { files, home: '/home/me' };
  },
  'files of the computer': (t) => {
    const home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'osvm-vm-')));
    t.after(() => fs.rmSync(home, { recursive: true, force: true }));
    return { files: new NodeFiles({ currentDirectory: home }), home };
  },
};

const config = (home, grants) => `
  [plugins.FilePlugin]
  module = "\${plugins}/file.wasm"
  grants = { clock = true, stdio = true, security = true, files = [${grants.map(([host, guest, write]) => `{ host = "${home}${host}", guest = "${guest}", write = ${write} }`)}] }
`;

for (const [kind, make] of Object.entries(kinds)) {
  describe(kind, { skip }, () => {
    test('FilePlugin does what it does on the desktop', async (t) => {
      const { files, home } = make(t);
      files.currentDirectory = home;
      const osvm = await start(t, { files });
      await primitives(osvm, { FilePlugin: FILE });
      const ask = (source) => answer(osvm, source);
      assert.equal(await ask(`| f r buffer |
        f := 0 open: '${home}/a' writable: true.
        r := OrderedCollection new.
        r add: (0 write: f from: 'Hello, world' at: 1 count: 12).
        r add: (0 sizeOf: f); add: (0 positionOf: f); add: (0 isAtEnd: f).
        0 position: f to: 7.
        buffer := String new: 5.
        r add: (0 read: f into: buffer at: 1 count: 5); add: buffer.
        0 truncate: f to: 5. r add: (0 sizeOf: f).
        r add: (0 sync: f) == 0; add: (0 close: f) == 0; add: (0 sizeOf: f).
        r asArray`), `{12. 12. 12. true. 5. 'world'. 5. true. true. #failed->#'bad argument'}`);
      assert.equal(text(files.readFile(`${home}/a`)), 'Hello');
      assert.equal(await ask(`0 open: '${home}/none' writable: false`), '#failed->operating system error 2');
      assert.equal(await ask(`0 open: '${home}' writable: false`), '#failed->operating system error 21');
      assert.equal(await ask(`0 openNew: '${home}/a'`), `#failed->#'inappropriate operation'`);
      assert.equal(await ask(`0 open: '${home}/a/b' writable: true`), '#failed->operating system error 20');
      assert.equal(await ask(`0 createDirectory: '${home}/d'`), '0');
      assert.equal(await ask(`0 createDirectory: '${home}/d'`), '#failed->operating system error 17');
      assert.equal(await ask(`0 rename: '${home}/a' to: '${home}/d/b'`), '0');
      assert.equal(await ask(`0 deleteDirectory: '${home}/d'`), '#failed->operating system error 39');
      assert.equal(await ask(`(0 lookup: '${home}/d' index: 1) first: 1`), `#('b')`);
      assert.equal(await ask(`0 lookup: '${home}/d' index: 2`), 'nil');
      assert.equal(await ask(`((0 entry: '${home}/d' name: 'b') allButFirst: 3) asArray`), '#(false 5 420 false)');
      assert.equal(await ask(`0 delete: '${home}/d/b'`), '0');
      assert.equal(await ask(`0 deleteDirectory: '${home}/d'`), '0');
      assert.equal(await ask(`0 delete: 'relative'`), '#failed->operating system error 2');
      assert.equal(await ask(`(File named: 'relative') contents: 'made here'; fullName`), `'${home}/relative'`);
      assert.equal(text(files.readFile(`${home}/relative`)), 'made here');
    });

    test('nothing is touched but what is granted', async (t) => {
      const { files, home } = make(t);
      for (const name of ['shared', 'mine', 'secret']) files.makeDirectory('/', `${home}/${name}`);
      for (const name of ['shared/a', 'mine/a', 'secret/a']) files.writeFile(`${home}/${name}`, bytes(name));
      files.makeLink('../secret/a', '/', `${home}/shared/up`);
      files.makeLink(`${home}/secret`, '/', `${home}/mine/far`);
      files.makeLink('a', '/', `${home}/mine/near`);
      const osvm = await start(t, { files, config: config(home, [['/shared', '/', false], ['/mine', '/mine', true], ['/none', '/none', true]]) });
      await primitives(osvm, { FilePlugin: FILE });
      const open = (where, write) => answer(osvm,
        `| f | f := 0 open: '${where}' writable: ${write}. f class == ByteArray ifTrue: [ 0 close: f. #opened ] ifFalse: [ f ]`);
      const no = (number) => `#failed->operating system error ${number}`;
      assert.equal(await open('/a', false), '#opened');
      assert.equal(await open('/mine/a', true), '#opened');
      assert.equal(await open('/mine/near', true), '#opened');
      assert.equal(await open('/a', true), no(13), 'it can only be read');
      assert.equal(await open('/new', true), no(13));
      assert.equal(await open('/mine/new', true), '#opened');
      for (const way of ['/up', '/mine/far/a', '/mine/far/new']) {
        assert.equal(await open(way, true), no(13), `${way} leads out`);
        // What leads out of a folder is looked for in the next one that was granted, as on the desktop.
        assert.equal(await open(way, false), no(way === '/up' ? 13 : 2), `${way} leads out`);
      }
      for (const way of ['/mine/../../secret/a', '/../secret/a', `${home}/secret/a`, '/secret/a', '/none/a']) {
        assert.equal(await open(way, false), no(2), `${way} is not there`);
      }
      assert.equal(await answer(osvm, `0 delete: '/a'`), no(13));
      assert.equal(await answer(osvm, `0 rename: '/mine/a' to: '/b'`), no(13));
      assert.equal(await answer(osvm, `0 rename: '/mine/a' to: '/mine/b'`), '0');
      assert.equal(await answer(osvm, `0 delete: '/mine/far/a'`), no(13));
      assert.equal(await answer(osvm, `0 lookup: '/mine/far' index: 1`), no(2));
      assert.equal(text(files.readFile(`${home}/secret/a`)), 'secret/a');
      assert.deepEqual(files.list('/', `${home}/secret`), ['a']);
    });

    test('FileAttributesPlugin tells what there is', async (t) => {
      const { files, home } = make(t);
      files.writeFile(`${home}/a`, bytes('12345'));
      files.makeLink('a', '/', `${home}/link`);
      files.setTimes('/', `${home}/a`, 1_000_000_000, 1_000_000_000);
      files.setMode('/', `${home}/a`, 0o640);
      const osvm = await start(t, { files });
      await primitives(osvm, {
        FileAttributesPlugin: {
          primitiveFileAttribute: 'attribute:number:', primitiveFileExists: 'exists:', primitiveOpendir: 'openDirectory:',
          primitiveReaddir: 'readDirectory:', primitiveClosedir: 'closeDirectory:', primitiveChangeMode: 'mode:to:',
        },
      });
      const attribute = (name, number) => answer(osvm, `0 attribute: '${home}/${name}' number: ${number}`);
      assert.equal(await attribute('a', 2), String(0o100640));
      assert.equal(await attribute('a', 8), '5');
      const local = 1_000_000_000 + 2_177_452_800 - 60 * new Date(1e12).getTimezoneOffset();
      assert.equal(await attribute('a', 10), String(local));
      assert.deepEqual(await Promise.all([13, 14, 15].map((number) => attribute('a', number))), ['true', 'true', 'false']);
      assert.equal(await attribute('link', 16), 'true');
      assert.equal(await answer(osvm, `0 exists: '${home}/none'`), 'false');
      assert.equal(await answer(osvm, `0 mode: '${home}/a' to: 8r600`), 'nil');
      assert.equal(files.stat('/', `${home}/a`, true).mode, 0o100600);
      assert.equal(await answer(osvm, `| first second rest |
        first := 0 openDirectory: '${home}'.
        second := 0 readDirectory: (first at: 3).
        rest := 0 readDirectory: (first at: 3).
        0 closeDirectory: (first at: 3).
        { ({ (first at: 1) asString. (second at: 1) asString } asSortedCollection: [ :a :b | a <= b ]) asArray. rest }`), `#(#('a' 'link') nil)`);
    });

    test('AsynchFilePlugin signals when it is done', async (t) => {
      const { files, home } = make(t);
      const osvm = await start(t, { files });
      await primitives(osvm, {
        AsynchFilePlugin: {
          primitiveAsyncFileOpen: 'aOpen:writable:semaphore:', primitiveAsyncFileClose: 'aClose:',
          primitiveAsyncFileWriteStart: 'aWrite:at:from:offset:count:', primitiveAsyncFileWriteResult: 'aWritten:',
          primitiveAsyncFileReadStart: 'aRead:at:count:', primitiveAsyncFileReadResult: 'aRead:into:at:count:',
        },
      });
      assert.equal(await answer(osvm, `| s f r buffer |
        s := Semaphore new.
        Smalltalk specialObjectsArray at: 39 put: { s }.
        f := 0 aOpen: '${home}/a' writable: true semaphore: 1.
        0 aWrite: f at: 2 from: 'Hello' offset: 1 count: 5.
        s wait.
        r := OrderedCollection with: (0 aWritten: f).
        0 aRead: f at: 3 count: 100.
        s wait.
        buffer := String new: 10 withAll: $-.
        r add: (0 aRead: f into: buffer at: 2 count: 9); add: buffer; add: (0 aClose: f) == 0.
        r asArray`), `#(5 4 '-ello-----' true)`);
      assert.equal(text(files.readFile(`${home}/a`)), '\0\0Hello');
    });
  });
}

describe('the world of a page', { skip }, () => {
  test('standard streams', async (t) => {
    const seen = { out: '', err: '' };
    const osvm = await start(t, {
      stdout: (data) => (seen.out += text(data)),
      stderr: (data) => (seen.err += text(data)),
    });
    await primitives(osvm, { FilePlugin: FILE });
    await answer(osvm, `Stdio stdout nextPutAll: 'to out'; lf`);
    await answer(osvm, `Stdio stderr nextPutAll: 'to err'; lf`);
    assert.deepEqual(seen, { out: 'to out\n', err: 'to err\n' });
    const failed = await osvm.evaluate('Stdio stdin next');
    assert.match(failed.error.message, /operating system error 11/);
    osvm.input(bytes('a line\nmore'));
    assert.equal(await answer(osvm, 'Stdio stdin upTo: Character lf'), `'a line'`);
    osvm.input(null);
    assert.equal(await answer(osvm, 'Stdio stdin upToEnd'), `'more'`);
    assert.equal(await answer(osvm, '(0 to: 4) collect: [ :each | 0 descriptorType: each ]'), '#(1 1 1 -1 -1)');
    assert.equal(await answer(osvm, `| f | f := 0 connect: 1 writable: true. 0 write: f from: 'attached' at: 1 count: 8. 0 close: f. f size`), '24');
    assert.equal(seen.out, 'to out\nattached');
  });

  test('ConsolePlugin, UUIDPlugin and variables', async (t) => {
    const seen = [];
    const osvm = await start(t, { stdout: (data) => seen.push(text(data)), environment: { APP: 'my app', PATH: '/bin' } });
    await primitives(osvm, {
      UUIDPlugin: { primitiveMakeUUID: 'uuid' },
      CpSystemPlugin: { 'primitiveEnvironmentVariableAt:': 'variable:', primitiveEnvironmentVariableNames: 'variables', 'primitiveConsoleTrace:': 'trace:' },
    });
    assert.equal(await answer(osvm, `0 variable: 'APP'`), `'my app'`);
    assert.equal(await answer(osvm, `0 variable: 'PATH'`), 'nil', 'it is not granted');
    assert.equal(await answer(osvm, '0 variables'), `#('APP')`);
    assert.equal(await answer(osvm, `| a b | a := ByteArray new: 16. b := ByteArray new: 16. a uuid. b uuid. { a = b. (a at: 7) bitShift: -4 }`), '#(false 4)');
  });

  test('rights that are given up are gone', async (t) => {
    const files = new MemoryFiles();
    files.writeFile('/a', bytes('a'));
    files.makeDirectories('/My Squeak');
    const osvm = await start(t, { files });
    await primitives(osvm, {
      FilePlugin: FILE,
      SecurityPlugin: { primitiveDisableFileAccess: 'giveUpFiles', primitiveDisableImageWrite: 'giveUpImage', primitiveHasFileAccess: 'mayUseFiles' },
    });
    assert.equal(await answer(osvm, '0 mayUseFiles'), 'true');
    assert.equal(await answer(osvm, `(File named: '/a') contents`), `'a'`);
    await answer(osvm, '0 giveUpFiles. 0 giveUpImage');
    assert.equal(await answer(osvm, '0 mayUseFiles'), 'false');
    assert.equal(await answer(osvm, `0 open: '/a' writable: false`), '#failed->operating system error 2');
    assert.equal(await answer(osvm, `(File named: '/My Squeak/b') contents: 'b'; contents`), `'b'`);
    await assert.rejects(osvm.save());
    assert.equal(files.exists('/osvm.image'), false);
  });

  test('what an image writes is kept by the store', async (t) => {
    const { browser } = await import('./fakes.mjs');
    const { openFiles } = await import('../js/files.mjs');
    browser(t);
    const files = await openFiles('f');
    const osvm = await start(t, { files });
    await answer(osvm, `(File named: '/notes.txt') contents: 'kept'`);
    const saved = await osvm.save();
    await files.shut();
    const again = await openFiles('f');
    assert.equal(text(again.readFile('/notes.txt')), 'kept');
    const second = await start(t, { files: again, image: saved, imageName: saved });
    assert.equal(await answer(second, `(File named: '/notes.txt') contents`), `'kept'`);
  });
});

describe('connections', { skip: skip || (globalThis.WebSocket === undefined && 'this Node has no WebSocket: --experimental-websocket') }, () => {
  const CHANNEL = {
    'primitiveWebSocketConnectToUrl:withEventSemaphore:': 'connect:semaphore:', 'primitiveWebSocketSend:': 'send:', primitiveWebSocketClose: 'close',
    primitiveWebSocketReadyState: 'state', primitiveWebSocketReceivedMessage: 'message',
  };

  test('an image talks to a server that was granted', async (t) => {
    const port = await echoServer(t);
    const osvm = await start(t);
    await primitives(osvm, { CpSystemPlugin: CHANNEL });
    const talk = answer(osvm, `| s c r |
      s := Semaphore new.
      Smalltalk specialObjectsArray at: 39 put: { s }.
      c := Object new.
      c connect: 'ws://127.0.0.1:${port}/chat' semaphore: 1.
      s wait.
      r := OrderedCollection with: c state.
      r add: c message; add: (c send: 'hello' asByteArray).
      s wait.
      r add: c message; add: c message; add: c close.
      s wait.
      r add: c state.
      r asArray printString`);
    assert.equal(await talk, `'#(1 nil true #[104 101 108 108 111] nil true 3)'`);
  });

  test('no other is connected to', async (t) => {
    const osvm = await start(t, { config: '[plugins.CpSystemPlugin]\nmodule = "${plugins}/cp-system.wasm"\ngrants = { net = ["127.0.0.1:1"], clock = true, random = true, console = true, environment = ["APP"] }' });
    await primitives(osvm, { CpSystemPlugin: CHANNEL });
    const refused = '#failed->operating system error 13';
    for (const url of ['ws://127.0.0.1:2/', 'ws://localhost:1/', 'wss://example.org/', 'ws://127.0.0.1:1@example.org/']) {
      assert.equal(await answer(osvm, `Object new connect: '${url}' semaphore: 0`), refused, url);
    }
    for (const url of ['http://127.0.0.1:1/', 'ws://127.0.0.1:1\\@example.org/', '']) {
      assert.equal(await answer(osvm, `Object new connect: '${url}' semaphore: 0`), "#failed->#'bad argument'", url);
    }
    // Nobody listens there.
    assert.equal(await answer(osvm, `| s c |
      s := Semaphore new.
      Smalltalk specialObjectsArray at: 39 put: { s }.
      c := Object new.
      c connect: 'ws://127.0.0.1:1/' semaphore: 1.
      s wait.
      c state`), '3');
  });
});
