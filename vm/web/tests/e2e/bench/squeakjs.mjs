// Measures osvm beside SqueakJS in the same browser, and beside osvm's own native interpreter.
//
//     OSVM_COMMAND=.../osvm OSVM_WEB=.../web OSVM_BROWSER=/usr/bin/chromium node bench/squeakjs.mjs SQUEAKJS [RUNS]
//
// SQUEAKJS is a folder with the sources of SqueakJS. Each benchmark is an image that is made here: our own library with methods in
// V3PlusClosures, which both run, saved in the middle of a process that goes on with the benchmark and quits. What an image takes that does
// nothing is subtracted. Times are the medians of RUNS (3) runs.

import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const { OSVM_COMMAND, OSVM_WEB, OSVM_BROWSER } = process.env;
const [squeakjs, runs = 3] = process.argv.slice(2);
if (!OSVM_COMMAND || !OSVM_WEB || !OSVM_BROWSER || !squeakjs) {
  console.error('usage: OSVM_COMMAND=... OSVM_WEB=... OSVM_BROWSER=... node bench/squeakjs.mjs SQUEAKJS [RUNS]');
  process.exit(2);
}
const KERNEL = fileURLToPath(new URL('../../../../../kernel', import.meta.url));

const BENCHMARKS = {
  nothing: 'nil',
  sends: 'block := nil. block := [:n | n < 2 ifTrue: [1] ifFalse: [(block value: n - 1) + (block value: n - 2) + 1]]. block value: 32',
  loops: 'sum := 0. 1 to: 50000000 do: [:i | sum := sum + (i bitAnd: 7)]',
  allocation: '1 to: 10000000 do: [:i | Array new: 3]',
  dictionary: 'map := Dictionary new. 1 to: 500000 do: [:i | map at: i put: i]. 1 to: 500000 do: [:i | sum := map at: i]',
  sort: '((1 to: 300000) collect: [:i | i * 7919 \\\\ 1000003]) asArray sort: [:a :b | a <= b]',
};

const folder = mkdtempSync(join(tmpdir(), 'osvm-squeakjs-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function make(name, source) {
  const image = join(folder, `${name}.image`);
  execFileSync(OSVM_COMMAND, ['bootstrap', KERNEL, '-o', image, '--bytecodes', 'v3'], { stdio: 'ignore' });
  const saved = 'Smalltalk snapshot: true andQuit: true';
  const whole = `| block sum map | ${saved}. [${source}] value. Smalltalk snapshot: false andQuit: true`;
  execFileSync(OSVM_COMMAND, ['eval', '--image', image, whole], { stdio: 'inherit' });
  return image;
}

const PAGES = {
  osvm: `import { Osvm } from '/web/js/osvm.mjs';
    window.measure = async (name) => {
      const image = new Uint8Array(await (await fetch('/images/' + name + '.image')).arrayBuffer());
      const vm = await Osvm.start({ image, imageName: '/' + name + '.image', args: [], wasm: new URL('/web/osvm.wasm', location), plugins: async (path) => { throw path; } });
      const start = performance.now();
      await vm.run();
      const time = performance.now() - start;
      vm.stop();
      return time;
    };`,
  SqueakJS: `const log = console.log; console.log = () => {};
    await import('/squeakjs/squeak_headless.js');
    window.measure = async (name) => {
      const data = await (await fetch('/images/' + name + '.image')).arrayBuffer();
      return new Promise((resolve, reject) => {
        const image = new Squeak.Image(name);
        image.readFromBuffer(data, () => {
          const display = { vmOptions: [] };
          const vm = new Squeak.Interpreter(image, display);
          const start = performance.now();
          const run = () => {
            try {
              vm.interpret(100, (pause) => {
                if (display.quitFlag) resolve(performance.now() - start);
                else setTimeout(run, pause === 'sleep' ? 10 : pause);
              });
            } catch (error) { reject(error); }
          };
          run();
        });
      });
    };`,
};

const TYPES = { '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
const FOLDERS = { web: OSVM_WEB, squeakjs, images: folder };
const server = createServer((request, response) => {
  const [, first, ...rest] = decodeURIComponent(new URL(request.url, 'http://x').pathname).split('/');
  if (PAGES[first]) {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<!doctype html><script type="module">${PAGES[first]}</script>`);
    return;
  }
  try {
    const bytes = readFileSync(join(FOLDERS[first], ...rest));
    response.writeHead(200, { 'content-type': TYPES[extname(request.url)] ?? 'application/octet-stream' });
    response.end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${server.address().port}`;

const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];

async function inBrowser(page, name) {
  const times = [];
  for (let run = 0; run < runs; run++) {
    await page.goto(`${address}/${page.vm}`);
    await page.waitForFunction(() => window.measure);
    times.push(await page.evaluate((name) => window.measure(name), name));
  }
  return median(times);
}

function natively(image) {
  const times = [];
  for (let run = 0; run < runs; run++) {
    const start = process.hrtime.bigint();
    execFileSync(OSVM_COMMAND, [image]);
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  return median(times);
}

const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await chromium.launch({ executablePath: OSVM_BROWSER, chromiumSandbox: false, args });
console.log(`Chromium ${browser.version()}, medians of ${runs} runs, milliseconds`);
const pages = [];
for (const vm of Object.keys(PAGES)) {
  const page = await browser.newPage();
  page.setDefaultTimeout(300_000);
  page.on('pageerror', (error) => console.error(`${vm}: ${error.message}`));
  page.vm = vm;
  pages.push(page);
}
const rows = {};
for (const [name, source] of Object.entries(BENCHMARKS)) {
  const image = make(name, source);
  rows[name] = { native: natively(image) };
  for (const page of pages) rows[name][page.vm] = await inBrowser(page, name);
}
const { nothing, ...benchmarks } = rows;
const columns = ['native', 'osvm', 'SqueakJS'];
console.log(['benchmark', ...columns, 'SqueakJS / osvm', 'osvm / native'].join('\t'));
const logs = { squeakjs: 0, native: 0 };
for (const [name, times] of Object.entries(benchmarks)) {
  const own = Object.fromEntries(columns.map((column) => [column, times[column] - nothing[column]]));
  logs.squeakjs += Math.log(own.SqueakJS / own.osvm);
  logs.native += Math.log(own.osvm / own.native);
  const ratios = [own.SqueakJS / own.osvm, own.osvm / own.native].map((ratio) => ratio.toFixed(2));
  console.log([name, ...columns.map((column) => own[column].toFixed(0)), ...ratios].join('\t'));
}
const count = Object.keys(benchmarks).length;
console.log(`geometric means: SqueakJS / osvm ${Math.exp(logs.squeakjs / count).toFixed(2)}, osvm / native ${Math.exp(logs.native / count).toFixed(2)}`);
await browser.close();
server.close();
