// The imports of the VM's module `osvm_net`: WebSockets of the browser, with the messages that came until the image reads them. The VM has
// checked by its configuration where they may lead.

import { ERRNO } from './file-error.mjs';
import { bytesAt, textAt } from './memory.mjs';

/** The longest message, and the most bytes that wait in either direction: as on the desktop. */
const MOST_BYTES = 16 << 20;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const FAILED = 4;

/** What `send` answers. */
const SENT = 0;
const NOT_OPEN = 1;
const TOO_MUCH = 2;

/** A WebSocket with its queues. */
class Socket {
  state = CONNECTING;
  #web;
  #signal;
  #incoming = [];
  #incomingBytes = 0;
  /** What is to be sent once it is open. */
  #outgoing = [];
  #outgoingBytes = 0;

  /** @param {WebSocket} web @param {() => void} signal */
  constructor(web, signal) {
    this.#web = web;
    this.#signal = signal;
    web.binaryType = 'arraybuffer';
    web.onopen = () => this.#opened();
    web.onmessage = ({ data }) => this.#came(typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data));
    // Why it failed is not told to scripts. `close` follows, but not in every Node.
    web.onerror = () => this.#end(FAILED);
    web.onclose = ({ wasClean }) => this.#end(wasClean ? CLOSED : FAILED);
  }

  /** It is over; a connection that was given up here has not failed. */
  #end(state) {
    this.#web.onerror = this.#web.onclose = null;
    this.#become(this.state === CLOSING ? CLOSED : state);
  }

  #become(state) {
    this.state = state;
    this.#signal();
  }

  #opened() {
    for (const message of this.#outgoing) this.#web.send(message);
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    // Whoever has closed it in the meantime has been told.
    if (this.state === CONNECTING) this.#become(OPEN);
    else this.#web.close();
  }

  #came(bytes) {
    if (this.#incomingBytes + bytes.length > MOST_BYTES) {
      // A browser cannot be asked to wait: what is not read in time is the end of it.
      console.warn(`a WebSocket was closed: more than ${MOST_BYTES} bytes came that the image has not read`);
      this.#web.onmessage = null;
      this.#end(FAILED);
      this.#web.close();
      return;
    }
    this.#incoming.push(bytes);
    this.#incomingBytes += bytes.length;
    this.#signal();
  }

  /** @param {Uint8Array | string} message */
  send(message, length) {
    if (this.state !== CONNECTING && this.state !== OPEN) return NOT_OPEN;
    if (this.#outgoingBytes + this.#web.bufferedAmount + length > MOST_BYTES) return TOO_MUCH;
    if (this.state === OPEN) {
      this.#web.send(message);
    } else {
      this.#outgoing.push(message);
      this.#outgoingBytes += length;
    }
    return SENT;
  }

  get oldest() {
    return this.#incoming[0]?.length ?? -1;
  }

  take() {
    const message = this.#incoming.shift();
    this.#incomingBytes -= message.length;
    return message;
  }

  close() {
    if (this.state !== CONNECTING && this.state !== OPEN) return;
    // What was sent while it connected goes first.
    const connected = this.state === OPEN;
    this.state = CLOSING;
    if (connected || this.#outgoing.length === 0) this.#web.close();
  }

  forget() {
    this.#signal = () => {};
    this.#web.onmessage = null;
    this.close();
  }
}

/**
 * @param {import('./memory.mjs').Vm} vm filled in once the module is instantiated
 * @param {(semaphore: number) => void} signal signals an external semaphore of the image
 * @param {typeof globalThis.WebSocket} [WebSocket] what connects; Node before version 22 has none
 * @returns {Record<string, Function>}
 */
export function netImports(vm, signal, WebSocket = globalThis.WebSocket) {
  /** @type {Map<number, Socket>} */
  const sockets = new Map();
  let last = 0;

  return {
    open: (address, length, semaphore) => {
      if (WebSocket === undefined) return -ERRNO.ENOTSUP;
      let web;
      try {
        web = new WebSocket(textAt(vm, address, length));
      } catch (error) {
        // A page that came with TLS may not connect without.
        return error.name === 'SecurityError' ? -ERRNO.EACCES : -ERRNO.EINVAL;
      }
      last += 1;
      sockets.set(last, new Socket(web, semaphore === 0 ? () => {} : () => signal(semaphore >>> 0)));
      return last;
    },
    state: (socket) => sockets.get(socket)?.state ?? FAILED,
    send: (socket, isText, address, length) => {
      const message = isText === 1 ? textAt(vm, address, length) : bytesAt(vm, address, length).slice();
      return sockets.get(socket)?.send(message, length >>> 0) ?? NOT_OPEN;
    },
    oldest: (socket) => sockets.get(socket)?.oldest ?? -1,
    take: (socket, address, length) => bytesAt(vm, address, length).set(sockets.get(socket).take()),
    close: (socket) => sockets.get(socket)?.close(),
    forget: (socket) => {
      sockets.get(socket)?.forget();
      sockets.delete(socket);
    },
  };
}
