// What the browser tests share: a running `osvm serve`, a browser, and a page with the console at hand.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const HERE = dirname(fileURLToPath(import.meta.url));
const WEB = join(HERE, '../..');

/** What the environment has to name. */
function needed(variable) {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set; \`cargo test -p osvm-tests --test javascript\` sets it`);
  return value;
}

/** The folder with the images. */
export const IMAGES = process.env.OSVM_IMAGES;

const endings = new WeakMap();

/**
 * Does something when the test is over. What began last ends first: a page is closed before its server, and that before its folder is removed,
 * since a browser may fetch what a page names (its icon) at any time.
 */
function atEnd(context, action) {
  if (!endings.has(context)) {
    const actions = [];
    endings.set(context, actions);
    context.after(async () => {
      const failures = [];
      for (const action of actions.reverse()) {
        try {
          await action();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    });
  }
  endings.get(context).push(action);
}

/** A folder for one test, which is gone afterwards. */
export async function folder(context) {
  const made = await mkdtemp(join(tmpdir(), 'osvm-page-'));
  atEnd(context, () => rm(made, { recursive: true, force: true }));
  return made;
}

/** Runs `osvm serve` until the test is over; answers its address. */
export async function serve(context, args, { cwd = tmpdir() } = {}) {
  const child = spawn(needed('OSVM_COMMAND'), ['serve', '--port', '0', ...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(context, () => child.kill());
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('osvm serve has ended');
}

/** Serves the page with the stand-in for the VM. */
export async function serveFake(context, args = [], options = {}) {
  const web = await folder(context);
  await cp(join(WEB, 'page'), join(web, 'page'), { recursive: true });
  await mkdir(join(web, 'js'));
  await cp(join(HERE, 'fake/client.mjs'), join(web, 'js/client.mjs'));
  // The page asks for the module early; the stand-in has no use for it.
  await writeFile(join(web, 'osvm.wasm'), Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  return serve(context, ['--web', web, ...args], options);
}

/** Serves the page with the VM as `cargo xtask web` built it. */
export const serveVm = (context, args = [], options = {}) => serve(context, ['--web', needed('OSVM_WEB'), ...args], options);

let browser;

/** The one browser of a test file. */
export async function start() {
  const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  browser = await chromium.launch({ executablePath: needed('OSVM_BROWSER'), chromiumSandbox: false, args });
}

export const end = () => browser?.close();

/** A page at this address, in a browser profile of its own. It must not complain of anything. */
export async function open(context, address, options = {}) {
  const profile = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true, ...options });
  const page = await profile.newPage();
  page.setDefaultTimeout(Number(process.env.OSVM_PAGE_TIMEOUT ?? 30_000));
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(`${message.text()} ${message.location().url}`));
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(new URL(address).origin) || /^(data|blob):/.test(request.url());
    if (!isOwn) complaints.push(`a request to ${request.url()}`);
  });
  atEnd(context, async () => {
    await profile.close();
    assert.deepEqual(complaints, [], 'the page complains of nothing');
  });
  await page.goto(address);
  page.complaints = complaints;
  return page;
}

/** Takes those complaints away that a test brings about on purpose. */
export function forgive(page, words) {
  page.complaints.splice(0, page.complaints.length, ...page.complaints.filter((text) => !text.includes(words)));
}

/** Waits until the image runs. */
export async function running(page) {
  await page.waitForFunction(() => ['running', 'idle'].includes(document.getElementById('state').dataset.state));
}

/** Enters an expression as a person does; answers the text of its result. */
export async function evaluate(page, source) {
  const results = page.locator('.evaluation .result');
  const before = await page.evaluateHandle(() => [...document.querySelectorAll('.result')].at(-1));
  await page.locator('#source').fill(source);
  await page.locator('#source').press('Enter');
  await page.waitForFunction((before) => {
    const last = [...document.querySelectorAll('.result')].at(-1);
    return last !== before && last && !last.hasAttribute('aria-busy');
  }, before);
  return (await results.last().textContent()).replace(/^(Answer|Error): /, '').trim();
}

/** The processor time that all pages have taken, in seconds. */
export async function processorTime() {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

/** Shows a view. */
export const show = (page, name) => page.getByRole('tab', { name }).click();
