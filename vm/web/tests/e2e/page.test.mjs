// The page's own behaviour, with a stand-in for the VM.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { end, evaluate, folder, forgive, open, running, serveFake, show, start } from './support.mjs';

before(start);
after(end);

/** A page with the stand-in, up and running. */
async function started(context, { args = [], ...options } = {}) {
  const page = await open(context, await serveFake(context, args), options);
  await running(page);
  return page;
}

test('what is entered is evaluated, and answers and errors are told apart', async (context) => {
  const page = await started(context);
  assert.equal(await evaluate(page, '1 + 3'), '4');
  assert.equal(await page.locator('.answer pre.answer').last().textContent(), 'Answer: 4');
  assert.match(await evaluate(page, 'fail'), /Error: three[^]*SmallInteger\(Object\)>>error:[^]*UndefinedObject>>DoIt \(expression:1:3\)/);
  assert.match(await evaluate(page, 'wrong'), /It does not compile[^]*\^\^\^\^\^/);
  assert.equal(await page.locator('.failure').count(), 2);
  assert.deepEqual(await page.locator('pre.entered').allTextContents(), ['Entered: 1 + 3', 'Entered: fail', 'Entered: wrong']);
});

test('standard output and standard error are told apart, by words too', async (context) => {
  const page = await started(context);
  await evaluate(page, 'out hello');
  await evaluate(page, 'err alas');
  assert.equal((await page.locator('.stdout').innerText()).trim(), 'hello');
  assert.equal((await page.locator('.stderr').textContent()).trim(), 'Error output: alas');
});

test('what an image writes is text, never markup', async (context) => {
  const page = await started(context);
  assert.equal(await evaluate(page, 'markup'), '<img src=x onerror="document.title=1">');
  assert.match(await page.locator('.stdout').innerText(), /<b id="injected">bold<\/b>/);
  assert.equal(await page.locator('#injected, #log img').count(), 0);
});

test('an image that writes without end does not hold the page up', async (context) => {
  const page = await started(context);
  assert.equal(await evaluate(page, 'flood'), 'nil');
  assert.match(await page.locator('#log').innerText(), /Some output is left out here[^]*line 19999/);
  for (let i = 0; i < 6; i++) await evaluate(page, 'flood');
  const length = await page.evaluate(() => document.getElementById('log').textContent.length);
  assert.ok(length < 1_300_000, `the oldest output goes: ${length}`);
});

test('lines, history and drafts in the input line', async (context) => {
  const page = await started(context);
  const source = page.locator('#source');
  await source.pressSequentially('a');
  await source.press('Shift+Enter');
  await source.pressSequentially('b');
  const [one, two] = [await source.inputValue(), (await source.boundingBox()).height];
  assert.equal(one, 'a\nb');
  await source.press('Enter');
  assert.equal(await source.inputValue(), '');
  assert.ok((await source.boundingBox()).height < two, 'it shrinks again');
  await page.getByText('an answer to a').waitFor();
  await evaluate(page, 'second');
  await source.pressSequentially('draft');
  await source.press('ArrowUp');
  assert.equal(await source.inputValue(), 'second');
  await source.press('ArrowUp');
  assert.equal(await source.inputValue(), 'a\nb');
  // The cursor is in the last of two lines: the arrow moves it first.
  await source.press('ArrowUp');
  assert.equal(await source.inputValue(), 'a\nb');
  await source.press('ArrowDown');
  await source.press('ArrowDown');
  assert.equal(await source.inputValue(), 'second');
  await source.press('ArrowDown');
  assert.equal(await source.inputValue(), 'draft');
  await source.press('Escape');
  assert.equal(await source.inputValue(), '');
  await page.reload();
  await running(page);
  await page.locator('#source').press('ArrowUp');
  assert.equal(await page.locator('#source').inputValue(), 'second', 'it is kept over a reload');
});

test('buttons follow the state of the VM', async (context) => {
  const page = await started(context);
  const enabled = async () => {
    const states = await Promise.all(['run', 'interrupt', 'stop'].map((id) => page.locator(`#${id}`).isEnabled()));
    return ['run', 'interrupt', 'stop'].filter((_, i) => states[i]);
  };
  const state = (text) => page.locator('#state').getByText(text, { exact: true }).waitFor();
  await state('Idle');
  assert.deepEqual(await enabled(), ['interrupt', 'stop']);
  await page.locator('#source').fill('loop');
  await page.locator('#source').press('Enter');
  await state('Evaluating');
  await page.keyboard.press('Control+.');
  await page.locator('.failure .what').getByText('Interrupted').waitFor();
  await state('Idle');
  await page.locator('#stop').click();
  await state('Stopped');
  assert.deepEqual(await enabled(), ['run']);
  assert.match(await evaluate(page, '1 + 3'), /No image runs\. Run starts it\./);
  await page.locator('#run').click();
  await state('Idle');
  assert.equal(await evaluate(page, '1 + 3'), '4');
  await page.locator('#source').fill('quit 3');
  await page.locator('#source').press('Enter');
  await state('Has quit');
  await page.getByText('The image has quit with 3.').first().waitFor();
  await page.locator('#run').click();
  await running(page);
  await page.locator('#source').fill('break');
  await page.locator('#source').press('Enter');
  await state('Failed');
  assert.match(await page.locator('#log .error').last().innerText(), /out of memory/);
  assert.deepEqual(await enabled(), ['run']);
});

test('images: the server\'s, one that is opened, one that is broken, snapshots', async (context) => {
  const cwd = await folder(context);
  await writeFile(join(cwd, 'my own.image'), 'an image');
  await writeFile(join(cwd, 'my.toml'), '[vm]\nmax-heap = "1 GiB"\n');
  const page = await open(context, await serveFake(context, ['my own.image', '--config', 'my.toml'], { cwd }));
  await running(page);
  const last = () => page.evaluate(() => {
    const { image, imageName, config, configName, args } = globalThis.fakeStarts.at(-1);
    return { image: image instanceof URL ? image.pathname : image, imageName, config, configName, args };
  });
  const config = { config: '[vm]\nmax-heap = "1 GiB"\n', configName: '/my.toml', args: undefined };
  assert.deepEqual(await last(), { image: '/image/my%20own.image', imageName: '/my own.image', ...config });
  assert.equal(await page.locator('#image-name').innerText(), 'my own.image');

  await page.locator('#image-input').setInputFiles({ name: 'other.image', mimeType: '', buffer: Buffer.from('other') });
  await page.waitForFunction(() => globalThis.fakeStarts.at(-1).image === '/other.image');
  assert.equal(await page.locator('#image-name').innerText(), 'other.image');
  assert.deepEqual(await last(), { image: '/other.image', imageName: '/other.image', ...config });
  await running(page);
  await page.locator('#image-input').setInputFiles({ name: 'bad.image', mimeType: '', buffer: Buffer.from('broken') });
  await page.locator('#notice').getByText('/bad.image: this is no image').waitFor();
  assert.equal(await page.locator('#state-text').innerText(), 'Failed');

  await page.getByRole('button', { name: 'The server’s image' }).click();
  await running(page);
  await page.getByLabel('Arguments for the image').fill('eval "1 + 3"');
  await page.getByRole('button', { name: 'Start again' }).click();
  await page.waitForFunction(() => globalThis.fakeStarts.at(-1).args?.length === 2);
  assert.deepEqual((await last()).args, ['eval', '1 + 3']);
  await running(page);
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save and download' }).click()]);
  assert.equal(saved.suggestedFilename(), 'my own.image');
  assert.equal(await readFile(await saved.path(), 'utf8'), 'saved');
  // What was saved is what the page begins with the next time.
  await page.reload();
  await running(page);
  assert.equal((await last()).image, '/my own.image');
  assert.match(await page.locator('#image-facts').innerText(), /the files of this page, \/my own\.image/);
  await page.evaluate(() => localStorage.removeItem('fake.files'));
  await page.reload();
  await page.locator('#notice').getByText('could not be started').waitFor();
  await running(page);
  assert.equal((await last()).image, '/image/my%20own.image', 'a file that has gone is no dead end');
});

test('arguments of the address, and an image that quits at once', async (context) => {
  const address = await serveFake(context);
  const page = await open(context, `${address}page/?args=quit&args=7`);
  await page.locator('#state').getByText('Has quit').waitFor();
  assert.match(await page.locator('#log').innerText(), /The image has quit with 7\./);
  // They are this address's.
  await page.goto(`${address}page/`);
  await running(page);
  assert.equal(await page.evaluate(() => globalThis.fakeStarts.at(-1).args), undefined);
  // What was chosen in the page stays chosen, also under an address that asks for something else meanwhile.
  await page.getByLabel('Arguments for the image').fill('mine');
  await page.getByRole('button', { name: 'Start again' }).click();
  await page.waitForFunction(() => globalThis.fakeStarts.at(-1).args?.[0] === 'mine');
  await running(page);
  await page.goto(`${address}page/?args=other`);
  await running(page);
  assert.deepEqual(await page.evaluate(() => globalThis.fakeStarts.at(-1).args), ['other']);
  await page.goto(`${address}page/`);
  await running(page);
  assert.deepEqual(await page.evaluate(() => globalThis.fakeStarts.at(-1).args), ['mine']);
});

test('starts come one after the other, and one VM is there in the end', async (context) => {
  const page = await started(context);
  const steps = await page.evaluate(async () => {
    const { setInterval, clearInterval } = globalThis;
    const timers = new Set();
    globalThis.setInterval = (...args) => {
      const timer = setInterval(...args);
      timers.add(timer);
      return timer;
    };
    globalThis.clearInterval = (timer) => {
      timers.delete(timer);
      clearInterval(timer);
    };
    globalThis.fakeTimers = timers;
    globalThis.fakeSteps = [];
    for (let i = 0; i < 3; i++) document.getElementById('arguments-form').requestSubmit();
    while (globalThis.fakeSteps.filter((step) => step === 'started').length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    return globalThis.fakeSteps;
  });
  assert.deepEqual(steps, ['stop', 'start', 'started', 'stop', 'start', 'started', 'stop', 'start', 'started']);
  await running(page);
  assert.equal(await page.evaluate(() => globalThis.fakeTimers.size), 1);
});

test('a start that fails before the VM is asked is shown', async (context) => {
  const cwd = await folder(context);
  await writeFile(join(cwd, 'my.toml'), '[vm]\nmax-heap = "1 GiB"\n');
  const page = await open(context, await serveFake(context, ['--config', 'my.toml'], { cwd }));
  await running(page);
  const config = await page.evaluate(async () => (await (await fetch('session.json')).json()).config.url);
  const url = new URL(config, page.url()).href;
  await page.route(url, (route) => route.fulfill({ status: 503 }));
  await page.reload();
  const failed = async () => {
    await page.locator('#notice').getByText('the server answers 503').waitFor();
    await page.locator('#state').getByText('Failed', { exact: true }).waitFor();
    assert.match(await page.locator('#log .error').last().innerText(), /the server answers 503/);
    assert.ok(await page.locator('#run').isEnabled());
  };
  await failed();
  await page.locator('#clear').click();
  await page.getByRole('button', { name: 'Start again' }).click();
  await page.locator('#notice').getByText('the server answers 503').waitFor();
  await page.unroute(url);
  await page.locator('#run').click();
  await running(page);
  assert.ok(await page.locator('#notice').isHidden());
  forgive(page, '503');
});

test('that files cannot be kept is said in the console, in the view, and where neither is shown', async (context) => {
  const page = await started(context);
  await evaluate(page, 'full');
  assert.match(await page.locator('#log .error').innerText(), /files could not be kept: the disk is full/);
  await page.locator('#notice').getByText('What was changed last is not kept: the disk is full. Download').waitFor();
  await show(page, 'Files');
  await page.locator('#files-kept').getByText('What was changed last is not kept: the disk is full. Download').waitFor();
  await evaluate(page, 'room');
  await page.locator('#files-kept').getByText('They are kept in this browser').waitFor();
});

test('files: imported, shown, downloaded, deleted, dropped', async (context) => {
  const page = await started(context);
  await show(page, 'Files');
  await page.getByText('They are kept in this browser').waitFor();
  const names = () => page.locator('table.files tbody th').allInnerTexts();
  await page.waitForSelector('table.files');
  assert.deepEqual(await names(), ['readme.txt']);
  await page.locator('#files-input').setInputFiles([
    { name: 'b.st', mimeType: '', buffer: Buffer.from('b') },
    { name: 'a.st', mimeType: '', buffer: Buffer.from('aaa') },
  ]);
  await page.getByRole('rowheader', { name: 'a.st' }).waitFor();
  assert.deepEqual(await names(), ['a.st', 'b.st', 'readme.txt']);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download a.st' }).click()]);
  assert.equal(await readFile(await file.path(), 'utf8'), 'aaa');
  await page.getByRole('button', { name: 'Delete b.st' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await names()).length, 3, 'cancelled');
  await page.getByRole('button', { name: 'Delete b.st' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('rowheader', { name: 'b.st' }).waitFor({ state: 'detached' });

  const drop = (files) => page.evaluate((files) => {
    const dataTransfer = new DataTransfer();
    for (const [name, text] of files) dataTransfer.items.add(new File([text], name));
    document.body.dispatchEvent(new DragEvent('dragenter', { dataTransfer, bubbles: true }));
    const isSigned = !document.getElementById('drop').hidden;
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    return isSigned && document.getElementById('drop').hidden;
  }, files);
  assert.ok(await drop([['new.image', 'new'], ['new.changes', 'changes']]), 'the sign is there while files are over the page');
  await page.locator('#image-name').getByText('new.image').waitFor();
  await page.getByRole('rowheader', { name: 'new.changes' }).waitFor();
  await page.getByRole('button', { name: 'Start new.image' }).waitFor();
});

test('plugins: refused ones first, signatures and grants', async (context) => {
  const page = await started(context);
  await show(page, 'Plugins');
  const plugins = page.locator('.plugin');
  await plugins.first().waitFor();
  const summaries = (await plugins.locator('summary').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
  assert.deepEqual(summaries, ['BadPlugin refused', 'FilePlugin 0.1.0 in use', 'LargeIntegers 0.1.0 not used yet', 'OldPlugin disabled']);
  await plugins.nth(0).locator('summary').click();
  assert.match(await plugins.nth(0).innerText(), /it has no description/);
  await plugins.nth(1).locator('summary').click();
  const text = await plugins.nth(1).innerText();
  assert.match(text, /files \/ to read, clock/);
  assert.match(text, /primitiveFileOpen \(path: bytes, writable: bool\) -> resource\?/);
  await plugins.nth(2).locator('summary').click();
  assert.match(await plugins.nth(2).innerText(), /nothing outside the image/);
});

test('memory and processes', async (context) => {
  const page = await started(context);
  await show(page, 'Activity');
  await page.locator('.process').first().waitFor();
  assert.match(await page.locator('#memory').innerText(), /12\.3 MB, and 11\.7 MB free in it[^]*1\.0 MB of 4\.0 MB[^]*900 MB[^]*12 in 3\.5 ms, the longest 789 µs[^]*none/);
  assert.deepEqual(await page.locator('.process .stack').first().locator('li').allInnerTexts(), ['UndefinedObject>>DoIt', 'BlockClosure>>newProcess']);
  // Looking again leaves what was closed closed.
  await page.locator('.process summary').first().click();
  await page.waitForTimeout(1300);
  assert.equal(await page.locator('.process[open]').count(), 1);
});
