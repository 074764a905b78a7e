// The page by keyboard alone, on a phone, for a screen reader, in the dark.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { end, evaluate, open, running, serveFake, show, start } from './support.mjs';

before(start);
after(end);

const VIEWS = ['Image', 'Files', 'Plugins', 'Activity'];
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A page with something of everything in it. */
async function filled(context, options) {
  const page = await open(context, await serveFake(context), options);
  await running(page);
  for (const source of ['1 + 3', 'out hello', 'err alas', 'fail', 'wrong']) await evaluate(page, source);
  return page;
}

/** What axe finds against WCAG 2.2 AA and its own best practices. */
async function findings(page) {
  // Colours on their way to others would be measured in the middle.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('; ')}`);
}

for (const colorScheme of ['light', 'dark']) {
  test(`nothing that axe finds, ${colorScheme}`, async (context) => {
    const page = await filled(context, { colorScheme, reducedMotion: 'reduce' });
    for (const view of VIEWS) {
      await show(page, view);
      await page.waitForTimeout(100);
      for (const shown of await page.locator('.plugin summary').all()) if (await shown.isVisible()) await shown.click();
      assert.deepEqual(await findings(page), [], view);
    }
    await page.getByRole('button', { name: 'Keys' }).click();
    assert.deepEqual(await findings(page), [], 'the dialog');
  });
}

test('on a phone of 360 pixels nothing is cut off', async (context) => {
  const page = await filled(context, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
  for (const view of ['Console', ...VIEWS]) {
    await show(page, view);
    await page.waitForTimeout(100);
    for (const shown of await page.locator('.plugin summary').all()) if (await shown.isVisible()) await shown.click();
    const wide = await page.evaluate(() => [...document.querySelectorAll('body *')]
      .filter((each) => each.checkVisibility() && !each.closest('.away, .skip, thead') && each.getBoundingClientRect().right > innerWidth + 0.5)
      .map((each) => `${each.tagName}.${each.className}#${each.id}`));
    assert.deepEqual(wide, [], view);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, view);
    assert.equal(await page.evaluate(() => document.documentElement.scrollHeight), 740, view);
    const small = await page.evaluate(() => [...document.querySelectorAll('button, summary, input:not([hidden])')]
      .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 24)
      .map((each) => each.textContent));
    assert.deepEqual(small, [], `${view}: large enough for a finger`);
    assert.deepEqual(await findings(page), [], view);
  }
  await show(page, 'Console');
  const [source, log] = await Promise.all(['#source', '#log'].map((id) => page.locator(id).boundingBox()));
  assert.ok(log.height > 300 && source.y + source.height < 740, 'the console has the room');
});

test('everything can be reached and seen by keyboard', async (context) => {
  const page = await filled(context);
  await page.locator('.skip').focus();
  const order = [];
  for (let i = 0; i < 40; i++) {
    const focused = await page.evaluate(() => {
      const { activeElement: at } = document;
      const style = getComputedStyle(at);
      const isSeen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
      return at === document.body ? null : { id: at.id || at.className || at.textContent.trim(), isSeen };
    });
    if (focused === null || order.includes(focused.id)) break;
    assert.ok(focused.isSeen, `${focused.id} shows that it has the focus`);
    order.push(focused.id);
    await page.keyboard.press('Tab');
  }
  const wanted = ['skip', 'interrupt', 'stop', 'show-keys', 'tab-image', 'log', 'source', 'clear', 'image', 'save', 'download-image', 'choose-image', 'built-in-image', 'arguments', 'choose-config'];
  assert.deepEqual(order.filter((id) => wanted.includes(id)).sort(), [...wanted].sort());
  const places = order.filter((id) => ['skip', 'interrupt', 'log', 'source', 'image', 'choose-config'].includes(id)).join(' ');
  assert.equal(places, 'skip interrupt log source image choose-config', 'in the order in which they stand');
});

test('a whole session by keyboard alone', async (context) => {
  const page = await open(context, await serveFake(context));
  await running(page);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'source', 'one can type at once');
  await page.keyboard.type('1 + 3');
  await page.keyboard.press('Enter');
  await page.locator('pre.answer').getByText('4').waitFor();
  await page.keyboard.press('Control+/');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.locator('#tab-image').focus();
  for (const view of ['Files', 'Plugins', 'Activity', 'Image']) {
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), view);
    await page.getByRole('tabpanel', { name: view }).waitFor();
  }
  await page.keyboard.press('End');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Activity');
  await page.keyboard.press('Control+;');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'source');
  await page.keyboard.type('loop');
  await page.keyboard.press('Enter');
  await page.locator('#state').getByText('Evaluating').waitFor();
  await page.keyboard.press('Control+.');
  await page.locator('.what').getByText('Interrupted').waitFor();
  // The first stop of the page leads to the input line.
  await page.locator('.skip').focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement.id === 'source');
});

test('what a screen reader is told', async (context) => {
  const page = await filled(context);
  const roles = await page.locator('body').ariaSnapshot();
  for (const part of ['banner', 'main', 'group "Virtual machine"', 'tablist "Views"', 'tab "Image" [selected]', 'log "Output"', 'tabpanel "Image"', 'textbox "Smalltalk expression"']) {
    assert.ok(roles.includes(part), `${part} in ${roles}`);
  }
  assert.equal(await page.locator('#log').getAttribute('aria-live'), 'polite');
  assert.equal(await page.locator('#state').getAttribute('role'), 'status');
  assert.equal(await page.locator('#notice').getAttribute('role'), 'alert');
});

test('nothing moves for those who do not want that', async (context) => {
  const page = await filled(context, { reducedMotion: 'reduce' });
  await page.locator('#source').fill('loop');
  await page.locator('#source').press('Enter');
  await page.locator('#state').getByText('Evaluating').waitFor();
  assert.deepEqual(await page.evaluate(() => document.getAnimations().map(({ animationName }) => animationName)), []);
});
