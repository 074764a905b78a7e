// The page with the real VM, as `osvm serve` serves it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { webSocketServer } from './web-socket-server.mjs';
import { HERE, IMAGES, end, evaluate, folder, forgive, open, processorTime, running, serveVm, show, start } from './support.mjs';

before(start);
after(end);

const PHARO = 'pharo8-bootstrap-64.image';
const HERMES = '../bench/peerbench.hermes';
const CODE_PARADISE = 'codeparadise-sista-32.image';
const GOLDEN = join(HERE, '../../../../tests/golden');
const PLUGINS = process.env.OSVM_PLUGINS;
/** One primitive, for far longer than anybody waits. */
const COMPUTES = '| n | n := (1 bitShift: 16000000) - 1. n * n';

/** Skips a test where files of the images are missing. */
const needs = (...files) => {
  const missing = files.filter((file) => !IMAGES || !existsSync(join(IMAGES, file)));
  return { skip: missing.length > 0 && `${missing.join(' and ')} not here; set OSVM_IMAGES` };
};

/** A page with the built-in image, up and running. */
async function started(context, args = [], options = {}) {
  const page = await open(context, await serveVm(context, args, options));
  await running(page);
  return page;
}

/** Standard output as it is shown. */
const printed = async (page) => (await page.locator('#log .stdout').allTextContents()).join('');

/** An address of this machine that is not its own alone. */
const ownAddress = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
const withoutNetwork = { skip: ownAddress ? false : 'this machine has no other address than 127.0.0.1' };

/** What the command prints for an expression. */
const onDesktop = (source) => execFileSync(process.env.OSVM_COMMAND, ['eval', source], { encoding: 'utf8' }).trim();

test('1 + 3 is 4, and all that a console shows', async (context) => {
  const page = await started(context);
  assert.equal(await evaluate(page, '1 + 3'), '4');
  assert.equal(await evaluate(page, '100 factorial / 98 factorial'), '9900');
  assert.equal(await evaluate(page, 'kept := 6.\nkept * 7'), '42');
  assert.equal(await evaluate(page, 'kept'), '6', 'variables stay');
  assert.match(await evaluate(page, '3 foo: 4'), /foo:[^]*SmallInteger\(Object\)>>doesNotUnderstand:[^]*expression:1:3/);
  assert.match(await evaluate(page, '3 + '), /It does not compile[^]*expression:1:4: error: [^]*3 \+\n/);
  await evaluate(page, "Transcript show: 'héllo'; cr");
  await page.locator('#log .stdout').getByText('héllo').waitFor();
  assert.equal(await evaluate(page, "'ünï → 日本'"), "'ünï → 日本'");
});

test('the page answers at once while the image loops without end', async (context) => {
  const page = await started(context);
  await page.locator('#source').fill('[ true ] whileTrue');
  await page.locator('#source').press('Enter');
  await page.locator('#state').getByText('Evaluating').waitFor();
  // From the click's own time to the next frame, which shows the other view.
  await page.evaluate(() => {
    globalThis.delays = [];
    document.getElementById('tabs').addEventListener('click', ({ timeStamp }) => {
      requestAnimationFrame(() => setTimeout(() => globalThis.delays.push(performance.now() - timeStamp)));
    });
  });
  for (let round = 0; round < 5; round++) for (const view of ['Files', 'Plugins', 'Activity', 'Image']) await show(page, view);
  await page.waitForFunction(() => globalThis.delays.length === 20);
  const delays = (await page.evaluate(() => globalThis.delays)).sort((a, b) => a - b);
  context.diagnostic(`clicks are answered after ${delays.map((delay) => delay.toFixed(0)).join(', ')} ms`);
  // The machine may have other things to do at some moment; a page that is held up is late each time.
  assert.ok(delays[17] < 50, `nine clicks in ten are answered within 50 ms: ${delays}`);
  await show(page, 'Activity');
  await page.locator('.process', { hasText: 'whileTrue' }).or(page.locator('.process', { hasText: 'DoIt' })).first().waitFor();
  const asked = Date.now();
  await page.locator('#interrupt').click();
  await page.locator('.failure').getByText('Interrupted').waitFor();
  assert.ok(Date.now() - asked < 2000, 'and so is the interrupt');
  assert.equal(await evaluate(page, '3 + 4'), '7', 'the image goes on');
  await page.locator('#source').fill('[ true ] whileTrue');
  await page.locator('#source').press('Enter');
  await page.locator('#state').getByText('Evaluating').waitFor();
  await page.locator('#stop').click();
  await page.locator('#state').getByText('Stopped').waitFor();
  await page.locator('#run').click();
  await running(page);
  assert.equal(await evaluate(page, '1 + 3'), '4');
});

test('an idle image leaves the page and the processor alone', async (context) => {
  const page = await started(context);
  await evaluate(page, '1 + 3');
  await page.locator('#state').getByText('Idle').waitFor();
  const before = await processorTime();
  await page.waitForTimeout(3000);
  const share = ((await processorTime()) - before) / 3;
  context.diagnostic(`idle, all processes of the page take ${(share * 100).toFixed(1)}% of a processor`);
  assert.ok(share < 0.1, `it is busy for ${(share * 100).toFixed(1)}% of the time`);
});

test('what an image writes without end does not stop the page', async (context) => {
  const page = await started(context);
  await page.locator('#source').fill("[ Transcript show: 'a line of it'; cr ] repeat");
  await page.locator('#source').press('Enter');
  await page.locator('#log .stdout').first().waitFor();
  await page.waitForTimeout(1000);
  await page.locator('#interrupt').click();
  await page.locator('.failure').getByText('Interrupted').waitFor();
  assert.equal(await evaluate(page, '1 + 3'), '4');
});

test('a snapshot and files are kept over a reload', async (context) => {
  const page = await started(context);
  await evaluate(page, 'Smalltalk at: #Kept put: 42');
  await evaluate(page, "'/notes.txt' asFile contents: 'from the image'");
  await show(page, 'Files');
  await page.getByText('They are kept in this browser').waitFor();
  await page.getByRole('rowheader', { name: 'notes.txt' }).waitFor();
  await page.locator('#files-input').setInputFiles({ name: 'mine.txt', mimeType: '', buffer: Buffer.from('from the page') });
  await page.getByRole('rowheader', { name: 'mine.txt' }).waitFor();
  assert.equal(await evaluate(page, "'/mine.txt' asFile contents"), "'from the page'");
  await show(page, 'Image');
  await page.getByRole('button', { name: 'Save snapshot' }).click();
  await page.locator('#image-facts').getByText('the files of this page, /osvm.image').waitFor();
  await evaluate(page, 'Smalltalk at: #Kept put: 43');
  await page.reload();
  await running(page);
  assert.equal(await evaluate(page, 'Smalltalk at: #Kept'), '42', 'the image is the one that was saved');
  assert.equal(await evaluate(page, "'/notes.txt' asFile contents"), "'from the image'");
  assert.equal(await evaluate(page, "'/mine.txt' asFile contents"), "'from the page'");
  await show(page, 'Image');
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save and download' }).click()]);
  const bytes = await readFile(await file.path());
  assert.equal(bytes.readUInt32LE(0), 68021, 'it is an image of 64 bits');
  await page.getByRole('button', { name: 'The built-in image' }).click();
  await running(page);
  assert.equal(await evaluate(page, 'Smalltalk at: #Kept ifAbsent: [ nil ]'), 'nil');
});

test('files are kept also after a worker that computes was ended', async (context) => {
  const page = await started(context);
  await page.locator('#source').fill(COMPUTES);
  await page.locator('#source').press('Enter');
  await page.waitForTimeout(1000);
  await page.locator('#stop').click();
  await page.locator('#run').click();
  await page.locator('.failure').getByText('the worker was ended').waitFor();
  await running(page);
  await show(page, 'Files');
  await page.getByText('They are kept in this browser').waitFor();
  await evaluate(page, "'/notes.txt' asFile contents: 'of the second worker'");
  await page.waitForTimeout(500);
  await page.reload();
  await running(page);
  assert.equal(await evaluate(page, "'/notes.txt' asFile contents"), "'of the second worker'");
  // The same for one that ends with its page.
  await page.locator('#source').fill(COMPUTES);
  await page.locator('#source').press('Enter');
  await page.waitForTimeout(1000);
  await page.reload();
  await running(page);
  await show(page, 'Files');
  await page.getByText('They are kept in this browser').waitFor();
});

test('that the browser gives no more room is said, and that it does again', async (context) => {
  const page = await started(context);
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 });
  await evaluate(page, "'/big.txt' asFile contents: (String new: 5000000)");
  await page.locator('#log .error').getByText('files could not be kept: the browser could not keep').waitFor();
  await show(page, 'Files');
  await page.locator('#files-kept').getByText('What was changed last is not kept').waitFor();
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.locator('#files-kept').getByText('They are kept in this browser').waitFor();
});

test('two pages with the same files do not harm them', async (context) => {
  const page = await started(context);
  await evaluate(page, "'/notes.txt' asFile contents: 'of the first'");
  await show(page, 'Files');
  await page.getByText('They are kept in this browser').waitFor();
  const second = await page.context().newPage();
  await second.goto(page.url());
  await running(second);
  await show(second, 'Files');
  await second.getByText('They are gone with the page').waitFor();
  await evaluate(second, "'/notes.txt' asFile contents: 'of the second'");
  await second.close();
  await page.waitForTimeout(500);
  await page.reload();
  await running(page);
  assert.equal(await evaluate(page, "'/notes.txt' asFile contents"), "'of the first'");
});

test('what is entered while the image starts is evaluated then', async (context) => {
  const page = await open(context, await serveVm(context));
  assert.equal(await evaluate(page, '1 + 3'), '4');
});

test('where a page may not have its private file system, IndexedDB keeps the files', withoutNetwork, async (context) => {
  const { port } = new URL(await serveVm(context, ['--address', '0.0.0.0']));
  const page = await open(context, `http://${ownAddress}:${port}/`);
  assert.equal(await page.evaluate(() => isSecureContext), false);
  await running(page);
  await evaluate(page, "'/notes.txt' asFile contents: 'kept'");
  // Files are written behind.
  await page.waitForTimeout(1000);
  await page.reload();
  await running(page);
  assert.equal(await evaluate(page, "'/notes.txt' asFile contents"), "'kept'");
  forgive(page, 'Cross-Origin-Opener-Policy header has been ignored');
});

test('a folder that the user opens, with changes written back', async (context) => {
  const page = await started(context);
  // The dialog of the system cannot be driven; the handle that it would give is a real one.
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('project', { create: true });
    const file = await folder.getFileHandle('mine.txt', { create: true });
    const stream = await file.createWritable();
    await stream.write('from the folder');
    await stream.close();
    globalThis.showDirectoryPicker = async () => folder;
  });
  await show(page, 'Files');
  await page.getByRole('button', { name: 'Open a folder…' }).click();
  await page.getByRole('rowheader', { name: 'mine.txt' }).waitFor();
  assert.equal(await evaluate(page, "'/project/mine.txt' asFile contents"), "'from the folder'");
  await evaluate(page, "'/project/new.txt' asFile contents: 'from the image'");
  await page.waitForFunction(async () => {
    try {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('project');
      return (await (await (await folder.getFileHandle('new.txt')).getFile()).text()) === 'from the image';
    } catch {
      return false;
    }
  });
});

test('the page of docs/web.md that has a VM of its own', async (context) => {
  const docs = await readFile(join(HERE, '../../../../docs/web.md'), 'utf8');
  const lines = docs.slice(docs.indexOf('    <pre id="out">'), docs.indexOf('    </script>')).split('\n').map((line) => line.slice(4));
  assert.ok(lines.length > 5 && lines.length <= 11, 'it is ten lines');
  const server = createServer(async ({ url }, response) => {
    const type = { html: 'text/html', mjs: 'text/javascript', wasm: 'application/wasm' }[url.split('.').pop()] ?? 'text/html';
    const root = url.startsWith('/plugins/') ? join(PLUGINS, '..') : process.env.OSVM_WEB;
    const body = url === '/' ? `<!doctype html>${lines.join('\n')}</script>` : await readFile(join(root, url)).catch(() => undefined);
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const page = await open(context, `http://127.0.0.1:${server.address().port}/`);
  await page.locator('#out').getByText('9900').waitFor();
  forgive(page, 'favicon.ico');
});

test('an image from outside: its first start, and the golden text of printVersion after a reload', needs(PHARO), async (context) => {
  const cwd = await folder(context);
  await copyFile(join(IMAGES, PHARO), join(cwd, PHARO));
  const page = await open(context, await serveVm(context, [PHARO, '--config', join(GOLDEN, 'wasm.toml')], { cwd }));
  // In its first start it initialises and saves itself, and quits.
  const state = page.locator('#state');
  await state.getByText('Has quit').waitFor();
  await page.locator('#image-facts').getByText(`the files of this page, /${PHARO}`).waitFor();
  assert.equal(await printed(page), '');
  await page.goto(`${new URL(page.url()).origin}/page/?args=printVersion`);
  await state.getByText('Has quit').waitFor();
  assert.equal(await printed(page), await readFile(join(GOLDEN, 'pharo8-started/print-version/stdout'), 'utf8'));
  assert.match(await page.locator('#log').innerText(), /The image has quit with 0\./);
  // The third in the chain: it saves itself again, and the next one begins with that.
  await page.goto(`${new URL(page.url()).origin}/page/?args=--no-quit`);
  await running(page);
  assert.equal(await evaluate(page, '1 + 3'), '4');
  await evaluate(page, 'Smalltalk at: #Kept put: 42');
  await page.getByRole('button', { name: 'Save snapshot' }).click();
  await page.locator('#log').getByText('The image is saved').waitFor();
  await page.reload();
  await running(page);
  assert.equal(await evaluate(page, 'Smalltalk at: #Kept'), '42');
});

test('the chain of snapshots: initialised, with benchmarks loaded, and run, each after a reload', needs(PHARO, HERMES), async (context) => {
  const cwd = await folder(context);
  await copyFile(join(IMAGES, PHARO), join(cwd, PHARO));
  await mkdir(join(cwd, 'files'));
  await copyFile(join(IMAGES, HERMES), join(cwd, 'files/peerbench.hermes'));
  const page = await open(context, await serveVm(context, [PHARO, '--dir', 'files'], { cwd }));
  const state = page.locator('#state');
  await state.getByText('Has quit').waitFor();
  const address = `${new URL(page.url()).origin}/page/`;
  const runs = async (...args) => {
    await page.goto(`${address}?${args.map((arg) => `args=${encodeURIComponent(arg)}`).join('&')}`);
    await state.getByText('Has quit').waitFor();
    assert.match(await page.locator('#log').innerText(), /The image has quit with 0\./);
  };
  await runs('loadHermes', '/peerbench.hermes', '--save');
  await runs('bench', 'peerFib', '30');
  // What was printed is shown with the next frame.
  await page.locator('#log .stdout').getByText('2692537', { exact: true }).waitFor();
  assert.equal((await printed(page)).trim(), '2692537');
});

test('plugins are the very files of the desktop, and run', async (context) => {
  const page = await started(context, ['--config', join(GOLDEN, 'wasm.toml')]);
  assert.equal(await evaluate(page, '(2 raisedTo: 2000) printString size'), '603');
  assert.equal(await evaluate(page, "'/x.txt' asFile contents: 'x'. '/x.txt' asFile contents"), "'x'");
  assert.equal(await evaluate(page, "'abc' hash"), onDesktop("'abc' hash"));
  await evaluate(page, "String compile: 'cpTrim <primitive: ''primitiveStringTrim'' module: ''CpSystemPlugin''> ^ #failed'");
  assert.equal(await evaluate(page, "'  x ' cpTrim"), "'x'");
  await show(page, 'Plugins');
  await page.locator('.plugin').first().waitFor();
  const states = await page.locator('.plugin summary').allInnerTexts();
  for (const name of ['FilePlugin', 'LargeIntegers', 'MiscPrimitivePlugin', 'CpSystemPlugin']) {
    assert.match(states.find((text) => text.startsWith(name)) ?? 'missing', /in use/, name);
  }
  assert.deepEqual(states.filter((text) => text.includes('refused')), []);
  for (const file of ['file.wasm', 'large-integers.wasm', 'misc.wasm', 'cp-system.wasm']) {
    const served = await page.evaluate(async (file) => {
      const bytes = await (await fetch(`../plugins/${file}`)).arrayBuffer();
      return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))];
    }, file);
    const own = createHash('sha256').update(await readFile(join(PLUGINS, file))).digest();
    assert.deepEqual(Buffer.from(served), own, file);
  }
});

test('CodeParadise talks to its server by a WebSocket of the page, and only where that is granted', needs(CODE_PARADISE), async (context) => {
  const received = [];
  const url = await webSocketServer(context, (text) => received.push(text));
  const address = await serveVm(context, [join(IMAGES, CODE_PARADISE), '--config', join(GOLDEN, 'wasm.toml')]);
  const environment = new URLSearchParams([['env', `SERVER_URL=${url}`], ['env', 'APP=a test']]);
  const page = await open(context, `${address}page/?${environment}`);
  const deadline = Date.now() + 20_000;
  while (!received.join('').includes('CpClientStarted') && Date.now() < deadline) await page.waitForTimeout(100);
  for (const word of ['CpClientStarted', 'APP', 'a test', 'SERVER_URL']) assert.ok(received.join('').includes(word), `${word} in ${received}`);

  await page.goto(`${address}page/?env=SERVER_URL=ws://example.invalid/&env=APP=x`);
  await page.locator('#log').getByText('the host is not in `grants.net`').first().waitFor();
});

test('modules that are no plugins are refused, and the image runs', async (context) => {
  const cwd = await folder(context);
  await writeFile(join(cwd, 'garbage.wasm'), 'no module');
  // A module that is one, without a description.
  await writeFile(join(cwd, 'empty.wasm'), Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  const config = ['[plugins.Garbage]', "module = 'garbage.wasm'", '[plugins.Empty]', "module = 'empty.wasm'", '[plugins.Missing]', "module = 'missing.wasm'"];
  await writeFile(join(cwd, 'vm.toml'), config.join('\n'));
  const page = await open(context, await serveVm(context, ['--config', 'vm.toml'], { cwd }));
  await running(page);
  assert.equal(await evaluate(page, '1 + 3'), '4');
  await show(page, 'Plugins');
  await page.locator('.plugin').first().waitFor();
  const states = await page.locator('.plugin summary').allInnerTexts();
  for (const name of ['Garbage', 'Empty', 'Missing']) assert.match(states.find((text) => text.startsWith(name)), /refused/, name);
  // The page asked for a file that is not there, and the browser notes it.
  forgive(page, '/plugins/missing.wasm');
});

test('files of the server are there when the image starts', async (context) => {
  const cwd = await folder(context);
  await writeFile(join(cwd, 'a note.txt'), 'from the server');
  const page = await started(context, ['--dir', '.'], { cwd });
  assert.equal(await evaluate(page, "'/a note.txt' asFile contents"), "'from the server'");
});

test('an image that cannot be read says why, and the page goes on', async (context) => {
  const page = await started(context);
  await page.locator('#image-input').setInputFiles({ name: 'bad.image', mimeType: '', buffer: Buffer.from('no image') });
  await page.locator('#notice').getByText('/bad.image: ').waitFor();
  await page.locator('#state').getByText('Failed').waitFor();
  await page.getByRole('button', { name: 'The built-in image' }).click();
  await running(page);
  assert.equal(await evaluate(page, '1 + 3'), '4');
  assert.equal(await evaluate(page, '| all | all := OrderedCollection new. [ all add: (Array new: 100000) ] repeat').then((text) => /memory|space/i.test(text)), true);
});

test('the start from a warm cache', async (context) => {
  const page = await started(context);
  await evaluate(page, '1 + 3');
  const times = [];
  for (let i = 0; i < 3; i++) {
    await page.reload();
    await running(page);
    const up = await page.evaluate(() => performance.now());
    assert.equal(await evaluate(page, '1 + 3'), '4');
    times.push(`${up.toFixed(0)} ms to the start, ${(await page.evaluate(() => performance.now())).toFixed(0)} ms to the answer`);
  }
  context.diagnostic(times.join('; '));
});
