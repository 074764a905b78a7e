// The imports of the VM's module `osvm_plugins`: compiles and runs the modules of plugins by the engine's own WebAssembly interface.
//
// The other side is vm/host/src/plugins/wasm/page. The VM makes two small modules by which it and a plugin call each other; what is left for
// JavaScript is to put them together, to catch what a plugin throws, and to copy between the two memories.

import { bytesAt, textAt } from './memory.mjs';
import { NONE, faultOf } from './plugin-fault.mjs';

/**
 * A plugin: its changed module, and the module with its calls.
 * @typedef {{ module: WebAssembly.Module, calls: WebAssembly.Module, exports: number }} Plugin
 */

/**
 * An instance of a plugin. `bytes` is a view of its memory, which is empty once the memory has grown.
 * @typedef {{
 *   exports: WebAssembly.Exports,
 *   memory: WebAssembly.Memory,
 *   calls: ((slots: number, results: number) => number)[],
 *   bytes: Uint8Array,
 * }} Instance
 */

/** The status that says that a call may have thrown. */
const THREW = 0x7fffffff;
/** Up to so many bytes are copied one by one, which is quicker than by views. */
const FEW = 24;
const PAGE = 65536;

/**
 * @param {Uint8Array} to
 * @param {number} at
 * @param {Uint8Array} from
 * @param {number} start
 * @param {number} length
 */
function copy(to, at, from, start, length) {
  if (length > FEW) to.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i];
}

/** @param {Instance} instance */
function bytesOf(instance) {
  if (instance.bytes.length === 0) instance.bytes = new Uint8Array(instance.memory.buffer);
  return instance.bytes;
}

/** Plugins and their instances by number. */
class Engine {
  /** @type {import('./memory.mjs').Vm} */
  #vm;
  /** The functions that plugins import, by module and name. @type {WebAssembly.Exports} */
  #imports = {};
  /** @type {Map<number, Plugin>} */
  #plugins = new Map();
  #last = 0;
  /** @type {(Instance | undefined)[]} */
  #instances = [];
  /** The last one. */
  fault = NONE;

  /** @param {import('./memory.mjs').Vm} vm */
  constructor(vm) {
    this.#vm = vm;
  }

  /** @param {number} number */
  instance(number) {
    return /** @type {Instance} */ (this.#instances[number]);
  }

  /** @param {Uint8Array} bytes */
  prepare(bytes) {
    const { memory, exports } = this.#vm;
    const vm = { memory, osvm_plugin_import: exports.osvm_plugin_import };
    this.#imports = new WebAssembly.Instance(new WebAssembly.Module(bytes), { vm }).exports;
  }

  /**
   * What `work` answers, or `failure` with a fault.
   * @template T
   * @param {T} failure
   * @param {() => T} work
   * @param {() => WebAssembly.Exports | undefined} [exports] those of the instance, once it is there
   */
  attempt(failure, work, exports) {
    try {
      return work();
    } catch (error) {
      this.fault = faultOf(error, exports?.());
      return failure;
    }
  }

  /** @param {Uint8Array} module @param {Uint8Array} calls @param {number} exports */
  add(module, calls, exports) {
    this.#plugins.set(++this.#last, { module: new WebAssembly.Module(module), calls: new WebAssembly.Module(calls), exports });
    return this.#last;
  }

  /** @param {number} number */
  remove(number) {
    this.#plugins.delete(number);
  }

  /** @param {number} number */
  instantiate(number) {
    const plugin = /** @type {Plugin} */ (this.#plugins.get(number));
    /** @type {any} */
    let exports;
    const make = () => {
      const granted = {};
      for (const { module, name } of WebAssembly.Module.imports(plugin.module)) {
        (granted[module] ??= {})[name] = this.#imports[`${module}.${name}`];
      }
      exports = new WebAssembly.Instance(plugin.module, granted).exports;
      exports['osvm:host'].set(0, this.#vm.exports.osvm_plugin_ask);
      const vm = { memory: this.#vm.memory };
      const calls = new WebAssembly.Instance(plugin.calls, { vm, plugin: exports }).exports;
      exports['osvm:start']?.();
      const names = [...Array(plugin.exports).keys(), 'arena'];
      const instance = { exports, memory: exports.memory, calls: names.map((name) => calls[name]), bytes: new Uint8Array(0) };
      const free = this.#instances.indexOf(undefined);
      const place = free < 0 ? this.#instances.length : free;
      this.#instances[place] = instance;
      return place;
    };
    return this.attempt(-1, make, () => exports);
  }

  /** @param {number} number */
  drop(number) {
    this.#instances[number] = undefined;
  }
}

/**
 * @param {import('./memory.mjs').Vm} vm filled in once the module is instantiated
 * @param {ReadonlyMap<string, Uint8Array>} files the files of plugins by the paths that the configuration has, fetched before the VM starts
 * @returns {Record<string, Function>}
 */
export function pluginImports(vm, files) {
  const engine = new Engine(vm);
  let view = new Uint8Array(0);
  /** The VM's memory. A view that it has left behind by growing is empty. */
  const memory = () => {
    if (view.length === 0) view = new Uint8Array(vm.memory.buffer);
    return view;
  };
  const copyOf = (address, length) => bytesAt(vm, address, length).slice();
  /** @param {Uint8Array} bytes */
  const give = (bytes, address, room) => bytesAt(vm, address, room).set(bytes.subarray(0, room >>> 0));

  return {
    file_length: (path, length) => files.get(textAt(vm, path, length))?.length ?? -1,
    file_read(path, pathLength, address, length) {
      const bytes = files.get(textAt(vm, path, pathLength));
      if (bytes) give(bytes, address, length);
    },

    imports_set: (address, length) => engine.prepare(copyOf(address, length)),
    module_check(address, length) {
      const bytes = copyOf(address, length);
      if (WebAssembly.validate(bytes)) return 0;
      // Only who compiles it is told why.
      return engine.attempt(1, () => (new WebAssembly.Module(bytes), 0));
    },
    module_new: (address, length, calls, callsLength, exports) =>
      engine.attempt(-1, () => engine.add(copyOf(address, length), copyOf(calls, callsLength), exports)),
    module_drop: (number) => engine.remove(number),

    instance_new: (number) => engine.instantiate(number),
    instance_initialize(number) {
      const { exports } = /** @type {any} */ (engine.instance(number));
      return engine.attempt(1, () => (exports._initialize?.(), 0), () => exports);
    },
    instance_drop: (number) => engine.drop(number),
    instance_results: (number) => /** @type {any} */ (engine.instance(number)).exports.osvm_results.value,
    instance_call(number, call, slots, results) {
      const instance = engine.instance(number);
      try {
        return instance.calls[call](slots, results);
      } catch (error) {
        engine.fault = faultOf(error, instance.exports);
        return THREW;
      }
    },

    memory_pages: (number) => engine.instance(number).memory.buffer.byteLength / PAGE,
    memory_read(number, address, to, length) {
      const from = bytesOf(engine.instance(number));
      if ((address >>> 0) + (length >>> 0) > from.length) return 1;
      copy(memory(), to >>> 0, from, address >>> 0, length >>> 0);
      return 0;
    },
    memory_write(number, address, from, length) {
      const to = bytesOf(engine.instance(number));
      if ((address >>> 0) + (length >>> 0) > to.length) return 1;
      copy(to, address >>> 0, memory(), from >>> 0, length >>> 0);
      return 0;
    },

    fault_take() {
      const { flags } = engine.fault;
      engine.fault = { ...engine.fault, flags: 0 };
      return flags;
    },
    fault_text(part, address, room) {
      const bytes = new TextEncoder().encode(part ? engine.fault.backtrace : engine.fault.message);
      give(bytes, address, room);
      return bytes.length;
    },
  };
}
