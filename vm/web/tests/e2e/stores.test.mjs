// The stores of files in a real browser: in pages, in workers, in two tabs, and with a page that is closed in the middle of its work.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { end, open, start } from './support.mjs';

const JS = new URL('../../js/', import.meta.url);

before(start);
after(end);

/** Serves `vm/web/js` and an empty page; its address. */
async function served(context) {
  const server = createServer(async (request, response) => {
    if (request.url === '/') return response.setHeader('content-type', 'text/html').end('<!doctype html><link rel="icon" href="data:,">');
    try {
      const bytes = await readFile(new URL(`.${request.url}`, JS));
      response.setHeader('content-type', 'text/javascript').end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

/** Has the page open files as `files`, as other tabs do. */
const openFiles = (page, name, options) =>
  page.evaluate(async ([name, options]) => {
    const { openFiles } = await import('/files.mjs');
    globalThis.files = await openFiles(name, options);
    return { keeps: files.keeps, whyNot: files.whyNot };
  }, [name, options]);

const write = (page, path, text) => page.evaluate(([path, text]) => files.writeFile(path, new TextEncoder().encode(text)), [path, text]);
const read = (page, path) => page.evaluate((path) => new TextDecoder().decode(files.readFile(path)), path);

test('two tabs do not disturb each other', async (context) => {
  const address = await served(context);
  const first = await open(context, address);
  const second = await first.context().newPage();
  await second.goto(address);
  assert.deepEqual(await openFiles(first, 'f'), { keeps: true, whyNot: undefined });
  await write(first, '/x', 'first');
  await first.evaluate(() => files.flush());
  const told = await openFiles(second, 'f');
  assert.equal(told.keeps, false);
  assert.match(told.whyNot, /open in another tab or window/);
  assert.equal(await read(second, '/x'), 'first');
  await write(second, '/x', 'second');
  await second.evaluate(() => files.flush());
  await write(first, '/y', 'more');
  await first.evaluate(() => files.flush());
  // A tab that waits has the files once the first one is gone.
  const waiting = openFiles(second, 'f', { ifTaken: 'wait' });
  await first.close();
  assert.equal((await waiting).keeps, true);
  assert.deepEqual([await read(second, '/x'), await read(second, '/y')], ['first', 'more']);
});

test('a worker has the same files as a page', async (context) => {
  const page = await open(context, await served(context));
  const kept = await page.evaluate(async () => {
    const source = `
      import { openFiles } from '${location.origin}/files.mjs';
      const files = await openFiles('f');
      files.makeDirectories('/d');
      files.writeFile('/d/x', new Uint8Array(3_000_000).fill(7));
      await files.shut();
      postMessage(files.exists('/d/x'));
    `;
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module' });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
    });
  });
  assert.equal(kept, true);
  await openFiles(page, 'f');
  assert.deepEqual(await page.evaluate(() => [files.readFile('/d/x').length, files.readFile('/d/x').every((byte) => byte === 7)]), [3_000_000, true]);
});

for (const [place, hide] of [['OPFS', ''], ['IndexedDB', 'navigator.storage.getDirectory = undefined']]) {
  test(`a page that is closed in the middle leaves the files of one moment, in ${place}`, async (context) => {
    const address = await served(context);
    const page = await open(context, address);
    await page.context().addInitScript(hide);
    const seen = new Set();
    for (let round = 0; round < 12; round++) {
      const tab = await page.context().newPage();
      await tab.goto(address);
      assert.equal((await openFiles(tab, 'f', { ifTaken: 'wait' })).keeps, true);
      const found = await tab.evaluate(() => {
        const text = (path) => new TextDecoder().decode(files.readFile(path));
        return files.exists('/a') ? [text('/a'), text('/b').slice(0, 20).trim(), files.readFile('/b').length] : undefined;
      });
      // Both files are of the same batch.
      if (found !== undefined) assert.deepEqual(found, [found[0], found[0], 200_000 + found[0].length], `round ${round}`);
      seen.add(found?.[0]);
      // It writes on and on, and is closed at some point.
      await tab.evaluate((round) => {
        let count = 0;
        const change = () => {
          const number = `${round}.${++count}`;
          files.writeFile('/a', new TextEncoder().encode(number));
          files.writeFile('/b', new TextEncoder().encode(number + ' '.repeat(200_000)));
          files.flush().then(change);
        };
        change();
      }, round);
      await new Promise((resolve) => setTimeout(resolve, 20 + 17 * round));
      await tab.close();
    }
    const places = await page.evaluate(async () => {
      const found = (await indexedDB.databases()).map(() => 'IndexedDB');
      for await (const name of (await navigator.storage.getDirectory()).keys()) if (name === 'osvm-f') found.push('OPFS');
      return found;
    });
    assert.deepEqual(places, [place]);
    assert.ok(seen.size > 3, `so many states were kept: ${[...seen]}`);
  });
}

test('more than the browser gives is an error, and the files before it stay', async (context) => {
  const address = await served(context);
  const page = await open(context, address);
  const session = await page.context().newCDPSession(page);
  await openFiles(page, 'f');
  await write(page, '/x', 'small');
  await page.evaluate(() => files.flush());
  await session.send('Storage.overrideQuotaForOrigin', { origin: address.slice(0, -1), quotaSize: 1_000_000 });
  const failure = await page.evaluate(() => {
    files.writeFile('/big', new Uint8Array(5_000_000));
    return files.flush().then(() => 'kept', (error) => error.message);
  });
  assert.match(failure, /^the browser could not keep 5\.0 MB of files: ./);
  await page.reload();
  await openFiles(page, 'f', { ifTaken: 'wait' });
  assert.equal(await read(page, '/x'), 'small');
  assert.equal(await page.evaluate(() => files.exists('/big')), false);
});
