// The module of tests/page, as a test calls it.

import { MemoryFiles, fileImports } from '../../../vm/web/js/files.mjs';
import { netImports } from '../../../vm/web/js/net.mjs';
import { pluginImports } from '../../../vm/web/js/plugins.mjs';
import { worldImports } from '../../../vm/web/js/world.mjs';

const utf8 = new TextEncoder();
const decoder = new TextDecoder();

/** The host of plugins over a small image. */
export class Harness {
  /** The files of plugins, by their paths. @type {Map<string, Uint8Array>} */
  files = new Map();
  #vm = { memory: null, exports: null };

  /** @param {Uint8Array} bytes */
  static async start(bytes) {
    const harness = new Harness();
    const module = await WebAssembly.compile(bytes);
    const vm = harness.#vm;
    const options = { files: new MemoryFiles() };
    const { exports } = await WebAssembly.instantiate(module, {
      osvm_plugins: pluginImports(vm, harness.files),
      osvm_files: fileImports(vm, options.files),
      osvm_world: worldImports(vm, options),
      osvm_net: netImports(vm, () => {}),
    });
    harness.#vm.memory = exports.memory;
    harness.#vm.exports = exports;
    return harness;
  }

  #ask(name, text = '', ...numbers) {
    const { exports, memory } = this.#vm;
    const bytes = utf8.encode(text);
    const room = exports.room(bytes.length);
    new Uint8Array(memory.buffer).set(bytes, room);
    const length = exports[name](...numbers) >>> 0;
    return decoder.decode(new Uint8Array(memory.buffer, exports.text() >>> 0, length));
  }

  /** Takes a configuration; what is wrong with it. */
  configure(text) {
    return this.#ask('configure', text);
  }

  /** Why a plugin is refused; empty if it is not. */
  refusal(plugin) {
    return this.#ask('refusal', plugin);
  }

  /** Calls a primitive with Strings as arguments; what comes of it. */
  call(plugin, primitive, ...args) {
    return this.#ask('call', [plugin, primitive, ...args].join('\n'));
  }

  /** Calls a primitive so many times; what went wrong. */
  callOften(times, plugin, primitive, ...args) {
    return this.#ask('call_often', [plugin, primitive, ...args].join('\n'), times);
  }

  /** What has been logged since this was called last. */
  logged() {
    return this.#ask('logged');
  }
}
