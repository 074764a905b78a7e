// Hostile modules in the VM's host of plugins as it is in a page. All of them run in one VM, which has to go on whatever they do.

import { Harness } from './harness.mjs';

/** The deadline of most is 100 ms; those that use up the stack have more time, which they do not need. */
const LONGEST = 8000;

/** A good plugin works, and the heap is sound. */
function stillWorks(harness) {
  const answer = harness.call('MD5Plugin', 'primitivePluginAvailable');
  return answer === 'answers true' ? null : `the next call of a good plugin: ${answer}`;
}

function isRefused(harness, words) {
  const refusal = harness.refusal('HostilePlugin');
  if (!refusal) return 'it is loaded';
  if (!refusal.includes(words)) return `it is refused so: ${refusal}`;
  const called = harness.call('HostilePlugin', 'run');
  return called === 'fails NotFound' ? stillWorks(harness) : `a refused plugin ${called}`;
}

/** What is wrong with what has come of a case; null if nothing is. */
function problem(harness, { config, refused, fails, answers, reason, arguments: args }) {
  const wrong = harness.configure(config);
  if (wrong) return wrong;
  harness.logged();
  if (refused) return isRefused(harness, refused);
  // What happened once happens again: an instance that broke was replaced.
  for (let time = 0; time < 2; time++) {
    const begin = performance.now();
    const found = harness.call('HostilePlugin', 'run', ...args);
    const took = performance.now() - begin;
    const log = harness.logged();
    if (found !== (fails ? `fails ${fails}` : `answers ${answers}`)) return `it ${found}\n${log}`;
    if (reason && !log.includes(reason)) return `the log does not say "${reason}": ${log}`;
    if (took > LONGEST) return `it took ${took} ms`;
    const problem = stillWorks(harness);
    if (problem) return problem;
  }
  return null;
}

/**
 * Runs `cases.json`, a list of { module, config, refused?, fails?, answers?, reason?, arguments }; answers what is wrong with each.
 * @param {(name: string) => Promise<Uint8Array>} read reads a file of the folder with the cases: their modules, `harness.wasm`, and a good plugin,
 *   `md5.wasm`
 * @returns {Promise<(string | null)[]>}
 */
export async function run(read) {
  const harness = await Harness.start(await read('harness.wasm'));
  harness.files.set('/md5.wasm', await read('md5.wasm'));
  const cases = JSON.parse(new TextDecoder().decode(await read('cases.json')));
  const found = [];
  for (const one of cases) {
    harness.files.set('/hostile.wasm', await read(one.module));
    try {
      found.push(problem(harness, one));
    } catch (error) {
      found.push(`the VM is gone: ${error.stack}`);
    }
  }
  return found;
}
