// The VM as it was built, for tests: `cargo xtask web` and `cargo xtask plugins` make what is needed. `OSVM_WEB` is the folder of osvm.wasm,
// `OSVM_PLUGINS` that of the plugins, if they are not in the target folder.

import fs from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Osvm } from '../js/osvm.mjs';

const target = fileURLToPath(new URL('../../../target/', import.meta.url));
export const web = process.env.OSVM_WEB ?? `${target}web`;
export const plugins = process.env.OSVM_PLUGINS ?? `${target}plugins`;
const missing = [`${web}/osvm.wasm`, `${plugins}/file.wasm`].filter((file) => !fs.existsSync(file));

/** False, or why tests with the VM are skipped. */
export const skip = missing.length > 0 && `${missing.join(' and ')} missing: cargo xtask web, cargo xtask plugins`;

/**
 * A VM with the built-in image, which ends with the test.
 * @param {import('node:test').TestContext} t
 * @param {import('../js/osvm.d.ts').Options} [options]
 */
export async function start(t, options) {
  const folder = (path) => pathToFileURL(`${path}/`);
  const module = await WebAssembly.compile(fs.readFileSync(new URL('osvm.wasm', folder(web))));
  const osvm = await Osvm.start({ wasm: module, plugins: folder(plugins), ...options });
  t.after(() => osvm.stop());
  return osvm;
}

/**
 * What an expression answers, as text; an error is an exception.
 * @param {Osvm} osvm
 * @param {string} source
 */
export async function answer(osvm, source) {
  const { answer, error, text } = await osvm.evaluate(source);
  if (error !== undefined) throw new Error(`${source}: ${text ?? error.message}`);
  return answer;
}

/**
 * Has the image know primitives, as methods of Object. They answer `#failed -> code` where the primitive fails.
 * @param {Osvm} osvm
 * @param {Record<string, Record<string, string>>} modules by module, the selector for each primitive's name
 */
export async function primitives(osvm, modules) {
  for (const [module, selectors] of Object.entries(modules)) {
    for (const [name, selector] of Object.entries(selectors)) {
      let place = 0;
      const pattern = selector.replaceAll(':', () => `: a${++place} `);
      const method = `${pattern} <primitive: ''${name}'' module: ''${module}'' error: code> ^ #failed -> code`;
      await answer(osvm, `Object compile: '${method}'`);
    }
  }
}
