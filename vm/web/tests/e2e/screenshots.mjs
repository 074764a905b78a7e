// Makes the pictures of docs/web.md again: node screenshots.mjs ADDRESS FOLDER, with OSVM_BROWSER and an `osvm serve` at the address.

import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { evaluate, running, show } from './support.mjs';

const [address, folder] = process.argv.slice(2);
const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const SESSION = [
  '100 factorial / 98 factorial',
  "#(3 1 2) sorted: [ :a :b | a > b ]",
  "Transcript show: 'Hello from Smalltalk'; cr",
  "Stdio stderr nextPutAll: 'This is standard error'; cr; flush",
  "'/notes.txt' asFile contents: 'kept in the browser'",
  '#(1 2 0 4) collect: [ :each | 12 / each ]',
  '3 + ) 4',
];

/** A picture of a view, after the session. */
async function picture(browser, name, view, options, prepare = async () => {}) {
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(address);
  await running(page);
  for (const source of SESSION) await evaluate(page, source);
  await show(page, view);
  await prepare(page);
  await page.locator('#source').focus().catch(() => {});
  await page.waitForTimeout(1500);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await context.close();
}

const openPlugin = async (page) => {
  await page.locator('.plugin', { hasText: 'UUIDPlugin' }).locator('summary').click();
  await page.locator('.plugin', { hasText: 'FilePlugin' }).first().locator('summary').click();
};

const browser = await chromium.launch({ executablePath: process.env.OSVM_BROWSER, chromiumSandbox: false, args: ['--disable-gpu'] });
await picture(browser, 'desktop-light', 'Activity', { ...DESKTOP, colorScheme: 'light' });
await picture(browser, 'desktop-dark', 'Plugins', { ...DESKTOP, colorScheme: 'dark' }, openPlugin);
await picture(browser, 'phone-light', 'Console', { ...PHONE, colorScheme: 'light' });
await picture(browser, 'phone-dark', 'Activity', { ...PHONE, colorScheme: 'dark' });
await browser.close();
