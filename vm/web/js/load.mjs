// Files from a server or from the computer, and the VM's module made of one.

/** A failure of the VM itself: it cannot start, or had to stop. */
export class OsvmError extends Error {
  name = 'OsvmError';
}

/** Modules that were compiled, by their addresses. @type {Map<string, Promise<WebAssembly.Module>>} */
const compiled = new Map();

/**
 * The VM's module, compiled once for all VMs.
 * @param {URL | WebAssembly.Module} [wasm] where it is, if it is not beside this folder
 * @returns {WebAssembly.Module | Promise<WebAssembly.Module>}
 */
export function compile(wasm = new URL('../osvm.wasm', import.meta.url)) {
  if (wasm instanceof WebAssembly.Module) return wasm;
  if (!compiled.has(wasm.href)) {
    const module = wasm.protocol === 'file:' ? fetched(wasm).then((bytes) => WebAssembly.compile(bytes)) : streamed(wasm);
    module.catch(() => compiled.delete(wasm.href));
    compiled.set(wasm.href, module);
  }
  return compiled.get(wasm.href);
}

async function streamed(url) {
  return WebAssembly.compileStreaming(await answered(url));
}

async function answered(url) {
  const response = await fetch(url);
  if (!response.ok) throw new OsvmError(`${url}: the server answers ${response.status} ${response.statusText}`);
  return response;
}

/** The bytes of a file. @param {URL} url */
export async function fetched(url) {
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return new Uint8Array(await readFile(url));
  }
  return new Uint8Array(await (await answered(url)).arrayBuffer());
}
