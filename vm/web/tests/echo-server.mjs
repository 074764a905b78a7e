// A WebSocket server that sends every message back, for tests of connections. Source: RFC 6455.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLOSE = 8;

/** The first frame of some bytes, and what is behind it; undefined if it is not whole. */
function frame(bytes) {
  if (bytes.length < 2) return undefined;
  const short = bytes[1] & 0x7f;
  const header = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < header + 4) return undefined;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const end = header + 4 + length;
  if (bytes.length < end) return undefined;
  const mask = bytes.subarray(header, header + 4);
  const payload = Buffer.from(bytes.subarray(header + 4, end).map((byte, i) => byte ^ mask[i & 3]));
  return { opcode: bytes[0] & 15, payload, rest: bytes.subarray(end) };
}

function unmasked(opcode, payload) {
  const header = payload.length < 126 ? Buffer.from([0x80 | opcode, payload.length]) : Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([header, payload]);
}

/**
 * Starts a server that ends with the test; its port.
 * @param {import('node:test').TestContext} t
 * @returns {Promise<number>}
 */
export async function echoServer(t) {
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + GUID).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    let bytes = Buffer.alloc(0);
    socket.on('data', (more) => {
      bytes = Buffer.concat([bytes, more]);
      for (let found; (found = frame(bytes)) !== undefined;) {
        bytes = found.rest;
        socket.write(unmasked(found.opcode, found.payload));
        if (found.opcode === CLOSE) socket.end();
      }
    });
    socket.on('error', () => {});
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return server.address().port;
}
