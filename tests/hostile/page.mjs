// Runs hostile modules in the VM's host of plugins as it is in a page, on the engine of Node, which is that of a browser.
//
//     node page.mjs HARNESS.wasm FOLDER
//
// FOLDER has `cases.json`, a list of { name, module, config, refused?, fails?, answers?, reason?, arguments }, the modules, and a good plugin,
// `md5.wasm`. All cases run in one VM, which has to go on whatever they do. Writes a list of problems as JSON, null where there is none.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Harness } from './harness.mjs';

const [wasm, folder] = process.argv.slice(2);
const harness = await Harness.start(readFileSync(wasm));
harness.files.set('/md5.wasm', readFileSync(join(folder, 'md5.wasm')));

/** The deadline of most is 100 ms, and of none longer than a second. */
const LONGEST = 3000;

/** A good plugin works, and the heap is sound. */
function stillWorks() {
  const answer = harness.call('MD5Plugin', 'primitivePluginAvailable');
  return answer === 'answers true' ? null : `the next call of a good plugin: ${answer}`;
}

/** What is wrong with what has come of a case; null if nothing is. */
function problem({ module, config, refused, fails, answers, reason, arguments: args }) {
  harness.files.set('/hostile.wasm', readFileSync(join(folder, module)));
  const wrong = harness.configure(config);
  if (wrong) return wrong;
  harness.logged();
  if (refused) {
    const refusal = harness.refusal('HostilePlugin');
    if (!refusal.includes(refused)) return refusal ? `it is refused so: ${refusal}` : 'it is loaded';
    const called = harness.call('HostilePlugin', 'run');
    return called === 'fails NotFound' ? stillWorks() : `a refused plugin ${called}`;
  }
  // What happened once happens again: an instance that broke was replaced.
  for (let time = 0; time < 2; time++) {
    const begin = performance.now();
    const found = harness.call('HostilePlugin', 'run', ...args);
    const took = performance.now() - begin;
    if (found !== (fails ? `fails ${fails}` : `answers ${answers}`)) return `it ${found}\n${harness.logged()}`;
    const log = harness.logged();
    if (reason && !log.includes(reason)) return `the log does not say "${reason}": ${log}`;
    if (took > LONGEST) return `it took ${took} ms`;
    const problem = stillWorks();
    if (problem) return problem;
  }
  return null;
}

const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
const found = cases.map((one) => {
  try {
    return problem(one);
  } catch (error) {
    return `the VM is gone: ${error.stack}`;
  }
});
console.log(JSON.stringify(found));
