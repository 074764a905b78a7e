// Plugins in a page: compiles and runs their modules by the engine's own WebAssembly interface, for the VM.
//
// The other side is vm/host/src/plugins/wasm/page. The VM makes two small modules by which it and a plugin call each other; what is left for
// JavaScript is to put them together, to catch what a plugin throws, and to copy between the two memories.

/**
 * The VM's module once it is instantiated. Its memory's buffer changes when it grows.
 * @typedef {{ readonly memory: WebAssembly.Memory, readonly exports: WebAssembly.Exports }} Vm
 */

/**
 * A plugin: its changed module, and the module with its calls.
 * @typedef {{ module: WebAssembly.Module, calls: WebAssembly.Module, exports: number }} Plugin
 */

/**
 * An instance of a plugin.
 * @typedef {{
 *   exports: WebAssembly.Exports,
 *   memory: WebAssembly.Memory,
 *   calls: ((slots: number, results: number) => number)[],
 *   bytes: Uint8Array,
 * }} Instance
 */

/** The status that says that a call may have thrown. */
const THREW = 0x7fffffff;
/** What a fault is, as bits. */
const FAULT = 1, STACK = 2, DENIED = 4;
/** Up to so many bytes are copied one by one, which is quicker than by a view. */
const FEW = 24;

/**
 * Where an engine says that a frame is: `at NAME (URL:wasm-function[3]:0x1a2)` or `NAME@URL:wasm-function[3]:0x1a2`.
 */
const FRAME = /^\s*(?:at )?(.*?)(?: \(|@)?[^\s(@]*wasm-function\[(\d+)\]:(0x[0-9a-f]+)/;

/**
 * The frames of wasm that an error has at its top, which are the plugin's, as lines of a backtrace. The last one is of the module with its calls, unless the engine
 * has cut the list.
 * @param {unknown} error
 */
function backtrace(error) {
  const lines = String((error instanceof Error && error.stack) || '').split('\n');
  const first = lines.findIndex((line) => FRAME.test(line));
  if (first < 0) return '';
  let end = lines.findIndex((line, index) => index > first && !FRAME.test(line));
  end = end < 0 ? lines.length : end - 1;
  const frames = lines.slice(first, Math.max(end, first + 1)).map((line, number) => {
    const [, name, index, at] = /** @type {RegExpMatchArray} */ (line.match(FRAME));
    return `${String(number).padStart(5)}: ${at.padStart(8)} - ${name || `<function ${index}>`}`;
  });
  return ['wasm backtrace:', ...frames].join('\n');
}

/** @param {unknown} error */
function isExhausted(error) {
  // Engines other than V8 have a class of their own for it, or other words.
  return error instanceof RangeError || (error instanceof Error && error.name === 'InternalError' && /recursion/.test(error.message));
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * The functions of the import module `osvm_plugins`.
 * @param {Vm} vm
 * @param {ReadonlyMap<string, Uint8Array>} files the files of plugins by the paths that the configuration has, fetched before the VM starts
 */
export function pluginImports(vm, files) {
  /** @type {WebAssembly.Exports} the functions that plugins import */
  let imports = {};
  /** @type {Map<number, Plugin>} */
  const plugins = new Map();
  /** @type {(Instance | undefined)[]} */
  const instances = [];
  let last = 0;
  let fault = { flags: 0, message: '', backtrace: '' };
  const utf8 = new TextEncoder();
  const text = new TextDecoder();

  let vmBytes = new Uint8Array(0);
  /** The VM's memory as it is now. A buffer that memory has left behind is empty. */
  const memory = () => (vmBytes.length ? vmBytes : (vmBytes = new Uint8Array(vm.memory.buffer)));
  /** @param {Instance} instance */
  const memoryOf = (instance) => (instance.bytes.length ? instance.bytes : (instance.bytes = new Uint8Array(instance.memory.buffer)));
  /** @param {number} address @param {number} length */
  const slice = (address, length) => memory().slice(address >>> 0, (address >>> 0) + (length >>> 0));
  /** @param {number} number */
  const instanceOf = (number) => /** @type {Instance} */ (instances[number]);

  /** @param {unknown} error @param {WebAssembly.Exports} [exports] those of the instance that threw */
  function failed(error, exports) {
    let flags = FAULT;
    const global = (/** @type {string} */ name) => /** @type {WebAssembly.Global | undefined} */ (exports?.[name])?.value ?? 0;
    if (isExhausted(error) || global('osvm:stack') < 0) flags |= STACK;
    if (global('osvm:denied')) flags |= DENIED;
    fault = { flags, message: messageOf(error), backtrace: backtrace(error) };
  }

  /**
   * Copies between two memories.
   * @param {Uint8Array} to @param {number} at @param {Uint8Array} from @param {number} start @param {number} length
   */
  function copy(to, at, from, start, length) {
    if (length <= FEW) {
      for (let i = 0; i < length; i++) to[at + i] = from[start + i];
    } else {
      to.set(from.subarray(start, start + length), at);
    }
  }

  return {
    /** @param {number} path @param {number} length */
    file_length: (path, length) => files.get(text.decode(slice(path, length)))?.length ?? -1,
    /** @param {number} path @param {number} pathLength @param {number} to @param {number} length */
    file_read(path, pathLength, to, length) {
      const bytes = files.get(text.decode(slice(path, pathLength)));
      if (bytes) memory().set(bytes.subarray(0, length >>> 0), to >>> 0);
    },

    /** @param {number} address @param {number} length */
    imports_set(address, length) {
      const module = new WebAssembly.Module(slice(address, length));
      const { osvm_plugin_import } = vm.exports;
      imports = new WebAssembly.Instance(module, { vm: { memory: vm.memory, osvm_plugin_import } }).exports;
    },

    /** @param {number} address @param {number} length */
    module_check(address, length) {
      const bytes = slice(address, length);
      if (WebAssembly.validate(bytes)) return 0;
      try {
        new WebAssembly.Module(bytes);
        return 0;
      } catch (error) {
        failed(error);
        return 1;
      }
    },

    /** @param {number} address @param {number} length @param {number} calls @param {number} callsLength @param {number} exports */
    module_new(address, length, calls, callsLength, exports) {
      try {
        const module = new WebAssembly.Module(slice(address, length));
        plugins.set(++last, { module, calls: new WebAssembly.Module(slice(calls, callsLength)), exports });
        return last;
      } catch (error) {
        failed(error);
        return -1;
      }
    },

    /** @param {number} number */
    module_drop: (number) => void plugins.delete(number),

    /** @param {number} number */
    instance_new(number) {
      const plugin = /** @type {Plugin} */ (plugins.get(number));
      /** @type {WebAssembly.Exports | undefined} */
      let exports;
      try {
        /** @type {Record<string, Record<string, WebAssembly.ExportValue>>} */
        const granted = {};
        for (const { module, name } of WebAssembly.Module.imports(plugin.module)) {
          (granted[module] ??= {})[name] = imports[`${module}.${name}`];
        }
        exports = new WebAssembly.Instance(plugin.module, granted).exports;
        const host = /** @type {WebAssembly.Table} */ (exports['osvm:host']);
        host.set(0, vm.exports.osvm_plugin_ask);
        const calls = new WebAssembly.Instance(plugin.calls, { vm: { memory: vm.memory }, plugin: exports }).exports;
        const start = /** @type {(() => void) | undefined} */ (exports['osvm:start']);
        start?.();
        const names = [...Array(plugin.exports).keys(), 'arena'];
        const free = instances.indexOf(undefined);
        const place = free < 0 ? instances.length : free;
        instances[place] = {
          exports,
          memory: /** @type {WebAssembly.Memory} */ (exports.memory),
          calls: names.map((name) => /** @type {Instance['calls'][0]} */ (calls[name])),
          bytes: new Uint8Array(0),
        };
        return place;
      } catch (error) {
        failed(error, exports);
        return -1;
      }
    },

    /** @param {number} number */
    instance_initialize(number) {
      const { exports } = instanceOf(number);
      try {
        /** @type {(() => void) | undefined} */ (exports._initialize)?.();
        return 0;
      } catch (error) {
        failed(error, exports);
        return 1;
      }
    },

    /** @param {number} number */
    instance_drop: (number) => void (instances[number] = undefined),
    /** @param {number} number */
    instance_results: (number) => /** @type {WebAssembly.Global} */ (instanceOf(number).exports.osvm_results).value,

    /** @param {number} number @param {number} call @param {number} slots @param {number} results */
    instance_call(number, call, slots, results) {
      const instance = instanceOf(number);
      try {
        return instance.calls[call](slots, results);
      } catch (error) {
        failed(error, instance.exports);
        return THREW;
      }
    },

    /** @param {number} number */
    memory_pages: (number) => instanceOf(number).memory.buffer.byteLength / 65536,

    /** @param {number} number @param {number} address @param {number} to @param {number} length */
    memory_read(number, address, to, length) {
      const from = memoryOf(instanceOf(number));
      address >>>= 0;
      length >>>= 0;
      if (address + length > from.length) return 1;
      copy(memory(), to >>> 0, from, address, length);
      return 0;
    },

    /** @param {number} number @param {number} address @param {number} from @param {number} length */
    memory_write(number, address, from, length) {
      const to = memoryOf(instanceOf(number));
      address >>>= 0;
      length >>>= 0;
      if (address + length > to.length) return 1;
      copy(to, address, memory(), from >>> 0, length);
      return 0;
    },

    fault_take() {
      const { flags } = fault;
      fault.flags = 0;
      return flags;
    },

    /** @param {number} part @param {number} to @param {number} room */
    fault_text(part, to, room) {
      const bytes = utf8.encode(part ? fault.backtrace : fault.message);
      memory().set(bytes.subarray(0, room >>> 0), to >>> 0);
      return bytes.length;
    },
  };
}
